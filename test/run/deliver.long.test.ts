import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { building, fixing, planning, write } from '../world/scripts.ts';
import type { Turn } from '../world/scripted-model.ts';
import type { World } from '../world/world.ts';
import { ask, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

/** The plan and the build of a goal of one slice; while the agent is at work, somebody else pushes `meanwhile` to the base. */
function play(id: string, work: Record<string, string>, meanwhile?: Record<string, string>): void {
  const script = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...script, when: (prompt) => script.when(prompt) && prompt.includes(`Goal ${id}`), times: 1 });
  const tools = Object.entries(work).map(([path, content]) => write(path, content));
  const turn: Turn = async () => {
    if (meanwhile) await world.github.push('rob', 'main', meanwhile);
    return { tools };
  };
  world.model.will(building(id, [turn, { say: `Added ${id}.` }]));
}

function eventKinds(goalId: string): Promise<string[]> {
  return world.omk.store.listEvents(goalId).then((events) => events.map(({ event }) => event.kind));
}

test('the pull request tells slice, scope, commit, wall and gates, and goes from the slice’s branch into the base', async () => {
  play('two', { 'words/two.txt': 'two\n' });
  const issue = ask(world, 'Goal two: add the file words/two.txt');
  const goal = await world.finish(issue);
  const [slice] = goal.slices;
  const pull = world.github.pull(slice?.pull?.number ?? 0);
  expect(pull.title).toBe('[slice] two — Add two');
  expect(pull.head.ref).toMatch(new RegExp(`^omk/${issue}/two-[0-9a-f]{8}$`));
  const body = pull.body ?? '';
  for (const line of [
    `Slice \`two\` for goal \`${goal.id}\`.`,
    '- Owner: `ada`',
    '- Write scope: `words/**`',
    `- Commit: \`${slice?.head}\``,
    '- Slice dependencies: `none`',
    `Part of #${issue}, slice 1/1`,
    '## Review Wall',
    '## Gates',
  ])
    expect(body).toContain(line);
  for (const pass of ['architect', 'code', 'test', 'security', 'performance', 'anti-slop'])
    expect(body).toMatch(new RegExp(`^\\| ${pass} +\\| (passed|not applicable) +\\|`, 'm'));
  expect(pull.merged).toBeDefined();
  expect(await world.github.tip(pull.head.ref)).toBeUndefined();
});

test('a commit is counted for the App’s own account and names who asked', async () => {
  play('author', { 'words/author.txt': 'author\n' });
  const goal = await world.finish(ask(world, 'Goal author: add the file words/author.txt'));
  const { author: bot, head } = world.github.pull(goal.slices[0]?.pull?.number ?? 0);
  const cwd = world.github.repository.gitDir;
  const { stdout } = await execa('git', ['log', '-1', '--format=%an <%ae>%n%b', head.sha], { cwd });
  expect(stdout).toContain(`${bot.login} <${bot.id}+${bot.login}@users.noreply.127.0.0.1>\n`);
  expect(stdout).toMatch(/^Co-authored-by: ada <\d+\+ada@users\.noreply\.127\.0\.0\.1>$/m);
});

test('a base that moved elsewhere needs no rebase', async () => {
  play('three', { 'words/three.txt': 'three\n' }, { 'elsewhere.txt': 'here\n' });
  const goal = await world.finish(ask(world, 'Goal three: add the file words/three.txt'));
  expect(goal.status).toBe('ready');
  expect(await eventKinds(goal.id)).not.toContain('rebased');
  expect(await world.github.file('main', 'words/three.txt')).toBe('three\n');
  expect(await world.github.file('main', 'elsewhere.txt')).toBe('here\n');
});

test('a conflict goes back to the agent with the files and both sides, and nothing of the base is lost', async () => {
  play('four', { 'words/one.txt': 'one\nfour\n' }, { 'words/one.txt': 'one\nthree and a half\n' });
  const both = 'one\nthree and a half\nfour\n';
  world.model.will(fixing('four', [{ tools: [write('words/one.txt', both)] }, { say: 'Kept both.' }]));
  const goal = await world.finish(ask(world, 'Goal four: add four to words/one.txt'));
  expect(goal.status).toBe('ready');
  const prompt = world.model.requests.find((request) => request.prompt.startsWith('Fix slice four.'))?.prompt;
  expect(prompt).toContain('conflicts with the base in words/one.txt');
  expect(prompt).toContain('+four');
  expect(await world.github.file('main', 'words/one.txt')).toBe(both);
  expect(goal.slices[0]?.attempts.total).toBe(2);
});

test('a push that GitHub refuses blocks with GitHub’s words, and goes through when the refusal is gone', async () => {
  const hook = join(world.github.repository.gitDir, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\necho "GH013: Repository rule violations found" >&2\nexit 1\n');
  await chmod(hook, 0o755);
  play('five', { 'words/five.txt': 'five\n' });
  const issue = ask(world, 'Goal five: add the file words/five.txt');
  const goal = await world.finish(issue);
  expect(goal.status).toBe('blocked_on_human');
  expect(goal.slices[0]?.reason?.output).toContain('GH013: Repository rule violations found');
  expect(statusOf(world, issue)).toContain('`/omk retry five`');
  expect(world.github.pulls().filter(({ title }) => title.includes('five'))).toEqual([]);
  await rm(hook);
  world.github.comment('ada', issue, '/omk retry five');
  expect((await world.finish(issue)).status).toBe('ready');
  expect(world.model.requests.filter(({ prompt }) => prompt.startsWith('Build slice five.'))).toHaveLength(2);
});

test('a dry run and the delivery `local` leave GitHub as it is and keep the commit', async () => {
  const { length } = world.github.pushes;
  for (const [id, option] of [
    ['six', '--dry-run'],
    ['seven', '--delivery local'],
  ] as const) {
    play(id, { [`words/${id}.txt`]: `${id}\n` });
    const goal = await world.finish(ask(world, `Goal ${id}: add the file words/${id}.txt`, `/omk run ${option}`));
    expect([goal.status, goal.slices[0]?.pull]).toEqual(['blocked_on_human', undefined]);
    expect(goal.slices[0]?.head).toMatch(/^[0-9a-f]{40}$/);
  }
  expect(world.github.pushes).toHaveLength(length);
});

test('a draft stays a draft until a person asks for the merge', async () => {
  play('eight', { 'words/eight.txt': 'eight\n' });
  const command = '/omk run --delivery draft-pr --merge manual';
  const issue = ask(world, 'Goal eight: add the file words/eight.txt', command);
  const goal = await world.finish(issue);
  const pull = world.github.pull(goal.slices[0]?.pull?.number ?? 0);
  expect([goal.status, goal.reason?.next, pull.draft, pull.state]).toEqual([
    'blocked_on_human',
    '/omk merge eight',
    true,
    'open',
  ]);
  world.github.comment('ada', issue, '/omk merge');
  expect((await world.finish(issue)).status).toBe('ready');
});

test('a pull request that a person closed is opened by no retry, and goes on once a person opens it again', async () => {
  play('nine', { 'words/nine.txt': 'nine\n' });
  const issue = ask(world, 'Goal nine: add the file words/nine.txt', '/omk run --merge manual');
  const { slices } = await world.finish(issue);
  const pull = slices[0]?.pull?.number ?? 0;
  world.github.closePull('ada', pull);
  for (const command of ['/omk status', '/omk retry nine']) {
    world.github.comment('ada', issue, command);
    await world.idle();
    world.clock.advance(10_000);
    await world.finish(issue);
    expect(statusOf(world, issue)).toMatch(
      /Next: open #\d+ again and write `\/omk retry nine`, or give it up with `\/omk revert nine`/,
    );
  }
  world.github.reopenPull('ada', pull);
  world.github.comment('ada', issue, '/omk retry nine');
  expect((await world.finish(issue)).reason?.next).toBe('/omk merge nine');
  world.github.comment('ada', issue, '/omk merge nine');
  expect((await world.finish(issue)).status).toBe('ready');
});

test('GitHub was asked for nothing that it does not document', () => {
  expect(oddities(world)).toEqual([]);
});
