import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { isEnded, type Goal } from '../../src/goal/goal.ts';
import { freshDataDir } from '../store/template.ts';
import type { CheckPlan } from '../world/fake-github.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import { openWorld, type World } from '../world/world.ts';
import { POLICY, until } from './delivered.ts';

// The other stories of merging are in merge.long.test.ts: here the agent has something to repair.
jest.setTimeout(180_000);

let world: World;

const CI: CheckPlan = {
  app: 'github-actions',
  name: 'ci / test',
  log: () => 'AssertionError: the answer is 41',
  conclusion: async (sha) =>
    (await world.github.file(sha, 'src/broken.js'))?.includes('41') === true ? 'failure' : 'success',
};
const ROTTEN: CheckPlan = { kind: 'status', context: 'rotten', state: () => 'failure' };

beforeAll(async () => {
  const policy = `${POLICY}checks: { optional_failure: ignore }\n`;
  const files = { '.github/omk.yml': policy, 'src/start.js': 'export const start = 1;\n' };
  world = await openWorld({ repository: { files, checks: [CI, ROTTEN] }, dataDir: await freshDataDir() });
});

afterAll(async () => {
  await world.close();
  expect([...world.github.refused, ...world.github.drift, ...world.model.unscripted]).toEqual([]);
});

/** Asks for a goal of one slice that adds one file, and gives the issue's number. */
function ask(slice: string, content: string): number {
  const path = `src/${slice}.js`;
  world.model.will({ ...planning([{ id: slice, title: `Add ${slice}`, writeScope: [path] }]), times: 1 });
  world.model.will(building(slice, [{ tools: [write(path, content)] }, { say: `Added ${slice}.` }]));
  const issue = world.github.openIssue('ada', { title: `Add ${slice}`, body: `Acceptance: ${path} exports ${slice}.` });
  world.github.comment('ada', issue, '/omk run');
  return issue.number;
}

const ended = ({ status }: Goal) => isEnded(status);
const promptOf = (slice: string) =>
  world.model.requests.find(({ prompt }) => prompt.trimStart().startsWith(`Fix slice ${slice}.`))?.prompt;

test('a failing check goes to the agent with the end of its log, without what is red on the base, and its repair is merged', async () => {
  await world.github.setStatus('ada', (await world.github.tip('main')) ?? '', { context: 'rotten', state: 'failure' });
  const repair = write('src/broken.js', 'export const broken = 42;\n');
  world.model.will(fixing('broken', [{ tools: [repair] }, { say: 'It is 42 now.' }]));
  const goal = await until(world, ask('broken', 'export const broken = 41;\n'), ended);
  expect([goal.status, goal.reason?.text]).toEqual(['ready', undefined]);
  expect(promptOf('broken')).toContain('ci / test');
  expect(promptOf('broken')).toContain('AssertionError: the answer is 41');
  expect(promptOf('broken')).not.toContain('rotten');
  expect(await world.github.file('main', 'src/broken.js')).toContain('42');
});

test('a conflict with the base is built again with both sides', async () => {
  const issue = ask('clash', 'export const clash = "ours";\n');
  await until(world, issue, ({ slices }) => slices[0]?.status === 'merging');
  await world.github.push('ada', 'main', { 'src/clash.js': 'export const clash = "theirs";\n' });
  const both = 'export const clash = "theirs and ours";\n';
  world.model.will(fixing('clash', [{ tools: [write('src/clash.js', both)] }, { say: 'Kept both.' }]));
  const goal = await until(world, issue, ended);
  expect([goal.status, goal.reason?.text]).toEqual(['ready', undefined]);
  expect(await world.github.file('main', 'src/clash.js')).toBe(both);
  expect(promptOf('clash')).toContain('conflicts with the base in src/clash.js');
  expect(promptOf('clash')).toContain('"ours"');
});
