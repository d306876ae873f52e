import { expect, test } from '@jest/globals';
import { renderCheckRun } from '../../../src/goal/report/check-run.ts';
import { PASSES, type Finding, type Wall } from '../../../src/goal/wall.ts';

const FINDING: Finding = {
  id: '0a1b2c3d',
  rule: 'code/debugger',
  file: 'src/a.ts',
  line: 4,
  severity: 'high',
  message: 'A debugger stop was left in',
  remedy: 'Remove it.',
};

function wallWith(...findings: Finding[]): Wall {
  const passes = PASSES.map((pass) =>
    pass === 'code' && findings.length > 0
      ? { pass, status: 'failed' as const, severity: 'high' as const, feedback: 'found', findings }
      : { pass, status: 'passed' as const, severity: 'low' as const, feedback: 'nothing', findings: [] },
  );
  return { head: 'b'.repeat(40), base: 'a'.repeat(40), passes, antiSlopConfidence: 0 };
}

test('a blocked wall is a failed check with an annotation at the line', () => {
  const check = renderCheckRun(wallWith(FINDING));
  expect(check).toMatchObject({ name: 'omk / review wall', conclusion: 'failure', title: 'Blocked by code' });
  expect(check.annotations).toMatchObject([{ path: 'src/a.ts', line: 4, level: 'failure' }]);
  expect(check.annotations[0]?.message).toContain('/omk accept 0a1b2c3d');
});

test('a finding of a whole file stands at its first line, one of the whole change in the summary', () => {
  const check = renderCheckRun(
    wallWith({ ...FINDING, line: 0 }, { ...FINDING, file: '', line: 0, message: 'Too large' }),
  );
  expect(check.annotations.map(({ line }) => line)).toEqual([1]);
  expect(check.summary).toContain('Too large');
});

test('what a person let through fails nothing and is said so', () => {
  const check = renderCheckRun(wallWith(FINDING), [{ finding: FINDING.id, reason: 'a demo' }]);
  expect(check).toMatchObject({ conclusion: 'success', annotations: [] });
  expect(check.summary).toContain('let through by a person: a demo');
});

test('nothing found is a success', () => {
  expect(renderCheckRun(wallWith())).toMatchObject({ conclusion: 'success', title: 'The review wall passed' });
});

test('a pass that does not apply is named as in the pull request', () => {
  const wall = wallWith();
  const passes = wall.passes.map((verdict) => ({ ...verdict, status: 'not-applicable' as const }));
  expect(renderCheckRun({ ...wall, passes }).summary).toContain('| code | not applicable | low |');
});

test('of very many findings the worst are annotated, and the summary counts the others', () => {
  const low = Array.from({ length: 600 }, (_, line) => ({ ...FINDING, id: `${line}`, line, severity: 'low' as const }));
  const check = renderCheckRun(wallWith(...low, FINDING));
  expect(check.annotations).toHaveLength(500);
  expect(check.annotations[0]).toMatchObject({ line: 4, level: 'failure' });
  expect(check.summary).toContain('101 more findings have no annotation');
});
