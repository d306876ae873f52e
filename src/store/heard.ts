import { sql } from 'kysely';
import type { Executor } from './schema.ts';

/** One thing that was said to omk: `key` names it for ever, `place` is where. */
export type Said = { key: string; place: string };

/** Remembers it and gives its number among what was said in that place in the `windowMs` before it, itself included. Calling twice gives the same. */
export async function countHeard(
  db: Executor,
  { key, place }: Said,
  when: { at: Date; windowMs: number },
): Promise<number> {
  await db
    .insertInto('heard')
    .values({ key, place, at: when.at })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const { at } = await db.selectFrom('heard').select('at').where('key', '=', key).executeTakeFirstOrThrow();
  const from = new Date(at.getTime() - when.windowMs);
  const { rows } = await sql<{ count: string }>`
    select count(*) as count from heard where place = ${place} and at > ${from} and (at, key) <= (${at}, ${key})
  `.execute(db);
  return Number(rows[0]?.count);
}

/** Forgets what was said before. */
export async function sweepHeard(db: Executor, before: Date): Promise<void> {
  await db.deleteFrom('heard').where('at', '<', before).execute();
}
