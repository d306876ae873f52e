import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { Probot, ProbotOctokit } from 'probot';
import { createClock, type WorldClock } from './clock.ts';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';

type Octokit = InstanceType<typeof ProbotOctokit>;

const Calm = ProbotOctokit.defaults((options: ConstructorParameters<typeof ProbotOctokit>[0]) => ({
  ...options,
  retry: { enabled: false },
  throttle: { ...options?.throttle, enabled: false },
  log: silent(),
}));
const repo = { owner: 'acme', repo: 'shop' };

let clock: WorldClock;
let github: FakeGitHub;
let probot: Probot;
let octokit: Octokit;
let folder: string;

beforeEach(async () => {
  clock = createClock();
  github = await startFakeGitHub({ clock });
  await github.createRepository({
    owner: 'acme',
    name: 'shop',
    files: { 'README.md': '# Shop\n', 'src/cart.js': 'export const cart = [];\n' },
    people: { alice: 'write', rob: 'read', mia: 'maintain' },
    checks: [{ app: 'github-actions', name: 'ci / test', conclusion: () => 'success' }],
  });
  const { APP_ID, PRIVATE_KEY } = github.environment;
  probot = new Probot({
    appId: APP_ID,
    privateKey: PRIVATE_KEY,
    baseUrl: `${github.url}/api/v3`,
    Octokit: Calm,
    logLevel: 'fatal',
  });
  octokit = await probot.auth(github.state.installations[0]?.id ?? 0);
  folder = await mkdtemp(join(tmpdir(), 'fake-github-test-'));
});

afterEach(async () => {
  await github.close();
  await rm(folder, { recursive: true, force: true });
  expect(github.drift).toEqual([]);
});

function silent() {
  const quiet = (): void => {};
  return { debug: quiet, info: quiet, warn: quiet, error: quiet, trace: quiet, fatal: quiet };
}

/** The status and message of a refused call. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; message: string; errors: unknown }> {
  const error = (await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { status: number; response: { data: { message: string; errors?: unknown } } };
  return { status: error.status, message: error.response.data.message, errors: error.response.data.errors };
}

async function mint(body: { repository_ids?: number[]; permissions?: Record<string, string> }): Promise<string> {
  const asApp = await probot.auth();
  const installation_id = github.state.installations[0]?.id ?? 0;
  const { data } = await asApp.request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id,
    ...body,
  });
  return data.token;
}

function withToken(token: string): Octokit {
  return new Calm({ auth: { token }, baseUrl: `${github.url}/api/v3` });
}

async function openPull(): Promise<number> {
  await github.push('alice', 'feature', { 'src/cart.js': 'export const cart = [1];\n' });
  const { data } = await octokit.rest.pulls.create({
    ...repo,
    head: 'feature',
    base: 'main',
    title: 'Fill the cart',
    body: 'One item.',
  });
  return data.number;
}

test('the app signs in with its key and finds its installation', async () => {
  const asApp = await probot.auth();
  const { data: app } = await asApp.rest.apps.getAuthenticated();
  expect(app).toMatchObject({ slug: 'omk', permissions: { contents: 'write' } });
  const { data: installation } = await asApp.rest.apps.getRepoInstallation(repo);
  expect(installation.account).toMatchObject({ login: 'acme', type: 'Organization' });
  expect((await asApp.rest.apps.listInstallations()).data).toHaveLength(1);
});

test('a token can be narrowed to repositories and permissions', async () => {
  const other = await github.createRepository({ owner: 'acme', name: 'secret', private: true });
  const token = await mint({ repository_ids: [other.id], permissions: { issues: 'read' } });
  expect(token).toHaveLength(520);
  const narrow = withToken(token);
  await narrow.rest.repos.get({ owner: 'acme', repo: 'secret' });
  expect(await refusal(narrow.rest.repos.get(repo))).toMatchObject({ status: 404, message: 'Not Found' });
  const write = narrow.rest.issues.create({ owner: 'acme', repo: 'secret', title: 'x' });
  expect(await refusal(write)).toMatchObject({ status: 403, message: 'Resource not accessible by integration' });
  expect(await refusal(mint({ permissions: { administration: 'write' } }))).toMatchObject({ status: 422 });
});

test('a token dies after an hour of the world or when it is revoked', async () => {
  const first = withToken(await mint({}));
  await first.rest.repos.get(repo);
  await first.rest.apps.revokeInstallationAccessToken();
  expect(await refusal(first.rest.repos.get(repo))).toMatchObject({ status: 401, message: 'Bad credentials' });
  const second = withToken(await mint({}));
  clock.advance(61 * 60_000);
  expect(await refusal(second.rest.repos.get(repo))).toMatchObject({ status: 401 });
});

test('a permission of a person is told with the role and the account', async () => {
  const ask = async (username: string) =>
    (await octokit.rest.repos.getCollaboratorPermissionLevel({ ...repo, username })).data;
  expect(await ask('mia')).toMatchObject({
    permission: 'write',
    role_name: 'maintain',
    user: { login: 'mia', type: 'User' },
  });
  expect(await ask('rob')).toMatchObject({ permission: 'read', role_name: 'read' });
  expect(await refusal(ask('nobody'))).toMatchObject({ status: 404 });
});

test('comments are created, listed in pages, edited and reacted to', async () => {
  const issue = github.openIssue('alice', { title: 'Cart is empty', body: 'Fill it.' });
  const place = { ...repo, issue_number: issue.number };
  const { data: comment } = await octokit.rest.issues.createComment({ ...place, body: 'On it.' });
  expect(comment).toMatchObject({
    user: { login: 'omk[bot]', type: 'Bot' },
    performed_via_github_app: { slug: 'omk' },
  });
  for (let count = 0; count < 4; count++) github.comment('rob', issue, `Comment ${count}`);
  const all = await octokit.paginate(octokit.rest.issues.listComments, { ...place, per_page: 2 });
  expect(all.map(({ body }) => body)).toEqual(['On it.', 'Comment 0', 'Comment 1', 'Comment 2', 'Comment 3']);
  await octokit.rest.issues.updateComment({ ...repo, comment_id: comment.id, body: 'Done.' });
  const again = await octokit.rest.reactions.createForIssueComment({
    ...repo,
    comment_id: comment.id,
    content: 'eyes',
  });
  expect([again.status, issue.comments[0]?.body]).toEqual([201, 'Done.']);
  expect(
    (await octokit.rest.reactions.createForIssueComment({ ...repo, comment_id: comment.id, content: 'eyes' })).status,
  ).toBe(200);
  await octokit.rest.issues.deleteComment({ ...repo, comment_id: comment.id });
  expect(await refusal(octokit.rest.issues.getComment({ ...repo, comment_id: comment.id }))).toMatchObject({
    status: 404,
  });
});

test('labels are made once, put on and taken off', async () => {
  const { number } = github.openIssue('alice', { title: 'Cart is empty' });
  await octokit.rest.issues.createLabel({ ...repo, name: 'omk: ready', color: '00ff00' });
  expect(await refusal(octokit.rest.issues.createLabel({ ...repo, name: 'OMK: ready' }))).toMatchObject({
    status: 422,
    errors: [{ resource: 'Label', code: 'already_exists', field: 'name' }],
  });
  await octokit.rest.issues.addLabels({ ...repo, issue_number: number, labels: ['omk: ready'] });
  expect((await octokit.rest.issues.get({ ...repo, issue_number: number })).data.labels).toMatchObject([
    { name: 'omk: ready', color: '00ff00' },
  ]);
  await octokit.rest.issues.removeLabel({ ...repo, issue_number: number, name: 'omk: ready' });
  expect(
    await refusal(octokit.rest.issues.removeLabel({ ...repo, issue_number: number, name: 'omk: ready' })),
  ).toMatchObject({ status: 404 });
});

test('files, branches and refs are those of the real repository', async () => {
  const { data: file } = await octokit.rest.repos.getContent({ ...repo, path: 'src/cart.js' });
  expect(file).toMatchObject({ type: 'file', encoding: 'base64' });
  expect(Buffer.from((file as { content: string }).content, 'base64').toString()).toBe('export const cart = [];\n');
  expect(await refusal(octokit.rest.repos.getContent({ ...repo, path: 'nothing.js' }))).toMatchObject({ status: 404 });
  const { data: branch } = await octokit.rest.repos.getBranch({ ...repo, branch: 'main' });
  expect(branch).toMatchObject({ protected: false, commit: { sha: await github.tip('main') } });
  await octokit.rest.git.createRef({ ...repo, ref: 'refs/heads/omk/1/a', sha: branch.commit.sha });
  expect((await octokit.rest.git.getRef({ ...repo, ref: 'heads/omk/1/a' })).data.object.sha).toBe(branch.commit.sha);
  await octokit.rest.git.deleteRef({ ...repo, ref: 'heads/omk/1/a' });
  expect(await refusal(octokit.rest.git.getRef({ ...repo, ref: 'heads/omk/1/a' }))).toMatchObject({ status: 404 });
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

test('mergeability is null on the first read and known on the next, until something moves', async () => {
  const pull = { ...repo, pull_number: await openPull() };
  const read = async () => (await octokit.rest.pulls.get(pull)).data;
  expect(await read()).toMatchObject({
    mergeable: null,
    mergeable_state: 'unknown',
    commits: 1,
    changed_files: 1,
    additions: 1,
  });
  expect(await read()).toMatchObject({ mergeable: true, mergeable_state: 'clean' });
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

test('the app writes check runs into a suite of its own', async () => {
  const head_sha = github.pull(await openPull()).head.sha;
  const { data: run } = await octokit.rest.checks.create({
    ...repo,
    name: 'review wall',
    head_sha,
    status: 'in_progress',
  });
  const output = { title: 'Passed', summary: 'All six passes.' };
  await octokit.rest.checks.update({
    ...repo,
    check_run_id: run.id,
    status: 'completed',
    conclusion: 'success',
    output,
  });
  expect((await octokit.rest.checks.get({ ...repo, check_run_id: run.id })).data).toMatchObject({
    conclusion: 'success',
    output: { title: 'Passed' },
    app: { slug: 'omk' },
    pull_requests: [{ number: 1 }],
  });
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

type Hook = {
  event: string;
  guid: string;
  action: string;
  body: Record<string, never> & { sender?: { login: string } };
  signed: boolean;
};

async function receiveHooks(): Promise<{ hooks: Hook[]; close(): void; answerWith(status: number): void }> {
  const hooks: Hook[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    void buffer(request).then((raw) => {
      const body = JSON.parse(raw.toString()) as Hook['body'] & { action: string };
      const expected = `sha256=${createHmac('sha256', 'shh').update(raw).digest('hex')}`;
      const guid = String(request.headers['x-github-delivery']);
      const signed = request.headers['x-hub-signature-256'] === expected;
      hooks.push({ event: String(request.headers['x-github-event']), guid, action: body.action, body, signed });
      response.writeHead(status).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  github.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'shh');
  return { hooks, close: () => void server.close(), answerWith: (next) => (status = next) };
}

test('webhooks are signed and tell the story in order', async () => {
  const app = await receiveHooks();
  const issue = github.openIssue('alice', { title: 'Cart is empty' });
  github.label('alice', issue, 'omk');
  const comment = github.comment('alice', issue, '/omk run');
  github.editComment('alice', comment, '/omk status');
  const pull = github.pull(await openPull());
  await github.runChecks(pull);
  await github.review('alice', pull, { state: 'COMMENTED', comments: [{ path: 'src/cart.js', line: 1, body: 'Hm.' }] });
  await github.setStatus('alice', pull.head.sha, { context: 'ci/legacy', state: 'success' });
  await github.mergePull('mia', pull);
  github.closeIssue('alice', issue);
  await github.deliveries.settled();
  app.close();
  expect(app.hooks.every(({ signed }) => signed)).toBe(true);
  expect(app.hooks.map(({ event, action }) => (action === undefined ? event : `${event}.${action}`))).toEqual([
    'issues.opened',
    'issues.labeled',
    'issue_comment.created',
    'issue_comment.edited',
    'push',
    'check_suite.requested',
    'pull_request.opened',
    'check_run.created',
    'check_run.completed',
    'check_suite.completed',
    'pull_request_review.submitted',
    'pull_request_review_comment.created',
    'status',
    'push',
    'check_suite.requested',
    'pull_request.closed',
    'issues.closed',
  ]);
  expect(app.hooks[0]?.body).toMatchObject({
    sender: { login: 'alice' },
    repository: { full_name: 'acme/shop' },
    organization: { login: 'acme' },
    installation: { id: github.state.installations[0]?.id },
  });
});

test('webhooks can be lost, doubled, held and shuffled, and lost ones asked for again', async () => {
  const app = await receiveHooks();
  const issue = github.openIssue('alice', { title: 'Cart is empty' });
  github.deliveries.copies = ({ event }) => (event === 'issue_comment' ? 0 : 2);
  github.comment('alice', issue, 'lost');
  github.deliveries.hold();
  github.label('alice', issue, 'one');
  github.label('alice', issue, 'two');
  await github.deliveries.settled();
  expect(app.hooks.map(({ action }) => action)).toEqual(['opened']);
  github.deliveries.release((held) => held.toReversed());
  await github.deliveries.settled();
  const labels = app.hooks.slice(1).map(({ body }) => (body as unknown as { label: { name: string } }).label.name);
  expect(labels).toEqual(['two', 'two', 'one', 'one']);

  const asApp = await probot.auth();
  const { data: deliveries } = await asApp.rest.apps.listWebhookDeliveries({ per_page: 100 });
  const lost = deliveries.find(({ event }) => event === 'issue_comment');
  expect(lost).toMatchObject({ action: 'created', status_code: 504, redelivery: false });
  await asApp.rest.apps.redeliverWebhookDelivery({ delivery_id: lost?.id ?? 0 });
  await github.deliveries.settled();
  app.close();
  expect(app.hooks.at(-1)).toMatchObject({ event: 'issue_comment', guid: lost?.guid });
  const { data: again } = await asApp.rest.apps.getWebhookDelivery({
    delivery_id: github.deliveries.list.at(-1)?.id ?? 0,
  });
  expect(again).toMatchObject({ redelivery: true, status_code: 202, status: 'OK', response: { payload: 'thanks' } });
});

test('faults hit any route as often as told', async () => {
  const get = () => octokit.rest.repos.get(repo);
  await get();
  github.faults.next(
    { method: 'GET', path: /\/repos\/acme\/shop$/, times: 2 },
    { status: 503, body: '<html>', headers: { 'content-type': 'text/html' } },
  );
  await expect(get()).rejects.toMatchObject({ status: 503 });
  await expect(get()).rejects.toMatchObject({ status: 503 });
  await get();
  github.faults.next({ method: 'POST', path: /\/issues$/ }, 'reset');
  await expect(octokit.rest.issues.create({ ...repo, title: 'never made' })).rejects.toThrow();
  github.faults.next({ method: 'POST', path: /\/issues$/ }, 'apply-then-reset');
  await expect(octokit.rest.issues.create({ ...repo, title: 'made, and not told' })).rejects.toThrow();
  expect(github.repository.issues.map(({ title }) => title)).toEqual(['made, and not told']);
  github.faults.next({ path: /\/issues$/ }, 'hang');
  const signal = AbortSignal.timeout(50);
  await expect(octokit.rest.issues.listForRepo({ ...repo, request: { signal } })).rejects.toThrow();
});

test('what GitHub does not document is refused and remembered', async () => {
  expect(
    await refusal(octokit.request('POST /repos/{owner}/{repo}/issues', { ...repo, title: 'x', colour: 'red' })),
  ).toMatchObject({ status: 422 });
  expect(
    await refusal(octokit.request('GET /repos/{owner}/{repo}/pulls', { ...repo, state: 'merged' as 'all' })),
  ).toMatchObject({ status: 422 });
  expect(await refusal(octokit.request('GET /repos/{owner}/{repo}/actions/runs', repo))).toMatchObject({ status: 501 });
  expect(github.refused).toEqual([
    'POST /api/v3/repos/acme/shop/issues: body/colour is not documented',
    'GET /api/v3/repos/acme/shop/pulls: query state may not be "merged"',
    'GET /repos/acme/shop/actions/runs: no such route in the fake',
  ]);
});

test('every request is logged with its route', async () => {
  await octokit.rest.repos.get(repo);
  await octokit.rest.repos.get(repo);
  expect(github.countRequests()).toEqual({
    'POST /app/installations/{installation_id}/access_tokens': 1,
    'GET /repos/{owner}/{repo}': 2,
  });
  expect(github.requests.at(-1)).toMatchObject({
    path: '/api/v3/repos/acme/shop',
    status: 200,
    caller: 'installation',
  });
});
