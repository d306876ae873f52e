import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import { collectionLoop } from '../read/loops.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

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

/** The lines from one to another, both inclusive. */
export function codeOf(source: SourceFile, from: number, to: number): SourceLine[] {
  const lines: SourceLine[] = [];
  for (let at = from; at <= to; at += 1) {
    const line = source.lineAt(at);
    if (line) lines.push(line);
  }
  return lines;
}

/** The lines of the export function before a line. */
export function before(line: number, source: SourceFile): SourceLine[] {
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

/** What grows with each element and is walked or copied whole for each. */
export const growthRules: readonly Rule[] = [growingSearch, joinBySearch, concatenation];
