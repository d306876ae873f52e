import { posix } from 'node:path';
import { isLockFile, roleOf } from './file-role.ts';
import { SCRIPTS } from './language.ts';
import type { SourceLine } from './lexer.ts';
import type { Reading, SourceFile } from './reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from './rules.ts';
import { ASSERTION, assertionRules, lineNear, productBalance, sum, testsNamed } from './test-assertions.ts';
import { bodyRules, isTestBlock } from './test-bodies.ts';
import { coverageRules } from './test-coverage.ts';
import { snapshotRules } from './test-snapshots.ts';
import { tautologyRules } from './test-tautology.ts';

/** New lines of behaviour from which on a change without any test is more than a trifle. */
const UNTESTED_LINES = 40;

const inTests = (
  rule: Pick<LineRule, 'id' | 'severity' | 'languages' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>,
): Rule =>
  lineRule({
    roles: ['test', 'product'],
    ...rule,
    unless: (line, source) =>
      (source.role !== 'test' && !source.isTestLine(line.number)) || (rule.unless?.(line, source) ?? false),
  });

const focused = (languages: Rule['languages'], pattern: RegExp): Rule =>
  inTests({
    id: 'test/focused',
    severity: 'high',
    languages,
    pattern,
    message: 'Only this test runs now: `$&`',
    remedy: 'Remove the focus so that all tests run.',
  });

const skipped = (languages: Rule['languages'], pattern: RegExp, unless?: LineRule['unless']): Rule =>
  inTests({
    id: 'test/skipped',
    severity: 'medium',
    languages,
    pattern,
    ...(unless ? { unless } : {}),
    message: 'A test is turned off: `$&`',
    remedy: 'Make the test pass, or remove it with what it proves.',
  });

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
    /(?<![\w.$])(?:it|test|describe|context|suite|specify)\.only\b|^\s*(?:fit|fdescribe|fcontext)\(|(?<![\w$])(?:it|test|describe)(?:\.\w+)*\.only\.each\b|\btest\([^)]*\{\s*only:\s*true/,
  ),
  focused(['ruby'], /^\s*(?:fit|fdescribe|fcontext)\b|,\s*:?focus(?::\s*true)?\s*(?:do|=>)/),
  skipped(
    SCRIPTS,
    /(?<![\w.$])(?:it|test|describe|context|suite)(?:\.\w+)?\.skip(?=\(\s*['"`]|\.each|\()|^\s*(?:xit|xtest|xdescribe|xcontext)\(/,
    (line, source) => /\.skip\(\s*(?!['"`])/.test(line.code) || (isConditional(line, source) ?? false),
  ),
  skipped(
    ['python'],
    /^\s*@(?:pytest\.mark\.skip\b(?!if)|unittest\.skip\(|skip\()|^\s*pytestmark\s*=\s*pytest\.mark\.skip\b(?!if)|^\s*pytest\.skip\(|^\s*self\.skipTest\(|^\s*@pytest\.mark\.xfail\s*$/,
    isConditional,
  ),
  skipped(['rust'], /^\s*#\[ignore\b/),
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
        yield {
          file: source.path,
          line: 0,
          message: `${testsNamed(source.change.removed)} tests are deleted and what they proved is still there`,
          text: '',
        } satisfies Hit;
    const cut = reading.files.filter(
      (source) => source.role === 'test' && source.change.status === 'modified' && testsLost(source) > 0,
    );
    if (gained >= sum(reading.files.map((source) => (source.role === 'test' ? testsNamed(source.change.removed) : 0))))
      return;
    if (
      productBalance(reading) < 0 ||
      reading.change.files.some(({ status }) => status === 'deleted' || status === 'renamed')
    )
      return;
    for (const source of cut) yield cutAt(source);
  },
};

function testsLost({ change }: SourceFile): number {
  return testsNamed(change.removed) - testsNamed(change.added);
}

function cutAt(source: SourceFile): Hit {
  const isStart = ({ kind, text }: { kind: string; text: string }) => kind === 'removed' && testsNamed([{ text }]) > 0;
  const hunk = source.change.hunks.find(({ lines: all }) => all.some(isStart));
  const gone = hunk?.lines.find(isStart);
  return {
    file: source.path,
    line: lineNear(hunk, gone),
    message: `A test is deleted and what it proved is still there: \`${shorten(gone?.text ?? '')}\``,
    text: gone?.text ?? '',
  };
}

/** Types, words of a language and steps of a database have no tests of their own. */
const UNPROVEN = /\.d\.ts$|\.pyi$|(^|\/)(locales?|i18n|lang|translations?|migrations)\//;

const LOGIC =
  /\b(if|else|elif|for|while|switch|case|match|catch|except|throw|raise|return|await|yield|loop|when|unless|rescue|panic!?)\b|=>|\?\?|&&|\|\||\w\(|[+\-*/%|&^]?=(?!=)/;
const DECLARATION =
  /^\s*(?:import\b|export \{|export \* |export type\b|(?:export )?(?:declare|interface|type)\b|use\b|from\b|package\b|#\[|@\w+(?:\(.*\))?$|[)}\]]+[;,]?$|(?:const|let|var|final|static|public static final)\s+[A-Z_]+\b)/;

const untested: Rule = {
  id: 'test/untested-change',
  severity: 'medium',
  remedy: 'Add a test that fails without this change.',
  languages: 'all',
  *find(reading) {
    if (!hasTests(reading) || touchesTests(reading)) return;
    const removed = new Set(reading.files.flatMap((source) => source.change.removed.map((line) => shapeOf(line.text))));
    const changed = sourcesOf(reading, 'all')
      .filter(
        (source) =>
          source.language.programs && !['shell', 'c'].includes(source.language.name) && !UNPROVEN.test(source.path),
      )
      .map((source) => ({ source, statements: newStatements(source, removed) }));
    const total = sum(changed.map(({ statements }) => statements.length));
    const largest = changed.sort((a, b) => b.statements.length - a.statements.length)[0];
    if (!largest || total < 3) return;
    const severity =
      total >= UNTESTED_LINES || changed.some((one) => isNewBehaviour(one, reading, changed.length === 1))
        ? 'medium'
        : 'low';
    yield {
      file: largest.source.path,
      line: largest.statements[0]?.number ?? 0,
      severity,
      message: `${total} lines of new behaviour and no test changed`,
      text: '',
    } satisfies Hit;
  },
};

/** The file has a test of its own, and the change gives callers something new: a function, a parameter, or in a small change another way. */
function isNewBehaviour({ source, statements }: Changed, reading: Reading, alone: boolean): boolean {
  if (source.oldText === undefined || statements.length === 0) return false;
  const typing = source.added.some(({ code }) => /@(?:\w+\.)?overload\b|\bTYPE_CHECKING\b/.test(code));
  const entries = source.change.added.some(({ text }) => ENTRY.test(text) && isWider(text, source));
  const ways = count(source.change.added, WAY) - count(source.change.removed, WAY);
  const small = alone && ways > 0 && statements.length <= SMALL_CHANGE;
  return (entries || small) && !typing && (holdsTests(source) || hasOwnTest(source.path, reading));
}

/** A function that was not there, or takes more than it did. Other types for the same parameters are no behaviour. */
function isWider(header: string, { change }: SourceFile): boolean {
  const name = /([\w$]+)\s*(?:<[^>]*>)?(?:\(|= (?:async )?\()/.exec(header)?.[1] ?? '';
  const old = change.removed.filter(({ text }) =>
    new RegExp(`\\b${name.replaceAll('$', '\\$')}\\s*(?:<[^>]*>)?(?:\\(|= )`).test(text),
  );
  return old.every(({ text }) => commas(header) > commas(text));
}

function commas(text: string): number {
  return text
    .replace(/<[^>]*>|\[[^\]]*\]/g, '')
    .replace(/\(\s*\)/g, '')
    .split(/,|\((?=\s*[\w$&*@.{'"])/).length;
}

const SMALL_CHANGE = 12;

const WAY = /\b(?:if|elif|case|match|catch|except|rescue|when|unless|throw|raise|panic)\b|\?\?|\s\?\s/;
const ENTRY =
  /^\s*(?:export (?:default )?(?:async )?function\b|export const \w+ = (?:async )?\(|def [a-z]|async def [a-z]|func (?:\([^)]*\) )?[A-Z]|pub (?:async )?fn\b|public (?!class|interface|record|enum)[\w<>[\], ]+\()/;

function count(lines: readonly { text: string }[], pattern: RegExp): number {
  return lines.filter(({ text }) => pattern.test(text) && !/^\s*(?:\/\/|#|\*)/.test(text)).length;
}

/** `tax.test.ts` for `tax.ts`, `test_tax.py`, `tax_test.go`, `TaxTest.java`. */
function hasOwnTest(path: string, reading: Reading): boolean {
  const stem = bareStem(path);
  if (/^(?:index|main|mod|lib|init|utils?|helpers?|common|types?)$/.test(stem)) return false;
  for (const other of reading.paths)
    if (other !== path && roleOf(other) === 'test' && bareStem(other) === stem) return true;
  return false;
}

function bareStem(path: string): string {
  return posix
    .basename(path)
    .replace(/\..*$/, '')
    .replace(/^test_|_tests?$|(?:Tests?|Spec|IT|TestCase)$/, '')
    .replace(/[_-]/g, '')
    .toLowerCase();
}

/** Rust keeps tests beside what they test. */
function holdsTests({ language, text }: SourceFile): boolean {
  return language.name === 'rust' && text.includes('#[cfg(test)]');
}

type Changed = { source: SourceFile; statements: SourceFile['added'] };

function hasTests(reading: Reading): boolean {
  if (reading.files.some(holdsTests)) return true;
  for (const path of reading.paths)
    if (
      /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.|_test\.|(^|\/)test_|Test\.(java|kt|cs)$/.test(path) &&
      !isLockFile(path)
    )
      return true;
  return false;
}

function touchesTests(reading: Reading): boolean {
  return [...reading.files, ...reading.generated].some(
    (source) =>
      source.role === 'test' ||
      source.path.endsWith('.snap') ||
      source.added.some((line) => source.isTestLine(line.number)),
  );
}

/** Added statements that the change did not merely move or rename: their words are not among the removed ones. */
function newStatements(source: SourceFile, removed: ReadonlySet<string>): SourceFile['added'] {
  return source.added.filter(
    (line) =>
      line.startsIn === 'code' &&
      line.depth === 0 &&
      LOGIC.test(line.code) &&
      !DECLARATION.test(line.code) &&
      !source.isTestLine(line.number) &&
      !removed.has(shapeOf(line.raw)),
  );
}

/** A line with every name replaced by one mark, so that a rename keeps its shape. */
function shapeOf(text: string): string {
  return text.replace(/[\w$]+/g, 'a').replace(/\s+/g, '');
}

/** Whether what changed is proven, and whether the proofs that were there still prove something. */
export const testRules: readonly Rule[] = [
  ...lines,
  untested,
  ...assertionRules,
  ...bodyRules,
  deleted,
  ...tautologyRules,
  ...snapshotRules,
  ...coverageRules,
];
