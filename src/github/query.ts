import { LEAVE_FIELDS } from './leave.ts';

/** The lists of a pull request, by connection: how many a page holds and what is read of each. */
const LISTS = {
  labels: { page: 'first: 50', node: 'name' },
  files: { page: 'first: 100', node: 'path' },
  latestOpinionatedReviews: { page: 'writersOnly: true, first: 100', node: 'state author { login }' },
  reviewThreads: { page: 'first: 100', node: 'isResolved' },
} as const;

export type ListName = keyof typeof LISTS;
export const LIST_NAMES = Object.keys(LISTS) as ListName[];

const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';

function list(name: ListName, after = ''): string {
  const { page, node } = LISTS[name];
  return `${name}(${page}${after}) { nodes { ${node} } ${PAGE_INFO} }`;
}

const CONTEXT = `
  kind: __typename
  ... on CheckRun {
    databaseId name status conclusion startedAt completedAt detailsUrl
    isRequired(pullRequestNumber: $number)
    checkSuite { databaseId app { databaseId slug } workflowRun { event workflow { name } file { path } } }
  }
  ... on StatusContext {
    context state createdAt targetUrl
    isRequired(pullRequestNumber: $number)
    creator { kind: __typename login }
  }`;

function contexts(after = ''): string {
  return `statusCheckRollup { contexts(first: 100${after}) { nodes { ${CONTEXT} } ${PAGE_INFO} } }`;
}

/** The count of runs is the only connection within a connection: fifty suites with it still cost one point. */
const SUITE = `databaseId status conclusion createdAt app { databaseId slug } workflowRun { event workflow { name } }
    checkRuns(first: 1) { totalCount }`;

function suites(after = ''): string {
  return `checkSuites(first: 50${after}) { nodes { ${SUITE} } ${PAGE_INFO} }`;
}

const RULES = `rules(first: 100) {
          nodes {
            type
            parameters {
              kind: __typename
              ... on RequiredStatusChecksParameters {
                requiredStatusChecks { context integrationId } strictRequiredStatusChecksPolicy
              }
              ... on PullRequestParameters {
                allowedMergeMethods requiredApprovingReviewCount requireCodeOwnerReview requiredReviewThreadResolution
              }
              ... on WorkflowsParameters { workflows { path } }
            }
          }
          ${PAGE_INFO}
        }`;

/**
 * Everything one evaluation needs, for one point: the pull request with its checks and the rules of its base, who asked and
 * the state of the issue, and whether other pull requests have its branch as their base or head. The rollup's `state` is left out on purpose: beside
 * `contexts` it counts superseded runs (pvcnt/mergeable#189).
 */
export const FACTS_QUERY = `query (
  $owner: String!, $name: String!, $number: Int!, $branch: String!, $issue: Int!, $login: String!
) {
  repository(owner: $owner, name: $name) {
    ${LEAVE_FIELDS}
    children: pullRequests(baseRefName: $branch, states: OPEN, first: 1) { totalCount }
    twins: pullRequests(headRefName: $branch, states: OPEN, first: 1) { totalCount }
    isArchived mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed deleteBranchOnMerge autoMergeAllowed
    pullRequest(number: $number) {
      id number title state isDraft isCrossRepository headRefOid headRefName baseRefName baseRefOid
      mergeable mergeStateStatus canBeRebased reviewDecision isMergeQueueEnabled
      mergeCommit { oid }
      mergedBy { login }
      mergeQueueEntry { state enqueuedAt }
      autoMergeRequest { enabledAt }
      removals: timelineItems(last: 1, itemTypes: REMOVED_FROM_MERGE_QUEUE_EVENT) {
        nodes { ... on RemovedFromMergeQueueEvent { createdAt reason } }
      }
      ${LIST_NAMES.map((name) => list(name)).join('\n      ')}
      baseRef {
        target { oid }
        associatedPullRequests(states: OPEN, first: 10) { nodes { number headRefName isCrossRepository } }
        refUpdateRule {
          requiredStatusCheckContexts requiredApprovingReviewCount requiresCodeOwnerReviews
          requiresConversationResolution requiresLinearHistory requiresSignatures
        }
        ${RULES}
      }
      commits(last: 1) { nodes { commit { oid ${contexts()} ${suites()} } } }
    }
  }
}`;

/** The next page of one list of the pull request. */
export function listPageQuery(name: ListName): string {
  return `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${list(name, ', after: $after')} } }
}`;
}

/** A page of the contexts or suites of one commit; without `after` the first. */
export function commitPageQuery(kind: 'contexts' | 'suites'): string {
  // GraphQL refuses variables that are not used.
  const number = kind === 'contexts' ? ', $number: Int!' : '';
  const read = kind === 'contexts' ? contexts(', after: $after') : suites(', after: $after');
  return `query ($owner: String!, $name: String!, $oid: GitObjectID!, $after: String${number}) {
  repository(owner: $owner, name: $name) { object(oid: $oid) { ... on Commit { oid ${read} } } }
}`;
}
