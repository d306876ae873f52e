import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { building, fixing, planning, titled, write } from '../world/scripts.ts';
import type { Script } from '../world/scripted-model.ts';
import type { World } from '../world/world.ts';
import { ask, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

/** Plans the goal of one issue as one slice: the title tells issues apart. */
function plan(id: string, writeScope = ['words/**']): void {
  const script = planning([{ id, title: `Add ${id}`, writeScope }]);
  world.model.will({ ...script, when: (prompt) => script.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
}

function always(script: Script): Script {
  return { ...script, times: 99 };
}

async function worktrees(): Promise<string[]> {
  return readdir(join(world.dataDir, 'worktrees'));
}

describe('plan', () => {
  test('a plan that is no JSON is asked for once more, and then used', async () => {
    const repair = {
      say: JSON.stringify({ slices: [{ id: 'mended', title: 'Add mended', write_scope: ['words/**'] }] }),
    };
    world.model.will({
      name: 'bad plan',
      when: (prompt) => titled('Plan')(prompt) && prompt.includes('Goal mended'),
      turns: [{ say: 'Let me think.' }],
      times: 1,
    });
    world.model.will({ name: 'repair', when: titled('Repair the plan.'), turns: [repair], times: 1 });
    world.model.will(building('mended', [{ tools: [write('words/mended.txt', 'mended\n')] }, { say: 'Added it.' }]));
    expect((await world.finish(ask(world, 'Goal mended: add the file words/mended.txt'))).status).toBe('ready');
  });

  test('a plan that stays a circle ends the goal with every fault', async () => {
    const circle = {
      say: JSON.stringify({
        slices: [
          { id: 'a', title: 'A', write_scope: ['a'], depends_on: ['b'] },
          { id: 'b', title: 'B', write_scope: ['b'], depends_on: ['a'] },
        ],
      }),
    };
    world.model.will({
      name: 'circle',
      when: (prompt) => titled('Plan')(prompt) && prompt.includes('Goal circle'),
      turns: [circle],
      times: 1,
    });
    world.model.will({ name: 'repair circle', when: titled('Repair the plan.'), turns: [circle], times: 1 });
    const issue = ask(world, 'Goal circle: add the file words/circle.txt');
    const goal = await world.finish(issue);
    expect([goal.status, goal.slices]).toEqual(['not_ready', []]);
    expect(goal.reason?.text).toMatch(/circle/);
    expect(statusOf(world, issue)).toContain('`/omk retry`');
  });

  test('slices that write the same files are put in order, and the plan says so', async () => {
    const both = planning([
      { id: 'first', title: 'First', writeScope: ['words/**'] },
      { id: 'second', title: 'Second', writeScope: ['words/second.txt'] },
    ]);
    world.model.will({ ...both, when: (prompt) => both.when(prompt) && prompt.includes('Goal overlap'), times: 1 });
    for (const id of ['first', 'second'])
      world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
    const goal = await world.finish(ask(world, 'Goal overlap: add the files words/first.txt and words/second.txt'));
    expect(goal.slices.map(({ id, status, dependsOn }) => [id, status, dependsOn])).toEqual([
      ['first', 'merged', []],
      ['second', 'merged', ['first']],
    ]);
    expect(goal.plan?.notes).toHaveLength(1);
  });

  test('a question of the planner ends the goal with it', async () => {
    world.model.will({
      name: 'question',
      when: (prompt) => titled('Plan')(prompt) && prompt.includes('Goal riddle'),
      turns: [{ say: '{"question":"Which words shall be added?"}' }],
      times: 1,
    });
    const goal = await world.finish(ask(world, 'Goal riddle: add the right words to the folder'));
    expect([goal.status, goal.reason?.text]).toEqual(['blocked_on_human', 'Which words shall be added?']);
  });
});

describe('build', () => {
  test('a file outside the scope goes back to the agent, and blocks with its name when it stays', async () => {
    plan('strayed');
    world.model.will(
      always(
        building('strayed', [
          { tools: [write('words/strayed.txt', 'x\n'), write('elsewhere.txt', 'y\n')] },
          { say: 'Done.' },
        ]),
      ),
    );
    world.model.will(always(fixing('strayed', [{ say: 'It belongs there.' }])));
    const issue = ask(world, 'Goal strayed: add the file words/strayed.txt');
    const goal = await world.finish(issue);
    expect(goal.status).toBe('blocked_on_human');
    expect(goal.slices[0]?.reason?.text).toContain('elsewhere.txt');
    expect(goal.slices[0]?.attempts.total).toBe(3);
    expect(goal.slices[0]?.kept).toMatch(/^[0-9a-f]{40}$/);
    expect(statusOf(world, issue)).toContain('`/omk retry strayed`');
    expect(world.github.pushes.filter(({ ref }) => ref.includes(`/${issue}/`))).toEqual([]);
  });

  test('a turn that changes nothing is told so and blocks in the end', async () => {
    plan('idle');
    world.model.will(always(building('idle', [{ say: 'All is well as it is.' }])));
    world.model.will(always(fixing('idle', [{ say: 'I see nothing to do.' }])));
    const goal = await world.finish(ask(world, 'Goal idle: add the file words/idle.txt'));
    expect(goal.status).toBe('blocked_on_human');
    expect(goal.slices[0]?.reason?.text).toContain('changed nothing');
  });
});

describe('verify and review', () => {
  test('a failed gate goes back with its output, and the mended commit is merged', async () => {
    plan('spelled');
    world.model.will(building('spelled', [{ tools: [write('words/spelled.txt', 'wrong\n')] }, { say: 'Added it.' }]));
    world.model.will(fixing('spelled', [{ tools: [write('words/spelled.txt', 'right\n')] }, { say: 'Mended it.' }]));
    const goal = await world.finish(ask(world, 'Goal spelled: add the file words/spelled.txt'));
    expect(goal.status).toBe('ready');
    const fix = world.model.requests.find(({ prompt }) => prompt.startsWith('Fix slice spelled.'));
    expect(fix?.prompt).toContain('words/spelled.txt:1:wrong');
    expect(await world.github.file('main', 'words/spelled.txt')).toBe('right\n');
    expect(goal.slices[0]?.gates).toMatchObject([
      { name: 'words', status: 'passed', exitCode: 0, tree: goal.slices[0]?.tree },
    ]);
  });

  test('a finding of the wall goes back with rule and line, and one that is not grave is listed when it stays', async () => {
    plan('postponed', ['words/**', 'code.js']);
    const todo = write('code.js', '// TODO: write the code\nexport const words = 1;\n');
    world.model.will(always(building('postponed', [{ tools: [todo] }, { say: 'Added it.' }])));
    let turn = 0;
    world.model.will(
      always(
        fixing('postponed', [
          () => ({
            tools: [write('code.js', `// TODO: write the code, turn ${(turn += 1)}\nexport const words = ${turn};\n`)],
          }),
          { say: 'Better.' },
        ]),
      ),
    );
    const goal = await world.finish(ask(world, 'Goal postponed: add the file code.js that exports words'));
    expect(goal.status).toBe('ready');
    expect(goal.slices[0]?.attempts.rounds).toBe(3);
    const fix = world.model.requests.find(({ prompt }) => prompt.startsWith('Fix slice postponed.'));
    expect(fix?.prompt).toMatch(/anti-slop\/todo at code\.js:1/);
    const rules = goal.slices[0]?.wall?.passes.flatMap(({ findings }) => findings.map(({ rule }) => rule));
    expect(rules).toContain('anti-slop/todo');
  });

  test('a gate that cannot start is named', async () => {
    const gates = `review: { reviewer: off }\ngates:\n  - { name: absent, run: no-such-program --check, kind: lint }\n`;
    await world.github.push('ada', 'absent', { '.github/omk.yml': gates });
    plan('ungated');
    world.model.will(building('ungated', [{ tools: [write('words/ungated.txt', 'x\n')] }, { say: 'Added it.' }]));
    const goal = await world.finish(
      ask(world, 'Goal ungated: add the file words/ungated.txt', '/omk run --base absent --dry-run'),
    );
    expect(goal.redOnBase).toMatchObject([{ name: 'absent', status: 'could-not-start', exitCode: 127 }]);
    const plans = world.model.requests.filter(({ prompt }) => prompt.startsWith('Plan the goal as slices.'));
    expect(plans.at(-1)?.prompt).toContain('(fails on the base already)');
    expect(goal.slices[0]?.reason?.text).toContain('Dry run');
  });
});

test('nothing is left: no worktree, no strange request, no prompt that nobody expected', async () => {
  expect(await worktrees()).toEqual([]);
  expect(oddities(world)).toEqual([]);
});
