import { SCRIPTS } from '../read/language.ts';
import type { HunkLine } from '../read/diff.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';
import { areAlike, STRONG } from './weakened.ts';

const NEARLY =
  /\bapprox\(.*\b(?:abs|rel)\s*=|\.toBeCloseTo\(|\bassertAlmostEquals?\(|\bInDelta\(|\.isCloseTo\(|\bassertEquals\([^,]+,[^,]+,[^,"]+\)|\bisclose\(/;

/** An assertion of a value that becomes one of its neighbourhood. */
const nearly: Rule = {
  id: 'test/assertion-weakened',
  severity: 'low',
  remedy: 'Keep asserting the value, or say why it is not exact.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const { lines } of source.change.hunks) {
        const gone = lines.filter(({ kind, text }) => kind === 'removed' && STRONG.test(text) && !NEARLY.test(text));
        for (const line of gone.length === 0 ? [] : lines) {
          if (line.kind !== 'added' || !NEARLY.test(line.text)) continue;
          const bare = line.text.replaceAll(/\b(?:pytest\.)?approx\(|\b(?:abs|rel|delta|within|offset)\b/g, '(');
          const before = gone.find(({ text }) => areAlike(text, bare));
          if (before)
            yield {
              file: source.path,
              line: line.newLine,
              message: `The assertion is weaker than \`${shorten(before.text)}\` was`,
              text: line.text,
            } satisfies Hit;
        }
      }
  },
};

/** Assertions that stood for themselves are made only under a condition that is new, on the line above. */
const underCondition: Rule = {
  id: 'test/assertion-weakened',
  severity: 'low',
  remedy: 'Assert it whatever happens.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const { lines } of source.language.programs ? source.change.hunks : []) {
        const gone = new Set(lines.filter(isGoneAssertion).map(({ text }) => text.trim()));
        for (const [at, line] of gone.size === 0 ? [] : lines.entries()) {
          const next = lines.slice(at + 1).find(({ kind }) => kind !== 'removed');
          if (line.kind !== 'added' || !/^\s*if\b.*(?:[{:]|then)\s*$/.test(line.text) || next?.kind !== 'added')
            continue;
          if (gone.has(next.text.trim()))
            yield {
              file: source.path,
              line: line.newLine,
              message: `This was asserted whatever happened: \`${shorten(next.text)}\``,
              text: line.text,
            } satisfies Hit;
        }
      }
  },
};

function isGoneAssertion({ kind, text }: HunkLine): boolean {
  return kind === 'removed' && ASSERTION.test(text);
}

/** What a statement of a test proved, and what stands in its place and proves less: both speak of what the first group holds. */
const MILDER: readonly (readonly [before: RegExp, now: RegExp])[] = [
  [/^\s*if .*!errors\.(?:Is|As)\((\w+),/, /^\s*if .*?(\w+) == nil\b/],
  [/^\s*(?:let \w+ = )?(.+)\.(?:unwrap\(\)|expect\(.*\))\s*;$/, /^\s*let _ = (.+?)(?:\.ok\(\))?\s*;$/],
  [/^\s*\[\[? "?(\$\{?\w+\}?)"? -eq [1-9]\d* /, /^\s*\[\[? "?(\$\{?\w+\}?)"? -(?:ne|gt|ge) /],
  [/^\s*assert_failure (?=[1-9])()/, /^\s*assert_failure\s*()$/],
  [/\bverify\((\w+)(?:, times\([^)]*\))?\)/, /\bverify\((\w+), (?:atLeast\(0\)|atMost\w*\()/],
  [
    /^\s*\.isInstanceOf(?:Satisfying)?\((?!(?:Exception|RuntimeException|Throwable|Error)\.class)()/,
    /^\s*\.isInstanceOf\((?:Exception|RuntimeException|Throwable|Error)\.class()/,
  ],
  [
    /\b(?:expect|assertThat)\((.+?)\)\.(?:to(?:Be|Equal|StrictEqual)|isEqualTo)\(/,
    /\b(?:expect|assertThat)\((.+?)\)\.(?:toBeTypeOf|is(?:Positive|Negative|GreaterThan|LessThan|Between|CloseTo|InstanceOf|NotEqualTo|NotZero)\w*|toBeInstanceOf)\(/,
  ],
];

const milder: Rule = {
  id: 'test/assertion-weakened',
  severity: 'medium',
  remedy: 'Keep asserting what was asserted.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const { lines } of source.change.removed.length === 0 ? [] : source.change.hunks)
        for (const [before, now] of MILDER) {
          const about = (wanted: string) =>
            lines.flatMap(({ kind, text }) => (kind === wanted ? [{ text, of: before.exec(text)?.[1] }] : []));
          const [gone, kept] = [about('removed'), about('added')];
          for (const line of lines) {
            const of = line.kind === 'added' ? now.exec(line.text)?.[1] : undefined;
            const old = of === undefined ? undefined : gone.find((one) => one.of === of);
            if (old && !kept.some((one) => one.of === of))
              yield {
                file: source.path,
                line: line.newLine,
                message: `This proves less than \`${shorten(old.text)}\` did`,
                text: line.text,
              } satisfies Hit;
          }
        }
  },
};

/** The values a test runs with, written in one line. */
const VALUES =
  /^(\s*@(?:pytest\.mark\.parametrize|ValueSource|CsvSource|EnumSource|MethodSource)\b.*?[[{(])(.*?)([\])}]+\s*,?)$/;

/** A test that runs with fewer values than it did. */
const fewer: Rule = {
  id: 'test/cases-removed',
  severity: 'medium',
  remedy: 'Keep the cases, or show why one of them means nothing any more.',
  removes: true,
  languages: ['python', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'java'], ['test']))
      for (const { lines } of source.change.hunks)
        for (const line of lines) {
          const now = line.kind === 'added' ? VALUES.exec(line.text) : null;
          const old = now && lines.find(({ kind, text }) => kind === 'removed' && VALUES.exec(text)?.[1] === now[1]);
          const [values, before] = [now?.[2], old && VALUES.exec(old.text)?.[2]].map((text) =>
            text?.split(',').map((one) => one.trim()),
          );
          const gone = before?.filter((value) => !values?.includes(value));
          if (values && gone && gone.length > 0 && values.every((value) => before?.includes(value)))
            yield {
              file: source.path,
              line: line.newLine,
              message: `The test runs no more with ${gone.map((value) => `\`${shorten(value)}\``).join(', ')}`,
              text: line.text,
            } satisfies Hit;
        }
  },
};

const alwaysTrue = (pattern: RegExp, message: string, remedy: string): Rule =>
  lineRule({
    id: 'test/tautology',
    severity: 'high',
    languages: ['python'],
    roles: ['test'],
    view: 'text',
    pattern,
    message,
    remedy,
  });

/** Assertions of Python that hold whatever happens. */
const truths: Rule[] = [
  alwaysTrue(
    /^\s*assert\s+(?:not\s+)?[\w.]+\.(?:called_(?:once_)?with|called_once|has_calls|any_call|not_called)\(/,
    'A mock answers this with another mock, which is true: `$&`',
    'Call assert_called_once_with and its like.',
  ),
  alwaysTrue(/^\s*assert\s*\(.+,\s*f?(["']).*\1\s*\)\s*$/, 'A tuple is always true: `$&`', 'Leave the brackets out.'),
];

const DROPPED = /^\s*(?!return\b|await\b)[\w.]+\(.*\)\s*\.then\(/;
const dropped = linesLike(DROPPED);

/** The test ends before the answer comes in which it asserts. */
const tooLate: Rule = {
  id: 'test/unawaited-assertion',
  severity: 'medium',
  remedy: 'Await it or return it.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['test']))
      for (const line of dropped(source)) {
        if (!DROPPED.test(line.code) || line.depth > 0) continue;
        const [block] = source.blocks().all.filter(({ start }) => start === line.number);
        const body = source.lines.slice(line.number - 1, block?.end ?? line.number);
        const waits =
          source
            .blocks()
            .around(line.number)
            .some(({ header }) => /\b(?:done|t|cb|callback|resolve|Promise|beforeEach|beforeAll)\b/.test(header)) ||
          /^\s*(?:return|await)\b/.test(source.lineAt(line.number - 1)?.code ?? '');
        if (!waits && body.some(({ code }) => ASSERTION.test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: 'What is asserted here comes after the test has ended',
          } satisfies Hit;
      }
  },
};

const REPLACED =
  /^\s*([\w$]+)\.([\w$]+)\s*=\s*(?:lambda\b|\([^()]*\)\s*=>|async\b|function\b|(?:Async|Magic)?Mock\(|mock\.\w*Mock\(|(?:jest|vi)\.fn\()/;
const replaced = linesLike(REPLACED);

/** A method of the very thing under test is put in place by the test, which then asserts what it answers. */
const ownAnswer: Rule = {
  id: 'test/tautology',
  severity: 'low',
  remedy: 'Replace what the code under test calls, not the code itself.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const line of replaced(source)) {
        const [, owner = '', method = ''] = REPLACED.exec(line.code) ?? [];
        const fn = source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'function' || kind === 'callback');
        const call = new RegExp(String.raw`(?<![\w.])${owner}\.${method}\(`.replaceAll('$', '\\$'));
        const asked = source.lines
          .slice(line.number, fn?.end ?? line.number)
          .some(({ code }) => ASSERTION.test(code) && call.test(code));
        if (asked)
          yield {
            file: source.path,
            line: line.number,
            message: `The test asserts what it put in place itself: \`${owner}.${method}\``,
          } satisfies Hit;
      }
  },
};

/** Assertions that hold more often than they did, and those of what the test made. */
export const weakerRules: readonly Rule[] = [nearly, underCondition, milder, fewer, ...truths, tooLate, ownAnswer];
