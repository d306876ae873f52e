import { afterEach, describe, expect, test } from '@jest/globals';
import { Migrator } from 'kysely/migration';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { decide } from '../../src/run/advance.ts';
import { openEngine } from '../../src/store/engine.ts';
import { MIGRATIONS } from '../../src/store/schema.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEngines, openAt, testClock, type Place } from './engines.ts';

const FOLDER = join(import.meta.dirname, 'releases');
const names = Object.keys(MIGRATIONS);
const open: Store[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

/** Makes the database as the release with this newest migration left it. */
async function restore(place: Place, release: string): Promise<void> {
  // The template of test folders is up to date already.
  if (place.databaseUrl === undefined) await rm(join(place.dataDir, 'pg'), { recursive: true });
  const engine = await openEngine({ ...place, log: pino({ level: 'silent' }) });
  const migrator = new Migrator({
    db: engine.db,
    provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    migrationTableName: 'omk_migration',
    migrationLockTableName: 'omk_migration_lock',
  });
  await migrator.migrateTo(release);
  const tables = JSON.parse(await readFile(join(FOLDER, `${release}.json`), 'utf8')) as Record<string, never[]>;
  for (const [table, rows] of Object.entries(tables)) {
    if (rows.length > 0)
      await engine.db
        .insertInto(table as 'goal')
        .values(rows)
        .execute();
  }
  await engine.close();
}

test('every release that changed the tables left its database here', async () => {
  const kept = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
  expect(kept.toSorted()).toEqual(names);
});

describeOnEngines('a database of an earlier release', (newPlace, engine) => {
  test.each(names)('%s is opened, brought up to date, and its unfinished goal goes on', async (release) => {
    const place = await newPlace();
    await restore(place, release);
    const clock = testClock();
    const store = await openAt(place, clock);
    open.push(store);
    const goal = await store.getGoal('g1');
    expect([goal.status, goal.slices.map(({ id, status }) => [id, status])]).toEqual([
      'running',
      [
        ['one', 'building'],
        ['two', 'planned'],
      ],
    ]);
    expect((await store.loadWebhook('d1'))?.payload).toEqual({ a: 1 });
    expect((await store.findEffect('status:g1'))?.status).toBe('intended');
    expect(await store.takeLease({ name: 'any', holder: 'me', until: new Date(clock.now().getTime() + 1) })).toBe(true);
    const ran: string[] = [];
    await store.record('g1', [], { decide: (known) => decide(known, clock.now()) });
    await store.work(
      { webhook: () => Promise.resolve(), goal: ({ unit }) => Promise.resolve(void ran.push(unit)) },
      { concurrency: 2, perInstallation: 2 },
    );
    await store.idle();
    expect(ran).toContain('one');
  });

  if (engine === 'PostgreSQL') {
    test('two starters on an empty database do not get in each other’s way', async () => {
      const place = await newPlace();
      const stores = await Promise.all([1, 2, 3].map(() => openAt(place, testClock())));
      open.push(...stores);
      for (const store of stores) expect(await store.listGoals({ limit: 1 })).toEqual([]);
    });
  }
});

describe('migrations', () => {
  test('are numbered without a gap', () => {
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index + 1));
  });
});
