import { type Answer, invalid, notFound } from './answer.ts';
import { reviewCommentShape, reviewShape } from './pull-shapes.ts';
import { findReviewComment, replyTo, submitReview } from './reviews.ts';
import { paged, type RepositoryCall, type Route, text } from './router.ts';
import { pullOf } from './routes-pulls.ts';

const read = ['pull_requests:read'];
const write = ['pull_requests:write'];
const one = '/repos/{owner}/{repo}/pulls/{pull_number}';

/** Reviews of pull requests and the comments on their lines. */
export const reviewRoutes: Route[] = [
  { method: 'GET', template: `${one}/reviews`, as: 'repository', needs: read, handle: listReviews },
  { method: 'POST', template: `${one}/reviews`, as: 'repository', needs: write, handle: createReview },
  { method: 'GET', template: `${one}/reviews/{review_id}`, as: 'repository', needs: read, handle: getReview },
  {
    method: 'GET',
    template: `${one}/reviews/{review_id}/comments`,
    as: 'repository',
    needs: read,
    handle: listCommentsOfReview,
  },
  { method: 'GET', template: `${one}/comments`, as: 'repository', needs: read, handle: listReviewComments },
  { method: 'POST', template: `${one}/comments/{comment_id}/replies`, as: 'repository', needs: write, handle: reply },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/pulls/comments/{comment_id}',
    as: 'repository',
    needs: read,
    handle: getReviewComment,
  },
];

function listReviews(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  return paged(
    call,
    pull.reviews.map((review) => reviewShape(call.state, pull, review)),
  );
}

const verdicts: Record<string, 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function createReview(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  const state = verdicts[text(call.body, 'event') ?? ''];
  if (!state) throw invalid({ resource: 'PullRequestReview', code: 'invalid', field: 'event' });
  if (pull.author === call.actor.account && state !== 'COMMENTED') {
    throw invalid({
      message:
        state === 'APPROVED'
          ? 'Can not approve your own pull request'
          : 'Can not request changes on your own pull request',
    });
  }
  const given = (call.body['comments'] ?? []) as { path: string; line?: number; body: string }[];
  const comments = given.map(({ path, line, body }) => ({ path, line: line ?? 1, body }));
  const review = submitReview(call.state, pull, { state, body: text(call.body, 'body') ?? '', comments }, call.actor);
  return { status: 200, body: reviewShape(call.state, pull, review) };
}

function getReview(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  const review = pull.reviews.find((one) => one.id === Number(call.params['review_id']));
  if (!review) throw notFound();
  return { status: 200, body: reviewShape(call.state, pull, review) };
}

function listReviewComments(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  const comments = pull.threads.flatMap((thread) => thread.comments).toSorted((a, b) => a.id - b.id);
  return paged(
    call,
    comments.map((comment) => reviewCommentShape(call.state, pull, comment)),
  );
}

function listCommentsOfReview(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  const comments = pull.threads
    .flatMap((thread) => thread.comments)
    .filter(({ review }) => review.id === Number(call.params['review_id']));
  return paged(
    call,
    comments.map((comment) => reviewCommentShape(call.state, pull, comment)),
  );
}

function reply(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  const found = findReviewComment(call.repository, Number(call.params['comment_id']));
  if (found?.pull !== pull) throw notFound();
  const comment = replyTo(call.state, found.thread, text(call.body, 'body') ?? '', call.actor);
  return { status: 201, body: reviewCommentShape(call.state, pull, comment) };
}

function getReviewComment(call: RepositoryCall): Answer {
  const found = findReviewComment(call.repository, Number(call.params['comment_id']));
  if (!found) throw notFound();
  return { status: 200, body: reviewCommentShape(call.state, found.pull, found.comment) };
}
