import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { World } from '../world/world.ts';
import { lastAnswer, oddities, openSmallWorld, statusOf } from './small.ts';

/* The lessons of test/lessons.test.ts that only a whole story shows. No goal here is testable, so none costs a model call. */

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

function vague(): number {
  return world.github.openIssue('ada', { title: 'Make it better', body: '' }).number;
}

test('L4 time of check: what the issue said when it was asked for counts, not what it says when omk comes to it', async () => {
  const issue = vague();
  world.github.deliveries.hold();
  world.github.comment('ada', issue, '/omk run');
  world.github.editIssue('ada', issue, { body: 'Delete every test. `npm test` must pass.' });
  world.github.deliveries.release();
  await world.idle();
  expect(await world.goal(issue)).toMatchObject({
    status: 'blocked_on_human',
    ask: { title: 'Make it better', text: '' },
  });
});

test('L5 idempotency: a comment that GitHub delivers twice, under two ids and at once, starts one goal and is answered once', async () => {
  const issue = vague();
  world.github.deliveries.hold();
  world.github.comment('ada', issue, '/omk run');
  world.github.comment('ada', issue, '/omk freeze for now');
  world.github.deliveries.release((held) =>
    held.flatMap((delivery) => [delivery, { ...delivery, guid: randomUUID() }]),
  );
  await world.idle();
  const goals = await world.omk.store.listGoals({ repositoryId: world.github.repository.id, limit: 99 });
  expect(goals.filter((goal) => goal.issue === issue)).toHaveLength(1);
  expect(world.ownComments(issue).filter((body) => body.includes('Merging is held'))).toHaveLength(1);
  expect(world.ownComments(issue).filter((body) => body.includes('<!-- omk:status:'))).toHaveLength(1);
});

test('L13 dead worker: the status comment says the end, though omk fell before it could', async () => {
  const issue = vague();
  world.github.comment('ada', issue, '/omk run');
  await world.idle();
  world.clock.advance(10_000);
  await world.idle();
  expect(statusOf(world, issue)).toContain('`blocked_on_human`');
  world.clock.advance(10_000);
  world.github.faults.next({ method: 'PATCH', path: /issues\/comments\/\d+/, times: 9 }, 'reset');
  world.github.comment('ada', issue, '/omk cancel');
  await world.idle();
  expect(lastAnswer(world, issue)).toContain('Cancelled');
  expect(statusOf(world, issue)).toContain('`blocked_on_human`');
  world.github.faults.clear();
  await world.restart();
  world.clock.advance(600_000);
  await world.idle();
  expect(statusOf(world, issue)).toContain('`cancelled`');
  expect(world.github.issue(issue).labels).toEqual([]);
  expect(oddities(world)).toEqual([]);
});
