import { expect, test } from '@jest/globals';
import { compareRounds, describeRound, nextRound, type ReviewRound } from '../../src/goal/ledger.ts';
import { renderCheckRun } from '../../src/goal/report/check-run.ts';
import { renderPullContent } from '../../src/goal/report/pull-body.ts';
import { relent, wallVerdict, type Wall } from '../../src/goal/wall.ts';
import { someGoal, someSlice } from './goals.ts';

function wallWith(...ids: string[]): Wall {
  const findings = ids.map((id) => ({
    id,
    rule: 'code/debugger',
    file: 'src/a.ts',
    line: 1,
    severity: 'high' as const,
    message: 'A debugger stop was left in',
    remedy: 'Remove it.',
  }));
  const pass = { pass: 'code' as const, status: 'failed' as const, severity: 'high' as const, feedback: '', findings };
  return { head: 'b'.repeat(40), base: 'a'.repeat(40), passes: [pass], antiSlopConfidence: 0 };
}

const idsOf = (findings: { id: string }[]) => findings.map(({ id }) => id);

test('in the first round everything is new', () => {
  expect(idsOf(compareRounds(undefined, wallWith('a', 'b')).new)).toEqual(['a', 'b']);
});

test('a finding that is gone is fixed, one that stays is open, one that comes is new', () => {
  const ledger = compareRounds(wallWith('a', 'b'), wallWith('b', 'c'));
  expect(idsOf(ledger.fixed)).toEqual(['a']);
  expect(idsOf(ledger.open)).toEqual(['b']);
  expect(idsOf(ledger.new)).toEqual(['c']);
  expect(ledger.reopened).toEqual([]);
});

test('a finding of an earlier round that comes back is re-opened, not new', () => {
  const ledger = compareRounds(wallWith('b'), wallWith('a', 'b'), new Set(['a', 'b']));
  expect(idsOf(ledger.reopened)).toEqual(['a']);
  expect(ledger.new).toEqual([]);
});

test('a finding whose file got another name is still open', () => {
  const [before, after] = [wallWith('a'), wallWith('b')];
  for (const pass of after.passes) for (const finding of pass.findings) finding.file = 'src/b.ts';
  const ledger = compareRounds(before, after);
  expect([idsOf(ledger.open), ledger.new, ledger.fixed]).toEqual([['b'], [], []]);
});

test('rounds are counted, and what comes back after a round without it is re-opened', () => {
  const rounds = [['a', 'b'], ['b'], ['a', 'c']].reduce<ReviewRound[]>(
    (all, ids) => [...all, nextRound(all.at(-1), wallWith(...ids))],
    [],
  );
  expect(rounds.map((round) => describeRound(round, []))).toEqual([
    'round 1: 2 new, 0 fixed, 0 still open, 0 re-opened',
    'round 2: 0 new, 1 fixed, 1 still open, 0 re-opened',
    'round 3: 1 new, 1 fixed, 0 still open, 1 re-opened',
  ]);
});

test('what a person let through is not called fixed', () => {
  const round = nextRound(nextRound(undefined, wallWith('a', 'b')), wallWith('b'));
  expect(describeRound(round, [{ finding: 'a' }])).toBe('round 2: 0 new, 0 fixed, 1 still open, 0 re-opened');
});

test('a round that found nothing has nothing to count', () => {
  const round = nextRound(undefined, wallWith());
  expect(describeRound(round, [])).toBeUndefined();
  const text = renderPullContent(someGoal(), someSlice({ round }), { sandbox: 'bwrap' });
  expect(text).not.toMatch(/Review round|0 new/);
  expect(renderCheckRun(wallWith(), [], round).summary).not.toMatch(/Review round|0 new/);
});

test('after the last round medium findings are listed and only graver ones block', () => {
  const wall = wallWith('a');
  expect(wallVerdict(relent(wall)).kind).toBe('blocked');
  for (const pass of wall.passes) for (const finding of pass.findings) finding.severity = 'medium';
  const [pass] = relent(wall).passes;
  expect(pass).toMatchObject({ status: 'passed', findings: [{ id: 'a' }] });
  expect(pass?.feedback).toContain('after the last round');
});

test('a pass that failed without a finding stays failed after the last round', () => {
  const silent = wallWith();
  expect(relent(silent).passes).toMatchObject([{ status: 'failed' }]);
});
