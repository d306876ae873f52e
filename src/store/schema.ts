import type { Kysely, Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import { UserError } from '../errors.ts';
import { first } from './migrations/0001-first.ts';
import { lease } from './migrations/0002-lease.ts';
import { heard } from './migrations/0003-heard.ts';

/** The tables as `migrations/` leaves them. Text columns named `data`, `detail`, `payload` and `result` hold JSON of `encodeJson`. */
export type Database = {
  goal: GoalTable;
  goal_event: { goal_id: string; seq: number; at: Date; kind: string; slice: string | null; data: string };
  goal_slice: {
    goal_id: string;
    slice: string;
    repository_id: number;
    head: string | null;
    pull: number | null;
    pull_head: string | null;
  };
  /** `decided` waits are what the goal waits for; a `held` unit had a fault and runs when its hold ends, not before. */
  goal_wait: {
    goal_id: string;
    unit: string;
    kind: 'decided' | 'held' | 'hinted';
    until: Date;
    reason: string;
    failures: number;
  };
  webhook: WebhookTable;
  effect: {
    key: string;
    goal_id: string;
    kind: string;
    detail: string;
    status: 'intended' | 'settled';
    result: string | null;
    intended_at: Date;
    settled_at: Date | null;
  };
  heard: { key: string; place: string; at: Date };
  repository_freeze: { repository_id: number; reason: string; by_id: number; by_login: string; at: Date };
};

/** GitHub's ids are `bigint` columns: compared in SQL, but read through a cast, as the two drivers give them differently. */
type GoalTable = {
  id: string;
  repository_id: number;
  installation_id: number;
  owner: string;
  name: string;
  issue: number;
  trigger: string;
  title: string;
  requester: string;
  status: string;
  ended: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
};

type WebhookTable = {
  id: string;
  event: string;
  action: string | null;
  /** Removed when the webhook is done: only its id is needed from then on. */
  payload: string | null;
  received_at: Date;
  status: 'waiting' | 'done' | 'failed';
  retry_at: Date | null;
  failures: number;
};

/** Where to run a query. Inside a transaction it must be the transaction: the outer one would wait for it for ever on PGlite. */
export type Executor = Kysely<Database>;
export type Tx = Transaction<Database>;

/** Append-only, run in the order of their names. A released migration is never changed. */
export const MIGRATIONS = { '0001-first': first, '0002-lease': lease, '0003-heard': heard };

/** Brings the tables up to date. Two starters are harmless: one waits for the other. Throws a `UserError` on a database of a newer omk. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    migrationTableName: 'omk_migration',
    migrationLockTableName: 'omk_migration_lock',
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && /is missing/.test(error.message)) {
    throw new UserError('The database was written by a newer omk.', 'Start that release of omk, or restore a backup.');
  }
  throw error;
}
