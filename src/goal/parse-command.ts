import { commandInfo, COMMANDS, NO_OPTIONS, type Bare, type Command, type RunOptions } from './command.ts';
import { BUDGET_OPTIONS, RUN_OPTIONS, type Extension } from './command-options.ts';
import { heardLines } from './heard.ts';
import { isSliceId } from './naming.ts';
import { findNearMiss } from './near-miss.ts';
import { nearest, takeOptions, unquote } from './options.ts';

/**
 * What a comment tells omk. `none`: nothing. `fault`: something that cannot be done; every fault is named and nothing runs.
 * `more` counts further commands in the same comment, which are not run.
 */
export type Parsed =
  | { kind: 'none' }
  | { kind: 'command'; command: Command; more: number }
  | { kind: 'fault'; faults: string[]; nearest?: string; more: number };

/**
 * Reads the first command of a comment; `slug` is by what people mention omk, who may miss the form. Faults are in simple Markdown and
 * may hold a person's words: encode them.
 */
export function parseCommand(body: string, slug?: string): Parsed {
  const { lines, commands, near, lazy } = heardLines(body, (line) => findNearMiss(line, slug) !== undefined);
  const [first, second] = commands;
  const more = Math.max(0, commands.length - 1);
  if (first === undefined) return lazy ? LAZY : missedCommand(lines[near[0] ?? -1], slug);
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

const LAZY: Parsed = {
  kind: 'fault',
  faults: ['The command belongs to the quote above it. Leave an empty line between the quote and the command.'],
  more: 0,
};

/** A line that speaks to omk in another form than it hears is no command, but answered. */
function missedCommand(line: string | undefined, slug: string | undefined): Parsed {
  const nearest = line === undefined ? undefined : findNearMiss(line, slug);
  if (nearest === undefined) return { kind: 'none' };
  const form =
    'This is not heard as a command: `/omk` must be the first word of a line, in plain text, with a space after it.';
  return { kind: 'fault', faults: [form], nearest, more: 0 };
}

/** What people say elsewhere, and the command that comes nearest to it. */
const ELSEWHERE = new Map<string, Command['kind']>([
  ['start', 'run'],
  ['go', 'run'],
  ['ok', 'approve'],
  ['stop', 'pause'],
  ['hold', 'pause'],
  ['wait', 'pause'],
  ['abort', 'cancel'],
  ['continue', 'resume'],
  ['undo', 'revert'],
  ['rollback', 'revert'],
  ['update', 'rebase'],
  ['log', 'replay'],
]);

function unknownCommand(word: string): { kind: 'fault'; faults: string[]; nearest?: string } {
  const said = word.toLowerCase();
  const names = COMMANDS.map((info) => info.name);
  const close = ELSEWHERE.get(said) ?? nearest(said, names);
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
  reject: (words, faults) => ({ kind: 'reject', text: needText('reject', joined(words), faults) }),
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
  freeze: (words) => ({ kind: 'freeze', text: joined(words) || undefined }),
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
  // People know a slice by its pull request as well.
  if (id !== undefined && !isSliceId(id) && !/^#\d{1,9}$/.test(id))
    faults.push(`\`${id.slice(0, 60)}\` is not the id of a slice.`);
  return id;
}

function readApproval({ line }: Words, faults: string[]): Command {
  const hash = readWord('approve', line, { most: 1 }, faults)?.toLowerCase();
  if (hash !== undefined && !/^[0-9a-f]{12}$/.test(hash)) {
    faults.push(`\`${hash.slice(0, 60)}\` is not the hash of a plan, which has 12 hex digits.`);
  }
  return { kind: 'approve', hash };
}

function readAcceptance(words: Words, faults: string[]): Command {
  const [, word = '', reason = ''] = /^(\S*)\s*(.*)$/s.exec(joined(words)) ?? [];
  const finding = unquote(word).toLowerCase();
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
  const below = words.below.trim();
  // What follows an empty line, such as thanks, is said besides: the issue stays the goal.
  const isBesides = line === '' && below !== '' && /^\s*\n/.test(words.below);
  if (isBesides) return { kind: 'run', options, text: undefined, besides: below };
  const text = joined({ line: /^(["'])[^"']*\1$/.test(line) ? unquote(line) : line, below: words.below });
  return { kind: 'run', options, text: text || undefined };
}

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
