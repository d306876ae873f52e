import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { openProbe, type Probe, refusal, shop as repo } from './probe.ts';

let probe: Probe;

beforeEach(async () => {
  probe = await openProbe();
});

afterEach(async () => {
  await probe.github.close();
  expect([probe.github.drift, probe.github.refused]).toEqual([[], []]);
});

test('every read of commits, branches and pulls has the shape that GitHub documents', async () => {
  const { github, octokit } = probe;
  github.protect('main', { requiredChecks: [{ context: 'ci / test', appId: 15_368 }] });
  const pull_number = await probe.openPull();
  const pull = github.pull(pull_number);
  await github.review('alice', pull, { state: 'COMMENTED', comments: [{ path: 'src/cart.js', line: 1, body: 'Hm.' }] });
  await github.setStatus('alice', pull.head.sha, { context: 'ci/legacy', state: 'failure' });
  const { rest } = octokit;
  const { data: compared } = await rest.repos.compareCommitsWithBasehead({ ...repo, basehead: 'main...feature' });
  expect(compared).toMatchObject({
    status: 'ahead',
    ahead_by: 1,
    files: [{ filename: 'src/cart.js', status: 'modified' }],
  });
  const { data: branches } = await rest.repos.listBranches(repo);
  expect(branches.map(({ name, protected: safe }) => [name, safe])).toEqual([
    ['feature', false],
    ['main', true],
  ]);
  expect((await rest.repos.getBranch({ ...repo, branch: 'main' })).data.protection).toMatchObject({ enabled: true });
  expect((await rest.repos.listCommits({ ...repo, sha: 'feature' })).data).toHaveLength(2);
  expect((await rest.git.listMatchingRefs({ ...repo, ref: 'heads/fea' })).data).toMatchObject([
    { ref: 'refs/heads/feature' },
  ]);
  expect((await rest.repos.getContent({ ...repo, path: 'src' })).data).toMatchObject([
    { name: 'cart.js', type: 'file' },
  ]);
  const { data: pulls } = await rest.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: pull.head.sha });
  expect(pulls).toMatchObject([{ number: pull_number }]);
  expect((await rest.pulls.listFiles({ ...repo, pull_number })).data[0]?.patch).toContain('+export const cart = [1];');
  expect((await rest.pulls.listCommits({ ...repo, pull_number })).data).toMatchObject([{ author: { login: 'alice' } }]);
  expect((await rest.repos.listCommitStatusesForRef({ ...repo, ref: 'feature' })).data).toMatchObject([
    { state: 'failure' },
  ]);
  const suite = github.repository.suites.find(({ app }) => app.slug === 'omk');
  const check_suite_id = suite?.id ?? 0;
  expect((await rest.checks.getSuite({ ...repo, check_suite_id })).data).toMatchObject({ status: 'queued' });
  expect((await rest.checks.listForSuite({ ...repo, check_suite_id })).data).toMatchObject({ total_count: 0 });
  const { data: reviews } = await rest.pulls.listReviews({ ...repo, pull_number });
  const review = { ...repo, pull_number, review_id: reviews[0]?.id ?? 0 };
  expect((await rest.pulls.getReview(review)).data).toMatchObject({ state: 'COMMENTED' });
  expect((await rest.pulls.listCommentsForReview(review)).data).toMatchObject([{ body: 'Hm.' }]);
  await rest.pulls.requestReviewers({ ...repo, pull_number, reviewers: ['mia'] });
  expect((await rest.pulls.listRequestedReviewers({ ...repo, pull_number })).data).toMatchObject({
    users: [{ login: 'mia' }],
  });
  expect((await rest.issues.listForRepo(repo)).data).toMatchObject([
    { number: pull_number, pull_request: { merged_at: null } },
  ]);
  expect((await rest.apps.listReposAccessibleToInstallation()).data).toMatchObject({ total_count: 1 });
  expect((await rest.rateLimit.get()).data.rate.limit).toBe(5000);
});

test('a pull request is edited, retargeted, updated from its base, closed and reopened', async () => {
  const { github, octokit } = probe;
  const pull_number = await probe.openPull();
  await github.push('alice', 'next', { 'next.txt': 'next\n' });
  const { data: edited } = await octokit.rest.pulls.update({ ...repo, pull_number, title: 'New', base: 'next' });
  expect(edited).toMatchObject({ title: 'New', base: { ref: 'next' } });
  const stale = octokit.rest.pulls.updateBranch({ ...repo, pull_number, expected_head_sha: 'f'.repeat(40) });
  expect((await refusal(stale)).status).toBe(422);
  const expected_head_sha = github.pull(pull_number).head.sha;
  expect((await octokit.rest.pulls.updateBranch({ ...repo, pull_number, expected_head_sha })).status).toBe(202);
  expect(await github.file('feature', 'next.txt')).toBe('next\n');
  await octokit.rest.pulls.update({ ...repo, pull_number, state: 'closed' });
  expect((await octokit.rest.pulls.update({ ...repo, pull_number, state: 'open' })).data.state).toBe('open');
  await github.deleteBranch('alice', 'feature');
  expect(github.pull(pull_number).state).toBe('closed');
});

test('a read is not sent again to who has it', async () => {
  const { headers } = await probe.octokit.rest.repos.get(repo);
  const again = probe.octokit.rest.repos.get({ ...repo, headers: { 'if-none-match': headers.etag } });
  await expect(again).rejects.toMatchObject({ status: 304 });
});

test('an archived repository is read-only, and a removed app sees nothing', async () => {
  const { github } = probe;
  const octokit = probe.withToken(await probe.mint({}));
  const { number } = github.openIssue('alice', { title: 'Cart is empty' });
  github.repository.archived = true;
  const comment = () => octokit.rest.issues.createComment({ ...repo, issue_number: number, body: 'x' });
  expect(await refusal(comment())).toMatchObject({ status: 403, message: 'Repository was archived so is read-only.' });
  github.repository.archived = false;
  await comment();
  github.uninstall();
  expect((await refusal(comment())).status).toBe(401);
  const asApp = await probe.probot.auth();
  expect((await refusal(asApp.rest.apps.getRepoInstallation(repo))).status).toBe(404);
});

test('an app without the permission for workflows cannot push one', async () => {
  const work = await mkdtemp(join(tmpdir(), 'fake-github-test-'));
  const url = probe.github.url.replace('http://', `http://x-access-token:${await probe.mint({})}@`) + '/acme/shop.git';
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=o', '-c', 'user.email=o@o.o', ...args], { cwd: work, reject: false });
  await git('clone', '--quiet', url, '.');
  await mkdir(join(work, '.github/workflows'), { recursive: true });
  await writeFile(join(work, '.github/workflows/ci.yml'), 'on: push\n');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'A workflow');
  const { stderr } = await git('push', url, 'HEAD:refs/heads/x');
  await rm(work, { recursive: true });
  expect(stderr).toContain('create or update workflow `.github/workflows/ci.yml` without `workflows` permission');
});
