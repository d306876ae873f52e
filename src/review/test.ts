import { settingTests } from './infrastructure/setting-slips.ts';
import { lineNear } from './read/diff.ts';
import { workflowTests } from './infrastructure/workflows.ts';
import { SCRIPTS } from './read/language.ts';
import type { SourceLine } from './read/lexer.ts';
import type { Reading, SourceFile } from './read/reading.ts';
import { lineRule, shorten, type Hit, type LineRule, type Rule } from './rules.ts';
import {
  asserts,
  ASSERTION,
  assertionRules,
  productBalance,
  sum,
  testChanges,
  testsNamed,
  type TestChange,
} from './test/assertions.ts';
import { bodyRules, isTestBlock } from './test/bodies.ts';
import { coverageRules } from './test/coverage.ts';
import { disarmedRules } from './test/disarmed.ts';
import { expectedRules } from './test/expected.ts';
import { hollowRules } from './test/hollow.ts';
import { milderRules } from './test/milder.ts';
import { batsRules } from './test/bats.ts';
import { rustTestRules } from './test/rust-tests.ts';
import { shellTestRules } from './test/shell-tests.ts';
import { configRules } from './test/config.ts';
import { mockedRules } from './test/mocked.ts';
import { presenceRules } from './test/presence.ts';
import { snapshotRules } from './test/snapshots.ts';
import { tautologyRules } from './test/tautology.ts';
import { unreachedRules } from './test/unreached.ts';
import { untestedRules } from './test/untested.ts';
import { weakenedTests } from './test/weakened.ts';

const inTests = (
  rule: Pick<LineRule, 'id' | 'severity' | 'languages' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>,
): Rule =>
  lineRule({
    roles: ['test', 'product'],
    ...rule,
    unless: (line, source) =>
      (source.role !== 'test' && !source.isTestLine(line.number)) ||
      /(^|\/)(?:__)?fixtures?(?:__)?\//.test(source.path) ||
      (rule.unless?.(line, source) ?? false),
  });

const focused = (languages: Rule['languages'], pattern: RegExp, unless?: LineRule['unless']): Rule =>
  inTests({
    id: 'test/focused',
    severity: 'high',
    languages,
    pattern,
    ...(unless ? { unless } : {}),
    message: 'Only this test runs now: `$&`',
    remedy: 'Remove the focus so that all tests run.',
  });

/** The line stands among the options that are handed to a test. */
function isTestOption(number: number, source: SourceFile): boolean {
  return [1, 2, 3].some((step) =>
    /(?<![\w.$])(?:it|test|describe|context|suite|specify|Deno\.test)\((?!.*=>)/.test(
      source.lineAt(number - step)?.code ?? '',
    ),
  );
}

const skipped = (languages: Rule['languages'], pattern: RegExp, unless?: LineRule['unless']): Rule =>
  inTests({
    id: 'test/skipped',
    severity: 'medium',
    languages,
    pattern,
    ...(unless ? { unless } : {}),
    severityAt: (line, source) => (isNewWithReason(line, source) || isPlanned(line, source) ? 'low' : undefined),
    message: 'A test is turned off: `$&`',
    remedy: 'Make the test pass, or remove it with what it proves.',
  });

/** The test comes with the file and was never run here, and its author says why. */
function isNewWithReason({ text }: SourceLine, { change }: SourceFile): boolean {
  return (
    change.status === 'added' &&
    /(["'`])(?:(?!\1).)*\s(?:(?!\1).)*\1/.test(text) &&
    !/^\s*(?:it|test|describe)\b/.test(text)
  );
}

/** A test that is to be written, and no test of that title was there. */
function isPlanned({ text }: SourceLine, { change }: SourceFile): boolean {
  const title = /\.todo\(\s*(["'`].*)$/.exec(text)?.[1]?.replace(/[);\s]+$/, '');
  return title !== undefined && !change.removed.some((line) => line.text.includes(title));
}

/** A skip inside a condition is for a machine that cannot run the test. */
const isConditional: LineRule['unless'] = (line, source) =>
  source.blocks().around(line.number)[0]?.kind === 'condition' ||
  /^\s*(\}\s*)?(if|else|elif)\b/.test(line.code) ||
  /\bif\b/.test(source.lineAt(line.number - 1)?.code ?? '');

const tautology = (languages: Rule['languages'], pattern: RegExp, unless?: LineRule['unless']): Rule =>
  inTests({
    id: 'test/tautology',
    severity: 'high',
    languages,
    view: 'text',
    pattern,
    ...(unless ? { unless } : {}),
    severityAt: (line, source) => (marksArrival(line, source) ? 'low' : undefined),
    message: 'This assertion cannot fail: `$&`',
    remedy: 'Assert what the code under test returned or did.',
  });

/** `assert.ok(true)` inside a callback, after real assertions, or as `t.pass()` says that a line was reached. */
function marksArrival(line: SourceLine, source: SourceFile): boolean {
  if (!/\b[Tt]rue\b|\bpass\(\)/.test(line.code)) return false;
  const fn = source
    .blocks()
    .around(line.number)
    .find((block) => block.kind === 'function' || block.kind === 'callback');
  if (!fn) return false;
  if (!isTestBlock(fn, source)) return true;
  const others = source.lines.filter(({ number }) => number > fn.open && number < fn.end && number !== line.number);
  return others.some(({ code, text }) =>
    /\bpass\(\)/.test(line.code) ? code.trim() !== '' : ASSERTION.test(text) && !/\b[Tt]rue\b/.test(code),
  );
}

const VALUE = String.raw`(true|false|null|undefined|-?\d+(?:\.\d+)?|'[^']*'|"[^"]*"|[A-Za-z_$][\w$.]*)`;

const lines: Rule[] = [
  focused(
    SCRIPTS,
    /(?<![\w.$])(?:it|test|describe|context|suite|specify)\.only\b|^\s*(?:fit|fdescribe|fcontext)\(|(?<![\w$])(?:it|test|describe)(?:\.\w+)*\.only\.each\b|(?<![\w.$])(?:it|test|describe|context|suite|specify|Deno\.test)\(.*\bonly:\s*true|^\s*only:\s*true,?\s*$|(?<![\w.$])(?:bench|Deno\.test|t)\.only\(/,
    (line, source) => /^\s*only\b/.test(line.code) && !isTestOption(line.number, source),
  ),
  focused(['ruby'], /^\s*(?:fit|fdescribe|fcontext)\b|,\s*:?focus(?::\s*true)?\s*(?:do|=>)/),
  skipped(
    SCRIPTS,
    /(?<![\w.$])(?:it|test|describe|context|suite)(?:\.\w+)?\.skip(?=\(\s*['"`]|\.each|\()|^\s*(?:xit|xtest|xdescribe|xcontext)\(/,
    (line, source) => /\.skip\(\s*(?!['"`])/.test(line.code) || (isConditional(line, source) ?? false),
  ),
  skipped(
    SCRIPTS,
    /^\s*this\.skip\(\)|^\s*(?:it|test|describe)\(.*\{\s*(?:skip|todo):\s*(?:true|['"`])/,
    isConditional,
  ),
  inTests({
    id: 'test/skipped',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /\b(?:jest\.retryTimes|this\.retries)\(\s*[1-9]/,
    message: 'A test that fails is tried again until it passes: `$&`',
    remedy: 'Find out why it fails now and then.',
  }),
  skipped(
    ['python'],
    /^\s*@(?:pytest\.mark\.skip\b(?!if)|unittest\.skip\(|skip\()|^\s*pytestmark\s*=\s*pytest\.mark\.skip\b(?!if)|^\s*pytest\.skip\(|^\s*self\.skipTest\(|^\s*@pytest\.mark\.skipif\(\s*(?:True|1\b|not False)|^\s*@pytest\.mark\.xfail\b(?!.*\b(?:raises|condition|sys|platform|os)\b)/,
    isConditional,
  ),
  skipped(
    ['rust'],
    /^\s*#\[ignore\b|^\s*#\[cfg\((?:any\(\)|FALSE|false|not\(test\)|feature = "(?:never|disabled|broken|skip\w*)")\)\]/,
  ),
  skipped(
    SCRIPTS,
    /(?<![\w.$])(?:it|test|describe)\.(?:failing|fails|todo|fixme)\b|(?<![\w.$])(?:it|test|describe)\.(?:skipIf\(\s*true|runIf\(\s*false)/,
  ),
  skipped(
    ['python'],
    /^\s*@unittest\.(?:skip|expectedFailure)\s*$|^\s*@expectedFailure\b|^\s*@unittest\.skipIf\(\s*True\b|^\s*@unittest\.skipUnless\(\s*False\b|^\s*__test__\s*=\s*False\b|\badd_marker\(\s*pytest\.mark\.(?:xfail|skip)\b/,
  ),
  skipped(['java', 'kotlin'], /\bassumeTrue\(\s*false\b|\bassumeFalse\(\s*true\b|@Test\(\s*enabled\s*=\s*false/),
  inTests({
    id: 'test/skipped',
    severity: 'medium',
    languages: ['go'],
    view: 'raw',
    pattern: /^\/\/\s*(?:go:build|\+build) (?:ignore|never|skip\w*|disabled|broken|none|false|wip|todo)\b/,
    message: 'No test of this file runs: `$&`',
    remedy: 'Make the tests pass, or remove them with what they prove.',
  }),
  inTests({
    id: 'test/assertion-weakened',
    severity: 'medium',
    languages: ['rust'],
    pattern: /^\s*#\[should_panic\b/,
    unless: (line, source) => [1, 2].some((step) => source.isAdded(line.number + step)),
    message: 'The test passes now when it fails: `$&`',
    remedy: 'Assert what must come.',
  }),
  skipped(
    ['shell'],
    /^\s*skip(?:\s|$)/,
    (line, source) =>
      !source.path.endsWith('.bats') ||
      /(^|\/)fixtures?\//.test(source.path) ||
      /^\s*(?:if|elif|else)\b|then\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
  ),
  skipped(['go'], /\b[tb]\.(?:Skip|SkipNow|Skipf)\(/, isConditional),
  skipped(['java', 'kotlin'], /^\s*@(?:Disabled|Ignore)\b(?!OnOs|If|On|For)/),
  skipped(['csharp'], /\[\s*(?:Fact|Theory)\(\s*Skip\s*=|\[\s*Ignore\b/),
  skipped(['php'], /\$this->markTest(?:Skipped|Incomplete)\(/, isConditional),
  skipped(['ruby'], /^\s*(?:xit|xdescribe|xcontext|skip|pending)\b/, isConditional),
  tautology(
    SCRIPTS,
    new RegExp(
      String.raw`\bexpect\(\s*${VALUE}\s*\)\.(?:toBe|toEqual|toStrictEqual|to\.(?:equal|be|eql|deep\.equal))\(\s*\1\s*\)`,
    ),
  ),
  tautology(
    SCRIPTS,
    /\bexpect\(\s*true\s*\)\.(?:toBeTruthy\(\)|toBeDefined\(\)|to\.be\.true|to\.be\.ok)|\bexpect\(\s*(?:1|'[^']+'|"[^"]+")\s*\)\.toBe(?:Truthy|Defined)\(\)|\bassert(?:\.ok)?\(\s*true\s*[,)]|\bassert\.(?:strictEqual|equal|deepEqual|deepStrictEqual)\(\s*([\w.'"]+)\s*,\s*\1\s*[,)]|\bt\.(?:pass\(\)|true\(\s*true\s*\)|is\(\s*([\w.'"]+)\s*,\s*\2\s*\))/,
  ),
  tautology(
    ['python'],
    /^\s*assert\s+(?:True|1|not False)\s*(?:,|$)|^\s*assert\s+([\w.'"]+)\s*(?:==|is)\s*\1\s*(?:,|$)|\bself\.assert(?:True\(\s*True\s*[,)]|Equals?\(\s*([\w.'"]+)\s*,\s*\2\s*[,)]|False\(\s*False\s*[,)])|^\s*assert\s*\([^()]+,\s*(?:f?["'])[^()]*\)\s*$/,
  ),
  tautology(
    ['java', 'kotlin', 'csharp'],
    /\b(?:[Aa]ssert\.?)(?:True|IsTrue)\(\s*true\s*[,)]|\b[Aa]ssert\.?(?:Equals|AreEqual|Equal)\(\s*([\w."]+)\s*,\s*\1\s*[,)]|\bassertThat\(\s*([\w."]+)\s*\)\.isEqualTo\(\s*\2\s*\)/,
  ),
  tautology(['go'], /\b(?:assert|require)\.(?:True\(\s*t,\s*true\s*[,)]|Equal\(\s*t,\s*([\w."]+)\s*,\s*\1\s*[,)])/),
  tautology(['rust'], /\bassert!\(\s*true\s*[,)]|\bassert_eq!\(\s*([\w."]+)\s*,\s*\1\s*[,)]/),
  tautology(['php'], /->assert(?:True\(\s*true\s*[,)]|(?:Same|Equals)\(\s*(\$?[\w'"]+)\s*,\s*\1\s*[,)])/),
  tautology(['ruby'], /\bexpect\(\s*([\w.:'"]+)\s*\)\.to\s+eq\(?\s*\1\s*\)?|\bassert\s+true\b/),
];

const deleted: Rule = {
  id: 'test/deleted',
  severity: 'medium',
  remedy: 'Keep the tests, or remove them together with what they prove.',
  removes: true,
  languages: 'all',
  *find(reading) {
    const gained = sum(reading.files.map((source) => testsNamed(source.change.added)));
    const gone = reading.files.filter(
      (source) => source.role === 'test' && source.change.status === 'deleted' && testsNamed(source.change.removed) > 0,
    );
    const lost = sum(gone.map((source) => testsNamed(source.change.removed)));
    const removal =
      reading.change.files.some(
        (file) => file.status === 'deleted' && !gone.some((source) => source.change === file),
      ) || productBalance(reading) < -5;
    if (gained < lost && !removal)
      for (const source of gone)
        if (!wentWithIt({ source, removed: source.change.removed }, reading))
          yield {
            file: source.path,
            line: 0,
            message: `${testsNamed(source.change.removed)} tests are deleted and what they proved is still there`,
            text: '',
          } satisfies Hit;
    const tests = testChanges(reading);
    const cut = tests.filter((test) => test.source.change.status === 'modified' && testsLost(test) > 0);
    if (gained >= sum(tests.map(({ removed }) => testsNamed(removed)))) return;
    if (
      productBalance(reading) < 0 ||
      reading.change.files.some(({ status }) => status === 'deleted' || status === 'renamed')
    )
      return;
    for (const test of cut)
      if (!isOfRemoved(test, reading) && !wentWithIt(test, reading))
        yield { ...cutAt(test), ...(isMerged(test, tests) ? { severity: 'low' as const } : {}) };
  },
};

/** The tests together gain as much as they lose, or all that was asserted is asserted still: fewer tests say the same. */
function isMerged({ source, removed }: TestChange, all: readonly TestChange[]): boolean {
  const said = removed.filter((line) => asserts([line]) > 0);
  if (said.length === 0) return false;
  const grown = sum(all.map((test) => test.added.length - test.removed.length));
  const gained = sum(all.map((test) => asserts(test.added) - asserts(test.removed)));
  return grown >= 0 || gained >= 0 || said.every(({ text }) => source.text.includes(text.trim()));
}

type WithLines = { source: SourceFile; removed: readonly { text: string }[] };

/** The deleted tests name something that product and tests alike do not name any more. */
function wentWithIt({ source: test, removed }: WithLines, { files }: Reading): boolean {
  const spoken = namesOf(removed);
  return files.some(
    ({ role, change, text }) =>
      role === 'product' &&
      [...namesOf(change.removed)].some(
        (name) => spoken.has(name) && !text.includes(name) && !test.text.includes(name),
      ),
  );
}

function namesOf(lines: readonly { text: string }[]): Set<string> {
  return new Set(lines.flatMap(({ text }) => text.match(/[A-Za-z_]\w{4,}/g) ?? []));
}

function testsLost({ added, removed }: TestChange): number {
  return testsNamed(removed) - testsNamed(added);
}

/** The tests speak by name of something that the same change takes out of the product or its manifests. */
function isOfRemoved({ removed }: TestChange, { files }: Reading): boolean {
  const titles = removed.filter((line) => testsNamed([line]) > 0).map(({ text }) => text);
  const product = files
    .filter(({ role }) => role !== 'test' && role !== 'docs')
    .flatMap(({ change }) => change.removed);
  const names = titles
    .flatMap((text) => text.match(/[\w-]{6,}/g) ?? [])
    .filter((name) => !/^(?:describe|should|throws?|exception|handles?|returns?)$/i.test(name));
  return names.some((name) => product.some(({ text }) => new RegExp(`["']${name}["']`).test(text)));
}

function cutAt({ source, hunks }: TestChange): Hit {
  const isStart = ({ kind, text }: { kind: string; text: string }) => kind === 'removed' && testsNamed([{ text }]) > 0;
  const hunk = hunks.find(({ lines: all }) => all.some(isStart));
  const gone = hunk?.lines.find(isStart);
  return {
    file: source.path,
    line: lineNear(hunk, gone),
    message: `A test is deleted and what it proved is still there: \`${shorten(gone?.text ?? '')}\``,
    text: gone?.text ?? '',
  };
}

/** Whether what changed is proven, and whether the proofs that were there still prove something. */
export const testRules: readonly Rule[] = [
  ...lines,
  ...untestedRules,
  ...assertionRules,
  ...weakenedTests,
  ...unreachedRules,
  ...bodyRules,
  deleted,
  ...tautologyRules,
  ...snapshotRules,
  ...coverageRules,
  ...disarmedRules,
  ...workflowTests,
  ...settingTests,
  ...hollowRules,
  ...milderRules,
  ...expectedRules,
  ...configRules,
  ...mockedRules,
  ...batsRules,
  ...shellTestRules,
  ...rustTestRules,
  ...presenceRules,
];
