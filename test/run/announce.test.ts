import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Goal } from '../../src/goal/goal.ts';
import { announce } from '../../src/run/announce.ts';
import type { Tools } from '../../src/run/tools.ts';
import { answersOnly, api, connect, PLACE } from '../github/sample.ts';
import { AT, someGoal } from '../goal/goals.ts';

answersOnly();

/** A goal that may change, what is remembered of it, and a clock that moves when told. */
function stage() {
  const effects = new Map<string, { status: string; result: unknown }>();
  const here = { goal: someGoal(), now: AT, effects };
  const store = {
    getGoal: () => Promise.resolve(here.goal),
    findLatestGoal: () => Promise.resolve(undefined),
    queuePlace: () => Promise.resolve(undefined),
    findEffect: (key: string) => Promise.resolve(effects.get(key)),
    intendEffect: () => Promise.resolve({ kind: 'fresh' }),
    renewEffect: (key: string, result: unknown) => {
      effects.set(key, { status: 'settled', result });
      return Promise.resolve();
    },
  };
  const tools = {
    store,
    connect,
    clock: { now: () => here.now },
    config: {},
    sandbox: { kind: 'bwrap' },
    log: pino({ level: 'silent' }),
  } as unknown as Tools;
  const later = (ms: number, change: Partial<Goal> = {}) => {
    here.now = new Date(here.now.getTime() + ms);
    here.goal = { ...here.goal, ...change };
    return announce(here.goal.id, tools);
  };
  return { later };
}

const comment = { id: 5, html_url: '', body: '' };
const edit = () => api().patch(`${PLACE}/issues/comments/5`).reply(200, comment);

test('the status comment is edited when its text changes, not oftener than every ten seconds, and never in vain', async () => {
  const { later } = stage();
  api().post(`${PLACE}/issues/7/comments`).reply(201, comment);
  await later(0);
  await later(5_000);
  const spend = { ...someGoal().spend, usd: 1.5 };
  await expect(later(4_999, { spend })).rejects.toMatchObject({ retryAfterMs: 1 });
  const first = edit();
  await later(1);
  expect(first.isDone()).toBe(true);
  await expect(later(9_999, { status: 'paused' })).rejects.toMatchObject({ retryAfterMs: 1 });
  const second = edit();
  await later(1);
  expect(second.isDone()).toBe(true);
});

test('time alone edits it once a minute at the most, and no more once the goal is over', async () => {
  const { later } = stage();
  api().post(`${PLACE}/issues/7/comments`).reply(201, comment);
  await later(0);
  await later(59_999);
  const minute = edit();
  await later(1);
  expect(minute.isDone()).toBe(true);
  const end = edit();
  await later(10_000, { status: 'cancelled', endedAt: AT });
  expect(end.isDone()).toBe(true);
  await later(86_400_000);
});
