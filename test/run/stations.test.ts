import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GoalEvent } from '../../src/goal/event.ts';
import type { Progress } from '../../src/run/tools.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import type { Pull } from '../world/fake-github.ts';
import type { World } from '../world/world.ts';
import { ask, oddities, openSmallWorld, statusOf } from './small.ts';

/* One goal through all stations. A gate refuses the first work, the wall the second. */

let world: World;
let issue: number;
let base: string;
let events: GoalEvent[];
let pull: Pull;
const progress: Progress[] = [];

const FIXED = { tools: [write('words/two.js', 'export const two = 2;\n')] };

beforeAll(async () => {
  world = await openSmallWorld({ tell: (news) => progress.push(news) });
  const { github, model, omk } = world;
  base = (await github.tip('main')) ?? '';
  model.will(planning([{ id: 'two', title: 'Add the second word', writeScope: ['words/**'] }]));
  model.will(building('two', [{ tools: [write('words/two.txt', 'wrong\n')] }, { say: 'Added it.' }]));
  const unfinished = write('words/two.js', '// TODO: write it\nexport const two = 2;\n');
  model.will(fixing('two', [{ tools: [write('words/two.txt', 'two\n'), unfinished] }, { say: 'Mended it.' }]));
  model.will(fixing('two', [FIXED, { say: 'Finished it.' }]));
  issue = ask(world, 'Add the second word');
  const goal = await world.finish(issue);
  events = (await omk.store.listEvents(goal.id)).map(({ event }) => event);
  const [first] = github.pulls();
  if (!first) throw new Error('There is no pull request');
  pull = first;
});
afterAll(() => world.close());

function all<Kind extends GoalEvent['kind']>(kind: Kind): Extract<GoalEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<GoalEvent, { kind: Kind }> => event.kind === kind);
}

const feedbackOf = (prompt: RegExp) => world.model.requests.find(({ prompt: text }) => prompt.test(text))?.prompt;

test('accept: eyes on the comment, one status comment, settings and gates of the base', () => {
  const { comments } = world.github.issue(issue);
  expect(comments[0]?.reactions.map(({ content }) => content)).toEqual(['eyes']);
  expect(world.ownComments(issue)).toHaveLength(1);
  expect(all('accepted')).toMatchObject([
    { base: { branch: 'main', sha: base }, gates: { gates: [{ name: 'words' }] } },
  ]);
});

test('plan: one slice, asked for with tools that only read, and gates looked at on the base', () => {
  const [planned] = all('planned');
  expect(planned).toMatchObject({ slices: [{ id: 'two', writeScope: ['words/**'] }], redOnBase: [] });
  expect(planned?.plan.needsApproval).toBe(false);
  const tools = world.model.requests.find(({ script }) => script === 'plan')?.tools ?? [];
  expect(tools.filter((name) => /write|edit|bash|shell/i.test(name))).toEqual([]);
});

test('build: three turns of Kimi told as they happen; omk makes the commits; no worktree stays', async () => {
  expect(all('built')).toHaveLength(3);
  expect(progress.map(({ text }) => text)).toContain('Writing words/two.txt');
  expect(all('built').map(({ changedFiles }) => changedFiles)).toEqual([
    ['words/two.txt'],
    ['words/two.js', 'words/two.txt'],
    ['words/two.js', 'words/two.txt'],
  ]);
  expect(await readdir(join(world.dataDir, 'worktrees'), { recursive: true })).toEqual([]);
});

test('verify: what a gate printed goes back to the agent, and each result names the tree that it is of', () => {
  const [failed] = all('gates-failed');
  expect(failed?.results).toMatchObject([{ name: 'words', status: 'failed', exitCode: 1, redOnBase: false }]);
  expect(feedbackOf(/^\s*Fix slice two\.[^]*words\/two\.txt:1:wrong/)).toBeDefined();
  const trees = all('built').map(({ tree }) => tree);
  const judged = [...all('gates-failed'), ...all('verified')].flatMap(({ results }) => results.map(({ tree }) => tree));
  expect(judged).toEqual(trees);
});

test('review: the wall refuses a stub on its line, and passes what was mended', () => {
  expect(all('wall-blocked')).toHaveLength(1);
  expect(feedbackOf(/^\s*Fix slice two\.[^]*anti-slop\/todo[^]*words\/two\.js:1/)).toBeDefined();
  expect(all('wall-passed')[0]?.wall.passes.map(({ pass }) => pass)).toHaveLength(6);
});

test('deliver: one pull request with the wall, the gates and the issue in its body', () => {
  expect(world.github.pulls()).toHaveLength(1);
  expect(pull).toMatchObject({ title: '[slice] two — Add the second word', draft: false });
  for (const part of [`#${issue}`, '| anti-slop', '| words |']) expect(pull.body).toContain(part);
});

test('merge: the head that was judged, once; its branch is gone and the status comment final', async () => {
  const merges = world.github.requests.filter(({ path }) => path.endsWith(`/pulls/${pull.number}/merge`));
  expect(merges.map(({ body }) => body)).toMatchObject([{ sha: all('built').at(-1)?.head }]);
  expect(await world.github.tip(pull.head.ref)).toBeUndefined();
  expect(await world.github.file('main', 'words/two.js')).toBe('export const two = 2;\n');
  expect(statusOf(world, issue)).toContain('`ready`');
  expect(oddities(world)).toEqual([]);
});
