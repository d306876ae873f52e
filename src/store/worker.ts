import type { EventEmitter } from 'node:events';
import { fromKysely, type Job } from 'pg-boss';
import type { Logger } from 'pino';
import { TransientError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { wakePlace, type Engine } from './engine.ts';
import type { GoalJob, WebhookJob, WebhookPart } from './queue.ts';
import type { Tx } from './schema.ts';
import { hintUnit, holdUnit, type Hold } from './wait.ts';
import { failWebhook, holdWebhook } from './webhook.ts';

/**
 * What is done with a job. The signal says that this process stops, or that the job was given to another worker: end soon and throw.
 * A `TransientError` runs the job again after its time; any other error three times more, then it is given up and logged.
 */
export type Handlers = {
  webhook(id: string, signal: AbortSignal): Promise<void>;
  goal(job: { goalId: string; unit: string; hinted: boolean; failures: number }, signal: AbortSignal): Promise<void>;
};

/** Goal jobs at a time in this process: `concurrency` in all, `perInstallation` of one installation, so that each process keeps a place for others. */
export type WorkOptions = { concurrency: number; perInstallation: number };

export type Workers = { stop(options: { timeoutMs: number }): Promise<'stopped' | 'timed-out'> };

/** `settled` gets the event `settled` after each job. `queueDue` queues what is due. */
export type WorkContext = {
  engine: Engine;
  clock: Clock;
  log: Logger;
  settled: EventEmitter;
  queueDue: (now: Date) => Promise<number>;
};

const HEARTBEAT_REFRESH_SECONDS = 5;
const POLL_SECONDS = 2;
const DUE_INTERVAL_MS = 1_000;
const WEBHOOK_PLACES = 2;
/** Jobs with webhooks of one place at a time. */
const WEBHOOK_BATCH = 5;
const MAX_FAILURES = 3;

/** Starts taking jobs, and queueing what becomes due. */
export async function startWorkers(context: WorkContext, handlers: Handlers, options: WorkOptions): Promise<Workers> {
  const { engine, clock, log, queueDue } = context;
  const stopping = new AbortController();
  const webhook: Work<WebhookJob, WebhookPart> = {
    queue: 'webhook',
    parts: (job) => ('webhooks' in job ? job.webhooks : [job]),
    handle: ({ id }, signal) => handlers.webhook(id, signal),
    hold: (tx, { id }, hold) => holdWebhook(tx, id, hold),
    giveUp: (tx, { id }) => failWebhook(tx, id),
    batch: WEBHOOK_BATCH,
  };
  const goal: Work<GoalJob> = {
    queue: 'goal',
    parts: (job) => [job],
    handle: ({ goalId, unit, hinted, failures }, signal) => handlers.goal({ goalId, unit, hinted, failures }, signal),
    hold: async (tx, job, hold) => {
      await holdUnit(tx, job, hold);
      if (job.hinted) await hintUnit(tx, { ...job, failures: hold.failures }, hold.until);
    },
    giveUp: () => Promise.resolve(),
    batch: 1,
    perGroup: options.perInstallation,
  };
  await startPlaces(context, webhook, { places: WEBHOOK_PLACES, stopping: stopping.signal });
  await startPlaces(context, goal, { places: options.concurrency, stopping: stopping.signal });
  let looks = false;
  const lookForDue = async () => {
    if (looks) return;
    looks = true;
    try {
      await queueDue(clock.now());
    } catch (err) {
      log.error({ err }, 'what is due could not be queued');
    }
    looks = false;
  };
  const timer = setInterval(() => void lookForDue(), DUE_INTERVAL_MS);
  timer.unref();
  return {
    stop({ timeoutMs }) {
      clearInterval(timer);
      const ended = Promise.all([engine.boss.offWork('webhook'), engine.boss.offWork('goal')]);
      stopping.abort(new Error('omk is stopping'));
      return within(ended, timeoutMs);
    },
  };
}

/** How the two kinds of jobs differ. A job's parts are done side by side, and each is put back or given up alone. */
type Work<Data, Part extends { failures: number } = Data & { failures: number }> = {
  queue: string;
  parts(data: Data): readonly Part[];
  handle(part: Part, signal: AbortSignal): Promise<void>;
  hold(tx: Tx, part: Part, hold: Hold): Promise<void>;
  giveUp(tx: Tx, part: Part): Promise<void>;
  /** So many jobs a place takes at once, and does side by side. */
  batch: number;
  /** Jobs of one group at a time in this process. Counted here: what processes count in the database two may count at once. */
  perGroup?: number;
};

/** Each place takes one batch at a time. */
async function startPlaces<Data extends object, Part extends { failures: number }>(
  context: WorkContext,
  work: Work<Data, Part>,
  { places, stopping }: { places: number; stopping: AbortSignal },
): Promise<void> {
  const { boss, embedded } = context.engine;
  const options = {
    pollingIntervalSeconds: POLL_SECONDS,
    notifyPollingIntervalSeconds: POLL_SECONDS,
    ...(embedded ? {} : { heartbeatRefreshSeconds: HEARTBEAT_REFRESH_SECONDS }),
    localConcurrency: places,
    batchSize: work.batch,
    ...(work.perGroup === undefined ? {} : { localGroupConcurrency: Math.min(work.perGroup, places) }),
  };
  await boss.work<Data>(work.queue, options, async (jobs) => {
    if (embedded && jobs.length === work.batch) wakePlace(boss, work.queue);
    try {
      await runJobs(context, work, { jobs, stopping });
    } finally {
      context.settled.emit('settled');
      // Without this the place would stay empty for a poll interval, though more may be queued than it took, or what could not run beside
      // this job: of its unit or its group. What is queued meanwhile is told by the queue. Only a busy place can be this one.
      if (work.perGroup !== undefined || jobs.length === work.batch)
        for (const { id, name, count } of boss.getWipData())
          if (name === work.queue && count > 0) boss.notifyWorker(id);
    }
  });
}

/** Runs jobs side by side, each to its end. Throws only if another worker is to run those that are not complete. */
async function runJobs<Data extends object, Part extends { failures: number }>(
  context: WorkContext,
  work: Work<Data, Part>,
  { jobs, stopping }: { jobs: Job<Data>[]; stopping: AbortSignal },
): Promise<void> {
  const runs = await Promise.allSettled(
    jobs.map((job) => runJob(context, work, { job, signal: AbortSignal.any([job.signal, stopping]) })),
  );
  const done = jobs.filter((_, index) => runs[index]?.status === 'fulfilled');
  if (done.length > 0) await context.engine.boss.complete(work.queue, done);
  const failed = runs.find((run) => run.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Runs one job to its end, which may be that parts of it are put back. Throws only if another worker is to run it. */
async function runJob<Data extends object, Part extends { failures: number }>(
  { engine: { boss, db }, clock, log }: WorkContext,
  work: Work<Data, Part>,
  { job, signal }: { job: Job<Data>; signal: AbortSignal },
): Promise<void> {
  // A job may have been on its way when the stop came.
  signal.throwIfAborted();
  const parts = work.parts(job.data);
  const runs = await Promise.allSettled(parts.map(async (part) => work.handle(part, signal)));
  const failed = parts.flatMap((part, index) => {
    const run = runs[index];
    return run?.status === 'rejected' ? [{ part, error: run.reason as unknown }] : [];
  });
  const [first] = failed;
  if (!first) return;
  if (signal.aborted) throw first.error;
  await db.transaction().execute(async (tx) => {
    for (const { part, error } of failed) {
      const hold = nextTry(error, part.failures, clock.now());
      if (hold) log.warn({ err: error, job: part, until: hold.until }, 'a job is put back');
      else log.error({ err: error, job: part }, 'a job is given up');
      await (hold ? work.hold(tx, part, hold) : work.giveUp(tx, part));
    }
    await boss.complete(work.queue, job, { error: String(first.error) }, { db: fromKysely(tx) });
  });
}

/** Undefined when it was tried often enough. */
function nextTry(error: unknown, failures: number, now: Date): Hold | undefined {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof TransientError) {
    const counted = Number.isFinite(error.tries) ? failures + 1 : failures;
    return { until: new Date(now.getTime() + error.retryAfterMs), reason, failures: counted };
  }
  if (failures >= MAX_FAILURES) return undefined;
  return { until: new Date(now.getTime() + 5_000 * 4 ** failures), reason, failures: failures + 1 };
}

async function within(work: Promise<unknown>, timeoutMs: number): Promise<'stopped' | 'timed-out'> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timed-out'>((resolve) => {
    timer = setTimeout(() => resolve('timed-out'), timeoutMs);
  });
  const outcome = await Promise.race([work.then(() => 'stopped' as const), timeout]);
  clearTimeout(timer);
  return outcome;
}
