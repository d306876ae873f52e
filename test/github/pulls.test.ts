import { describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { TransientError, UserError } from '../../src/errors.ts';
import {
  closePull,
  findPull,
  getPull,
  listOpenPullsWithBase,
  markReady,
  mergePull,
  openPull,
  retargetPull,
  updatePull,
} from '../../src/github/pulls.ts';
import { armAutoMerge, disarmAutoMerge, enqueuePull, updateBranch } from '../../src/github/queue.ts';
import { answersOnly, api, connect, PLACE, restPull } from './sample.ts';

answersOnly();

const BRANCH = 'omk/1/api-12345678';
const HEAD = 'a'.repeat(40);
const LIST = `${PLACE}/pulls?head=acme%3Aomk%2F1%2Fapi-12345678&state=all&per_page=100`;
const NEW = { base: 'main', head: BRANCH, title: 'A title', body: 'A body', draft: false };
const invalid = (message: string, error: object = { resource: 'PullRequest', code: 'custom', message }) => ({
  message: 'Validation Failed',
  errors: [error],
});

describe('findPull', () => {
  test('prefers the open one', async () => {
    api()
      .get(LIST)
      .reply(200, [restPull({ number: 9, state: 'closed' }), restPull({ number: 5 })]);
    expect(await findPull(await connect(), BRANCH)).toMatchObject({ number: 5, state: 'open', mergedSha: undefined });
  });

  test('else takes the one made last, and tells merged from closed', async () => {
    const merged = restPull({ number: 9, state: 'closed', merged_at: '2026-11-22T12:00:00Z' });
    api()
      .get(LIST)
      .reply(200, [restPull({ number: 5, state: 'closed' }), merged]);
    expect(await findPull(await connect(), BRANCH)).toMatchObject({
      number: 9,
      state: 'merged',
      mergedSha: 'f'.repeat(40),
    });
  });

  test('a branch of the same name in a fork, or another branch, is not it', async () => {
    const fork = restPull({ head: { sha: HEAD, ref: BRANCH, repo: { id: 99 } } });
    const gone = restPull({ head: { sha: HEAD, ref: BRANCH, repo: null } });
    const other = restPull({ head: { sha: HEAD, ref: 'main', repo: { id: 22 } } });
    api().get(LIST).reply(200, [fork, gone, other]);
    expect(await findPull(await connect(), BRANCH)).toBeUndefined();
  });
});

describe('openPull', () => {
  test('opens what is not there', async () => {
    api().get(LIST).reply(200, []);
    api().post(`${PLACE}/pulls`, NEW).reply(201, restPull());
    expect(await openPull(await connect(), NEW)).toMatchObject({ number: 5, nodeId: 'PR_5', head: HEAD, base: 'main' });
  });

  test('calling twice is harmless', async () => {
    api().get(LIST).reply(200, [restPull()]);
    expect(await openPull(await connect(), NEW)).toMatchObject({ number: 5 });
  });

  test('one that a person closed is returned as it is, not reopened', async () => {
    api()
      .get(LIST)
      .reply(200, [restPull({ state: 'closed' })]);
    expect(await openPull(await connect(), NEW)).toMatchObject({ number: 5, state: 'closed' });
  });

  test('422 "already exists" adopts it', async () => {
    api().get(LIST).reply(200, []);
    api()
      .post(`${PLACE}/pulls`)
      .reply(422, invalid(`A pull request already exists for acme:${BRANCH}.`));
    api().get(LIST).reply(200, [restPull()]);
    expect(await openPull(await connect(), NEW)).toMatchObject({ number: 5 });
  });

  test.each([
    ['a lost reply', (post: nock.Interceptor) => post.replyWithError('socket hang up')],
    ['a gateway', (post: nock.Interceptor) => post.reply(504, '')],
    ['a reply of another shape', (post: nock.Interceptor) => post.reply(201, {})],
  ])('after %s it is looked up, not sent again', async (_name, fail) => {
    api().get(LIST).reply(200, []);
    fail(api().post(`${PLACE}/pulls`));
    api().get(LIST).reply(200, [restPull()]);
    expect(await openPull(await connect(), NEW)).toMatchObject({ number: 5 });
  });

  test('after a lost reply without effect it is transient', async () => {
    api().get(LIST).reply(200, []);
    api().post(`${PLACE}/pulls`).replyWithError('socket hang up');
    api().get(LIST).reply(200, []);
    await expect(openPull(await connect(), NEW)).rejects.toThrow(TransientError);
  });

  test.each([
    ['No commits between main and omk', invalid(`No commits between main and ${BRANCH}`), /holds nothing/],
    [
      'a base that is gone',
      invalid('', { resource: 'PullRequest', field: 'base', code: 'invalid' }),
      /base branch `main`/,
    ],
    ['a head that is gone', invalid('', { resource: 'PullRequest', field: 'head', code: 'invalid' }), /branch `omk/],
    ['no drafts', { message: 'Draft pull requests are not supported in this repository.' }, /auto-pr/],
    ['a body too long', invalid('body is too long (maximum is 65536 characters)'), /too long/],
    ['something new', { message: 'The moon is full' }, /moon/],
  ])('422 for %s is said in plain words', async (_name, body, hint) => {
    api().get(LIST).reply(200, []);
    api().post(`${PLACE}/pulls`).reply(422, body);
    const error: unknown = await openPull(await connect(), NEW).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).hint).toMatch(hint);
  });

  test('a refusal of another kind stays for the caller', async () => {
    api().get(LIST).reply(200, []);
    api().post(`${PLACE}/pulls`).reply(403, { message: 'Resource not accessible by integration' });
    await expect(openPull(await connect(), NEW)).rejects.toMatchObject({ status: 403 });
  });
});

describe('changing a pull request', () => {
  test('title and body', async () => {
    api()
      .patch(`${PLACE}/pulls/5`, { title: 'T', body: 'B' })
      .reply(200, restPull({ title: 'T', body: 'B' }));
    expect(await updatePull(await connect(), { number: 5, title: 'T', body: 'B' })).toMatchObject({ title: 'T' });
  });

  test('closing', async () => {
    api()
      .patch(`${PLACE}/pulls/5`, { state: 'closed' })
      .reply(200, restPull({ state: 'closed' }));
    expect(await closePull(await connect(), 5)).toMatchObject({ state: 'closed' });
  });

  test('another base', async () => {
    api()
      .patch(`${PLACE}/pulls/5`, { base: 'next' })
      .reply(200, restPull({ base: { ref: 'next' } }));
    expect(await retargetPull(await connect(), 5, 'next')).toMatchObject({ base: 'next' });
  });

  test.each([['ready', markReady, /markPullRequestReadyForReview/]])('%s, by node id', async (_name, act, mutation) => {
    api()
      .post(
        '/graphql',
        (body: { query: string; variables: object }) => mutation.test(body.query) && 'id' in body.variables,
      )
      .reply(200, { data: {} });
    await act(await connect(), { nodeId: 'PR_5' });
  });

  test('reading one', async () => {
    api().get(`${PLACE}/pulls/5`).reply(200, restPull());
    expect(await getPull(await connect(), 5)).toMatchObject({ number: 5, headBranch: BRANCH });
  });

  test('every open one with this base, over all pages', async () => {
    const list = `${PLACE}/pulls?base=main&state=open&per_page=100`;
    api()
      .get(list)
      .reply(200, [restPull({ number: 1 })], { link: `<https://api.github.com${list}&page=2>; rel="next"` });
    api()
      .get(`${list}&page=2`)
      .reply(200, [restPull({ number: 2 }), restPull({ number: 3, base: { ref: 'other' } })]);
    const pulls = await listOpenPullsWithBase(await connect(), 'main');
    expect(pulls.map((pull) => pull.number)).toEqual([1, 2]);
  });
});

const ORDER = { number: 5, sha: HEAD, method: 'squash' as const, title: 'T', message: 'M' };

describe('mergePull', () => {
  test('pins the head and gives title and message', async () => {
    api()
      .put(`${PLACE}/pulls/5/merge`, { sha: HEAD, merge_method: 'squash', commit_title: 'T', commit_message: 'M' })
      .reply(200, { sha: 'c1', merged: true, message: 'Pull Request successfully merged' });
    expect(await mergePull(await connect(), ORDER)).toEqual({ kind: 'merged', sha: 'c1' });
  });

  test('a rebase keeps its own messages', async () => {
    api().put(`${PLACE}/pulls/5/merge`, { sha: HEAD, merge_method: 'rebase' }).reply(200, { sha: 'c1', merged: true });
    await mergePull(await connect(), { ...ORDER, method: 'rebase' });
  });

  test.each([
    [409, 'Head branch was modified. Review and try the merge again.', 'head-moved'],
    [409, "Head sha didn't match", 'head-moved'],
    [409, 'Conflict', 'head-moved'],
    [409, 'You are not authorized to push to this branch.', 'unknown'],
    [405, 'You are not authorized to push to this branch.', 'config'],
    [405, 'Base branch was modified. Review and try the merge again.', 'base-modified'],
    [405, 'Required status check "test" is expected.', 'checks-expected'],
    [405, '2 of 3 required status checks have not succeeded: 1 expected.', 'checks-expected'],
    [405, 'Repository rule violations found\n\nRequired status check "ci" is expected.\n\n', 'checks-expected'],
    [405, 'At least 1 approving review is required by reviewers with write access.', 'review'],
    [405, 'Waiting on code owner review from acme/team.', 'review'],
    [405, 'All conversations must be resolved before merging.', 'review'],
    [
      405,
      "You're not authorized to push to this branch. Visit https://docs.github.com for more information.",
      'config',
    ],
    [405, 'Merge commits are not allowed on this repository.', 'config'],
    [405, 'Squash merges are not allowed on this repository.', 'config'],
    [405, 'Changes must be made through the merge queue', 'config'],
    [405, 'Commits must have verified signatures.', 'config'],
    [405, 'Repository rule violations found', 'config'],
    [403, 'Resource not accessible by integration', 'config'],
    [405, 'Pull Request is not mergeable', 'unknown'],
    [422, 'Validation Failed', 'unknown'],
    [404, 'Not Found', 'unknown'],
  ])('%i "%s" is %s', async (status, message, reason) => {
    api().put(`${PLACE}/pulls/5/merge`).reply(status, { message });
    expect(await mergePull(await connect(), ORDER)).toEqual({ kind: 'refused', status, reason, message });
  });

  test.each([
    ['500', (put: nock.Interceptor) => put.reply(500, { message: 'Server Error' })],
    ['502', (put: nock.Interceptor) => put.reply(502, '<html>')],
    ['a lost reply', (put: nock.Interceptor) => put.replyWithError('socket hang up')],
    [
      'a reply that was cut off',
      (put: nock.Interceptor) => put.reply(200, '{"sha":', { 'content-type': 'application/json' }),
    ],
    ['200 that does not say merged', (put: nock.Interceptor) => put.reply(200, { sha: 'c1', merged: false })],
  ])('after %s the outcome is unknown, and nothing is sent again', async (_name, fail) => {
    fail(api().put(`${PLACE}/pulls/5/merge`));
    expect(await mergePull(await connect(), ORDER)).toEqual({ kind: 'unknown' });
  });

  test('a secondary limit is waited out, not counted as a merge that may have been', async () => {
    api().put(`${PLACE}/pulls/5/merge`).reply(403, { message: 'secondary rate limit' }, { 'retry-after': '12' });
    await expect(mergePull(await connect(), ORDER)).rejects.toMatchObject({ retryAfterMs: 12_000 });
  });
});

describe('queue, auto-merge and update', () => {
  const pull = { id: 'PR_5', head: HEAD };
  const refused = (message: string) => ({ data: null, errors: [{ type: 'UNPROCESSABLE', message }] });

  test.each([
    ['the queue', enqueuePull, /enqueuePullRequest/],
    ['auto-merge', armAutoMerge, /enablePullRequestAutoMerge/],
  ])('%s gets the pinned head and no method', async (_name, act, mutation) => {
    api()
      .post('/graphql', ({ query, variables }: { query: string; variables: { head: string } }) => {
        return mutation.test(query) && variables.head === HEAD && !/mergeMethod/.test(query);
      })
      .reply(200, { data: {} });
    expect(await act(await connect(), pull)).toEqual({ kind: 'accepted' });
  });

  test('being in the queue already is as good', async () => {
    api().post('/graphql').reply(200, refused('Pull request is already in the queue'));
    expect(await enqueuePull(await connect(), pull)).toEqual({ kind: 'accepted' });
  });

  test('auto-merge of a clean pull request is told: merge it directly', async () => {
    api().post('/graphql').reply(200, refused('Pull request Pull request is in clean status'));
    expect(await armAutoMerge(await connect(), pull)).toMatchObject({ kind: 'refused', reason: 'clean' });
  });

  test('another refusal keeps its words', async () => {
    api().post('/graphql').reply(200, refused('Head sha did not match'));
    expect(await enqueuePull(await connect(), pull)).toMatchObject({
      kind: 'refused',
      message: 'Head sha did not match',
    });
  });

  test('a lost answer of the queue is transient', async () => {
    api().post('/graphql').replyWithError('socket hang up');
    await expect(enqueuePull(await connect(), pull)).rejects.toThrow(TransientError);
  });

  test('disarming what is not armed is harmless', async () => {
    api().post('/graphql').reply(200, refused('Auto merge is not enabled for this pull request'));
    await disarmAutoMerge(await connect(), 'PR_5');
  });

  test('a branch is updated at exactly this head', async () => {
    api().put(`${PLACE}/pulls/5/update-branch`, { expected_head_sha: HEAD }).reply(202, {});
    expect(await updateBranch(await connect(), 5, HEAD)).toBe('accepted');
  });

  test('a branch whose head moved is not updated', async () => {
    api()
      .put(`${PLACE}/pulls/5/update-branch`)
      .reply(422, { message: 'expected head sha didn’t match current head ref.' });
    expect(await updateBranch(await connect(), 5, HEAD)).toBe('moved');
  });
});
