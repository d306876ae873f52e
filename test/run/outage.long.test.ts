import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approving, building, fixing, planning, titled, write } from '../world/scripts.ts';
import type { Failure, Script } from '../world/scripted-model.ts';
import type { World } from '../world/world.ts';
import { ask, FILES, lastAnswer, oddities, openSmallWorld, POLICY, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld({
    files: { ...FILES, '.github/omk.yml': POLICY.replace('reviewer: off', 'reviewer: kimi') },
  });
});
afterAll(() => world.close());

/** A model that fails so often in a row for prompts like this. */
function down(
  name: string,
  when: Script['when'],
  { times, fail = 500 }: { times: number; fail?: Failure['fail'] },
): void {
  world.model.will({ name, when, turns: [{ fail }], times });
}

/** A goal of one slice, told apart by its id, whose reviewers pass once they are asked. */
function play(id: string): { goal: Script['when']; build: Script['when']; review: Script['when'] } {
  const of = (when: Script['when']) => (prompt: string) => when(prompt) && prompt.includes(`Goal ${id}`);
  return { goal: of(titled('Plan')), build: titled(`Build slice ${id}.`), review: of(titled('Review pass: test')) };
}

function working(id: string): void {
  const plan = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...plan, when: (prompt) => plan.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
  world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
  const review = approving();
  world.model.will({ ...review, when: (prompt) => review.when(prompt) && prompt.includes(`Goal ${id}`) });
}

function begin(id: string): number {
  return ask(world, `Goal ${id}: add the file words/${id}.txt`);
}

/** Plays until somebody waits, and the status comment had its time. */
async function moment(): Promise<void> {
  await world.idle();
  world.clock.advance(10_000);
  await world.idle();
}

describe.each(['goal', 'build', 'review'] as const)('the model is away for the %s', (stage) => {
  test('a while: the status comment says since when and when it is tried again, and no attempt is used up', async () => {
    const id = `short-${stage}`;
    down(`away ${id}`, play(id)[stage], { times: 2 });
    working(id);
    const issue = begin(id);
    await moment();
    const since = world.clock.now().toISOString().slice(0, 10);
    expect(statusOf(world, issue)).toMatch(
      new RegExp(
        `Kimi:[^\\n]*; since ${since} \\d\\d:\\d\\d UTC, tried again at ${since} \\d\\d:\\d\\d UTC, a person is asked at`,
      ),
    );
    const goal = await world.finish(issue);
    expect([goal.status, goal.slices[0]?.attempts]).toEqual(['ready', { builds: 0, rounds: 1, batches: 0, total: 1 }]);
  });

  test('for good: a person is asked with the command that goes on, and it does', async () => {
    const id = `long-${stage}`;
    down(`away ${id}`, play(id)[stage], { times: 5, fail: 429 });
    working(id);
    const issue = begin(id);
    const asked = await world.finish(issue);
    expect([asked.status, asked.reason?.next]).toEqual(['blocked_on_external', '/omk retry']);
    expect(asked.reason?.text).toMatch(/ 5 times/);
    expect(statusOf(world, issue)).toMatch(/\*\*Needs you\.\*\*[^\n]* 5 times[\s\S]*Next: `\/omk retry`/);
    world.github.comment('ada', issue, '/omk retry');
    await world.idle();
    expect(lastAnswer(world, issue)).toContain('gets another attempt');
    expect((await world.finish(issue)).status).toBe('ready');
  });
});

test('a fix is tried again as the same attempt, and goes on from what the broken turn left', async () => {
  const id = 'mended';
  const plan = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...plan, when: (prompt) => plan.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
  world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, 'wrong\n')] }, { say: 'Added it.' }]));
  world.model.will(fixing(id, [{ tools: [write(`words/${id}-too.txt`, 'too\n')] }, { fail: 500 }]));
  world.model.will(fixing(id, [{ tools: [write(`words/${id}.txt`, 'right\n')] }, { say: 'Mended it.' }]));
  world.model.will({ ...approving(), when: (prompt) => approving().when(prompt) && prompt.includes(`Goal ${id}`) });
  const goal = await world.finish(begin(id));
  expect([goal.status, goal.slices[0]?.attempts.total]).toEqual(['ready', 2]);
  expect(await world.github.file('main', `words/${id}-too.txt`)).toBe('too\n');
  const prompts = world.model.requests.map(({ prompt }) => prompt).filter(titled(`Fix slice ${id}.`));
  expect(prompts.at(-1)).toContain('You may have been cut off');
});

test('a key that is refused in the middle of a turn is for a person at once, and the work of that turn is kept', async () => {
  const id = 'refused';
  const plan = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...plan, when: (prompt) => plan.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
  world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, 'kept\n')] }, { fail: 401 }]));
  world.model.will(building(id, [{ tools: [write(`words/${id}-too.txt`, 'too\n')] }, { say: 'Added it.' }]));
  world.model.will({ ...approving(), when: (prompt) => approving().when(prompt) && prompt.includes(`Goal ${id}`) });
  const issue = begin(id);
  const goal = await world.finish(issue);
  expect([goal.status, goal.reason?.next]).toEqual(['blocked_on_external', '/omk retry']);
  expect(statusOf(world, issue)).toContain('The model refused to work');
  world.github.comment('ada', issue, '/omk retry');
  const ready = await world.finish(issue);
  expect([ready.status, ready.slices[0]?.attempts.total]).toEqual(['ready', 1]);
  expect(await world.github.file('main', `words/${id}.txt`)).toBe('kept\n');
});

test('passes that spoke before the model went away are not asked again', async () => {
  const asked = world.model.requests.filter(
    ({ prompt }) => prompt.includes('Goal short-review') && titled('Review pass: ')(prompt),
  );
  const answered = asked.filter(({ usage }) => usage !== undefined).map(({ prompt }) => prompt.split('\n', 1)[0]);
  expect(new Set(answered).size).toBe(answered.length);
});

test('nothing strange was asked', () => {
  expect(oddities(world)).toEqual([]);
});
