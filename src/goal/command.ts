import type { Delivery, Merge } from './policy.ts';

/** What `/omk run` was told. Undefined: the repository's configuration decides. Times in milliseconds. */
export type RunOptions = {
  budgetUsd?: number;
  budgetTokens?: number;
  budgetTimeMs?: number;
  maxAgents?: number;
  delivery?: Delivery;
  merge?: Merge;
  base?: string;
  plan: boolean;
  dryRun: boolean;
};

export const NO_OPTIONS: RunOptions = { plan: false, dryRun: false };

/**
 * What a person told omk to do. Free text is as it was written: read it through `readVisible` before anything
 * acts on it.
 */
export type Command =
  /** `text` is the goal in place of the issue; `besides` is said in addition to the issue. */
  | { kind: 'run'; options: RunOptions; text: string | undefined; besides?: string | undefined }
  | { kind: 'plan'; text: string | undefined }
  | { kind: 'fix'; text: string | undefined }
  | { kind: 'freeze'; text: string | undefined }
  | { kind: 'answer'; text: string }
  | { kind: 'reject'; text: string }
  | { kind: 'approve'; hash: string | undefined }
  | { kind: 'retry'; slice: string | undefined }
  | { kind: 'merge'; slice: string | undefined }
  | { kind: 'revert'; slice: string }
  | { kind: 'budget'; usd: number | undefined; tokens: number | undefined; timeMs: number | undefined }
  | { kind: 'accept'; finding: string; text: string }
  | { [Kind in Bare]: { kind: Kind } }[Bare];

/** Commands that are one word. */
export type Bare =
  'status' | 'pause' | 'resume' | 'cancel' | 'rebase' | 'unfreeze' | 'proof' | 'replay' | 'why' | 'help';

export type CommandInfo = {
  name: Command['kind'];
  usage: string;
  where: 'issue' | 'pull' | 'both';
  needs: 'read' | 'write';
  /** One line for people. */
  effect: string;
};

const row = (
  name: Command['kind'],
  ...rest: [args: string, where: CommandInfo['where'], needs: CommandInfo['needs'], effect: string]
) => {
  const [args, where, needs, effect] = rest;
  return { name, usage: `/omk ${name}${args && ` ${args}`}`, where, needs, effect };
};

/** Every command, in the order of the help. Help, README and permissions are read from this table. */
export const COMMANDS: readonly CommandInfo[] = [
  row('run', '[options] [goal text]', 'issue', 'write', 'Start a goal. Without text the issue is the goal.'),
  row(
    'plan',
    '[goal text]',
    'issue',
    'write',
    'Plan only, shown with its hash. While a plan waits, the text changes it.',
  ),
  row('approve', '[hash]', 'issue', 'write', 'Accept the plan, or the further slices, shown under this hash.'),
  row('reject', '<reason>', 'issue', 'write', 'Refuse what is shown. The reason goes into the next plan.'),
  row(
    'answer',
    '<text>',
    'both',
    'write',
    'Answer what a blocked goal or slice asked, or tell the agent at work something.',
  ),
  row('status', '', 'both', 'read', 'Post the state now, with the place in the queue.'),
  row('pause', '', 'both', 'write', 'Hold the goal at once. Its work is kept.'),
  row('resume', '', 'both', 'write', 'Go on with a paused goal.'),
  row('cancel', '', 'both', 'write', 'End the goal at once. Nothing is pushed afterwards.'),
  row('retry', '[slice]', 'both', 'write', 'One more attempt for a blocked slice or goal.'),
  row('fix', '[text]', 'pull', 'write', 'One more build turn for this slice, with this text.'),
  row('rebase', '', 'pull', 'write', 'Rebase this slice onto its base; gates and wall run again.'),
  row('merge', '[slice]', 'both', 'write', 'Merge what policy `manual` held, once its checks settle.'),
  row(
    'revert',
    '<slice>',
    'both',
    'write',
    'Close its pull request, or undo its merge by another; what depended on it is planned anew.',
  ),
  row(
    'budget',
    'add [--usd N] [--tokens N] [--time T]',
    'both',
    'write',
    'Extend the budget. A goal that ran out goes on.',
  ),
  row(
    'accept',
    '<finding> <reason>',
    'both',
    'write',
    'Let one finding of the wall pass. It is recorded in the proof.',
  ),
  row('freeze', '[reason]', 'both', 'write', 'Hold all merging in this repository.'),
  row('unfreeze', '', 'both', 'write', 'Release merging again.'),
  row('proof', '', 'both', 'read', 'Show the proof, and where the whole bundle is.'),
  row('replay', '', 'both', 'read', 'Post the timeline, rebuilt from the events.'),
  row('why', '', 'both', 'read', 'Say why the goal is not further.'),
  row('help', '', 'both', 'read', 'Show this table.'),
];

/** The row of `COMMANDS` for a command. */
export function commandInfo(kind: Command['kind']): CommandInfo {
  const info = COMMANDS.find((candidate) => candidate.name === kind);
  if (!info) throw new Error(`No such command: ${kind}`);
  return info;
}
