import { lineNear, type Hunk, type HunkLine } from '../read/diff.ts';
import { roleOf } from '../read/file-role.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** A line that asserts something, in any of the usual frameworks. */
export const ASSERTION =
  /\b(?:expect(?:_\w+)?|assert\w*|should|verify|check|refute|ensure)\b\s*[.(!]|\bassert(?:_\w+)?!?[ (]|\.(?:should|expect)\b|\bt\.(?:Error|Fatal|Errorf|Fatalf|is|deepEqual|true|false|throws\w*|like|not|regex)\(|\bassert\w*\s*[({]|\bverify\(|\bself\.assert\w+|\bpytest\.raises|\brequire\.(?=[A-Z])|\bEXPECT_\w+|\bASSERT_\w+|\bXCTAssert\w*|\bt\.Run\(|^\s*(?:Assert\.|self\.)?fail\(|^\s*(?:!\s*)?\[\[? .+ \]\]?\s*(?:$|\|\||&&)|^\s*test\s.+(?:\|\||$)|\|\|\s*(?:die|fail|exit|return 1|error)\b/;

/** What a change does to tests: to a whole test file, or to the part of a file of Rust that holds its tests. */
export type TestChange = {
  source: SourceFile;
  hunks: readonly Hunk[];
  added: readonly HunkLine[];
  removed: readonly HunkLine[];
};

/** The changes of tests that a reading holds. */
export function testChanges({ files }: Reading): TestChange[] {
  return files.flatMap((source) => {
    const inside = source.role !== 'test' && source.language.name === 'rust';
    if (!source.language.programs || (source.role !== 'test' && !inside)) return [];
    const hunks = inside
      ? source.change.hunks.flatMap((hunk) => {
          const from = hunk.lines.findIndex(({ newLine }) => newLine > 0 && source.isTestLine(newLine));
          return from === -1 ? [] : [{ ...hunk, lines: hunk.lines.slice(from) }];
        })
      : source.change.hunks;
    const lines = hunks.flatMap((hunk) => hunk.lines);
    const added = lines.filter(({ kind }) => kind === 'added');
    const removed = withoutComments(lines.filter(({ kind }) => kind === 'removed'));
    return inside && hunks.length === 0 ? [] : [{ source, hunks, added, removed }];
  });
}

/** Without what stood between the signs of a comment, each on a line of its own: nobody ran it. */
function withoutComments<Line extends { text: string }>(lines: readonly Line[]): Line[] {
  let inside = false;
  return lines.filter(({ text }) => {
    const sign = text.trim();
    if (sign === '/*') inside = true;
    if (sign === '*/') inside = false;
    return !inside;
  });
}

const assertionRemoved: Rule = {
  id: 'test/assertion-removed',
  severity: 'medium',
  remedy: 'Put the assertions back, or show where the same is proven now.',
  languages: 'all',
  *find(reading) {
    const tests = testChanges(reading).filter(({ source }) => source.change.status !== 'deleted');
    const balance = sum(tests.map(({ added, removed }) => asserts(added) - asserts(removed)));
    if (productBalance(reading) < -5) return;
    const kept = new Set(tests.flatMap(({ added }) => added.map(({ text }) => text.trim())));
    for (const { source, hunks, added, removed } of tests) {
      const lost = asserts(removed) - asserts(added);
      if (lost <= 0 || testsNamed(removed) > testsNamed(added)) continue;
      const bare = hunks.find((one) => isBareLoss(one) && isForgotten(one, kept));
      if (balance >= 0 && !bare) continue;
      const hunk =
        bare ?? hunks.find(({ lines }) => lines.some((line) => line.kind === 'removed' && ASSERTION.test(line.text)));
      const gone = hunk?.lines.find((line) => line.kind === 'removed' && ASSERTION.test(line.text));
      const isBare = bare || tests.some((test) => test.hunks.some((one) => isBareLoss(one) && isForgotten(one, kept)));
      const severity = isBare && !(gone && speaksOfGone(gone.text, reading)) ? 'medium' : 'low';
      yield {
        file: source.path,
        line: lineNear(hunk, gone),
        severity,
        message: `${lost} more assertion${lost === 1 ? '' : 's'} removed than added, such as \`${shorten(gone?.text ?? '')}\``,
        text: gone?.text ?? '',
      } satisfies Hit;
    }
  },
};

/** The line names something, by a long word or one of several parts, that the change takes out of all that is no test. */
export function speaksOfGone(text: string, { change }: Reading): boolean {
  const words = wordsOf(text).filter((word) => word.length >= 10 || /\w[-_]\w/.test(word));
  if (words.length === 0) return false;
  const others = change.files.filter(({ path }) => !['test', 'docs', 'generated'].includes(roleOf(path)));
  const taken = new Set(others.flatMap(({ removed }) => removed.flatMap((line) => wordsOf(line.text))));
  const given = new Set(change.files.flatMap(({ added }) => added.flatMap((line) => wordsOf(line.text))));
  return words.some((word) => taken.has(word) && !given.has(word));
}

function wordsOf(text: string): string[] {
  return text.match(/[A-Za-z_][\w-]{5,}/g) ?? [];
}

/** Assertions go and what they were about stays: nearly nothing else is removed and no assertion comes instead. */
function isBareLoss({ lines }: Hunk): boolean {
  const removed = lines.filter(
    (line) => line.kind === 'removed' && /\w/.test(line.text) && !/^\s*if .*\{$|^\s*\}\s*$/.test(line.text),
  );
  const added = lines.filter((line) => line.kind === 'added');
  const lost = asserts(removed) - ofSetup(removed);
  const helper = removed.some(({ text }) => HELPER.test(text) && !TEST_START.test(text));
  return lost > 0 && !helper && asserts(added) === 0 && removed.length - lost <= 1;
}

/** A function that tests share: who calls it is another matter. */
const HELPER = /^\s*(?:async )?(?:def|function|func|fn|static|private|protected)\s+\w/;

/** Steps of setting up that went together with the question whether they failed. */
function ofSetup(removed: Texts): number {
  return removed.filter(
    ({ text }, at) =>
      /\bNoError\([^()]*,\s*(?:os\.Remove\w*|[\w.]+\.Close)\(/.test(text) ||
      (/\b(?:NoError|NotError|Nil)\(\s*\w+,\s*err\b|\berr(?:or)? != nil\b/.test(text) &&
        /\berr\b\s*:?=/.test(removed[at - 1]?.text ?? text.replace(/^.*?if /, ''))),
  ).length;
}

/** What was asserted is asserted nowhere else now, not even in the lines around. */
function isForgotten({ lines }: Hunk, kept: ReadonlySet<string>): boolean {
  const gone = lines.filter(({ kind, text }) => kind === 'removed' && ASSERTION.test(text));
  const near = lines.filter(({ kind }) => kind !== 'removed').map(({ text }) => argumentOf(text));
  const values = lines.flatMap(({ kind, text }) => (kind === 'removed' ? [] : valueOf(text)));
  const handed = lines.flatMap(({ kind, text }) => (kind === 'added' && /\w\(/.test(text) ? literalsOf(text) : []));
  return gone.some(
    ({ text }) =>
      !kept.has(text.trim()) &&
      !near.includes(argumentOf(text)) &&
      !values.some((name) => isAboutKind(text, name)) &&
      !literalsOf(text).some((literal) => handed.includes(literal)),
  );
}

/** What an assertion holds against a literal: whoever knows its value knows its type, and that it is there. */
function valueOf(text: string): string[] {
  const name =
    /\b(?:assertEquals?|assert\.(?:strictEqual|equal|Equal)|assertEqual|assert_eq!)\((?:t, )?(?:(?:["'][^"']*["']|\d+), (\w+)|(\w+), (?:["'][^"']*["']|\d+))\)/.exec(
      text,
    ) ?? /\bexpect\((\w+)\)\.(?:toBe|toEqual|toStrictEqual)\((?:["'][^"']*["']|\d+)\)/.exec(text);
  return [name?.[1] ?? name?.[2] ?? []].flat();
}

/** Only the type of a name was asserted, or that it is something. */
function isAboutKind(text: string, name: string): boolean {
  return new RegExp(
    `\\b${name}\\.getClass\\(\\)|\\btypeof ${name}\\b|\\b(?:assertNotNull|NotNil|assertIsNotNone)\\((?:t, )?${name}\\)|\\(${name}\\)\\.(?:toBeDefined|toBeTruthy|toBeInstanceOf)\\(|\\bisinstance\\(${name},`,
  ).test(text);
}

/** Texts of some length: what is expected, whatever the call that expects it. */
function literalsOf(text: string): string[] {
  return text.match(/(["'`])(?:(?!\1)[^\\]|\\.){3,}\1/g) ?? [];
}

/** The same, said by another object or in another way: `assert.Equal(t, a, b)` and `suite.Equal(a, b)`. */
function argumentOf(text: string): string {
  return text.replace(/^[^(]*\((?:\w+(?:\.T\(\))?, (?=.*,))?/, '').replace(/[\s;]+/g, '');
}

type Texts = readonly { text: string }[];

/** How many of these lines assert something. */
export function asserts(lines: Texts): number {
  return lines.filter(
    ({ text }) =>
      ASSERTION.test(text) &&
      !/^\s*(import|from|use|const .*require\(|\/\/|#|\*)|^\s*(?:async )?(?:def|func|function) assert/.test(text),
  ).length;
}

/** How many tests begin on these lines. */
export function testsNamed(lines: Texts): number {
  return lines.filter(({ text }) => TEST_START.test(text)).length;
}

/** A line on which a test begins. */
export const TEST_START =
  /^\s*(?:(?:it|test|specify)(?:\.\w+)*\s*\(|(?:async )?def test_?\w*\(|func (?:\([^)]*\) )?Test\w*\(|#\[(?:\w+::)?test\b|@(?:Test|ParameterizedTest)\b|(?:public )?function test\w*\(|\[(?:Fact|Theory|Test|TestMethod)\b|it ["']|@test ["'])/;

/** All of them together. */
export function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Lines of product code added less those removed: who removes a feature removes its tests. */
export function productBalance(reading: Reading): number {
  const products = reading.files.filter((source) => source.role === 'product');
  const inside = testChanges(reading).filter(({ source }) => source.role === 'product');
  return (
    sum(products.map(({ change }) => change.added.length - change.removed.length)) -
    sum(inside.map(({ added, removed }) => added.length - removed.length))
  );
}

/** Assertions that went away. */
export const assertionRules: readonly Rule[] = [assertionRemoved];
