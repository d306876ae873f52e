import type { Pull, Review, ReviewComment } from './issue-state.ts';
import { repositoryShape } from './repository-shapes.ts';
import {
  associationOf,
  conversationShape,
  issuePage,
  reactionsShape,
  repositoryApi,
  stamp,
  userShape,
} from './shapes.ts';
import type { Json, State } from './state.ts';

/** What is known of a pull request's mergeability when it is shown. */
export type Merging = { mergeable: boolean | null; state: string };

const unknownMerging: Merging = { mergeable: null, state: 'unknown' };

/** `pull-request-simple`, as lists carry it. */
export function pullShape(state: State, pull: Pull): Json {
  const { repository } = pull;
  const url = repositoryApi(state, repository, `/pulls/${pull.number}`);
  const page = issuePage(state, pull);
  return {
    ...conversationShape(state, pull),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: repositoryApi(state, repository, `/issues/${pull.number}`),
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: repositoryApi(state, repository, '/pulls/comments{/number}'),
    comments_url: repositoryApi(state, repository, `/issues/${pull.number}/comments`),
    statuses_url: repositoryApi(state, repository, `/statuses/${pull.head.sha}`),
    draft: pull.draft,
    merged_at: pull.merged ? stamp(pull.merged.at) : null,
    merge_commit_sha: pull.merged?.sha ?? null,
    requested_reviewers: pull.requestedReviewers.map((one) => userShape(state, one)),
    requested_teams: [],
    head: sideShape(state, pull, 'head'),
    base: sideShape(state, pull, 'base'),
    _links: pullLinks(state, pull),
    auto_merge: autoMergeShape(state, pull),
  };
}

/** `pull-request`, the answer of `GET /repos/{owner}/{repo}/pulls/{pull_number}` and what webhooks carry. */
export function fullPullShape(state: State, pull: Pull, merging: Merging = unknownMerging): Json {
  return {
    ...pullShape(state, pull),
    merged: pull.merged !== undefined,
    mergeable: merging.mergeable,
    rebaseable: merging.mergeable,
    mergeable_state: merging.state,
    merged_by: pull.merged ? userShape(state, pull.merged.by) : null,
    review_comments: pull.threads.reduce((sum, thread) => sum + thread.comments.length, 0),
    maintainer_can_modify: false,
    commits: pull.size.commits,
    additions: pull.size.additions,
    deletions: pull.size.deletions,
    changed_files: pull.size.changedFiles,
  };
}

/** `pull-request-minimal`, as check runs and suites carry it. */
export function minimalPullShape(state: State, pull: Pull): Json {
  const repo = { id: pull.repository.id, url: repositoryApi(state, pull.repository), name: pull.repository.name };
  return {
    id: pull.id,
    number: pull.number,
    url: repositoryApi(state, pull.repository, `/pulls/${pull.number}`),
    head: { ...pull.head, repo },
    base: { ...pull.base, repo },
  };
}

function sideShape(state: State, pull: Pull, side: 'head' | 'base'): Json {
  const { owner } = pull.repository;
  const { ref, sha } = pull[side];
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: userShape(state, owner),
    repo: {
      ...repositoryShape(state, pull.repository),
      allow_squash_merge: pull.repository.mergeMethods.squash,
      allow_merge_commit: pull.repository.mergeMethods.merge,
      allow_rebase_merge: pull.repository.mergeMethods.rebase,
      allow_auto_merge: pull.repository.autoMergeAllowed,
      delete_branch_on_merge: pull.repository.deleteBranchOnMerge,
      allow_update_branch: true,
    },
  };
}

function pullLinks(state: State, pull: Pull): Json {
  const url = repositoryApi(state, pull.repository, `/pulls/${pull.number}`);
  const issue = repositoryApi(state, pull.repository, `/issues/${pull.number}`);
  return {
    self: { href: url },
    html: { href: issuePage(state, pull) },
    issue: { href: issue },
    comments: { href: `${issue}/comments` },
    review_comments: { href: `${url}/comments` },
    review_comment: { href: repositoryApi(state, pull.repository, '/pulls/comments{/number}') },
    commits: { href: `${url}/commits` },
    statuses: { href: repositoryApi(state, pull.repository, `/statuses/${pull.head.sha}`) },
  };
}

function autoMergeShape(state: State, pull: Pull): Json | null {
  if (!pull.autoMerge) return null;
  const { by, method, title, message } = pull.autoMerge;
  return {
    enabled_by: userShape(state, by.account),
    merge_method: method,
    commit_title: title ?? pull.title,
    commit_message: message ?? '',
  };
}

/** `pull-request-review`. */
export function reviewShape(state: State, pull: Pull, review: Review): Json {
  const url = repositoryApi(state, pull.repository, `/pulls/${pull.number}`);
  const page = `${issuePage(state, pull)}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: review.nodeId,
    user: userShape(state, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: url,
    author_association: associationOf(pull.repository, review.author),
    _links: { html: { href: page }, pull_request: { href: url } },
    submitted_at: stamp(review.submittedAt),
    commit_id: review.commitSha,
  };
}

/** `pull-request-review-comment`. */
export function reviewCommentShape(state: State, pull: Pull, comment: ReviewComment): Json {
  const url = repositoryApi(state, pull.repository, `/pulls/comments/${comment.id}`);
  const page = `${issuePage(state, pull)}#discussion_r${comment.id}`;
  const pullUrl = repositoryApi(state, pull.repository, `/pulls/${pull.number}`);
  return {
    url,
    pull_request_review_id: comment.review.id,
    id: comment.id,
    node_id: comment.nodeId,
    diff_hunk: `@@ -${comment.line},1 +${comment.line},1 @@`,
    path: comment.path,
    position: comment.line,
    original_position: comment.line,
    commit_id: comment.commitSha,
    original_commit_id: comment.commitSha,
    ...(comment.inReplyTo !== undefined && { in_reply_to_id: comment.inReplyTo }),
    user: userShape(state, comment.author),
    body: comment.body,
    created_at: stamp(comment.createdAt),
    updated_at: stamp(comment.updatedAt),
    html_url: page,
    pull_request_url: pullUrl,
    author_association: associationOf(pull.repository, comment.author),
    _links: { self: { href: url }, html: { href: page }, pull_request: { href: pullUrl } },
    reactions: reactionsShape(url, []),
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: comment.line,
    original_line: comment.line,
    side: 'RIGHT',
    subject_type: 'line',
  };
}
