import { describe, expect, test } from '@jest/globals';
import {
  isCovered,
  joinBatches,
  judgeThread,
  readSaid,
  renderPoints,
  withoutSaid,
  type Batch,
} from '../../src/goal/batch.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { applyEvent } from '../../src/goal/fold.ts';
import type { GoalEnd } from '../../src/goal/goal.ts';
import { findStop } from '../../src/goal/needs.ts';
import { isOvertaken, nextSteps } from '../../src/goal/next-steps.ts';
import { AT, HEAD, someGoal, someSlice } from './goals.ts';

const later = (seconds: number) => new Date(AT.getTime() + seconds * 1_000);

const batch: Batch = {
  by: ['ada'],
  words: ['Nearly there.'],
  threads: [
    { root: 8, path: 'src/a.ts', line: 12, by: 'ada', text: 'Rename it.' },
    { root: 9, path: 'src/b.ts', line: undefined, by: 'ada', text: 'Why a class?' },
  ],
  from: HEAD,
  said: {},
};

describe('what the agent says about threads', () => {
  test.each([
    ['T0: fixed', { 0: { kind: 'fixed', text: '' } }],
    ['- [T3] Declined: it would break the API.', { 3: { kind: 'declined', text: 'it would break the API.' } }],
    [
      'Done.\nT0: fixed\nT1: answered: a class keeps state',
      { 0: { kind: 'fixed', text: '' }, 1: { kind: 'answered', text: 'a class keeps state' } },
    ],
    ['T1000: fixed\nThis T1 was fixed\nT1: maybe', {}],
    ['', {}],
  ])('%j', (text, said) => expect(readSaid(text)).toEqual(said));

  test('is not part of what it changed', () => {
    expect(withoutSaid('Renamed it.\nT0: fixed\nT1: declined: no')).toBe('Renamed it.');
  });
});

test.each([
  [undefined, true, 'fixed'],
  [undefined, false, 'needs-you'],
  [{ kind: 'fixed', text: 'done' }, true, 'fixed'],
  [{ kind: 'fixed', text: 'done' }, false, 'elsewhere'],
  [{ kind: 'answered', text: 'since' }, false, 'answered'],
  [{ kind: 'answered', text: '' }, false, 'needs-you'],
  [{ kind: 'declined', text: 'no' }, true, 'declined'],
] as const)('a thread of which the agent says %j, covered %j, is %s', (said, covered, kind) => {
  expect(judgeThread(said, covered).kind).toBe(kind);
});

test('a thread is covered by a change within three lines, a file by any', () => {
  expect([[9], [15], [16], []].map((lines) => isCovered({ line: 12 }, lines))).toEqual([true, true, false, false]);
  expect([[900], []].map((lines) => isCovered({ line: undefined }, lines))).toEqual([true, false]);
});

test('two rounds that were not answered are one, numbered on', () => {
  const next = { ...batch, by: ['bob', 'ada'], from: 'b'.repeat(40) };
  const joined = joinBatches({ ...batch, said: { 0: { kind: 'fixed', text: '' } } }, next);
  expect([joined.by, joined.threads.length, joined.from]).toEqual([['ada', 'bob'], 4, HEAD]);
  expect(renderPoints(next, 2)).toEqual([
    'bob, ada in the review: Nearly there.',
    '[T2] ada at src/a.ts:12: Rename it.',
    '[T3] ada at src/b.ts: Why a class?',
  ]);
});

describe('a review is one round of work', () => {
  const heard = (review: number, seconds: number): GoalEvent => ({
    kind: 'review-heard',
    slice: 'api',
    review,
    until: later(seconds),
  });
  const gathered: GoalEvent = {
    kind: 'review-gathered',
    slice: 'api',
    reviews: [1, 2],
    batch,
    feedback: [{ from: 'person', text: 'Rename it.' }],
  };
  const after = (...events: GoalEvent[]) => events.reduce((goal, event) => applyEvent(goal, event, AT), someGoal());

  test('reviews in a row are read together, a moment after the first', () => {
    const goal = after(heard(1, 20), heard(2, 30), heard(1, 40));
    expect(goal.slices[0]?.heard).toEqual({ reviews: [1, 2], until: later(20) });
    expect(nextSteps(goal, AT)).toMatchObject([{ kind: 'wait', until: later(20) }]);
    expect(nextSteps(goal, later(20))).toEqual([{ kind: 'gather', slice: 'api' }]);
  });

  test('what people want is built, then each thread is answered before the merge', () => {
    const goal = after(heard(1, 20), gathered);
    expect(goal.slices[0]).toMatchObject({ status: 'building', attempts: { batches: 1 } });
    const built: GoalEvent = {
      kind: 'built',
      slice: 'api',
      head: 'e'.repeat(40),
      tree: 'f'.repeat(40),
      changedFiles: [],
      summary: 'T0: fixed',
      kimiSession: 's',
    };
    const done = applyEvent(goal, built, AT);
    expect(done.slices[0]?.batch?.said).toEqual({ 0: { kind: 'fixed', text: '' } });
    const merging = { ...done, slices: done.slices.map((slice) => ({ ...slice, status: 'merging' as const })) };
    expect(nextSteps(merging, AT)).toEqual([{ kind: 'reply', slice: 'api' }]);
    expect(nextSteps(applyEvent(merging, { kind: 'review-answered', slice: 'api' }, AT), AT)).toEqual([
      { kind: 'merge', slice: 'api' },
    ]);
  });

  test('a slice that stops says once in each thread that it waits for a person, and answers them when it goes on', () => {
    const blocked: GoalEvent = { kind: 'slice-blocked', slice: 'api', reason: { text: 'No.', next: '/omk retry api' } };
    const goal = after(heard(1, 20), gathered, blocked);
    expect(nextSteps(goal, AT)).toEqual([{ kind: 'reply', slice: 'api' }]);
    const told = applyEvent(goal, { kind: 'review-answered', slice: 'api', open: true }, AT);
    expect(nextSteps(told, AT)).toMatchObject([{ kind: 'finish', status: 'blocked_on_human' }]);
    const merging = { ...told, slices: told.slices.map((slice) => ({ ...slice, status: 'merging' as const })) };
    expect(nextSteps(merging, AT)).toEqual([{ kind: 'reply', slice: 'api' }]);
    const again = after(heard(1, 20), gathered, blocked, heard(2, 20), { ...gathered, reviews: [2] }, blocked);
    expect(nextSteps(again, AT)).toEqual([{ kind: 'reply', slice: 'api' }]);
  });

  const finished = (status: GoalEnd): GoalEvent => ({ kind: 'finished', status, reason: { text: 'No.', next: 'Go.' } });

  test.each([
    ['the goal is cancelled', finished('cancelled'), 'write what is missing on an issue'],
    ['the budget is used up', finished('needs_more_budget'), 'Go.'],
    ['omk itself fails', finished('failed_infra'), 'Go.'],
    ['something outside is down', finished('blocked_on_external'), 'Go.'],
    ['the goal is not ready', finished('not_ready'), 'Go.'],
    ['a person must decide about the goal', finished('blocked_on_human'), 'Go.'],
    ['a person merges it', { kind: 'merged', slice: 'api', sha: HEAD }, 'write what is missing on an issue'],
    ['the slice is cancelled', { kind: 'slice-cancelled', slice: 'api' }, 'write what is missing on an issue'],
  ] as [string, GoalEvent, string][])('when %s its threads say so, once', (_when, end, next) => {
    const goal = after(heard(1, 20), gathered, end);
    expect(nextSteps(goal, AT)).toContainEqual({ kind: 'reply', slice: 'api' });
    const [slice = someSlice()] = goal.slices;
    expect(findStop(goal, slice)?.next).toContain(next);
    const told = applyEvent(goal, { kind: 'review-answered', slice: 'api', open: true }, AT);
    expect(nextSteps(told, AT).filter(({ kind }) => kind === 'reply')).toEqual([]);
  });

  test('an agent that works on a review is ended with its goal, and what the goal says in the threads is not', () => {
    const goal = after(heard(1, 20), gathered);
    const cancelled = applyEvent(goal, finished('cancelled'), AT);
    const told = applyEvent(cancelled, { kind: 'review-answered', slice: 'api', open: true }, AT);
    const paused = applyEvent(goal, { kind: 'paused', by: { id: 1, login: 'ada' } }, AT);
    const left = [goal, cancelled, told, paused].map((now) =>
      (['build', 'reply'] as const).filter((doing) => isOvertaken(now, 'api', doing)),
    );
    expect(left).toEqual([[], ['build'], ['build', 'reply'], ['build', 'reply']]);
  });

  test('while omk works or a person holds the goal, its threads say nothing yet', () => {
    const goal = after(heard(1, 20), gathered);
    const paused = applyEvent(goal, { kind: 'paused', by: { id: 1, login: 'ada' } }, AT);
    for (const now of [goal, paused]) expect(now.slices.map((slice) => findStop(now, slice))).toEqual([undefined]);
    expect(nextSteps(paused, AT)).toEqual([]);
  });

  test('what GitHub was told to merge is taken back before its threads say that nothing goes on', () => {
    const goal = after(heard(1, 20), gathered, finished('cancelled'));
    const entrusted = { ...goal, slices: goal.slices.map((slice) => ({ ...slice, entrusted: true })) };
    expect(nextSteps(entrusted, AT)).toEqual([{ kind: 'disarm', slice: 'api' }]);
  });

  test('a review of which nobody who may steer is the author changes nothing', () => {
    const goal = after(heard(1, 20), { ...gathered, batch: undefined, feedback: [] });
    expect(goal.slices[0]).toMatchObject({ status: 'merging', heard: undefined, batch: undefined });
  });

  test('questions alone are answered without a build', () => {
    const goal = after(heard(1, 20), gathered, {
      kind: 'review-declined',
      slice: 'api',
      summary: 'T0: declined: no\nT1: answered: state',
      kimiSession: 's',
    });
    expect(nextSteps(goal, AT)).toEqual([{ kind: 'reply', slice: 'api' }]);
  });

  test('a turn that runs is not lost: the review is read after it', () => {
    const slice = someSlice({ status: 'building', reserved: true });
    const goal = applyEvent(someGoal({ slices: [slice] }), heard(1, 20), AT);
    expect(goal.slices[0]?.turn).toBe(slice.turn);
    expect(nextSteps(goal, later(60))).toEqual([{ kind: 'build', slice: 'api' }]);
  });

  test('the sixth round is not built: it asks', () => {
    const slice = someSlice({ attempts: { builds: 0, rounds: 0, batches: 5, total: 5 } });
    const goal = applyEvent(someGoal({ slices: [slice] }), gathered, AT);
    expect(nextSteps(goal, AT)).toMatchObject([{ kind: 'block', reason: { next: '/omk retry api' } }]);
  });
});
