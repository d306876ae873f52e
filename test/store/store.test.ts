import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { TransientError, UserError } from '../../src/errors.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import type { Decide, Handlers, Store } from '../../src/store/store.ts';
import {
  describeOnEngines,
  openAt,
  openBare,
  signal,
  testClock,
  type Opened,
  type Place,
  type TestClock,
} from './engines.ts';
import { asked, BASE, EVERY_EVENT, HEAD, PERSON, planned, REPOSITORY } from './samples.ts';

jest.setTimeout(60_000);

const NOTHING: Decide = () => ({ jobs: [], waits: [] });
const run =
  (...units: string[]): Decide =>
  () => ({ jobs: units.map((unit) => ({ unit })), waits: [] });
const spent: GoalEvent = {
  kind: 'spent',
  spend: { inputTokens: 1, cachedTokens: 0, outputTokens: 1, usd: 0.5, kimiMs: 10 },
  on: 'one',
};
const cancelled: GoalEvent = { kind: 'finished', status: 'cancelled', reason: undefined };
const started: GoalEvent = { kind: 'build-started', slice: 'one', base: BASE };
const twoSlices: GoalEvent = {
  kind: 'planned',
  slices: [planned('one'), planned('two')],
  plan: { hash: 'abc', notes: [], needsApproval: false, approvedBy: undefined },
  redOnBase: [],
};

describeOnEngines('the store', (newPlace, engine) => {
  let place: Place;
  let clock: TestClock;
  let opened: Opened;
  let store: Store;
  const others: Store[] = [];

  beforeAll(async () => {
    place = await newPlace();
    clock = testClock();
    opened = await openBare(place, clock);
    ({ store } = opened);
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
    await store.stopWorking({ timeoutMs: 1_000 });
    await opened.empty();
  });
  afterAll(async () => {
    await store.close();
    await place.remove();
  });

  /** Works with what is given; the rest does nothing. */
  async function work(handlers: Partial<Handlers>, concurrency = 4, on = store): Promise<void> {
    const idleHandlers: Handlers = { webhook: () => Promise.resolve(), goal: () => Promise.resolve() };
    await on.work({ ...idleHandlers, ...handlers }, { concurrency, perInstallation: concurrency });
  }

  const webhook = (id: string) => ({
    id,
    event: 'issues',
    action: 'opened',
    payload: { a: '\u0000' },
    receivedAt: clock.now(),
  });
  const create = (id: string, issue = 1, decide = NOTHING) =>
    store.createGoal(asked(id, { issue }), { trigger: `comment:${id}`, decide });

  test('stores a webhook once and handles it once, however often it is delivered', async () => {
    const handled: unknown[] = [];
    const outcomes = await Promise.all(['d1', 'd1', 'd2', 'd1'].map((id) => store.saveWebhook(webhook(id))));
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(2);
    await work({
      webhook: async (id) => {
        handled.push((await store.loadWebhook(id))?.payload);
        await store.markWebhookDone(id);
      },
    });
    await store.idle();
    expect(handled).toEqual([{ a: '\u0000' }, { a: '\u0000' }]);
    expect(await store.loadWebhook('d1')).toBeUndefined();
    expect(await store.saveWebhook(webhook('d1'))).toBe('seen');
  });

  test('forgets webhooks that are done and old, and no others', async () => {
    await store.saveWebhook(webhook('done'));
    await store.saveWebhook(webhook('waiting'));
    await store.markWebhookDone('done');
    clock.advance(1);
    expect(await store.sweepWebhooks(clock.now())).toBe(1);
    expect(await store.loadWebhook('waiting')).toMatchObject({
      id: 'waiting',
      action: 'opened',
      receivedAt: new Date(clock.now().getTime() - 1),
    });
    expect(await store.saveWebhook(webhook('done'))).toBe('stored');
  });

  test('starts one goal for one trigger and one unfinished goal for one issue', async () => {
    const first = await create('g1');
    const same = await store.createGoal(asked('g2'), { trigger: 'comment:g1', decide: NOTHING });
    const second = await create('g3');
    const elsewhere = await create('g4', 2);
    expect([first, same, second, elsewhere].map(({ kind, goal }) => [kind, goal.id])).toEqual([
      ['created', 'g1'],
      ['exists', 'g1'],
      ['busy', 'g1'],
      ['created', 'g4'],
    ]);
    await store.record('g1', [cancelled], { decide: NOTHING });
    expect((await create('g5')).kind).toBe('created');
    expect((await store.findActiveGoal(REPOSITORY.id, 1))?.id).toBe('g5');
    await store.record('g5', [cancelled], { decide: NOTHING });
    expect(await store.findActiveGoal(REPOSITORY.id, 1)).toBeUndefined();
    expect(await store.findLatestGoal(REPOSITORY.id, 1)).toBeDefined();
  });

  test('starts one goal when many ask for it at once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        store.createGoal(asked(`g${index}`), { trigger: 'comment:1', decide: run('') }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(new Set(outcomes.map(({ goal }) => goal.id)).size).toBe(1);
    expect((await store.counts()).jobs.goal.queued).toBe(1);
  });

  test('refuses to reopen a goal whose issue has another unfinished one', async () => {
    await create('g1');
    await store.record('g1', [cancelled], { decide: NOTHING });
    await create('g2');
    const reopened = store.record('g1', [{ kind: 'resumed', by: PERSON }], { decide: NOTHING });
    await expect(reopened).rejects.toBeInstanceOf(UserError);
    expect((await store.getGoal('g1')).status).toBe('cancelled');
  });

  test('gives back every event and the same goal', async () => {
    const [first, ...rest] = EVERY_EVENT;
    if (first?.kind !== 'asked') throw new Error('a goal begins with asked');
    await store.createGoal(first, { trigger: 'comment:1', decide: NOTHING });
    let goal = await store.getGoal('g1');
    for (const event of rest) ({ goal } = await store.record('g1', [event], { decide: NOTHING }));
    const events = await store.listEvents('g1');
    expect(events.map(({ event }) => event)).toEqual(EVERY_EVENT);
    expect(events.map(({ seq }) => seq)).toEqual(EVERY_EVENT.map((_, index) => index + 1));
    expect(events[0]?.at).toEqual(clock.now());
    expect(await store.getGoal('g1')).toEqual(goal);
  });

  test('finds goals by pull request and by commit, and none of another repository', async () => {
    await create('g1');
    const pull = { number: 12, url: 'u', head: HEAD, draft: false };
    await store.record('g1', [twoSlices, { kind: 'delivered', slice: 'one', pull }], { decide: NOTHING });
    expect((await store.findGoalByPull(REPOSITORY.id, 12))?.id).toBe('g1');
    expect((await store.listGoalsByHead(REPOSITORY.id, HEAD)).map((goal) => goal.id)).toEqual(['g1']);
    expect(await store.findGoalByPull(REPOSITORY.id + 1, 12)).toBeUndefined();
    expect(await store.listGoalsByHead(REPOSITORY.id + 1, HEAD)).toEqual([]);
    expect(await store.findGoal('none')).toBeUndefined();
    await expect(store.getGoal('none')).rejects.toThrow('There is no goal none');
  });

  test('records all or nothing: when deciding throws, neither events nor jobs nor waits stay', async () => {
    await create('g1');
    const decide: Decide = () => {
      throw new Error('a bug in deciding');
    };
    await expect(store.record('g1', [twoSlices], { decide })).rejects.toThrow('a bug in deciding');
    const duplicate = { unit: 'one', until: clock.now(), reason: 'checks' };
    const halfway: Decide = () => ({ jobs: [{ unit: 'one' }], waits: [duplicate, duplicate] });
    await expect(store.record('g1', [twoSlices], { decide: halfway })).rejects.toThrow(/duplicate key/);
    expect((await store.getGoal('g1')).version).toBe(1);
    expect((await store.counts()).jobs.goal.queued).toBe(0);
    expect(await store.dueWaits(clock.now())).toBe(0);
    expect((await store.record('g1', [twoSlices], { decide: run('one') })).goal.version).toBe(2);
    expect((await store.counts()).jobs.goal.queued).toBe(1);
  });

  test('refuses a stage that saw another turn of its slice, and lets other slices pass', async () => {
    await create('g1');
    await store.record('g1', [twoSlices, started], { decide: NOTHING });
    const late = await store.record('g1', [started], { expect: { slice: 'one', turn: 0 }, decide: run('one') });
    const other = await store.record('g1', [{ kind: 'slice-cancelled', slice: 'two' }], {
      expect: { slice: 'two', turn: 0 },
      decide: NOTHING,
    });
    const missing = await store.record('g1', [started], { expect: { slice: 'none', turn: 0 }, decide: NOTHING });
    expect([late.kind, other.kind, missing.kind]).toEqual(['stale', 'recorded', 'stale']);
    expect((await store.counts()).jobs.goal.queued).toBe(0);
    const version = { expect: { slice: undefined, turn: 1 }, decide: NOTHING };
    expect((await store.record('g1', [started], version)).kind).toBe('stale');
  });

  test('records nothing of a stage that ends after a cancel, but what was spent on it', async () => {
    await create('g1');
    const { goal } = await store.record('g1', [twoSlices, started], { decide: NOTHING });
    const turn = goal.slices[0]?.turn ?? -1;
    await store.record('g1', [cancelled], { decide: NOTHING });
    const pushed: GoalEvent = { kind: 'pushed', slice: 'one', head: HEAD };
    await store.record('g1', [spent]);
    const late = await store.record('g1', [pushed], { expect: { slice: 'one', turn }, decide: run('one') });
    expect(late.kind).toBe('stale');
    expect(late.goal.spend.usd).toBe(0.5);
    expect((await store.listEvents('g1')).map(({ event }) => event.kind)).not.toContain('pushed');
    expect((await store.counts()).jobs.goal.queued).toBe(0);
  });

  test('lets one of many stages at the same turn through', async () => {
    await create('g1');
    await store.record('g1', [twoSlices], { decide: NOTHING });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        store.record('g1', [started], { expect: { slice: 'one', turn: 0 }, decide: run('one', 'two', '') }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
    expect((await store.counts()).jobs.goal.queued).toBe(3);
  });

  test('runs a unit once at a time and once more for all that asked meanwhile, and other units beside it', async () => {
    await create('g1');
    const running = signal();
    const mayEnd = signal();
    const seen: string[] = [];
    let now = 0;
    let most = 0;
    const goal: Handlers['goal'] = async ({ unit, hinted }) => {
      seen.push(`${unit} ${hinted}`);
      if (unit !== 'one') return;
      most = Math.max(most, ++now);
      running.resolve();
      await mayEnd.promise;
      now--;
    };
    await work({ goal });
    await store.record('g1', [], { decide: run('one') });
    await running.promise;
    await store.record('g1', [], { decide: run('one', 'two') });
    await store.wake('g1', 'one');
    await store.record('g1', [], { decide: run('one') });
    expect((await store.counts()).jobs.goal.active).toBeGreaterThan(0);
    mayEnd.resolve();
    await store.idle();
    expect(seen.sort()).toEqual(['one false', 'one true', 'two false']);
    expect(most).toBe(1);
  });

  test('takes the next jobs at once, without waiting for a poll', async () => {
    const { goal } = await create('g1');
    await work({}, 1);
    const began = performance.now();
    await store.record(goal.id, [], { decide: run(...Array.from({ length: 20 }, (_, index) => `s${index}`)) });
    await store.idle();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('gives one installation no more than its share of workers', async () => {
    await create('g1');
    const quiet = asked('g2', { repository: { ...REPOSITORY, id: 6, installationId: 66 } });
    await store.createGoal(quiet, { trigger: 'comment:1', decide: NOTHING });
    const other = signal();
    const mayEnd = signal();
    let busy = 0;
    const goal: Handlers['goal'] = async ({ goalId }) => {
      if (goalId === 'g2') return other.resolve();
      busy++;
      await mayEnd.promise;
    };
    await store.record('g1', [], { decide: run('a', 'b', 'c', 'd') });
    await store.record('g2', [], { decide: run('') });
    const handlers: Handlers = { webhook: () => Promise.resolve(), goal };
    await store.work(handlers, { concurrency: 2, perInstallation: 1 });
    await other.promise;
    expect(busy).toBe(1);
    mayEnd.resolve();
    await store.idle();
    expect(busy).toBe(4);
  });

  test('runs a waiting unit when the clock reaches its time, and forgets a wait that was decided anew', async () => {
    await create('g1');
    const ran: string[] = [];
    await work({ goal: ({ unit }) => Promise.resolve(void ran.push(unit)) });
    const at = (ms: number) => new Date(clock.now().getTime() + ms);
    const first: Decide = () => ({
      jobs: [],
      waits: [
        { unit: 'one', until: at(60_000), reason: 'checks' },
        { unit: 'two', until: at(60_000), reason: 'checks' },
      ],
    });
    await store.record('g1', [], { decide: first });
    const second: Decide = () => ({ jobs: [], waits: [{ unit: 'one', until: at(60_000), reason: 'checks' }] });
    await store.record('g1', [], { decide: second });
    clock.advance(59_999);
    await store.idle();
    expect(ran).toEqual([]);
    clock.advance(1);
    await store.idle();
    expect(ran).toEqual(['one']);
    expect(await store.dueWaits(clock.now())).toBe(0);
  });

  test('is not idle while something else queues what became due', async () => {
    await create('g1');
    const ran: string[] = [];
    await work({ goal: ({ unit }) => Promise.resolve(void ran.push(unit)) });
    const waits: Decide = () => ({ jobs: [], waits: [{ unit: 'one', until: clock.now(), reason: 'checks' }] });
    await store.record('g1', [], { decide: waits });
    const idle = store.idle();
    expect(await store.dueWaits(clock.now())).toBe(1);
    await idle;
    expect(ran).toEqual(['one']);
  });

  test('gives a due wait to one of many that look at once', async () => {
    await create('g1');
    const units = Array.from({ length: 150 }, (_, index) => `s${index}`);
    const waits = units.map((unit) => ({ unit, until: clock.now(), reason: 'checks' }));
    await store.record('g1', [], { decide: () => ({ jobs: [], waits }) });
    const counts = await Promise.all([1, 2, 3, 4].map(() => store.dueWaits(clock.now())));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(150);
    expect((await store.counts()).jobs.goal.queued).toBe(150);
  });

  test('puts back a unit with a passing fault until its time, whatever asks for it before', async () => {
    await create('g1');
    let tries = 0;
    await work({
      goal: () => {
        tries++;
        return tries === 1 ? Promise.reject(new TransientError('rate limit', 30_000)) : Promise.resolve();
      },
    });
    await store.record('g1', [], { decide: run('one') });
    await store.idle();
    await store.wake('g1', 'one');
    await store.record('g1', [], { decide: run('one') });
    clock.advance(29_999);
    await store.idle();
    expect(tries).toBe(1);
    clock.advance(1);
    await store.idle();
    expect(tries).toBe(2);
  });

  test('puts back a webhook with a passing fault until its time', async () => {
    let tries = 0;
    await work({
      webhook: async (id) => {
        tries++;
        if (tries === 1) throw new TransientError('GitHub is away', 5_000);
        await store.markWebhookDone(id);
      },
    });
    await store.saveWebhook(webhook('d1'));
    await store.idle();
    expect(tries).toBe(1);
    clock.advance(5_000);
    await store.idle();
    expect(tries).toBe(2);
    expect(await store.loadWebhook('d1')).toBeUndefined();
  });

  test('puts back, of webhooks that share a job, the one with a fault alone', async () => {
    const handled: string[] = [];
    await work({
      webhook: async (id) => {
        handled.push(id);
        if (id === 'd2' && handled.length <= 3) throw new TransientError('GitHub is away', 5_000);
        await store.markWebhookDone(id);
      },
    });
    await Promise.all(['d1', 'd2', 'd3'].map((id) => store.saveWebhook(webhook(id))));
    await store.idle();
    expect(handled.toSorted()).toEqual(['d1', 'd2', 'd3']);
    clock.advance(5_000);
    await store.idle();
    expect(handled.slice(3)).toEqual(['d2']);
    expect(await store.loadWebhook('d2')).toBeUndefined();
  });

  test('webhooks that come at once share a job, and one that an earlier release queued alone is handled', async () => {
    await Promise.all(['d1', 'd2', 'd3'].map((id) => store.saveWebhook(webhook(id))));
    expect((await store.counts()).jobs.webhook.queued).toBe(1);
    await opened.engine.boss.send('webhook', { id: 'old', failures: 0 }, { singletonKey: 'old' });
    const handled: string[] = [];
    await work({ webhook: (id) => Promise.resolve(void handled.push(id)) });
    await store.idle();
    expect(handled.toSorted()).toEqual(['d1', 'd2', 'd3', 'old']);
  });

  test('gives up a job whose handler has a bug after three more tries, and the unit can be run again', async () => {
    await create('g1');
    const tries = { goal: 0, webhook: 0 };
    await work({
      goal: () => (++tries.goal <= 4 ? Promise.reject(new Error('bug')) : Promise.resolve()),
      webhook: () => (++tries.webhook, Promise.reject(new Error('bug'))),
    });
    await store.saveWebhook(webhook('d1'));
    await store.record('g1', [], { decide: run('') });
    for (let count = 0; count < 6; count++) {
      await store.idle();
      clock.advance(1_000_000);
    }
    expect(tries).toEqual({ goal: 4, webhook: 4 });
    await store.wake('g1');
    await store.idle();
    expect(tries.goal).toBe(5);
  });

  test('does not wake a goal that is not there', async () => {
    await store.wake('none', 'one');
    expect((await store.counts()).jobs.goal.queued).toBe(0);
  });

  test('hints that come in a swarm make one run, at the time the first one asked for', async () => {
    await create('g1', 1);
    const seen: string[] = [];
    await work({ goal: ({ unit, hinted }) => Promise.resolve(void seen.push(`${unit} ${hinted}`)) });
    const later = (ms: number) => new Date(clock.now().getTime() + ms);
    await store.wake('g1', 'one', later(3_000));
    await store.wake('g1', 'one', later(5_000));
    const waits = [{ unit: 'one', until: later(60_000), reason: 'checks' }];
    await store.record('g1', [], { decide: () => ({ jobs: [], waits }) });
    await store.idle();
    expect(seen).toEqual([]);
    clock.advance(3_000);
    await store.idle();
    expect(seen).toEqual(['one true']);
    clock.advance(10_000);
    await store.idle();
    expect(seen).toEqual(['one true']);
  });

  test('keeps a hint over a fault, and one that comes while the unit is put back', async () => {
    await create('g1', 1);
    const seen: boolean[] = [];
    const away = [true, false, true, false];
    await work({
      goal: ({ hinted }) => {
        seen.push(hinted);
        return away.shift() ? Promise.reject(new TransientError('GitHub is away', 30_000)) : Promise.resolve();
      },
    });
    await store.wake('g1', 'one');
    await store.idle();
    clock.advance(30_000);
    await store.idle();
    expect(seen).toEqual([true, true]);
    await store.record('g1', [], { decide: run('one') });
    await store.idle();
    await store.wake('g1', 'one', new Date(clock.now().getTime() + 3_000));
    clock.advance(3_000);
    await store.idle();
    expect(seen).toEqual([true, true, false]);
    clock.advance(27_000);
    await store.idle();
    expect(seen).toEqual([true, true, false, true]);
    clock.advance(60_000);
    await store.idle();
    expect(seen).toHaveLength(4);
  });

  test('a unit with a bug is given up, hinted or not', async () => {
    await create('g1', 1);
    let tries = 0;
    await work({
      goal: () => {
        tries += 1;
        return Promise.reject(new Error('a bug'));
      },
    });
    await store.wake('g1', 'one');
    for (let round = 0; round < 9; round += 1) {
      await store.idle();
      clock.advance(600_000);
    }
    await store.idle();
    expect(tries).toBe(4);
  });

  test('keeps a hint that comes to a unit queued without one', async () => {
    await create('g1', 1, run('one'));
    await store.wake('g1', 'one');
    const hints: boolean[] = [];
    await work({ goal: ({ hinted }) => Promise.resolve(void hints.push(hinted)) });
    await store.idle();
    expect(hints).toEqual([true]);
  });

  test('stops working: signals abort, what threw runs again after the next start, what waits stays', async () => {
    await create('g1', 1, run('one'));
    const running = signal();
    const goal: Handlers['goal'] = async (_job, abort) => {
      running.resolve();
      await new Promise((_resolve, reject) => abort.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    await work({ goal });
    await running.promise;
    expect(await store.stopWorking({ timeoutMs: 10_000 })).toBe('stopped');
    await store.record('g1', [], { decide: run('two') });
    const ran: string[] = [];
    await work({ goal: ({ unit }) => Promise.resolve(void ran.push(unit)) });
    await store.idle();
    expect(ran.sort()).toEqual(['one', 'two']);
  });

  test('does not wait for ever for a handler that does not hear the signal', async () => {
    await create('g1', 1, run('one'));
    const running = signal();
    const mayEnd = signal();
    await work({ goal: () => (running.resolve(), mayEnd.promise) });
    await running.promise;
    expect(await store.stopWorking({ timeoutMs: 50 })).toBe('timed-out');
    mayEnd.resolve();
  });

  test('says the place in the queue and counts', async () => {
    await create('g1', 1, run('one', 'two'));
    await create('g2', 2, run('one'));
    await create('g3', 3);
    expect(await Promise.all(['g1', 'g2', 'g3'].map((id) => store.queuePlace(id)))).toEqual([0, 2, undefined]);
    await store.saveWebhook(webhook('d1'));
    await store.record('g3', [cancelled], { decide: NOTHING });
    expect(await store.counts()).toEqual({
      jobs: { webhook: { queued: 1, active: 0 }, goal: { queued: 3, active: 0 } },
      goals: { queued: 2, cancelled: 1 },
    });
  });

  test('tells those who watch of recorded events, and not of what was rolled back', async () => {
    const heard: string[] = [];
    const last = signal();
    const stop = store.watch((goalId) => {
      heard.push(goalId);
      if (goalId === 'g2') last.resolve();
    });
    await create('g1');
    const decide: Decide = () => {
      throw new Error('no');
    };
    await expect(store.record('g1', [spent], { decide })).rejects.toThrow('no');
    await store.record('g1', [spent], { decide: NOTHING });
    await create('g2', 2);
    await last.promise;
    stop();
    expect(heard).toEqual(['g1', 'g1', 'g2']);
  });

  test('knows whether an outside effect was tried before and what came of it', async () => {
    await create('g1');
    const intention = { goalId: 'g1', key: 'pull:g1:one', kind: 'pull', detail: { branch: 'omk/1/one' } };
    const first = await store.intendEffect(intention);
    const second = await store.intendEffect(intention);
    await store.settleEffect(intention.key, { number: 12 });
    await store.settleEffect(intention.key, { number: 13 });
    const third = await store.intendEffect(intention);
    expect([first.kind, second.kind, third.kind]).toEqual(['fresh', 'intended', 'settled']);
    expect(third.effect).toMatchObject({
      detail: { branch: 'omk/1/one' },
      result: { number: 12 },
      settledAt: clock.now(),
    });
    expect(await store.findEffect('none')).toBeUndefined();
    await expect(store.settleEffect('none', 1)).rejects.toThrow('never intended');
  });

  test('lends to one holder at a time over all processes, until the time is over or the holder gives it back', async () => {
    const at = (ms: number) => new Date(clock.now().getTime() + ms);
    const lane = (holder: string, ms: number) => ({ name: 'merge:1:main', holder, until: at(ms) });
    const race = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => store.takeLease(lane(holder, 10_000))));
    expect(race.filter(Boolean)).toHaveLength(1);
    const winner = ['a', 'b', 'c', 'd'][race.indexOf(true)] ?? '';
    expect(await store.takeLease(lane(winner, 20_000))).toBe(true);
    expect(await store.takeLease({ ...lane('other', 10_000), name: 'merge:1:dev' })).toBe(true);
    clock.advance(19_999);
    expect(await store.takeLease(lane('late', 10_000))).toBe(false);
    clock.advance(1);
    expect(await store.takeLease(lane('late', 10_000))).toBe(true);
    await store.endLease(lane(winner, 0));
    expect(await store.takeLease(lane(winner, 10_000))).toBe(false);
    await store.endLease(lane('late', 5_000));
    expect(await store.takeLease(lane('late', 10_000))).toBe(false);
    clock.advance(5_000);
    expect(await store.takeLease(lane(winner, 10_000))).toBe(true);
  });

  test('a group has so many places, over all processes, and a place is taken twice by nobody but its holder', async () => {
    const other = engine === 'PostgreSQL' ? await openAt(place, clock) : store;
    if (other !== store) others.push(other);
    const take = (holder: string, from = store) =>
      from.takePlace({ group: 'repository:1', holder, most: 2, until: new Date(clock.now().getTime() + 1_000) });
    const taken = await Promise.all(
      Array.from({ length: 8 }, (_, index) => take(`unit ${index}`, index % 2 ? other : store)),
    );
    expect(taken.filter(Boolean)).toHaveLength(2);
    const [first, second] = taken.flatMap((got, index) => (got ? [`unit ${index}`] : []));
    expect(await take(first ?? '')).toBe(true);
    expect(await take('late')).toBe(false);
    await store.leavePlace({ group: 'repository:1', holder: second ?? '' });
    expect([await take('next'), await take('late')]).toEqual([true, false]);
    clock.advance(1_000);
    expect(await take('late')).toBe(true);
    expect(await store.takePlace({ group: 'repository:11', holder: 'a', most: 1, until: clock.now() })).toBe(true);
  });

  test('freezes and unfreezes a repository', async () => {
    const freeze = { reason: 'release', by: PERSON, at: clock.now() };
    await store.setFreeze(REPOSITORY.id, { ...freeze, reason: 'first' });
    await store.setFreeze(REPOSITORY.id, freeze);
    expect(await store.getFreeze(REPOSITORY.id)).toEqual(freeze);
    await store.setFreeze(REPOSITORY.id, undefined);
    expect(await store.getFreeze(REPOSITORY.id)).toBeUndefined();
  });

  test('lists 1,000 goals quickly, the newest first', async () => {
    for (let issue = 1; issue <= 1_000; issue++) {
      await create(`g${issue}`, issue);
      clock.advance(1);
    }
    const began = performance.now();
    const listed = await store.listGoals({ limit: 1_000 });
    const listMs = performance.now() - began;
    process.stdout.write(`${engine}: 1,000 goals listed in ${listMs.toFixed(0)} ms\n`);
    expect(listed).toHaveLength(1_000);
    expect(listed[0]).toMatchObject({ id: 'g1000', owner: 'octo', name: 'hello', issue: 1_000, status: 'queued' });
    expect(listMs).toBeLessThan(1_000);
    expect(await store.listGoals({ limit: 5, ended: true })).toEqual([]);
    expect(await store.listGoals({ limit: 5, ended: false, repositoryId: REPOSITORY.id })).toHaveLength(5);
  });

  test('stores webhooks within milliseconds', async () => {
    const times: number[] = [];
    const payload = { body: 'x'.repeat(20_000) };
    for (let count = 0; count < 200; count++) {
      const began = performance.now();
      await store.saveWebhook({ ...webhook(`d${count}`), payload });
      times.push(performance.now() - began);
    }
    const [p50, p99] = [0.5, 0.99].map((part) => times.sort((a, b) => a - b)[Math.floor(times.length * part)] ?? NaN);
    process.stdout.write(
      `${engine}: webhook of 20 kB stored in p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms\n`,
    );
    expect(p50).toBeLessThan(100);
  });

  if (engine === 'PostgreSQL') {
    test('two processes work on one database: two starters migrate at once, no unit runs twice at a time', async () => {
      const empty = await newPlace();
      const [a, b] = await Promise.all([openAt(empty, clock), openAt(empty, clock)]);
      others.push(a, b);
      await a.createGoal(asked('g1'), { trigger: 'comment:1', decide: NOTHING });
      const busy = new Map<string, number>();
      let most = 0;
      let runs = 0;
      const goal: Handlers['goal'] = async ({ unit }) => {
        runs++;
        busy.set(unit, (busy.get(unit) ?? 0) + 1);
        most = Math.max(most, busy.get(unit) ?? 0);
        await a.getGoal('g1');
        busy.set(unit, (busy.get(unit) ?? 0) - 1);
      };
      await work({ goal }, 4, a);
      await work({ goal }, 4, b);
      for (let round = 0; round < 20; round++) {
        await Promise.all([a, b].map((each) => each.record('g1', [], { decide: run('x', 'y', 'z') })));
      }
      await a.idle();
      expect(most).toBe(1);
      expect(runs).toBeGreaterThanOrEqual(3);
    });
  } else {
    test('a second store on the data directory is refused', async () => {
      await expect(openAt(place, clock)).rejects.toThrow(`is in use by process ${process.pid}`);
    });
  }

  test('refuses a database that a newer omk wrote', async () => {
    const newer = await newPlace();
    await (await openAt(newer, clock)).close();
    await withDatabase(newer, "insert into omk_migration (name, timestamp) values ('9999-future', '2099')");
    await expect(openAt(newer, clock)).rejects.toThrow('The database was written by a newer omk.');
    await newer.remove();
  });
});

async function withDatabase(place: Place, statement: string): Promise<void> {
  if (place.databaseUrl !== undefined) {
    const { Client } = await import('pg');
    const client = new Client({ connectionString: place.databaseUrl });
    await client.connect();
    await client.query(statement);
    await client.end();
    return;
  }
  const { PGlite } = await import('@electric-sql/pglite');
  const pglite = await PGlite.create(`${place.dataDir}/pg`);
  await pglite.exec(statement);
  await pglite.close();
}
