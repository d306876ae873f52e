import { expect, test } from '@jest/globals';
import type { RunOptions } from '../../src/goal/command.ts';
import type { SettleVerdict } from '../../src/goal/settle.ts';
import { findHold } from '../../src/run/hold.ts';
import type { Scene } from '../../src/run/scene.ts';
import { AT, HEAD, someGoal, someSlice } from '../goal/goals.ts';

const ADA = { id: 3, login: 'ada' };
const wait: SettleVerdict = { kind: 'wait', reason: 'a check runs', recheckAt: AT };

function hold(mergeAsked?: { by: typeof ADA; head: string }, options: Partial<RunOptions> = { merge: 'manual' }) {
  const slice = someSlice({ mergeAsked });
  const goal = someGoal({ options: { plan: false, dryRun: false, ...options }, slices: [slice] });
  return findHold({ goal, slice, pull: slice.pull } as unknown as Scene, wait);
}

test('a merge that the policy leaves to people is held, with the very command, until one asks for this commit', async () => {
  expect(await hold()).toEqual({
    text: '#12 is ready and waits for a person, since merge policy is `manual`.',
    next: '/omk merge api',
  });
  expect(await hold({ by: ADA, head: HEAD })).toBeUndefined();
  expect((await hold({ by: ADA, head: 'e'.repeat(40) }))?.text).toContain(
    'What ada asked to merge was an earlier commit.',
  );
});

test('a draft of the gated policy waits for the same command, and a merge that the policy rules out for a person alone', async () => {
  expect((await hold(undefined, { delivery: 'draft-pr' }))?.next).toBe('/omk merge api');
  expect(await hold({ by: ADA, head: HEAD }, { delivery: 'draft-pr' })).toBeUndefined();
  const never = await hold({ by: ADA, head: HEAD }, { merge: 'disabled' });
  expect(never).toEqual({
    text: '#12 is ready and waits for a person, since merge policy is `disabled`.',
    next: 'merge #12',
  });
});
