import { rm } from 'node:fs/promises';
import { afterAll, describe } from '@jest/globals';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Clock } from '../../src/store/clock.ts';
import { openEngine, type Engine } from '../../src/store/engine.ts';
import { openStore, openStoreOn, type Store } from '../../src/store/store.ts';
import { findPostgres, startPostgres, type Postgres } from './postgres.ts';
import { freshDataDir } from './template.ts';

/** A place for stores: the same data for every store opened in it. */
export type Place = {
  databaseUrl: string | undefined;
  dataDir: string;
  remove(): Promise<void>;
};

type EngineName = 'PGlite' | 'PostgreSQL';

/** Describes the same on both engines. Where PostgreSQL is absent its half is shown as skipped. */
export function describeOnEngines(
  what: string,
  body: (newPlace: () => Promise<Place>, engine: EngineName) => void,
): void {
  describe(`${what} on PGlite`, () => body(embeddedPlace, 'PGlite'));
  const programs = findPostgres();
  if (programs === undefined) {
    // oxlint-disable-next-line no-disabled-tests
    describe.skip(`${what} on PostgreSQL (not run: initdb and postgres are not installed)`, () =>
      body(embeddedPlace, 'PostgreSQL'));
    return;
  }
  describe(`${what} on PostgreSQL`, () => {
    let server: Promise<Postgres> | undefined;
    afterAll(async () => (await server)?.stop());
    body(async () => {
      server ??= startPostgres(programs);
      const databaseUrl = await (await server).createDatabase();
      return { databaseUrl, dataDir: '/nonexistent', remove: () => Promise.resolve() };
    }, 'PostgreSQL');
  });
}

async function embeddedPlace(): Promise<Place> {
  const dataDir = await freshDataDir();
  return { databaseUrl: undefined, dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

/** A clock that stands still until it is moved. */
export type TestClock = Clock & { advance(ms: number): void };

export function testClock(start = new Date('2026-03-01T12:00:00.000Z')): TestClock {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    advance: (ms) => {
      now += ms;
    },
  };
}

/** Opens a store there; `level` lets its log be seen. */
export function openAt(place: Place, clock: Clock, level = 'silent'): Promise<Store> {
  const { databaseUrl, dataDir } = place;
  return openStore({ databaseUrl, dataDir, clock, log: pino({ level }) });
}

/** A store, and how to forget everything that it holds: a new database for each test would take a second. */
export type Opened = { store: Store; engine: Engine; empty(): Promise<void> };

export async function openBare({ databaseUrl, dataDir }: Place, clock: Clock): Promise<Opened> {
  const log = pino({ level: 'silent' });
  const engine = await openEngine({ databaseUrl, dataDir, log });
  const store = await openStoreOn(engine, { clock, log });
  return {
    store,
    engine,
    async empty() {
      const { rows } = await sql<{ name: string }>`
        select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'omk_migration%'
      `.execute(engine.db);
      await sql`truncate ${sql.join(rows.map(({ name }) => sql.table(name)))} cascade`.execute(engine.db);
      await sql`delete from pgboss.job`.execute(engine.db);
    },
  };
}

/** A promise and what settles it. */
type Signal<T = void> = { promise: Promise<T>; resolve: (value: T) => void };

export function signal<T = void>(): Signal<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
