import { expect, test } from '@jest/globals';
import { afterLostReply, afterRefusal, afterRemoval, countRefusal, recall } from '../../../src/goal/settle/attempt.ts';
import { ago, MINUTE, NOW, SECOND } from './sample.ts';

const again = (seconds: number, green: boolean) => ({ kind: 'again', ms: seconds * SECOND, green });

test.each([
  ['base-modified', 1, again(4, true)],
  ['base-modified', 2, again(8, true)],
  ['base-modified', 3, { kind: 'held' }],
  ['checks-expected', 1, again(30, false)],
  ['checks-expected', 4, again(30, false)],
  ['checks-expected', 5, { kind: 'held' }],
  ['head-moved', 1, again(30, false)],
  ['unknown', 5, { kind: 'held' }],
  ['review', 20, again(900, false)],
  ['config', 1, { kind: 'held' }],
] as const)('refused for %s for the time %i', (reason, times, expected) => {
  expect(afterRefusal({ reason, times })).toEqual(expected);
});

test('refusals count while their reason stays the same', () => {
  expect(countRefusal({ reason: 'unknown', times: 2 }, 'unknown')).toEqual({ reason: 'unknown', times: 3 });
  expect(countRefusal({ reason: 'unknown', times: 2 }, 'review')).toEqual({ reason: 'review', times: 1 });
});

test.each([
  ['a moment ago', { sentAt: ago(SECOND), baseMoved: true, lost: 0 }, { until: new Date(NOW.getTime() + 9 * SECOND) }],
  ['and the base moved', { sentAt: ago(11 * SECOND), baseMoved: true, lost: 0 }, 'held'],
  [
    'and nothing moved yet',
    { sentAt: ago(20 * SECOND), baseMoved: false, lost: 0 },
    { until: new Date(NOW.getTime() + 40 * SECOND) },
  ],
  ['and nothing moved for a minute', { sentAt: ago(MINUTE), baseMoved: false, lost: 0 }, 'retry'],
  ['for the second time', { sentAt: ago(MINUTE), baseMoved: false, lost: 1 }, 'held'],
] as const)('a reply was lost %s', (_name, lost, expected) => {
  expect(afterLostReply(lost, NOW)).toEqual(expected);
});

test.each([
  ['MANUAL', 1, 'held'],
  ['CI_FAILURE', 1, 'held'],
  ['CI_TIMEOUT', 1, 'held'],
  ['BRANCH_PROTECTIONS', 1, 'held'],
  ['The status checks failed', 1, 'held'],
  ['MERGE_CONFLICT', 1, 'again'],
  ['QUEUE_CLEARED', 1, 'again'],
  ['ROLL_BACK', 1, 'again'],
  ['A_WORD_OF_TOMORROW', 1, 'again'],
  [undefined, 1, 'again'],
  ['MERGE_CONFLICT', 2, 'held'],
  [undefined, 2, 'held'],
] as const)('put out of the queue with %s for the time %i: %s', (reason, times, expected) => {
  expect(afterRemoval(reason, times)).toBe(expected);
});

test('nothing is remembered of another head', () => {
  const kept = { head: 'a', headSeenAt: ago(MINUTE), greenSince: ago(SECOND) };
  expect(recall(kept, 'a', NOW)).toEqual({ headSeenAt: ago(MINUTE), greenSince: ago(SECOND) });
  expect(recall(kept, 'b', NOW)).toEqual({ headSeenAt: NOW, greenSince: undefined });
});
