import { givenTo } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';
import { isTestBlock } from './bodies.ts';

/** Assertions that only ask whether there is something. */
const PRESENCE: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      /\.(?:toBeDefined|toBeTruthy)\(\)|\.not\.(?:toBeNull|toBeUndefined)\(\)|\btypeof\b.*['"]function['"]|\.to\.(?:exist|be\.ok)\b|\bassert(?:\.ok)?\(\s*[\w$.]+(?:\(.*\))?\s*\);?\s*$/,
    ]),
  ),
  python:
    /\bassert callable\(|\bis not None\s*(?:,|$)|\bassertIsNotNone\(|\bassertTrue\(\s*callable\(|\bassert hasattr\(|^\s*assert \w+\s*$/,
  java: /\bassertNotNull\(|\)\.isNotNull\(\)/,
  go: /\b(?:assert|require)\.NotNil\(|^\s*if \w+ == nil \{/,
  rust: /\bassert!\([^=<>]*\.is_(?:some|ok)\(\)/,
};

/** A new test whose assertions all hold as long as there is anything at all. */
const presenceOnly: Rule = {
  id: 'test/presence-only',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Assert what the code under test returned or did.',
  languages: Object.keys(PRESENCE) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, presenceOnly.languages, ['test', 'product'])) {
      const presence = PRESENCE[source.language.name];
      for (const block of presence ? source.blocks().all : []) {
        if (!source.isAdded(block.start) || !isTestBlock(block, source)) continue;
        const body = source.lines
          .slice(block.open, block.end)
          .filter(({ text }) => ASSERTION.test(text) || presence?.test(text));
        const [first] = body;
        if (first && body.every(({ text }) => presence?.test(text)))
          yield {
            file: source.path,
            line: first.number,
            message: `All that is asserted is that there is something: \`${shorten(first.text)}\``,
          } satisfies Hit;
      }
    }
  },
};

const SIDES =
  /\bexpect\(\s*(?:await )?(.+?)\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*([\w$]+)\s*\)|\bassert(?:\.\w*[eE]qual)?\w*\(\s*(?:t, )?(.+?),\s*([\w$]+)\s*[,)]|\bassert(?:_eq!\(|Equals\()\s*([\w$]+),\s*(.+?)\)?;?\s*$|\bassert (.+?) == ([a-z_]\w*)\s*$|\bassert_eq!\(\s*(.+?),\s*([\w$]+)\s*\)|^\s*if (.+?) != (\w+) \{\s*$/;

/** `const expected = tax(100); expect(tax(100)).toBe(expected)`: the program is asked what it ought to say. */
const askedTwice: Rule = {
  id: 'test/tautology',
  severity: 'medium',
  remedy: 'Write down what must come.',
  languages: [...SCRIPTS, 'python', 'java', 'go', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, askedTwice.languages, ['test', 'product']))
      for (const line of source.added) {
        if (source.role !== 'test' && !source.isTestLine(line.number)) continue;
        const told = ASSERTION.test(line.text) || /^\s*if .* != /.test(line.text) ? sideTwice(line, source) : undefined;
        if (told !== undefined)
          yield {
            file: source.path,
            line: line.number,
            message: `What is expected comes from the same call: \`${shorten(told)}\``,
          } satisfies Hit;
      }
  },
};

/** The test does something between the two questions, so the answer may be another one. */
function isDoneBetween(from: number, to: number, source: SourceFile): boolean {
  return source.lines
    .slice(from, to - 1)
    .some(({ code, text }) => /^\s*await [\w$.]+\(/.test(code) && !ASSERTION.test(text));
}

function sideTwice(line: SourceLine, source: SourceFile): string | undefined {
  const sides = SIDES.exec(line.text)
    ?.slice(1)
    .filter((side) => side !== undefined);
  if (!sides || sides.length < 2) return undefined;
  const [name, call] = /^[\w$]+$/.test(sides[0] ?? '') ? [sides[0], sides[1]] : [sides[1], sides[0]];
  if (
    name === undefined ||
    call === undefined ||
    !/\(\s*[^\s)]/.test(call) ||
    /memo|cache|once|same|idempot|determin|stable|repeat|twice|again/i.test(source.path + line.text)
  )
    return undefined;
  const told = givenTo(name, { line: line.number, source });
  if (told && isDoneBetween(told.line, line.number, source)) return undefined;
  const given = told?.text.replace(/^await |;?\s*$/g, '').trim();
  if (given !== call.trim() || /\b(?:new|next|random|now|uuid|read|pop|shift)\b|Date/i.test(call)) return undefined;
  const title = source
    .blocks()
    .around(line.number)
    .map(({ header, start }) => header + (source.lineAt(start)?.text ?? ''))
    .join(' ');
  return /memo|cache|once|same|idempot|determin|stable|repeat|twice|again|equal|hash|seed/i.test(title)
    ? undefined
    : call;
}

const BUILT_IN = /\b(?:len|sum|sorted|list|str|int|max|min|abs|bool|set|dict|tuple|float|round|any|all)\(/g;

/** `assert len([1, 2]) == 2`: the program under test is not in it. */
const aboutNothing: Rule = {
  id: 'test/tautology',
  severity: 'high',
  remedy: 'Assert what the code under test returned or did.',
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python'], ['test']))
      for (const line of source.added) {
        const asked = /^\s*assert (.*==.*)$/.exec(line.code)?.[1];
        const bare = asked
          ?.replace(BUILT_IN, '(')
          .replace(/\b(?:not|in|is|and|or|None|True|False)\b|["'`]·*["'`]/g, '');
        if (
          bare !== undefined &&
          line.depth === 0 &&
          !/[A-Za-z_]/.test(bare) &&
          /\d|==/.test(bare) &&
          !/[([{,]\s*$/.test(line.code)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `This assertion cannot fail: \`${shorten(line.text)}\``,
          } satisfies Hit;
      }
  },
};

/** Tests that hardly ask anything of the program. */
export const presenceRules: readonly Rule[] = [presenceOnly, askedTwice, aboutNothing];
