import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '../world/world.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import { ask, lastAnswer, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;
let issue: number;

async function say(text: string, where = issue): Promise<string> {
  world.github.comment('ada', where, text);
  await world.idle();
  return lastAnswer(world, where);
}

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

describe('slices are taken back', () => {
  test('a merged one by a slice that undoes it; what waited for it is planned anew', async () => {
    world.model.will({
      ...planning([
        { id: 'four', title: 'Add the fourth word', writeScope: ['words/four.txt'] },
        { id: 'five', title: 'Add the fifth word', writeScope: ['words/five.txt'], dependsOn: ['four'] },
      ]),
      times: 1,
    });
    for (const id of ['four', 'five']) {
      world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
    }
    issue = ask(world, 'Add a fourth and a fifth word', '/omk run --merge manual');
    await world.finish(issue);
    const four = (await world.goal(issue)).slices[0]?.pull?.number ?? 0;
    expect(await say('/omk merge', four)).toContain('as soon as its checks settle');
    await world.finish(issue);
    expect(await world.github.file('main', 'words/four.txt')).toBe('four\n');
    const five = (await world.goal(issue)).slices[1]?.pull?.number ?? 0;

    world.model.will({
      ...planning([{ id: 'six', title: 'Add the sixth word', writeScope: ['words/six.txt'] }]),
      times: 1,
    });
    world.model.will(building('six', [{ tools: [write('words/six.txt', 'six\n')] }, { say: 'Added it.' }]));
    expect(await say('/omk revert four')).toContain('`five` depended on it and is planned anew');
    const again = await world.finish(issue);
    expect(again.reason?.text).toContain('waits for a person');
    expect(again.slices.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'four merged',
      'five cancelled',
      'revert-four merging',
      'six merging',
    ]);
    expect(world.github.pull(five).state).toBe('closed');
    expect(lastAnswer(world, five)).toContain('closes this pull request');
    expect(await say('/omk merge revert-four')).toContain('as soon as its checks settle');
    await world.finish(issue);
    expect(await world.github.file('main', 'words/four.txt')).toBeUndefined();
    expect(await say('/omk merge six')).toContain('as soon as its checks settle');
    expect((await world.finish(issue)).status).toBe('ready');
    expect(await world.github.file('main', 'words/six.txt')).toBe('six\n');
    expect(await say('/omk revert four')).toContain('is `merged`');
  });

  test('an open one by closing its pull request', async () => {
    world.model.will({
      ...planning([{ id: 'seven', title: 'Add the seventh word', writeScope: ['words/seven.txt'] }]),
      times: 1,
    });
    world.model.will(building('seven', [{ tools: [write('words/seven.txt', 'wrong\n')] }, { say: 'Added it.' }]));
    world.model.will(fixing('seven', [{ tools: [write('words/seven.txt', 'seven\n')] }, { say: 'Added it.' }]));
    issue = ask(world, 'Add a seventh word', '/omk run --merge manual');
    const goal = await world.finish(issue);
    const number = goal.slices[0]?.pull?.number ?? 0;
    await say('/omk revert seven', number);
    expect(world.ownComments(number).join()).toContain('if any, is closed');
    expect((await world.finish(issue)).status).toBe('not_ready');
    expect(world.github.pull(number).state).toBe('closed');
    expect(statusOf(world, issue)).toContain('taken back by ada');
  });

  test('a merged one of a cancelled goal, of which nothing else goes on', async () => {
    world.model.will({
      ...planning([
        { id: 'eight', title: 'Add the eighth word', writeScope: ['words/eight.txt'] },
        { id: 'nine', title: 'Add the ninth word', writeScope: ['words/nine.txt'], dependsOn: ['eight'] },
      ]),
      times: 1,
    });
    for (const id of ['eight', 'nine']) {
      world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
    }
    issue = ask(world, 'Add an eighth and a ninth word', '/omk run --merge manual');
    await world.finish(issue);
    await say('/omk merge eight');
    const nine = (await world.finish(issue)).slices[1]?.pull?.number ?? 0;
    expect(await say('/omk cancel')).toContain('stays open; `/omk revert nine` closes it');
    expect(await say('/omk revert eight')).toContain('The rest of the goal stays cancelled');
    await world.finish(issue);
    expect(await say('/omk merge revert-eight')).toContain('as soon as its checks settle');
    expect((await world.finish(issue)).status).toBe('not_ready');
    expect(await world.github.file('main', 'words/eight.txt')).toBeUndefined();
    expect(world.github.pull(nine).state).toBe('open');
    await say('/omk revert nine', nine);
    expect((await world.finish(issue)).status).toBe('not_ready');
    expect(world.github.pull(nine).state).toBe('closed');
    expect(oddities(world)).toEqual([]);
  });

  test('one that an earlier goal of the issue merged', async () => {
    const plans = [
      planning([{ id: 'ten', title: 'Add the tenth word', writeScope: ['words/ten.txt'] }]),
      planning([{ id: 'more', title: 'Add one more word', writeScope: ['words/more.txt'] }]),
    ];
    for (const plan of plans) world.model.will({ ...plan, times: 1 });
    for (const id of ['ten', 'more'])
      world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
    issue = ask(world, 'Add a tenth word');
    expect((await world.finish(issue)).status).toBe('ready');
    await say('/omk run Add one more word');
    expect((await world.finish(issue)).slices.map(({ id }) => id)).toEqual(['more']);
    expect(await say('/omk revert ten')).toContain('`revert-ten`');
    await world.finish(issue);
    expect(await world.github.file('main', 'words/ten.txt')).toBeUndefined();
    expect(await world.github.file('main', 'words/more.txt')).toBe('more\n');
    expect(await say('/omk revert eleven')).toContain('There is no slice');
    expect(oddities(world)).toEqual([]);
  });
});
