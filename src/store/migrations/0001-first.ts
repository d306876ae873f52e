import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `create table goal (
    id text primary key,
    repository_id bigint not null,
    installation_id bigint not null,
    owner text not null,
    name text not null,
    issue integer not null,
    trigger text not null,
    title text not null,
    requester text not null,
    status text not null,
    ended boolean not null,
    version integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint goal_trigger unique (repository_id, trigger)
  )`,
  `create unique index goal_unfinished on goal (repository_id, issue) where not ended`,
  `create index goal_issue on goal (repository_id, issue, created_at)`,
  `create index goal_newest on goal (created_at, id)`,

  `create table goal_event (
    goal_id text not null references goal (id),
    seq integer not null,
    at timestamptz not null,
    kind text not null,
    slice text,
    data text not null,
    primary key (goal_id, seq)
  )`,

  `create table goal_slice (
    goal_id text not null references goal (id),
    slice text not null,
    repository_id bigint not null,
    head text,
    pull integer,
    pull_head text,
    primary key (goal_id, slice)
  )`,
  `create index goal_slice_pull on goal_slice (repository_id, pull)`,
  `create index goal_slice_head on goal_slice (repository_id, head)`,
  `create index goal_slice_pull_head on goal_slice (repository_id, pull_head)`,

  `create table goal_wait (
    goal_id text not null references goal (id),
    unit text not null,
    kind text not null,
    until timestamptz not null,
    reason text not null,
    failures integer not null default 0,
    primary key (goal_id, unit, kind)
  )`,
  `create index goal_wait_until on goal_wait (until)`,

  `create table webhook (
    id text primary key,
    event text not null,
    action text,
    payload text,
    received_at timestamptz not null,
    status text not null,
    retry_at timestamptz,
    failures integer not null default 0
  )`,
  `create index webhook_received on webhook (received_at)`,
  `create index webhook_retry on webhook (retry_at) where retry_at is not null`,

  `create table effect (
    key text primary key,
    goal_id text not null references goal (id),
    kind text not null,
    detail text not null,
    status text not null,
    result text,
    intended_at timestamptz not null,
    settled_at timestamptz
  )`,
  `create index effect_goal on effect (goal_id)`,

  `create table repository_freeze (
    repository_id bigint primary key,
    reason text not null,
    by_id bigint not null,
    by_login text not null,
    at timestamptz not null
  )`,
];

/** The tables of the first release. */
export const first: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
