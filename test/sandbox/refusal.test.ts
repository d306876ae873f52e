import { expect, test } from '@jest/globals';
import { MERGES, type Merge } from '../../src/goal/policy.ts';
import { refuseUnheld } from '../../src/sandbox/refusal.ts';
import type { SandboxLevel } from '../../src/sandbox/sandbox.ts';

const NONE: SandboxLevel = { kind: 'none', why: 'bubblewrap is not installed' };
const HELD: SandboxLevel[] = [{ kind: 'bwrap' }, { kind: 'partial', missing: ['process count bounded'] }];

const cells = MERGES.flatMap((merge) => [true, false].map((isPrivate): [Merge, boolean] => [merge, isPrivate]));

test.each(cells)(
  'without a sandbox, merge %s, private %s: refused unless it is private and nothing merges by itself',
  (merge, isPrivate) => {
    const refused = refuseUnheld(NONE, { isPrivate, merge, switchedOff: false });
    expect(refused !== undefined).toBe(!isPrivate || merge === 'gated');
    if (refused) expect(refused).toContain('bubblewrap is not installed');
  },
);

test.each(cells)('when the server says OMK_SANDBOX=off, merge %s, private %s runs', (merge, isPrivate) => {
  expect(refuseUnheld(NONE, { isPrivate, merge, switchedOff: true })).toBeUndefined();
});

test.each(cells)('in a sandbox, whole or partial, merge %s, private %s runs', (merge, isPrivate) => {
  for (const level of HELD) expect(refuseUnheld(level, { isPrivate, merge, switchedOff: false })).toBeUndefined();
});
