import { describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { TransientError } from '../../src/errors.ts';
import {
  addLabels,
  addReaction,
  ensureLabel,
  findOwnComment,
  getIssue,
  putComment,
  removeLabel,
} from '../../src/github/issues.ts';
import { answersOnly, api, connect, OMK, PLACE } from './sample.ts';

answersOnly();

const MARKER = '<!-- omk:status:0123abcd -->';
const LIST = `${PLACE}/issues/1/comments?per_page=100`;
const CREATE = `${PLACE}/issues/1/comments`;

function comment(id: number, change: Record<string, unknown> = {}) {
  return {
    id,
    html_url: `https://github.com/acme/shop/issues/1#issuecomment-${id}`,
    body: `${MARKER}\nhello`,
    user: { login: 'omk[bot]', type: 'Bot' },
    performed_via_github_app: { id: OMK },
    ...change,
  };
}

const put = async (body = `${MARKER}\nhello`, knownId?: number) =>
  putComment(await connect(), { issue: 1, marker: MARKER, body, knownId });

describe('findOwnComment', () => {
  test("another app's comment with our marker is not ours", async () => {
    api()
      .get(LIST)
      .reply(200, [comment(1, { performed_via_github_app: { id: 5 } })]);
    expect(await findOwnComment(await connect(), 1, MARKER)).toBeUndefined();
  });

  test("a person's comment with our marker is not ours", async () => {
    api()
      .get(LIST)
      .reply(200, [comment(1, { performed_via_github_app: null, user: { login: 'omk', type: 'User' } })]);
    expect(await findOwnComment(await connect(), 1, MARKER)).toBeUndefined();
  });

  test('where GitHub does not say which app wrote, our bot user decides', async () => {
    const nameless = { performed_via_github_app: null };
    api()
      .get(LIST)
      .reply(200, [comment(1, { ...nameless, user: { login: 'evil[bot]', type: 'Bot' } }), comment(2, nameless)]);
    api().get('/app').reply(200, { slug: 'omk' });
    expect(await findOwnComment(await connect(), 1, MARKER)).toMatchObject({ id: 2 });
  });

  test('a comment on the second page is found', async () => {
    const next = `<https://api.github.com${LIST}&page=2>; rel="next"`;
    const others = Array.from({ length: 100 }, (_, n) => comment(n + 1, { body: 'something else' }));
    api().get(LIST).reply(200, others, { link: next });
    api()
      .get(`${LIST}&page=2`)
      .reply(200, [comment(200)]);
    expect(await findOwnComment(await connect(), 1, MARKER)).toMatchObject({ id: 200 });
  });
});

describe('putComment', () => {
  test('makes the comment if there is none', async () => {
    api().get(LIST).reply(200, []);
    api()
      .post(CREATE, { body: `${MARKER}\nhello` })
      .reply(201, comment(7));
    expect(await put()).toMatchObject({ id: 7, url: expect.stringContaining('issuecomment-7') });
  });

  test('adds the marker to a text that lacks it', async () => {
    api().get(LIST).reply(200, []);
    api()
      .post(CREATE, { body: `${MARKER}\nplain` })
      .reply(201, comment(7));
    await put('plain');
  });

  test('says no more than GitHub takes', async () => {
    api().get(LIST).reply(200, []);
    api()
      .post(CREATE, ({ body }: { body: string }) => body.startsWith(MARKER) && body.length <= 65_536)
      .reply(201, comment(7));
    await put(`${MARKER}\n${`${'x'.repeat(99)}\n`.repeat(2_000)}`);
  });

  test('leaves a comment that says it already, whatever its line ends', async () => {
    api()
      .get(LIST)
      .reply(200, [comment(7, { body: `${MARKER}\r\nhello\n` })]);
    expect(await put()).toMatchObject({ id: 7 });
  });

  test('edits a comment that says something else', async () => {
    api()
      .get(LIST)
      .reply(200, [comment(7, { body: `${MARKER}\nold` })]);
    api()
      .patch(`${PLACE}/issues/comments/7`, { body: `${MARKER}\nhello` })
      .reply(200, comment(7));
    expect(await put()).toMatchObject({ id: 7 });
  });

  test('edits a known comment without looking for it', async () => {
    api().patch(`${PLACE}/issues/comments/7`).reply(200, comment(7));
    expect(await put(undefined, 7)).toMatchObject({ id: 7 });
  });

  test('makes a known comment anew that somebody deleted', async () => {
    api().patch(`${PLACE}/issues/comments/7`).reply(404, {});
    api().get(LIST).reply(200, []);
    api().post(CREATE).reply(201, comment(8));
    expect(await put(undefined, 7)).toMatchObject({ id: 8 });
  });

  test.each([
    ['the reply is lost', (scope: nock.Interceptor) => scope.replyWithError('socket hang up')],
    ['a gateway answers', (scope: nock.Interceptor) => scope.reply(502, 'bad gateway')],
    [
      'the reply is cut off',
      (scope: nock.Interceptor) => scope.reply(201, '{"id": 9, "html', { 'content-type': 'application/json' }),
    ],
  ])('finds what it made when %s', async (_name, fail) => {
    api().get(LIST).reply(200, []);
    fail(api().post(CREATE));
    api()
      .get(LIST)
      .reply(200, [comment(9)]);
    expect(await put()).toMatchObject({ id: 9 });
  });

  test('is transient when the reply is lost and nothing was made', async () => {
    api().get(LIST).reply(200, []);
    api().post(CREATE).replyWithError('socket hang up');
    api().get(LIST).reply(200, []);
    await expect(put()).rejects.toThrow(TransientError);
  });

  test('asks nothing more after a rate limit', async () => {
    api().get(LIST).reply(200, []);
    api().post(CREATE).reply(403, { message: 'secondary rate limit' }, { 'retry-after': '5' });
    await expect(put()).rejects.toMatchObject({ retryAfterMs: 5_000 });
  });
});

describe('reactions and labels', () => {
  test('reacts to a comment', async () => {
    api().post(`${PLACE}/issues/comments/3/reactions`, { content: 'eyes' }).reply(200, {});
    await addReaction(await connect(), { commentId: 3, content: 'eyes' });
  });

  test('reacts to an issue', async () => {
    api().post(`${PLACE}/issues/1/reactions`, { content: '+1' }).reply(201, {});
    await addReaction(await connect(), { issue: 1, content: '+1' });
  });

  test('adds labels', async () => {
    api()
      .post(`${PLACE}/issues/1/labels`, { labels: ['omk'] })
      .reply(200, []);
    await addLabels(await connect(), 1, ['omk']);
  });

  test('taking away a label that is not there is harmless', async () => {
    api().delete(`${PLACE}/issues/1/labels/omk%3Arunning`).reply(404, {});
    await removeLabel(await connect(), 1, 'omk:running');
  });

  test('making a label that exists is harmless', async () => {
    api()
      .post(`${PLACE}/labels`)
      .reply(422, { message: 'Validation Failed', errors: [{ code: 'already_exists' }] });
    await ensureLabel(await connect(), { name: 'omk', color: 'ededed', description: '' });
  });

  test('a label that may not be made is told', async () => {
    api().post(`${PLACE}/labels`).reply(403, { message: 'Resource not accessible by integration' });
    await expect(ensureLabel(await connect(), { name: 'omk', color: 'ededed', description: '' })).rejects.toMatchObject(
      { status: 403 },
    );
  });
});

describe('getIssue', () => {
  const issue = {
    number: 1,
    title: 'T',
    body: null,
    state: 'open',
    labels: [{ name: 'bug' }, 'old'],
    user: { id: 4, login: 'ann' },
  };

  test('reads an issue without a body', async () => {
    api().get(`${PLACE}/issues/1`).reply(200, issue);
    expect(await getIssue(await connect(), 1)).toEqual({
      number: 1,
      title: 'T',
      body: '',
      state: 'open',
      locked: false,
      isPull: false,
      labels: ['bug', 'old'],
      author: { id: 4, login: 'ann' },
    });
  });

  test('tells a pull request, and an author who is gone', async () => {
    api()
      .get(`${PLACE}/issues/1`)
      .reply(200, { ...issue, pull_request: {}, user: null });
    expect(await getIssue(await connect(), 1)).toMatchObject({ isPull: true, author: undefined });
  });

  test('a deleted issue keeps its status for the caller', async () => {
    api().get(`${PLACE}/issues/1`).reply(410, {});
    await expect(getIssue(await connect(), 1)).rejects.toMatchObject({ status: 410 });
  });
});
