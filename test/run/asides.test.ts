import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { World } from '../world/world.ts';
import { lastAnswer, oddities, openSmallWorld } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

function open(title: string, body = 'words/two.txt holds two.'): number {
  return world.github.openIssue('ada', { title, body }).number;
}

async function answersOn(issue: number): Promise<string[]> {
  await world.idle();
  return world.ownComments(issue);
}

test('a program that commands is told once on an issue whom omk obeys, however long it goes on', async () => {
  const issue = open('Add a word');
  for (let times = 0; times < 3; times += 1) world.github.comment('helper[bot]', issue, '/omk run');
  const [answer = '', ...more] = await answersOn(issue);
  expect(answer).toContain('`helper[bot]` is a program');
  // It says what omk said, and more: no answer to the answer.
  world.github.comment('helper[bot]', issue, `${answer}\n\n/omk help`);
  world.github.label('helper[bot]', issue, 'omk');
  expect([more, (await answersOn(issue)).length]).toEqual([[], 1]);
  await expect(world.goal(issue)).rejects.toThrow('no goal');
});

test('who misses the form of a command is told it, each time, and nothing begins; in code and quotes nobody speaks to omk', async () => {
  const issue = open('Add a word');
  world.github.comment('ada', issue, '/omk: run');
  expect(await answersOn(issue)).toEqual([
    expect.stringMatching(/^.*\nNothing was run:[\s\S]*Did you mean `\/omk run`\?/),
  ]);
  world.github.comment('ada', issue, 'Hello!\n\n@omk run --plan');
  await world.idle();
  expect(lastAnswer(world, issue)).toContain('Did you mean `/omk run --plan`?');
  world.github.comment(
    'ada',
    issue,
    '> @omk run\n\nWhat does `@omk run` do?\n\n```\n/omk: run\n```\n\nSee /omk/run.ts',
  );
  expect(await answersOn(issue)).toHaveLength(2);
  await expect(world.goal(issue)).rejects.toThrow('no goal');
});

test('what omk itself says is never answered', async () => {
  const issue = open('Add a word');
  world.github.comment('omk[bot]', issue, '/omk run');
  expect(await answersOn(issue)).toEqual([]);
});

test('a command that an edit brings is told once that it starts nothing; an edit beside a command is not spoken of', async () => {
  const issue = open('Add a word');
  const comment = world.github.comment('ada', issue, 'Shall we?');
  for (const text of ['Shall we?\n\n/omk run', 'Shall we?\n\n/omk run --plan'])
    world.github.editComment('ada', comment, text);
  expect(await answersOn(issue)).toHaveLength(1);
  expect(lastAnswer(world, issue)).toContain('An edited comment starts nothing');
  const help = world.github.comment('ada', issue, '/omk help');
  world.github.editComment('ada', help, 'Please help.\n\n/omk help');
  expect(await answersOn(issue)).toHaveLength(2);
  await expect(world.goal(issue)).rejects.toThrow('no goal');
});

test('a command in the text of a new issue is told where commands are heard', async () => {
  const issue = open('Add a word', 'words/two.txt holds two.\n\n/omk run');
  expect(await answersOn(issue)).toEqual([expect.stringContaining('not in the text of an issue')]);
  expect(await answersOn(open('Add a word', '@omk run'))).toHaveLength(1);
  expect(await answersOn(open('Add a word', 'Quote:\n> /omk run'))).toEqual([]);
});

test('a locked issue starts nothing, and omk does not insist on saying so where GitHub lets it say nothing', async () => {
  const issue = open('Add a word');
  world.github.lockIssue('ada', issue);
  world.github.comment('ada', issue, '/omk run');
  world.github.comment('ada', issue, '/omk freeze until the argument is over');
  expect(await answersOn(issue)).toEqual([]);
  await expect(world.goal(issue)).rejects.toThrow('no goal');
  expect((await world.omk.store.getFreeze(world.github.repository.id))?.reason).toBe('until the argument is over');
  expect((await world.omk.store.counts()).jobs.webhook.queued).toBe(0);
});

test('the label on a pull request starts nothing, and says so; a command in its review is not heard', async () => {
  await world.github.push('ada', 'mine', { 'words/two.txt': 'two\n' });
  const pull = await world.github.openPull('ada', { title: 'Add a word', head: 'mine', base: 'main' });
  world.github.label('ada', pull, 'omk');
  expect(await answersOn(pull.number)).toEqual([expect.stringContaining('this is a pull request')]);
  await world.github.review('rob', pull, { state: 'COMMENTED', body: 'Nearly.\n\n/omk cancel' });
  expect(await answersOn(pull.number)).toHaveLength(2);
  expect(lastAnswer(world, pull.number)).toContain('not in a review');
});

test('nothing strange was asked of GitHub', () => {
  expect(oddities(world)).toEqual([]);
});
