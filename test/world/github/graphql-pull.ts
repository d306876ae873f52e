import { listChanges, listCommits } from './git.ts';
import { actorNode, type Asking } from './graphql-accounts.ts';
import { connection, type PageArgs } from './graphql-connection.ts';
import { rollupNode } from './graphql-checks.ts';
import { commitNode, pullState, refNode, repositoryNode } from './graphql-repository.ts';
import type { Comment, Issue, Label, Pull, QueueEntry, Review, ReviewComment, ReviewThread } from './issue-state.ts';
import { mergeBase } from './merging.ts';
import { readMerging } from './pulls.ts';
import { reviewDecision, votesOn } from './rules.ts';
import { associationOf, issuePage, stamp } from './shapes.ts';
import { roleOf } from './state.ts';

export function labelNode({ state }: Asking, label: Label) {
  return {
    __typename: 'Label',
    id: label.nodeId,
    name: label.name,
    color: label.color,
    description: label.description,
    isDefault: false,
    url: state.url,
  };
}

function conversation(asking: Asking, issue: Issue | Pull) {
  const page = issuePage(asking.state, issue);
  return {
    id: issue.nodeId,
    databaseId: issue.id,
    fullDatabaseId: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    bodyText: issue.body ?? '',
    url: page,
    permalink: page,
    closed: issue.state === 'closed',
    locked: issue.locked,
    createdAt: stamp(issue.createdAt),
    updatedAt: stamp(issue.updatedAt),
    closedAt: issue.closedAt ? stamp(issue.closedAt) : null,
    author: () => actorNode(asking, issue.author),
    authorAssociation: associationOf(issue.repository, issue.author),
    repository: () => repositoryNode(asking, issue.repository),
    labels: (args: PageArgs) => connection('labels', issue.labels, args, (label) => labelNode(asking, label)),
    assignees: (args: PageArgs) => connection('assignees', issue.assignees, args, (one) => actorNode(asking, one)),
    comments: (args: PageArgs) =>
      connection('comments', issue.comments, args, (comment) => commentNode(asking, issue, comment)),
  };
}

export function issueNode(asking: Asking, issue: Issue): Record<string, unknown> {
  const reason = issue.stateReason?.toUpperCase() ?? null;
  const { closer } = issue;
  return {
    __typename: 'Issue',
    ...conversation(asking, issue),
    state: issue.state.toUpperCase(),
    stateReason: reason,
    // Of the timeline only the last close is modelled.
    timelineItems: ({ itemTypes, ...page }: PageArgs & { itemTypes?: string[] }) =>
      connection(
        'timelineItems',
        itemTypes?.includes('CLOSED_EVENT') && issue.state === 'closed' ? [closer] : [],
        page,
        (pull) => ({ __typename: 'ClosedEvent', closer: pull ? () => pullNode(asking, pull) : null }),
      ),
  };
}

function commentNode(asking: Asking, issue: Issue | Pull, comment: Comment) {
  return {
    __typename: 'IssueComment',
    id: comment.nodeId,
    databaseId: comment.id,
    body: comment.body,
    createdAt: stamp(comment.createdAt),
    updatedAt: stamp(comment.updatedAt),
    url: `${issuePage(asking.state, issue)}#issuecomment-${comment.id}`,
    author: () => actorNode(asking, comment.author),
    authorAssociation: associationOf(issue.repository, comment.author),
    isMinimized: false,
    viewerDidAuthor: comment.app === asking.token.installation.app,
  };
}

const mergeableNames = new Map<boolean | null, string>([
  [true, 'MERGEABLE'],
  [false, 'CONFLICTING'],
  [null, 'UNKNOWN'],
]);

export function pullNode(asking: Asking, pull: Pull): Record<string, unknown> {
  return {
    __typename: 'PullRequest',
    ...conversation(asking, pull),
    ...branchFields(asking, pull),
    ...mergeFields(asking, pull),
    ...reviewFields(asking, pull),
  };
}

function branchFields(asking: Asking, pull: Pull) {
  const { repository, head, base } = pull;
  return {
    state: pullState(pull),
    isDraft: pull.draft,
    isCrossRepository: false,
    headRefName: head.ref,
    headRefOid: head.sha,
    headRef: () => refNode(asking, repository, head.ref),
    headRepository: () => repositoryNode(asking, repository),
    headRepositoryOwner: () => actorNode(asking, repository.owner),
    baseRefName: base.ref,
    baseRefOid: base.sha,
    baseRef: () => refNode(asking, repository, base.ref),
    baseRepository: () => repositoryNode(asking, repository),
    additions: pull.size.additions,
    deletions: pull.size.deletions,
    changedFiles: pull.size.changedFiles,
    maintainerCanModify: false,
    statusCheckRollup: () => rollupNode(asking, repository, head.sha),
    commits: async (args: PageArgs) => {
      const commits = (await listCommits(repository.gitDir, `${await forkOf(pull)}..${head.sha}`)).toReversed();
      return connection('commits', commits, args, ({ sha }) => ({
        id: `PRC_${sha}`,
        url: '',
        commit: () => commitNode(asking, repository, sha),
      }));
    },
    files: async (args: PageArgs) => {
      const files = await listChanges(repository.gitDir, await forkOf(pull), head.sha);
      return connection('files', files, args, ({ path, additions, deletions, status }) => ({
        path,
        additions,
        deletions,
        changeType: status === 'removed' ? 'DELETED' : status.toUpperCase(),
        viewerViewedState: 'UNVIEWED',
      }));
    },
  };
}

async function forkOf(pull: Pull): Promise<string> {
  return (await mergeBase(pull.repository.gitDir, pull.base.sha, pull.head.sha)) ?? pull.base.sha;
}

/** Reading by GraphQL does not make GitHub work out mergeability: only a REST read does. */
function mergeFields(asking: Asking, pull: Pull) {
  const { repository, autoMerge, merged } = pull;
  const queue = repository.queues.get(pull.base.ref);
  const entry = queue?.find((one) => one.pull === pull);
  const read = () => readMerging(asking.state, pull, false);
  return {
    merged: merged !== undefined,
    mergedAt: merged ? stamp(merged.at) : null,
    mergedBy: merged ? () => actorNode(asking, merged.by) : null,
    mergeCommit: merged ? () => commitNode(asking, repository, merged.sha) : null,
    mergeable: async () => mergeableNames.get((await read()).mergeable),
    mergeStateStatus: async () => (await read()).state.toUpperCase(),
    canBeRebased: async () => (await read()).mergeable === true,
    isInMergeQueue: entry !== undefined,
    isMergeQueueEnabled: queue !== undefined,
    mergeQueueEntry: entry ? () => queueEntryNode(asking, entry) : null,
    timelineItems: ({ itemTypes, ...page }: PageArgs & { itemTypes?: string[] }) =>
      connection(
        'timelineItems',
        // Of the timeline only this kind is modelled.
        itemTypes?.includes('REMOVED_FROM_MERGE_QUEUE_EVENT') ? pull.removals : [],
        page,
        ({ at, reason }) => ({ __typename: 'RemovedFromMergeQueueEvent', createdAt: stamp(at), reason }),
      ),
    autoMergeRequest: autoMerge && {
      enabledBy: () => actorNode(asking, autoMerge.by.account),
      enabledAt: stamp(autoMerge.enabledAt),
      mergeMethod: autoMerge.method.toUpperCase(),
      commitHeadline: autoMerge.title ?? null,
      commitBody: autoMerge.message ?? null,
    },
  };
}

export function queueEntryNode(asking: Asking, { nodeId: id, pull, by, enqueuedAt }: QueueEntry) {
  const queue = pull.repository.queues.get(pull.base.ref) ?? [];
  return {
    __typename: 'MergeQueueEntry',
    id,
    state: 'QUEUED',
    position: queue.findIndex((one) => one.pull === pull) + 1,
    enqueuedAt: stamp(enqueuedAt),
    enqueuer: () => actorNode(asking, by.account),
    estimatedTimeToMerge: null,
    jump: false,
    solo: false,
    pullRequest: () => pullNode(asking, pull),
  };
}

function reviewFields(asking: Asking, pull: Pull) {
  const writes = (review: Review) => ['admin', 'maintain', 'write'].includes(roleOf(pull.repository, review.author));
  const latest = [...new Map(pull.reviews.map((review) => [review.author.id, review])).values()];
  const toNode = (review: Review) => reviewNode(asking, pull, review);
  return {
    reviewDecision: () => reviewDecision(pull),
    reviews: ({ states, ...page }: PageArgs & { states?: string[] }) =>
      connection(
        'reviews',
        pull.reviews.filter((review) => !states || states.includes(review.state)),
        page,
        toNode,
      ),
    latestReviews: (args: PageArgs & { writersOnly?: boolean }) =>
      connection(
        'latestReviews',
        latest.filter((review) => !args.writersOnly || writes(review)),
        args,
        toNode,
      ),
    latestOpinionatedReviews: (args: PageArgs & { writersOnly?: boolean }) =>
      connection('latestOpinionatedReviews', votesOn(pull), args, toNode),
    reviewRequests: (args: PageArgs) =>
      connection('reviewRequests', pull.requestedReviewers, args, (one) => ({
        requestedReviewer: actorNode(asking, one),
      })),
    reviewThreads: (args: PageArgs) =>
      connection('reviewThreads', pull.threads, args, (thread) => threadNode(asking, thread)),
  };
}

function reviewNode(asking: Asking, pull: Pull, review: Review) {
  return {
    __typename: 'PullRequestReview',
    id: review.nodeId,
    databaseId: review.id,
    state: review.state,
    body: review.body,
    submittedAt: stamp(review.submittedAt),
    author: () => actorNode(asking, review.author),
    authorAssociation: associationOf(pull.repository, review.author),
    authorCanPushToRepository: ['admin', 'maintain', 'write'].includes(roleOf(pull.repository, review.author)),
    commit: () => commitNode(asking, pull.repository, review.commitSha),
    url: `${issuePage(asking.state, pull)}#pullrequestreview-${review.id}`,
  };
}

export function threadNode(asking: Asking, thread: ReviewThread): Record<string, unknown> {
  const [first] = thread.comments;
  const resolvedBy = thread.resolvedBy;
  return {
    __typename: 'PullRequestReviewThread',
    id: thread.nodeId,
    isResolved: resolvedBy !== undefined,
    isCollapsed: resolvedBy !== undefined,
    isOutdated: first?.commitSha !== thread.pull.head.sha,
    path: first?.path ?? '',
    line: first?.line ?? null,
    resolvedBy: resolvedBy ? () => ({ ...actorNode(asking, resolvedBy), __typename: 'User' }) : null,
    viewerCanReply: true,
    viewerCanResolve: true,
    viewerCanUnresolve: true,
    pullRequest: () => pullNode(asking, thread.pull),
    comments: (args: PageArgs) =>
      connection('comments', thread.comments, args, (comment) => reviewCommentNode(asking, thread, comment)),
  };
}

export function reviewCommentNode(
  asking: Asking,
  thread: ReviewThread,
  comment: ReviewComment,
): Record<string, unknown> {
  return {
    __typename: 'PullRequestReviewComment',
    id: comment.nodeId,
    databaseId: comment.id,
    body: comment.body,
    path: comment.path,
    line: comment.line,
    createdAt: stamp(comment.createdAt),
    author: () => actorNode(asking, comment.author),
    authorAssociation: associationOf(thread.pull.repository, comment.author),
    url: `${issuePage(asking.state, thread.pull)}#discussion_r${comment.id}`,
    replyTo:
      comment.inReplyTo === undefined ? null : () => reviewCommentNode(asking, thread, thread.comments[0] ?? comment),
    pullRequestReview: () => reviewNode(asking, thread.pull, comment.review),
  };
}
