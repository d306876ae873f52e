import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelRequest } from '../world/scripted-model.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

function plan(id: string): void {
  const script = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...script, when: (prompt) => script.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
}

/** What the model was asked for one slice, and how many of its own answers it was shown. */
function asked(id: string): { prompt: string; memory: number }[] {
  const ours = ({ prompt }: ModelRequest) => /^(Build|Fix) slice (\S+)\./.exec(prompt)?.[2] === id;
  return world.model.requests.filter(ours).map(({ prompt, messages }) => ({
    prompt: prompt.split(' ', 1)[0] ?? '',
    memory: messages.filter(({ role }) => role === 'assistant').length,
  }));
}

test('a budget that is used up in the middle of a turn stops the agent and keeps its work', async () => {
  plan('thrift');
  world.model.will(
    building('thrift', [
      { tools: [write('words/thrift.txt', 'half\n')] },
      { think: 'x'.repeat(240_000), tools: [write('words/more.txt', 'more\n')] },
      { say: 'Done.' },
    ]),
  );
  world.model.will(fixing('thrift', [{ tools: [write('words/thrift.txt', 'whole\n')] }, { say: 'Went on.' }]));
  const issue = ask(world, 'Goal thrift: add the file words/thrift.txt', '/omk run --budget-tokens 60k');
  const stopped = await world.finish(issue);
  expect([stopped.status, stopped.reason?.next]).toEqual(['needs_more_budget', '/omk budget add --tokens 2M']);
  expect(statusOf(world, issue)).toContain('`/omk budget add --tokens 2M`');
  expect(stopped.slices[0]?.kept).toMatch(/^[0-9a-f]{40}$/);
  expect(stopped.spend.outputTokens).toBeGreaterThan(60_000);
  expect(asked('thrift')).toHaveLength(2);
  expect(world.github.pushes).toEqual([]);
  world.github.comment('ada', issue, '/omk budget add --tokens 2M');
  expect((await world.finish(issue)).status).toBe('ready');
  expect(await world.github.file('main', 'words/thrift.txt')).toBe('whole\n');
  expect(asked('thrift')[2]).toMatchObject({ prompt: 'Fix' });
  expect(asked('thrift')[2]?.memory).toBeGreaterThan(0);
});

test('a turn that is cut off by a stop goes on in its session, and what it cost is counted', async () => {
  plan('cut');
  const reached = Promise.withResolvers<void>();
  world.model.will(
    building('cut', [
      { tools: [write('words/cut.txt', 'cut\n')] },
      () => {
        reached.resolve();
        return { fail: 'hang' };
      },
    ]),
  );
  world.model.will(building('cut', [{ say: 'It is there already.' }]));
  const issue = ask(world, 'Goal cut: add the file words/cut.txt');
  await reached.promise;
  await world.restart();
  const goal = await world.finish(issue);
  expect(goal.status).toBe('ready');
  expect(goal.slices[0]?.attempts.total).toBe(1);
  const calls = asked('cut');
  expect(calls.map(({ memory }) => memory)).toEqual([0, 1, expect.any(Number)]);
  expect(calls[2]?.memory).toBeGreaterThan(0);
  const paid = world.model.requests
    .filter(({ prompt }) => prompt.includes('Goal cut'))
    .flatMap(({ usage }) => usage ?? []);
  expect(goal.spend.outputTokens).toBe(paid.reduce((sum, usage) => sum + usage.outputTokens, 0));
});

test('what was built on a machine that is gone is built again, and what was pushed is fetched', async () => {
  plan('moved');
  const make = { tools: [write('words/moved.txt', 'moved\n')] };
  world.model.will(
    building('moved', [
      () => {
        // The look before the push: the slice stays unpushed until omk is stopped.
        world.github.faults.next({ method: 'POST', path: /graphql/ }, 'hang');
        return make;
      },
      { say: 'Added it.' },
    ]),
  );
  world.model.will(building('moved', [make, { say: 'Added it again.' }]));
  const issue = ask(world, 'Goal moved: add the file words/moved.txt');
  const { store } = world.omk;
  while ((await store.findLatestGoal(world.github.repository.id, issue))?.slices[0]?.status !== 'delivering')
    await delay(50);
  await world.omk.stop();
  for (const folder of ['mirrors', 'worktrees', 'homes'])
    await rm(join(world.dataDir, folder), { recursive: true, force: true });
  await world.restart();
  while ((await world.goal(issue)).slices[0]?.status !== 'merging') {
    await world.idle();
    world.clock.advance(10_000);
  }
  expect((await world.omk.store.listEvents((await world.goal(issue)).id)).map(({ event }) => event.kind)).toContain(
    'work-lost',
  );
  await world.omk.stop();
  await rm(join(world.dataDir, 'mirrors'), { recursive: true });
  await world.restart();
  const [pull] = world.github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  await world.github.push('ada', 'main', { 'words/other.txt': 'other\n' });
  world.github.comment('ada', Number(pull?.number), '/omk rebase');
  expect((await world.finish(issue)).status).toBe('ready');
  expect(await world.github.file('main', 'words/moved.txt')).toBe('moved\n');
  expect(world.github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`))).toHaveLength(1);
});

test('nothing strange was asked of GitHub or of the model', () => {
  expect(oddities(world)).toEqual([]);
});
