import { sql } from 'kysely';
import type { Executor, Tx } from './schema.ts';

/** The right of one holder to do what `name` stands for, over all processes, until a time. */
export type Lease = { name: string; holder: string; until: Date };

/** Takes or prolongs the lease. False if somebody else has it. */
export async function takeLease(db: Executor, { name, holder, until }: Lease, now: Date): Promise<boolean> {
  const { rows } = await sql`
    insert into lease (name, holder, until) values (${name}, ${holder}, ${until})
    on conflict (name) do update set holder = excluded.holder, until = excluded.until
    where lease.until <= ${now} or lease.holder = excluded.holder
    returning name
  `.execute(db);
  return rows.length > 0;
}

/** Lets the lease end at `until`, for its holder too, if it is still the holder's. */
export async function endLease(db: Executor, { name, holder, until }: Lease): Promise<void> {
  await sql`update lease set until = ${until}, holder = '' where name = ${name} and holder = ${holder}`.execute(db);
}

/** One of the places of a group. */
export type Place = { group: string; holder: string };

/** Takes or prolongs the holder's place, one of `most` of the group, until a time. False if others have them all. */
export async function takePlace(
  tx: Tx,
  { group, holder, until, most }: Place & { until: Date; most: number },
  now: Date,
): Promise<boolean> {
  // Who counts must not be counted past: two callers would both find the last place free.
  await sql`select pg_advisory_xact_lock(hashtext(${group}))`.execute(tx);
  const { rows } = await sql<{ taken: number }>`
    select count(*)::int as taken from lease
    where starts_with(name, ${`${group}:`}) and holder <> ${holder} and until > ${now}
  `.execute(tx);
  if (Number(rows[0]?.taken) >= most) return false;
  return takeLease(tx, { name: `${group}:${holder}`, holder, until }, now);
}

/** Gives the holder's place back. Harmless twice. */
export async function leavePlace(db: Executor, { group, holder }: Place): Promise<void> {
  await sql`delete from lease where name = ${`${group}:${holder}`}`.execute(db);
}

/** Forgets leases that ended before. */
export async function sweepLeases(db: Executor, before: Date): Promise<void> {
  await sql`delete from lease where until < ${before}`.execute(db);
}
