import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Goal } from '../../src/goal/goal.ts';
import { building, planning, write } from '../world/scripts.ts';
import type { Pull } from '../world/fake-github.ts';
import type { World } from '../world/world.ts';
import { ask, FILES, lastAnswer, oddities, openSmallWorld, POLICY, statusOf } from './small.ts';

let world: World;
let issue: number;
let id = 0;

beforeAll(async () => {
  world = await openSmallWorld({ files: { ...FILES, '.github/omk.yml': `${POLICY}merge: manual\n` } });
});
afterAll(() => world.close());

/** The status comment is edited every ten seconds at most, and hints are gathered for a moment. */
async function moment(): Promise<Goal> {
  await world.idle();
  world.clock.advance(10_000);
  await world.idle();
  return world.goal(issue);
}

/** A goal of so many slices, each after the one before, whose first pull request waits for a person. */
async function meetWaiting(slices: number, command = '/omk run'): Promise<Pull> {
  const ids = Array.from({ length: slices }, (_, index) => `w${(id += 1)}-${index}`);
  const plan = ids.map((name, index) => ({
    id: name,
    title: 'Add a word',
    writeScope: [`words/${name}.txt`],
    dependsOn: ids.slice(Math.max(0, index - 1), index),
  }));
  world.model.will({ ...planning(plan), times: 1 });
  for (const name of ids)
    world.model.will(building(name, [{ tools: [write(`words/${name}.txt`, 'a\n')] }, { say: 'Added it.' }]));
  issue = ask(world, 'Add words', command);
  await world.finish(issue);
  const pull = world.github.pulls().findLast(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  if (!pull) throw new Error('No pull request');
  return pull;
}

async function say(text: string): Promise<string> {
  world.github.comment('ada', issue, text);
  await world.idle();
  return lastAnswer(world, issue);
}

describe('an issue that is closed while its goal waits', () => {
  beforeEach(async () => {
    await meetWaiting(1);
  });

  test('holds the goal with a sentence and the next command, and nothing but a cancel is obeyed; open again it waits as before', async () => {
    const before = await world.goal(issue);
    world.github.closeIssue('rob', issue);
    expect(await moment()).toMatchObject({ status: 'paused' });
    expect(statusOf(world, issue)).toMatch(/The issue was closed by rob[\s\S]*Next: open[\s\S]*`\/omk cancel`/);
    expect(world.github.issue(issue).labels.map(({ name }) => name)).toEqual([]);
    for (const order of ['/omk resume', '/omk retry', '/omk merge', '/omk run'])
      expect(await say(order)).toMatch(/The issue is closed or locked.*open.*`\/omk cancel`/i);
    expect(await say('/omk why')).toContain('The issue was closed by rob');
    world.github.reopenIssue('rob', issue);
    const { status, reason } = await moment();
    expect({ status, reason }).toEqual({ status: before.status, reason: before.reason });
    expect(await say('/omk merge')).toContain('is merged as soon as');
    expect((await world.finish(issue)).status).toBe('ready');
  });

  test('a cancel ends it for good', async () => {
    world.github.closeIssue('ada', issue);
    await moment();
    expect(await say('/omk cancel')).toContain('Cancelled');
    world.github.reopenIssue('ada', issue);
    expect((await moment()).status).toBe('cancelled');
  });

  test('locked is held like closed, until it is neither', async () => {
    world.github.lockIssue('ada', issue);
    expect((await moment()).reason?.text).toContain('locked by ada');
    world.github.closeIssue('ada', issue);
    world.github.unlockIssue('ada', issue);
    expect((await moment()).status).toBe('paused');
    world.github.reopenIssue('ada', issue);
    expect((await moment()).status).toBe('blocked_on_human');
  });

  test('deleted ends it', async () => {
    world.github.deleteIssue('ada', issue);
    expect(await moment()).toMatchObject({ status: 'cancelled', reason: { text: 'The issue was deleted by ada.' } });
  });
});

test('webhooks that overtake one another: what GitHub says now counts', async () => {
  await meetWaiting(1);
  world.github.deliveries.copies = () => 0;
  world.github.closeIssue('ada', issue);
  world.github.reopenIssue('ada', issue);
  world.github.deliveries.copies = () => 1;
  const [closed, reopened] = world.github.deliveries.list.slice(-2);
  if (!closed || !reopened) throw new Error('No deliveries');
  world.github.deliveries.redeliver(reopened.id);
  await world.idle();
  world.github.deliveries.redeliver(closed.id);
  expect((await moment()).status).toBe('blocked_on_human');
});

describe('an issue that a merge closes', () => {
  test('by a person with the last slice: the goal is ready all the same', async () => {
    const pull = await meetWaiting(1);
    world.github.editIssue('ada', pull, { body: `Closes #${issue}\n\n${pull.body}` });
    await world.github.mergePull('ada', pull);
    expect(world.github.issue(issue).state).toBe('closed');
    expect((await moment()).status).toBe('ready');
  });

  test('by a person before the last slice: the merge counts, and the rest goes on once the issue is open', async () => {
    const pull = await meetWaiting(2);
    world.github.editIssue('ada', pull, { body: `Closes #${issue}\n\n${pull.body}` });
    await world.github.mergePull('ada', pull);
    const { status, slices } = await moment();
    expect([status, ...slices.map((slice) => slice.status)]).toEqual(['paused', 'merged', 'planned']);
    world.github.reopenIssue('ada', issue);
    await world.finish(issue);
    await say('/omk merge');
    expect((await world.finish(issue)).status).toBe('ready');
  });

  test('by omk before the last slice: the goal goes on', async () => {
    const pull = await meetWaiting(2);
    world.github.editIssue('ada', pull, { body: `Fixes #${issue}\n\n${pull.body}` });
    await say('/omk merge');
    await world.finish(issue);
    expect(world.github.issue(issue)).toMatchObject({ state: 'closed', closedBy: { type: 'Bot' } });
    await say('/omk merge');
    expect((await world.finish(issue)).status).toBe('ready');
    expect(oddities(world)).toEqual([]);
  });

  test("by GitHub's merge queue before the last slice: the goal goes on, and is told whose merge it was", async () => {
    const pull = await meetWaiting(2);
    world.github.enableQueue('main');
    world.github.editIssue('ada', pull, { body: `Fixes #${issue}\n\n${pull.body}` });
    await say('/omk merge');
    while (world.github.repository.queues.get('main')?.length === 0) await world.github.runChecks(pull).then(moment);
    await world.github.runQueue();
    world.github.repository.queues.clear();
    expect(world.github.issue(issue)).toMatchObject({
      state: 'closed',
      closedBy: { login: 'github-merge-queue[bot]' },
    });
    const { status, slices } = await world.finish(issue);
    expect([status, ...slices.map((slice) => slice.status)]).toEqual(['blocked_on_human', 'merged', 'merging']);
    expect(await say('/omk replay')).toMatch(/merged by GitHub's merge queue as/);
    await say('/omk merge');
    expect((await world.finish(issue)).status).toBe('ready');
    expect(oddities(world)).toEqual([]);
  });
});

test('an issue that is closed while Kimi builds: nothing goes out until it is open again, then the goal comes to its end', async () => {
  const name = `w${(id += 1)}-busy`;
  world.model.will({ ...planning([{ id: name, title: 'Add a word', writeScope: ['words/**'] }]), times: 1 });
  const close = () => {
    world.github.closeIssue('ada', issue);
    return { fail: 'hang' as const };
  };
  world.model.will({ ...building(name, [close]), times: 1 });
  world.model.will(building(name, [{ tools: [write(`words/${name}.txt`, 'a\n')] }, { say: 'Added it.' }]));
  issue = ask(world, 'Add a word', '/omk run --merge gated');
  expect((await moment()).status).toBe('paused');
  expect(world.github.pushes.filter(({ ref }) => ref.includes(name))).toEqual([]);
  world.github.reopenIssue('ada', issue);
  expect((await world.finish(issue)).status).toBe('ready');
});
