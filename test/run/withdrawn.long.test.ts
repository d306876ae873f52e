import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { building, planning, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, openSmallWorld } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

/** For a busy machine: how long a story may take. */
const STORY_MS = 400_000;

/** What takes the leave away. Its webhook is lost, so omk must find out by itself. */
const WITHDRAWALS: Record<string, (issue: number) => void> = {
  'the permission is withdrawn': () => world.github.repository.roles.set('ada', 'read'),
  'the issue is closed': (issue) => world.github.closeIssue('rob', issue),
  'the issue is locked': (issue) => world.github.lockIssue('ada', issue),
  'the issue is deleted': (issue) => world.github.deleteIssue('ada', issue),
};

describe.each(['while Kimi builds', 'before the merge'])('%s', (moment) => {
  test.each(Object.entries(WITHDRAWALS))(
    '%s: nothing more is pushed or merged, and it is said why',
    async (name, act) => {
      const { github, model } = world;
      const main = await github.tip('main');
      const id = `${moment === 'before the merge' ? 'late' : 'early'}-${Object.keys(WITHDRAWALS).indexOf(name)}`;
      const withdraw = (): void => {
        github.beforeEach(undefined);
        github.deliveries.copies = () => 0;
        act(number);
        github.deliveries.copies = () => 1;
      };
      model.will({ ...planning([{ id, title: 'Add a line', writeScope: ['words/**'] }]), times: 1 });
      model.will(
        building(id, [
          () => {
            if (moment === 'while Kimi builds') withdraw();
            return { tools: [write(`words/${id}.txt`, 'one more\n')] };
          },
          { say: 'Added it.' },
        ]),
      );
      const number = ask(world, `Add the file words/${id}.txt`);
      if (moment === 'before the merge')
        github.beforeEach(({ route }) => {
          if (route === 'POST /repos/{owner}/{repo}/pulls') withdraw();
        });
      const goal = await world.finish(number);
      github.repository.roles.set('ada', 'write');
      // What was lost may be fetched again before the next act: the end is the same.
      expect(`${goal.status}: ${goal.reason?.text}`).toMatch(
        /^blocked_on_human: .*Nothing was pushed or merged|^paused: The issue was (closed|locked) by|^cancelled: The issue was deleted by/s,
      );
      expect(await github.file('main', `words/${id}.txt`)).toBeUndefined();
      expect(await github.tip('main')).toBe(main);
      const pushed = github.pushes.some(({ ref }) => ref.includes(id));
      expect(pushed).toBe(moment === 'before the merge');
      // With the leave it would go on in the middle of the next story.
      if (name === 'the permission is withdrawn') github.comment('ada', number, '/omk cancel');
      await world.idle();
    },
    STORY_MS,
  );
});

test('a goal that was held for want of its leave goes on once the leave is back and its checks pass again', async () => {
  const { github, model } = world;
  model.will({ ...planning([{ id: 'back', title: 'Add a line', writeScope: ['words/**'] }]), times: 1 });
  model.will(building('back', [{ tools: [write('words/back.txt', 'one more\n')] }, { say: 'Added it.' }]));
  const number = ask(world, 'Add the file words/back.txt');
  github.beforeEach(({ route }) => {
    if (route === 'POST /repos/{owner}/{repo}/pulls') github.repository.roles.set('ada', 'read');
  });
  expect((await world.finish(number)).status).toBe('blocked_on_human');
  github.beforeEach(undefined);
  github.repository.roles.set('ada', 'write');
  for (const pull of github.pulls().filter(({ head }) => head.ref.includes('back'))) await github.runChecks(pull);
  await world.idle();
  // Hints are gathered for a moment before what is held is looked at again.
  world.clock.advance(3_000);
  await world.idle();
  expect((await world.finish(number)).status).toBe('ready');
});

test('a goal that a label started ends when the label is taken away', async () => {
  const { github, model } = world;
  model.will({ ...planning([{ id: 'label', title: 'Add a line', writeScope: ['words/**'] }]), times: 1 });
  const issue = github.openIssue('ada', { title: 'Add the file words/label.txt', body: 'Acceptance: it is there.' });
  model.will(
    building('label', [
      () => {
        github.unlabel('ada', issue, 'omk');
        return { tools: [write('words/label.txt', 'one more\n')] };
      },
      { say: 'Added it.' },
    ]),
  );
  github.label('ada', issue, 'omk');
  const goal = await world.finish(issue.number);
  expect([goal.status, goal.reason?.text]).toEqual(['cancelled', 'The label `omk` was removed by ada.']);
  expect(github.pushes.some(({ ref }) => ref.includes('label'))).toBe(false);
});

test('a repository that gets another name goes on under it, one with another owner does not', async () => {
  const { github, model } = world;
  const { repository } = github;
  model.will({ ...planning([{ id: 'name', title: 'Add a line', writeScope: ['words/**'] }]), times: 1 });
  const issue = github.openIssue('ada', { title: 'Add the file words/name.txt', body: 'Acceptance: it is there.' });
  model.will(
    building('name', [
      () => {
        repository.name = 'letters';
        github.comment('rob', issue, 'It is called letters now.');
        return { tools: [write('words/name.txt', 'one more\n')] };
      },
      { say: 'Added it.' },
    ]),
  );
  github.comment('ada', issue, '/omk run');
  const goal = await world.finish(issue.number);
  expect([goal.status, goal.repository.name]).toEqual(['ready', 'letters']);
});

test('more commands than thirty an hour are answered once, then not at all, but for those who may write', async () => {
  const { github } = world;
  const issue = github.openIssue('rob', { title: 'Talk to me', body: '' });
  for (let count = 0; count < 45; count += 1) github.comment('rob', issue, '/omk help');
  await world.idle();
  const own = () => world.ownComments(issue.number);
  expect(own()).toHaveLength(31);
  expect(own().filter((body) => body.includes('More than 30 commands came here within an hour'))).toHaveLength(1);
  github.comment('ada', issue, '/omk help');
  github.comment('zoe', issue, '/omk help');
  await world.idle();
  expect(own()).toHaveLength(32);
  for (let count = 0; count < 40; count += 1) github.comment('ada', issue, '/omk help');
  await world.idle();
  expect(own()).toHaveLength(61);
  world.clock.advance(3_700_000);
  github.comment('rob', issue, '/omk help');
  await world.idle();
  expect(own()).toHaveLength(62);
});
