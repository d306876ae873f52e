import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What was said to omk lately, by place: who says too much is not answered for a while. */
export const heard: Migration = {
  async up(db) {
    await sql
      .raw('create table heard (key text primary key, place text not null, at timestamptz not null)')
      .execute(db);
    await sql.raw('create index heard_place on heard (place, at)').execute(db);
  },
};
