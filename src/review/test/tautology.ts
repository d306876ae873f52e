import type { SourceLine } from '../read/lexer.ts';
import { givenTo, type Place } from '../read/flow.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';

/** Both sides of an equality are the same words, or neither side asks the program anything. */
const sameSides: Rule = {
  id: 'test/tautology',
  severity: 'high',
  remedy: 'Assert what the code under test returned or did.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test', 'product'])) {
      if (!source.language.programs) continue;
      for (const line of source.added) {
        if (source.role !== 'test' && !source.isTestLine(line.number)) continue;
        const sides = sidesOf(line);
        if (!sides || !isIdle(sides, { line: line.number, source }) || mustFail(sides, line, source)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `This assertion cannot fail: \`${shorten(line.text)}\``,
          text: line.raw,
        } satisfies Hit;
      }
    }
  },
};

/** Two values that differ, in a test of what a failed assertion says. */
function mustFail([left, right]: Sides, line: SourceLine, source: SourceFile): boolean {
  return (
    left.trim() !== right.trim() && (FAILURE.test(line.code) || FAILURE.test(source.path) || FAILURE.test(source.text))
  );
}

const FAILURE = /AssertionError|AssertionFailed|MultipleFailures|assertThatThrownBy|catchThrowable|assertAll\(/;

type Sides = readonly [left: string, right: string];

/** The two things that an assertion on one line holds against each other. */
function sidesOf({ code, text }: SourceLine): Sides | undefined {
  const differ =
    /^\s*if (?:!reflect\.DeepEqual\(([\w.]+), ([\w.]+)\)|!?\w+\.Equal\(([\w.]+), ([\w.]+)\)|([\w.]+) != ([\w.]+)) \{\s*$/.exec(
      text,
    );
  const [asked, wanted] = differ?.slice(1).filter(Boolean) ?? [];
  if (asked !== undefined && wanted !== undefined) return [asked, wanted];
  const start = /\b(?:expect|assert\w*|EXPECT_EQ|require)\b/.exec(code)?.index;
  if (start === undefined || /\bnot\b|Not|!=|\bne\b|_ne!/.test(code)) return undefined;
  // What a server answers when it is not so: it asserts nothing about the program.
  if (/\b(?:ctx|context|app|re[qs]|request|response)\.$/.test(code.slice(0, start))) return undefined;
  const part = text.slice(start);
  if (part.startsWith('assert (')) return comparison(part.replace('assert ', 'assert  '));
  const pair =
    argumentsAfter(
      part,
      /^(?:assert(?:\.\w*[eE]qual\w*|\.(?:same|is|Equal))?|assertEquals?|assertSame|assert_eq!|EXPECT_EQ|require\.Equal)\s*\(/,
    ) ??
    expectation(part) ??
    comparison(part);
  return pair && pair[0] !== '' && pair[1] !== '' ? pair : undefined;
}

function argumentsAfter(text: string, call: RegExp): Sides | undefined {
  const opened = call.exec(text)?.[0];
  if (opened === undefined) return undefined;
  const [first, second, third] = split(text.slice(opened.length));
  if (second === undefined) return undefined;
  const isMessage = first !== undefined && /^(["']).*\1$/.test(first.trim()) && third !== undefined;
  const told = first === 't' || (isMessage && !/^\s*["']/.test(third));
  return told && third !== undefined ? [second, third] : [first ?? '', second];
}

function expectation(text: string): Sides | undefined {
  const opened = /^(?:expect|assertThat)\s*\(/.exec(text)?.[0];
  if (opened === undefined) return undefined;
  const left = split(text.slice(opened.length))[0] ?? '';
  const rest = text.slice(opened.length + left.length);
  const matcher =
    /^\s*\)\s*\.(?:toBe|toEqual|toStrictEqual|isEqualTo|to\.(?:equal|be|eql|deep\.equal)|to\.eq)\s*\(/.exec(rest)?.[0];
  return matcher === undefined ? undefined : [left, split(rest.slice(matcher.length))[0] ?? ''];
}

function comparison(text: string): Sides | undefined {
  const asserted = /^assert(?:!\s*\(|\s*\(|\.ok\(|\s+)(.*)$/.exec(text)?.[1];
  const whole = asserted === undefined ? undefined : split(asserted)[0];
  const sides = whole?.split(/\s(?:===?|is)\s/) ?? [];
  return sides.length === 2 ? [sides[0] ?? '', sides[1] ?? ''] : undefined;
}

/** The parts between commas, up to the bracket that closes the list. */
function split(text: string): string[] {
  const parts = [''];
  let depth = 0;
  let quote = '';
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (`"'\``.includes(char)) quote = char;
    else if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) {
      depth -= 1;
      if (depth < 0) break;
    } else if (char === ',' && depth === 0) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += char;
  }
  return parts;
}

function isIdle([left, right]: Sides, place: Place): boolean {
  const [a, b] = [left.replace(/\s+/g, ''), right.replace(/\s+/g, '')];
  if (a === b)
    return !/\b(?:next|random|now|uuid|read|pop|shift|new)\b|Date|\+\+/i.test(left) && !provesSameness(a, place);
  return (isLiteral(a) && isLiteral(b)) || isTaken(a, b, place) || isTaken(b, a, place);
}

/** `want := got` right before: what is expected is what came, whatever came. */
function isTaken(name: string, other: string, place: Place): boolean {
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || !/^[A-Za-z_$][\w$.]*$/.test(other)) return false;
  const given = givenTo(name, place);
  if (given?.code.trim() !== other || given.line >= place.line) return false;
  const between = place.source.lines.slice(given.line, place.line - 1).map(({ code }) => code);
  return between.every((code) => !/[({]|[^=!<>]=(?!=)|\+\+|--/.test(code));
}

const SAMENESS =
  /memo|cach|once|single|same|identi|stable|idempot|determin|equal|\beq\b|hash|intern|pure|repeat|twice|again|consisten|reus|symmetr|compar/i;

/** `f(x)` twice may prove that the answer is kept, if the test or its file says that it is about that; one name twice proves nothing. */
function provesSameness(side: string, { line, source }: Place): boolean {
  if (!side.includes('(')) return false;
  const titles = source
    .blocks()
    .around(line)
    .map(({ start, open }) =>
      source.lines
        .slice(start - 1, open)
        .map(({ raw }) => raw)
        .join(' '),
    );
  return SAMENESS.test([source.path, side, ...titles].join(' '));
}

function isLiteral(text: string): boolean {
  return /^(?:-?\d[\d.+*/()-]*|true|false|null|None|True|False|nil|(["'])[^"']*\1)$/.test(text);
}

const idle: Rule[] = [
  lineRule({
    id: 'test/unawaited-assertion',
    severity: 'medium',
    languages: SCRIPTS,
    roles: ['test'],
    pattern: /^\s*[A-Za-z][\w$.]*\([^()]*\)\.then\(/,
    unless: (line, source) =>
      line.depth > 0 ||
      /(?:=>|return|await|,|\(|=)\s*$/.test(source.lineAt(line.number - 1)?.code ?? '') ||
      /\bdone\b/.test([0, -1, -2, -3].map((step) => source.lineAt(line.number + step)?.code ?? '').join(' ')) ||
      !source.lines.slice(line.number - 1, line.number + 5).some(({ code }) => /\bexpect\(|\bassert\b/.test(code)) ||
      source.lines
        .slice(line.number - 1, line.number + 12)
        .some(({ code }) => /\bdone\b|\.end\(\)|\bt\.end\b|resolve/.test(code)),
    message: 'Nobody waits for this, so the test ends before it can fail',
    remedy: 'Await it or return it.',
  }),
  lineRule({
    id: 'test/unawaited-assertion',
    severity: 'medium',
    languages: SCRIPTS,
    roles: ['test'],
    pattern: /^\s*expect\(.*\)\.(?:rejects|resolves)\.|^\s*assert\.(?:rejects|doesNotReject)\(/,
    unless: (line, source) =>
      line.depth > 0 || /(?:=>|return|await|,|\()\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: 'Nobody waits for this assertion, so the test ends before it can fail',
    remedy: 'Await it or return it.',
  }),
  lineRule({
    id: 'test/tautology',
    severity: 'high',
    languages: SCRIPTS,
    roles: ['test'],
    pattern: /^\s*expect\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?:\.to|\.not)?;?\s*$/,
    unless: (line, source) =>
      line.depth > 0 ||
      /^\s*expect\([^,]+,\s*['"`]/.test(line.code) ||
      /^\s*\./.test(source.lineAt(line.number + 1)?.code ?? ''),
    message: 'Nothing is expected here: `$&`',
    remedy: 'Say what the value must be.',
  }),
  lineRule({
    id: 'test/tautology',
    severity: 'high',
    languages: ['python'],
    roles: ['test'],
    pattern:
      /^\s*(?:assert\s+)?[\w.]*mock[\w.]*\.(?:called_once|called_once_with|called_with|called_any|not_called|has_calls|asert_\w+)\b/i,
    message: 'A mock has every attribute, so this never fails: `$&`',
    remedy: 'Use assert_called_once_with and its kin.',
  }),
];

const LITERAL = String.raw`(?:true|false|True|False|-?\d[\w.]*|"[^"$]*"|'[^'$]*')`;

/** `assertThat(true).isTrue()`: a literal is asked what it is. */
const aboutLiteral = lineRule({
  id: 'test/tautology',
  severity: 'high',
  languages: 'all',
  roles: ['test', 'product'],
  view: 'text',
  spans: true,
  pattern: new RegExp(
    [
      String.raw`\b(?:expect|assertThat|assert_that)\(\s*${LITERAL}\s*\)\s*\.(?:not\.)?(?:to\.)?(?:be\.)?\w+(?:\(\s*\)|;?\s*$)`,
      String.raw`\b(?:assertThat|assert_that)\(\s*${LITERAL},\s*(?:is|equalTo|notNullValue|is_|equal_to|not)\((?:\s*|${LITERAL}|[a-z]\w*Value\(\))\)`,
      String.raw`\b(?:assertNotNull|assertIsNotNone|(?:assert|require)\.(?:NotNil|NotEmpty|NotZero|NotNull)\(\s*t,)\(?\s*${LITERAL}\s*\)`,
    ].join('|'),
  ),
  unless: ({ text, number }, source) =>
    !source.language.programs ||
    (source.role !== 'test' && !source.isTestLine(number)) ||
    /\(\s*(?:true\s*\).*(?:False|Falsy|false)|false\s*\).*(?:True|Truthy|true))/.test(text),
  message: 'This assertion cannot fail: `$&`',
  remedy: 'Assert what the code under test returned or did.',
});

/** Assertions that hold whatever the program does. */
export const tautologyRules: readonly Rule[] = [sameSides, aboutLiteral, ...idle];
