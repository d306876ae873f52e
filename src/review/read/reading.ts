import picomatch from 'picomatch';
import type { GateResult } from '../../goal/gate.ts';
import type { Policy } from '../../goal/policy.ts';
import { grouped, type Group } from './added.ts';
import { readCoverage, type Coverage } from './coverage.ts';
import { readBlocks, type Blocks } from './blocks.ts';
import type { Change, ChangedFile } from './diff.ts';
import { roleOf, saysGenerated, type Role } from './file-role.ts';
import { findBreak } from './grammar.ts';
import { languageOf, type Language } from './language.ts';
import { lex, type SourceLine } from './lexer.ts';
import type { Trigger } from './trigger.ts';

/** A file of the head. It is split, lexed and cut into blocks once, when a rule first asks. */
export type HeadFile = {
  path: string;
  language: Language;
  text: string;
  lines(): SourceLine[];
  blocks(): Blocks;
};

/** A changed file as the rules see it: read, split and lexed once. Deleted files have no lines. */
export type SourceFile = Omit<HeadFile, 'lines'> & {
  change: ChangedFile;
  role: Role;
  /** The whole new text, or only the patch's new side if the file is too large or gone (`partial`). */
  text: string;
  oldText: string | undefined;
  partial: boolean;
  lines: SourceLine[];
  added: SourceLine[];
  /** The added lines that can match the pattern of this trigger, and few others. */
  addedWith(trigger: Trigger): readonly SourceLine[];
  isAdded(line: number): boolean;
  /** An added line that was removed elsewhere in the change, word for word. */
  isMoved(line: number): boolean;
  lineAt(number: number): SourceLine | undefined;
  /** A line of a test although the file is product code, as in Rust's `mod tests`. */
  isTestLine(line: number): boolean;
  /** The line at which the new text breaks its grammar; parsed once, beside the rules. Undefined too for a partial text. */
  broken: Promise<number | undefined>;
};

/** The one reading that all six passes share. */
export type Reading = {
  change: Change;
  /** Files that rules judge. */
  files: SourceFile[];
  /** Generated and vendored files: looked through for secrets and for what lock files do, nothing else. */
  generated: SourceFile[];
  /** What the files that rules judge add, by language and role. */
  groups: readonly Group[];
  notes: string[];
  /** Every path at the head. */
  paths: ReadonlySet<string>;
  policy: Policy['review'];
  gates: readonly GateResult[];
  /** What reports of coverage say of the head; empty without one. */
  coverage: Coverage;
  /** What was asked for, in the words of goal and slice; empty if nobody says. */
  about: string;
  /** What a person asked for, in their own words; empty if nobody says. */
  asked: string;
  /** Another file at the head, at most `PEEK_LIMIT` different ones in a review; undefined if there is none or the limit is reached. */
  peek(path: string): Promise<HeadFile | undefined>;
  /** True once a peek was refused. */
  isPeekSpent(): boolean;
};

export type ReadingInput = {
  change: Change;
  readNew(path: string): Promise<string | undefined>;
  readOld(path: string): Promise<string | undefined>;
  paths: readonly string[];
  policy: Policy['review'];
  gates: readonly GateResult[];
  /** Reports of coverage that the gates of this head left, as they stand. */
  coverage?: readonly string[] | undefined;
  about?: string | undefined;
  asked?: string | undefined;
};

/** Larger files are judged by the patch's own lines. */
const WHOLE_TEXT_CHARS = 1_000_000;
const PEEK_LIMIT = 400;
const READ_AT_ONCE = 16;

/** Reads every changed file once. Paths that `review.ignore` names are left out of everything. */
export async function readChange(input: ReadingInput): Promise<Reading> {
  const isIgnored = input.policy.ignore.length > 0 ? picomatch(input.policy.ignore, { dot: true }) : () => false;
  const attributes = await generatedByAttributes(input);
  const considered = input.change.files.filter((file) => !isIgnored(file.path));
  const readable = considered.filter((file) => !file.binary && file.mode !== '160000');
  const moved = movedLines(considered);
  const read: Unindexed[] = [];
  for (let at = 0; at < readable.length; at += READ_AT_ONCE)
    read.push(
      ...(await Promise.all(readable.slice(at, at + READ_AT_ONCE).map((file) => readSource(file, input, moved)))),
    );
  for (const source of read) if (attributes(source.path)) source.role = 'generated';
  const { sources, groups } = grouped(read);
  const paths = new Set(input.paths);
  return {
    change: input.change,
    files: sources.filter((source) => source.role !== 'generated'),
    generated: sources.filter((source) => source.role === 'generated'),
    groups: groups.filter(({ role }) => role !== 'generated'),
    notes: notesOn(input.change.files, considered, sources),
    paths,
    policy: input.policy,
    gates: input.gates,
    coverage: readCoverage(input.coverage ?? [], paths),
    about: input.about ?? '',
    asked: input.asked ?? '',
    ...peeking(sources, input),
  };
}

/** `.gitattributes` as it stood in the base may name generated files; the head's cannot hide anything. */
async function generatedByAttributes(input: ReadingInput): Promise<(path: string) => boolean> {
  const text = (await input.readOld('.gitattributes')) ?? '';
  const globs = text
    .split('\n')
    .filter((line) => /\slinguist-(generated|vendored)(=true)?(\s|$)/.test(line))
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .map((glob) => (glob.includes('/') ? glob.replace(/^\//, '') : `**/${glob}`));
  return globs.length > 0 ? picomatch(globs, { dot: true }) : () => false;
}

type Unindexed = Omit<SourceFile, 'addedWith'>;

async function readSource(change: ChangedFile, input: ReadingInput, moved: Moved): Promise<Unindexed> {
  const gone = change.status === 'deleted';
  const role = roleOf(change.path);
  const wanted = !gone && role !== 'generated';
  const [whole, old] = await Promise.all([
    wanted ? input.readNew(change.path) : undefined,
    change.status === 'added' || role === 'generated' ? undefined : input.readOld(change.oldPath),
  ]);
  const fits = whole !== undefined && whole.length <= WHOLE_TEXT_CHARS;
  const source = newSource(change, { whole: fits ? whole : undefined, oldText: old, moved: moved.get(change) });
  const generated = !gone && saysGenerated(source.text) && (old === undefined || saysGenerated(old));
  return { ...source, role: generated && role === 'product' ? 'generated' : role };
}

type Texts = { whole: string | undefined; oldText: string | undefined; moved: ReadonlySet<number> | undefined };

function newSource(change: ChangedFile, { whole, oldText, moved }: Texts): Unindexed {
  const language = languageOf(change.path, whole?.slice(0, 80));
  const lines = whole === undefined ? lexPatch(change, language) : lex(whole, language);
  const numbers = new Set(change.added.map((line) => line.number));
  const byNumber = whole === undefined ? new Map(lines.map((line) => [line.number, line])) : undefined;
  const added = numbers.size >= lines.length ? lines : lines.filter((line) => numbers.has(line.number));
  let blocks: Blocks | undefined;
  let tests: ReadonlySet<number> | undefined;
  const blocksOf = () => (blocks ??= readBlocks(lines, language));
  return {
    path: change.path,
    change,
    language,
    role: roleOf(change.path),
    text: whole ?? lines.map((line) => line.raw).join('\n'),
    oldText: oldText !== undefined && oldText.length <= WHOLE_TEXT_CHARS ? oldText : undefined,
    partial: whole === undefined,
    lines,
    added,
    isAdded: (line) => numbers.has(line),
    isMoved: (line) => moved?.has(line) ?? false,
    lineAt: (number) => (byNumber ? byNumber.get(number) : lines[number - 1]),
    isTestLine: (line) => language.name === 'rust' && (tests ??= rustTests(lines, blocksOf())).has(line),
    blocks: blocksOf,
    broken: whole === undefined ? Promise.resolve(undefined) : findBreak(whole, language.name),
  };
}

const OF_TESTS = /^\s*#\[(?:cfg\(test\)|(?:\w+::)*(?:test|rstest|test_case|bench)\b)/;
const ATTRIBUTE = /^\s*(?:#\[.*)?$/;

/** The lines of Rust that only tests are built of: what stands behind `#[cfg(test)]` or `#[test]`, to its last line. */
function rustTests(lines: readonly SourceLine[], { all }: Blocks): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [place, { code, number }] of lines.entries()) {
    if (found.has(number) || !OF_TESTS.test(code)) continue;
    const item = lines.slice(place + 1).find((line) => !ATTRIBUTE.test(line.code));
    const block = all.find(({ start }) => start >= number);
    const isOne = item !== undefined && block !== undefined && block.start <= item.number;
    const end = isOne ? block.end : (item?.number ?? number);
    for (let at = number; at <= end; at += 1) found.add(at);
  }
  return found;
}

type Moved = ReadonlyMap<ChangedFile, ReadonlySet<number>>;

/** Pairs each added line with a removed one of the same words, indentation aside. Lines of a few characters say nothing. */
function movedLines(files: readonly ChangedFile[]): Moved {
  const left = new Map<string, number>();
  for (const file of files)
    for (const { text } of file.removed) {
      const key = text.trim();
      if (key.length >= 8) left.set(key, (left.get(key) ?? 0) + 1);
    }
  const moved = new Map<ChangedFile, Set<number>>();
  for (const file of files) {
    for (const { number, text } of file.added) {
      const key = text.trim();
      const count = left.get(key) ?? 0;
      if (count === 0) continue;
      left.set(key, count - 1);
      const numbers = moved.get(file) ?? new Set();
      moved.set(file, numbers.add(number));
    }
  }
  return moved;
}

/** The new side of each hunk, lexed apart: what comes before a hunk is unknown. */
function lexPatch(change: ChangedFile, language: Language): SourceLine[] {
  return change.hunks.flatMap((hunk) => {
    const shown = hunk.lines.filter((line) => line.kind !== 'removed');
    const lexed = lex(shown.map((line) => line.text).join('\n'), language);
    return lexed.map((line, index) => ({ ...line, number: shown[index]?.newLine ?? 0 }));
  });
}

function notesOn(all: ChangedFile[], considered: ChangedFile[], sources: SourceFile[]): string[] {
  const counted = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`]);
  return [
    ...counted(considered.filter((file) => file.binary).length, 'binary skipped'),
    ...counted(
      sources.filter((source) => source.role === 'generated').length,
      'generated or vendored read for secrets only',
    ),
    ...counted(all.length - considered.length, 'ignored by .github/omk.yml'),
    ...counted(
      sources.filter((source) => source.partial && source.change.status !== 'deleted' && source.role !== 'generated')
        .length,
      'too large, judged by the patch alone',
    ),
  ];
}

function peeking(sources: SourceFile[], input: ReadingInput): Pick<Reading, 'peek' | 'isPeekSpent'> {
  const known = new Map<string, Promise<HeadFile | undefined>>();
  for (const source of sources)
    if (!source.partial) known.set(source.path, Promise.resolve({ ...source, lines: () => source.lines }));
  const limit = known.size + PEEK_LIMIT;
  let spent = false;
  return {
    async peek(path) {
      const found = known.get(path);
      if (found) return found;
      if (known.size >= limit) {
        spent = true;
        return undefined;
      }
      const reading = input
        .readNew(path)
        .then((text) => (text !== undefined && text.length <= WHOLE_TEXT_CHARS ? headFile(path, text) : undefined));
      known.set(path, reading);
      return reading;
    },
    isPeekSpent: () => spent,
  };
}

function headFile(path: string, text: string): HeadFile {
  const language = languageOf(path);
  let lines: SourceLine[] | undefined;
  let blocks: Blocks | undefined;
  const lexed = () => (lines ??= lex(text, language));
  return { path, language, text, lines: lexed, blocks: () => (blocks ??= readBlocks(lexed(), language)) };
}
