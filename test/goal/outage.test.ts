import { expect, test } from '@jest/globals';
import { applyEvent } from '../../src/goal/fold.ts';
import { breakOff, waitForModel } from '../../src/goal/outage.ts';
import type { Wait } from '../../src/goal/slice.ts';
import { AT, someGoal, someSlice } from './goals.ts';

const MINUTE = 60_000;
const inMinutes = (minutes: number) => new Date(AT.getTime() + minutes * MINUTE);

/** The waits of failures that each follow at once on the wait before. */
function waits(): Wait[] {
  const all: Wait[] = [];
  for (let wait = waitForModel(undefined, 'away', AT); wait; wait = waitForModel(wait, 'away', wait.until))
    all.push(wait);
  return all;
}

test('the waits double, each says since when and when a person is asked, and after the fifth failure there is none', () => {
  expect(waits().map(({ until }) => (until.getTime() - AT.getTime()) / MINUTE)).toEqual([1, 3, 7, 15]);
  for (const wait of waits()) expect(wait).toMatchObject({ since: AT, askedAt: inMinutes(15) });
});

test('a wait for something else counts for nothing', () => {
  const before = { reason: 'checks run', since: AT, until: AT };
  expect(waitForModel(before, 'away', inMinutes(9))).toMatchObject({
    tries: 1,
    since: inMinutes(9),
    until: inMinutes(10),
  });
});

test('a turn that was broken off is the same turn, with its attempt and what the agent left', () => {
  const slice = someSlice({
    status: 'building',
    reserved: true,
    attempts: { builds: 2, rounds: 0, batches: 0, total: 4 },
  });
  const [event, ...more] = breakOff(slice, 'Kimi: 500', { now: AT, kimiSession: 's', kept: 'f'.repeat(40) });
  if (!event) throw new Error('nothing happened');
  expect(more).toEqual([]);
  const [after] = applyEvent(someGoal({ slices: [slice] }), event, AT).slices;
  expect(after).toMatchObject({ ...slice, kimiSession: 's', kept: 'f'.repeat(40), wait: { tries: 1 } });
});

test('in the end it blocks the slice and asks', () => {
  const wait = waits().at(-1);
  const events = breakOff(someSlice({ wait }), 'Kimi: 500', { now: inMinutes(15) });
  expect(events.map(({ kind }) => kind)).toEqual(['interrupted', 'slice-blocked', 'finished']);
  expect(events.at(-1)).toMatchObject({ status: 'blocked_on_external', reason: { next: '/omk retry' } });
});
