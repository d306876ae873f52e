import { sql } from 'kysely';
import type { Executor, Tx } from './schema.ts';

/**
 * One thing that is done by one worker at a time: a slice of a goal, or the goal itself (`''`).
 * `hinted`: GitHub or a person said that something changed. `failures`: how often it failed by a bug of ours in a row.
 */
export type UnitJob = { goalId: string; unit: string; installationId: string; hinted: boolean; failures: number };

/** The unit is run at `until` if nothing runs it earlier. */
export type DueWait = { unit: string; until: Date; reason: string };

/** Puts these waits in the place of what the goal waited for. Holds stay. */
export async function replaceWaits(tx: Tx, goalId: string, waits: readonly DueWait[]): Promise<void> {
  await tx.deleteFrom('goal_wait').where('goal_id', '=', goalId).where('kind', '=', 'decided').execute();
  if (waits.length === 0) return;
  const rows = waits.map(({ unit, until, reason }) => ({
    goal_id: goalId,
    unit,
    kind: 'decided' as const,
    until,
    reason,
    failures: 0,
  }));
  await tx.insertInto('goal_wait').values(rows).execute();
}

export type Hold = { until: Date; reason: string; failures: number };

/** The unit runs again at `until`, and until then nothing else runs it. */
export async function holdUnit(tx: Tx, job: { goalId: string; unit: string }, hold: Hold): Promise<void> {
  await tx
    .insertInto('goal_wait')
    .values({ goal_id: job.goalId, unit: job.unit, kind: 'held', ...hold })
    .onConflict((conflict) => conflict.columns(['goal_id', 'unit', 'kind']).doUpdateSet(hold))
    .execute();
}

/** The unit runs `at` this time with a hint. An earlier time stays. */
export async function hintUnit(
  tx: Tx,
  { goalId, unit, failures = 0 }: { goalId: string; unit: string; failures?: number },
  at: Date,
): Promise<void> {
  await tx
    .insertInto('goal_wait')
    .values({ goal_id: goalId, unit, kind: 'hinted', until: at, reason: 'a hint', failures })
    .onConflict((conflict) => conflict.columns(['goal_id', 'unit', 'kind']).doNothing())
    .execute();
}

/** Until when the unit must not be run; undefined if it may. */
export async function heldUntil(db: Executor, job: { goalId: string; unit: string }): Promise<Date | undefined> {
  const row = await db
    .selectFrom('goal_wait')
    .select('until')
    .where('goal_id', '=', job.goalId)
    .where('unit', '=', job.unit)
    .where('kind', '=', 'held')
    .executeTakeFirst();
  return row?.until;
}

/** Removes at most `limit` waits whose time has come and gives their jobs, in an order that two callers share. Two processes never get the same wait. */
export async function takeDueWaits(tx: Tx, now: Date, limit: number): Promise<UnitJob[]> {
  const { rows } = await sql<UnitJob>`
    with due as (
      select goal_id, unit, kind from goal_wait where until <= ${now}
      order by until limit ${limit} for update skip locked
    )
    delete from goal_wait as wait using due, goal
    where wait.goal_id = due.goal_id and wait.unit = due.unit and wait.kind = due.kind and goal.id = wait.goal_id
    returning wait.goal_id as "goalId", wait.unit, wait.kind = 'hinted' as hinted, wait.failures,
      goal.installation_id::text as "installationId"
  `.execute(tx);
  return rows.sort(
    (a, b) => compare(a.goalId, b.goalId) || compare(a.unit, b.unit) || Number(a.hinted) - Number(b.hinted),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
