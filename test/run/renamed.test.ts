import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { planning } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, oddities, openSmallWorld } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
  world.model.will(planning([{ id: 'two', title: 'Add the second word', writeScope: ['words/**'] }]));
});
afterAll(() => world.close());

test('a repository is followed to its new name once, also when webhooks with its old one come later', async () => {
  const issue = ask(world, 'Add the second word', '/omk run --plan');
  await world.idle();
  const { id } = await world.goal(issue);
  world.github.deliveries.hold();
  world.github.comment('ada', issue, 'Said under the old name.');
  world.github.comment('ada', issue, '/omk why');
  world.github.rename('nouns');
  world.github.comment('ada', issue, '/omk status');
  world.github.deliveries.release((held) => held.toReversed());
  await world.idle();
  const events = await world.omk.store.listEvents(id);
  expect(events.flatMap(({ event }) => (event.kind === 'repository-renamed' ? [event.name] : []))).toEqual(['nouns']);
  expect(await world.goal(issue)).toMatchObject({ status: 'awaiting_approval', repository: { name: 'nouns' } });
  expect(oddities(world)).toEqual([]);
});

test('where the App is taken away nothing goes on; once it is installed anew the goal is retried through that', async () => {
  const issue = ask(world, 'Add the third word', '/omk run --plan');
  await world.idle();
  const before = (await world.goal(issue)).repository.installationId;
  world.github.uninstall();
  await world.idle();
  expect(await world.goal(issue)).toMatchObject({
    status: 'blocked_on_external',
    reason: { text: 'omk was uninstalled by acme.', next: 'install the App there again, then /omk retry' },
  });
  world.github.install(world.github.repository);
  world.github.comment('ada', issue, '/omk retry');
  await world.idle();
  const { status, repository } = await world.goal(issue);
  expect(status).toBe('awaiting_approval');
  expect(repository.installationId).not.toBe(before);
  expect(await world.omk.store.listGoals({ limit: 1, installationId: before, over: false })).toEqual([]);
  expect(world.github.refused).toEqual([]);
});
