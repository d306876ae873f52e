import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { isEnded, type Goal } from '../../src/goal/goal.ts';
import { nextSteps } from '../../src/goal/next-steps.ts';
import type { CheckPlan, Pull } from '../world/fake-github.ts';
import { building, fixing, planning, write } from '../world/scripts.ts';
import { openWorld, type World } from '../world/world.ts';

jest.setTimeout(120_000);

const POLICY = 'review:\n  reviewer: off\ngates:\n  - name: syntax\n    run: node --check src/start.js\n';

let world: World;

const CI: CheckPlan = {
  app: 'github-actions',
  name: 'ci / test',
  log: () => 'AssertionError: the answer is 41',
  conclusion: async (sha) =>
    (await world.github.file(sha, 'src/broken.js'))?.includes('41') === true ? 'failure' : 'success',
};

beforeAll(async () => {
  const files = { '.github/omk.yml': POLICY, 'src/start.js': 'export const start = 1;\n' };
  world = await openWorld({ repository: { files, checks: [CI] } });
});

afterAll(() => world.close());

afterEach(() => {
  const { github } = world;
  github.faults.clear();
  github.repository.checks = [CI];
  github.repository.queues.clear();
  github.repository.rulesets = [];
  github.repository.rerequestable = false;
  github.protect('main', { requiredChecks: [{ context: 'ci / test' }] });
  expect([...github.refused, ...github.drift, ...world.model.unscripted]).toEqual([]);
});

/** Asks for a goal of one slice that adds one file, and gives the issue's number. */
function ask(slice: string, { command = '/omk run', content = `export const ${slice} = 1;\n` } = {}): number {
  const path = `src/${slice}.js`;
  world.model.will({ ...planning([{ id: slice, title: `Add ${slice}`, writeScope: [path] }]), times: 1 });
  world.model.will(building(slice, [{ tools: [write(path, content)] }, { say: `Added ${slice}.` }]));
  const issue = world.github.openIssue('ada', { title: `Add ${slice}`, body: `Acceptance: ${path} exports ${slice}.` });
  world.github.comment('ada', issue, command);
  return issue.number;
}

const seen = new Map<string, number>();

/** CI works on every open head, and again once more of it has started. */
async function runChecks(): Promise<boolean> {
  const { github } = world;
  const now = world.clock.now();
  const countSuites = (pull: Pull) =>
    github.repository.suites.filter((suite) => suite.headSha === pull.head.sha && suite.createdAt <= now).length;
  const fresh = github.pulls().filter((pull) => pull.state === 'open' && seen.get(pull.head.sha) !== countSuites(pull));
  for (const pull of fresh) {
    seen.set(pull.head.sha, countSuites(pull));
    await github.runChecks(pull);
  }
  return fresh.length > 0;
}

/** Lets the time pass until the goal is as wanted. */
async function until(issue: number, wanted: (goal: Goal) => boolean): Promise<Goal> {
  let goal: Goal | undefined;
  for (let round = 0; round < 120; round++) {
    await world.idle();
    goal = await world.goal(issue);
    if (wanted(goal)) return goal;
    if (await runChecks()) continue;
    const now = world.clock.now();
    const waits = nextSteps(goal, now).flatMap((step) => (step.kind === 'wait' ? [step.until.getTime()] : []));
    world.clock.advanceTo(new Date(Math.min(...waits, now.getTime() + 60_000)));
  }
  throw new Error(
    `It does not come about: ${goal?.status} ${JSON.stringify(goal?.slices.map(({ status, wait, reason }) => ({ status, wait, reason })))}`,
  );
}

const ended = (goal: Goal) => isEnded(goal.status);
const goesOn = (goal: Goal) => goal.status !== 'blocked_on_human';
const merging = (goal: Goal) => goal.slices[0]?.wait !== undefined && goal.slices[0].status === 'merging';
const waitsFor = (text: RegExp) => (goal: Goal) => text.test(goal.slices[0]?.wait?.reason ?? '');

async function commitsOnMain(): Promise<number> {
  const { stdout } = await execa('git', ['rev-list', '--count', '--first-parent', 'main'], {
    cwd: world.github.repository.gitDir,
  });
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

test('a check that starts late is waited for, and the quiet period after it', async () => {
  world.github.repository.checks = [CI, { ...CI, name: 'late / e2e', workflow: 'late', startsAfterMs: 100_000 }];
  const before = await commitsOnMain();
  const goal = await expectOneMerge(ask('late'), before);
  const [slice] = goal.slices;
  const pull = world.github.pull(slice?.pull?.number ?? 0);
  const run = world.github.repository.suites.flatMap((suite) => suite.runs).find(({ name }) => name === 'late / e2e');
  const quietMs = (pull.merged?.at.getTime() ?? 0) - (run?.completedAt?.getTime() ?? Infinity);
  expect(quietMs).toBeGreaterThanOrEqual(29_000);
  expect(await world.github.tip(pull.head.ref)).toBeUndefined();
});

test('a required check that never reports blocks the merge by its name, until it is not required any more', async () => {
  world.github.protect('main', { requiredChecks: [{ context: 'ci / test' }, { context: 'ghost' }] });
  const issue = ask('ghostly');
  const before = await commitsOnMain();
  const stuck = await until(issue, ended);
  expect(stuck.status).toBe('blocked_on_human');
  expect(stuck.reason?.text).toContain('`ghost`');
  expect(await commitsOnMain()).toBe(before);
  world.github.protect('main', { requiredChecks: [{ context: 'ci / test' }] });
  world.github.comment('ada', issue, '/omk merge');
  await until(issue, goesOn);
  await expectOneMerge(issue, before);
});

test('a failing check goes to the agent with the end of its log, and its repair is merged', async () => {
  world.model.will(
    fixing('broken', [{ tools: [write('src/broken.js', 'export const broken = 42;\n')] }, { say: 'It is 42 now.' }]),
  );
  const before = await commitsOnMain();
  await expectOneMerge(ask('broken', { content: 'export const broken = 41;\n' }), before);
  const fix = world.model.requests.find(({ prompt }) => prompt.trimStart().startsWith('Fix slice broken.'));
  expect(fix?.prompt).toContain('ci / test');
  expect(fix?.prompt).toContain('AssertionError: the answer is 41');
  expect(await world.github.file('main', 'src/broken.js')).toContain('42');
});

test("a check that fails on the base too is nobody's task but a person's", async () => {
  const tip = (await world.github.tip('main')) ?? '';
  await world.github.setStatus('ada', tip, { context: 'rotten', state: 'failure' });
  world.github.repository.checks = [CI, { kind: 'status', context: 'rotten', state: () => 'failure' }];
  const issue = ask('innocent');
  const goal = await until(issue, ended);
  expect(goal.status).toBe('blocked_on_human');
  expect(goal.reason?.text).toMatch(/`rotten`.*on the base too/s);
  expect(goal.slices[0]?.attempts.total).toBe(1);
});

test('under a manual policy a person is waited for, and /omk merge merges', async () => {
  const issue = ask('manual', { command: '/omk run --merge manual' });
  const before = await commitsOnMain();
  const waiting = await until(issue, ended);
  expect(waiting.status).toBe('blocked_on_human');
  expect(waiting.reason).toMatchObject({ next: '/omk merge' });
  expect(await commitsOnMain()).toBe(before);
  world.github.comment('ada', issue, '/omk merge');
  await until(issue, goesOn);
  await expectOneMerge(issue, before);
});

test('a pull request that a person merges makes the goal ready', async () => {
  const issue = ask('byhand', { command: '/omk run --merge manual' });
  const before = await commitsOnMain();
  const held = await until(issue, ended);
  await world.github.mergePull('ada', held.slices[0]?.pull?.number ?? 0);
  await until(issue, (goal) => goal.status === 'ready');
  expect(await commitsOnMain()).toBe(before + 1);
});

const PUT_MERGE = { method: 'PUT', path: /\/merge$/ };
const MODIFIED = { message: 'Base branch was modified. Review and try the merge again.' };

test.each([
  ['405 since the base was modified', { status: 405, body: MODIFIED }, 2, 1],
  [
    '405 since a check is expected',
    { status: 405, body: { message: 'Required status check "ci / test" is expected.' } },
    2,
    1,
  ],
  [
    '409 since the head was modified',
    { status: 409, body: { message: 'Head branch was modified. Review and try the merge again.' } },
    2,
    1,
  ],
  ['500 that merged nothing', { status: 500 }, 2, 1],
  ['a reply lost after the merge', 'apply-then-reset', 1, 1],
] as const)('%s: exactly one merge', async (name, fault, calls, times) => {
  const before = await commitsOnMain();
  const callsBefore = mergeCalls();
  world.github.faults.next({ ...PUT_MERGE, times }, fault);
  await expectOneMerge(ask(`fault${name.replaceAll(/\W/g, '').toLowerCase()}`.slice(0, 30)), before);
  expect(mergeCalls() - callsBefore).toBe(calls);
});

test('a base that is modified each time is left to a person after three merges', async () => {
  const before = await commitsOnMain();
  const callsBefore = mergeCalls();
  world.github.faults.next({ ...PUT_MERGE, times: 3 }, { status: 405, body: MODIFIED });
  const issue = ask('restless');
  const goal = await until(issue, ended);
  expect(goal.reason?.text).toContain('Base branch was modified');
  expect(mergeCalls() - callsBefore).toBe(3);
  world.github.comment('ada', issue, '/omk merge');
  await until(issue, goesOn);
  await expectOneMerge(issue, before);
});

test('a base that moved while the reply was lost is left to a person', async () => {
  world.github.faults.next(PUT_MERGE, { status: 502 });
  const callsBefore = mergeCalls();
  const issue = ask('doubtful');
  await until(issue, waitsFor(/reply to the merge was lost/));
  await world.github.push('ada', 'main', { 'notes.md': 'moved\n' });
  const goal = await until(issue, ended);
  expect(goal.reason).toMatchObject({
    text: expect.stringContaining('its base moved meanwhile'),
    next: expect.stringMatching(/^write \/omk rebase on #\d+$/),
  });
  expect(mergeCalls() - callsBefore).toBe(1);
});

test('a base with a merge queue gets the pull request into its queue, once more after a conflict, and by a person after red checks', async () => {
  world.github.enableQueue('main');
  const before = await commitsOnMain();
  const callsBefore = mergeCalls();
  const issue = ask('queued');
  const first = await until(issue, waitsFor(/merge queue/));
  const number = first.slices[0]?.pull?.number ?? 0;
  world.github.eject('ada', number, 'MERGE_CONFLICT');
  await until(issue, () => (world.github.repository.queues.get('main') ?? []).length > 0);
  world.github.eject('ada', number, 'CI_FAILURE');
  const out = await until(issue, ended);
  expect(out.reason).toMatchObject({
    text: expect.stringContaining(`put #${number} out: CI_FAILURE`),
    next: '/omk merge queued',
  });
  world.github.comment('ada', issue, '/omk merge');
  await until(issue, () => (world.github.repository.queues.get('main') ?? []).length > 0);
  await world.github.runQueue();
  await expectOneMerge(issue, before);
  expect(mergeCalls()).toBe(callsBefore);
});

function requireOwnCheck(): void {
  const { github } = world;
  const required = [{ context: 'omk', integration_id: github.app.id }];
  github.addRuleset([
    {
      type: 'required_status_checks',
      parameters: { required_status_checks: required, strict_required_status_checks_policy: false },
    },
  ]);
}

test("omk's own required check is written just before the merge", async () => {
  requireOwnCheck();
  const before = await commitsOnMain();
  const goal = await expectOneMerge(ask('proven'), before);
  const own = world.github.repository.suites.flatMap((suite) => suite.runs).filter(({ name }) => name === 'omk');
  expect(own.map(({ conclusion, suite }) => [conclusion, suite.headSha])).toEqual([
    ['success', goal.slices[0]?.pull?.head],
  ]);
});

test('with a merge queue and a required check of its own omk asks for auto-merge, and queues what is clean by then', async () => {
  world.github.enableQueue('main');
  requireOwnCheck();
  const before = await commitsOnMain();
  const issue = ask('armed');
  await until(issue, waitsFor(/merge queue/));
  const asked = JSON.stringify(world.github.requests.map(({ body }) => body));
  expect(asked).toContain('enablePullRequestAutoMerge');
  await world.github.runQueue();
  await expectOneMerge(issue, before);
});

test('a freeze holds the merge and nothing else', async () => {
  const before = await commitsOnMain();
  const issue = ask('frozen');
  await until(issue, merging);
  world.github.comment('ada', issue, '/omk freeze release day');
  await until(issue, waitsFor(/^merging is frozen: release day$/));
  expect(await commitsOnMain()).toBe(before);
  world.github.comment('ada', issue, '/omk unfreeze');
  await expectOneMerge(issue, before);
});

test('a conflict with the base is built again with both sides', async () => {
  const issue = ask('clash', { content: 'export const clash = "ours";\n' });
  await until(issue, merging);
  await world.github.push('ada', 'main', { 'src/clash.js': 'export const clash = "theirs";\n' });
  const both = 'export const clash = "theirs and ours";\n';
  world.model.will(fixing('clash', [{ tools: [write('src/clash.js', both)] }, { say: 'Kept both.' }]));
  const before = await commitsOnMain();
  await expectOneMerge(issue, before);
  expect(await world.github.file('main', 'src/clash.js')).toBe(both);
  const fix = world.model.requests.find(({ prompt }) => prompt.trimStart().startsWith('Fix slice clash.'));
  expect(fix?.prompt).toContain('conflicts with the base in src/clash.js');
  expect(fix?.prompt).toContain('"ours"');
});

test('children of a merged pull request get its base before its branch goes', async () => {
  const before = await commitsOnMain();
  const issue = ask('parent');
  const goal = await until(issue, merging);
  const parent = world.github.pull(goal.slices[0]?.pull?.number ?? 0);
  await execa('git', ['branch', 'child', parent.head.sha], { cwd: world.github.repository.gitDir });
  await world.github.push('ada', 'child', { 'src/child.js': 'export const child = 1;\n' });
  const child = await world.github.openPull('ada', { title: 'Child', head: 'child', base: parent.head.ref });
  await expectOneMerge(issue, before);
  expect([child.state, child.base.ref]).toEqual(['open', 'main']);
  expect(await world.github.tip(parent.head.ref)).toBeUndefined();
  world.github.closePull('ada', child);
});

test('a check that timed out runs again once where GitHub allows it, without a turn of the agent', async () => {
  const { github } = world;
  let runs = 0;
  github.repository.rerequestable = true;
  github.repository.checks = [{ ...CI, conclusion: () => (runs++ === 0 ? 'timed_out' : 'success') }];
  const issue = ask('flaky');
  const before = await commitsOnMain();
  const waiting = await until(issue, waitsFor(/asked to run `ci \/ test` again/));
  await github.runChecks(github.pull(waiting.slices[0]?.pull?.number ?? 0));
  const goal = await expectOneMerge(issue, before);
  expect([runs, goal.slices[0]?.attempts.total]).toEqual([2, 1]);
});

test('a check that a crash kept from being asked for again is asked for after the start', async () => {
  const { github, omk } = world;
  let runs = 0;
  github.repository.rerequestable = true;
  github.repository.checks = [{ ...CI, conclusion: () => (runs++ === 0 ? 'timed_out' : 'success') }];
  const issue = ask('halfway');
  const before = await commitsOnMain();
  const { id: goalId, slices } = await until(issue, merging);
  const key = `rerun:${goalId}/halfway/${slices[0]?.pull?.head}`;
  await omk.store.intendEffect({ goalId, key, kind: 'rerun', detail: {} });
  const waiting = await until(issue, waitsFor(/asked to run `ci \/ test` again/));
  await github.runChecks(github.pull(waiting.slices[0]?.pull?.number ?? 0));
  await expectOneMerge(issue, before);
});

test('a GitHub without GraphQL: everything is read by REST', async () => {
  const { github } = world;
  github.faults.next(
    { method: 'POST', path: /graphql/, times: 1_000 },
    { status: 404, body: { message: 'Not Found' } },
  );
  github.faults.next({ method: 'GET', path: /actions\/runs/, times: 1_000 }, { status: 404, body: { message: 'No' } });
  const before = await commitsOnMain();
  await expectOneMerge(ask('restful'), before);
});

test('a strict base: what merges second goes onto what merged first, proven again, and only then', async () => {
  world.github.protect('main', { requiredChecks: [{ context: 'ci / test' }], strict: true });
  const before = await commitsOnMain();
  const [one, two] = [ask('firstone'), ask('secondone')];
  const goals = [await until(one, ended), await until(two, ended)];
  expect(goals.map(({ status }) => status)).toEqual(['ready', 'ready']);
  expect(await commitsOnMain()).toBe(before + 2);
  const rounds = goals.flatMap(({ slices }) => slices.map(({ attempts }) => attempts.rounds));
  expect(rounds.toSorted((a, b) => a - b)).toEqual([1, 2]);
});

test('a label holds the merge, /omk why says so, and taking it away lets it go on', async () => {
  const issue = ask('labelled');
  const before = await commitsOnMain();
  const goal = await until(issue, merging);
  const pull = world.github.pull(goal.slices[0]?.pull?.number ?? 0);
  world.github.comment('ada', issue, '/omk why');
  await world.idle();
  expect(world.ownComments(issue).join('\n')).toMatch(
    new RegExp(`labelled\`? \\(#${pull.number}\\): checks may still start; since \\d{4}-.* UTC, looked at again by`),
  );
  world.github.label('ada', pull.number, 'do-not-merge');
  const held = await until(issue, ended);
  expect(held.reason?.text).toContain('`do-not-merge` holds it');
  expect(await commitsOnMain()).toBe(before);
  world.github.unlabel('ada', pull.number, 'do-not-merge');
  await until(issue, goesOn);
  await expectOneMerge(issue, before);
});

test("a pull request that a person made part of a stack is merged by GitHub's merge in the background", async () => {
  const { github } = world;
  const uuid = '630b9d5e-3f2a-4f7e-8b0c-2d5f9a8c1e42';
  const stacked = { message: 'Pull request is part of a stack. Merge it with the asynchronous merge endpoint.' };
  github.faults.next(PUT_MERGE, { status: 405, body: stacked });
  const background = (status: string) => ({
    status,
    details: { message: 'Merge request is in progress.', uuid },
  });
  github.faults.next({ method: 'PUT', path: /merge-async$/ }, { status: 202, body: background('pending') });
  github.faults.next({ method: 'GET', path: /merge-async\// }, { status: 200, body: background('pending') });
  const before = await commitsOnMain();
  const issue = ask('stacked');
  const goal = await until(issue, waitsFor(/merges the stack/));
  await github.mergePull('ada', goal.slices[0]?.pull?.number ?? 0);
  await expectOneMerge(issue, before);
  const orders = github.requests.filter(({ path }) => path.endsWith('/merge-async'));
  expect(orders.map(({ body }) => body)).toMatchObject([{ sha: goal.slices[0]?.pull?.head, merge_method: 'squash' }]);
});
