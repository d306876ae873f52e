import { expect, test } from '@jest/globals';
import { compareRounds } from '../../src/goal/ledger.ts';
import type { Wall } from '../../src/goal/wall.ts';

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
