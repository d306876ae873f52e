import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Leases: who may do what only one may do at a time. */
export const lease: Migration = {
  async up(db) {
    await sql
      .raw('create table lease (name text primary key, holder text not null, until timestamptz not null)')
      .execute(db);
  },
};
