import type { Pull, Review, ReviewComment, ReviewState, ReviewThread } from './issue-state.ts';
import { pullShape, reviewCommentShape, reviewShape } from './pull-shapes.ts';
import { type Actor, type Json, type Repository, type State, nodeId } from './state.ts';

export type NewReview = {
  state: Exclude<ReviewState, 'PENDING' | 'DISMISSED'>;
  body?: string;
  comments?: { path: string; line: number; body: string }[];
};

/** Submits a review with its line comments, each the start of a thread. */
export function submitReview(state: State, pull: Pull, fields: NewReview, actor: Actor): Review {
  const review = newReview(state, pull, fields.state, fields.body ?? '', actor);
  const comments = (fields.comments ?? []).map(({ path, line, body }) => {
    const comment = newComment(state, { pull, review, path, line, body, inReplyTo: undefined }, actor);
    openThread(state, pull, comment);
    return comment;
  });
  pull.requestedReviewers = pull.requestedReviewers.filter((one) => one !== actor.account);
  emitReview(state, pull, review, actor);
  for (const comment of comments) emitReviewComment(state, pull, comment, actor);
  return review;
}

function newReview(state: State, pull: Pull, verdict: ReviewState, body: string, actor: Actor): Review {
  const id = state.nextId();
  const review: Review = {
    id,
    nodeId: nodeId('PRR', id),
    author: actor.account,
    state: verdict,
    body,
    commitSha: pull.head.sha,
    submittedAt: state.clock.now(),
  };
  pull.reviews.push(review);
  pull.updatedAt = review.submittedAt;
  return review;
}

type CommentFields = { pull: Pull } & Pick<ReviewComment, 'review' | 'path' | 'line' | 'body' | 'inReplyTo'>;

function newComment(state: State, { pull, ...fields }: CommentFields, actor: Actor): ReviewComment {
  const now = state.clock.now();
  const id = state.nextId();
  return {
    ...fields,
    id,
    nodeId: nodeId('PRRC', id),
    author: actor.account,
    app: actor.app,
    commitSha: pull.head.sha,
    createdAt: now,
    updatedAt: now,
  };
}

function openThread(state: State, pull: Pull, comment: ReviewComment): void {
  const id = state.nextId();
  const thread: ReviewThread = { id, nodeId: nodeId('PRRT', id), pull, resolvedBy: undefined, comments: [comment] };
  pull.threads.push(thread);
  state.nodes.set(thread.nodeId, { typename: 'PullRequestReviewThread', entity: thread });
}

/** Answers in a thread. GitHub wraps the answer in a review of its own, with state COMMENTED. */
export function replyTo(state: State, thread: ReviewThread, body: string, actor: Actor): ReviewComment {
  const { pull } = thread;
  const first = thread.comments[0];
  if (!first) throw new Error('A thread begins with a comment');
  const review = newReview(state, pull, 'COMMENTED', '', actor);
  const { path, line, id } = first;
  const comment = newComment(state, { pull, review, path, line, body, inReplyTo: id }, actor);
  thread.comments.push(comment);
  emitReview(state, pull, review, actor);
  emitReviewComment(state, pull, comment, actor);
  return comment;
}

/** Resolves a thread, or opens it again. */
export function setResolved(state: State, thread: ReviewThread, resolved: boolean, actor: Actor): void {
  thread.resolvedBy = resolved ? actor.account : undefined;
  const { pull } = thread;
  const shape: Json = {
    node_id: thread.nodeId,
    comments: thread.comments.map((comment) => reviewCommentShape(state, pull, comment)),
  };
  const payload = { thread: shape, pull_request: pullShape(state, pull) };
  state.emit({
    event: 'pull_request_review_thread',
    action: resolved ? 'resolved' : 'unresolved',
    repository: pull.repository,
    actor,
    payload,
  });
}

/** The comment with this id, its thread and its pull request. */
export function findReviewComment(repository: Repository, id: number) {
  for (const pull of repository.issues) {
    if (pull.kind !== 'pull') continue;
    for (const thread of pull.threads) {
      const comment = thread.comments.find((one) => one.id === id);
      if (comment) return { pull, thread, comment };
    }
  }
  return undefined;
}

function emitReview(state: State, pull: Pull, review: Review, actor: Actor): void {
  // A webhook writes the state of a review in small letters, REST in capitals.
  const shape = { ...reviewShape(state, pull, review), state: review.state.toLowerCase() };
  const payload = { review: shape, pull_request: pullShape(state, pull) };
  state.emit({ event: 'pull_request_review', action: 'submitted', repository: pull.repository, actor, payload });
}

function emitReviewComment(state: State, pull: Pull, comment: ReviewComment, actor: Actor): void {
  const payload = { comment: reviewCommentShape(state, pull, comment), pull_request: pullShape(state, pull) };
  state.emit({ event: 'pull_request_review_comment', action: 'created', repository: pull.repository, actor, payload });
}
