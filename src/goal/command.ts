import { heardLines } from './heard.ts';
import { isBranchName, isSliceId } from './naming.ts';
import { nearest, takeOptions, unquote, type OptionTable } from './options.ts';
import { DELIVERIES, MERGES, parseCount, parseDuration, type Delivery, type Merge } from './policy.ts';

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
  | { kind: 'run'; options: RunOptions; text: string | undefined }
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
type Bare = 'status' | 'pause' | 'resume' | 'cancel' | 'rebase' | 'unfreeze' | 'proof' | 'replay' | 'why' | 'help';

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
  row('answer', '<text>', 'both', 'write', 'Answer what a blocked goal or slice asked.'),
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
  row('proof', '', 'both', 'read', 'Link the proof bundle.'),
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

/**
 * What a comment tells omk. `none`: nothing. `fault`: something that cannot be done; every fault is named and nothing runs.
 * `more` counts further commands in the same comment, which are not run.
 */
export type Parsed =
  | { kind: 'none' }
  | { kind: 'command'; command: Command; more: number }
  | { kind: 'fault'; faults: string[]; nearest?: string; more: number };

/** Reads the first command of a comment. Faults are in simple Markdown and may hold a person's words: encode them. */
export function parseCommand(body: string): Parsed {
  const { lines, commands, lazy } = heardLines(body);
  const [first, second] = commands;
  const more = Math.max(0, commands.length - 1);
  if (first === undefined) {
    const faults = [
      'The command belongs to the quote above it. Leave an empty line between the quote and the command.',
    ];
    return lazy ? { kind: 'fault', faults, more } : { kind: 'none' };
  }
  const line = (lines[first] ?? '').trim().slice('/omk'.length).trim();
  const [word = ''] = line.split(/\s/, 1);
  const name = word.toLowerCase();
  if (name === '') return { kind: 'command', command: { kind: 'help' }, more };
  const info = COMMANDS.find((candidate) => candidate.name === name);
  if (!info) return { ...unknownCommand(word), more };
  const words = { line: line.slice(word.length).trim(), below: lines.slice(first + 1, second).join('\n') };
  const faults: string[] = [];
  const command = READERS[info.name](words, faults);
  if (command && faults.length === 0) return { kind: 'command', command, more };
  return { kind: 'fault', faults, more };
}

function unknownCommand(word: string): { kind: 'fault'; faults: string[]; nearest?: string } {
  const close = nearest(
    word.toLowerCase(),
    COMMANDS.map((info) => info.name),
  );
  const faults = [`There is no command \`${word.slice(0, 40)}\`.`];
  return close === undefined ? { kind: 'fault', faults } : { kind: 'fault', faults, nearest: close };
}

/** The rest of the command's line, and the lines below it up to the next command. */
type Words = { line: string; below: string };
type Reader = (words: Words, faults: string[]) => Command;

const READERS: Record<Command['kind'], Reader> = {
  run: readRun,
  plan: readPlan,
  approve: readApproval,
  reject: ({ line }, faults) => ({ kind: 'reject', text: needText('reject', line, faults) }),
  answer: (words, faults) => ({ kind: 'answer', text: needText('answer', joined(words), faults) }),
  status: ({ line }, faults) => bare('status', line, faults),
  pause: ({ line }, faults) => bare('pause', line, faults),
  resume: ({ line }, faults) => bare('resume', line, faults),
  cancel: ({ line }, faults) => bare('cancel', line, faults),
  retry: ({ line }, faults) => ({ kind: 'retry', slice: readSlice('retry', line, faults) }),
  fix: (words) => ({ kind: 'fix', text: joined(words) || undefined }),
  rebase: ({ line }, faults) => bare('rebase', line, faults),
  merge: ({ line }, faults) => ({ kind: 'merge', slice: readSlice('merge', line, faults) }),
  revert: ({ line }, faults) => ({
    kind: 'revert',
    slice: needText('revert', readSlice('revert', line, faults) ?? '', faults),
  }),
  budget: readBudget,
  accept: readAcceptance,
  freeze: ({ line }) => ({ kind: 'freeze', text: line || undefined }),
  unfreeze: ({ line }, faults) => bare('unfreeze', line, faults),
  proof: ({ line }, faults) => bare('proof', line, faults),
  replay: ({ line }, faults) => bare('replay', line, faults),
  why: ({ line }, faults) => bare('why', line, faults),
  help: () => ({ kind: 'help' }),
};

function joined({ line, below }: Words): string {
  return `${line}\n${below}`.trim();
}

function needText(kind: Command['kind'], text: string, faults: string[]): string {
  if (text === '' && faults.length === 0) faults.push(`Something is missing: \`${commandInfo(kind).usage}\`.`);
  return text;
}

function bare(kind: Bare, line: string, faults: string[]): Command {
  readWord(kind, line, { most: 0 }, faults);
  return { kind };
}

/** The only argument, if there is one. */
function readWord(
  kind: Command['kind'],
  line: string,
  { most }: { most: 0 | 1 },
  faults: string[],
): string | undefined {
  const words = line.split(/\s+/).filter(Boolean);
  const surplus = words.slice(most).join(' ');
  if (surplus) faults.push(`\`${surplus.slice(0, 60)}\` is too much. The command is \`${commandInfo(kind).usage}\`.`);
  return most === 1 && words[0] !== undefined ? unquote(words[0]) : undefined;
}

function readSlice(kind: Command['kind'], line: string, faults: string[]): string | undefined {
  const id = readWord(kind, line, { most: 1 }, faults);
  if (id !== undefined && !isSliceId(id)) faults.push(`\`${id.slice(0, 60)}\` is not the id of a slice.`);
  return id;
}

function readApproval({ line }: Words, faults: string[]): Command {
  const hash = readWord('approve', line, { most: 1 }, faults);
  if (hash !== undefined && !/^[0-9a-f]{12}$/.test(hash)) {
    faults.push(`\`${hash.slice(0, 60)}\` is not the hash of a plan, which has 12 hex digits.`);
  }
  return { kind: 'approve', hash };
}

function readAcceptance({ line }: Words, faults: string[]): Command {
  const [, word = '', reason = ''] = /^(\S*)\s*(.*)$/.exec(line) ?? [];
  const finding = unquote(word);
  if (!/^[0-9a-f]{8}$/.test(finding)) faults.push('The finding is named by its id, 8 hex digits from the review wall.');
  if (reason === '') faults.push(`A reason is missing: \`${commandInfo('accept').usage}\`.`);
  return { kind: 'accept', finding, text: reason };
}

function readPlan(words: Words, faults: string[]): Command {
  const line = takeOptions(words.line, {}, {}, faults);
  return { kind: 'plan', text: joined({ line, below: words.below }) || undefined };
}

function readRun(words: Words, faults: string[]): Command {
  const options: RunOptions = { ...NO_OPTIONS };
  const line = takeOptions(words.line, RUN_OPTIONS, options, faults);
  const text = joined({ line: /^(["'])[^"']*\1$/.test(line) ? unquote(line) : line, below: words.below });
  return { kind: 'run', options, text: text || undefined };
}

type Extension = { usd: number | undefined; tokens: number | undefined; timeMs: number | undefined };

function readBudget({ line }: Words, faults: string[]): Command {
  const { usage } = commandInfo('budget');
  const extension: Extension = { usd: undefined, tokens: undefined, timeMs: undefined };
  const [, verb = '', rest = ''] = /^(\S*)\s*(.*)$/.exec(line) ?? [];
  if (verb.toLowerCase() !== 'add') faults.push(`A budget can only be extended: \`${usage}\`.`);
  const surplus = takeOptions(verb.toLowerCase() === 'add' ? rest : '', BUDGET_OPTIONS, extension, faults);
  if (surplus) faults.push(`\`${surplus.slice(0, 60)}\` is too much. The command is \`${usage}\`.`);
  const isEmpty = Object.values(extension).every((value) => value === undefined);
  if (isEmpty && faults.length === 0) faults.push(`Say by how much: \`${usage}\`.`);
  return { kind: 'budget', ...extension };
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A number within bounds, given to `set`; whether it was one. */
function within(value: number | undefined, [min, max]: [number, number], set: (value: number) => void): boolean {
  const fits = value !== undefined && value >= min && value <= max;
  if (fits) set(value);
  return fits;
}

const readUsd = (text: string) => (/^\$?\d{1,6}(?:\.\d{1,2})?$/.test(text) ? Number(text.replace('$', '')) : undefined);
const USD = {
  allowed: 'an amount in US dollars from 0.01 to 10000, such as `5`',
  bounds: [0.01, 10_000] as [number, number],
};
const TOKENS = {
  allowed: 'a number of tokens from 1000 to 1000M, such as `2M`',
  bounds: [1_000, 1e9] as [number, number],
};
const TIME = { allowed: 'a time from 1m to 7d, such as `90m`', bounds: [MINUTE, 7 * DAY] as [number, number] };

function choice<T extends string>(values: readonly T[], set: (into: RunOptions, value: T) => void) {
  return {
    allowed: `one of ${values.map((value) => `\`${value}\``).join(', ')}`,
    set: (into: RunOptions, text: string) => {
      const value = values.find((candidate) => candidate === text.toLowerCase());
      if (value !== undefined) set(into, value);
      return value !== undefined;
    },
  };
}

const RUN_OPTIONS: OptionTable<RunOptions> = {
  'budget-usd': {
    allowed: USD.allowed,
    set: (into, text) => within(readUsd(text), USD.bounds, (value) => (into.budgetUsd = value)),
  },
  'budget-tokens': {
    allowed: TOKENS.allowed,
    set: (into, text) => within(parseCount(text), TOKENS.bounds, (value) => (into.budgetTokens = value)),
  },
  'budget-time': {
    allowed: TIME.allowed,
    set: (into, text) => within(parseDuration(text), TIME.bounds, (value) => (into.budgetTimeMs = value)),
  },
  'max-agents': {
    allowed: 'a whole number from 1 to 16',
    set: (into, text) =>
      within(/^\d{1,2}$/.test(text) ? Number(text) : undefined, [1, 16], (value) => (into.maxAgents = value)),
  },
  delivery: choice(DELIVERIES, (into, value) => (into.delivery = value)),
  merge: choice(MERGES, (into, value) => (into.merge = value)),
  base: { allowed: 'the name of a branch', set: (into, text) => isBranchName(text) && Boolean((into.base = text)) },
  plan: { flag: true, allowed: 'nothing', set: (into) => (into.plan = true) },
  'dry-run': { flag: true, allowed: 'nothing', set: (into) => (into.dryRun = true) },
};

const BUDGET_OPTIONS: OptionTable<Extension> = {
  usd: { allowed: USD.allowed, set: (into, text) => within(readUsd(text), USD.bounds, (value) => (into.usd = value)) },
  tokens: {
    allowed: TOKENS.allowed,
    set: (into, text) => within(parseCount(text), TOKENS.bounds, (value) => (into.tokens = value)),
  },
  time: {
    allowed: TIME.allowed,
    set: (into, text) => within(parseDuration(text), TIME.bounds, (value) => (into.timeMs = value)),
  },
};
