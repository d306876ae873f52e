import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dueGates } from '../../src/goal/gate.ts';
import type { World } from '../world/world.ts';
import { building, planning, write } from '../world/scripts.ts';
import { ask, CI, lastAnswer, oddities, openSmallWorld, statusOf } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
  world.model.will(planning([{ id: 'two', title: 'Add the second word', writeScope: ['words/**'] }]));
  world.model.will({
    ...building('two', [
      { tools: [write('words/two.txt', 'two\n'), write('/var/tmp/elsewhere', 'two\n')] },
      { say: 'Added it.' },
    ]),
    times: 9,
  });
});
afterAll(() => world.close());

async function say(user: string, issue: number, text: string): Promise<string> {
  world.github.comment(user, issue, text);
  await world.idle();
  return lastAnswer(world, issue);
}

describe('a goal is asked for', () => {
  test('by a person with write permission: eyes on the comment, one status comment, it runs, and stays in its worktree', async () => {
    world.github.faults.next({ path: /\/info\/refs/ }, { status: 401, headers: { 'www-authenticate': 'Basic' } });
    const issue = ask(world, 'Add the second word');
    const goal = await world.finish(issue);
    expect(goal.status).toBe('ready');
    expect(world.github.issue(issue).comments[0]?.reactions.map(({ content }) => content)).toEqual(['eyes']);
    expect(world.ownComments(issue)).toHaveLength(1);
    expect(statusOf(world, issue)).toContain('`ready`');
    expect(await world.github.file('main', 'words/two.txt')).toBe('two\n');
    expect(oddities(world)).toEqual([]);
    const events = await world.omk.store.listEvents(goal.id);
    const decisions = events.flatMap(({ event }) => (event.kind === 'tools-asked' ? event.decisions : []));
    expect(decisions.filter(({ allowed }) => !allowed)).toEqual([
      { tool: 'Write', action: 'Write: /var/tmp/elsewhere', allowed: false, why: 'the pattern does not allow it' },
    ]);
  });

  test('with one token for the API and one for git, each for this repository alone; a refused one is replaced', () => {
    const mints = world.github.requests
      .filter(({ route }) => route === 'POST /app/installations/{installation_id}/access_tokens')
      .map(({ body }) => body as { repository_ids: number[]; permissions: Record<string, string> });
    expect(mints.every(({ repository_ids: ids }) => ids.length === 1 && ids[0] === world.github.repository.id)).toBe(
      true,
    );
    const forGit = mints.filter(({ permissions }) => Object.keys(permissions).length === 1);
    expect(forGit.map(({ permissions }) => permissions)).toEqual([{ contents: 'write' }, { contents: 'write' }]);
    expect(mints).toHaveLength(3);
  });

  test('not by a person who may only read, who is told so once', async () => {
    const { number } = world.github.openIssue('rob', { title: 'Add a third word', body: 'It is in words/three.txt.' });
    expect(await say('rob', number, '/omk run')).toContain('needs write permission');
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('not by a stranger of whom GitHub says nothing', async () => {
    const { number } = world.github.openIssue('zoe', { title: 'Add a third word', body: 'It is in words/three.txt.' });
    expect(await say('zoe', number, '/omk run')).toContain('Nothing was done');
  });

  test('not by quoting, by code, by the text of the issue or by an edit, which is said once', async () => {
    const { number } = world.github.openIssue('ada', { title: 'Say it', body: '/omk run' });
    for (const text of ['> /omk run', '```\n/omk run\n```', 'I think /omk run does it', '<!-- /omk run -->']) {
      const comment = world.github.comment('ada', number, text);
      world.github.editComment('ada', comment, '/omk run');
    }
    await world.idle();
    // Two webhooks that come at once are answered side by side.
    const answers = [
      expect.stringContaining('not in the text of an issue'),
      expect.stringContaining('An edited comment starts nothing'),
    ];
    expect(world.ownComments(number)).toHaveLength(answers.length);
    expect(world.ownComments(number)).toEqual(expect.arrayContaining(answers));
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('who nearly says a command is told how it is said, and nothing runs', async () => {
    const { number } = world.github.openIssue('ada', { title: 'Say it', body: 'Say it well.' });
    for (const text of ['please /omk run', '/omkrun', '/omk: run'])
      expect(await say('ada', number, text)).toContain('Did you mean `/omk run`?');
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('an unknown command names the nearest, and nothing runs', async () => {
    const { number } = world.github.openIssue('ada', { title: 'Say it', body: '' });
    const answer = await say('ada', number, '/omk rum --budget-usd lots');
    expect(answer).toContain('`/omk run`');
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('every fault of the options is named at once', async () => {
    const { number } = world.github.openIssue('ada', { title: 'Say it', body: '' });
    const answer = await say('ada', number, '/omk run --budget-usd -3 --merge always --max-agents none');
    for (const name of ['--budget-usd', '--merge', '--max-agents']) expect(answer).toContain(name);
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('help shows what works here', async () => {
    const { number } = world.github.openIssue('rob', { title: 'Help', body: '' });
    const answer = await say('rob', number, '/omk help');
    expect(answer).toContain('| `/omk run [options] [goal text]` |');
    expect(answer).not.toContain('/omk rebase');
  });

  test('a vague goal is answered with a question before anything is spent', async () => {
    const calls = world.model.requests.length;
    const { number } = world.github.openIssue('ada', { title: 'Make it better', body: '' });
    world.github.comment('ada', number, '/omk run');
    const goal = await world.finish(number);
    expect(goal.status).toBe('blocked_on_human');
    expect(statusOf(world, number)).toContain('Needs you');
    expect(world.model.requests).toHaveLength(calls);
  });

  test('the trigger label starts it when author and labeller may write', async () => {
    const { number } = world.github.openIssue('ada', { title: 'Make it better still', body: '' });
    world.github.label('ada', number, 'bug');
    await world.idle();
    await expect(world.goal(number)).rejects.toThrow('no goal');
    world.github.label('ada', number, 'omk');
    await world.idle();
    const { requester, status } = await world.goal(number);
    expect([requester.login, status]).toEqual(['ada', 'blocked_on_human']);
    expect(await say('ada', number, '/omk cancel')).toContain('Cancelled');
  });

  test('the trigger label on a stranger’s issue asks for a confirming command', async () => {
    const { number } = world.github.openIssue('zoe', { title: 'Add a fourth word', body: 'It is in words/four.txt.' });
    world.github.label('ada', number, 'omk');
    await world.idle();
    expect(lastAnswer(world, number)).toContain('confirm with `/omk run`');
    await expect(world.goal(number)).rejects.toThrow('no goal');
  });

  test('of several packages each has gates of its own; status answers, cancel ends it, and a second cancel says so', async () => {
    const member = (name: string) => JSON.stringify({ name, scripts: { test: 'node --test' } });
    await world.github.push('ada', 'members', {
      '.github/omk.yml': 'review: { reviewer: off }\n',
      'package.json': JSON.stringify({ name: 'root', private: true, workspaces: ['a', 'b'] }),
      'a/package.json': member('a'),
      'b/package.json': member('b'),
    });
    const number = ask(world, 'Add the second word once more', '/omk run --plan --base members');
    await world.idle();
    const { status, gates } = await world.goal(number);
    expect(status).toBe('awaiting_approval');
    expect(gates && dueGates(gates, ['b/index.js']).map(({ name }) => name)).toEqual([expect.stringMatching(/^b: /)]);
    expect(await say('rob', number, '/omk status')).toContain('`awaiting_approval`');
    expect(await say('ada', number, '/omk run')).toContain('already');
    expect(await say('ada', number, '/omk cancel')).toContain('Cancelled');
    expect((await world.goal(number)).status).toBe('cancelled');
    expect(await say('ada', number, '/omk cancel')).toContain('has ended');
    expect(await world.github.tip(`omk/${number}/two`)).toBeUndefined();
  });

  test('settings that are not valid are named with their line, and nothing runs', async () => {
    await world.github.push('ada', 'broken', { '.github/omk.yml': 'review:\n  rouds: 2\nbudget: { usd: none }\n' });
    const number = ask(world, 'Add the second word on a branch', '/omk run --base broken');
    const goal = await world.finish(number);
    expect(goal.status).toBe('blocked_on_human');
    expect(goal.reason?.text).toMatch(/line 2/);
    expect(goal.reason?.text).toMatch(/line 3/);
    expect(goal.slices).toEqual([]);
  });

  test('a permission that the App lacks is named before anything is spent, and the goal goes on once it is granted', async () => {
    const [installation] = world.github.state.installations;
    if (!installation) throw new Error('omk is not installed');
    const all = installation.permissions;
    const { checks: _checks, statuses: _statuses, ...rest } = all;
    installation.permissions = rest;
    await world.restart();
    const calls = world.model.requests.length;
    const number = ask(world, 'Add the second word with few permissions', '/omk run --plan');
    const goal = await world.finish(number);
    expect([goal.status, world.model.requests.length]).toEqual(['blocked_on_human', calls]);
    expect(statusOf(world, number)).toMatch(/omk lacks permissions in acme\/words: `checks: write`, `statuses: read`/);
    expect(statusOf(world, number)).toMatch(/Next: an owner of acme grants it [^\n]*`\/omk retry`/);
    installation.permissions = all;
    expect(await say('ada', number, '/omk retry')).toContain('another attempt');
    expect((await world.goal(number)).status).toBe('awaiting_approval');
    await say('ada', number, '/omk cancel');
  });

  test('a base that does not exist is said', async () => {
    const number = ask(world, 'Add the second word nowhere', '/omk run --base nowhere');
    expect((await world.finish(number)).reason?.text).toContain('no branch `nowhere`');
  });

  test('an empty repository is said', async () => {
    await world.github.deleteBranch('ada', 'main');
    const issue = ask(world, 'Add the first word');
    expect((await world.finish(issue)).reason?.text).toContain('The repository is empty');
  });
});

test('where a repository has no settings those of the organisation count, and their faults are told as theirs', async () => {
  const bare = await openSmallWorld({
    repository: { name: 'words', files: { 'words/one.txt': 'one\n' }, checks: [CI] },
  });
  try {
    const files = { '.github/omk.yml': 'plan: { approval: always }\nmerge: gatde\n' };
    await bare.github.createRepository({ owner: 'acme', name: '.github', files, installed: false });
    const issue = ask(bare, 'Add the second word');
    const reason = (await bare.finish(issue)).reason?.text;
    expect(reason).toContain("of the organisation's `.github` repository is not valid");
    expect(reason).toMatch(/line 2, column 8: `merge`.*Did you mean `gated`/);
    expect(oddities(bare)).toEqual([]);
  } finally {
    await bare.close();
  }
});
