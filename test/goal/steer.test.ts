import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../src/goal/parse-command.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { applyEvent } from '../../src/goal/fold.ts';
import { isEnded, type Goal, type GoalStatus } from '../../src/goal/goal.ts';
import type { Slice } from '../../src/goal/slice.ts';
import { nextSteps } from '../../src/goal/next-steps.ts';
import { steer, type Order } from '../../src/goal/steer.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { AT, HEAD, someGoal, someSlice, someWall } from './goals.ts';

const ADA = { id: 3, login: 'ada' };

function read(text: string): Order {
  const parsed = parseCommand(`/omk ${text}`);
  if (parsed.kind !== 'command') throw new Error(`${text} is no command`);
  return parsed.command as Order;
}

function tell(text: string, goal: Goal, pull?: number) {
  const { events, answer } = steer(read(text), goal, { by: ADA, pull });
  const after = events.reduce<Goal>((before, event) => applyEvent(before, event, AT), goal);
  return { kinds: events.map(({ kind }) => kind), answer, after };
}

const held = someSlice({ reason: { text: 'waits', next: '/omk merge' } });
const blocked = someSlice({ status: 'blocked', reason: { text: 'stuck', next: '/omk retry api' } });
const merged = someSlice({ status: 'merged', mergedSha: 'd'.repeat(40) });
const finding = {
  id: 'deadbeef',
  rule: 'code/reviewer',
  file: 'a.ts',
  line: 1,
  severity: 'high',
  message: 'm',
  remedy: 'r',
} as const;
const failing = someWall({
  passes: someWall().passes.map((verdict) =>
    verdict.pass === 'code' ? { ...verdict, status: 'failed', findings: [finding] } : verdict,
  ),
});
const found = someSlice({
  status: 'blocked',
  wall: failing,
  feedback: [{ from: 'wall', text: '[deadbeef] code/reviewer at a.ts:1 (high): m r' }],
});
const waiting = { needsApproval: true, hash: 'abc123abc123', notes: [], approvedBy: undefined };
const proposed = someGoal({
  status: 'awaiting_approval',
  plan: waiting,
  slices: [someSlice({ status: 'planned', pull: undefined })],
});

test.each([
  ['retry', held],
  ['fix more', held],
  ['rebase', held],
  ['merge', held],
  ['answer like this', blocked],
  ['budget add --usd 5', held],
])('what a paused goal is told waits for its resume, and the answer says so: %s', (order, slice) => {
  const { kinds, answer, after } = tell(order, someGoal({ status: 'paused', slices: [slice] }), 12);
  expect(kinds).not.toEqual([]);
  expect(after.status).toBe('paused');
  expect(answer).toMatch(/The goal is paused, so this waits: go on with `\/omk resume`\.$/);
});

test.each([
  ['retry #12', blocked, ['resumed', 'retried']],
  ['merge #12', held, ['resumed', 'merge-asked']],
  ['revert #12', held, ['reverted']],
])('a slice may be named by its pull request: %s', (order, slice, kinds) => {
  const goal = someGoal({ status: 'blocked_on_human', slices: [someSlice({ id: 'ui', pull: undefined }), slice] });
  expect(tell(order, goal).kinds).toEqual(kinds);
  expect(tell(order.replace('12', '13'), goal)).toMatchObject({
    kinds: [],
    answer: expect.stringContaining('`#13`') as unknown,
  });
});

const takenBack = someGoal({
  status: 'not_ready',
  slices: [merged, someSlice({ id: 'ui', status: 'cancelled' })],
  reason: { text: '`ui` was taken back by ada.', next: '/omk run' },
});

const asking = someGoal({
  status: 'blocked_on_human',
  slices: [],
  reason: { text: 'Which words?', next: '/omk answer <text>' },
});

type Row = [command: string, goal: Goal, pull: number | undefined, kinds: GoalEvent['kind'][], says: RegExp];

const AWAY = { reason: 'Kimi: 500', tries: 2, since: AT, until: new Date(AT.getTime() + 60_000) };

const two = (change: Partial<Slice>) => [
  someSlice(change),
  someSlice({
    id: 'ui',
    pull: { number: 13, url: 'https://github.com/acme/stats/pull/13', head: HEAD, draft: false },
    ...change,
  }),
];
const poor = someGoal({
  status: 'needs_more_budget',
  slices: [held],
  reason: { text: 'The budget of 10.00 USD is used up.', next: '/omk budget add --usd 5' },
});

const ROWS: Row[] = [
  [
    'answer yes',
    someGoal({ slices: [blocked, someSlice({ id: 'ui', status: 'building', pull: undefined })] }),
    13,
    [],
    /no effect now/,
  ],
  [
    'answer smaller ones',
    someGoal({
      status: 'blocked_on_human',
      slices: [blocked],
      replan: 'Plan the rest anew.',
      reason: { text: 'Which rest?', next: '/omk answer <text>' },
    }),
    undefined,
    ['answered'],
    /goes on/,
  ],
  [
    'fix it',
    poor,
    12,
    ['resumed', 'fix-asked'],
    /budget is used up, so this waits: extend it with `\/omk budget add --usd 5`/,
  ],
  ['merge', someGoal({ slices: two({}) }), undefined, [], /any of the slices `api`, `ui`.*`\/omk merge api`/],
  ['merge', someGoal({ slices: two({ reason: { text: 'x', next: 'y' } }) }), undefined, [], /`\/omk merge api`/],
  ['merge ui', someGoal({ slices: two({}) }), undefined, ['merge-asked'], /`ui` is merged/],
  [
    'retry ui',
    someGoal({
      status: 'blocked_on_human',
      slices: [blocked, someSlice({ id: 'ui', status: 'planned', dependsOn: ['api'], pull: undefined })],
    }),
    undefined,
    [],
    /Slice `ui` is `planned`/,
  ],
  [
    'budget add --usd 5',
    someGoal({ status: 'not_ready', slices: [blocked] }),
    undefined,
    ['budget-extended'],
    /extended by 5 USD/,
  ],
  ['accept DEADBEEF why', someGoal({ slices: [found] }), undefined, ['finding-accepted'], /`deadbeef` is let through/],
  ['approve ABC123ABC123', proposed, undefined, ['approved'], /approved/],
  ['pause', someGoal(), undefined, ['paused'], /`\/omk resume`/],
  ['pause', someGoal({ status: 'paused' }), undefined, [], /`paused`/],
  ['pause', someGoal({ status: 'ready' }), undefined, [], /`ready`/],
  ['resume', someGoal({ status: 'paused' }), undefined, ['resumed'], /`\/omk pause`/],
  ['resume', someGoal(), undefined, [], /`running`/],
  ['cancel', someGoal({ status: 'blocked_on_human' }), undefined, ['finished'], /Cancelled/],
  ['cancel', someGoal({ status: 'cancelled' }), undefined, [], /has ended/],
  ['approve', proposed, undefined, ['approved'], /`\/omk pause`/],
  ['approve abc123abc123', proposed, undefined, ['approved'], /approved/],
  ['approve 000000000000', proposed, undefined, [], /`\/omk approve abc123abc123`/],
  ['approve', someGoal(), undefined, [], /`\/omk approve` has no effect now.*`running`/],
  ['reject too much at once', proposed, undefined, ['rejected'], /`\/omk retry`/],
  ['reject it', someGoal(), undefined, [], /has no effect now/],
  ['plan only the first', proposed, undefined, ['answered'], /made again/],
  ['plan', proposed, undefined, [], /shown already.*`\/omk approve abc123abc123`.*`\/omk plan <what to change>`/],
  ['answer yes, both', someGoal({ status: 'blocked_on_human', slices: [] }), undefined, ['answered'], /goes on/],
  [
    'answer yes',
    someGoal({ status: 'blocked_on_human', slices: [blocked] }),
    undefined,
    ['resumed', 'retried', 'fix-asked'],
    /slice `api`/,
  ],
  [
    'answer yes',
    someGoal({ status: 'blocked_on_human', slices: [merged], replan: 'Plan the rest anew.' }),
    undefined,
    ['answered'],
    /goes on/,
  ],
  [
    'answer take the other table',
    someGoal({ slices: [someSlice({ status: 'building', reserved: true, pull: undefined }), merged] }),
    undefined,
    ['fix-asked'],
    /`api` is being worked on; this goes into the next turn/,
  ],
  [
    'resume',
    someGoal({ status: 'blocked_on_human', slices: [blocked], reason: blocked.reason }),
    undefined,
    [],
    /Next: `\/omk retry api`/,
  ],
  [
    'answer take the other table',
    someGoal({ slices: [someSlice({ status: 'building', wait: { reason: 'x', since: AT, until: AT } }), merged] }),
    undefined,
    ['fix-asked'],
    /this goes into the next turn/,
  ],
  ['answer yes', someGoal(), undefined, [], /`\/omk answer` has no effect now/],
  ['retry', someGoal({ status: 'failed_infra', slices: [] }), undefined, ['resumed'], /another attempt/],
  [
    'retry',
    someGoal({ status: 'blocked_on_human', slices: [blocked] }),
    undefined,
    ['resumed', 'retried'],
    /another attempt/,
  ],
  [
    'retry',
    someGoal({ status: 'blocked_on_human', slices: [held] }),
    undefined,
    ['resumed', 'released'],
    /another attempt/,
  ],
  ['retry api', someGoal({ slices: [blocked] }), undefined, ['retried'], /Slice `api`/],
  [
    'retry',
    someGoal({ slices: [blocked, someSlice({ id: 'ui', status: 'blocked', pull: undefined })] }),
    12,
    ['retried'],
    /Slice `api`/,
  ],
  ['retry api', someGoal({ status: 'failed_infra' }), undefined, ['resumed'], /Slice `api`/],
  ['retry api', someGoal({ slices: [someSlice({ status: 'merged' })] }), undefined, [], /is `merged`/],
  ['retry ui', someGoal(), undefined, [], /no slice `ui`.*`api`/],
  ['retry', someGoal(), undefined, [], /has no effect now/],
  ['retry', someGoal({ status: 'ready' }), undefined, [], /has ended/],
  ['retry', asking, undefined, [], /ask the same again.*`\/omk answer <text>`.*`\/omk run`/],
  ['retry', takenBack, undefined, [], /has no effect now.*`not_ready`.*Next: `\/omk run`/],
  ['retry', { ...takenBack, replan: 'Plan the rest anew.' }, undefined, ['resumed'], /another attempt/],
  ['retry', someGoal({ status: 'needs_more_budget' }), undefined, [], /budget add/],
  ['budget add --usd 5', someGoal({ status: 'needs_more_budget' }), undefined, ['budget-extended', 'resumed'], /5 USD/],
  [
    'budget add --usd 5',
    someGoal({ status: 'needs_more_budget', spend: { ...someGoal().spend, inputTokens: 9_000_000 } }),
    undefined,
    ['budget-extended', 'resumed'],
    /by 5 USD\. The budget of tokens is used up.*Next: `\/omk budget add --tokens 2M`/,
  ],
  ['budget add --tokens 2M --time 90m', someGoal(), undefined, ['budget-extended'], /2M tokens, 1 h 30 min/],
  ['budget add --usd 5', someGoal({ status: 'ready' }), undefined, [], /has ended/],
  [
    'accept deadbeef it is meant so',
    someGoal({ status: 'blocked_on_human', slices: [found] }),
    undefined,
    ['resumed', 'finding-accepted'],
    /`deadbeef` is let through/,
  ],
  ['accept 00000000 why', someGoal({ slices: [found] }), undefined, [], /no open finding/],
  ['accept deadbeef why', someGoal({ slices: [{ ...found, status: 'merged' }] }), undefined, [], /no open finding/],
  ['fix the name is wrong', someGoal(), 12, ['fix-asked'], /`\/omk status`/],
  ['fix it', someGoal({ slices: [merged] }), 12, [], /is `merged`.*`\/omk revert api`/],
  ['fix it', someGoal({ status: 'cancelled' }), 12, [], /has ended/],
  ['rebase', someGoal(), 12, ['rebase-asked'], /gates and wall run again/],
  [
    'merge',
    someGoal({ policy: { ...defaultPolicy(), merge: 'manual' }, slices: [held] }),
    undefined,
    ['merge-asked'],
    /checks settle/,
  ],
  [
    'merge',
    someGoal({ policy: { ...defaultPolicy(), merge: 'manual' }, slices: [someSlice()] }),
    undefined,
    ['merge-asked'],
    /as soon as its checks settle/,
  ],
  [
    'merge',
    someGoal({ options: { plan: false, dryRun: false, merge: 'disabled' }, slices: [held] }),
    undefined,
    [],
    /Merge #12 by hand/,
  ],
  ['merge api', someGoal({ slices: [someSlice({ status: 'building' })] }), undefined, [], /is `building`/],
  ['merge', someGoal({ slices: [] }), undefined, [], /has no effect now/],
  ['revert api', someGoal(), undefined, ['reverted'], /pull request, if any, is closed/],
  [
    'revert api',
    someGoal({ status: 'ready', slices: [merged] }),
    undefined,
    ['reverted'],
    /slice `revert-api` undoes its merge/,
  ],
  [
    'revert api',
    someGoal({ slices: [merged, someSlice({ id: 'ui', dependsOn: ['api'], status: 'building' })] }),
    undefined,
    ['reverted'],
    /`ui` depended on it and is planned anew/,
  ],
  [
    'revert api',
    someGoal({ slices: [merged, someSlice({ id: 'ui', dependsOn: ['api'], status: 'merged' })] }),
    undefined,
    [],
    /`\/omk revert ui`/,
  ],
  ['revert ui', someGoal(), undefined, [], /no slice `ui`/],
  [
    'retry',
    someGoal({ slices: [someSlice({ status: 'building', reserved: true, wait: AWAY })] }),
    undefined,
    ['interrupted'],
    /another attempt/,
  ],
  ['retry', someGoal({ status: 'planning', slices: [], delay: AWAY }), undefined, ['plan-delayed'], /another attempt/],
  [
    'revert api',
    someGoal({ status: 'cancelled' }),
    undefined,
    ['reverted'],
    /if any, is closed\. The rest of the goal stays cancelled/,
  ],
  [
    'revert api',
    someGoal({ status: 'cancelled', slices: [someSlice({ status: 'building', pull: undefined })] }),
    undefined,
    [],
    /is `cancelled`/,
  ],
];

describe('every command has a stated effect', () => {
  test.each(ROWS.map((row, index) => [index, ...row] as const))(
    '%i: /omk %s',
    (_, command, goal, pull, kinds, says) => {
      const told = tell(command, goal, pull);
      expect(told.answer).toMatch(says);
      expect(told.kinds).toEqual(kinds);
      expect(told.answer).toMatch(/`\/omk [a-z]+/);
    },
  );
});

const STATUSES: GoalStatus[] = [
  'queued',
  'planning',
  'awaiting_approval',
  'running',
  'paused',
  'ready',
  'not_ready',
  'blocked_on_human',
  'blocked_on_external',
  'needs_more_budget',
  'failed_infra',
  'cancelled',
];

test('no command throws at any status, and what has no effect says so', () => {
  const commands = [...new Set(ROWS.map(([command]) => command))];
  for (const status of STATUSES) {
    for (const slice of [
      held,
      blocked,
      merged,
      found,
      someSlice({ status: 'planned' }),
      someSlice({ status: 'building', reserved: true }),
    ]) {
      for (const command of commands) {
        const { answer, after } = tell(command, someGoal({ status, slices: [slice], plan: waiting }), 12);
        expect(answer).not.toBe('');
        nextSteps(after, AT);
      }
    }
  }
});

test('a plan that waits for approval still waits after a pause', () => {
  const paused = tell('pause', proposed).after;
  expect(tell('resume', paused).after.status).toBe('awaiting_approval');
});

test('a refused plan is not built: retry plans again with the reason', () => {
  const refused = tell('reject two are enough', proposed).after;
  expect([refused.status, refused.slices]).toEqual(['not_ready', []]);
  const again = tell('retry', refused).after;
  expect(again.status).toBe('planning');
  expect(again.ask.text).toContain('two are enough');
});

test('a person’s word does not disturb a turn that runs', () => {
  const slice = someSlice({ ...found, status: 'building', reserved: true, inbox: [] });
  for (const command of ['fix more', 'rebase', 'accept deadbeef fine']) {
    const { after } = tell(command, someGoal({ slices: [slice] }), 12);
    expect([command, after.slices[0]?.turn, after.slices[0]?.reserved]).toEqual([command, slice.turn, true]);
  }
});

test('accepting the only open finding puts the slice before the wall again', () => {
  expect(tell('accept deadbeef fine', someGoal({ slices: [found] })).after.slices[0]?.status).toBe('reviewing');
});

test('a fix of a slice that used up its builds gets a build', () => {
  const slice = someSlice({ status: 'blocked', attempts: { builds: 3, rounds: 3, batches: 0, total: 4 } });
  const { after } = tell('fix like this', someGoal({ slices: [slice] }), 12);
  expect(nextSteps(after, AT)).toEqual([{ kind: 'start', slice: 'api' }]);
});

test('a merge that was asked for is for the head that was shown: the next one waits again', () => {
  const goal = tell('merge', someGoal({ policy: { ...defaultPolicy(), merge: 'manual' }, slices: [held] })).after;
  expect(goal.slices[0]?.mergeAsked).toEqual({ by: ADA, head: HEAD });
  const built: GoalEvent = {
    kind: 'built',
    slice: 'api',
    head: 'e'.repeat(40),
    tree: 'f'.repeat(40),
    changedFiles: [],
    summary: '',
    kimiSession: undefined,
  };
  const [slice] = applyEvent(goal, built, AT).slices;
  expect(slice?.mergeAsked?.head).not.toBe(slice?.head);
  const rebased: GoalEvent = { ...built, kind: 'rebased', base: { branch: 'main', sha: 'c'.repeat(40) } };
  expect(applyEvent(goal, rebased, AT).slices[0]).toMatchObject({ head: built.head, mergeAsked: { head: built.head } });
});

test('a retry does not wait for the model any longer, and is the same attempt', () => {
  const slice = someSlice({ status: 'building', reserved: true, wait: AWAY });
  const { after } = tell('retry', someGoal({ slices: [slice] }));
  expect(after.slices[0]).toMatchObject({ attempts: slice.attempts, wait: { tries: 2 } });
  expect(nextSteps(after, AT)).toEqual([{ kind: 'build', slice: 'api' }]);
});

describe('taking back', () => {
  const ui = someSlice({ id: 'ui', dependsOn: ['api'], status: 'planned', pull: undefined });
  const docs = someSlice({ id: 'docs', dependsOn: ['ui'], status: 'planned', pull: undefined });

  test('an open slice: its pull request is closed, the goal is not ready', () => {
    const { after } = tell('revert api', someGoal());
    expect(nextSteps(after, AT)).toEqual([{ kind: 'withdraw', slice: 'api' }]);
    const closed = applyEvent(after, { kind: 'slice-cancelled', slice: 'api' }, AT);
    expect(nextSteps(closed, AT)).toMatchObject([{ kind: 'finish', status: 'not_ready' }]);
  });

  test('a merged slice: another undoes it, and is built like any', () => {
    const { after } = tell('revert api', someGoal({ status: 'ready', endedAt: AT, slices: [merged] }));
    expect(isEnded(after.status)).toBe(false);
    expect(after.slices[1]).toMatchObject({ id: 'revert-api', reverts: { slice: 'api', sha: merged.mergedSha } });
    expect(nextSteps(after, AT)).toEqual([{ kind: 'start', slice: 'revert-api' }]);
    expect(tell('revert api', after).kinds).toEqual([]);
  });

  test('a merged slice of a cancelled goal: it alone is undone, and all else stays cancelled', () => {
    const open = someSlice({ id: 'ui', dependsOn: ['api'], reason: { text: 'It waits.', next: '/omk merge ui' } });
    const goal = someGoal({
      status: 'cancelled',
      endedAt: AT,
      slices: [merged, open, { ...docs, status: 'building' }],
    });
    const { after, answer } = tell('revert api', goal);
    expect(answer).toContain('The rest of the goal stays cancelled');
    expect(after.slices.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'api merged',
      'ui cancelled',
      'docs cancelled',
      'revert-api planned',
    ]);
    expect(nextSteps(after, AT)).toEqual([{ kind: 'start', slice: 'revert-api' }]);
    const undone = applyEvent(after, { kind: 'merged', slice: 'revert-api', sha: HEAD }, AT);
    expect(nextSteps(undone, AT)).toMatchObject([
      { kind: 'finish', status: 'not_ready', reason: { text: '`api` was taken back by ada.' } },
    ]);
    const again = applyEvent(after, { kind: 'finished', status: 'cancelled', reason: undefined }, AT);
    expect(tell('revert api', again).kinds).toEqual(['reverted']);
  });

  test('all that depended on it is planned anew, and what is merged stays', () => {
    const other = someSlice({ id: 'other', status: 'merged', mergedSha: 'e'.repeat(40) });
    const { after } = tell('revert api', someGoal({ slices: [other, someSlice(), ui, docs] }));
    expect(after.slices.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'other merged',
      'api cancelled',
      'ui cancelled',
      'docs cancelled',
    ]);
    expect(nextSteps(after, AT)).toEqual([{ kind: 'plan' }, { kind: 'withdraw', slice: 'api' }]);
    const { id, title, description, readScope, writeScope, dependsOn, risk, acceptance } = someSlice({ id: 'again' });
    const slices = [{ id, title, description, readScope, writeScope, dependsOn, risk, acceptance }];
    const planned = applyEvent(
      after,
      { kind: 'planned', slices, plan: { ...waiting, needsApproval: false }, redOnBase: [] },
      AT,
    );
    expect(planned.slices.map((slice) => slice.id)).toEqual(['other', 'api', 'ui', 'docs', 'again']);
    expect(nextSteps(planned, AT)).toContainEqual({ kind: 'start', slice: 'again' });
  });
});

describe('further slices that an agent proposed', () => {
  const { id, title, description, readScope, writeScope, dependsOn, risk, acceptance } = someSlice({
    id: 'docs',
    dependsOn: ['api'],
  });
  const event: GoalEvent = {
    kind: 'slices-proposed',
    from: 'api',
    slices: [{ id, title, description, readScope, writeScope, dependsOn, risk, acceptance }],
    notes: [],
    hash: 'cafecafecafe',
    needsApproval: true,
  };

  test('are appended at once where no approval is asked for, and the plan says so', () => {
    const grown = applyEvent(someGoal(), { ...event, needsApproval: false }, AT);
    expect(grown.slices.map((slice) => slice.id)).toEqual(['api', 'docs']);
    expect(grown.plan?.notes.at(-1)).toContain('`docs` was added: `api` needs it');
  });

  test('wait for approval by their hash, and the goal goes on meanwhile', () => {
    const asked = applyEvent(someGoal(), event, AT);
    expect(nextSteps(asked, AT)).toEqual([{ kind: 'merge', slice: 'api' }]);
    expect(tell('approve 000000000000', asked).kinds).toEqual([]);
    const grown = tell('approve cafecafecafe', asked).after;
    expect([grown.status, grown.slices.length, grown.proposal]).toEqual(['running', 2, undefined]);
  });

  test('of two agents wait together, each name once, under a hash of their own', () => {
    const more = {
      ...event,
      from: 'ui',
      hash: 'beefbeefbeef',
      slices: [...event.slices, { ...event.slices[0], id: 'help' }],
    };
    const asked = applyEvent(applyEvent(someGoal(), event, AT), more as GoalEvent, AT);
    expect(asked.proposal?.slices.map((slice) => slice.id)).toEqual(['docs', 'help']);
    expect(tell('approve cafecafecafe', asked).kinds).toEqual([]);
    const grown = tell(`approve ${asked.proposal?.hash}`, asked).after;
    expect(grown.slices.map((slice) => slice.id)).toEqual(['api', 'docs', 'help']);
  });

  test('that another agent brought meanwhile, or for which there is no room any more, are not added, and the plan says so', () => {
    const once = applyEvent(someGoal(), { ...event, needsApproval: false }, AT);
    const twice = applyEvent(once, { ...event, from: 'ui', needsApproval: false }, AT);
    expect(twice.slices.map((slice) => slice.id)).toEqual(['api', 'docs']);
    expect(twice.plan?.notes.at(-1)).toContain('`docs`, which `ui` needs, is in the plan already');
    const policy = { ...defaultPolicy(), limits: { ...defaultPolicy().limits, slices: 1 } };
    const full = applyEvent(someGoal({ policy }), { ...event, needsApproval: false }, AT);
    expect(full.slices.map((slice) => slice.id)).toEqual(['api']);
    expect(full.plan?.notes.at(-1)).toContain('more slices than `limits.slices` allows');
  });

  test('are all that is left: the goal asks, and ends ready when they are refused', () => {
    const asked = applyEvent(someGoal({ slices: [merged] }), event, AT);
    expect(nextSteps(asked, AT)).toMatchObject([
      { kind: 'finish', status: 'blocked_on_human', reason: { next: '/omk approve cafecafecafe' } },
    ]);
    const over = applyEvent(asked, { kind: 'finished', status: 'blocked_on_human', reason: undefined }, AT);
    const refused = tell('reject not now', over);
    expect(refused.kinds).toEqual(['resumed', 'proposal-refused']);
    expect(nextSteps(refused.after, AT)).toMatchObject([{ kind: 'finish', status: 'ready' }]);
  });
});

describe('a finding that is let through', () => {
  const note = { from: 'agent', text: 'The last turn changed nothing.' } as const;

  test('lets the wall judge again when nothing else is open, whatever the last turn was like', () => {
    const goal = someGoal({ slices: [{ ...found, feedback: [...found.feedback, note] }] });
    const { after } = tell('accept deadbeef it is meant so\nfor now', goal);
    expect(after.slices[0]).toMatchObject({ status: 'reviewing', feedback: [], reason: undefined });
    expect(after.slices[0]?.accepted).toMatchObject([{ finding: 'deadbeef', reason: 'it is meant so\nfor now' }]);
  });

  test('is no longer named among what is open', () => {
    const other = { from: 'wall', text: '[0badcafe] code/reviewer at b.ts:2 (high): m r' } as const;
    const reason = { text: `Still open:\n[deadbeef] x\n${other.text}`, next: '/omk retry api' };
    const goal = someGoal({ slices: [{ ...found, reason, feedback: [...found.feedback, other] }] });
    const { after } = tell('accept deadbeef it is meant so', goal);
    expect(after.slices[0]).toMatchObject({ status: 'blocked', feedback: [other] });
    expect(after.slices[0]?.reason?.text).toBe(`Still open:\n${other.text}`);
  });
});

test('what a running agent is told waits for its next turn, and the turn is not lost', () => {
  const goal = someGoal({ slices: [someSlice({ status: 'building', reserved: true })] });
  const { after } = tell('answer take the other table', goal);
  expect(after.slices[0]).toMatchObject({
    reserved: true,
    turn: goal.slices[0]?.turn,
    inbox: [{ from: 'person', text: 'take the other table' }],
  });
});
