import { lineNear, type Hunk, type HunkLine } from '../read/diff.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

type Undone = { line: number; text: string; message: string };

/** What a script took care of and does not any more, by what a hunk takes out and puts in. */
const LOSSES: readonly ((hunk: Hunk, source: SourceFile) => Iterable<Undone>)[] = [
  /** The same words without their quotes. */
  function* (hunk) {
    for (const [old, now] of pairs(hunk))
      if (
        old.text !== now.text &&
        bare(old.text) === bare(now.text) &&
        !isWholeValue(unlabelled(old.text), unlabelled(now.text)) &&
        quotes(unlabelled(now.text)) < quotes(unlabelled(old.text)) &&
        /\$/.test(now.text)
      )
        yield at(now, `Values with spaces fall apart here now: \`${shorten(old.text)}\` before`);
  },
  function* (hunk) {
    for (const [old, now] of pairs(hunk))
      if (/"\$@"/.test(old.text) && now.text === old.text.replace('"$@"', '"$*"'))
        yield at(now, 'All arguments become one here');
  },
  /** A failure that ended the script or function with a code ends it as a success. */
  function* (hunk) {
    for (const [old, now] of pairs(hunk))
      if (/^\s*(?:exit|return)\s+[1-9]\d*\s*$/.test(old.text) && /^\s*(?:exit|return)\s*(?:0)?\s*$/.test(now.text))
        yield at(now, `A failure is told as a success: \`${old.text.trim()}\` before`);
  },
  function* (hunk, source) {
    for (const [old, now] of pairs(hunk)) {
      const same = now.text.trim().startsWith(old.text.trim()) ? now.text.trim().slice(old.text.trim().length) : '';
      if (/^\s*&$/.test(same) && !/\bwait\b/.test(source.text))
        yield at(now, 'What follows does not wait for this any more, nor for its failure');
      if (/^\s*\|\s*tee\b/.test(same) && !/pipefail/.test(source.text))
        yield at(now, 'The code of this command is lost behind the pipe');
    }
  },
  /** A failure was acted upon, and the same command runs on now whatever happens. */
  function* (hunk, source) {
    if (/^\s*set\s+-\w*e|\berrexit\b|^#!.*\s-\w*e/m.test(source.text)) return;
    for (const [old, now] of pairs(hunk)) {
      const command = /^(\s*[^\s[!].*?)\s*\|\|\s*(?!true\b|:\s*$|echo\b|\[)\S/.exec(old.text)?.[1];
      if (command !== undefined && now.text.trim() === command.trim())
        yield at(now, `Nothing is done any more when this fails: \`${shorten(old.text)}\` before`);
    }
  },
  /** The arguments that an option used up. */
  function* (hunk) {
    for (const [old, now] of pairs(hunk))
      if (/^\s*shift 2\b/.test(old.text) && /^\s*shift\s*(?:;;)?\s*$/.test(now.text))
        yield at(now, 'The value of the option is read as the next option');
  },
  function* (hunk, source) {
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && /^\s*shift\s*$/.test(text));
    if (gone && !/\bshift\b/.test(source.text) && /\bwhile\b.*\$#|\bwhile\b.*\$\{?1/.test(source.text))
      yield { ...near(hunk, gone), message: 'Nothing shifts the arguments any more: the loop does not end' };
  },
  function* (hunk, source) {
    const gone = hunk.lines.find(
      ({ kind, text }) => kind === 'removed' && /^\s*trap\s+.*\b(?:EXIT|ERR|INT|TERM|0)\b/.test(text),
    );
    if (
      gone &&
      !/^\s*trap\s/m.test(source.text) &&
      !hunk.lines.some(({ kind, text }) => kind === 'added' && /\brm\b|cleanup/.test(text))
    )
      yield { ...near(hunk, gone), message: `What cleaned up is gone: \`${shorten(gone.text)}\`` };
  },
];

const undone: Rule = {
  id: 'code/shell-slip',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Keep it, or show what takes its place.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['product', 'script']))
      if (source.change.status === 'modified' || source.change.status === 'renamed')
        for (const hunk of source.change.removed.length === 0 ? [] : source.change.hunks)
          for (const loss of LOSSES)
            for (const hit of loss(hunk, source)) yield { file: source.path, ...hit } satisfies Hit;
  },
};

/** Each added line beside the removed one that stood in its place. */
function pairs({ lines }: Hunk): [HunkLine, HunkLine][] {
  const found: [HunkLine, HunkLine][] = [];
  for (let from = 0; from < lines.length; from += 1) {
    if (lines[from]?.kind !== 'removed') continue;
    let to = from;
    while (lines[to]?.kind === 'removed') to += 1;
    for (let step = 0; lines[to + step]?.kind === 'added' && from + step < to; step += 1) {
      const [old, now] = [lines[from + step], lines[to + step]];
      if (old && now) found.push([old, now]);
    }
    from = to;
  }
  return found;
}

const at = (now: HunkLine, message: string): Undone => ({ line: now.newLine, text: now.text, message });
const near = (hunk: Hunk, gone: HunkLine) => ({ line: lineNear(hunk, gone), text: gone.text });
const bare = (text: string): string => text.replace(/["\s]+/g, '');
/** Without the pattern of a `case`, which is never split. */
const unlabelled = (text: string): string => text.replace(/^\s*[^()$]*\)\s/, '');
/** `name="$(…)"` and `name=$(…)`: a value is not split where it is given to a name. */
const isWholeValue = (old: string, now: string): boolean =>
  /^\s*\w+\+?="[^]*"\s*(?:;;)?\s*$/.test(old) && /^\s*\w+\+?=\$[({][^]*[)}]\s*(?:;;)?\s*$/.test(now);
const quotes = (text: string): number => text.split('"').length;

/** What scripts took care of before. */
export const shellUndoneRules: readonly Rule[] = [undone];
