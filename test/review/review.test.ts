import { describe, expect, test } from '@jest/globals';
import type { GateResult } from '../../src/goal/gate.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { ANTI_SLOP_THRESHOLD, PASSES, wallVerdict, type Severity } from '../../src/goal/wall.ts';
import { parsePatch } from '../../src/review/read/diff.ts';
import { readChange } from '../../src/review/read/reading.ts';
import { reviewChange } from '../../src/review/review.ts';
import { findingsOf, type Rule } from '../../src/review/rules.ts';
import { assembled, findingsIn, patchBetween, review, struck, verdictOf, type Files } from './world.ts';

const EVAL = 'export const run = (code: string) => eval(code);\n';

/** What the passes share of a change that adds these files. */
function readingOf(head: Files) {
  return readChange({
    change: parsePatch(patchBetween({}, head)),
    readNew: (path) => Promise.resolve(head[path]),
    readOld: () => Promise.resolve(undefined),
    paths: Object.keys(head),
    policy: defaultPolicy().review,
    gates: [],
  });
}

describe('The settings', () => {
  test('turn a pass off, and it says so', async () => {
    const wall = await review({ head: { 'src/a.ts': EVAL }, policy: { passes: { security: 'off' } } });
    expect(verdictOf(wall, 'security')).toEqual({
      pass: 'security',
      status: 'not-applicable',
      severity: 'low',
      feedback: 'turned off in .github/omk.yml',
      findings: [],
    });
  });

  test('make a pass advisory: it lists and does not block', async () => {
    const wall = await review({ head: { 'src/a.ts': EVAL }, policy: { passes: { security: 'advisory' } } });
    expect(verdictOf(wall, 'security')).toMatchObject({ status: 'passed', severity: 'high' });
    expect(verdictOf(wall, 'security').findings).toHaveLength(1);
    expect(wallVerdict(wall).kind).toBe('passed');
  });

  test('turn a rule off or make it advisory', async () => {
    const rule = 'security/code-execution';
    expect(struck(await review({ head: { 'src/a.ts': EVAL }, policy: { rules: { [rule]: 'off' } } }))).toEqual([]);
    const advised = await review({ head: { 'src/a.ts': EVAL }, policy: { rules: { [rule]: 'advisory' } } });
    expect(verdictOf(advised, 'security')).toMatchObject({ status: 'passed', findings: [{ rule, severity: 'low' }] });
  });

  test.each(['rules', 'passes'] as const)(
    'of %s may differ by path, and the strictest that names a path counts',
    async (of) => {
      const [rule, pass] = ['security/code-execution', 'security'];
      const toggle = { off: ['legacy/**', 'src/both.ts'], advisory: ['tools/**', 'src/both.ts'] };
      const head = { 'legacy/a.ts': EVAL, 'tools/b.ts': EVAL, 'src/both.ts': EVAL, 'src/c.ts': EVAL };
      const wall = await review({ head, policy: { [of]: { [of === 'rules' ? rule : pass]: toggle } } });
      const told = verdictOf(wall, 'security').findings.map(({ file, severity }) => [file, severity]);
      expect(told).toEqual([
        ['src/c.ts', 'high'],
        ['src/both.ts', 'low'],
        ['tools/b.ts', 'low'],
      ]);
      expect(verdictOf(wall, 'security').status).toBe('failed');
      const quiet = await review({
        head: { 'tools/b.ts': EVAL },
        policy: { [of]: { [of === 'rules' ? rule : pass]: toggle } },
      });
      expect(wallVerdict(quiet).kind).toBe('passed');
    },
  );

  test('leave ignored paths out', async () => {
    const wall = await review({ head: { 'legacy/a.ts': EVAL, 'src/b.ts': EVAL }, policy: { ignore: ['legacy/**'] } });
    expect(findingsIn(wall).map(({ file }) => file)).toEqual(['src/b.ts']);
  });

  test('draw layers that imports must not cross', async () => {
    const layers = [{ from: 'src/domain/**', to: 'src/http/**', why: 'the domain knows no transport' }];
    const base = {
      'src/http/server.ts': 'export const serve = 1;\n',
      'src/domain/order.ts': 'export const order = 1;\n',
    };
    const head = { 'src/domain/order.ts': "import { serve } from '../http/server.ts';\nexport const order = serve;\n" };
    expect(findingsIn(await review({ base, head, policy: { layers } }))).toMatchObject([
      { rule: 'architect/layer', file: 'src/domain/order.ts', line: 1, severity: 'high' },
    ]);
  });
});

describe('Findings', () => {
  const body = (lines: string[]) => `${lines.join('\n')}\n`;

  test('of one rule and line are one, the worst', async () => {
    const told = (severity: Severity): Rule => ({
      id: 'code/reviewer',
      severity,
      remedy: 'Mend it.',
      languages: 'all',
      find: () => [{ file: 'src/a.ts', line: 1, message: severity }],
    });
    const reading = await readingOf({ 'src/a.ts': EVAL });
    for (const order of [['low', 'high', 'medium'] as const, ['high', 'medium', 'low'] as const])
      expect(await findingsOf(order.map(told), reading)).toMatchObject([{ severity: 'high', message: 'high' }]);
  });

  test('keep their ids when lines move', async () => {
    const first = await review({ head: { 'src/a.ts': EVAL } });
    const moved = await review({ head: { 'src/a.ts': `export const a = 1;\n\n${EVAL}` } });
    expect(findingsIn(moved).map(({ id }) => id)).toEqual(findingsIn(first).map(({ id }) => id));
    expect(findingsIn(moved)[0]?.line).not.toBe(findingsIn(first)[0]?.line);
  });

  test('keep their ids when the file gets another name and the lines around are formatted anew', async () => {
    const old = 'export function run(code: string) {\n  const text = code.trim();\n  return 1;\n}\n';
    const head = (lines: string[]) => body(['export function run(code: string) {', ...lines, '}']);
    const read = async (patch: string, files: Record<string, string>) =>
      findingsIn(
        await reviewChange({
          base: 'a'.repeat(40),
          head: 'b'.repeat(40),
          patch,
          readNew: (path) => Promise.resolve(files[path]),
          readOld: (path) => Promise.resolve(path === 'src/a.ts' ? old : undefined),
          paths: Object.keys(files),
          policy: defaultPolicy().review,
          gates: [],
        }),
      ).map(({ id, rule }) => [id, rule]);
    const first = head(['  const text = code.trim();', '  return eval(text);']);
    const second = head(['    const text =', '        code.trim();', '', '    return eval(text);']);
    const before = await read(patchBetween({ 'src/a.ts': old }, { 'src/a.ts': first }), { 'src/a.ts': first });
    const renamed = patchBetween({ 'src/a.ts': old }, { 'src/a.ts': second })
      .replace('b/src/a.ts\n', 'b/src/b.ts\nsimilarity index 70%\nrename from src/a.ts\nrename to src/b.ts\n')
      .replace('+++ b/src/a.ts', '+++ b/src/b.ts');
    expect(before).toContainEqual([expect.any(String), 'security/code-execution']);
    expect(await read(renamed, { 'src/b.ts': second })).toEqual(before);
  });

  test('have ids of eight hex digits, different for the same text twice', async () => {
    const ids = findingsIn(await review({ head: { 'src/a.ts': EVAL + EVAL } })).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}$/);
  });

  test('concern added lines alone', async () => {
    const base = { 'src/a.ts': `${EVAL}export const a = 1;\n` };
    expect(struck(await review({ base, head: { 'src/a.ts': `${EVAL}export const a = 2;\n` } }))).toEqual([]);
  });

  test('do not concern lines that only moved', async () => {
    const base = { 'src/a.ts': `// TODO: write the rest\n${EVAL}`, 'src/b.ts': 'export const b = 1;\n' };
    const head = {
      'src/a.ts': 'export const a = 1;\n',
      'src/b.ts': `export const b = 1;\n// TODO: write the rest\n${EVAL}`,
    };
    expect(struck(await review({ base, head }))).toEqual([]);
  });

  test('are excused by an omk-ignore that stood in the base, not by one that came with the change', async () => {
    const excuse = '// omk-ignore security/code-execution: templates are ours';
    const head = { 'src/a.ts': body([excuse, EVAL.trim()]) };
    expect(struck(await review({ base: { 'src/a.ts': body([excuse]) }, head }))).toEqual([]);
    expect(struck(await review({ head }))).toEqual(['security/code-execution:2']);
  });
});

describe('An omk-ignore', () => {
  const token = assembled('ghp', '_', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8');
  test.each([
    ['a.ts', '// %'],
    ['a.tsx', '/* % */'],
    ['a.js', '/** % */'],
    ['a.py', '# %'],
    ['a.go', '// %'],
    ['a.rs', '/* outer /* % */ */'],
    ['A.java', '// %'],
    ['a.kt', '/* % */'],
    ['a.cs', '// %'],
    ['a.c', '/* % */'],
    ['a.swift', '// %'],
    ['a.php', '# %'],
    ['a.rb', '# %'],
    ['a.sh', '# %'],
    ['a.yml', '# %'],
    ['Dockerfile', '# %'],
    ['a.toml', '# %'],
    ['a.ini', '; %'],
    ['.env', '# %'],
    ['a.sql', '-- %'],
    ['a.css', '/* % */'],
    ['a.html', '<!-- % -->'],
    ['a.vue', '<!-- % -->'],
  ])('in %s as %s excuses what stands below if it was there before, and not if it comes along', async (path, style) => {
    const mark = style.replace('%', 'omk-ignore security/secret: revoked long ago');
    const [base, head] = [{ [path]: `${mark}\n` }, { [path]: `${mark}\nkey = ${token}\n` }];
    expect(struck(await review({ base, head }))).not.toContain('security/secret:2');
    expect(struck(await review({ head }))).toContain('security/secret:2');
    expect(struck(await review({ base: { [path]: '\n' }, head }))).toContain('security/secret:2');
  });

  test('cannot be smuggled in: moved from elsewhere, inside a string, without a reason, for another rule', async () => {
    const mark = '// omk-ignore security/code-execution: templates are ours';
    const base = { 'src/a.ts': `${mark}\nexport const a = 1;\n`, 'src/b.ts': 'export const b = 1;\n' };
    const moved = { 'src/a.ts': 'export const a = 1;\n', 'src/b.ts': `export const b = 1;\n${mark}\n${EVAL}` };
    expect(struck(await review({ base, head: moved }))).toContain('security/code-execution:3');
    for (const idle of [
      `const text = '${mark}';`,
      '// omk-ignore security/code-execution:',
      '// omk-ignore security/secret: templates are ours',
    ]) {
      const before = { 'src/a.ts': `${idle}\n` };
      expect(struck(await review({ base: before, head: { 'src/a.ts': `${idle}\n${EVAL}` } }))).toContain(
        'security/code-execution:2',
      );
    }
  });
});

describe('The pass test', () => {
  const base = {
    'src/sum.ts': 'export const sum = (a: number, b: number) => a + b;\n',
    'test/sum.test.ts': "test('sums', () => {\n  expect(sum(1, 2)).toBe(3);\n  expect(sum(0, 0)).toBe(0);\n});\n",
  };
  const statements = Array.from({ length: 60 }, (_, index) => `  total = step${index}(total + ${index});`);
  const grown = `export function sum(values: number[]) {\n  let total = 0;\n${statements.join('\n')}\n  return total;\n}\n`;

  test('fails when much behaviour comes without a test', async () => {
    const wall = await review({ base, head: { 'src/sum.ts': grown } });
    expect(verdictOf(wall, 'test')).toMatchObject({
      status: 'failed',
      findings: [{ rule: 'test/untested-change', file: 'src/sum.ts' }],
    });
  });

  test.each([
    [
      'a test came with it',
      {
        'src/sum.ts': grown,
        'test/sum.test.ts': `${base['test/sum.test.ts']}test('more', () => {\n  expect(sum([1])).toBe(7);\n});\n`,
      },
    ],
    ['only comments changed', { 'src/sum.ts': `// The sum.\n${base['src/sum.ts']}` }],
    ['only docs changed', { 'README.md': '# Sum\n' }],
  ])('passes when %s', async (_why, head) => {
    expect(verdictOf(await review({ base, head }), 'test')).toMatchObject({ status: 'passed' });
  });

  test('finds assertions that went away, weakened assertions and deleted tests', async () => {
    const removed = { 'test/sum.test.ts': "test('sums', () => {\n  expect(sum(1, 2)).toBe(3);\n});\n" };
    const weakened = {
      'test/sum.test.ts':
        "test('sums', () => {\n  expect(sum(1, 2)).toBeDefined();\n  expect(sum(0, 0)).toBe(0);\n});\n",
    };
    expect(struck(await review({ base, head: removed }))).toEqual(['test/assertion-removed:3']);
    expect(struck(await review({ base, head: weakened }))).toEqual(['test/assertion-weakened:2']);
    const { 'test/sum.test.ts': gone, ...rest } = base;
    const patch = patchBetween({ 'test/sum.test.ts': gone }, {});
    const wall = await reviewChange({
      base: 'a'.repeat(40),
      head: 'b'.repeat(40),
      patch,
      readNew: (path) => Promise.resolve((rest as Record<string, string>)[path]),
      readOld: (path) => Promise.resolve((base as Record<string, string>)[path]),
      paths: Object.keys(rest),
      policy: defaultPolicy().review,
      gates: [],
    });
    expect(struck(wall)).toEqual(['test/deleted:0']);
  });
});

describe('The pass architect', () => {
  test('finds a new circle of imports and names its way', async () => {
    const base = {
      'src/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
      'src/b.ts': 'export const b = 1;\n',
    };
    const head = { 'src/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n" };
    expect(findingsIn(await review({ base, head }))).toMatchObject([
      { rule: 'architect/import-circle', line: 1, message: expect.stringContaining('src/b.ts → src/a.ts → src/b.ts') },
    ]);
    const types = { 'src/b.ts': "import type { a } from './a.ts';\nexport const b = () => a;\n" };
    expect(struck(await review({ base, head: types }))).toEqual([]);
  });

  test('finds an export that is gone and still imported', async () => {
    const base = {
      'src/a.ts': "import { one } from './b.ts';\nexport const a = one;\n",
      'src/b.ts': 'export const one = 1;\nexport const two = 2;\n',
    };
    expect(struck(await review({ base, head: { 'src/b.ts': 'export const two = 2;\n' } }))).toEqual([
      'architect/removed-export:1',
    ]);
  });

  test('finds a dependency that nothing imports and one beside its equivalent', async () => {
    const manifest = (names: string[]) =>
      `{\n  "dependencies": {\n${names.map((name) => `    "${name}": "^1.0.0"`).join(',\n')}\n  }\n}\n`;
    const base = {
      'package.json': manifest(['axios']),
      'src/a.ts': "import axios from 'axios';\nexport const a = axios;\n",
    };
    expect(struck(await review({ base, head: { 'package.json': manifest(['axios', 'left-pad']) } }))).toEqual([
      'architect/unused-dependency:4',
    ]);
    const used = {
      'package.json': manifest(['axios', 'got']),
      'src/b.ts': "import got from 'got';\nexport const b = got;\n",
    };
    expect(struck(await review({ base, head: used }))).toEqual(['architect/equivalent-dependency:4']);
  });

  test('finds a copy of twelve lines from another file', async () => {
    const lines = Array.from(
      { length: 14 },
      (_, index) => `  const value${index} = compute(input.part${index}, ${index});`,
    ).join('\n');
    const base = { 'src/a.ts': `export function a(input: Parts) {\n${lines}\n}\n` };
    const head = {
      'src/a.ts': `export function a(input: Parts) {\n${lines}\n  return input;\n}\n`,
      'src/b.ts': `export function b(input: Parts) {\n${lines}\n}\n`,
    };
    expect(struck(await review({ base, head }))).toContain('architect/copy:2');
  });
});

describe('The pass performance', () => {
  const gate: GateResult = {
    name: 'bench',
    run: 'npm run bench',
    kind: 'performance',
    status: 'failed',
    exitCode: 1,
    signal: null,
    durationMs: 1,
    tree: 'c'.repeat(40),
    outputTail: '',
    logPath: '',
    redOnBase: false,
  };

  test('does not apply without traps and gates, and says so', async () => {
    expect(verdictOf(await review({ head: { 'src/a.ts': 'export const a = 1;\n' } }), 'performance')).toMatchObject({
      status: 'not-applicable',
      feedback: 'no added line holds a known trap and no gate of kind performance ran',
    });
  });

  test.each([
    ['failed', false, 'failed'],
    ['passed', false, 'passed'],
    ['failed', true, 'passed'],
  ] as const)('with a gate that %s (red on base: %s) is %s', async (status, redOnBase, verdict) => {
    const wall = await review({
      head: { 'src/a.ts': 'export const a = 1;\n' },
      gates: [{ ...gate, status, redOnBase }],
    });
    expect(verdictOf(wall, 'performance').status).toBe(verdict);
  });
});

describe('Anti-slop confidence', () => {
  test('keeps upstream’s weights: findings by file, and failed passes', async () => {
    const one = await review({ head: { 'src/a.ts': '// TODO: write it\nexport const a = 1;\n' } });
    expect(one.antiSlopConfidence).toBe(0.1);
    const evil = await review({ head: { 'src/a.ts': EVAL } });
    expect(evil.antiSlopConfidence).toBe(0.25);
  });

  test('above the threshold blocks, and the pass anti-slop says why', async () => {
    const unwraps = Array.from({ length: 3 }, (_, index) => `    let v${index} = load(${index}).unwrap();`).join('\n');
    const wall = await review({ head: { 'src/a.rs': `fn f() {\n${unwraps}\n}\n` } });
    expect(wall.antiSlopConfidence).toBeGreaterThan(ANTI_SLOP_THRESHOLD);
    expect(verdictOf(wall, 'anti-slop').status).toBe('failed');
    expect(wallVerdict(wall)).toMatchObject({ kind: 'blocked', by: ['anti-slop'] });
  });
});

describe('Large and odd changes', () => {
  const input = (patch: string) => ({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch,
    readNew: () => Promise.resolve(undefined),
    readOld: () => Promise.resolve(undefined),
    paths: [],
    policy: defaultPolicy().review,
    gates: [],
  });
  const file = (path: string, lines: string[]) =>
    `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`;

  test('fails closed: 20,000 files are too many to review, and every pass says so', async () => {
    const wall = await reviewChange(
      input(Array.from({ length: 20_000 }, (_, index) => file(`src/f${index}.ts`, ['export {};'])).join('')),
    );
    expect(wallVerdict(wall)).toMatchObject({ kind: 'blocked', by: [...PASSES], missing: [] });
    for (const verdict of wall.passes) expect(verdict.feedback).toContain('too large to review');
  });

  test('a patch of 5 MB is judged', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `export const value${index} = compute(${index}, "some text");`,
    );
    const wall = await reviewChange(input(file('src/a.ts', [...lines, 'export const bad = eval(code);'])));
    expect(struck(wall)).toContain('security/code-execution:100001');
  });

  test('binary files are skipped with a note', async () => {
    const wall = await reviewChange(
      input(
        'diff --git a/a.png b/a.png\nnew file mode 100644\nindex 000..111\nBinary files /dev/null and b/a.png differ\n',
      ),
    );
    expect(verdictOf(wall, 'code')).toMatchObject({
      status: 'passed',
      feedback: expect.stringContaining('1 binary skipped'),
    });
  });

  test('a patch that breaks off is refused', async () => {
    await expect(reviewChange(input('diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n'))).rejects.toThrow(
      'breaks off',
    );
  });

  test('a long head of blanks and stars is read at once', async () => {
    const head = `/**\n${' *  \n'.repeat(60)} */\nexport const a = 1;\n`;
    expect(verdictOf(await review({ head: { 'src/a.ts': head } }), 'code').status).toBe('passed');
  });

  test('time grows with the lines, not faster', async () => {
    const text = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        index % 10 === 0
          ? `export function f${index}(a: number) {`
          : index % 10 === 9
            ? '}'
            : `  const x${index} = call(a, ${index}); // step ${index}`,
      ).join('\n');
    const timed = async (count: number) => {
      const head = Object.fromEntries(
        Array.from({ length: count / 500 }, (_, index) => [`src/f${index}.ts`, text(500)]),
      );
      const started = performance.now();
      await review({ head });
      return performance.now() - started;
    };
    await timed(1_000);
    const [small, large] = [await timed(5_000), await timed(20_000)];
    process.stdout.write(`wall on 5,000 added lines: ${Math.round(small)} ms, on 20,000: ${Math.round(large)} ms\n`);
    expect(large).toBeLessThan(small * 12);
  });
});

test('between rules that take long others have their turn', async () => {
  const turns: number[] = [];
  let worked = 0;
  const slow: Rule = {
    id: 'code/syntax',
    severity: 'high',
    remedy: 'None.',
    languages: 'all',
    find() {
      const until = performance.now() + 25;
      while (performance.now() < until) worked += 1;
      return [];
    },
  };
  setImmediate(() => turns.push(worked));
  await findingsOf([slow, slow, slow], await readingOf({ 'src/a.ts': EVAL }));
  expect(turns).toHaveLength(1);
  expect(turns[0]).toBeLessThan(worked);
});

test('a file that begins with much space is read at once', async () => {
  const head = { 'src/a.ts': `${' \n'.repeat(60)}export const a = 1;\n` };
  expect((await review({ head })).passes).toHaveLength(6);
});
