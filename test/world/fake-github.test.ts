import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProbe, type Probe, refusal, shop as repo } from './github/probe.ts';

let clock: Probe['clock'];
let github: Probe['github'];
let mint: Probe['mint'];
let octokit: Probe['octokit'];
let probot: Probe['probot'];
let withToken: Probe['withToken'];

beforeEach(async () => {
  ({ clock, github, mint, octokit, probot, withToken } = await openProbe());
});

afterEach(async () => {
  await github.close();
  expect(github.drift).toEqual([]);
});

test('the app signs in with its key and finds its installation', async () => {
  const asApp = await probot.auth();
  const { data: app } = await asApp.rest.apps.getAuthenticated();
  expect(app).toMatchObject({ slug: 'omk', permissions: { contents: 'write' } });
  const { data: installation } = await asApp.rest.apps.getRepoInstallation(repo);
  expect(installation.account).toMatchObject({ login: 'acme', type: 'Organization' });
  expect((await asApp.rest.apps.listInstallations()).data).toHaveLength(1);
});

test('an account is shown to every token, and its id is not that of the App', async () => {
  const { data: app } = await (await probot.auth()).rest.apps.getAuthenticated();
  const asInstallation = withToken(await mint({ permissions: { metadata: 'read' } }));
  const { data: bot } = await asInstallation.rest.users.getByUsername({ username: 'omk[bot]' });
  expect(bot).toMatchObject({ login: 'omk[bot]', type: 'Bot' });
  expect(bot.id).not.toBe(app?.id);
  expect(await refusal(asInstallation.rest.users.getByUsername({ username: 'nobody' }))).toMatchObject({ status: 404 });
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
