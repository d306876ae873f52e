import { setImmediate } from 'node:timers/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { fromPglite, PgBoss, type ConstructorOptions } from 'pg-boss';
import type { Logger } from 'pino';
import { lockDirectory } from './lock.ts';
import type { Database } from './schema.ts';

/** The database and the queue on it. `embedded`: PGlite, and no other process has this database. */
export type Engine = {
  embedded: boolean;
  db: Kysely<Database>;
  boss: PgBoss;
  /** Closes the database, not the queue. */
  close(): Promise<void>;
};

export type EngineOptions = { databaseUrl: string | undefined; dataDir: string; log: Logger };

/** Opens PostgreSQL at `databaseUrl`, or without one PGlite in `<dataDir>/pg` under an exclusive lock on `dataDir`. Starts nothing. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const engine =
    options.databaseUrl === undefined
      ? await openPglite(options.dataDir)
      : openPostgres(options.databaseUrl, options.log);
  engine.boss.on('error', (err) => options.log.error({ err }, 'the queue reported an error'));
  engine.boss.on('warning', (warning) => options.log.warn({ warning }, 'the queue reported a warning'));
  return engine;
}

const QUEUE_OPTIONS: ConstructorOptions = {
  useListenNotify: true,
  schedule: false,
  maintenanceIntervalSeconds: 3_600,
  openTelemetry: { enabled: false },
};

/** How the channel begins on which pg-boss names the queue that got a job. Its own listener has every place look. */
const QUEUE_CHANNEL = 'pgboss_';

/** So long the embedded database works before the event loop has a turn. */
const TURN_MS = 1;

/**
 * Lets the event loop have its turn between two messages to the database, which works in this thread: else no request would be read while
 * there is work. Turns are short, since Node accepts one connection in each.
 */
class PolitePGlite extends PGlite {
  #lastTurn = performance.now();

  override async execProtocolRaw(...args: Parameters<PGlite['execProtocolRaw']>): Promise<Uint8Array> {
    if (performance.now() - this.#lastTurn > TURN_MS) {
      await setImmediate();
      this.#lastTurn = performance.now();
    }
    return super.execProtocolRaw(...args);
  }
}

async function openPglite(dataDir: string): Promise<Engine> {
  const lock = await lockDirectory(dataDir);
  try {
    const folder = join(dataDir, 'pg');
    await mkdir(folder, { recursive: true });
    const pglite = new PolitePGlite(folder);
    await pglite.waitReady;
    const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
    const listen = async (channel: string, onNotify: (payload: string) => void, onGap: () => void) => {
      const isQueue = channel.startsWith(QUEUE_CHANNEL);
      const stop = await pglite.listen(channel, isQueue ? calmly((queue) => wakePlace(boss, queue)) : onNotify);
      onGap();
      return { close: () => stop() };
    };
    const boss: PgBoss = new PgBoss({
      ...QUEUE_OPTIONS,
      db: { ...fromPglite(pglite), listen },
      backend: 'pglite',
      registerInstance: false,
      monitorVacuum: false,
    });
    const close = async () => {
      await db.destroy();
      if (!pglite.closed) await pglite.close();
      await lock.release();
    };
    return { embedded: true, db, boss, close };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Has one place of this process look for a job of the queue: one that rests, or without such a one each as soon as it is done. A place
 * that finds a job is to wake the next; so a job costs two looks, and not one for each place.
 */
export function wakePlace(boss: PgBoss, queue: string): void {
  const places = boss.getWipData().filter(({ name }) => name === queue);
  const resting = places.find(({ count }) => count === 0);
  for (const { id } of resting ? [resting] : places) boss.notifyWorker(id);
}

/** So long after one look for webhooks there is no other: of a flood many are taken at once. */
const FLOOD_MS = 50;

/** Calls at once, and again after a moment if it was called meanwhile. Only webhooks come in floods. */
function calmly(wake: (queue: string) => void): (queue: string) => void {
  let again: boolean | undefined;
  const wakeCalmly = (queue: string) => {
    if (queue !== 'webhook') return wake(queue);
    if (again !== undefined) {
      again = true;
      return;
    }
    again = false;
    wake(queue);
    setTimeout(() => {
      const asked = again;
      again = undefined;
      if (asked) wakeCalmly(queue);
    }, FLOOD_MS).unref();
  };
  return wakeCalmly;
}

/** The dead worker's job is found by these intervals and `HEARTBEAT_SECONDS` of the queue. */
const MONITOR_SECONDS = 10;

function openPostgres(connectionString: string, log: Logger): Engine {
  const pool = new Pool({ connectionString, max: 10, application_name: 'omk' });
  pool.on('error', (err) => log.warn({ err }, 'an idle database connection was lost'));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const boss = new PgBoss({
    ...QUEUE_OPTIONS,
    connectionString,
    max: 5,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
  });
  return { embedded: false, db, boss, close: () => db.destroy() };
}
