import type { LanguageName } from '../read/language.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import { collectionLoop } from '../read/loops.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

const SEARCHES: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, /\b([\w$.]+)\.(?:includes|indexOf|find|findIndex|some)\(/g])),
  python: /\bin ([a-z_][\w.]*)(?=\s*(?::|\)|$|and\b|or\b|\]))/g,
  rust: /\b([\w.]+)\.(?:contains|iter\(\)\.any|iter\(\)\.position)\(/g,
  java: /\b([\w.]+)\.(?:contains|indexOf)\(/g,
  kotlin: /\b([\w.]+)\.(?:contains|indexOf)\(/g,
  go: /\bslices\.(?:Contains|Index)\(\s*([\w.]+)/g,
};
const LISTS: Partial<Record<LanguageName, string>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, String.raw`(?::[^=;]*)?= ?(?:\[|new Array|Array\.)`])),
  python: String.raw`(?::[^=]*)?= ?(?:\[|list\()`,
  rust: String.raw`(?::[^=;]*)?= ?(?:Vec::|vec!)|: ?Vec<`,
  java: String.raw`= ?new (?:Array|Linked)List\b`,
  kotlin: String.raw`= ?(?:mutableListOf|arrayListOf|ArrayList)\b`,
  go: String.raw`:?= ?(?:\[\]|make\(\[\])|\s\[\]`,
};
const GROWS = String.raw`\.(?:push|append|add|unshift|insert)\(|\s*= ?append\(`;

const SEARCHED = Object.fromEntries(Object.entries(SEARCHES).map(([name, search]) => [name, linesLike(search)]));

/** A list that grows with each element and is searched for each element. */
const growingSearch: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Keep what was seen in a Set or Map.',
  languages: Object.keys(SEARCHES) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      const search = SEARCHES[source.language.name];
      if (!search) continue;
      for (const line of SEARCHED[source.language.name]?.(source) ?? []) {
        if (source.isTestLine(line.number) || /^\s*(?:for|async for)\b/.test(line.code)) continue;
        const loop = collectionLoop(line, source);
        if (!loop) continue;
        const names = [...line.code.matchAll(search)].map((match) => match[1] ?? '');
        const name = names.find((candidate) => candidate !== '' && growsIn(candidate, loop, source));
        if (name === undefined) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${shorten(name)}\` grows with every element and is searched for every element`,
        } satisfies Hit;
      }
    }
  },
};

function growsIn(name: string, loop: { open: number; end: number; start: number }, source: SourceFile): boolean {
  const word = name.replace(/[.$]/g, '\\$&');
  const list = LISTS[source.language.name] ?? '$^';
  const grows = new RegExp(`(?<![\\w.])${word}(?:${GROWS})`);
  const made = new RegExp(`(?<![\\w.])${word}\\s*(?:${list})`);
  return (
    codeOf(source, loop.open, loop.end).some(({ code }) => grows.test(code)) &&
    before(loop.start, source).some(({ code }) => made.test(code))
  );
}

function codeOf(source: SourceFile, from: number, to: number): SourceLine[] {
  const lines: SourceLine[] = [];
  for (let at = from; at <= to; at += 1) {
    const line = source.lineAt(at);
    if (line) lines.push(line);
  }
  return lines;
}

/** The lines of the function before a line. */
function before(line: number, source: SourceFile): SourceLine[] {
  const fn = source
    .blocks()
    .around(line)
    .find(({ kind }) => kind === 'function');
  return codeOf(source, fn?.start ?? Math.max(1, line - 40), line);
}

/** `users.find((user) => user.id === order.user)` for each order: one walk through a list for each element of another. */
const joinBySearch: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Make a Map of the collection before the loop.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const join = source.language.name === 'python' ? PYTHON_JOIN : SCRIPT_JOIN;
      for (const line of join.lines(source)) {
        const match = source.isTestLine(line.number) ? null : join.pattern.exec(line.code);
        const name = match?.[1] ?? '';
        if (!match || /^[A-Z_]+$/.test(name)) continue;
        const element = elementAround(line, source);
        if (
          element === undefined ||
          !new RegExp(`(?<![\\w.])${element}(?:\\.|\\b)`).test(line.code.slice(match.index + match[0].length))
        )
          continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${shorten(name)}\` is searched once for each element of another collection`,
        } satisfies Hit;
      }
    }
  },
};

const joined = (pattern: RegExp) => ({ pattern, lines: linesLike(pattern) });
const SCRIPT_JOIN = joined(/([\w$.]+)\.(?:find|findIndex|filter|some)\(\s*\(?[\w$]+(?:: ?[\w.<>]+)?\)?\s*=>(?=.*===)/);
const PYTHON_JOIN = joined(/\bfor \w+ in ([a-z][\w.]*) if (?=.*==)/);
const EACH =
  /\.(?:map|forEach|flatMap|filter)\(\s*(?:async\s*)?\(?\s*([A-Za-z_$][\w$]*)[^()]*\)?\s*=>|\bfor\s*\(?\s*(?:const|let|var)?\s*([A-Za-z_$][\w$]*) (?:of|in) /;
const FAR = 12;

/** The element that a loop not far above, less indented, goes through. */
function elementAround(line: SourceLine, source: SourceFile): string | undefined {
  const indent = line.code.search(/\S/);
  for (let at = line.number - 1; at >= Math.max(1, line.number - FAR); at -= 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (code.trim() === '' || code.search(/\S/) >= indent) continue;
    const match = EACH.exec(code);
    if (match && /[({:,]\s*$|=>\s*$/.test(code)) return match[1] ?? match[2];
    if (/\bfunction\b|^\s*(?:async )?def\b|^\s*(?:export|class)\b/.test(code)) return undefined;
  }
  return undefined;
}

const TEXTS: Partial<Record<LanguageName, string>> = {
  java: String.raw`\bString\s+NAME\b`,
  csharp: String.raw`\b(?:string|var)\s+NAME\s*=\s*(?:"|string\.)`,
  go: String.raw`\bNAME\s*:?=\s*["\x60]|\bvar NAME string\b|\bNAME := [A-Z]\w*$|\bNAME string\b`,
};

/** A text that is made anew, with all it held, for each element. */
const concatenation: Rule = {
  id: 'performance/concat-in-loop',
  severity: 'medium',
  remedy: 'Collect the parts and join them once.',
  languages: ['java', 'csharp', 'go', 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java', 'csharp', 'go', 'python'])) {
      for (const line of source.added) {
        const match = /^\s*(\w+) \+= (.+)$|^\s*(\w+) = \3 \+ (.+)$/.exec(line.code);
        const name = match?.[1] ?? match?.[3];
        if (name === undefined || source.isTestLine(line.number)) continue;
        const loop = collectionLoop(line, source);
        if (!loop) continue;
        const declared = TEXTS[source.language.name]?.replaceAll('NAME', name);
        const quoted = /["'\x60]/.test(match?.[2] ?? match?.[4] ?? '');
        const isText =
          declared === undefined
            ? quoted
            : before(loop.start, source).some(({ code }) => new RegExp(declared).test(code.trimEnd()));
        if (isText || quoted)
          yield {
            file: source.path,
            line: line.number,
            message: 'The whole text is copied for each element',
            ...(source.language.name === 'python' || !isText ? { severity: 'low' } : {}),
          } satisfies Hit;
      }
    }
  },
};

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
      return !before(line.number, source).some(({ code }) =>
        new RegExp(`\\b(?:Array|Linked)?List<[^()]*>\\s+${name}\\b`).test(code),
      );
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
        const own = walked(block.header);
        const outer = source
          .blocks()
          .around(block.start)
          .find(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
        if (own !== undefined && outer?.kind === 'loop' && walked(outer.header) === own)
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
      /arg|argv|part|token|segment|path|word|param/i.test(name) ||
      (source.language.name.length > 6 && /Deque|LinkedList|Queue</.test(source.text)) ||
      !(
        /\bwhile\b/.test(header) &&
        new RegExp(`\\b${name.replace('.', '\\.')}\\b|\\btrue\\b|\\bTrue\\b|1\\)`).test(header)
      )
    );
  },
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

/** Two loops by places through one list. */
const crossedPlaces: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Group the elements by what is compared in a Map first.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const block of source.language.programs ? source.blocks().all : []) {
        const list = walkedByPlace(block.header);
        if (
          block.kind !== 'loop' ||
          list === undefined ||
          !source.isAdded(block.start) ||
          source.isTestLine(block.start)
        )
          continue;
        const outer = source
          .blocks()
          .around(block.start)
          .find(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
        const own = outer?.kind === 'loop' ? walkedByPlace(outer.header) : undefined;
        const inner = source.lines.slice(block.open, block.end).some(({ code }) => /={2,3}|\.equals\(/.test(code));
        if (own === list && inner)
          yield {
            file: source.path,
            line: block.start,
            message: `\`${shorten(list)}\` is walked once for each of its own elements`,
          } satisfies Hit;
      }
  },
};

function walkedByPlace(header: string): string | undefined {
  return /^for \(?\s*(?:let|var|int)?\s*\w+ :?= [^;]*; \w+ < (?:len\(([\w.]+)\)|([\w.]+?)\.(?:length|size\(\)|len\(\)))|^for \w+ in range\((?:\w+ ?\+ ?1, ?)?len\(([\w.]+)\)\)/
    .exec(header)
    ?.slice(1)
    .find(Boolean);
}

/** What grows with each element and is walked or copied whole for each. */
export const growthRules: readonly Rule[] = [
  growingSearch,
  joinBySearch,
  concatenation,
  ...whole,
  crossed,
  squared,
  fromTheFront,
  ...sortedEach,
  ...grownAnew,
  madeInside,
  crossedPlaces,
];
