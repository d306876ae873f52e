import { describe, expect, test } from '@jest/globals';
import type { GoalEvent } from '../../src/goal/event.ts';
import { applyEvent } from '../../src/goal/fold.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { HINTED, nextSteps, type Step } from '../../src/goal/next-steps.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import type { PlannedSlice } from '../../src/goal/slice.ts';
import { PASSES, type Wall } from '../../src/goal/wall.ts';
import { AT, someGoal, someSlice } from './goals.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const person = { id: 7, login: 'ada' };
const base = { branch: 'main', sha: 'a'.repeat(40) };
const head = 'b'.repeat(40);
const pull = { number: 5, url: 'https://github.test/o/r/pull/5', head, draft: false };
const wall: Wall = {
  head,
  base: base.sha,
  antiSlopConfidence: 0,
  passes: PASSES.map((pass) => ({ pass, status: 'passed', severity: 'low', feedback: '', findings: [] })),
};

const asked: GoalEvent = {
  kind: 'asked',
  id: 'goal-20260301-120000-000-0123abcd',
  repository: { installationId: 1, id: 2, owner: 'o', name: 'r', private: false },
  issue: 3,
  requester: person,
  commentId: 4,
  ask: { title: 'Add a sum', text: '', hash: 'h' },
  options: { plan: false, dryRun: false },
};
const accepted: GoalEvent = {
  kind: 'accepted',
  base,
  policy: defaultPolicy(),
  gates: { setup: [], gates: [], source: 'detected', notes: [] },
};
const planned = (slices: PlannedSlice[], needsApproval = false): GoalEvent => ({
  kind: 'planned',
  slices,
  plan: { hash: 'p', notes: [], needsApproval, approvedBy: undefined },
  redOnBase: [],
});
const slice = (id: string, dependsOn: string[] = []): PlannedSlice => ({
  id,
  title: id,
  description: '',
  readScope: [],
  writeScope: [`${id}/**`],
  dependsOn,
  risk: 'low',
  acceptance: ['it works'],
});
const feedback = [{ from: 'gate', text: 'red', output: 'error 1' }] as const;
const started: GoalEvent = { kind: 'build-started', slice: 'one', base };
const built: GoalEvent = {
  kind: 'built',
  slice: 'one',
  head,
  tree: head,
  changedFiles: ['one/a'],
  summary: '',
  kimiSession: 's',
};
const verified: GoalEvent = { kind: 'verified', slice: 'one', results: [] };
const gatesFailed: GoalEvent = { kind: 'gates-failed', slice: 'one', results: [], feedback: [...feedback] };
const wallPassed: GoalEvent = { kind: 'wall-passed', slice: 'one', wall };
const wallBlocked: GoalEvent = { kind: 'wall-blocked', slice: 'one', wall, feedback: [...feedback] };
const delivered: GoalEvent = { kind: 'delivered', slice: 'one', pull };
const merged = (id: string): GoalEvent => ({ kind: 'merged', slice: id, sha: head });
const later = new Date(NOW.getTime() + 60_000);
const waiting: GoalEvent = {
  kind: 'waiting',
  slice: 'one',
  wait: { reason: 'checks run', since: NOW, until: later },
  headSeenAt: NOW,
  greenSince: undefined,
};
const delayed = (minutes: number): GoalEvent => {
  const until = new Date(NOW.getTime() + minutes * 60_000);
  return { kind: 'plan-delayed', wait: { reason: 'no plan yet', since: NOW, until } };
};
const interrupted = (minutes: number): GoalEvent => {
  const until = new Date(NOW.getTime() + minutes * 60_000);
  return { kind: 'interrupted', slice: 'one', wait: { reason: 'Kimi: 500', since: NOW, until, tries: 1 } };
};
const shut: GoalEvent = { kind: 'issue-shut', how: 'closed', by: person };
const opened: GoalEvent = { kind: 'issue-opened', by: person };
const reason = { text: 'why', next: '/omk retry' };
const running = [asked, accepted, planned([slice('one')])];
const turn = [started, built];
const oneMerging = [...running, ...turn, verified, wallPassed, delivered];

function goalAfter(events: GoalEvent[]): Goal {
  const goal = events.reduce<Goal | undefined>((before, event) => applyEvent(before, event, NOW), undefined);
  if (!goal) throw new Error('no events');
  return goal;
}

/** The step as a short word: `build one`, `finish ready`. */
function say(step: Step): string {
  if ('slice' in step) return `${step.kind} ${step.slice}`;
  return step.kind === 'finish' ? `finish ${step.status}` : step.kind;
}

/** So many rounds of reviews by people who may write. */
function batches(count: number): GoalEvent[] {
  const batch = { by: ['ada'], words: ['Again.'], threads: [], from: head, said: {} };
  const said = [{ from: 'person', text: 'Again.' } as const];
  return Array.from({ length: count }, (_, at): GoalEvent => {
    return { kind: 'review-gathered', slice: 'one', reviews: [at], batch, feedback: said };
  });
}

const lost: GoalEvent = { kind: 'work-lost', slice: 'one' };
const repeated = (count: number, events: GoalEvent[]): GoalEvent[] =>
  Array.from({ length: count }, () => events).flat();

const table: [name: string, events: GoalEvent[], steps: string[]][] = [
  ['a goal that was asked is accepted', [asked], ['accept']],
  ['an accepted goal is planned', [asked, accepted], ['plan']],
  ['a plan that needs approval waits for a person', [asked, accepted, planned([slice('one')], true)], []],
  ['work that was lost with its machine was no build', [...running, ...repeated(4, [...turn, lost])], ['start one']],
  [
    'work that was lost with its machine was no round of the wall',
    [...running, ...repeated(4, [...turn, verified, wallPassed, lost])],
    ['start one'],
  ],
  [
    'work that is lost again and again ends all the same',
    [...running, ...repeated(10, [...turn, lost])],
    ['block one'],
  ],
  [
    'an approved plan starts',
    [asked, accepted, planned([slice('one')], true), { kind: 'approved', by: person, hash: 'p' }],
    ['start one'],
  ],
  [
    'two slices without order start together',
    [asked, accepted, planned([slice('one'), slice('two')])],
    ['start one', 'start two'],
  ],
  [
    'no more slices start than there are agents',
    [asked, accepted, planned([slice('one'), slice('two'), slice('three')])],
    ['start one', 'start two'],
  ],
  [
    'a slice waits for what it depends on',
    [asked, accepted, planned([slice('one'), slice('two', ['one'])])],
    ['start one'],
  ],
  [
    'a dependant starts once its dependency is merged',
    [asked, accepted, planned([slice('one'), slice('two', ['one'])]), merged('one')],
    ['start two'],
  ],
  ['a reserved attempt is built', [...running, started], ['build one']],
  ['a turn that the model broke off waits', [...running, started, interrupted(1)], ['wait one']],
  ['and then goes on as the same attempt', [...running, started, interrupted(0)], ['build one']],
  ['so does a review', [...running, ...turn, verified, interrupted(0)], ['review one']],
  ['a built slice is verified', [...running, ...turn], ['verify one']],
  ['failed gates reserve another attempt', [...running, ...turn, gatesFailed], ['start one']],
  [
    'gates that failed three times block',
    [...running, ...turn, gatesFailed, ...turn, gatesFailed, ...turn, gatesFailed],
    ['block one'],
  ],
  [
    'passed gates forgive the failed builds before',
    [...running, ...turn, gatesFailed, ...turn, gatesFailed, ...turn, verified, wallBlocked],
    ['start one'],
  ],
  ['a verified slice is reviewed', [...running, ...turn, verified], ['review one']],
  ['a blocked wall reserves another attempt', [...running, ...turn, verified, wallBlocked], ['start one']],
  [
    'three blocked walls block the slice',
    [...running, ...[1, 2, 3].flatMap(() => [...turn, verified, wallBlocked])],
    ['block one'],
  ],
  ['a passed wall delivers', [...running, ...turn, verified, wallPassed], ['deliver one']],
  [
    'a pushed slice is delivered still',
    [...running, ...turn, verified, wallPassed, { kind: 'pushed', slice: 'one', head }],
    ['deliver one'],
  ],
  [
    'a rebased slice is verified again',
    [...running, ...turn, verified, wallPassed, { kind: 'rebased', slice: 'one', base, head, tree: head }],
    ['verify one'],
  ],
  [
    'a conflict is built again',
    [
      ...running,
      ...turn,
      verified,
      wallPassed,
      { kind: 'conflicted', slice: 'one', base, files: ['a'], feedback: [...feedback] },
    ],
    ['start one'],
  ],
  ['a delivered slice merges', oneMerging, ['merge one']],
  ['a wait is waited for', [...oneMerging, waiting], ['wait one']],
  [
    'a held slice alone waits for a person',
    [...oneMerging, { kind: 'held', slice: 'one', reason }],
    ['finish blocked_on_human'],
  ],
  [
    'a slice held before its delivery waits for a person too',
    [...running, ...turn, verified, wallPassed, { kind: 'held', slice: 'one', reason }],
    ['finish blocked_on_human'],
  ],
  [
    'a released slice merges',
    [...oneMerging, { kind: 'held', slice: 'one', reason }, { kind: 'released', slice: 'one' }],
    ['merge one'],
  ],
  [
    'failing checks send the slice back to build',
    [...oneMerging, { kind: 'sent-back', slice: 'one', feedback: [...feedback] }],
    ['start one'],
  ],
  ['five batches of reviews are worked through', [...oneMerging, ...batches(5)], ['start one']],
  ['the sixth asks', [...oneMerging, ...batches(6)], ['block one']],
  ['all merged is ready', [...running, merged('one')], ['finish ready']],
  [
    'one blocked slice blocks the goal when nothing else moves',
    [...running, { kind: 'slice-blocked', slice: 'one', reason }],
    ['finish blocked_on_human'],
  ],
  [
    'a blocked slice does not stop another',
    [asked, accepted, planned([slice('one'), slice('two')]), { kind: 'slice-blocked', slice: 'one', reason }],
    ['start two'],
  ],
  [
    'a retried slice without a commit starts anew',
    [...running, { kind: 'slice-blocked', slice: 'one', reason }, { kind: 'retried', slice: 'one', by: person }],
    ['start one'],
  ],
  [
    'a retried slice with open feedback builds',
    [
      ...running,
      ...turn,
      gatesFailed,
      { kind: 'slice-blocked', slice: 'one', reason },
      { kind: 'retried', slice: 'one', by: person },
    ],
    ['start one'],
  ],
  [
    'a retried slice that nobody judged is proven again',
    [
      ...running,
      ...turn,
      verified,
      { kind: 'slice-blocked', slice: 'one', reason },
      { kind: 'retried', slice: 'one', by: person },
    ],
    ['verify one'],
  ],
  ['a used up budget stops before planning', [asked, accepted, spend(11)], ['finish needs_more_budget']],
  ['a used up budget lets a turn end that runs', [...running, started, spend(11)], ['build one']],
  ['a used up budget stops building', [...running, ...turn, gatesFailed, spend(11)], ['finish needs_more_budget']],
  ['a used up budget does not stop what costs nothing', [...oneMerging, spend(11)], ['merge one']],
  ['a plan that did not work out waits', [asked, accepted, delayed(1)], ['wait ']],
  ['and is tried again then', [asked, accepted, delayed(0)], ['plan']],
  ['a paused goal does nothing', [...running, { kind: 'paused', by: person }], []],
  [
    'a resumed goal goes on',
    [...running, { kind: 'paused', by: person }, { kind: 'resumed', by: person }],
    ['start one'],
  ],
  ['a goal whose issue is closed does nothing', [...running, shut], []],
  ['nor one whose slices all wait', [...oneMerging, shut], []],
  ['but a last merge is the end of it', [...oneMerging, shut, merged('one')], ['finish ready']],
  ['once the issue is open it goes on', [...running, shut, opened], ['start one']],
  ['what a person paused stays paused then', [...running, { kind: 'paused', by: person }, shut, opened], []],
  [
    'what asked a person asks again',
    [asked, accepted, { kind: 'finished', status: 'blocked_on_human', reason }, shut, opened],
    [],
  ],
  ['a cancelled goal does nothing', [...running, { kind: 'finished', status: 'cancelled', reason }], []],
  [
    'a ready goal does nothing',
    [...running, merged('one'), { kind: 'finished', status: 'ready', reason: undefined }],
    [],
  ],
];

function spend(usd: number): GoalEvent {
  return { kind: 'spent', on: 'build', spend: { inputTokens: 0, cachedTokens: 0, outputTokens: 0, usd, kimiMs: 0 } };
}

describe('the next steps of a goal', () => {
  test.each(table)('%s', (_, events, steps) => {
    expect(nextSteps(goalAfter(events), NOW).map(say)).toEqual(steps);
  });

  const heldOne: GoalEvent[] = [...oneMerging, { kind: 'held', slice: 'one', reason }];
  const ended = (status: 'blocked_on_human' | 'cancelled' | 'needs_more_budget'): GoalEvent[] => [
    ...heldOne,
    { kind: 'finished', status, reason },
  ];
  test.each([
    ['blocked_on_human', ended('blocked_on_human'), ['reconsider one']],
    ['running', heldOne, ['reconsider one']],
    ['cancelled', ended('cancelled'), []],
    ['needs_more_budget', ended('needs_more_budget'), []],
    ['paused', [...heldOne, { kind: 'paused', by: person } as const], []],
    ['its issue is closed', [...heldOne, shut], ['reconsider one']],
  ])('a hint has what is held looked at again while a person is waited for: %s', (_, events, steps) => {
    const goal = goalAfter(events);
    expect(nextSteps(goal, HINTED).map(say)).toEqual(steps);
    expect(nextSteps(goal, later).map(say)).not.toContain('reconsider one');
  });

  test('a review is read while a person is waited for, and brings nothing back to life by itself', () => {
    const heard: GoalEvent = { kind: 'review-heard', slice: 'one', review: 7, until: later };
    const goal = goalAfter([...ended('blocked_on_human'), heard]);
    expect(goal.status).toBe('blocked_on_human');
    expect(nextSteps(goal, NOW).map(say)).toEqual(['wait one']);
    expect(nextSteps(goal, later).map(say)).toEqual(['gather one']);
  });

  test('a wait is over when its time has come', () => {
    expect(nextSteps(goalAfter([...oneMerging, waiting]), later).map(say)).toEqual(['merge one']);
  });

  test('what could not be solved is named when a slice is blocked', () => {
    const failing = [...running, ...[1, 2, 3].flatMap(() => [...turn, gatesFailed])];
    expect(nextSteps(goalAfter(failing), NOW)).toEqual([
      {
        kind: 'block',
        slice: 'one',
        reason: { text: 'Not solved within 3 builds. Still open:\nred', next: '/omk retry one', output: 'error 1' },
      },
    ]);
  });
});

test('what is delivered no further takes no place of an agent', () => {
  const held = { status: 'delivering', pull: undefined, reason: { text: 'Kept here.', next: '/omk proof' } } as const;
  const goal = someGoal({
    options: { ...someGoal().options, maxAgents: 2 },
    slices: ['a', 'b']
      .map((id) => someSlice({ id, ...held }))
      .concat(someSlice({ id: 'c', status: 'planned', pull: undefined })),
  });
  expect(nextSteps(goal, AT)).toContainEqual({ kind: 'start', slice: 'c' });
});

test('as many agents work as the command said, also more than the settings do', () => {
  const slices = ['a', 'b', 'c', 'd'].map((id) => someSlice({ id, status: 'planned', pull: undefined }));
  const started = (wish: { maxAgents?: number }) =>
    nextSteps(someGoal({ options: { ...someGoal().options, ...wish }, slices }), AT).filter(
      ({ kind }) => kind === 'start',
    );
  expect([{}, { maxAgents: 1 }, { maxAgents: 3 }].map((wish) => started(wish).length)).toEqual([2, 1, 3]);
});
