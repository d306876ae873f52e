import { expect, test } from '@jest/globals';
import { groundOf } from '../../../src/goal/settle/merging.ts';
import { settle, type Memory, type PullFacts, type SettleVerdict } from '../../../src/goal/settle.ts';
import { facts, memory, NOW, policy } from './sample.ts';

/** What differs from the pull request of the sample, of which everything is green. */
export type Given = {
  facts?: Partial<PullFacts>;
  memory?: Partial<Memory>;
  policy?: Parameters<typeof policy>[0];
};

/** What the verdict must be. `inMs`: when to ask again, counted from now. */
type Wanted = {
  kind: SettleVerdict['kind'];
  reason?: RegExp;
  who?: string;
  how?: string;
  method?: string;
  via?: string;
  publish?: string[];
  failed?: string[];
  inMs?: number;
  sha?: string;
};

export type Row = [name: string, given: Given, wanted: Wanted['kind'] | Wanted];

export function judge(given: Given): SettleVerdict {
  const read = facts(given.facts);
  return settle(read, { greenOn: groundOf(read), ...memory(given.memory) }, policy(given.policy), NOW);
}

function shown(verdict: SettleVerdict): Record<string, unknown> {
  const recheck = verdict.kind === 'wait' ? { inMs: verdict.recheckAt.getTime() - NOW.getTime() } : {};
  const failed = verdict.kind === 'block' ? { failed: verdict.failed?.map((check) => check.name) } : {};
  return { ...verdict, ...recheck, ...failed };
}

/** One test for each row. */
export function testRows(rows: readonly Row[]): void {
  test.each(rows)('%s', (_name, given, expected) => {
    const { reason, ...wanted } = typeof expected === 'string' ? { kind: expected } : expected;
    const verdict = judge(given);
    expect(shown(verdict)).toMatchObject(wanted);
    if (reason) expect('reason' in verdict ? verdict.reason : '').toMatch(reason);
    if (verdict.kind === 'wait') expect(verdict.recheckAt.getTime()).toBeGreaterThan(NOW.getTime());
    if (verdict.kind === 'block') expect(verdict.reason).toMatch(/\.$/);
  });
}
