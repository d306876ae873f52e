import { describe, expect, test } from '@jest/globals';
import { breakerAfter, isOwnFault } from '../../src/goal/breaker.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { applyEvent } from '../../src/goal/fold.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { nextSteps } from '../../src/goal/next-steps.ts';
import { findStagnation, gatesRound, turnRound, wallRound, type Round } from '../../src/goal/stagnation.ts';
import { AT, someGate, someGoal, someSlice, someWall } from './goals.ts';

const red = (outputTail: string, tree = 'a') => gatesRound([someGate({ status: 'failed', outputTail })], tree);
const blocked = (id: string, tree = 'a') => {
  const finding = { id, rule: 'code/x', file: 'a', line: 1, severity: 'high', message: 'm', remedy: 'r' } as const;
  const passes = someWall().passes.map((verdict) =>
    verdict.pass === 'code' ? { ...verdict, status: 'failed' as const, findings: [finding] } : verdict,
  );
  return wallRound(someWall({ passes }), tree);
};
const empty = turnRound({ empty: true, reason: 'nothing' });

describe('no progress is seen and named', () => {
  test.each<[string, Round[], RegExp | undefined]>([
    ['one failure', [red('1 failed')], undefined],
    [
      'the same gate, numbers apart',
      [red('1 failed in 12 ms'), red('1 failed in 37 ms', 'b')],
      /`unit` failed in the same way twice/,
    ],
    ['another failure of the same gate', [red('a is wrong'), red('b is wrong', 'b')], undefined],
    [
      'the same finding',
      [blocked('deadbeef'), blocked('deadbeef', 'b')],
      /wall found the same twice in a row: `deadbeef`/,
    ],
    ['another finding', [blocked('deadbeef'), blocked('0badcafe', 'b')], undefined],
    ['a gate between', [blocked('deadbeef'), red('x', 'b'), blocked('deadbeef', 'c')], undefined],
    ['two empty turns', [empty, empty], /changed nothing/],
    ['one empty turn', [red('x'), empty], undefined],
    [
      'two broken turns',
      [turnRound({ reason: 'out of scope: a' }), turnRound({ reason: 'out of scope: a' })],
      /same way/,
    ],
    ['back and forth', [red('x', 'a'), red('y', 'b'), red('z', 'a')], /back and forth/],
    [
      'a gate red on the base',
      [gatesRound([someGate({ status: 'failed', redOnBase: true })], 'a'), gatesRound([], 'b')],
      undefined,
    ],
  ])('%s', (_, rounds, says) => {
    const why = findStagnation(rounds);
    if (says) expect(why).toMatch(says);
    else expect(why).toBeUndefined();
  });
});

const failed: GoalEvent = {
  kind: 'gates-failed',
  slice: 'api',
  results: [someGate({ status: 'failed', outputTail: 'x' })],
  feedback: [{ from: 'gate', text: 'x' }],
};

function play(goal: Goal, ...events: GoalEvent[]): Goal {
  return events.reduce((before, event) => applyEvent(before, event, AT), goal);
}

test('other ways are tried, a fresh session that knows what failed and then other slices; then it asks', () => {
  const fresh = someGoal({
    slices: [
      someSlice({ status: 'verifying', kimiSession: 's1', attempts: { builds: 0, rounds: 0, batches: 0, total: 0 } }),
    ],
  });
  const stuck = play(fresh, failed, failed);
  expect(nextSteps(stuck, AT)).toEqual([{ kind: 'start', slice: 'api' }]);
  const why = findStagnation(stuck.slices[0]?.rounds ?? []);
  const anew = play(stuck, {
    kind: 'build-started',
    slice: 'api',
    base: { branch: 'main', sha: 'c'.repeat(40) },
    fresh: why,
  });
  expect(anew.slices[0]).toMatchObject({ kimiSession: undefined, begunAnew: true });
  expect(anew.slices[0]?.feedback[0]?.text).toContain('failed in the same way');
  expect(anew.recent.at(-1)?.text).toContain('build started anew');
  const again = play(anew, failed, failed);
  // People have seen its pull request: it is not replaced behind their backs.
  expect(nextSteps(again, AT)).toMatchObject([{ kind: 'block', reason: { next: '/omk answer <how to go on>' } }]);
  const unseen = someGoal({ ...again, slices: again.slices.map((slice) => ({ ...slice, pull: undefined })) });
  const [step] = nextSteps(unseen, AT);
  expect(step).toMatchObject({ kind: 'regroup', slice: 'api', why: expect.stringContaining('failed in the same way') });
  const later = someSlice({ id: 'ui', dependsOn: ['api'], status: 'planned', pull: undefined });
  const regrouped = play(someGoal({ ...unseen, slices: [...unseen.slices, later] }), {
    kind: 'regrouped',
    stuck: 'api',
    why: why ?? '',
  });
  expect(regrouped.slices.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  expect(regrouped.replan).toMatch(
    /^Slice api made no progress: .*Plan api, ui anew, in smaller slices[^]*open to the end:\nx$/,
  );
  expect(nextSteps(regrouped, AT)).toEqual([{ kind: 'plan' }]);
  const second = someSlice({ ...unseen.slices[0], id: 'part' });
  expect(nextSteps(someGoal({ slices: [...regrouped.slices, second] }), AT)).toMatchObject([
    { kind: 'block', reason: { text: expect.stringMatching(/Still open:\nx$/) } },
  ]);
  const helped = play(
    again,
    { kind: 'slice-blocked', slice: 'api', reason: { text: 't', next: 'n' } },
    { kind: 'retried', slice: 'api', by: { id: 3, login: 'ada' } },
  );
  expect(helped.slices[0]).toMatchObject({ rounds: [], begunAnew: false });
});

test('an agent that has nothing to change is not given smaller slices: a person is told what is open, and how to let it pass', () => {
  const feedback = [
    { from: 'wall', text: '[deadbeef] code/x at a.ts:1 (high): m' },
    { from: 'agent', text: 'The last turn changed nothing.' },
  ] as const;
  const attempts = { builds: 3, rounds: 1, batches: 0, total: 3 };
  const slice = someSlice({
    status: 'building',
    pull: undefined,
    begunAnew: true,
    rounds: [empty],
    attempts,
    feedback: [...feedback],
  });
  const [step] = nextSteps(someGoal({ slices: [slice] }), AT);
  expect(step).toMatchObject({ kind: 'block' });
  const text = step?.kind === 'block' ? step.reason.text : '';
  expect(text).toBe(
    'Not solved within 3 builds. The last turn changed nothing. Still open:\n[deadbeef] code/x at a.ts:1 (high): m\nA finding is let through with `/omk accept deadbeef <reason>`.',
  );
  const other = someGoal({ slices: [{ ...slice, rounds: [red('x')] }] });
  expect(nextSteps(other, AT)).toMatchObject([{ kind: 'regroup', why: 'not solved within 3 builds' }]);
});

describe('a gate that fails for its own reasons is not the code’s fault', () => {
  test.each([
    [{ status: 'could-not-start' }, true],
    [{ status: 'timed-out' }, true],
    [{ status: 'failed', exitCode: 1, outputTail: 'Error: ENOSPC: no space left on device' }, true],
    [{ status: 'failed', signal: 'SIGKILL' }, true],
    [{ status: 'failed', exitCode: 1, outputTail: 'expected 1, got 2' }, false],
    [{ status: 'failed', signal: 'SIGSEGV' }, false],
    [{ status: 'passed', outputTail: 'ENOSPC is handled' }, false],
  ] as const)('%j: %s', (more, own) => expect(isOwnFault(someGate(more))).toBe(own));

  test('it is tried again four times, once after a pause, and then a person is asked', () => {
    expect([1, 2, 3, 4, 5, 6].map((faults) => breakerAfter(faults).kind)).toEqual([
      'again',
      'again',
      'again',
      'again',
      'pause',
      'ask',
    ]);
  });

  test('it costs no build, and the slice waits', () => {
    const slice = someSlice({ status: 'verifying' });
    const until = new Date(AT.getTime() + 30_000);
    const wait = { reason: 'gate', since: AT, until };
    const goal = play(someGoal({ slices: [slice] }), { kind: 'gates-faulted', slice: 'api', results: [], wait });
    expect(goal.slices[0]).toMatchObject({ status: 'verifying', attempts: slice.attempts, gateFaults: 1 });
    expect(nextSteps(goal, AT)).toMatchObject([{ kind: 'wait', until }]);
    expect(nextSteps(goal, until)).toEqual([{ kind: 'verify', slice: 'api' }]);
    expect(play(goal, { kind: 'verified', slice: 'api', results: [] }).slices[0]?.gateFaults).toBe(0);
  });
});
