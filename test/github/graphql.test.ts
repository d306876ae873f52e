import { expect, test } from '@jest/globals';
import { UserError } from '../../src/errors.ts';
import type { GitHub } from '../../src/github/client.ts';
import { markReady } from '../../src/github/pulls.ts';
import { disarmAutoMerge, dequeuePull, enqueuePull, findStandingOrder } from '../../src/github/queue.ts';
import { listThreads, resolveThread } from '../../src/github/reviews.ts';
import { answersOnly, api, connect } from './sample.ts';

answersOnly();

const MESSAGE = 'Resource not accessible by integration';
const BOTH = 'the permission `contents: write` and `pull_requests: write`.';
const READ = 'the permission `pull_requests: read`.';

type Call = (github: GitHub) => Promise<unknown>;
const CALLS: [name: string, call: Call, field: string, path: string[] | undefined, words: string][] = [
  ['ends a draft', (github) => markReady(github, { nodeId: 'P' }), 'markPullRequestReadyForReview', undefined, BOTH],
  ['resolves a thread', (github) => resolveThread(github, { nodeId: 'T' }), 'resolveReviewThread', undefined, BOTH],
  [
    'disarms',
    (github) => disarmAutoMerge(github, 'P'),
    'disablePullRequestAutoMerge',
    ['disablePullRequestAutoMerge'],
    BOTH,
  ],
  ['dequeues', (github) => dequeuePull(github, 'P'), 'dequeuePullRequest', undefined, BOTH],
  [
    'reads threads',
    (github) => listThreads(github, 5),
    'repository',
    ['repository', 'pullRequest', 'reviewThreads'],
    READ,
  ],
  ['reads an order', (github) => findStandingOrder(github, 5), 'repository', ['repository', 'pullRequest'], READ],
  [
    'reads what nobody knows',
    (github) => listThreads(github, 5),
    'repository',
    ['repository', 'novelty'],
    'the permission.',
  ],
];

test.each(CALLS)('a refusal by GraphQL names the permission: %s', async (_, call, field, path, words) => {
  const errors = [{ type: 'FORBIDDEN', message: MESSAGE, ...(path && { path }) }];
  api()
    .post('/graphql')
    .reply(200, { data: { [field]: null }, errors });
  const error = await call(await connect()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toContain(`lacks ${words}`);
  expect((error as UserError).hint).toMatch(/an owner of .* grants it .*\/omk retry/);
});

test('a merge that GitHub may not be told is refused with the permission', async () => {
  const errors = [{ type: 'FORBIDDEN', message: MESSAGE }];
  api()
    .post('/graphql')
    .reply(200, { data: { enqueuePullRequest: null }, errors });
  const order = { id: 'P', head: 'a'.repeat(40) };
  expect(await enqueuePull(await connect(), order)).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(BOTH) as unknown,
  });
});
