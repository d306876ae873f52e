import { describe, expect, test } from '@jest/globals';
import { GraphQLError, graphqlSync, parse, validate } from 'graphql';
import { TransientError, UserError } from '../../src/errors.ts';
import { readFacts } from '../../src/github/facts.ts';
import { LEAVE_QUERY } from '../../src/github/leave.ts';
import { commitPageQuery, FACTS_QUERY, LIST_NAMES, listPageQuery } from '../../src/github/query.ts';
import { combineRules } from '../../src/github/rules.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { settle, type PullFacts } from '../../src/goal/settle.ts';
import { groundOf } from '../../src/goal/settle/merging.ts';
import { answersOnly, api, connect, OMK, PLACE } from './sample.ts';
import { gitHubSchema } from './schema.ts';

answersOnly();

const HEAD = 'a'.repeat(40);
const BASE = 'b'.repeat(40);
const RULES = `${PLACE}/rules/branches/main?per_page=100`;
const ACTIONS = { databaseId: 15_368, slug: 'github-actions' };

function page<T>(nodes: T[], next?: string) {
  return { nodes, pageInfo: { hasNextPage: next !== undefined, endCursor: next ?? null } };
}

function checkRun(name: string, change: Record<string, unknown> = {}) {
  return {
    __typename: 'CheckRun',
    databaseId: 1,
    name,
    status: 'COMPLETED',
    conclusion: 'SUCCESS',
    startedAt: '2026-11-22T12:00:00Z',
    completedAt: '2026-11-22T12:01:00Z',
    detailsUrl: 'https://github.com/acme/shop/actions/runs/1/job/1',
    isRequired: true,
    checkSuite: {
      databaseId: 10,
      app: ACTIONS,
      workflowRun: { event: 'pull_request', workflow: { name: 'CI' }, file: { path: '.github/workflows/ci.yml' } },
    },
    ...change,
  };
}

function status(context: string, change: Record<string, unknown> = {}) {
  return {
    __typename: 'StatusContext',
    context,
    state: 'SUCCESS',
    createdAt: '2026-11-22T12:00:00Z',
    targetUrl: null,
    isRequired: false,
    creator: { __typename: 'Bot', login: 'codecov' },
    ...change,
  };
}

function suite(id: number, change: Record<string, unknown> = {}) {
  return {
    databaseId: id,
    status: 'COMPLETED',
    conclusion: 'SUCCESS',
    createdAt: '2026-11-22T12:00:00Z',
    app: ACTIONS,
    workflowRun: { event: 'pull_request', workflow: { name: 'CI' } },
    checkRuns: { totalCount: 1 },
    ...change,
  };
}

type Page = ReturnType<typeof page<unknown>>;

function commit(contexts: Page | null = page([checkRun('test')]), suites: Page | null = page([suite(10)]), oid = HEAD) {
  return { __typename: 'Commit', oid, statusCheckRollup: contexts && { contexts }, checkSuites: suites };
}

/** The pull request in GraphQL, green and open. */
function pull(change: Record<string, unknown> = {}) {
  return {
    id: 'PR_5',
    number: 5,
    title: '[slice] api — Add it',
    state: 'OPEN',
    isDraft: false,
    isCrossRepository: false,
    headRefOid: HEAD,
    headRefName: 'omk/1/api-12345678',
    baseRefName: 'main',
    baseRefOid: 'd'.repeat(40),
    mergeable: 'MERGEABLE',
    mergeStateStatus: 'CLEAN',
    canBeRebased: true,
    reviewDecision: null,
    isMergeQueueEnabled: false,
    mergeCommit: null,
    mergeQueueEntry: null,
    autoMergeRequest: null,
    timelineItems: { nodes: [] },
    labels: page([{ name: 'omk' }]),
    files: page([{ path: 'src/a.ts' }]),
    latestOpinionatedReviews: page([]),
    reviewThreads: page([]),
    baseRef: {
      target: { __typename: 'Commit', oid: BASE },
      associatedPullRequests: { nodes: [] },
      refUpdateRule: null,
    },
    commits: { nodes: [{ commit: commit() }] },
    ...change,
  };
}

const ISSUE = {
  number: 3,
  state: 'OPEN',
  locked: false,
  repository: { databaseId: 22 },
  labels: { nodes: [{ name: 'omk' }] },
};

const REPOSITORY = {
  isArchived: false,
  mergeCommitAllowed: true,
  squashMergeAllowed: true,
  rebaseMergeAllowed: false,
  deleteBranchOnMerge: false,
  autoMergeAllowed: true,
  issue: ISSUE,
  collaborators: { edges: [{ permission: 'WRITE', node: { databaseId: 7 } }] },
  pullRequests: ({ headRefName }: { headRefName?: string }) => ({ totalCount: headRefName === undefined ? 0 : 1 }),
};

type Variables = { number?: number; after?: string };

/** Answers the next query by running it against GitHub's schema; `object` is what the head's own query finds. */
function answer(pullRequest: unknown, object?: unknown, change: object = {}): Variables[] {
  const asked: Variables[] = [];
  api()
    .post('/graphql')
    .reply(200, async (request: Request) => {
      const { query, variables } = (await request.json()) as { query: string; variables: Variables };
      asked.push(variables);
      const rootValue = { repository: { ...REPOSITORY, pullRequest, object, ...change } };
      const schema = gitHubSchema();
      const { data, errors } = graphqlSync({ schema, source: query, rootValue, variableValues: variables });
      // GitHub has the type of an error beside its message.
      return { data, errors: errors?.map((error) => ({ ...error.toJSON(), ...error.extensions })) };
    });
  return asked;
}

/** Answers the next query with errors beside the data. */
function answerWith(data: unknown, errors: object[]): void {
  api().post('/graphql').reply(200, { data, errors });
}

function rules(list: object[] = [], code = 200): void {
  api()
    .get(RULES)
    .reply(code, code === 200 ? list : { message: list });
}

const ANN = { id: 7, login: 'ann' };
const WANTED = { number: 5, issue: 3, person: ANN, branch: 'omk/1/api-12345678' };

/** As it is read just before the merge. */
async function read() {
  return (await readFacts(await connect(), WANTED, { toMerge: true })).facts;
}

/** The verdict on these facts three minutes after they were green the first time. */
function settledAt5(facts: PullFacts) {
  const at = (minute: number) => new Date(`2026-11-22T12:0${minute}:00Z`);
  const memory = { headSeenAt: at(0), greenSince: at(2), greenOn: groundOf(facts) };
  return settle(facts, memory, defaultPolicy(), at(5));
}

describe('the queries', () => {
  const queries: [string, string][] = [
    ['facts', FACTS_QUERY],
    ['leave', LEAVE_QUERY],
    ['contexts page', commitPageQuery('contexts')],
    ['suites page', commitPageQuery('suites')],
    ...LIST_NAMES.map((name): [string, string] => [`${name} page`, listPageQuery(name)]),
  ];

  test.each(queries)("%s is valid in GitHub's schema", (_name, query) => {
    expect(validate(gitHubSchema(), parse(query)).map((error) => error.message)).toEqual([]);
  });

  test("the rollup's own state is never read: it counts superseded runs", () => {
    expect(FACTS_QUERY).not.toMatch(/statusCheckRollup\s*\{\s*state/);
  });
});

describe('readFacts', () => {
  test('one query and the rules of the base are enough for a green pull request', async () => {
    answer(pull());
    rules([
      {
        type: 'required_status_checks',
        parameters: {
          strict_required_status_checks_policy: true,
          required_status_checks: [{ context: 'test', integration_id: 15_368 }],
        },
      },
    ]);
    const facts = await read();
    expect(facts).toMatchObject({
      id: 'PR_5',
      head: HEAD,
      checkedSha: HEAD,
      base: { branch: 'main', sha: BASE },
      baseExists: true,
      state: 'open',
      stackedOn: undefined,
      appId: OMK,
      repository: { methods: ['squash', 'merge'], autoMerge: true },
      rules: { required: [{ kind: 'check', name: 'test', app: 15_368 }], strict: true },
      labels: ['omk'],
      contexts: [
        {
          kind: 'run',
          name: 'test',
          app: 15_368,
          suite: 10,
          workflowPath: '.github/workflows/ci.yml',
          isRequired: true,
        },
      ],
      suites: [{ id: 10, runs: 1, workflow: 'CI' }],
    });
  });

  test('what it reads makes the settle rule say ready', async () => {
    answer(pull());
    rules([{ type: 'required_status_checks', parameters: { required_status_checks: [{ context: 'test' }] } }]);
    expect(settledAt5(await read())).toMatchObject({ kind: 'ready', method: 'squash', via: 'merge' });
  });

  test('a merged one costs one query', async () => {
    answer(
      pull({
        state: 'MERGED',
        mergeCommit: { oid: 'c1' },
        mergeable: 'UNKNOWN',
        mergeStateStatus: 'UNKNOWN',
        baseRef: null,
      }),
    );
    expect(await read()).toMatchObject({ state: 'merged', mergedSha: 'c1' });
  });

  test('a closed one costs one query', async () => {
    answer(pull({ state: 'CLOSED', mergeable: 'UNKNOWN' }));
    expect(await read()).toMatchObject({ state: 'closed' });
  });

  test('a base that is the head of an open pull request', async () => {
    const nodes = [
      { number: 40, headRefName: 'main', isCrossRepository: true },
      { number: 41, headRefName: 'main', isCrossRepository: false },
    ];
    answer(pull({ baseRef: { target: null, associatedPullRequests: { nodes }, refUpdateRule: null } }));
    rules();
    expect(await read()).toMatchObject({ stackedOn: 41, base: { sha: 'd'.repeat(40) } });
  });

  test('reviews of writers, threads and workflow files', async () => {
    answer(
      pull({
        reviewDecision: 'CHANGES_REQUESTED',
        latestOpinionatedReviews: page([
          { state: 'APPROVED', author: { __typename: 'User', login: 'ann' } },
          { state: 'CHANGES_REQUESTED', author: { __typename: 'User', login: 'bob' } },
          { state: 'CHANGES_REQUESTED', author: null },
        ]),
        reviewThreads: page([{ isResolved: true }, { isResolved: false }]),
        files: page([{ path: '.GitHub/workflows/x.yml' }]),
      }),
    );
    rules();
    expect(await read()).toMatchObject({
      reviews: { decision: 'CHANGES_REQUESTED', approvals: 1, changesRequestedBy: ['bob', 'ghost'] },
      unresolvedThreads: 1,
      changesWorkflows: true,
    });
  });

  test('queue and auto-merge', async () => {
    const enqueuedAt = '2026-11-22T12:00:00Z';
    answer(
      pull({
        isMergeQueueEnabled: true,
        mergeQueueEntry: { state: 'QUEUED', enqueuedAt },
        autoMergeRequest: { enabledAt: enqueuedAt },
      }),
    );
    rules();
    expect(await read()).toMatchObject({
      queue: { enabled: true, entry: { state: 'QUEUED', enqueuedAt: new Date(enqueuedAt) } },
      autoMergeSince: new Date(enqueuedAt),
    });
  });

  test('statuses, their apps by bot, and a person who writes a status', async () => {
    const contexts = page([
      status('codecov/patch'),
      status('by hand', { creator: { __typename: 'User', login: 'codecov' } }),
    ]);
    answer(pull({ commits: { nodes: [{ commit: commit(contexts) }] } }));
    rules();
    expect((await read()).contexts).toMatchObject([
      { kind: 'status', name: 'codecov/patch', appSlug: 'codecov', state: 'SUCCESS' },
      { kind: 'status', name: 'by hand', appSlug: undefined },
    ]);
  });

  test('no rollup is no context', async () => {
    answer(pull({ commits: { nodes: [{ commit: commit(null) }] } }));
    rules();
    expect((await read()).contexts).toEqual([]);
  });
});

describe('the look that is not to merge', () => {
  const look = async () => readFacts(await connect(), WANTED, { toMerge: false });
  const graphRules = page([
    {
      type: 'REQUIRED_STATUS_CHECKS',
      parameters: {
        __typename: 'RequiredStatusChecksParameters',
        requiredStatusChecks: [{ context: 'test', integrationId: 15_368 }],
        strictRequiredStatusChecksPolicy: true,
      },
    },
    {
      type: 'PULL_REQUEST',
      parameters: {
        __typename: 'PullRequestParameters',
        allowedMergeMethods: ['SQUASH'],
        requiredApprovingReviewCount: 0,
        requireCodeOwnerReview: false,
        requiredReviewThreadResolution: false,
      },
    },
    { type: 'MERGE_QUEUE', parameters: { __typename: 'MergeQueueParameters' } },
  ]);
  const baseRef = { target: { __typename: 'Commit', oid: BASE }, associatedPullRequests: { nodes: [] } };

  test('one query is all: rules, issue and pull requests into the branch come with it', async () => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }));
    const { facts, leave, hasChildren, hasTwins } = await look();
    expect(facts.rules).toMatchObject({
      required: [{ kind: 'check', name: 'test', app: 15_368 }],
      strict: true,
      methods: ['squash'],
      others: [],
    });
    expect(leave).toEqual({ permission: 'write', issue: { state: 'open', locked: false, labels: ['omk'] } });
    expect([hasChildren, hasTwins]).toEqual([false, false]);
  });

  test('to merge, the rules by REST count too, and nothing twice', async () => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }));
    const both = [{ context: 'test', integration_id: 15_368 }, { context: 'lint' }];
    rules([{ type: 'required_status_checks', parameters: { required_status_checks: both } }]);
    expect((await read()).rules).toMatchObject({
      required: [
        { kind: 'check', name: 'test', app: 15_368 },
        { kind: 'check', name: 'lint', app: undefined },
      ],
    });
  });

  test.each([
    ['closed', { state: 'CLOSED' }, { state: 'closed' }],
    ['locked', { locked: true }, { locked: true }],
    ['without the label', { labels: { nodes: [] } }, { labels: [] }],
    ['of another repository, to which it was transferred', { repository: { databaseId: 99 } }, undefined],
    ['another one', { number: 4 }, undefined],
  ])('an issue that is %s', async (_name, change, known) => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }), undefined, { issue: { ...ISSUE, ...change } });
    const { leave } = await look();
    expect(leave.issue).toEqual(known && { state: 'open', locked: false, labels: ['omk'], ...known });
  });

  test('where nothing is said of the issue, nothing is known of it', async () => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }), undefined, { issue: null });
    expect((await look()).leave.issue).toBeUndefined();
  });

  const edge = (permission: string, databaseId: number) => ({ edges: [{ permission, node: { databaseId } }] });
  test.each([
    ['admin', edge('ADMIN', 7), 'admin'],
    ['maintain', edge('MAINTAIN', 7), 'maintain'],
    ['somebody else by now who has the login', edge('ADMIN', 8), undefined],
    ['triage: REST has the last word', edge('TRIAGE', 7), undefined],
    ['nobody', { edges: [] }, undefined],
    ['not told', null, undefined],
  ])('who asked is %s', async (_name, collaborators, permission) => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }), undefined, { collaborators });
    expect((await look()).leave.permission).toBe(permission);
  });

  test.each(['FORBIDDEN', undefined])('collaborators that are kept from us (%s) spoil nothing else', async (type) => {
    const hidden = {
      collaborators: () => {
        throw new GraphQLError('Resource not accessible by integration', { extensions: { type } });
      },
    };
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }), undefined, hidden);
    expect(await look()).toMatchObject({
      leave: { permission: undefined, issue: { state: 'open' } },
      facts: { head: HEAD },
    });
  });

  test('another pull request from the same branch is seen', async () => {
    answer(pull({ baseRef: { ...baseRef, rules: graphRules } }), undefined, { pullRequests: { totalCount: 2 } });
    expect(await look()).toMatchObject({ hasChildren: true, hasTwins: true });
  });

  test('why the queue put it out last', async () => {
    const event = {
      __typename: 'RemovedFromMergeQueueEvent',
      createdAt: '2026-11-22T12:00:00Z',
      reason: 'failed checks',
    };
    answer(pull({ baseRef: { ...baseRef, rules: graphRules }, timelineItems: { nodes: [event] } }));
    const { facts } = await look();
    expect(facts.queue.removed).toEqual({ at: new Date('2026-11-22T12:00:00Z'), reason: 'failed checks' });
  });
});

describe('a GitHub that does not take the query', () => {
  const get = (path: string, body: object, code = 200) => api().get(`${PLACE}${path}`).reply(code, body);
  const run = (change: Record<string, unknown> = {}) => ({
    id: 1,
    name: 'test',
    status: 'completed',
    conclusion: 'success',
    started_at: '2026-11-22T12:00:00Z',
    completed_at: '2026-11-22T12:01:00Z',
    details_url: null,
    check_suite: { id: 10 },
    app: { id: 15_368, slug: 'github-actions' },
    ...change,
  });
  const restPull = {
    node_id: 'PR_5',
    number: 5,
    title: 'A title',
    state: 'open',
    draft: false,
    merged_at: null,
    mergeable: true,
    mergeable_state: 'clean',
    rebaseable: true,
    updated_at: '2026-11-22T12:00:00Z',
    labels: [{ name: 'omk' }],
    head: { sha: HEAD, ref: WANTED.branch, repo: { id: 22 } },
    base: { sha: 'd'.repeat(40), ref: 'main' },
  };

  /** Everything REST is asked for, with one thing or another changed. */
  function byRest(change: { runs?: object[]; reviews?: object[]; branch?: object; workflows?: number } = {}): void {
    const { runs = [run()], reviews = [], branch = {}, workflows = 200 } = change;
    get('/pulls/5', restPull);
    get('', { id: 22, archived: false, allow_squash_merge: true, allow_merge_commit: true, allow_rebase_merge: false });
    get('/branches/main', { commit: { sha: BASE }, protected: false, ...branch });
    rules();
    get(`/commits/${HEAD}/check-runs?per_page=100&filter=all`, { total_count: runs.length, check_runs: runs });
    const suite = { id: 10, status: 'completed', conclusion: 'success', created_at: '2026-11-22T12:00:00Z' };
    const suites = [{ ...suite, latest_check_runs_count: 1, app: { id: 15_368, slug: 'github-actions' } }];
    get(`/commits/${HEAD}/check-suites?per_page=100`, { total_count: 1, check_suites: suites });
    const status = { context: 'cla', state: 'success', created_at: '2026-11-22T12:00:00Z', target_url: null };
    get(`/commits/${HEAD}/statuses?per_page=100`, [status]);
    const workflow = { check_suite_id: 10, name: 'CI', path: '.github/workflows/ci.yml', event: 'pull_request' };
    get(`/actions/runs?per_page=100&head_sha=${HEAD}`, { total_count: 1, workflow_runs: [workflow] }, workflows);
    get('/pulls/5/reviews?per_page=100', reviews);
    get('/pulls/5/files?per_page=100', [{ filename: 'src/a.ts' }]);
    get('/pulls?per_page=100&head=acme%3Amain&state=open', []);
  }

  const faults: [string, number, object][] = [
    ['no GraphQL at all', 404, { message: 'Not Found' }],
    ['not implemented', 501, { message: 'Not Implemented' }],
    ['an unknown field', 200, { errors: [{ message: "Field 'rules' doesn't exist on type 'Ref'" }] }],
    [
      'a field that is not for us',
      200,
      { data: {}, errors: [{ type: 'FORBIDDEN', message: 'x', path: ['repository', 'pullRequest', 'files'] }] },
    ],
    ['an answer of another shape', 200, { data: { repository: { pullRequest: { number: 5 } } } }],
  ];

  test.each(faults)('%s: the same facts by REST make the settle rule say ready', async (_name, code, body) => {
    api().post('/graphql').reply(code, body);
    byRest({
      branch: {
        protected: true,
        protection: { required_status_checks: { enforcement_level: 'everyone', checks: [{ context: 'test' }] } },
      },
    });
    const facts = await read();
    expect(facts).toMatchObject({
      head: HEAD,
      base: { branch: 'main', sha: BASE },
      labels: ['omk'],
      repository: { methods: ['squash', 'merge'] },
      rules: { required: [{ kind: 'check', name: 'test' }], strict: 'unknown' },
      contexts: [
        { kind: 'run', name: 'test', workflow: 'CI', conclusion: 'SUCCESS' },
        { kind: 'status', name: 'cla', state: 'SUCCESS' },
      ],
      suites: [{ id: 10, runs: 1, status: 'COMPLETED' }],
    });
    expect(settledAt5(facts)).toMatchObject({ kind: 'ready' });
  });

  test('the last vote of each reviewer counts, a comment is none', async () => {
    api().post('/graphql').reply(404, {});
    const by = (id: number, state: string) => ({ state, user: { id, login: `user${id}` } });
    byRest({
      reviews: [by(1, 'CHANGES_REQUESTED'), by(2, 'CHANGES_REQUESTED'), by(2, 'APPROVED'), by(1, 'COMMENTED')],
    });
    expect((await read()).reviews).toEqual({ decision: undefined, approvals: 1, changesRequestedBy: ['user1'] });
  });

  test('fails closed: two jobs of one name in workflows that are not shown count both', async () => {
    api().post('/graphql').reply(404, {});
    const red = run({ id: 2, conclusion: 'failure', check_suite: { id: 11 } });
    byRest({ runs: [run({ id: 3, started_at: '2026-11-22T12:02:00Z' }), red], workflows: 403 });
    const verdict = settle(
      await read(),
      { headSeenAt: new Date('2026-11-22T12:00:00Z'), greenSince: undefined },
      { ...defaultPolicy(), allow_unprotected_base: true },
      new Date('2026-11-22T12:05:00Z'),
    );
    expect(verdict).toMatchObject({ kind: 'block', who: 'agent' });
  });

  test('fails closed: a protected base that shows no rule is unreadable', async () => {
    api().post('/graphql').reply(404, {});
    byRest({ branch: { protected: true } });
    expect(await read()).toMatchObject({ rules: 'unreadable' });
  });
});

describe('more pages', () => {
  test('the 101st context is read', async () => {
    const first = page(
      Array.from({ length: 100 }, (_, n) => checkRun(`job ${n}`)),
      'c100',
    );
    answer(pull({ commits: { nodes: [{ commit: commit(first) }] } }));
    const asked = answer(undefined, commit(page([checkRun('job 101', { conclusion: 'FAILURE' })])));
    rules();
    const { contexts } = await read();
    expect(contexts).toHaveLength(101);
    expect(contexts.at(-1)).toMatchObject({ name: 'job 101', conclusion: 'FAILURE' });
    expect(asked).toMatchObject([{ after: 'c100', oid: HEAD }]);
  });

  test('the 51st suite is read', async () => {
    const first = page(
      Array.from({ length: 50 }, (_, n) => suite(n)),
      's50',
    );
    answer(pull({ commits: { nodes: [{ commit: commit(undefined, first) }] } }));
    answer(undefined, commit(undefined, page([suite(51)])));
    rules();
    expect((await read()).suites).toHaveLength(51);
  });

  test('threads, labels, files and reviews on later pages are read', async () => {
    answer(
      pull({
        labels: page([{ name: 'a' }], 'l'),
        files: page([{ path: 'a' }], 'f'),
        latestOpinionatedReviews: page([{ state: 'APPROVED', author: null }], 'r'),
        reviewThreads: page([{ isResolved: false }], 't'),
      }),
    );
    answer(pull({ labels: page([{ name: 'hold' }]) }));
    answer(pull({ files: page([{ path: '.github/workflows/a.yml' }]) }));
    answer(pull({ latestOpinionatedReviews: page([{ state: 'CHANGES_REQUESTED', author: null }]) }));
    answer(pull({ reviewThreads: page([{ isResolved: false }]) }));
    rules();
    expect(await read()).toMatchObject({
      labels: ['a', 'hold'],
      changesWorkflows: true,
      reviews: { approvals: 1, changesRequestedBy: ['ghost'] },
      unresolvedThreads: 2,
    });
  });

  test('a page that was announced and does not come is a fault', async () => {
    answer(pull({ commits: { nodes: [{ commit: commit(page([checkRun('a')], 'x')) }] } }));
    answer(undefined, commit(null));
    await expect(read()).rejects.toThrow(TransientError);
  });

  test('a cursor that stands still does not read for ever', async () => {
    answer(pull({ labels: page([{ name: 'a' }], 'same') }));
    answer(pull({ labels: page([{ name: 'a' }], 'same') }));
    await expect(read()).rejects.toThrow(TransientError);
  });

  test('checks of another commit are not taken: the head is asked for by name', async () => {
    answer(pull({ commits: { nodes: [{ commit: commit(page([checkRun('old')]), undefined, 'e'.repeat(40)) }] } }));
    answer(undefined, commit(page([checkRun('new')])));
    answer(undefined, commit(undefined, page([suite(11)])));
    rules();
    expect(await read()).toMatchObject({ contexts: [{ name: 'new' }], suites: [{ id: 11 }] });
  });
});

describe('what is asked only when needed', () => {
  test('the same query counts the runs of each suite', async () => {
    const waiting = suite(11, { status: 'QUEUED', conclusion: null, workflowRun: null, checkRuns: { totalCount: 0 } });
    const hidden = suite(12, { checkRuns: null });
    answer(pull({ commits: { nodes: [{ commit: commit(undefined, page([suite(10), waiting, hidden])) }] } }));
    rules();
    expect((await read()).suites).toMatchObject([
      { id: 10, runs: 1 },
      { id: 11, runs: 0, workflow: undefined },
      { id: 12, runs: undefined },
    ]);
  });

  test.each([
    [{ mergeable: true, mergeable_state: 'clean' }, 'MERGEABLE', 'CLEAN'],
    [{ mergeable: false, mergeable_state: 'dirty' }, 'CONFLICTING', 'DIRTY'],
    [{ mergeable: null, mergeable_state: 'unknown' }, 'UNKNOWN', 'UNKNOWN'],
  ])('unknown mergeability is asked for by REST: %j', async (said, mergeable, mergeState) => {
    answer(pull({ mergeable: 'UNKNOWN', mergeStateStatus: 'UNKNOWN' }));
    rules();
    api()
      .get(`${PLACE}/pulls/5`)
      .reply(200, { ...said, head: { sha: HEAD } });
    expect(await read()).toMatchObject({ mergeable, mergeState });
  });

  test('mergeability of another head is not taken', async () => {
    answer(pull({ mergeable: 'UNKNOWN', mergeStateStatus: 'UNKNOWN' }));
    rules();
    api()
      .get(`${PLACE}/pulls/5`)
      .reply(200, { mergeable: true, mergeable_state: 'clean', head: { sha: 'e'.repeat(40) } });
    expect(await read()).toMatchObject({ mergeable: 'UNKNOWN' });
  });
});

describe('holes in the answer', () => {
  const hidden = (...path: (string | number)[]) => ({
    type: 'FORBIDDEN',
    message: 'Resource not accessible by integration',
    path,
  });

  function plain(
    change: Record<string, unknown> = {},
    contexts: unknown[] = [{ ...checkRun('test'), kind: 'CheckRun' }],
  ) {
    return {
      repository: {
        ...REPOSITORY,
        pullRequest: pull({ commits: { nodes: [{ commit: commit(page(contexts)) }] }, ...change }),
      },
    };
  }

  test("another app's name that GitHub hides is tolerated, its run still counts", async () => {
    const run = {
      ...checkRun('secret', { conclusion: 'FAILURE', checkSuite: { databaseId: 3, app: null, workflowRun: null } }),
      kind: 'CheckRun',
    };
    answerWith(plain({}, [run]), [hidden('repository', 'pullRequest', 'commits', 'nodes', 0, 'checkSuite', 'app')]);
    rules();
    expect((await read()).contexts).toMatchObject([{ name: 'secret', app: undefined, conclusion: 'FAILURE' }]);
  });

  test('fails closed when classic protection is hidden: rules are unreadable', async () => {
    answerWith(plain(), [hidden('repository', 'pullRequest', 'baseRef', 'refUpdateRule')]);
    expect(await read()).toMatchObject({ rules: 'unreadable' });
  });

  test('fails closed when labels are hidden', async () => {
    answerWith(plain({ labels: null }), [hidden('repository', 'pullRequest', 'labels')]);
    rules();
    expect(await read()).toMatchObject({ labels: 'unreadable' });
  });

  test.each([
    ['a fault without a path', { message: 'Something went wrong while executing your query.' }],
    ['a timeout in GitHub', { type: 'TIMEOUT', message: 'timeout', path: ['repository', 'pullRequest', 'files'] }],
  ])('%s: ask again later', async (_name, fault) => {
    answerWith(plain(), [fault]);
    await expect(read()).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: 60_000 });
  });

  test('a hole among the contexts without any error: ask again later', async () => {
    api()
      .post('/graphql')
      .reply(200, { data: plain({}, [null]) });
    await expect(read()).rejects.toThrow(TransientError);
  });

  test('the rate limit of GraphQL is waited out to its reset', async () => {
    api()
      .post('/graphql')
      .reply(
        200,
        { data: null, errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] },
        {
          date: 'Sun, 22 Nov 2026 12:00:00 GMT',
          'x-ratelimit-reset': String(Date.parse('2026-11-22T12:02:00Z') / 1_000),
        },
      );
    await expect(read()).rejects.toMatchObject({ retryAfterMs: 120_000 });
  });

  test('a pull request that GitHub does not show is told', async () => {
    answerWith({ repository: { ...REPOSITORY, pullRequest: null } }, [
      { type: 'NOT_FOUND', message: 'Could not resolve', path: ['repository', 'pullRequest'] },
    ]);
    api().get(`${PLACE}/pulls/5`).reply(404, { message: 'Not Found' });
    await expect(read()).rejects.toThrow(UserError);
  });
});

describe('the rules of the base', () => {
  test('rules on two pages', async () => {
    answer(pull());
    const next = `<https://api.github.com${RULES}&page=2>; rel="next"`;
    api()
      .get(RULES)
      .reply(200, [{ type: 'required_signatures' }], { link: next });
    api()
      .get(`${RULES}&page=2`)
      .reply(200, [{ type: 'required_linear_history' }]);
    expect(await read()).toMatchObject({ rules: { signatures: true, linearHistory: true } });
  });

  test.each([403, 404])('fails closed on %i', async (code) => {
    answer(pull());
    rules([], code);
    expect(await read()).toMatchObject({ rules: 'unreadable' });
  });

  test('500 is asked again later', async () => {
    answer(pull());
    rules([], 500);
    await expect(read()).rejects.toThrow(TransientError);
  });

  test('a plan without rulesets has none', async () => {
    answer(pull());
    api()
      .get(RULES)
      .reply(403, { message: 'Upgrade to GitHub Pro or make this repository public to enable this feature.' });
    expect(await read()).toMatchObject({ rules: { required: [], strict: false, approvals: 0 } });
  });

  test('classic protection and rulesets are one set', () => {
    const classic = {
      requiredStatusCheckContexts: ['lint', null],
      requiredApprovingReviewCount: 1,
      requiresCodeOwnerReviews: true,
      requiresConversationResolution: false,
      requiresLinearHistory: false,
      requiresSignatures: false,
    };
    const list = [
      {
        type: 'required_status_checks',
        parameters: { required_status_checks: [{ context: 'test', integration_id: -1 }] },
      },
      { type: 'workflows', parameters: { workflows: [{ path: '.github/workflows/org.yml' }] } },
      {
        type: 'pull_request',
        parameters: {
          required_approving_review_count: 2,
          required_review_thread_resolution: true,
          allowed_merge_methods: ['squash' as const, 'merge' as const],
        },
      },
      { type: 'pull_request', parameters: { allowed_merge_methods: ['squash' as const, 'rebase' as const] } },
      { type: 'code_scanning' },
      { type: 'deletion' },
      { type: 'merge_queue' },
    ];
    expect(combineRules(list, classic)).toEqual({
      required: [
        { kind: 'check', name: 'test', app: undefined },
        { kind: 'workflow', path: '.github/workflows/org.yml' },
        { kind: 'check', name: 'lint', app: undefined },
      ],
      strict: 'unknown',
      approvals: 2,
      codeOwners: true,
      resolvedThreads: true,
      linearHistory: false,
      signatures: false,
      locked: false,
      methods: ['squash'],
      others: ['code_scanning'],
    });
  });
});
