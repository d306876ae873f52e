import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { Goal } from '../../src/goal/goal.ts';
import type { Turn } from '../world/scripted-model.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, lastAnswer, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

async function say(text: string, where: number): Promise<string> {
  world.github.comment('ada', where, text);
  await world.idle();
  return lastAnswer(world, where);
}

type Part = { id: string; dependsOn?: string[] };

/** The next plan is this one; its prompt is given. */
function plan(...parts: Part[]): { prompt: string } {
  const heard = { prompt: '' };
  const script = planning(
    parts.map((part) => ({ title: `Add ${part.id}`, writeScope: [`words/${part.id}.*`], ...part })),
  );
  const [answer = {}] = script.turns;
  const turn: Turn = (request) => {
    heard.prompt = request.prompt;
    return typeof answer === 'function' ? answer(request) : answer;
  };
  world.model.will({ ...script, turns: [turn], times: 1 });
  return heard;
}

/** Waits until the goal is as wanted while the clock stands still. */
async function until(issue: number, wanted: (goal: Goal) => boolean): Promise<void> {
  for (let look = 0; look < 1_200; look += 1) {
    const goal = await world.omk.store.findLatestGoal(world.github.repository.id, issue);
    if (goal && wanted(goal)) return;
    await delay(50);
  }
  throw new Error(`It does not come about: ${JSON.stringify(await world.goal(issue))}`);
}

const adding = (id: string, text = `${id}\n`) => [{ tools: [write(`words/${id}.txt`, text)] }, { say: 'Added it.' }];

test('reject: the reason is in the next plan, which a retry brings', async () => {
  plan({ id: 'two' }, { id: 'three' });
  const issue = ask(world, 'Add two words', '/omk plan');
  await until(issue, ({ status }) => status === 'awaiting_approval');
  expect(await say('/omk reject One slice\nis enough.', issue)).toContain('`/omk retry`');
  expect(await say('/omk why', issue)).toMatch(/ada refused the plan: One slice[^]*Next: `\/omk retry`/);
  const again = plan({ id: 'two' });
  expect(await say('/omk retry', issue)).toContain('another attempt');
  await until(issue, ({ status }) => status === 'awaiting_approval');
  expect(again.prompt).toContain('ada refused the plan: One slice\nis enough.');
  await say('/omk cancel', issue);
});

test('answer: a vague goal goes on with what makes it testable', async () => {
  const { number } = world.github.openIssue('ada', { title: 'Make it better', body: '' });
  world.github.comment('ada', number, '/omk run --plan');
  await until(number, ({ status }) => status === 'blocked_on_human');
  const heard = plan({ id: 'four' });
  expect(await say('/omk answer words/four.txt must hold the word four', number)).toContain('goes on with this answer');
  await until(number, ({ status }) => status === 'awaiting_approval');
  expect(heard.prompt).toContain('words/four.txt must hold the word four');
  await say('/omk cancel', number);
});

test('answer and fix: what people say reaches the agent with its next turn, and no work is lost', async () => {
  plan({ id: 'five' });
  const prompts: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  world.model.will(
    building('five', [
      async () => {
        await held;
        return { tools: [write('words/five.txt', 'five\n')] };
      },
      { say: 'Added it.' },
    ]),
  );
  const fix = (text: string) =>
    fixing('five', [
      (request) => {
        prompts.push(request.prompt);
        return { tools: [write('words/five.txt', text)] };
      },
      { say: 'Changed it.' },
    ]);
  world.model.will(fix('five\nV\n'));
  const issue = ask(world, 'Add the fifth word', '/omk run --merge manual');
  await until(issue, ({ slices }) => slices[0]?.reserved === true);
  world.github.comment('ada', issue, '/omk answer In Roman figures too');
  await until(issue, ({ slices }) => (slices[0]?.inbox.length ?? 0) > 0);
  release();
  const goal = await world.finish(issue);
  expect(lastAnswer(world, issue)).toContain('this goes into the next turn');
  expect(prompts[0]).toContain('In Roman figures too');
  const pull = goal.slices[0]?.pull?.number ?? 0;
  world.model.will(fix('five\nV\nfünf\n'));
  expect(await say('/omk fix And in German', pull)).toContain('goes back to build');
  await world.finish(issue);
  expect(prompts[1]).toContain('And in German');
  expect(await say('/omk merge', pull)).toContain('checks settle');
  expect((await world.finish(issue)).status).toBe('ready');
  expect(await world.github.file('main', 'words/five.txt')).toBe('five\nV\nfünf\n');
  expect(await say('/omk fix Once more', pull)).toContain('has ended');
});

test('accept: an agent that will not change a finding asks, and the one that is let through stands in the proof', async () => {
  plan({ id: 'six' });
  const body = '// TODO: fix later\nexport const six = 6;\n';
  world.model.will(building('six', [{ tools: [write('words/six.js', body)] }, { say: 'Added it.' }]));
  for (let turn = 0; turn < 3; turn += 1) world.model.will(fixing('six', [{ say: 'It is meant so.' }]));
  const issue = ask(world, 'Add the sixth word as code', '/omk run --merge manual');
  expect((await world.finish(issue)).status).toBe('blocked_on_human');
  const [, id = ''] = /`\/omk accept ([0-9a-f]{8})/.exec(statusOf(world, issue)) ?? [];
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  expect(await say(`/omk accept ${id}`, issue)).toContain('A reason is missing');
  expect(await say(`/omk accept ${id} The note is wanted.`, issue)).toContain('is let through');
  const goal = await world.finish(issue);
  expect(goal.slices[0]).toMatchObject({ status: 'merging', feedback: [] });
  expect(await say('/omk proof', issue)).toContain(`\`${id}\``);
  expect(await say('/omk accept deadbeef Why not.', issue)).toContain('no open finding');
});

test('no progress: after a fresh session smaller slices take the place of the one that is stuck', async () => {
  plan({ id: 'seven' }, { id: 'eight', dependsOn: ['seven'] });
  world.model.will(building('seven', adding('seven', 'wrong\n')));
  world.model.will(fixing('seven', adding('seven', 'wrong\n\n')));
  world.model.will(fixing('seven', adding('seven', 'wrong\n\n\n')));
  const anew = plan({ id: 'nine' });
  world.model.will(building('nine', adding('nine')));
  const issue = ask(world, 'Add the seventh and the eighth word');
  const goal = await world.finish(issue);
  expect(goal.slices.map(({ id, status }) => `${id} ${status}`)).toEqual([
    'seven cancelled',
    'eight cancelled',
    'nine merged',
  ]);
  expect(goal.status).toBe('ready');
  expect(anew.prompt).toMatch(
    /Slice seven made no progress: [^]*Plan seven, eight anew, in smaller slices or in another order/,
  );
  world.github.comment('rob', issue, '/omk replay');
  await world.idle();
  expect(lastAnswer(world, issue)).toContain('planned anew in smaller slices or another order');
}, 240_000);

test('nothing strange was asked of GitHub or of the model', () => {
  expect(oddities(world)).toEqual([]);
});
