import { expect, test } from '@jest/globals';
import { mergeAsync, readAsyncMerge } from '../../src/github/merge-async.ts';
import { answersOnly, api, connect, PLACE } from './sample.ts';

answersOnly();

const HEAD = 'a'.repeat(40);
const ORDER = { number: 5, sha: HEAD, method: 'squash', title: 'A title', message: 'A message' } as const;
const UUID = '630b9d5e-3f2a-4f7e-8b0c-2d5f9a8c1e42';
const pending = (sha = HEAD) => ({
  status: 'pending',
  details: { message: 'x', uuid: UUID, merge_method: 'squash', merge_action: 'direct_merge', expected_head_sha: sha },
});
const merged = { status: 'merged', details: { message: 'Pull request was merged.', sha: 'f'.repeat(40) } };
const failed = { status: 'failed', details: { message: 'Merge conflict: the pull request could not be merged.' } };

test('the order names the only head that may be merged', async () => {
  const body = {
    sha: HEAD,
    merge_method: 'squash',
    merge_action: 'direct_merge',
    commit_title: 'A title',
    commit_message: 'A message',
  };
  api().put(`${PLACE}/pulls/5/merge-async`, body).reply(202, pending());
  expect(await mergeAsync(await connect(), ORDER)).toEqual({ kind: 'pending', uuid: UUID });
});

test.each([
  ['merged already', 200, merged, { kind: 'merged' }],
  ['an order for this head is there', 409, pending(), { kind: 'pending', uuid: UUID }],
  ['an order for another head is there', 409, pending('b'.repeat(40)), { kind: 'refused' }],
  ['it is not ready', 400, { status: 'failed', details: { message: 'Pull request is closed.' } }, { kind: 'refused' }],
  ['it is not for us', 403, { message: 'Resource not accessible by integration' }, { kind: 'refused' }],
  ['GitHub had trouble', 502, {}, { kind: 'lost' }],
] as const)('%s', async (_name, code, body, expected) => {
  api().put(`${PLACE}/pulls/5/merge-async`).reply(code, body);
  expect(await mergeAsync(await connect(), ORDER)).toMatchObject(expected);
});

test.each([
  ['still at it', 200, pending(), { kind: 'pending', uuid: UUID }],
  ['done', 200, merged, { kind: 'merged' }],
  ['in the queue', 200, { status: 'enqueued', details: { message: 'x' } }, { kind: 'merged' }],
  ['failed', 200, failed, { kind: 'refused', message: failed.details.message }],
  ['forgotten', 404, { message: 'Not Found' }, { kind: 'lost' }],
] as const)('what came of it: %s', async (_name, code, body, expected) => {
  api().get(`${PLACE}/pulls/5/merge-async/${UUID}`).reply(code, body);
  expect(await readAsyncMerge(await connect(), 5, UUID)).toEqual(expected);
});
