import { expect, test } from '@jest/globals';
import { readCoverage } from '../../src/review/read/coverage.ts';
import { reviewChange } from '../../src/review/review.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { findingsIn, patchBetween } from './world.ts';

const REPORTS: readonly (readonly [kind: string, report: string])[] = [
  ['lcov', 'TN:\nSF:/build/work/src/a.ts\nDA:1,4\nDA:2,0\nend_of_record\n'],
  [
    'Cobertura',
    '<?xml version="1.0"?>\n<coverage line-rate="0.5"><packages><package><classes><class name="a" filename="src/a.ts"><lines><line number="1" hits="4"/><line hits="0" number="2"/></lines></class></classes></package></packages></coverage>\n',
  ],
  ['coverage.py', '{"meta":{"version":"7.4"},"files":{"src/a.ts":{"executed_lines":[1],"missing_lines":[2]}}}'],
  ['Go', 'mode: set\ngithub.com/acme/work/src/a.ts:1.14,1.20 1 1\ngithub.com/acme/work/src/a.ts:2.2,2.10 1 0\n'],
];

test.each(REPORTS)('a report of %s says which lines were run', (_kind, report) => {
  const lines = readCoverage([report], new Set(['src/a.ts', 'src/b.ts'])).get('src/a.ts');
  expect([(lines?.get(1) ?? 0) > 0, lines?.get(2)]).toEqual([true, 0]);
});

test('a report that cannot be read says nothing', () => {
  const paths = new Set(['src/a.ts']);
  expect([...readCoverage(['', '{', '{"files":[1]}', 'SF:elsewhere.ts\nDA:1,0', '[]'], paths)]).toEqual([]);
});

test('lines that were run by one test suite are run', () => {
  const reports = ['SF:a.ts\nDA:1,0\nDA:2,0', 'SF:a.ts\nDA:1,3'];
  expect([...(readCoverage(reports, new Set(['a.ts'])).get('a.ts') ?? [])]).toEqual([
    [1, 3],
    [2, 0],
  ]);
});

test('added lines that no test runs are told with their numbers', async () => {
  const text =
    'export function a(b: number) {\n  if (b > 1) {\n    b += 1;\n    b *= 2;\n    return b;\n  }\n  return 0;\n}\n';
  const wall = await reviewChange({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch: patchBetween({}, { 'src/a.ts': text }),
    readNew: () => Promise.resolve(text),
    readOld: () => Promise.resolve(undefined),
    paths: ['src/a.ts'],
    policy: defaultPolicy().review,
    gates: [],
    coverage: ['SF:src/a.ts\nDA:2,1\nDA:3,0\nDA:4,0\nDA:5,0\nDA:7,1'],
  });
  expect(findingsIn(wall)).toMatchObject([{ rule: 'test/uncovered-lines', line: 3, severity: 'medium' }]);
  expect(findingsIn(wall)[0]?.message).toContain('3 of 5 added lines are run by no test: 3-5');
});
