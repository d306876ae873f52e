import { expect, test } from '@jest/globals';
import { parse, validate } from 'graphql';
import { pino } from 'pino';
import { register } from 'prom-client';
import { glanceQuery } from '../../src/github/glances.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { glanceAtArmed } from '../../src/run/glance.ts';
import type { Tools } from '../../src/run/tools.ts';
import { answersOnly, api, connect } from '../github/sample.ts';
import { gitHubSchema } from '../github/schema.ts';
import { someGoal, someSlice } from '../goal/goals.ts';

answersOnly();

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

test("a glance at 25 is valid in GitHub's schema", () => {
  const faults = validate(gitHubSchema(), parse(glanceQuery(numbers(1, 25))));
  expect(faults.map(({ message }) => message)).toEqual([]);
});

/** A store with these slices in it, that remembers which were woken. */
function world(pulls: number[], { held = false } = {}) {
  const reason = held ? { text: 'A label holds it.', next: '/omk merge' } : undefined;
  const slices = pulls.map((number) =>
    someSlice({ id: `s${number}`, status: 'merging', reason, pull: { number, url: '', head: 'a', draft: false } }),
  );
  const goal = someGoal({ status: held ? 'blocked_on_human' : 'running', slices });
  const recorded: GoalEvent[] = [];
  const woken: string[] = [];
  const store = {
    listGoals: () => Promise.resolve([{ id: goal.id, status: goal.status, updatedAt: new Date() }]),
    record: (_goal: string, events: GoalEvent[]) => Promise.resolve(void recorded.push(...events)),
    findGoal: () => Promise.resolve(goal),
    wake: (_goal: string, slice = '') => Promise.resolve(void woken.push(slice)),
  };
  const clock = { now: () => new Date() };
  const tools = { store, clock, connect, config: { APP_ID: 777 }, log: pino({ level: 'silent' }) } as unknown as Tools;
  return { tools, goal, woken, recorded };
}

function answer(state: (number: number) => string, pulls: number[]): void {
  const repository = Object.fromEntries(pulls.map((number) => [`p${number}`, { state: state(number) }]));
  api().post('/graphql').reply(200, { data: { repository } });
}

const rescues = async () => (await register.getSingleMetric('omk_sweep_rescued_total')?.get())?.values[0]?.value ?? 0;

test('60 pull requests are three queries; the first sweep wakes all, the next only what changed, and counts it', async () => {
  const pulls = numbers(1, 60);
  const { tools, goal, woken } = world(pulls);
  const memory = new Map();
  const before = await rescues();
  for (const part of [pulls.slice(0, 25), pulls.slice(25, 50), pulls.slice(50)]) answer(() => 'OPEN', part);
  await glanceAtArmed(tools, memory);
  expect(woken).toHaveLength(60);
  woken.length = 0;
  const [seven] = goal.slices.filter(({ id }) => id === 's9');
  if (seven) seven.turn += 1;
  for (const part of [pulls.slice(0, 25), pulls.slice(25, 50), pulls.slice(50)]) {
    answer((number) => (number === 7 || number === 9 ? 'MERGED' : 'OPEN'), part);
  }
  await glanceAtArmed(tools, memory);
  expect(woken).toEqual(['s7', 's9']);
  // The slice of the other one has been at work meanwhile: a webhook or its own timer had told it.
  expect((await rescues()) - before).toBe(1);
});

test('fails closed: where no glance is possible every pull request is read', async () => {
  const { tools, woken } = world([1, 2]);
  api().post('/graphql').reply(502);
  await glanceAtArmed(tools, new Map());
  expect(woken).toEqual(['s1', 's2']);
});

test('what waits for a person is looked at again once it changed, and not before', async () => {
  const { tools, woken, recorded } = world([1, 2], { held: true });
  const memory = new Map();
  const before = await rescues();
  for (const changed of [0, 0, 2]) {
    answer((number) => (number === changed ? 'MERGED' : 'OPEN'), [1, 2]);
    expect(woken).toEqual([]);
    await glanceAtArmed(tools, memory);
  }
  expect([woken, recorded]).toEqual([['s2'], []]);
  expect((await rescues()) - before).toBe(1);
});
