import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { TransientError } from '../../src/errors.ts';
import type { Step } from '../../src/goal/next-steps.ts';
import { inPlace } from '../../src/run/place.ts';
import type { Tools } from '../../src/run/tools.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { someGoal } from '../goal/goals.ts';
import { freshDataDir } from '../store/template.ts';

const PLACES = 2;
let dataDir: string;
let store: Store;
let tools: Tools;

beforeAll(async () => {
  dataDir = await freshDataDir();
  const clock = { now: () => new Date() };
  const log = pino({ level: 'silent' });
  store = await openStore({ databaseUrl: undefined, dataDir, clock, log });
  tools = { store, clock, log, config: { OMK_PER_REPOSITORY: PLACES } } as Tools;
});
afterAll(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

const build = (slice: string): Step => ({ kind: 'build', slice });

test('so many agents work on a repository at a time; the others come back, also after one that failed', async () => {
  const goal = someGoal();
  let [working, most] = [0, 0];
  const ends = Promise.withResolvers<void>();
  const work = async () => {
    most = Math.max(most, ++working);
    await ends.promise;
    working -= 1;
  };
  const runs = ['a', 'b', 'c', 'd'].map((slice) => inPlace(build(slice), goal, tools, work));
  const refused = runs.slice(PLACES).map((run) => expect(run).rejects.toThrow(TransientError));
  await Promise.all(refused);
  expect(await inPlace({ kind: 'merge', slice: 'e' }, goal, tools, () => Promise.resolve('merged'))).toBe('merged');
  ends.resolve();
  await Promise.all(runs.slice(0, PLACES));
  expect(most).toBe(PLACES);
  const broken = inPlace(build('a'), goal, tools, () => Promise.reject(new Error('broken')));
  await expect(broken).rejects.toThrow('broken');
  const again = ['b', 'c'].map((slice) => inPlace(build(slice), goal, tools, () => Promise.resolve(slice)));
  expect(await Promise.all(again)).toEqual(['b', 'c']);
});
