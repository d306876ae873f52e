import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '../world/world.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import { ask, lastAnswer, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

/** The second gate cannot start once the tool is broken, whatever the code is like. */
const POLICY = `review: { reviewer: off }
checks: { first_check_grace: 1s, quiet: 1s }
gates:
  - { name: words, run: "! grep -rn wrong words", kind: test }
  - { name: tool, run: "test ! -e words/broken.txt || exit 127", kind: lint }
`;

beforeAll(async () => {
  world = await openSmallWorld({
    files: { '.github/omk.yml': POLICY, 'AGENTS.md': 'Words are written in lower case.\n' },
  });
});
afterAll(() => world.close());

function plan(...ids: string[]): void {
  const slices = ids.map((id) => ({ id, title: `Add ${id}`, writeScope: [`words/${id}.txt`] }));
  world.model.will({ ...planning(slices), times: 1 });
}

describe('no progress', () => {
  test('is met with one fresh session that knows what failed', async () => {
    plan('two');
    const prompts: string[] = [];
    const spoil = (text: string) => [{ tools: [write('words/two.txt', text)] }, { say: 'Added it.' }];
    world.model.will(building('two', spoil('wrong\n')));
    world.model.will(fixing('two', spoil('wrong\n\n')));
    world.model.will({
      ...fixing('two', [
        (request) => {
          prompts.push(request.prompt);
          return { tools: [write('words/two.txt', 'two\n')] };
        },
        { say: 'Added it.' },
      ]),
    });
    const issue = ask(world, 'Add the second word');
    expect((await world.finish(issue)).status).toBe('ready');
    expect(prompts[0]).toContain('Earlier turns made no progress: `words` failed in the same way twice in a row');
    world.github.comment('rob', issue, '/omk replay');
    await world.idle();
    expect(lastAnswer(world, issue)).toContain('build started anew');
    const told = world.model.requests.some(({ messages }) =>
      messages.some(({ content }) => content.includes('Words are written in lower case.')),
    );
    expect(told).toBe(true);
  });

  test('of a gate for its own reasons costs no build: it is tried again, and then a person is asked', async () => {
    plan('broken');
    world.model.will(building('broken', [{ tools: [write('words/broken.txt', 'broken\n')] }, { say: 'Added it.' }]));
    const issue = ask(world, 'Break the tool');
    const goal = await world.finish(issue);
    expect(goal.status).toBe('blocked_on_human');
    expect(goal.slices[0]).toMatchObject({ attempts: { total: 1 }, gateFaults: 5 });
    expect(statusOf(world, issue)).toMatch(/could not start, 6 times in a row, for reasons of its own/);
  });
});

test('a plan grows by what an agent proposes, and by nothing that breaks the rules', async () => {
  plan('three');
  const slices = [{ id: 'four', title: 'Add four', write_scope: ['words/four.txt'], depends_on: ['three'] }];
  const say = `Added it.\n\n${JSON.stringify({ slices })}`;
  world.model.will(building('three', [{ tools: [write('words/three.txt', 'three\n')] }, { say }]));
  const bad = JSON.stringify({ slices: [{ id: 'three', title: 'Again', write_scope: ['../x'] }] });
  world.model.will(building('four', [{ tools: [write('words/four.txt', 'four\n')] }, { say: `Added it.\n\n${bad}` }]));
  const issue = ask(world, 'Add a third word');
  const goal = await world.finish(issue);
  expect([goal.status, goal.slices.map(({ id }) => id)]).toEqual(['ready', ['three', 'four']]);
  expect(goal.plan?.notes).toContain('`four` was added: `three` needs it');
  expect(await world.github.file('main', 'words/four.txt')).toBe('four\n');
  world.github.comment('rob', issue, '/omk replay');
  await world.idle();
  expect(lastAnswer(world, issue)).toMatch(/proposed is refused/);
  expect(oddities(world)).toEqual([]);
});
