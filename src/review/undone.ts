import { lineNear, type Hunk, type HunkLine } from './read/diff.ts';
import { SCRIPTS } from './read/language.ts';
import type { Reading, SourceFile } from './read/reading.ts';
import { shorten, type Hit, type Rule } from './rules.ts';

/** What a change took away, and where one sees it now. */
type Undone = Omit<Hit, 'file'>;

function undoneRule(
  rule: Pick<Rule, 'id' | 'severity' | 'remedy' | 'languages'>,
  find: (hunk: Hunk, source: SourceFile, reading: Reading) => Iterable<Undone>,
): Rule {
  return {
    ...rule,
    *find(reading) {
      for (const source of reading.files) {
        const { language, change, role } = source;
        if (change.status !== 'modified' || !language.programs || !['product', 'script'].includes(role)) continue;
        if (rule.languages !== 'all' && !rule.languages.includes(language.name)) continue;
        for (const hunk of change.removed.length === 0 ? [] : change.hunks)
          for (const hit of find(hunk, source, reading))
            if (!source.isTestLine(hit.line)) yield { file: source.path, ...hit };
      }
    },
  };
}

const removedIn = ({ lines }: Hunk): HunkLine[] => lines.filter(({ kind }) => kind === 'removed');
const addedIn = ({ lines }: Hunk): HunkLine[] => lines.filter(({ kind }) => kind === 'added');
const bare = (text: string): string => text.replace(/[\s;]+/g, '');

/** The same call as before, and nobody waits for it any more. */
const unawaited = undoneRule(
  {
    id: 'code/floating-promise',
    severity: 'high',
    remedy: 'Await the call, return it, or mark it as deliberate.',
    languages: [...SCRIPTS, 'python', 'rust', 'csharp'],
  },
  function* (hunk, _source, reading) {
    for (const old of removedIn(hunk)) {
      if (!/\bawait\s|\.await\b/.test(old.text) || /^\s*(?:\/\/|#|\*)/.test(old.text)) continue;
      const without = bare(old.text.replace(/\bawait\s+|\.await\b\??/g, ''));
      const now = addedIn(hunk).find(({ text }) => bare(text) === without);
      if (now && !/\breturn\b|=>/.test(now.text) && !answersAtOnce(now.text, reading))
        yield {
          line: now.newLine,
          text: now.text,
          message: `This was awaited, and is not any more: \`${shorten(now.text)}\``,
        };
    }
  },
);

/** The change made the function that is called answer at once. */
function answersAtOnce(text: string, { files }: Reading): boolean {
  const name = /([\w$]+)\s*\(/.exec(text.replace(/^.*?(?<![=!<>])=(?![=>])/, ''))?.[1]?.replaceAll('$', '\\$');
  if (name === undefined) return false;
  const head = new RegExp(`\\b(?:function\\*?|def|fn)\\s+${name}\\b|\\b${name}\\s*=\\s*(?:async\\s*)?\\(`);
  const isDeclared = (lines: readonly { text: string }[], waits: boolean) =>
    lines.some((line) => head.test(line.text) && /\basync\b/.test(line.text) === waits);
  return files.some(
    ({ change, lines }) =>
      (isDeclared(change.removed, true) && isDeclared(change.added, false)) ||
      lines.some(({ text: line }) => head.test(line) && PLAIN_HEAD.test(line)),
  );
}

/** A function of a script that says nothing of waiting, nor of types: whoever awaits it need not. */
const PLAIN_HEAD = /^\s*(?:export\s+)?(?:default\s+)?function\s+[\w$]+\s*\([^:]*\)\s*\{\s*$/;

const GUARD =
  /^\s*(?:if|unless|assert|guard|require\w*)\b.*?(?:(?:===?|!==?|is(?: not)?)\s*(?:null|undefined|None|nil)\b|\bnot\s+[\w.]+\s*:|!\s*[\w.]+\s*\)|\b(?:is|has|contains)\w*\(|\.(?:length|size|len)\b|\blen\()|\bObjects\.requireNonNull\(/;

/** A guard that kept what is missing, empty or out of bounds away is gone, and what it guarded is still there. */
const unguarded = undoneRule(
  {
    id: 'code/null-access',
    severity: 'medium',
    remedy: 'Keep the check, or show why it cannot happen.',
    languages: 'all',
  },
  function* (hunk, source) {
    const added = addedIn(hunk)
      .map(({ text }) => text)
      .join('\n');
    const kept = hunk.lines
      .filter(({ kind, text }) => kind !== 'removed' && text.trim() !== '')
      .map(({ text }) => text);
    for (const old of removedIn(hunk)) {
      if (!GUARD.test(old.text)) continue;
      const name =
        /(?:if|unless|assert|guard|requireNonNull|require\w*)\b[\s(!]*(?:not\s+|len\(\s*)?(?!len\b|not\b)([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*(?![\w$(]))*)/.exec(
          old.text,
        )?.[1];
      if (
        name === undefined ||
        new RegExp(
          `\\b(?:if|assert|unless|require)\\w*\\b.*(?<![\\w$])${name.replaceAll('$', '\\$')}\\b|(?<![\\w$])${name.replaceAll('$', '\\$')}\\s*(?:\\?\\?|\\|\\||\\?\\.)`,
        ).test(added)
      )
        continue;
      const read = new RegExp(`(?<![\\w$.])${name.replace(/[$.]/g, '\\$&')}(?:\\.|\\[|->)`);
      const gone = removedIn(hunk).length;
      if (gone > 6 || addedIn(hunk).length > gone || !kept.some((text) => read.test(text))) continue;
      yield {
        line: lineNear(hunk, old),
        text: old.text,
        message: `\`${name}\` was checked here before it is read, and is not any more`,
        ...(source.role === 'product' && addedIn(hunk).length === 0 ? {} : { severity: 'low' as const }),
      };
    }
  },
);

/** An error of Go that was looked at. */
const unasked = undoneRule(
  { id: 'code/discarded-error', severity: 'medium', remedy: 'Keep looking at the error.', languages: ['go'] },
  function* (hunk) {
    const old = removedIn(hunk).find(({ text }) => /^\s*(?:\} else )?if (?:.*; ?)?\w*[eE]rr != nil\b/.test(text));
    const name = /(\w*[eE]rr) != nil/.exec(old?.text ?? '')?.[1] ?? '';
    if (
      !old ||
      addedIn(hunk).some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)) ||
      addedIn(hunk).length > removedIn(hunk).length
    )
      return;
    const at = hunk.lines.indexOf(old);
    const given = hunk.lines
      .slice(Math.max(0, at - 3), at)
      .find(({ kind, text }) => kind !== 'removed' && new RegExp(`\\b${name}\\b.*:?=`).test(text));
    if (given)
      yield {
        line: lineNear(hunk, old),
        text: old.text,
        message: `\`${name}\` was looked at here, and is not any more`,
      };
  },
);

const RELEASES =
  /\bdefer\b.*\b(?:[cC]lose|[uU]nlock|RUnlock|Done|Stop|cancel|Rollback|release)\(|\.(?:close|unlock|release|destroy|dispose|disconnect|removeListener|removeEventListener|abort|unref|shutdown)\(|\bclear(?:Timeout|Interval)\(|\bwith\s+(?:open|\w*[lL]ock|closing|self\.\w*lock)|\btry\s*\(\s*\w|\b(?:mu|mutex|lock)\w*\.(?:Lock|lock)\(|\bsynchronized\b/;

/** What gave something back, or kept others out, is gone. */
const unreleased = undoneRule(
  {
    id: 'code/unclosed-resource',
    severity: 'medium',
    remedy: 'Keep giving it back, whatever happens.',
    languages: 'all',
  },
  function* (hunk, { role }) {
    const added = addedIn(hunk);
    const removed = removedIn(hunk);
    if (removed.length > 8) return;
    for (const old of removed) {
      const word = RELEASES.exec(old.text)?.[0];
      if (word === undefined || /^\s*(?:\/\/|#|\*)/.test(old.text)) continue;
      const name =
        /([A-Za-z_$][\w$]*)(?:\.\w+)*\.\w+\($/.exec(word)?.[1] ?? /\b(?:open|closing)\b/.exec(word)?.[0] ?? word;
      const rest = hunk.lines
        .filter(({ kind }) => kind !== 'removed')
        .map(({ text }) => text)
        .join('\n');
      if (
        added.some(({ text }) => RELEASES.test(text)) ||
        (name !== 'open' &&
          !new RegExp(`\\b${name.replace(/[^\w]/g, '\\$&')}\\b`).test(rest) &&
          !/\bdefer\b|with|synchronized/.test(old.text))
      )
        continue;
      const alone = removed.filter(({ text }) => /\w/.test(text)).length <= 3;
      yield {
        line: lineNear(hunk, old),
        text: old.text,
        ...(alone && role === 'product' ? {} : { severity: 'low' as const }),
        message: `What gave it back is gone: \`${shorten(old.text)}\``,
      };
    }
  },
);

/** A jump out of a branch, or the throwing of an error, is gone and the branch goes on. */
const fallen = undoneRule(
  {
    id: 'code/falls-through',
    severity: 'low',
    remedy: 'Keep the jump, or say why the code goes on.',
    languages: 'all',
  },
  function* (hunk, { change }) {
    const removed = removedIn(hunk).filter(({ text }) => /\w/.test(text));
    const [only] = removed;
    if (removed.length !== 1 || !only || addedIn(hunk).some(({ text }) => /\w/.test(text))) return;
    if (change.added.some(({ text }) => text.trim() === only.text.trim())) return;
    if (/^\s*(?:break|continue|return\b.*|throw\b.*|raise\b.*|panic!?\(.*)\s*;?\s*$/.test(only.text))
      yield {
        line: lineNear(hunk, only),
        text: only.text,
        message: `The code goes on here now: \`${shorten(only.text)}\` is gone`,
      };
  },
);

/** A comparison now takes the end in, or leaves it out. */
const shifted = undoneRule(
  { id: 'code/out-of-bounds', severity: 'medium', remedy: 'Show by a test which end is meant.', languages: 'all' },
  function* (hunk) {
    for (const now of addedIn(hunk)) {
      if (!/[<>]=|[+-]\s*1\b|\.\.=|\[/.test(now.text)) continue;
      const old = removedIn(hunk).find(({ text }) => isShift(text, now.text));
      if (old)
        yield {
          line: now.newLine,
          text: now.text,
          severity: /\b(?:length|size|len|count|Count|Length)\b/.test(now.text) ? 'medium' : 'low',
          message: `The bound moved by one: \`${shorten(old.text)}\` before`,
        };
    }
  },
);

function isShift(old: string, now: string): boolean {
  if (bare(old) === bare(now)) return false;
  const flat = (text: string) =>
    bare(text)
      .replace(/([<>])=/g, '$1')
      .replace(/\.\.=/g, '..')
      .replace(/[+-]1\b/g, '');
  return flat(old) === flat(now) && /[<>[\]]|\.\.|\b(?:slice|substring|substr|charAt|get|at|range)\b/.test(now);
}

/** What was caught is kept or given to somebody, right below. */
function isHandedOn(handler: HunkLine, { lines }: Hunk): boolean {
  const name = /\bas (\w+)\s*:|[\w|] (\w+)\s*\)/.exec(handler.text)?.slice(1).find(Boolean);
  const body = lines.filter(({ kind }) => kind !== 'removed');
  const at = body.indexOf(handler);
  return (
    name !== undefined &&
    body
      .slice(at + 1, at + 4)
      .some(({ text }) => new RegExp(`(?:=|\\breturn|\\braise|\\bthrow|[(,])\\s*${name}\\b`).test(text))
  );
}

/** A handler that takes more than it did. */
const broadened: Rule = undoneRule(
  {
    id: 'anti-slop/broad-catch',
    severity: 'medium',
    remedy: 'Catch what can happen and let the rest pass.',
    languages: ['python', 'java', 'kotlin', 'csharp', 'ruby'],
  },
  function* (hunk) {
    const broad = /^\s*except(?:\s+(?:Base)?Exception\b[^:]*)?\s*:|\bcatch\s*\(\s*(?:final )?(?:Exception|Throwable)\b/;
    const handler = /^\s*except\b|\bcatch\s*\(/;
    const now = addedIn(hunk).find(({ text }) => broad.test(text));
    const old = removedIn(hunk).find(({ text }) => handler.test(text) && !broad.test(text));
    if (now && old && !isHandedOn(now, hunk))
      yield {
        line: now.newLine,
        text: now.text,
        message: `The handler takes every kind of error now: \`${shorten(old.text)}\` before`,
      };
  },
);

const BOUNDS =
  /\b(?:limit|LIMIT|max(?:Bytes|Length|Size|_size|_length|Buffer|_bytes)?|MaxBytesReader|LimitReader|timeout|Timeout|WithTimeout|setTimeout|page_?[sS]ize|batch_?[sS]ize|chunk_?[sS]ize|highWaterMark|take|first|top|concurrency|lru_cache|cache|memo\w*|pool|bulk\w*|executemany|batch\w*|Promise\.all|gather|createReadStream|pipeline|iter_\w+|stream\w*|buffered|BufReader|Buffered\w+|StringBuilder|strings\.Builder|with_capacity|prefetch_related|select_related|yield_per)\b/;

/** A bound, a store or a joint request that stood is gone, and the work is still done. */
const unbounded: Rule = undoneRule(
  {
    id: 'performance/unbounded-work',
    severity: 'medium',
    remedy: 'Keep the bound, or say why it is not needed any more.',
    languages: 'all',
  },
  function* (hunk) {
    const added = addedIn(hunk);
    if (added.length > 12) return;
    for (const old of removedIn(hunk)) {
      const word = BOUNDS.exec(old.text)?.[0];
      if (word === undefined || /^\s*(?:\/\/|#|\*|import\b|from\b|use\b)/.test(old.text)) continue;
      const names = new Set(old.text.match(/[A-Za-z_]\w{2,}/g));
      const twin = added.find(
        ({ text }) =>
          !text.includes(word) && (text.match(/[A-Za-z_]\w{2,}/g) ?? []).filter((name) => names.has(name)).length >= 2,
      );
      if (
        twin &&
        !added.some(({ text }) => BOUNDS.test(text)) &&
        !hunk.lines.some(({ kind, text }) => kind !== 'removed' && text.includes(word))
      )
        yield {
          line: twin.newLine,
          text: twin.text,
          severity: 'low',
          message: `\`${word}\` bounded or shared this work, and is gone`,
        };
    }
  },
);

/** What a change undoes in code. */
export const undoneRules: readonly Rule[] = [unawaited, unguarded, unasked, unreleased, fallen, shifted];
/** What it undoes for the pass anti-slop. */
export const undoneCare: readonly Rule[] = [broadened];
/** What it undoes for the pass performance. */
export const undoneBounds: readonly Rule[] = [unbounded];
