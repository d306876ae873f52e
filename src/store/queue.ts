import { sql } from 'kysely';
import { fromKysely, type JobInsert, type PgBoss } from 'pg-boss';
import type { Engine } from './engine.ts';
import type { Tx } from './schema.ts';
import { heldUntil, hintUnit, takeDueWaits, type UnitJob } from './wait.ts';
import { takeDueWebhooks } from './webhook.ts';

/** What the jobs carry. `failures`: how often it failed by a bug in a row. */
export type WebhookPart = { id: string; failures: number };
/** Webhooks that come at once share a job: a job costs more than most of them. An earlier release queued each alone. */
export type WebhookJob = { webhooks: readonly WebhookPart[] } | WebhookPart;
export type GoalJob = Omit<UnitJob, 'installationId'>;

export type JobCounts = Record<'webhook' | 'goal', { queued: number; active: number }>;

/** A worker that was not heard of for so long is dead; engine.ts says how often that is looked at. */
const HEARTBEAT_SECONDS = 20;
const DUE_BATCH = 100;
const WEBHOOKS_PER_JOB = 10;

/** Starts the queue. Jobs that a dead process left running on an embedded database are queued again at once. */
export async function startQueue(engine: Engine): Promise<void> {
  const { boss, embedded } = engine;
  // pg-boss runs a job again only when its worker died; what a handler throws is ours to repeat, by our clock.
  const options = { notify: true, retryLimit: 50, expireInSeconds: 23 * 3_600, deleteAfterSeconds: 24 * 3_600 };
  // No other worker could take over from an embedded one: a heartbeat would only punish a laptop that slept.
  const liveness = embedded ? {} : { heartbeatSeconds: HEARTBEAT_SECONDS };
  await boss.start();
  for (const name of ['webhook', 'goal']) {
    await boss.createQueue(name, { ...options, ...liveness, policy: 'stately' });
    await boss.updateQueue(name, { ...options, ...liveness });
  }
  if (embedded) await requeueOrphans(engine);
}

/** We hold the only process that may work on this database, so what is active now has no worker. */
async function requeueOrphans({ boss, db }: Engine): Promise<void> {
  const { rows } = await sql<{ name: string; id: string; retryCount: number }>`
    select name, id, retry_count as "retryCount" from pgboss.job where state = 'active' and name in ('webhook', 'goal')
  `.execute(db);
  for (const { name, ...attempt } of rows) await boss.fail(name, attempt, { reason: 'its process ended' });
}

/** Queues the handling of stored webhooks, as part of the transaction. */
export async function sendWebhooks(boss: PgBoss, tx: Tx, webhooks: readonly WebhookPart[]): Promise<void> {
  const jobs: JobInsert<WebhookJob>[] = [];
  for (let from = 0; from < webhooks.length; from += WEBHOOKS_PER_JOB) {
    const together = webhooks.slice(from, from + WEBHOOKS_PER_JOB);
    jobs.push({ data: { webhooks: together }, singletonKey: String(together[0]?.id) });
  }
  if (jobs.length === 0) return;
  await boss.insert('webhook', jobs, { db: fromKysely(tx) });
}

/**
 * Queues the unit, as part of the transaction, unless it is queued already. One that is held runs when it may, with the hint; one that
 * runs now runs again afterwards.
 */
export async function sendUnit(boss: PgBoss, tx: Tx, { installationId, ...job }: UnitJob): Promise<void> {
  const until = await heldUntil(tx, job);
  if (until) return job.hinted ? hintUnit(tx, job, until) : undefined;
  // News takes a moment and no agent, so it does not wait for its installation's share.
  const share = job.unit === 'announce' ? {} : { group: { id: installationId } };
  const options = { singletonKey: `${job.goalId}/${job.unit}`, ...share, db: fromKysely(tx) };
  // A hint must not be lost in a job that was queued without one.
  if (job.hinted) await boss.upsert('goal', job, options);
  else await boss.send('goal', job, options);
}

/** Queues what is due at `now` and returns how much that was. Safe from several processes at once. */
export async function sendDue({ boss, db }: Engine, now: Date): Promise<number> {
  for (let sent = 0; ;) {
    const count = await db.transaction().execute(async (tx) => {
      const units = await takeDueWaits(tx, now, DUE_BATCH);
      for (const unit of units) await sendUnit(boss, tx, unit);
      const webhooks = await takeDueWebhooks(tx, now, DUE_BATCH);
      await sendWebhooks(boss, tx, webhooks);
      return units.length + webhooks.length;
    });
    sent += count;
    if (count < DUE_BATCH) return sent;
  }
}

/** How many units were queued before the goal's first one; undefined if none of the goal's is queued. */
export async function findPlace({ db }: Engine, goalId: string): Promise<number | undefined> {
  const { rows } = await sql<{ place: number }>`
    select (
      select count(*)::int from pgboss.job
      where name = 'goal' and state < 'active' and created_on < first.created_on
    ) as place
    from (
      select min(created_on) as created_on from pgboss.job
      where name = 'goal' and state < 'active' and data ->> 'goalId' = ${goalId}
    ) as first where first.created_on is not null
  `.execute(db);
  return rows[0]?.place;
}

/** Jobs that wait for a worker and jobs that run, over all processes. */
export async function countJobs({ db }: Engine): Promise<JobCounts> {
  const counts: JobCounts = { webhook: { queued: 0, active: 0 }, goal: { queued: 0, active: 0 } };
  const { rows } = await sql<{ name: keyof JobCounts; queued: number; active: number }>`
    select name, (count(*) filter (where state < 'active'))::int as queued,
      (count(*) filter (where state = 'active'))::int as active
    from pgboss.job where name in ('webhook', 'goal') and state <= 'active' group by name
  `.execute(db);
  for (const { name, queued, active } of rows) counts[name] = { queued, active };
  return counts;
}
