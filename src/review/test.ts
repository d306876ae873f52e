import { posix } from 'node:path';
import type { Block } from './blocks.ts';
import type { Hunk } from './diff.ts';
import { isLockFile } from './file-role.ts';
import { SCRIPTS } from './language.ts';
import { MASK } from './lexer.ts';

import type { Reading, SourceFile } from './reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from './rules.ts';

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
    message: 'This assertion cannot fail: `$&`',
    remedy: 'Assert what the code under test returned or did.',
  });

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

const ASSERTION =
  /\b(?:expect(?:_\w+)?|assert\w*|should|verify|check|refute|ensure)\b\s*[.(!]|\bassert(?:_\w+)?!?[ (]|\.(?:should|expect)\b|\bt\.(?:Error|Fatal|Errorf|Fatalf|is|deepEqual|true|false|throws\w*|like|not|regex)\(|\bassert\w*\(|\bverify\(|\bself\.assert\w+|\bpytest\.raises|\brequire\.|\bEXPECT_\w+|\bASSERT_\w+|\bXCTAssert\w*|\bt\.Run\(/;

const assertionRemoved: Rule = {
  id: 'test/assertion-removed',
  severity: 'medium',
  remedy: 'Put the assertions back, or show where the same is proven now.',
  languages: 'all',
  *find(reading) {
    const tests = reading.files.filter(
      (source) => source.role === 'test' && source.language.programs && source.change.status !== 'deleted',
    );
    const balance = sum(tests.map((source) => asserts(source.change.added) - asserts(source.change.removed)));
    if (balance >= 0 || productBalance(reading) < -5) return;
    for (const source of tests) {
      const lost = asserts(source.change.removed) - asserts(source.change.added);
      if (lost <= 0 || testsNamed(source.change.removed) > testsNamed(source.change.added)) continue;
      const hunk =
        source.change.hunks.find(isBareLoss) ??
        source.change.hunks.find(({ lines }) =>
          lines.some((line) => line.kind === 'removed' && ASSERTION.test(line.text)),
        );
      const gone = hunk?.lines.find((line) => line.kind === 'removed' && ASSERTION.test(line.text));
      const severity = tests.some((test) => test.change.hunks.some(isBareLoss)) ? 'medium' : 'low';
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

/** Assertions go and what they were about stays: nearly nothing else is removed and no assertion comes instead. */
function isBareLoss({ lines }: Hunk): boolean {
  const removed = lines.filter((line) => line.kind === 'removed' && /\w/.test(line.text));
  const added = lines.filter((line) => line.kind === 'added');
  const lost = asserts(removed);
  return lost > 0 && asserts(added) === 0 && removed.length - lost <= 1;
}

type Texts = readonly { text: string }[];

function asserts(lines: Texts): number {
  return lines.filter(
    ({ text }) => ASSERTION.test(text) && !/^\s*(import|from|use|const .*require\(|\/\/|#|\*)/.test(text),
  ).length;
}

function testsNamed(lines: Texts): number {
  return lines.filter(({ text }) => TEST_START.test(text)).length;
}

const TEST_START =
  /^\s*(?:(?:it|test|specify)(?:\.\w+)*\s*\(|(?:async )?def test_?\w*\(|func (?:\([^)]*\) )?Test\w*\(|#\[(?:\w+::)?test\b|@(?:Test|ParameterizedTest)\b|(?:public )?function test\w*\(|\[(?:Fact|Theory|Test|TestMethod)\b|it ["'])/;

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Lines of product code added less those removed: who removes a feature removes its tests. */
function productBalance(reading: Reading): number {
  const products = reading.files.filter((source) => source.role === 'product');
  return sum(products.map((source) => source.change.added.length - source.change.removed.length));
}

function lineNear(hunk: Hunk | undefined, line: { oldLine: number } | undefined): number {
  if (!hunk || !line) return 0;
  const at = hunk.lines.findIndex((other) => other.oldLine === line.oldLine && other.kind === 'removed');
  return (
    [...hunk.lines.slice(at), ...hunk.lines.slice(0, at).reverse()].find((other) => other.newLine > 0)?.newLine ?? 0
  );
}

const WEAK =
  /\.(?:toBeTruthy|toBeDefined|toBeFalsy)\(\)|\.not\.toThrow\(\)|expect\.anything\(\)|\bassertTrue\(|\bassertIsNotNone\(|\bassertNotNull\(|\.isNotNull\(\)|\bassert\.ok\(|\bassert\.NotNil\(|\bassert!\([^=]*\.is_(?:some|ok)\(\)|\bassert \w[\w.]*(?:\(.*\))?(?: is not None)?\s*$/;
const STRONG =
  /\.(?:toBe|toEqual|toStrictEqual|toMatchObject|toThrow|toHaveBeenCalledWith)\((?!\))|\bassert(?:Equals?|Same|Raises|AlmostEqual)\(|\.isEqualTo\(|\bassert\.(?:strictEqual|equal|deepEqual|deepStrictEqual|Equal|Same)\(|\bassert_eq!\(|\bassert .*==/;

const assertionWeakened: Rule = {
  id: 'test/assertion-weakened',
  severity: 'medium',
  remedy: 'Keep asserting the value.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (!source.language.programs) continue;
      for (const hunk of source.change.hunks) {
        const strong = hunk.lines.filter(
          (line) => line.kind === 'removed' && STRONG.test(line.text) && !WEAK.test(line.text),
        );
        for (const line of hunk.lines) {
          if (line.kind !== 'added' || !WEAK.test(line.text) || STRONG.test(line.text)) continue;
          if (source.role !== 'test' && !source.isTestLine(line.newLine)) continue;
          const before = strong.find(
            (old) => subjectOf(old.text) !== '' && subjectOf(old.text) === subjectOf(line.text),
          );
          if (before)
            yield {
              file: source.path,
              line: line.newLine,
              message: `The assertion is weaker than \`${shorten(before.text)}\` was`,
              text: line.text,
            } satisfies Hit;
        }
      }
    }
  },
};

/** The first thing an assertion speaks of. */
function subjectOf(text: string): string {
  return (/(?:expect|assert\w*!?|assertThat|assert\.\w+)[\s(]+(?:t,\s*)?([\w.$]+)/.exec(text)?.[1] ?? '').replace(
    /\.(is_some|is_ok)$/,
    '',
  );
}

const emptied: Rule = {
  id: 'test/empty',
  severity: 'medium',
  remedy: 'Give the test a body that can fail, or remove it.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test', 'product'])) {
      if (!source.language.programs) continue;
      for (const block of source.blocks().all) {
        if (!isTestBlock(block, source) || !isEmptyBody(block, source)) continue;
        const touched =
          [block.open, block.start, block.end].find((line) => source.isAdded(line)) ?? emptiedAt(block, source);
        if (touched !== undefined)
          yield {
            file: source.path,
            line: touched,
            message: `The test \`${shorten(block.header)}\` is empty`,
            text: block.header,
          } satisfies Hit;
      }
    }
  },
};

function isTestBlock(block: Block, source: SourceFile): boolean {
  const header = source.lineAt(block.start)?.text ?? '';
  const above = source.lineAt(block.start - 1)?.text ?? '';
  if (source.role !== 'test' && !source.isTestLine(block.start)) return false;
  if (source.language.name === 'rust') return /^\s*#\[(?:\w+::)?test\b/.test(above) && /\bfn\b/.test(block.header);
  if (['java', 'kotlin', 'csharp'].includes(source.language.name))
    return (
      [above, header].some((line) => /^\s*(?:@(?:Test|ParameterizedTest)\b|\[(?:Fact|Test|TestMethod)\b)/.test(line)) &&
      /\(/.test(block.header)
    );
  if (!TEST_START.test(header)) return false;
  return (
    /\bdef\b|\bfunc\b|^(?:async )?function\b/.test(block.header) ||
    /^[\w.]+\(\s*(['"`])·*\1,\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)/.test(block.header)
  );
}

function isEmptyBody(block: Block, source: SourceFile): boolean {
  if (block.open === block.end && source.language.blocks === 'braces')
    return /\{\s*\}\)?;?\s*$/.test(source.lineAt(block.open)?.code ?? '');
  const rest: string[] = [];
  for (let number = block.open + 1; number <= block.end; number += 1)
    rest.push(source.lineAt(number)?.code.trim() ?? '');
  const body = rest
    .join('')
    .replace(/\}\)?;?$/, '')
    .replaceAll(MASK, '')
    .replace(/^(?:""""""|''''''|"""|''')+/, '');
  return /^(?:pass|\.\.\.|return|return;)?$/.test(body);
}

function emptiedAt(block: Block, source: SourceFile): number | undefined {
  const hunk = source.change.hunks.find(
    ({ lines }) => lines.some((line) => line.newLine === block.open) && lines.some((line) => line.kind === 'removed'),
  );
  return hunk ? block.open : undefined;
}

const deleted: Rule = {
  id: 'test/deleted',
  severity: 'medium',
  remedy: 'Keep the tests, or remove them together with what they prove.',
  languages: 'all',
  *find(reading) {
    const gained = sum(
      reading.files.filter((source) => source.role === 'test').map((source) => testsNamed(source.change.added)),
    );
    const gone = reading.files.filter(
      (source) => source.role === 'test' && source.change.status === 'deleted' && testsNamed(source.change.removed) > 0,
    );
    const lost = sum(gone.map((source) => testsNamed(source.change.removed)));
    const removal =
      reading.change.files.some(
        (file) => file.status === 'deleted' && !gone.some((source) => source.change === file),
      ) || productBalance(reading) < -5;
    if (gained >= lost || removal) return;
    for (const source of gone)
      yield {
        file: source.path,
        line: 0,
        message: `${testsNamed(source.change.removed)} tests are deleted and what they proved is still there`,
        text: '',
      } satisfies Hit;
  },
};

const snapshotRewrite: Rule = {
  id: 'test/snapshot-rewrite',
  severity: 'medium',
  remedy: 'Update only the snapshots that this change explains.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.generated) {
      if (!source.path.endsWith('.snap') || source.change.status !== 'modified') continue;
      const entries = Math.min(source.change.removed.length, source.change.added.length);
      const hunks = source.change.hunks.length;
      if (hunks < 10 && entries < 60) continue;
      const product = reading.files.some((file) => file.role === 'product');
      yield {
        file: source.path,
        line: 0,
        severity: product ? 'low' : 'medium',
        message: `${entries} lines of snapshots are rewritten${product ? '' : ' and no product code changed'}`,
        text: '',
      } satisfies Hit;
    }
  },
};

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
    const severity = total >= UNTESTED_LINES ? 'medium' : 'low';
    yield {
      file: largest.source.path,
      line: largest.statements[0]?.number ?? 0,
      severity,
      message: `${total} lines of new behaviour and no test changed`,
      text: '',
    } satisfies Hit;
  },
};

function hasTests(reading: Reading): boolean {
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

const testless: Rule = {
  id: 'test/no-assertion',
  severity: 'low',
  remedy: 'Assert something about the outcome.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'rust'], ['test'])) {
      for (const block of source.blocks().all) {
        if (
          !isTestBlock(block, source) ||
          !source.isAdded(block.start) ||
          isEmptyBody(block, source) ||
          block.end - block.open > 60
        )
          continue;
        const body: string[] = [];
        for (let number = block.open; number <= block.end; number += 1) body.push(source.lineAt(number)?.text ?? '');
        if (
          !/assert|expect|should|verify|raises|throw|check|fail|must|ensure|match|snapshot|unwrap|\bt\.|is[A-Z]|\bok\b|equal/i.test(
            body.join('\n'),
          )
        )
          yield {
            file: source.path,
            line: block.start,
            message: `The test \`${posix.basename(source.path)}\` asserts nothing here`,
            text: block.header,
          } satisfies Hit;
      }
    }
  },
};

/** Whether what changed is proven, and whether the proofs that were there still prove something. */
export const testRules: readonly Rule[] = [
  ...lines,
  untested,
  assertionRemoved,
  assertionWeakened,
  emptied,
  deleted,
  snapshotRewrite,
  testless,
];
