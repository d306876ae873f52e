import { decodeJson, encodeJson } from './json.ts';
import type { Selectable } from 'kysely';
import type { Database, Executor } from './schema.ts';

/** Something done outside of the database, such as a push, once for each `key`. */
export type Effect = {
  key: string;
  goalId: string;
  kind: string;
  detail: unknown;
  status: 'intended' | 'settled';
  /** What came of it; undefined until it is settled. */
  result: unknown;
  intendedAt: Date;
  settledAt: Date | undefined;
};

export type Intention = Pick<Effect, 'key' | 'goalId' | 'kind' | 'detail'>;

/**
 * Writes down what is about to be tried. `fresh`: nobody tried it. `intended`: it may have been done, look before trying again.
 * `settled`: it was done, with this result.
 */
export async function intendEffect(
  db: Executor,
  intention: Intention,
  now: Date,
): Promise<{ kind: 'fresh' | 'intended' | 'settled'; effect: Effect }> {
  const { key, goalId, kind, detail } = intention;
  const inserted = await db
    .insertInto('effect')
    .values({
      key,
      goal_id: goalId,
      kind,
      detail: encodeJson(detail),
      status: 'intended',
      result: null,
      intended_at: now,
      settled_at: null,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst();
  const effect = await findEffect(db, key);
  if (!effect) throw new Error(`Effect ${key} is gone`);
  return { kind: inserted ? 'fresh' : effect.status, effect };
}

/** Writes down what came of it. The first result stays; settling again is harmless. Throws if it was never intended. */
export async function settleEffect(
  db: Executor,
  key: string,
  outcome: { result: unknown; now: Date },
): Promise<Effect> {
  await db
    .updateTable('effect')
    .set({ status: 'settled', result: encodeJson(outcome.result), settled_at: outcome.now })
    .where('key', '=', key)
    .where('status', '=', 'intended')
    .execute();
  const effect = await findEffect(db, key);
  if (!effect) throw new Error(`Effect ${key} was never intended`);
  return effect;
}

/** Writes down what the effect comes to now, in the place of an earlier result. Throws if it was never intended. */
export async function renewEffect(db: Executor, key: string, outcome: { result: unknown; now: Date }): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('effect')
    .set({ status: 'settled', result: encodeJson(outcome.result), settled_at: outcome.now })
    .where('key', '=', key)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Error(`Effect ${key} was never intended`);
}

/** The effect with this key, if it was ever intended. */
export async function findEffect(db: Executor, key: string): Promise<Effect | undefined> {
  const row = await db.selectFrom('effect').selectAll().where('key', '=', key).executeTakeFirst();
  return row && toEffect(row);
}

/** What was settled last of a kind in a repository, newest first. */
export async function listEffects(
  db: Executor,
  { repositoryId, kind, limit }: { repositoryId: number; kind: string; limit: number },
): Promise<Effect[]> {
  const rows = await db
    .selectFrom('effect')
    .innerJoin('goal', 'goal.id', 'effect.goal_id')
    .selectAll('effect')
    .where('goal.repository_id', '=', repositoryId)
    .where('effect.kind', '=', kind)
    .where('effect.status', '=', 'settled')
    .orderBy('effect.settled_at', 'desc')
    .orderBy('effect.key')
    .limit(limit)
    .execute();
  return rows.map(toEffect);
}

function toEffect(row: Selectable<Database['effect']>): Effect {
  return {
    key: row.key,
    goalId: row.goal_id,
    kind: row.kind,
    detail: decodeJson(row.detail),
    status: row.status,
    result: row.result === null ? undefined : decodeJson(row.result),
    intendedAt: row.intended_at,
    settledAt: row.settled_at ?? undefined,
  };
}
