import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { World } from '../world/world.ts';
import { building, planning, write } from '../world/scripts.ts';
import { ask, FILES, lastAnswer, oddities, openSmallWorld, POLICY, statusOf } from './small.ts';

let world: World;
let issue: number;

const MANUAL = `${POLICY}merge: manual\n`;

async function say(text: string, where = issue, user = 'ada'): Promise<string> {
  world.github.comment(user, where, text);
  await world.idle();
  return lastAnswer(world, where);
}

/** The status comment is edited every ten seconds at most. */
async function moment(): Promise<void> {
  await world.idle();
  world.clock.advance(10_000);
  await world.idle();
}

beforeAll(async () => {
  world = await openSmallWorld({ files: { ...FILES, '.github/omk.yml': MANUAL } });
  world.model.will({
    ...planning([
      { id: 'two', title: 'Add the second word', writeScope: ['words/two.txt'] },
      { id: 'three', title: 'Add the third word', writeScope: ['words/three.txt'], dependsOn: ['two'] },
    ]),
    times: 1,
  });
  for (const id of ['two', 'three']) {
    world.model.will(building(id, [{ tools: [write(`words/${id}.txt`, `${id}\n`)] }, { say: 'Added it.' }]));
  }
});
afterAll(() => world.close());

describe('one goal, steered from GitHub alone', () => {
  test('plan shows a plan with its hash; a wrong hash is refused; one approval is enough for two people at once', async () => {
    issue = ask(world, 'Add two words', '/omk plan');
    await moment();
    expect(statusOf(world, issue)).toMatch(/`awaiting_approval`[\s\S]*`\/omk approve [0-9a-f]{12}`/);
    expect(await say('/omk plan')).toMatch(/A plan is shown already.*`\/omk approve [0-9a-f]{12}`/);
    expect(await say('/omk approve 000000000000')).toContain('Nothing was approved');
    expect(await say('/omk approve', issue, 'rob')).toContain('needs write permission');
    world.github.comment('ada', issue, '/omk approve');
    world.github.comment('ada', issue, '/omk approve');
    await world.idle();
    const answers = world.ownComments(issue).filter((body) => /is approved|has no effect now/.test(body));
    expect(answers.filter((body) => body.includes('is approved'))).toHaveLength(1);
    expect(answers).toHaveLength(2);
    expect(await say('/omk replay')).toMatch(/^(?!.*plan approved.*plan approved).*plan approved/s);
  });

  test('policy manual waits for a person, and every answer names the next command', async () => {
    const goal = await world.finish(issue);
    expect(goal.status).toBe('blocked_on_human');
    expect(await say('/omk why')).toContain('`/omk merge two`');
    expect(await say('/omk status')).toContain('`blocked_on_human`');
    expect(await say('/omk retyr')).toContain('`/omk retry`');
    expect(await say('/omk pause')).toContain('has no effect now');
    expect(await say('/omk proof')).toContain(`npx omk proof ${goal.id}`);
    expect(await say('/omk replay', issue, 'rob')).toContain('asked by ada');
  });

  test('checks that go on, and a person who renames the pull request, change nothing of what waits for a person, and nothing is told', async () => {
    await moment();
    const before = statusOf(world, issue);
    const requests = () => world.github.requests.filter(({ method }) => method !== 'GET' && method !== 'POST').length;
    const asked = requests();
    const looks = () => world.github.requests.filter(({ path }) => path.endsWith('/graphql')).length;
    const looked = looks();
    const { version } = await world.goal(issue);
    const [pull] = world.github.pulls();
    if (!pull) throw new Error('No pull request');
    await world.github.runChecks(pull);
    await moment();
    expect(looks()).toBeGreaterThan(looked);
    world.github.editIssue('ada', pull, { title: 'Another title' });
    await moment();
    expect(statusOf(world, issue)).toBe(before);
    expect((await world.goal(issue)).version).toBe(version);
    expect(requests()).toBe(asked);
  });

  test('a second run on an issue whose goal stands still takes its place', async () => {
    expect(await say('/omk run Make it better')).toContain('takes the place of the last goal');
    const goal = await world.goal(issue);
    const goals = await world.omk.store.listGoals({ repositoryId: world.github.repository.id, limit: 9 });
    expect(goals.map(({ status }) => status)).toContain('cancelled');
    expect(goal.status).not.toBe('cancelled');
    expect(await say('/omk cancel')).toContain('Cancelled');
  });

  test('each label of a state is made once in the repository', () => {
    const made = world.github.requests.filter(({ route }) => route === 'POST /repos/{owner}/{repo}/labels');
    const names = made.map(({ body }) => (body as { name: string }).name);
    expect(names).toContain('omk:needs-you');
    expect(made.filter(({ body }) => !(body as { description?: string }).description)).toEqual([]);
    expect(names).toEqual([...new Set(names)]);
  });

  test('what is said below the command is added to the issue, which stays the goal', async () => {
    await say('/omk run --base nowhere\n\nIn capitals, please.');
    const { status, ask: asked } = await world.goal(issue);
    expect(asked.title).toBe('Add two words');
    expect(asked.text).toMatch(/^Acceptance: the file is there[\s\S]*\n\nIn capitals, please\.$/);
    expect(status).toBe('blocked_on_human');
  });
});

test('a command whose answer was lost is obeyed once and answered once', async () => {
  issue = world.github.openIssue('ada', { title: 'Make it better', body: '' }).number;
  world.github.comment('ada', issue, '/omk run');
  await world.idle();
  world.github.faults.next({ method: 'POST', path: /issues\/\d+\/comments/ }, { status: 502 });
  world.github.comment('ada', issue, '/omk budget add --usd 5');
  await world.idle();
  world.clock.advance(120_000);
  await world.idle();
  expect(lastAnswer(world, issue)).toContain('extended by 5 USD');
  expect((await world.goal(issue)).extra.usd).toBe(5);
  expect(oddities(world)).toEqual([]);
});
