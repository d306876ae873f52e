import { assertNever } from '../errors.ts';

/**
 * Which of the tool calls that Kimi asks about may go on, without a person: none, those that only read, all, or those whose action
 * one of the expressions matches.
 */
export type ApprovalPolicy = { kind: 'never' | 'safe' | 'yolo' } | { kind: 'pattern'; allow: readonly RegExp[] };

/** A tool call that Kimi asks about. `args` are exact; undefined if they are not known. */
export type ToolCall = { tool: string; args: unknown };

/** What was decided. `action` is what the call would do, cut to 500 characters. */
export type ToolDecision = { tool: string; action: string; allowed: boolean; why: string };

const ACTION_LENGTH = 500;

/** The tools that only read: those of Kimi CLI 2.1, and of the Python one before it. */
const READING = new Set('Read ReadMediaFile Glob Grep ReadFile SearchWeb FetchURL WebSearch WebFetch'.split(' '));

const WRITING = new Set(['Write', 'Edit', 'WriteFile', 'StrReplaceFile']);
const COMMANDS = new Set(['Bash', 'Shell']);

/** The policy of a turn: one that plans or reviews only reads; one that builds writes in its work folder and `/tmp`, and runs commands it waits for. */
export function turnPolicy(turn: { tools: 'all' | 'read-only'; work: string }): ApprovalPolicy {
  if (turn.tools === 'read-only') return { kind: 'safe' };
  const oneOf = (tools: Iterable<string>) => `(?:${[...tools].join('|')})`;
  const work = turn.work.replaceAll(/[^\w/-]/g, String.raw`\$&`);
  const inside = String.raw`(?!(?:.*/)?\.\.(?:/|$))(?:${work}/|/tmp/|(?![/~]))`;
  return {
    kind: 'pattern',
    allow: [
      new RegExp(`^${oneOf([...READING, 'Agent', 'TodoList'])}: `),
      new RegExp(`^${oneOf(WRITING)}: ${inside}.`, 's'),
      new RegExp(`^${oneOf(COMMANDS)}: .`, 's'),
    ],
  };
}

/** Decides one call. A pattern refuses a call whose exact arguments are not known. */
export function decideCall(policy: ApprovalPolicy, call: ToolCall): ToolDecision {
  const action = actionOf(call);
  const decided = (allowed: boolean, why: string): ToolDecision => {
    return { tool: call.tool.slice(0, 100), action: (action ?? '').slice(0, ACTION_LENGTH), allowed, why };
  };
  switch (policy.kind) {
    case 'never':
      return decided(false, 'nothing is allowed');
    case 'yolo':
      return decided(true, 'everything is allowed');
    case 'safe':
      return READING.has(call.tool) ? decided(true, 'it only reads') : decided(false, 'only reading is allowed');
    case 'pattern':
      if (action === undefined) return decided(false, 'its exact arguments are not known');
      return policy.allow.some((pattern) => pattern.test(action))
        ? decided(true, 'the pattern allows it')
        : decided(false, 'the pattern does not allow it');
    default:
      return assertNever(policy);
  }
}

/** The tool and what it would do: the command, the path, or all its arguments. Undefined if that is not sure. */
function actionOf({ tool, args }: ToolCall): string | undefined {
  if (!/^\w+$/.test(tool) || typeof args !== 'object' || args === null || Array.isArray(args)) return undefined;
  const { command, path, run_in_background } = args as Record<string, unknown>;
  const what = COMMANDS.has(tool) ? command : WRITING.has(tool) ? path : JSON.stringify(args);
  if (typeof what !== 'string' || what === '') return undefined;
  return `${tool}${run_in_background === true ? ' in the background' : ''}: ${what}`;
}
