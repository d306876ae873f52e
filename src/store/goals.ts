import type { PgBoss } from 'pg-boss';
import type { GoalEvent } from '../goal/event.ts';
import { applyEvent } from '../goal/fold.ts';
import { isEnded, type Goal } from '../goal/goal.ts';
import { decodeJson, encodeJson } from './json.ts';
import { sendUnit } from './queue.ts';
import type { Executor, Tx } from './schema.ts';
import { replaceWaits, type DueWait } from './wait.ts';

export type RecordedEvent = { seq: number; at: Date; event: GoalEvent };

/** What follows from a goal as it is now: units to run, and units to run later. Must be pure; throwing takes back the record. */
export type Decide = (goal: Goal) => { jobs: { unit: string }[]; waits: DueWait[] };

/**
 * The turn of the slice, or of the goal, that the recorder saw when it began, or the goal's course: nothing is recorded if that has
 * moved since.
 */
export type Expect = { slice: string | undefined; turn: number } | { course: number };

export type Recorded = { kind: 'recorded'; goal: Goal } | { kind: 'stale'; goal: Goal };

export type Created = { kind: 'created' | 'exists' | 'busy'; goal: Goal };

/** The event every goal begins with. */
export type Asked = GoalEvent & { kind: 'asked' };

/** Inserts the goal. Undefined if the trigger was used already, or the issue has an unfinished goal. */
export async function insertGoal(
  tx: Tx,
  boss: PgBoss,
  { asked, trigger, at, decide }: { asked: Asked; trigger: string; at: Date; decide: Decide },
): Promise<Goal | undefined> {
  const goal = applyEvent(undefined, asked, at);
  const { repository } = goal;
  const inserted = await tx
    .insertInto('goal')
    .values({
      id: goal.id,
      repository_id: repository.id,
      installation_id: repository.installationId,
      owner: repository.owner,
      name: repository.name,
      issue: goal.issue,
      trigger,
      title: goal.ask.title,
      requester: goal.requester.login,
      status: goal.status,
      ended: false,
      version: goal.version,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!inserted) return undefined;
  await insertEvents(tx, { goalId: goal.id, after: 0, events: [asked], at });
  await enact(tx, boss, goal, decide);
  return goal;
}

/** Records events as one step: see `Store.record`. */
export async function recordEvents(
  tx: Tx,
  boss: PgBoss,
  record: {
    goalId: string;
    events: readonly GoalEvent[];
    expect?: Expect | undefined;
    at: Date;
    decide?: Decide | undefined;
  },
): Promise<Recorded> {
  const { goalId, at } = record;
  await tx.selectFrom('goal').select('id').where('id', '=', goalId).forUpdate().executeTakeFirst();
  const before = foldEvents(await listEvents(tx, goalId));
  if (!before) throw new Error(`There is no goal ${goalId}`);
  const stale = record.expect !== undefined && isStale(before, record.expect);
  const events = stale ? [] : record.events;
  const goal = events.reduce((folded, event) => applyEvent(folded, event, at), before);
  if (events.length > 0) {
    await insertEvents(tx, { goalId, after: before.version, events, at });
    await updateGoal(tx, goal, at);
  }
  if (!stale && record.decide) await enact(tx, boss, goal, record.decide);
  return { kind: stale ? 'stale' : 'recorded', goal };
}

function isStale(goal: Goal, expect: Expect): boolean {
  if ('course' in expect) return goal.course !== expect.course;
  if (expect.slice === undefined) return goal.turn !== expect.turn;
  if (isEnded(goal.status)) return true;
  return goal.slices.find((slice) => slice.id === expect.slice)?.turn !== expect.turn;
}

async function insertEvents(
  tx: Tx,
  { goalId, after, events, at }: { goalId: string; after: number; events: readonly GoalEvent[]; at: Date },
): Promise<void> {
  const rows = events.map((event, index) => ({
    goal_id: goalId,
    seq: after + index + 1,
    at,
    kind: event.kind,
    slice: 'slice' in event ? event.slice : null,
    data: encodeJson(event),
  }));
  await tx.insertInto('goal_event').values(rows).execute();
}

/** Brings the columns for listing and looking up in line with the goal. */
async function updateGoal(tx: Tx, goal: Goal, at: Date): Promise<void> {
  await tx
    .updateTable('goal')
    .set({
      installation_id: goal.repository.installationId,
      owner: goal.repository.owner,
      name: goal.repository.name,
      status: goal.status,
      ended: isEnded(goal.status),
      version: goal.version,
      updated_at: at,
    })
    .where('id', '=', goal.id)
    .execute();
  await tx.deleteFrom('goal_slice').where('goal_id', '=', goal.id).execute();
  if (goal.slices.length === 0) return;
  const rows = goal.slices.map((slice) => ({
    goal_id: goal.id,
    slice: slice.id,
    repository_id: goal.repository.id,
    head: slice.head ?? null,
    pull: slice.pull?.number ?? null,
    pull_head: slice.pull?.head ?? null,
  }));
  await tx.insertInto('goal_slice').values(rows).execute();
}

/** Waits before jobs, and jobs in the order of `takeDueWaits`, so that the two cannot block each other. */
async function enact(tx: Tx, boss: PgBoss, goal: Goal, decide: Decide): Promise<void> {
  const { jobs, waits } = decide(goal);
  await replaceWaits(tx, goal.id, waits);
  const installationId = String(goal.repository.installationId);
  for (const unit of [...new Set(jobs.map((job) => job.unit))].sort()) {
    await sendUnit(boss, tx, { goalId: goal.id, unit, installationId, hinted: false, failures: 0 });
  }
}

/** The events of a goal in their order; none if there is no such goal. */
export async function listEvents(db: Executor, goalId: string): Promise<RecordedEvent[]> {
  const rows = await db
    .selectFrom('goal_event')
    .select(['seq', 'at', 'data'])
    .where('goal_id', '=', goalId)
    .orderBy('seq')
    .execute();
  return rows.map(({ seq, at, data }) => ({ seq, at, event: decodeJson(data) as GoalEvent }));
}

/** The goal that its events tell of, undefined without events. */
function foldEvents(events: readonly RecordedEvent[]): Goal | undefined {
  return events.reduce<Goal | undefined>((goal, { event, at }) => applyEvent(goal, event, at), undefined);
}

/** The goal, if there is one with this id. */
export async function findGoal(db: Executor, id: string): Promise<Goal | undefined> {
  return foldEvents(await listEvents(db, id));
}

/** Whether the database refused to have two unfinished goals for one issue. */
export function isSecondUnfinished(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'constraint' in error && error.constraint === 'goal_unfinished';
}
