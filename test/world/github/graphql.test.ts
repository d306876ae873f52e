import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Pull } from '../fake-github.ts';
import { openProbe, type Probe } from './probe.ts';

let github: Probe['github'];
let octokit: Probe['octokit'];
let pull: Pull;

beforeEach(async () => {
  const probe = await openProbe();
  ({ github, octokit } = probe);
  github.repository.checks.push({ kind: 'status', context: 'ci/legacy', state: () => 'success' });
  pull = github.pull(await probe.openPull());
});

afterEach(async () => {
  await github.close();
  expect([github.drift, github.refused]).toEqual([[], []]);
});

const factsQuery = `query ($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost remaining resetAt nodeCount }
  repository(owner: $owner, name: $name) {
    mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed deleteBranchOnMerge autoMergeAllowed isArchived
    pullRequest(number: $number) {
      id number state merged isDraft isCrossRepository headRefOid headRefName baseRefName baseRefOid mergeable mergeStateStatus
      canBeRebased reviewDecision isInMergeQueue isMergeQueueEnabled mergeQueueEntry { state position enqueuedAt }
      autoMergeRequest { enabledBy { login } enabledAt }
      labels(first: 50) { nodes { name } }
      reviewThreads(first: 100) { nodes { isResolved } }
      baseRef {
        refUpdateRule { requiredStatusCheckContexts requiredApprovingReviewCount requiresConversationResolution requiresLinearHistory requiresSignatures viewerCanPush }
        rules(first: 100) { nodes { type parameters { ... on RequiredStatusChecksParameters { strictRequiredStatusChecksPolicy requiredStatusChecks { context integrationId } } } } }
      }
      statusCheckRollup { state contexts(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes {
        __typename
        ... on CheckRun { databaseId name status conclusion startedAt completedAt isRequired(pullRequestNumber: $number) checkSuite { databaseId app { databaseId slug } workflowRun { databaseId event workflow { name } } } }
        ... on StatusContext { context state createdAt isRequired(pullRequestNumber: $number) creator { login } }
      } } }
      commits(last: 1) { nodes { commit { oid checkSuites(first: 50) { nodes { databaseId status conclusion createdAt updatedAt app { databaseId slug } checkRuns(first: 1) { totalCount } } } } } }
    }
  }
}`;

type Facts = { repository: { pullRequest: Record<string, unknown> } };

async function facts(): Promise<Facts['repository']['pullRequest']> {
  const answer = await octokit.graphql<Facts>(factsQuery, { owner: 'acme', name: 'shop', number: pull.number });
  return answer.repository.pullRequest;
}

/** The type and message of a refused mutation. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  const error = (await call.catch((reason: unknown) => reason)) as { errors: { type: string; message: string }[] };
  return error.errors.map(({ message }) => message);
}

const input = (fields: Record<string, unknown> = {}) => ({ input: { pullRequestId: pull.nodeId, ...fields } });

test('one query tells all facts of a pull request', async () => {
  github.protect('main', { requiredChecks: [{ context: 'ci / test' }] });
  const parameters = {
    strict_required_status_checks_policy: true,
    required_status_checks: [{ context: 'lint', integration_id: 7 }],
  };
  github.addRuleset([{ type: 'required_status_checks', parameters }]);
  expect(await facts()).toMatchObject({ statusCheckRollup: null, mergeable: 'MERGEABLE' });
  await github.runChecks(pull);
  expect(await facts()).toMatchObject({
    state: 'OPEN',
    headRefOid: pull.head.sha,
    isMergeQueueEnabled: false,
    baseRef: {
      refUpdateRule: { requiredStatusCheckContexts: ['ci / test'], viewerCanPush: false },
      rules: {
        nodes: [
          {
            type: 'REQUIRED_STATUS_CHECKS',
            parameters: { requiredStatusChecks: [{ context: 'lint', integrationId: 7 }] },
          },
        ],
      },
    },
    statusCheckRollup: {
      state: 'SUCCESS',
      contexts: {
        totalCount: 2,
        nodes: [
          {
            __typename: 'CheckRun',
            name: 'ci / test',
            conclusion: 'SUCCESS',
            isRequired: true,
            checkSuite: { app: { slug: 'github-actions' } },
          },
          { __typename: 'StatusContext', context: 'ci/legacy', state: 'SUCCESS', isRequired: false },
        ],
      },
    },
    commits: {
      nodes: [
        { commit: { oid: pull.head.sha, checkSuites: { nodes: [{ status: 'QUEUED' }, { status: 'COMPLETED' }] } } },
      ],
    },
  });
});

test('once the base moved mergeability stays unknown until REST has asked for it', async () => {
  await github.push('alice', 'main', { 'docs/other.md': 'moved\n' });
  await facts();
  expect((await facts())['mergeable']).toBe('UNKNOWN');
  await octokit.rest.pulls.get({ owner: 'acme', repo: 'shop', pull_number: pull.number });
  expect(await facts()).toMatchObject({ mergeable: 'MERGEABLE', mergeStateStatus: 'CLEAN' });
});

test('a superseded run stays in the contexts of the rollup and not in its state', async () => {
  let conclusion: 'failure' | 'success' = 'failure';
  github.repository.checks = [{ app: 'github-actions', name: 'ci / test', conclusion: () => conclusion }];
  await github.runChecks(pull);
  expect(await facts()).toMatchObject({ statusCheckRollup: { state: 'FAILURE' } });
  conclusion = 'success';
  github.rerunCheck(pull, 'ci / test');
  await github.runChecks(pull);
  const { statusCheckRollup } = await facts();
  expect(statusCheckRollup).toMatchObject({
    state: 'SUCCESS',
    contexts: { nodes: [{ conclusion: 'FAILURE' }, { conclusion: 'SUCCESS' }] },
  });
});

test('lists come in pages and want a size', async () => {
  for (const name of ['a', 'b', 'c']) github.label('alice', pull, name);
  const query = `query ($id: ID!, $after: String) { node(id: $id) { ... on PullRequest { labels(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } } }`;
  type Page = {
    node: { labels: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
  };
  const first = await octokit.graphql<Page>(query, { id: pull.nodeId });
  expect(first.node.labels).toMatchObject({ nodes: [{ name: 'a' }, { name: 'b' }], pageInfo: { hasNextPage: true } });
  const second = await octokit.graphql<Page>(query, { id: pull.nodeId, after: first.node.labels.pageInfo.endCursor });
  expect(second.node.labels).toMatchObject({ nodes: [{ name: 'c' }], pageInfo: { hasNextPage: false } });
  const sizeless = octokit.graphql(
    `query ($id: ID!) { node(id: $id) { ... on PullRequest { labels { totalCount } } } }`,
    { id: pull.nodeId },
  );
  expect(await refusal(sizeless)).toEqual([
    'You must provide a `first` or `last` value to properly paginate the `labels` connection.',
  ]);
});

const enable = `mutation ($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { pullRequest { autoMergeRequest { mergeMethod } } } }`;

test('auto-merge merges when the checks have passed', async () => {
  expect(await refusal(octokit.graphql(enable, input()))).toEqual([
    'Pull request Protected branch rules not configured for this branch',
  ]);
  github.protect('main', { requiredChecks: [{ context: 'ci / test' }] });
  await octokit.graphql(enable, input({ mergeMethod: 'SQUASH' }));
  expect(await facts()).toMatchObject({ autoMergeRequest: { enabledBy: { login: 'omk' } } });
  await github.runChecks(pull);
  expect(pull.merged).toMatchObject({ sha: await github.tip('main'), by: { login: 'omk[bot]' } });
});

test('auto-merge refuses what could be merged at once, and can be taken back', async () => {
  github.protect('main', { requiredChecks: [{ context: 'ci / test' }] });
  await octokit.graphql(enable, input());
  await octokit.graphql(
    `mutation ($input: DisablePullRequestAutoMergeInput!) { disablePullRequestAutoMerge(input: $input) { clientMutationId } }`,
    input(),
  );
  await github.runChecks(pull);
  expect(pull.merged).toBeUndefined();
  await octokit.rest.pulls.get({ owner: 'acme', repo: 'shop', pull_number: pull.number });
  expect(await refusal(octokit.graphql(enable, input()))).toEqual(['Pull request Pull request is in clean status']);
});

test('a merge queue takes the pull request and owns the merge', async () => {
  github.enableQueue('main');
  const enqueue = `mutation ($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { state position } } }`;
  expect(await refusal(octokit.graphql(enqueue, input({ expectedHeadOid: 'f'.repeat(40) })))).toEqual([
    'Head branch was modified. Review and try the merge again.',
  ]);
  const place = { owner: 'acme', repo: 'shop', pull_number: pull.number };
  await expect(octokit.rest.pulls.merge(place)).rejects.toMatchObject({ status: 405 });
  await octokit.graphql(enqueue, input({ expectedHeadOid: pull.head.sha }));
  expect(await facts()).toMatchObject({ isInMergeQueue: true, mergeQueueEntry: { state: 'QUEUED', position: 1 } });
  await octokit.graphql(`mutation ($id: ID!) { dequeuePullRequest(input: { id: $id }) { mergeQueueEntry { id } } }`, {
    id: pull.nodeId,
  });
  expect(await facts()).toMatchObject({ isInMergeQueue: false, mergeQueueEntry: null });
  await octokit.graphql(enqueue, input());
  await github.runQueue();
  expect(await facts()).toMatchObject({ state: 'MERGED', merged: true });
});

test('drafts, threads and branches are changed by mutation', async () => {
  await octokit.graphql(
    `mutation ($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { isDraft } } }`,
    input(),
  );
  expect(pull.draft).toBe(true);
  await octokit.graphql(
    `mutation ($input: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $input) { pullRequest { isDraft } } }`,
    input(),
  );
  expect(pull.draft).toBe(false);

  await github.review('alice', pull, {
    state: 'COMMENTED',
    comments: [{ path: 'src/cart.js', line: 1, body: 'Why?' }],
  });
  const threadId = pull.threads[0]?.nodeId;
  const reply = `mutation ($threadId: ID!) { addPullRequestReviewThreadReply(input: { pullRequestReviewThreadId: $threadId, body: "Because." }) { comment { body } } }`;
  await octokit.graphql(reply, { threadId });
  await octokit.graphql(
    `mutation ($threadId: ID!) { resolveReviewThread(input: { threadId: $threadId }) { thread { isResolved } } }`,
    { threadId },
  );
  expect(await facts()).toMatchObject({ reviewThreads: { nodes: [{ isResolved: true }] } });
  expect(pull.threads[0]?.comments.map(({ body }) => body)).toEqual(['Why?', 'Because.']);

  await github.push('alice', 'main', { 'b.txt': 'b\n' });
  const before = pull.head.sha;
  const update = `mutation ($input: UpdatePullRequestBranchInput!) { updatePullRequestBranch(input: $input) { pullRequest { headRefOid } } }`;
  await octokit.graphql(update, input({ expectedHeadOid: before, updateMethod: 'REBASE' }));
  expect(pull.head.sha).not.toBe(before);
  expect(await github.file('feature', 'b.txt')).toBe('b\n');
});

test('what the token does not cover is not found', async () => {
  const secret = await github.createRepository({ owner: 'else', name: 'secret', private: true });
  const query = `query { repository(owner: "else", name: "secret") { id } }`;
  expect(await refusal(octokit.graphql(query))).toEqual([
    "Could not resolve to a Repository with the name 'else/secret'.",
  ]);
  const node = `query ($id: ID!) { node(id: $id) { id } }`;
  expect(await refusal(octokit.graphql(node, { id: secret.nodeId }))).toEqual([
    `Could not resolve to a node with the global id of '${secret.nodeId}'`,
  ]);
});
