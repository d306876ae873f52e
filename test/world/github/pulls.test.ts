import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProbe, type Probe, refusal, shop as repo } from './probe.ts';

let clock: Probe['clock'];
let github: Probe['github'];
let mint: Probe['mint'];
let octokit: Probe['octokit'];
let openPull: Probe['openPull'];
let folder: string;

beforeEach(async () => {
  ({ clock, github, mint, octokit, openPull } = await openProbe());
  folder = await mkdtemp(join(tmpdir(), 'fake-github-test-'));
});

afterEach(async () => {
  await github.close();
  await rm(folder, { recursive: true, force: true });
  expect(github.drift).toEqual([]);
});

test('a pull request cannot be opened twice, nor from or into what is not there', async () => {
  const number = await openPull();
  const open = (head: string, base: string) => octokit.rest.pulls.create({ ...repo, head, base, title: 'x' });
  expect((await refusal(open('feature', 'main'))).errors).toEqual([
    { resource: 'PullRequest', code: 'custom', message: 'A pull request already exists for acme:feature.' },
  ]);
  expect((await refusal(open('gone', 'main'))).errors).toEqual([
    { resource: 'PullRequest', field: 'head', code: 'invalid' },
  ]);
  expect((await refusal(open('feature', 'gone'))).errors).toEqual([
    { resource: 'PullRequest', field: 'base', code: 'invalid' },
  ]);
  await octokit.rest.git.createRef({ ...repo, ref: 'refs/heads/same', sha: (await github.tip('main')) ?? '' });
  expect((await refusal(open('same', 'main'))).errors).toMatchObject([{ message: 'No commits between main and same' }]);
  const { data: found } = await octokit.rest.pulls.list({ ...repo, head: 'acme:feature', state: 'all' });
  expect(found.map((pull) => pull.number)).toEqual([number]);
});

test('mergeability is worked out since the pull request was made; once something moves it is null on the first read and known on the next', async () => {
  const pull = { ...repo, pull_number: await openPull() };
  const read = async () => (await octokit.rest.pulls.get(pull)).data;
  expect(await read()).toMatchObject({
    mergeable: true,
    mergeable_state: 'clean',
    commits: 1,
    changed_files: 1,
    additions: 1,
  });
  await github.push('alice', 'main', { 'src/cart.js': 'export const cart = [2];\n' });
  expect(await read()).toMatchObject({ mergeable: null });
  expect(await read()).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
});

test.each(['squash', 'merge', 'rebase'] as const)('%s puts a real commit on the base', async (merge_method) => {
  const pull_number = await openPull();
  const sha = github.pull(pull_number).head.sha;
  expect(await refusal(octokit.rest.pulls.merge({ ...repo, pull_number, sha: 'f'.repeat(40) }))).toMatchObject({
    status: 409,
    message: 'Head branch was modified. Review and try the merge again.',
  });
  const { data } = await octokit.rest.pulls.merge({ ...repo, pull_number, sha, merge_method });
  expect(data).toMatchObject({ merged: true, sha: await github.tip('main') });
  expect(await github.file('main', 'src/cart.js')).toBe('export const cart = [1];\n');
  expect((await octokit.rest.repos.getCommit({ ...repo, ref: data.sha })).data.parents).toHaveLength(
    merge_method === 'merge' ? 2 : 1,
  );
  expect(await refusal(octokit.rest.pulls.merge({ ...repo, pull_number, sha }))).toMatchObject({ status: 405 });
});

test('required checks and reviews hold a merge back, in words of GitHub', async () => {
  github.protect('main', { requiredChecks: [{ context: 'ci / test' }], requiredReviews: 1 });
  const pull_number = await openPull();
  const merge = () => octokit.rest.pulls.merge({ ...repo, pull_number, merge_method: 'squash' });
  expect(await refusal(merge())).toMatchObject({
    status: 405,
    message: 'Required status check "ci / test" is expected.',
  });
  await github.runChecks(github.pull(pull_number));
  expect((await refusal(merge())).message).toBe(
    'At least 1 approving review is required by reviewers with write access.',
  );
  await github.review('rob', pull_number, { state: 'APPROVED' });
  expect((await refusal(merge())).status).toBe(405);
  await github.review('mia', pull_number, { state: 'APPROVED' });
  expect((await merge()).data.merged).toBe(true);
});

test('a required check of a ruleset counts only from its app', async () => {
  const parameters = {
    strict_required_status_checks_policy: false,
    required_status_checks: [{ context: 'ci / test', integration_id: 15368 }],
  };
  github.addRuleset([{ type: 'required_status_checks', parameters }]);
  const { data: rules } = await octokit.rest.repos.getBranchRules({ ...repo, branch: 'main' });
  expect(rules).toMatchObject([{ type: 'required_status_checks', ruleset_source: 'acme/shop' }]);
  expect(await refusal(octokit.rest.repos.getBranchProtection({ ...repo, branch: 'main' }))).toMatchObject({
    status: 403,
  });
  const pull_number = await openPull();
  const { sha } = github.pull(pull_number).head;
  await octokit.rest.checks.create({
    ...repo,
    name: 'ci / test',
    head_sha: sha,
    status: 'completed',
    conclusion: 'success',
  });
  const merge = () => octokit.rest.pulls.merge({ ...repo, pull_number });
  expect((await refusal(merge())).message).toBe(
    'Repository rule violations found\n\nRequired status check "ci / test" is expected.\n\n',
  );
  await github.runChecks(github.pull(pull_number));
  expect((await merge()).data.merged).toBe(true);
});

test('CI goes through queued, in progress and completed, late if asked, silent suites never', async () => {
  github.repository.checks = [
    { app: 'github-actions', name: 'ci / test', conclusion: () => 'failure', startsAfterMs: 60_000 },
    { kind: 'silent', app: 'codecov' },
    { kind: 'status', context: 'ci/legacy', state: () => 'success' },
  ];
  const pull = github.pull(await openPull());
  const ref = pull.head.sha;
  const suites = async () => (await octokit.rest.checks.listSuitesForRef({ ...repo, ref })).data.check_suites;
  const told = (list: Awaited<ReturnType<typeof suites>>) =>
    Object.fromEntries(list.map((one) => [one.app?.slug, [one.status, one.conclusion, one.latest_check_runs_count]]));
  expect(told(await suites())).toEqual({ omk: ['queued', null, 0], codecov: ['queued', null, 0] });
  clock.advance(61_000);
  await github.runChecks(pull, 'in_progress');
  expect(told(await suites())['github-actions']).toEqual(['in_progress', null, 1]);
  await github.runChecks(pull);
  expect(told(await suites())).toMatchObject({
    'github-actions': ['completed', 'failure', 1],
    codecov: ['queued', null, 0],
  });
  const { data: runs } = await octokit.rest.checks.listForRef({ ...repo, ref });
  expect(runs.check_runs).toMatchObject([
    { name: 'ci / test', status: 'completed', conclusion: 'failure', app: { id: 15368 } },
  ]);
  expect((await octokit.rest.repos.getCombinedStatusForRef({ ...repo, ref })).data).toMatchObject({
    state: 'success',
    total_count: 1,
  });
});

test('the app writes check runs into a suite of its own, with annotations', async () => {
  const head_sha = github.pull(await openPull()).head.sha;
  const { data: run } = await octokit.rest.checks.create({
    ...repo,
    name: 'review wall',
    head_sha,
    status: 'in_progress',
  });
  const annotation = {
    path: 'src/cart.js',
    start_line: 1,
    end_line: 1,
    annotation_level: 'warning' as const,
    message: 'Why one?',
  };
  const output = { title: 'Passed', summary: 'All six passes.', annotations: [annotation] };
  const done = { ...repo, check_run_id: run.id, status: 'completed' as const, conclusion: 'success' as const };
  await octokit.rest.checks.update({ ...done, output });
  expect((await octokit.rest.checks.get({ ...repo, check_run_id: run.id })).data).toMatchObject({
    conclusion: 'success',
    output: { title: 'Passed', annotations_count: 1 },
    app: { slug: 'omk' },
    pull_requests: [{ number: 1 }],
  });
  expect((await octokit.rest.checks.listAnnotations({ ...repo, check_run_id: run.id })).data).toMatchObject([
    annotation,
  ]);
});

test('the log of a job lies where the API says', async () => {
  github.repository.checks = [
    { app: 'github-actions', name: 'ci / test', conclusion: () => 'failure', log: () => '1 failing\n' },
  ];
  const pull = github.pull(await openPull());
  await github.runChecks(pull);
  const job_id = pull.repository.suites.flatMap((suite) => suite.runs)[0]?.id ?? 0;
  const { data: log } = await octokit.rest.actions.downloadJobLogsForWorkflowRun({ ...repo, job_id });
  expect(log).toBe('1 failing\n');
});

test('git clones and pushes with a token, and the push reaches the pull request', async () => {
  const pull = github.pull(await openPull());
  const url = (token: string) => github.url.replace('http://', `http://x-access-token:${token}@`) + '/acme/shop.git';
  const work = join(folder, 'work');
  const git = (...args: string[]) =>
    execa('git', args, { cwd: work, env: { GIT_TERMINAL_PROMPT: '0' }, reject: false });
  const token = await mint({ permissions: { contents: 'write' } });
  await execa('git', ['clone', '--quiet', '--branch', 'feature', url(token), work]);
  await writeFile(join(work, 'src/cart.js'), 'export const cart = [1, 2];\n');
  await git('-c', 'user.name=omk', '-c', 'user.email=omk@example.org', 'commit', '--quiet', '-am', 'Two items');
  const before = pull.head.sha;
  expect((await git('push', '--quiet')).exitCode).toBe(0);
  const after = (await git('rev-parse', 'HEAD')).stdout;
  expect(github.pushes).toMatchObject([{ ref: 'refs/heads/feature', before, after, token }]);
  expect(pull.head.sha).toBe(after);

  const reader = await mint({ permissions: { contents: 'read' } });
  expect((await git('push', url(reader), 'HEAD:refs/heads/x')).stderr).toContain('403');
  expect((await git('push', url('ghs_wrong'), 'HEAD:refs/heads/x')).stderr).toContain('Authentication failed');
  github.protect('main', {});
  expect((await git('push', url(token), 'HEAD:refs/heads/main')).stderr).toContain(
    'GH006: Protected branch update failed for refs/heads/main.',
  );
  github.repository.pushRejection = 'Commits must be signed off.';
  expect((await git('push', url(token), 'HEAD:refs/heads/x')).stderr).toContain('Commits must be signed off.');
  github.repository.pushRejection = undefined;
  github.faults.next({ path: /git-receive-pack$/, method: 'POST' }, 'apply-then-reset');
  expect((await git('push', url(token), 'HEAD:refs/heads/y')).exitCode).not.toBe(0);
  expect(await github.tip('y')).toBe(after);
});

test('reviews and their threads can be read and answered', async () => {
  const pull_number = await openPull();
  const comments = [{ path: 'src/cart.js', line: 1, body: 'Why one?' }];
  await github.review('alice', pull_number, { state: 'CHANGES_REQUESTED', body: 'Not yet.', comments });
  const { data: reviews } = await octokit.rest.pulls.listReviews({ ...repo, pull_number });
  expect(reviews).toMatchObject([
    { state: 'CHANGES_REQUESTED', user: { login: 'alice' }, author_association: 'MEMBER' },
  ]);
  const { data: listed } = await octokit.rest.pulls.listReviewComments({ ...repo, pull_number });
  const comment_id = listed[0]?.id ?? 0;
  const { data: reply } = await octokit.rest.pulls.createReplyForReviewComment({
    ...repo,
    pull_number,
    comment_id,
    body: 'Fixed.',
  });
  expect(reply).toMatchObject({ in_reply_to_id: comment_id, user: { login: 'omk[bot]' } });
});
