import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { isEnded, type Goal } from '../../src/goal/goal.ts';
import { freshDataDir } from '../store/template.ts';
import type { CheckPlan } from '../world/fake-github.ts';
import { openWorld, type World } from '../world/world.ts';
import { deliver, POLICY, until as untilIn } from './delivered.ts';

jest.setTimeout(180_000);

let world: World;

const CI: CheckPlan = { app: 'github-actions', name: 'ci / test', conclusion: () => 'success' };
const REQUIRED = { requiredChecks: [{ context: 'ci / test' }] };

beforeAll(async () => {
  const files = { '.github/omk.yml': POLICY, 'src/start.js': 'export const start = 1;\n' };
  world = await openWorld({ repository: { files, checks: [CI] }, dataDir: await freshDataDir() });
});

afterAll(() => world.close());

afterEach(() => {
  const { github } = world;
  github.faults.clear();
  github.repository.checks = [CI];
  github.repository.queues.clear();
  github.repository.rulesets = [];
  github.repository.rerequestable = false;
  github.protect('main', REQUIRED);
  expect([...github.refused, ...github.drift, ...world.model.unscripted]).toEqual([]);
});

const until = (issue: number, wanted: (goal: Goal) => boolean) => untilIn(world, issue, wanted);
const ended = (goal: Goal) => isEnded(goal.status);
const merging = (goal: Goal) => goal.slices[0]?.wait !== undefined && goal.slices[0].status === 'merging';
const waitsFor = (text: RegExp) => (goal: Goal) => text.test(goal.slices[0]?.wait?.reason ?? '');
const queue = () => world.github.repository.queues.get('main') ?? [];
const queued = (goal: Goal) => queue().some(({ pull }) => pull.number === goal.slices[0]?.pull?.number);

async function commitsOnMain(): Promise<number> {
  const { gitDir: cwd } = world.github.repository;
  const { stdout } = await execa('git', ['rev-list', '--count', '--first-parent', 'main'], { cwd });
  return Number(stdout);
}

function mergeCalls(): number {
  return world.github.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/merge')).length;
}

/** Lets the goal come to its end and expects that it is ready by one merge. */
async function expectOneMerge(issue: number, before: number): Promise<Goal> {
  const goal = await until(issue, ended);
  expect([goal.status, goal.reason?.text]).toEqual(['ready', undefined]);
  expect(await commitsOnMain()).toBe(before + 1);
  return goal;
}

async function say(issue: number, command: string): Promise<void> {
  world.github.comment('ada', issue, command);
  await world.idle();
}

describe('checks', () => {
  test('one that starts late is waited for, and the quiet period after it', async () => {
    world.github.repository.checks = [CI, { ...CI, name: 'late / e2e', workflow: 'late', startsAfterMs: 100_000 }];
    const before = await commitsOnMain();
    const { issue, pull } = await deliver(world, 'late');
    await expectOneMerge(issue, before);
    const runs = world.github.repository.suites.flatMap((suite) => suite.runs);
    const late = runs.find(({ name }) => name === 'late / e2e');
    const quietMs = (pull.merged?.at.getTime() ?? 0) - (late?.completedAt?.getTime() ?? Infinity);
    expect(quietMs).toBeGreaterThanOrEqual(29_000);
    expect(await world.github.tip(pull.head.ref)).toBeUndefined();
  });

  test('a required one that never reports blocks by its name, until it is not required any more', async () => {
    world.github.protect('main', { requiredChecks: [{ context: 'ci / test' }, { context: 'ghost' }] });
    const { issue } = await deliver(world, 'ghostly');
    const before = await commitsOnMain();
    const stuck = await until(issue, ended);
    expect([stuck.status, stuck.reason?.text]).toEqual(['blocked_on_human', expect.stringContaining('`ghost`')]);
    expect(await commitsOnMain()).toBe(before);
    world.github.protect('main', REQUIRED);
    await say(issue, '/omk merge');
    await expectOneMerge(issue, before);
  });

  test('one that timed out runs again once where GitHub allows it, without a turn of the agent', async () => {
    let runs = 0;
    world.github.repository.rerequestable = true;
    world.github.repository.checks = [{ ...CI, conclusion: () => (runs++ === 0 ? 'timed_out' : 'success') }];
    const { issue, pull } = await deliver(world, 'flaky');
    const before = await commitsOnMain();
    await until(issue, waitsFor(/asked to run `ci \/ test` again/));
    await world.github.runChecks(pull);
    const goal = await expectOneMerge(issue, before);
    expect([runs, goal.slices[0]?.attempts.total]).toEqual([2, 1]);
  });

  test('one that a crash kept from being asked for again is asked for after the start', async () => {
    let runs = 0;
    world.github.repository.rerequestable = true;
    world.github.repository.checks = [{ ...CI, conclusion: () => (runs++ === 0 ? 'timed_out' : 'success') }];
    const { issue, pull } = await deliver(world, 'halfway');
    const before = await commitsOnMain();
    const { id: goalId } = await until(issue, merging);
    const key = `rerun:${goalId}/halfway/${pull.head.sha}`;
    await world.omk.store.intendEffect({ goalId, key, kind: 'rerun', detail: {} });
    const reruns = () => world.github.requests.filter(({ path }) => /\/rerequest$|\/rerun$/.test(path)).length;
    const earlier = reruns();
    await until(issue, () => runs === 1 && reruns() > earlier);
    await world.github.runChecks(pull);
    await expectOneMerge(issue, before);
  });

  test("one that fails on the base too is nobody's task but a person's", async () => {
    const tip = (await world.github.tip('main')) ?? '';
    await world.github.setStatus('ada', tip, { context: 'rotten', state: 'failure' });
    world.github.repository.checks = [CI, { kind: 'status', context: 'rotten', state: () => 'failure' }];
    const { issue } = await deliver(world, 'innocent');
    const goal = await until(issue, ended);
    expect([goal.status, goal.reason?.text]).toEqual([
      'blocked_on_human',
      expect.stringMatching(/`rotten`.*on the base too/s),
    ]);
    expect(goal.slices[0]?.attempts.total).toBe(1);
  });

  test("omk's own required one is written just before the merge", async () => {
    requireOwnCheck();
    const before = await commitsOnMain();
    const { issue, pull } = await deliver(world, 'proven');
    await expectOneMerge(issue, before);
    const own = world.github.repository.suites.flatMap((suite) => suite.runs).filter(({ name }) => name === 'omk');
    expect(own.map(({ conclusion, suite }) => [conclusion, suite.headSha])).toEqual([['success', pull.head.sha]]);
  });
});

function requireOwnCheck(): void {
  const required = [{ context: 'omk', integration_id: world.github.app.id }];
  const parameters = { required_status_checks: required, strict_required_status_checks_policy: false };
  world.github.addRuleset([{ type: 'required_status_checks', parameters }]);
}

describe('people', () => {
  test('under a manual policy a person is waited for, and /omk merge merges', async () => {
    const { issue } = await deliver(world, 'manual', { options: { merge: 'manual' } });
    const before = await commitsOnMain();
    const waiting = await until(issue, ended);
    expect([waiting.status, waiting.reason?.next]).toEqual(['blocked_on_human', '/omk merge manual']);
    expect(await commitsOnMain()).toBe(before);
    await say(issue, '/omk merge');
    await expectOneMerge(issue, before);
  });

  test('a pull request that a person merges makes the goal ready', async () => {
    const { issue, pull } = await deliver(world, 'byhand', { options: { merge: 'manual' } });
    const before = await commitsOnMain();
    await until(issue, ended);
    await world.github.mergePull('ada', pull);
    await until(issue, (goal) => goal.status === 'ready');
    expect(await commitsOnMain()).toBe(before + 1);
  });

  test('a label holds the merge, /omk why says so, and taking it away lets it go on', async () => {
    const { issue, pull } = await deliver(world, 'labelled');
    const before = await commitsOnMain();
    await until(issue, merging);
    await say(issue, '/omk why');
    expect(world.ownComments(issue).join('\n')).toMatch(
      new RegExp(`labelled\`? \\(#${pull.number}\\): checks may still start; since \\d{4}-.* UTC, looked at again by`),
    );
    world.github.label('ada', pull, 'do-not-merge');
    const held = await until(issue, ended);
    expect(held.reason?.text).toContain('`do-not-merge` holds it');
    expect(await commitsOnMain()).toBe(before);
    world.github.unlabel('ada', pull, 'do-not-merge');
    await until(issue, (goal) => !ended(goal));
    await expectOneMerge(issue, before);
  });

  test('a freeze holds the merge and nothing else', async () => {
    const { issue } = await deliver(world, 'frozen');
    const before = await commitsOnMain();
    await until(issue, merging);
    await say(issue, '/omk freeze release day');
    await until(issue, waitsFor(/merging is frozen/));
    expect(await commitsOnMain()).toBe(before);
    await say(issue, '/omk unfreeze');
    await expectOneMerge(issue, before);
  });

  test('a freeze by schedule holds the merge until the clocks of its zone say so', async () => {
    // Berlin is an hour ahead of UTC in winter, two in summer.
    const now = world.clock.now();
    const shown = (time: Date) =>
      new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Berlin',
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })
        .format(time)
        .replace(',', '');
    const end = new Date(Math.ceil(now.getTime() / 60_000) * 60_000 + 90 * 60_000);
    const freeze = `freeze: [{ from: '${shown(new Date(now.getTime() - 3_600_000))}', to: '${shown(end)}', zone: Europe/Berlin }]\n`;
    const { issue, pull } = await deliver(world, 'weekend', { policy: POLICY + freeze });
    const before = await commitsOnMain();
    await until(issue, waitsFor(/merging is frozen from .*, Europe\/Berlin, this time until/));
    await expectOneMerge(issue, before);
    expect(pull.merged?.at.getTime()).toBeGreaterThanOrEqual(end.getTime());
  });

  test('a draft that a person made of it waits until they take it back', async () => {
    const { issue, pull } = await deliver(world, 'parked');
    const before = await commitsOnMain();
    world.github.setDraft('ada', pull, true);
    await until(issue, waitsFor(/it is a draft/));
    expect(await commitsOnMain()).toBe(before);
    world.github.setDraft('ada', pull, false);
    await expectOneMerge(issue, before);
  });

  test('who asked and may not write any more merges nothing', async () => {
    const { issue } = await deliver(world, 'bereft');
    const before = await commitsOnMain();
    await until(issue, waitsFor(/stays so/));
    const { roles } = world.github.repository;
    roles.set('ada', 'read');
    const held = await until(issue, ended);
    expect(held.reason?.text).toMatch(/may not write here any more \(permission: read\)/);
    expect(await commitsOnMain()).toBe(before);
    roles.set('ada', 'write');
  });
});

const PUT_MERGE = { method: 'PUT', path: /\/merge$/ };
const MODIFIED = { message: 'Base branch was modified. Review and try the merge again.' };
const EXPECTED = { message: 'Required status check "ci / test" is expected.' };
const HEAD_MODIFIED = { message: 'Head branch was modified. Review and try the merge again.' };

describe('the answer to the merge', () => {
  test.each([
    ['405 since the base was modified', { status: 405, body: MODIFIED }, 2],
    ['405 since a check is expected', { status: 405, body: EXPECTED }, 2],
    ['409 since the head was modified', { status: 409, body: HEAD_MODIFIED }, 2],
    ['500 that merged nothing', { status: 500 }, 2],
    ['502 after the merge', 'apply-then-reset', 1],
  ] as const)('%s: exactly one merge', async (name, fault, calls) => {
    const before = await commitsOnMain();
    const callsBefore = mergeCalls();
    world.github.faults.next({ ...PUT_MERGE, times: 1 }, fault);
    const { issue } = await deliver(world, `fault${name.replaceAll(/\W/g, '').toLowerCase()}`.slice(0, 30));
    await expectOneMerge(issue, before);
    expect(mergeCalls() - callsBefore).toBe(calls);
  });

  test('a base that is modified each time is left to a person after three merges', async () => {
    const before = await commitsOnMain();
    const callsBefore = mergeCalls();
    world.github.faults.next({ ...PUT_MERGE, times: 3 }, { status: 405, body: MODIFIED });
    const { issue } = await deliver(world, 'restless');
    const goal = await until(issue, ended);
    expect(goal.reason?.text).toContain('Base branch was modified');
    expect(mergeCalls() - callsBefore).toBe(3);
    await say(issue, '/omk merge');
    await expectOneMerge(issue, before);
  });

  test('a base that moved while the reply was lost is left to a person', async () => {
    world.github.faults.next(PUT_MERGE, { status: 502 });
    world.github.beforeEach(async ({ method, path }) => {
      if (method !== PUT_MERGE.method || !PUT_MERGE.path.test(path)) return;
      world.github.beforeEach(undefined);
      await world.github.push('ada', 'main', { 'notes.md': 'moved\n' });
    });
    const callsBefore = mergeCalls();
    const { issue } = await deliver(world, 'doubtful');
    const goal = await until(issue, ended);
    expect(goal.reason).toMatchObject({
      text: expect.stringContaining('its base moved meanwhile'),
      next: expect.stringMatching(/^write \/omk rebase on #\d+$/),
    });
    expect(mergeCalls() - callsBefore).toBe(1);
  });

  test('a pull request that a person made part of a stack is merged by GitHub in the background', async () => {
    const { github } = world;
    const stacked = { message: 'Pull request is part of a stack. Merge it with the asynchronous merge endpoint.' };
    github.faults.next(PUT_MERGE, { status: 405, body: stacked });
    const details = { message: 'Merge request is in progress.', uuid: '630b9d5e-3f2a-4f7e-8b0c-2d5f9a8c1e42' };
    const pending = { status: 'pending', details };
    github.faults.next({ method: 'PUT', path: /merge-async$/ }, { status: 202, body: pending });
    github.faults.next({ method: 'GET', path: /merge-async\// }, { status: 200, body: pending });
    const before = await commitsOnMain();
    const { issue, pull } = await deliver(world, 'stacked');
    await until(issue, waitsFor(/merges the stack/));
    await github.mergePull('ada', pull);
    await expectOneMerge(issue, before);
    const orders = github.requests.filter(({ path }) => path.endsWith('/merge-async'));
    expect(orders.map(({ body }) => body)).toMatchObject([{ sha: pull.head.sha, merge_method: 'squash' }]);
  });
});

describe('one base', () => {
  test('two goals that are green at the same time merge one after the other', async () => {
    const before = await commitsOnMain();
    const [one, two] = [await deliver(world, 'left'), await deliver(world, 'right')];
    const goals = [await until(one.issue, ended), await until(two.issue, ended)];
    expect(goals.map(({ status }) => status)).toEqual(['ready', 'ready']);
    expect(await commitsOnMain()).toBe(before + 2);
    const times = [one, two].map(({ pull }) => pull.merged?.at.getTime() ?? 0);
    expect(Math.abs((times[0] ?? 0) - (times[1] ?? 0))).toBeGreaterThanOrEqual(5_000);
  });

  test('a strict one: what merges second goes onto what merged first, proven again, and only then', async () => {
    world.github.protect('main', { ...REQUIRED, strict: true });
    const before = await commitsOnMain();
    const [one, two] = [await deliver(world, 'firstone'), await deliver(world, 'secondone')];
    const goals = [await until(one.issue, ended), await until(two.issue, ended)];
    expect(goals.map(({ status, reason }) => [status, reason?.text])).toEqual([
      ['ready', undefined],
      ['ready', undefined],
    ]);
    expect(await commitsOnMain()).toBe(before + 2);
    const rounds = goals.flatMap(({ slices }) => slices.map(({ attempts }) => attempts.rounds));
    expect(rounds.toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  test('what moved it between two looks is looked at once more', async () => {
    const { issue } = await deliver(world, 'disturbed');
    await until(issue, waitsFor(/stays so/));
    await world.github.push('ada', 'main', { 'notes.md': 'disturbed\n' });
    const before = await commitsOnMain();
    const { id } = await expectOneMerge(issue, before);
    const grounds = (await world.omk.store.listEvents(id)).flatMap(({ event }) =>
      event.kind === 'waiting' && event.greenOn !== undefined ? [event.greenOn] : [],
    );
    // The last look before the merge saw the base as it was by then, not as the first one did.
    expect(grounds.length).toBeGreaterThan(1);
    expect(grounds.at(-1)).not.toBe(grounds[0]);
  });

  test('children of a merged pull request get it before the branch goes', async () => {
    const before = await commitsOnMain();
    const { issue, pull: parent } = await deliver(world, 'parent');
    await execa('git', ['branch', 'child', parent.head.sha], { cwd: world.github.repository.gitDir });
    await world.github.push('ada', 'child', { 'src/child.js': 'export const child = 1;\n' });
    const child = await world.github.openPull('ada', { title: 'Child', head: 'child', base: parent.head.ref });
    await expectOneMerge(issue, before);
    expect([child.state, child.base.ref]).toEqual(['open', 'main']);
    expect(await world.github.tip(parent.head.ref)).toBeUndefined();
    world.github.closePull('ada', child);
  });

  test('a branch from which another pull request comes stays', async () => {
    await execa('git', ['branch', 'release', 'main'], { cwd: world.github.repository.gitDir });
    const before = await commitsOnMain();
    const { issue, pull } = await deliver(world, 'backport');
    const twin = await world.github.openPull('ada', { title: 'Back', head: pull.head.ref, base: 'release' });
    await expectOneMerge(issue, before);
    expect([twin.state, await world.github.tip(pull.head.ref)]).toEqual(['open', pull.head.sha]);
    world.github.closePull('ada', twin);
  });

  test('that is the head of another pull request waits for that one', async () => {
    const { gitDir: cwd } = world.github.repository;
    await execa('git', ['branch', 'below', 'main'], { cwd });
    await world.github.push('ada', 'below', { 'src/below.js': 'export const below = 1;\n' });
    const below = await world.github.openPull('ada', { title: 'Below', head: 'below' });
    const { issue, pull } = await deliver(world, 'above', {
      base: 'below',
      policy: `${POLICY}allow_unprotected_base: true\n`,
    });
    await until(issue, waitsFor(new RegExp(`head of #${below.number}, which must merge first`)));
    world.github.closePull('ada', below);
    await until(issue, (goal) => goal.status === 'ready');
    expect(pull.merged?.at).toBeDefined();
  });
});

describe('a GitHub that is not like the others', () => {
  test('without GraphQL: everything is read by REST', async () => {
    const { faults } = world.github;
    const gone = { status: 404, body: { message: 'Not Found' } };
    faults.next({ method: 'POST', path: /graphql/, times: 1_000 }, gone);
    faults.next({ method: 'GET', path: /actions\/runs/, times: 1_000 }, gone);
    const before = await commitsOnMain();
    const { issue } = await deliver(world, 'restful');
    await expectOneMerge(issue, before);
  });
});

describe("GitHub's merge queue", () => {
  beforeEach(() => world.github.enableQueue('main'));

  test('gets the pull request, once more after a conflict, and by a person after red checks', async () => {
    const before = await commitsOnMain();
    const callsBefore = mergeCalls();
    const { issue, pull } = await deliver(world, 'queued');
    await until(issue, queued);
    world.github.eject('ada', pull, 'MERGE_CONFLICT');
    await until(issue, queued);
    world.github.eject('ada', pull, 'CI_FAILURE');
    const out = await until(issue, ended);
    expect(out.reason).toMatchObject({
      text: expect.stringContaining(`put #${pull.number} out: CI_FAILURE`),
      next: '/omk merge queued',
    });
    await say(issue, '/omk merge');
    await until(issue, queued);
    world.github.editIssue('ada', pull, { body: `Closes #${issue}` });
    await world.github.runQueue();
    const { recent } = await expectOneMerge(issue, before);
    expect(mergeCalls()).toBe(callsBefore);
    expect(world.github.issue(issue).state).toBe('closed');
    // The issue that this merge closed was closed by nobody.
    expect(recent.map(({ text }) => text).join()).not.toContain('the issue was');
    expect(recent.map(({ text }) => text)).toContainEqual(expect.stringMatching(/merged by GitHub's merge queue as `/));
  });

  test('with a required check of its own omk asks for auto-merge, and queues what is clean by then', async () => {
    requireOwnCheck();
    const before = await commitsOnMain();
    const { issue } = await deliver(world, 'armed');
    await until(issue, queued);
    const asked = JSON.stringify(world.github.requests.map(({ body }) => body));
    expect(asked).toContain('enablePullRequestAutoMerge');
    await world.github.runQueue();
    await expectOneMerge(issue, before);
  });

  test('gives back what a label holds, and gets it again without it', async () => {
    const before = await commitsOnMain();
    const { issue, pull } = await deliver(world, 'recalled');
    await until(issue, queued);
    world.github.label('ada', pull, 'hold');
    const held = await until(issue, ended);
    expect([queue().length, held.reason?.text]).toEqual([0, expect.stringContaining('`hold` holds it')]);
    world.github.unlabel('ada', pull, 'hold');
    await until(issue, queued);
    await world.github.runQueue();
    await expectOneMerge(issue, before);
  });

  test('gives back what is frozen, and gets it again after the freeze', async () => {
    const before = await commitsOnMain();
    const { issue } = await deliver(world, 'iced');
    await until(issue, queued);
    await say(issue, '/omk freeze');
    await until(issue, waitsFor(/merging is frozen/));
    expect(queue()).toEqual([]);
    await say(issue, '/omk merge');
    const names = world
      .ownComments(issue)
      .some((text) => text.includes('Merging is frozen by ada until `/omk unfreeze`'));
    expect(names).toBe(true);
    await say(issue, '/omk unfreeze');
    await until(issue, queued);
    await world.github.runQueue();
    await expectOneMerge(issue, before);
  });

  test.each([
    ['paused', '/omk pause', 'paused'],
    ['cancelled', '/omk cancel', 'cancelled'],
  ])('gives back what belongs to a goal that is %s', async (name, command, status) => {
    const { issue, pull } = await deliver(world, name);
    await until(issue, queued);
    await say(issue, command);
    await until(issue, (goal) => goal.status === status && !goal.slices[0]?.entrusted);
    expect([queue().length, pull.state]).toEqual([0, 'open']);
    world.github.closePull('ada', pull);
  });

  test('gives back what is built once more', async () => {
    const { issue, pull } = await deliver(world, 'rethought', { policy: `${POLICY}limits: { builds: 1 }\n` });
    await until(issue, queued);
    await say(pull.number, '/omk rebase');
    await until(issue, (goal) => !goal.slices[0]?.entrusted);
    expect(queue()).toEqual([]);
    await until(issue, queued);
    await world.github.runQueue();
    await until(issue, (goal) => goal.status === 'ready');
  });

  test('gives back what nobody who may write stands for any more', async () => {
    const { issue, pull } = await deliver(world, 'orphan');
    await until(issue, queued);
    const { roles } = world.github.repository;
    roles.set('ada', 'triage');
    const held = await until(issue, ended);
    expect([queue().length, held.reason?.text]).toEqual([0, expect.stringContaining('may not write here any more')]);
    roles.set('ada', 'write');
    world.github.closePull('ada', pull);
  });

  test('merged it before it could be taken back: then it is merged', async () => {
    const { issue } = await deliver(world, 'tooslow');
    await until(issue, queued);
    await world.github.runQueue();
    world.github.comment('ada', issue, '/omk cancel');
    const goal = await until(issue, (one) => ended(one) && !one.slices[0]?.entrusted);
    expect(goal.slices[0]?.status).toBe('merged');
  });
});
