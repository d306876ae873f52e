import type { Block } from '../read/blocks.ts';
import { SCRIPTS } from '../read/language.ts';
import { collectionLoop } from '../read/loops.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import type { LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { before, codeOf } from './growth.ts';

/** What is walked or copied whole for each element, by its language. */
const whole: Rule[] = [
  inEach(
    ['python'],
    /\b\w+\.insert\(\s*0\s*,/,
    'All elements move for each one that is put in front',
    'Append, and turn the list around at the end; or use a deque.',
  ),
  inEach(
    SCRIPTS,
    /\bJSON\.parse\(\s*JSON\.stringify\(|\bstructuredClone\(/,
    'Everything is copied for each element',
    'Copy once before the loop, or change what changes alone.',
    (line, source) =>
      new RegExp(`\\b${/(?:stringify|structuredClone)\(\s*(\w+)/.exec(line.code)?.[1] ?? '$^'}\\b`).test(
        /\(?(?:const|let|var)\s+([^)]*?)\s+(?:of|in)\b/.exec(collectionLoop(line, source)?.header ?? '')?.[1] ?? '',
      ),
  ),
  inEach(
    ['java', 'kotlin'],
    /\b(\w+)\.(?:contains|indexOf)\(/,
    'A list is walked for each element of another',
    'Make a Set of it before the loop.',
    (line, source) => {
      const name = /\b(\w+)\.(?:contains|indexOf)\(/.exec(line.code)?.[1] ?? '';
      const list = `\\b(?:Array|Linked)?List<[^()]*>\\s+${name}\\b`;
      const field = new RegExp(
        `\\b(?:private|protected|static|final)\\s[^;()=]*${list}(?!\\s*=\\s*(?:List\\.of|Arrays\\.asList))`,
      );
      return !before(line.number, source).some(({ code }) => new RegExp(list).test(code)) && !field.test(source.text);
    },
  ),
  inEach(
    ['python'],
    /\b(\w+)\.index\(\s*(\w+)\s*\)/,
    'A list is walked for each element of another',
    'Make a dict of the places before the loop.',
    (line, source) => {
      const [, name = '', asked = ''] = /\b(\w+)\.index\(\s*(\w+)\s*\)/.exec(line.code) ?? [];
      return (
        !new RegExp(`\\bfor (?:\\w+, )?${asked}\\b`).test(collectionLoop(line, source)?.header ?? '') ||
        /^(?:text|line|string|s|str|content|source|path|url|word)$/.test(name)
      );
    },
  ),
];

function inEach(
  languages: readonly LanguageName[],
  pattern: RegExp,
  message: string,
  remedy: string,
  unless?: LineRule['unless'],
): Rule {
  return lineRule({
    id: 'performance/nested-search',
    severity: 'medium',
    languages,
    pattern,
    unless: (line, source) =>
      !collectionLoop(line, source) ||
      /\b(?:throw|raise|return|break)\b/.test(line.code) ||
      (unless?.(line, source) ?? false),
    message,
    remedy,
  });
}

/** `a.filter((x) => b.indexOf(x) === -1)`: each list is walked for each element of the other. */
const crossed = lineRule({
  id: 'performance/nested-search',
  severity: 'low',
  languages: SCRIPTS,
  pattern:
    /([\w$.]+)\.(?:filter|map|forEach|some|every)\(\s*\(?([\w$]+)\)?\s*=>\s*!?(?!\1\b)([\w$.]+)\.(?:includes|indexOf)\(\s*\2\b/,
  message: '`$3` is walked once for each element of `$1`',
  remedy: 'Make a Set of it first, if there may be many.',
});

/** A loop through a list inside of a loop through the same list. */
const squared: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Group the elements by what is compared in a Map first.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const block of source.language.programs ? source.blocks().all : []) {
        if (block.kind !== 'loop' || !source.isAdded(block.start) || source.isTestLine(block.start)) continue;
        const own = walkedBy(block, source);
        const outer = source
          .blocks()
          .around(block.start)
          .find(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
        if (
          own !== undefined &&
          outer?.kind === 'loop' &&
          own === (walked(outer.header) ?? walkedByPlace(outer.header))
        )
          yield {
            file: source.path,
            line: block.start,
            message: `\`${shorten(own)}\` is walked once for each of its own elements`,
          } satisfies Hit;
      }
  },
};

function walked(header: string): string | undefined {
  return /^(?:async )?for\b.*(?:\b(?:of|in)|:|:= range)\s+&?([A-Za-z_$][\w$.]*)(?:\.iter\(\))?\s*\)?\s*$/.exec(
    header,
  )?.[1];
}

/** The first of a list is taken away: all others move. */
const fromTheFront = lineRule({
  id: 'performance/nested-search',
  severity: 'medium',
  languages: [...SCRIPTS, 'python', 'rust', 'java', 'kotlin'],
  pattern: /(?<![\w.])((?:self\.|this\.)?\w+)\.(?:shift\(\)|pop\(0\)|remove\(0\))/,
  unless: (line, source) => {
    const name = /(?<![\w.])((?:self\.|this\.)?\w+)\.(?:shift\(\)|pop\(0\)|remove\(0\))/.exec(line.code)?.[1] ?? '';
    const loop = source
      .blocks()
      .around(line.number)
      .find(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
    const header = loop?.header ?? '';
    return (
      loop?.kind !== 'loop' ||
      (source.language.name.length > 6 && /Deque|LinkedList|Queue</.test(source.text)) ||
      !(
        /\bwhile\b/.test(header) &&
        new RegExp(`\\b${name.replace('.', '\\.')}\\b|\\btrue\\b|\\bTrue\\b|1\\)`).test(header)
      )
    );
  },
  severityAt: (line) =>
    /\b\w*(?:arg|part|token|segment|path|param)\w*\.(?:shift|pop|remove)\(/i.test(line.code) ? 'low' : undefined,
  message: 'All others move when the first is taken: `$&`',
  remedy: 'Go through it by its places, or use a deque.',
});

/** Something is put in order again for each element. */
const sortedEach: Rule[] = [
  inEach(
    [...SCRIPTS, 'python', 'go', 'java', 'rust'],
    /\b(?!sorted\b)([\w.]+)\.(?:sort|toSorted|sort_by\w*|sort_unstable\w*)\(|\bsorted\(\s*([a-z][\w.]*)|\bsort\.(?:Slice|Strings|Ints)\(\s*(\w+)|\bCollections\.sort\(\s*(\w+)/,
    'The list is put in order again for each element',
    'Put it in order once, before or after the loop.',
    (line, source) => {
      const name =
        /([\w.]+)\.(?:sort|toSorted|sort_)|\bsorted\(\s*([a-z][\w.]*)|(?:Slice|Strings|Ints|sort)\(\s*(\w+)/
          .exec(line.code)
          ?.slice(1)
          .find(Boolean) ?? '';
      const loop = collectionLoop(line, source);
      const root = name.split('.')[0] ?? '';
      if (!loop || root === '' || new RegExp(`\\b${root}\\b`).test(loop.header)) return true;
      return codeOf(source, loop.open, line.number - 1).some(({ code }) =>
        new RegExp(`\\b${root}\\s*(?::[^=]+)?(?::?=)(?!=)|\\b(?:const|let|var)\\b.*\\b${root}\\b`).test(code),
      );
    },
  ),
];

/** Everything collected so far is made anew for each element. */
const grownAnew: Rule[] = [
  inEach(
    ['python'],
    /^\s*(\w+) = (?:pd|pandas|np|numpy)\.(?:concat|append|concatenate|vstack|hstack)\(\s*[[(]\s*\1\b|^\s*(\w+) = \2\.append\(|^\s*(\w+) = \3 \+ \[/,
    'Everything collected so far is copied for each element',
    'Collect the parts in a list and join them once.',
  ),
  inEach(
    ['rust'],
    /^\s*(\w+) = (?:format!\("\{\}.*\1|\1(?:\.clone\(\))? \+ )/,
    'The whole text is copied for each element',
    'Use push_str.',
  ),
  inEach(
    ['python'],
    /\bin (?:list|sorted|set|tuple)\(\s*[a-z]\w*\s*\)(?=\s*[:\])]|$)/,
    'The list is made anew for each element',
    'Make a set of it once, before.',
    (line) => /^\s*for\b/.test(line.code),
  ),
];

/** `[x for x in a if x in list(b)]`. */
const madeInside = lineRule({
  id: 'performance/nested-search',
  severity: 'medium',
  languages: ['python'],
  pattern: /\bfor \w+ in .* if \w[\w.]* (?:not )?in (?:list|sorted|set|tuple)\(/,
  message: 'The list is made anew for each element: `$&`',
  remedy: 'Make a set of it once, before.',
});

/** The list that the loop goes through: by its elements, or by their places to compare them. */
function walkedBy({ header, open, end }: Block, source: SourceFile): string | undefined {
  const compares = () => source.lines.slice(open, end).some(({ code }) => /={2,3}|\.equals\(/.test(code));
  return walked(header) ?? (compares() ? walkedByPlace(header) : undefined);
}

function walkedByPlace(header: string): string | undefined {
  return /^for \(?\s*(?:let|var|int)?\s*\w+ :?= [^;]*; \w+ < (?:len\(([\w.]+)\)|([\w.]+?)\.(?:length|size\(\)|len\(\)))|^for \w+ in range\((?:\w+ ?\+ ?1, ?)?len\(([\w.]+)\)\)/
    .exec(header)
    ?.slice(1)
    .find(Boolean);
}

/** Lists that are walked, moved or put in order whole for each element. */
export const walkRules: readonly Rule[] = [
  ...whole,
  crossed,
  squared,
  fromTheFront,
  ...sortedEach,
  ...grownAnew,
  madeInside,
];
