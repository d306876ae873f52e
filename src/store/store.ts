import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { UserError } from '../errors.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, GoalStatus } from '../goal/goal.ts';
import { around, killPoint } from '../kill-point.ts';
import { inBatches } from './batch.ts';
import type { Clock } from './clock.ts';
import {
  findEffect,
  intendEffect,
  listEffects,
  renewEffect,
  settleEffect,
  type Effect,
  type Intention,
} from './effect.ts';
import { openEngine, type Engine } from './engine.ts';
import { findFreeze, setFreeze, type Freeze } from './freeze.ts';
import { countHeard, sweepHeard, type Said } from './heard.ts';
import * as goals from './goals.ts';
import type { Asked, Created, Decide, Expect, Recorded, RecordedEvent } from './goals.ts';
import * as lookup from './lookup.ts';
import type { GoalFilter, GoalSummary } from './lookup.ts';
import { countJobs, findPlace, sendDue, sendUnit, sendWebhooks, startQueue, type JobCounts } from './queue.ts';
import { endLease, leavePlace, sweepLeases, takeLease, takePlace, type Lease, type Place } from './lease.ts';
import { migrate, type Tx } from './schema.ts';
import { hintUnit } from './wait.ts';
import { announceChange, openWatch } from './watch.ts';
import {
  findWebhooks,
  finishWebhooks,
  insertWebhooks,
  listUnknownWebhooks,
  sweepWebhooks,
  type Webhook,
} from './webhook.ts';
import { startWorkers, type Handlers, type WorkOptions, type Workers } from './worker.ts';

export type { Clock } from './clock.ts';
export type { Decide } from './goals.ts';
export type { Handlers } from './worker.ts';

export type Store = {
  /** Stores a webhook and queues its handling, both or neither. `seen`: this delivery id was stored before. */
  saveWebhook(webhook: Webhook): Promise<'stored' | 'seen'>;
  /** Undefined when it is unknown or done. */
  loadWebhook(id: string): Promise<Webhook | undefined>;
  markWebhookDone(id: string): Promise<void>;
  /** Those of these delivery ids that were never stored. */
  listUnknownWebhooks(ids: readonly string[]): Promise<string[]>;
  /** Counts what was said in a place within `windowMs`, this included; the same again gives the same number. */
  countHeard(said: Said, windowMs: number): Promise<number>;
  /** Forgets webhooks that arrived before `before` and are done or given up, and what was counted or leased before; returns how many webhooks. */
  sweepWebhooks(before: Date): Promise<number>;

  /**
   * Starts a goal. `trigger` is what started it, such as `comment:<id>`: the same one starts one goal only (`exists`).
   * `busy`: the issue has an unfinished goal, this one.
   */
  createGoal(asked: Asked, options: { trigger: string; decide: Decide }): Promise<Created>;
  getGoal(id: string): Promise<Goal>;
  findGoal(id: string): Promise<Goal | undefined>;
  findActiveGoal(repositoryId: number, issue: number): Promise<Goal | undefined>;
  /** The goal of the issue that is at work, or else the newest. */
  findLatestGoal(repositoryId: number, issue: number): Promise<Goal | undefined>;
  findGoalByPull(repositoryId: number, pull: number): Promise<Goal | undefined>;
  listGoalsByHead(repositoryId: number, sha: string): Promise<Goal[]>;
  listGoals(filter: GoalFilter): Promise<GoalSummary[]>;
  /** In the order they were recorded; none if there is no such goal. */
  listEvents(goalId: string): Promise<RecordedEvent[]>;

  /**
   * Appends the events and does what `decide` makes of the goal after them, all in one transaction or nothing of it; without `decide` nothing follows.
   * `stale`: what `expect` names has moved, or a slice's stage comes after the goal's end; then nothing is recorded.
   * Throws a `UserError` if the events would reopen a goal whose issue has another unfinished one.
   */
  record(
    goalId: string,
    events: readonly GoalEvent[],
    options?: { expect?: Expect; decide?: Decide },
  ): Promise<Recorded>;
  /**
   * Runs the unit now, or again if it runs now, with `hinted`; or `at` a time, unless an earlier one was asked for.
   * A hold is respected. Nothing happens if there is no such goal.
   */
  wake(goalId: string, slice?: string, at?: Date): Promise<void>;
  /** Queues what waited until `now`; returns how much. `work` does this each second by the clock. */
  dueWaits(now: Date): Promise<number>;
  /** Tells of every goal with new events, recorded by any process. Returns how to stop it. */
  watch(listener: (goalId: string) => void): () => void;

  work(handlers: Handlers, options: WorkOptions): Promise<void>;
  /** Takes no more jobs, aborts the signals of those that run and waits for them. What is left runs again elsewhere or after a start. */
  stopWorking(options: { timeoutMs: number }): Promise<'stopped' | 'timed-out'>;
  /** How many units are queued before the goal's first; undefined when none of the goal's is queued. */
  queuePlace(goalId: string): Promise<number | undefined>;
  counts(): Promise<{ jobs: JobCounts; goals: Partial<Record<GoalStatus, number>> }>;
  /** Resolves when nothing is due, queued or running. Needs working workers to make progress. */
  idle(): Promise<void>;

  /** Writes down an outside effect before it is tried, and says whether that was done before. */
  intendEffect(intention: Intention): Promise<{ kind: 'fresh' | 'intended' | 'settled'; effect: Effect }>;
  settleEffect(key: string, result: unknown): Promise<Effect>;
  /** Writes down what something that is done again and again, such as a comment that is edited, came to last. */
  renewEffect(key: string, result: unknown): Promise<void>;
  findEffect(key: string): Promise<Effect | undefined>;
  /** What was settled last of a kind in a repository, newest first. */
  listEffects(which: { repositoryId: number; kind: string; limit: number }): Promise<Effect[]>;

  /** Takes or prolongs a lease by the store's clock; false if another holder has it. */
  takeLease(lease: Lease): Promise<boolean>;
  /** Lets the holder's lease end at `until`. */
  endLease(lease: Lease): Promise<void>;
  /** Takes or prolongs the holder's place, one of `most` of a group over all processes; false if others have them all. */
  takePlace(place: Place & { until: Date; most: number }): Promise<boolean>;
  leavePlace(place: Place): Promise<void>;

  getFreeze(repositoryId: number): Promise<Freeze | undefined>;
  setFreeze(repositoryId: number, freeze: Freeze | undefined): Promise<void>;

  /** Stops working if need be and closes everything. May be called twice. */
  close(): Promise<void>;
};

/** What the parts of the store share. */
type Context = { engine: Engine; clock: Clock; log: Logger };

/**
 * Opens the store: PostgreSQL at `databaseUrl`, or PGlite in `dataDir` for this process alone. Brings its tables up to date.
 * Throws a `UserError` if another process has the data directory, or a newer omk wrote the database.
 */
export async function openStore(options: {
  databaseUrl: string | undefined;
  dataDir: string;
  clock: Clock;
  log: Logger;
}): Promise<Store> {
  const engine = await openEngine(options);
  try {
    return await openStoreOn(engine, options);
  } catch (error) {
    await closeEngine(engine);
    throw error;
  }
}

/** The store on this engine, which is its own from now on: it closes it in the end. */
export async function openStoreOn(engine: Engine, { clock, log }: { clock: Clock; log: Logger }): Promise<Store> {
  await migrate(engine.db);
  await startQueue(engine);
  const context = { engine, clock, log };
  const watching = await openWatch(engine);
  const working = workPart(context);
  let closing: Promise<void> | undefined;
  const close = async () => {
    await working.stopWorking({ timeoutMs: 1_000 });
    await watching.close();
    await closeEngine(engine);
  };
  return {
    ...webhookPart(context),
    ...goalPart(context),
    ...effectPart(context),
    ...working,
    watch: (listener) => watching.watch(listener),
    close: () => (closing ??= close()),
  };
}

async function closeEngine(engine: Engine): Promise<void> {
  await engine.boss.stop({ graceful: false });
  await engine.close();
}

/** What comes in at once is stored, and handled, at once: a query costs more than a row. */
const WEBHOOK_BATCH = 50;

function webhookPart({ engine: { db, boss }, clock }: Context) {
  const insertAndQueue = async (tx: Tx, webhooks: Webhook[]) => {
    const outcomes = await insertWebhooks(tx, webhooks);
    const stored = webhooks.filter((_, index) => outcomes[index] === 'stored');
    await sendWebhooks(
      boss,
      tx,
      stored.map(({ id }) => ({ id, failures: 0 })),
    );
    return outcomes;
  };
  return {
    saveWebhook: inBatches(WEBHOOK_BATCH, (webhooks: Webhook[]) =>
      around('webhook:save', () => db.transaction().execute((tx) => insertAndQueue(tx, webhooks))),
    ),
    loadWebhook: inBatches(WEBHOOK_BATCH, (ids: string[]) => findWebhooks(db, ids)),
    markWebhookDone: inBatches(WEBHOOK_BATCH, async (ids: string[]) => {
      await around('webhook:done', () => finishWebhooks(db, ids));
      return ids.map(() => undefined);
    }),
    listUnknownWebhooks: (ids: readonly string[]) => listUnknownWebhooks(db, ids),
    countHeard: (said: Said, windowMs: number) => countHeard(db, said, { at: clock.now(), windowMs }),
    sweepWebhooks: async (before: Date) => {
      await sweepHeard(db, before);
      await sweepLeases(db, before);
      return sweepWebhooks(db, before);
    },
  };
}

/** Records between the points `before:event:<kind>` and `after:event:<kind>` of each event. */
async function aroundEvents<T>(events: readonly GoalEvent[], recording: () => Promise<T>): Promise<T> {
  for (const { kind } of events) killPoint(`before:event:${kind}`);
  const recorded = await recording();
  for (const { kind } of events) killPoint(`after:event:${kind}`);
  return recorded;
}

function goalPart({ engine: { db, boss }, clock }: Context) {
  const findActiveGoal = (repositoryId: number, issue: number) =>
    lookup.findGoalOfIssue(db, { repositoryId, issue, unfinished: true });
  return {
    async createGoal(asked: Asked, { trigger, decide }: { trigger: string; decide: Decide }): Promise<Created> {
      const { id: repositoryId } = asked.repository;
      // The goal in the way may end between the two looks, so look again.
      for (let attempt = 0; attempt < 3; attempt++) {
        const creation = { asked, trigger, at: clock.now(), decide };
        const created = await aroundEvents([asked], () =>
          db.transaction().execute(async (tx) => {
            await announceChange(tx, asked.id);
            return goals.insertGoal(tx, boss, creation);
          }),
        );
        if (created) return { kind: 'created', goal: created };
        const same = await lookup.findGoalByTrigger(db, repositoryId, trigger);
        if (same) return { kind: 'exists', goal: same };
        const active = await findActiveGoal(repositoryId, asked.issue);
        if (active) return { kind: 'busy', goal: active };
      }
      throw new Error(`Goal ${asked.id} could not be created`);
    },
    async getGoal(id: string): Promise<Goal> {
      const goal = await goals.findGoal(db, id);
      if (!goal) throw new Error(`There is no goal ${id}`);
      return goal;
    },
    findGoal: (id: string) => goals.findGoal(db, id),
    findActiveGoal,
    findLatestGoal: (repositoryId: number, issue: number) =>
      lookup.findGoalOfIssue(db, { repositoryId, issue, unfinished: false }),
    findGoalByPull: (repositoryId: number, pull: number) => lookup.findGoalByPull(db, repositoryId, pull),
    listGoalsByHead: (repositoryId: number, sha: string) => lookup.listGoalsByHead(db, repositoryId, sha),
    listGoals: (filter: GoalFilter) => lookup.listGoals(db, filter),
    listEvents: (goalId: string) => goals.listEvents(db, goalId),
    async record(
      goalId: string,
      events: readonly GoalEvent[],
      { expect, decide }: { expect?: Expect; decide?: Decide } = {},
    ): Promise<Recorded> {
      const step = { goalId, events, expect, at: clock.now(), decide };
      try {
        return await aroundEvents(events, () =>
          db.transaction().execute(async (tx) => {
            if (events.length > 0) await announceChange(tx, goalId);
            return goals.recordEvents(tx, boss, step);
          }),
        );
      } catch (error) {
        throw goals.isSecondUnfinished(error) ? busyIssue(goalId) : error;
      }
    },
    wake: (goalId: string, slice = '', at?: Date) =>
      db.transaction().execute(async (tx) => {
        const installationId = await lookup.findInstallation(tx, goalId);
        if (installationId === undefined) return;
        if (at) return hintUnit(tx, { goalId, unit: slice }, at);
        await sendUnit(boss, tx, { goalId, unit: slice, installationId, hinted: true, failures: 0 });
      }),
  };
}

function busyIssue(goalId: string): UserError {
  return new UserError(
    `Goal ${goalId} cannot go on: its issue has another unfinished goal.`,
    'Wait for that goal, or cancel it with `/omk cancel`.',
  );
}

function effectPart({ engine: { db }, clock }: Context) {
  return {
    intendEffect: (intention: Intention) => around('effect:intend', () => intendEffect(db, intention, clock.now())),
    settleEffect: (key: string, result: unknown) =>
      around('effect:settle', () => settleEffect(db, key, { result, now: clock.now() })),
    renewEffect: (key: string, result: unknown) =>
      around('effect:renew', () => renewEffect(db, key, { result, now: clock.now() })),
    findEffect: (key: string) => findEffect(db, key),
    listEffects: (which: { repositoryId: number; kind: string; limit: number }) => listEffects(db, which),
    takeLease: (lease: Lease) => takeLease(db, lease, clock.now()),
    endLease: (lease: Lease) => endLease(db, lease),
    takePlace: (place: Place & { until: Date; most: number }) =>
      db.transaction().execute((tx) => takePlace(tx, place, clock.now())),
    leavePlace: (place: Place) => leavePlace(db, place),
    getFreeze: (repositoryId: number) => findFreeze(db, repositoryId),
    setFreeze: (repositoryId: number, freeze: Freeze | undefined) => setFreeze(db, repositoryId, freeze),
  };
}

function workPart({ engine, clock, log }: Context) {
  const settled = new EventEmitter();
  let looking: Promise<unknown> = Promise.resolve();
  // One look after the other: what one has locked another passes over, and would say that nothing is due.
  const queueDue = (now: Date): Promise<number> => {
    const sent = looking.then(() => sendDue(engine, now));
    looking = sent.catch(() => undefined);
    return sent;
  };
  let workers: Workers | undefined;
  return {
    dueWaits: queueDue,
    async work(handlers: Handlers, options: WorkOptions): Promise<void> {
      if (workers) throw new Error('This store is working already');
      workers = await startWorkers({ engine, clock, log, settled, queueDue }, handlers, options);
    },
    async stopWorking(options: { timeoutMs: number }): Promise<'stopped' | 'timed-out'> {
      const stopping = workers;
      workers = undefined;
      return (await stopping?.stop(options)) ?? 'stopped';
    },
    queuePlace: (goalId: string) => findPlace(engine, goalId),
    counts: async () => ({ jobs: await countJobs(engine), goals: await lookup.countGoals(engine.db) }),
    async idle(): Promise<void> {
      const isBusy = async () => {
        const { webhook, goal } = await countJobs(engine);
        return webhook.queued + webhook.active + goal.queued + goal.active > 0;
      };
      for (;;) {
        if (await isBusy()) await nextSettled(settled);
        // What became due may have been queued by the workers a moment ago.
        else if ((await queueDue(clock.now())) === 0 && !(await isBusy())) return;
      }
    },
  };
}

/** Resolves when a job of this process ends; after a fifth of a second in any case, as another process may have done the work. */
function nextSettled(settled: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      settled.off('settled', done);
      resolve();
    };
    const timer = setTimeout(done, 200);
    settled.once('settled', done);
  });
}
