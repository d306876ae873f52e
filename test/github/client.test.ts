import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { Probot } from 'probot';
import { z } from 'zod';
import { TransientError, UserError } from '../../src/errors.ts';
import {
  callGitHub,
  connectGitHub,
  mayHaveApplied,
  mintToken,
  octokitForQueue,
  parseReply,
  statusOf,
} from '../../src/github/client.ts';
import { answersOnly, api, connect, OMK, PLACE, REPOSITORY } from './sample.ts';

answersOnly();

const DATE = 'Sun, 22 Nov 2026 12:00:00 GMT';
const RESET = String(Date.parse(DATE) / 1_000 + 90);

type Fault = [
  name: string,
  status: number,
  body: string | object,
  headers: Record<string, string>,
  wanted: number | 'refusal',
];

const FAULTS: Fault[] = [
  ['500', 500, { message: 'Server Error' }, {}, 10_000],
  ['502 with a page instead of JSON', 502, '<html>Bad gateway</html>', { 'content-type': 'text/html' }, 10_000],
  ['503 with retry-after', 503, '', { 'retry-after': '7' }, 7_000],
  ['504 with an empty body', 504, '', {}, 10_000],
  ['408', 408, {}, {}, 10_000],
  ['401: the token expired', 401, { message: 'Bad credentials' }, {}, 1_000],
  [
    '403 primary limit',
    403,
    { message: 'API rate limit exceeded' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET, date: DATE },
    90_000,
  ],
  ['429 primary limit', 429, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET, date: DATE }, 90_000],
  [
    '403 primary limit whose reset is past',
    403,
    {},
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1', date: DATE },
    1_000,
  ],
  [
    '403 secondary limit with retry-after',
    403,
    { message: 'You have exceeded a secondary rate limit' },
    { 'retry-after': '33' },
    33_000,
  ],
  ['403 secondary limit without retry-after', 403, { message: 'You have exceeded a secondary rate limit' }, {}, 60_000],
  ['429 without anything', 429, {}, {}, 60_000],
  ['403 permission', 403, { message: 'Resource not accessible by integration' }, {}, 'refusal'],
  [
    '403 permission with quota left',
    403,
    { message: 'Forbidden' },
    { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': RESET },
    'refusal',
  ],
  ['404', 404, { message: 'Not Found' }, {}, 'refusal'],
  ['405', 405, { message: 'Pull Request is not mergeable' }, {}, 'refusal'],
  ['409', 409, { message: 'Head branch was modified' }, {}, 'refusal'],
  ['410', 410, { message: 'Issues are disabled' }, {}, 'refusal'],
  ['422', 422, { message: 'Validation Failed' }, {}, 'refusal'],
  ['451', 451, { message: 'Repository access blocked' }, {}, 'refusal'],
];

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('callGitHub', () => {
  test.each(FAULTS)('%s, sent once', async (_name, status, body, headers, wanted) => {
    const github = await connect();
    const scope = api().post(`${PLACE}/labels`).reply(status, body, headers);
    const error = await failure(
      callGitHub('make a label', () =>
        github.octokit.rest.issues.createLabel({ owner: 'acme', repo: 'shop', name: 'x' }),
      ),
    );
    expect(scope.isDone()).toBe(true);
    if (wanted === 'refusal') {
      expect(statusOf(error)).toBe(status);
      expect(error).not.toBeInstanceOf(TransientError);
    } else {
      expect(error).toBeInstanceOf(TransientError);
      expect((error as TransientError).retryAfterMs).toBe(wanted);
      expect(mayHaveApplied(error)).toBe(status >= 500 || status === 408);
    }
  });

  test.each(['ECONNRESET', 'ENOTFOUND', 'ECONNREFUSED'])(
    'a network that says %s is transient and may have applied',
    async (code) => {
      const github = await connect();
      api()
        .post(`${PLACE}/labels`)
        .replyWithError(Object.assign(new Error(`socket: ${code}`), { code }));
      const error = await failure(
        callGitHub('make a label', () =>
          github.octokit.rest.issues.createLabel({ owner: 'acme', repo: 'shop', name: 'x' }),
        ),
      );
      expect(error).toBeInstanceOf(TransientError);
      expect((error as Error).message).toBe('GitHub could not make a label: no answer');
      expect(mayHaveApplied(error)).toBe(true);
    },
  );

  test.each(['TimeoutError', 'AbortError'])(
    'an octokit that gives up by %s is transient and may have applied',
    async (name) => {
      const given = Object.assign(new DOMException('too long', name), { status: 500 });
      const error = await failure(callGitHub('merge', () => Promise.reject(given)));
      expect(error).toBeInstanceOf(TransientError);
      expect(mayHaveApplied(error)).toBe(true);
    },
  );

  test('a bug of ours stays what it is', async () => {
    const bug = new TypeError('undefined is not a function');
    expect(await failure(callGitHub('merge', () => Promise.reject(bug)))).toBe(bug);
    expect(mayHaveApplied(bug)).toBe(false);
  });

  test('no secret is in an error, however it is printed', async () => {
    const github = await connect();
    api().get(PLACE).reply(500, { message: 'boom' });
    const error = await failure(
      callGitHub('read', () => github.octokit.rest.repos.get({ owner: 'acme', repo: 'shop' })),
    );
    expect(inspect(error, { depth: 10 })).not.toContain('ghs_canary');
  });

  test('a call is given up after its time limit', async () => {
    let signal: AbortSignal | undefined;
    const Octokit = octokitForQueue();
    const fetch = (_url: unknown, init: { signal: AbortSignal }) => {
      signal = init.signal;
      return Promise.resolve(new Response('{}', { headers: { 'content-type': 'application/json' } }));
    };
    await new Octokit({ request: { fetch } }).request('GET /rate_limit');
    expect(signal).toBeInstanceOf(AbortSignal);
  });
});

describe('parseReply', () => {
  const schema = z.object({ id: z.number() });
  test.each([
    ['truncated JSON', '{"id": 1'],
    ['a page', '<html>'],
    ['nothing', undefined],
    ['another shape', { id: 'x' }],
  ])('fails closed on %s', async (_name, data) => {
    const error = await failure((async () => parseReply('read', schema, data))());
    expect(error).toBeInstanceOf(TransientError);
    expect(mayHaveApplied(error)).toBe(true);
  });
});

describe('tokens', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const probot = () =>
    new Probot({ appId: OMK, privateKey, secret: 'long enough', Octokit: octokitForQueue(), logLevel: 'fatal' });
  const mintPath = '/app/installations/11/access_tokens';
  const minted = (token: string) => ({
    token,
    expires_at: '2099-01-01T00:00:00Z',
    permissions: {},
    repository_selection: 'selected',
  });

  test('a token is for one repository and no more than the permissions asked for', async () => {
    api()
      .post(mintPath, { repository_ids: [22], permissions: { contents: 'write' } })
      .reply(201, minted('ghs_1'));
    const token = await mintToken(probot(), REPOSITORY, { contents: 'write' });
    expect(token).toEqual({ token: 'ghs_1', expiresAt: new Date('2099-01-01T00:00:00Z'), lacking: [] });
  });

  const refuse = (granted: Record<string, string>) =>
    api()
      .post(mintPath)
      .reply(422, { message: 'The permissions requested are not granted to this installation.' })
      .get('/app/installations/11')
      .reply(200, { permissions: granted });

  test('what is not granted is named, and omk goes on with the rest until somebody grants it', async () => {
    const wishes: unknown[] = [];
    refuse({ contents: 'write', issues: 'read', workflows: 'write' })
      .post(mintPath, (body) => wishes.push(body) > 0)
      .reply(201, minted('ghs_less'));
    const token = await mintToken(probot(), REPOSITORY, { contents: 'write', issues: 'write', checks: 'write' });
    expect(wishes).toEqual([{ repository_ids: [22], permissions: { contents: 'write' } }]);
    expect(token.lacking).toEqual(['issues: write', 'checks: write']);
    // It is asked anew soon, however long GitHub would let it live.
    expect(token.expiresAt.getTime()).toBeLessThan(Date.now() + 600_000);
  });

  test('a token without any of its permissions would be one with all that are granted, so there is none', async () => {
    refuse({ metadata: 'read' });
    const error = await failure(mintToken(probot(), REPOSITORY, { contents: 'write' }));
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toBe('omk lacks a permission in acme/shop: `contents: write`.');
    expect((error as UserError).hint).toMatch(/an owner of acme grants it .*\/omk retry/);
  });

  test.each([
    ['checks=write', '`checks: write`'],
    ['issues=write; pull_requests=write', '`issues: write` or `pull_requests: write`'],
    [undefined, 'the permission.'],
  ])('a call that is refused for want of a permission says which: %s', async (accepted, words) => {
    const github = await connect();
    const headers = accepted === undefined ? {} : { 'x-accepted-github-permissions': accepted };
    api().post(`${PLACE}/labels`).reply(403, { message: 'Resource not accessible by integration' }, headers);
    const make = () => github.octokit.rest.issues.createLabel({ owner: 'acme', repo: 'shop', name: 'x' });
    const error = await failure(callGitHub('make a label', make));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(words);
    expect(statusOf(error)).toBe(403);
  });

  test('a client mints one narrow token, never with workflows or administration, and uses it again', async () => {
    const bodies: unknown[] = [];
    api()
      .post(mintPath, (body) => bodies.push(body) > 0)
      .reply(201, minted('ghs_2'));
    api().get(PLACE).matchHeader('authorization', 'token ghs_2').twice().reply(200, {});
    const { octokit } = await connectGitHub(probot(), OMK, REPOSITORY);
    await octokit.rest.repos.get({ owner: 'acme', repo: 'shop' });
    await octokit.rest.repos.get({ owner: 'acme', repo: 'shop' });
    expect(nock.isDone()).toBe(true);
    expect(bodies).toMatchObject([{ repository_ids: [22] }]);
    expect(Object.keys((bodies[0] as { permissions: object }).permissions).toSorted()).toEqual([
      'actions',
      'checks',
      'contents',
      'issues',
      'metadata',
      'pull_requests',
      'statuses',
    ]);
  });

  test('a refused token is replaced at the next call, and the refused call is not sent again', async () => {
    api().post(mintPath).reply(201, minted('ghs_old')).post(mintPath).reply(201, minted('ghs_new'));
    api().get(PLACE).matchHeader('authorization', 'token ghs_old').reply(401, { message: 'Bad credentials' });
    api().get(PLACE).matchHeader('authorization', 'token ghs_new').reply(200, { ok: true });
    const { octokit } = await connectGitHub(probot(), OMK, REPOSITORY);
    const read = () => callGitHub('read', () => octokit.rest.repos.get({ owner: 'acme', repo: 'shop' }));
    expect(await failure(read())).toBeInstanceOf(TransientError);
    expect((await read()).data).toEqual({ ok: true });
    expect(nock.isDone()).toBe(true);
  });

  test.each([403, 404, 422])('an App without access (%s) is told as such, not as a missing thing', async (status) => {
    api().post(mintPath).reply(status, { message: 'no' });
    if (status === 422) api().get('/app/installations/11').reply(404, {});
    const { octokit } = await connectGitHub(probot(), OMK, REPOSITORY);
    const error = await failure(callGitHub('read', () => octokit.rest.repos.get({ owner: 'acme', repo: 'shop' })));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain('acme/shop');
  });

  test("neither Probot's retry nor its throttle plugin sends a refused merge again", async () => {
    api().post(mintPath).reply(201, minted('ghs_3'));
    const merge = api().put(`${PLACE}/pulls/5/merge`).reply(405, { message: 'Base branch was modified' });
    const { octokit } = await connectGitHub(probot(), OMK, REPOSITORY);
    const order = { owner: 'acme', repo: 'shop', pull_number: 5 };
    expect(statusOf(await failure(octokit.rest.pulls.merge(order)))).toBe(405);
    expect(merge.isDone()).toBe(true);
  });

  test('it follows the server of the App', async () => {
    const server = new Probot({
      appId: OMK,
      privateKey,
      secret: 'long enough',
      Octokit: octokitForQueue(),
      baseUrl: 'http://ghe.test/api/v3',
      logLevel: 'fatal',
    });
    nock('http://ghe.test')
      .post(`/api/v3${mintPath}`)
      .reply(201, minted('ghs_4'))
      .get(`/api/v3${PLACE}`)
      .reply(200, {})
      .post('/api/graphql')
      .reply(200, { data: { ok: 1 } });
    const { octokit } = await connectGitHub(server, OMK, REPOSITORY);
    await octokit.rest.repos.get({ owner: 'acme', repo: 'shop' });
    expect(await octokit.graphql('{ ok }')).toEqual({ ok: 1 });
  });
});
