import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { decide } from '../../../src/run/advance.ts';
import { openEngine } from '../../../src/store/engine.ts';
import { MIGRATIONS } from '../../../src/store/schema.ts';
import { openStore } from '../../../src/store/store.ts';
import { asked, EVERY_EVENT } from '../samples.ts';

/*
 * `node test/store/releases/make.ts`: writes what this release leaves in a database in the middle of a goal, as
 * `<newest migration>.json` beside this file. Run it when a release is made; a file that is there is never made again.
 */
const TABLES = [
  'goal',
  'goal_event',
  'goal_slice',
  'goal_wait',
  'webhook',
  'effect',
  'repository_freeze',
  'heard',
] as const;
const UNTIL = 'build-started';

const dataDir = await mkdtemp(join(tmpdir(), 'omk-release-'));
const log = pino({ level: 'silent' });
const now = new Date('2026-03-01T12:00:00.000Z');
const place = { databaseUrl: undefined, dataDir, log };
const store = await openStore({ ...place, clock: { now: () => now } });
await store.createGoal(asked('g1'), { trigger: 'comment:1', decide: (goal) => decide(goal, now) });
const events = EVERY_EVENT.slice(1, EVERY_EVENT.findIndex(({ kind }) => kind === UNTIL) + 1);
await store.record('g1', events, { decide: (goal) => decide(goal, now) });
await store.saveWebhook({ id: 'd1', event: 'push', action: undefined, payload: { a: 1 }, receivedAt: now });
await store.intendEffect({ goalId: 'g1', key: 'status:g1', kind: 'comment', detail: { issue: 1 } });
await store.close();

const engine = await openEngine(place);
const rows: Record<string, unknown[]> = {};
for (const table of TABLES) rows[table] = await engine.db.selectFrom(table).selectAll().execute();
await engine.close();
await rm(dataDir, { recursive: true });
const text = JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2);
await writeFile(join(import.meta.dirname, `${Object.keys(MIGRATIONS).at(-1)}.json`), `${text}\n`, { flag: 'wx' });
