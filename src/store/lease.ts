import { sql } from 'kysely';
import type { Executor } from './schema.ts';

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
