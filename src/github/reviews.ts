import { z } from 'zod';
import type { Sha } from '../goal/goal.ts';
import { callGitHub, listAll, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import { around } from '../kill-point.ts';
import { send } from './graphql.ts';

/** A review as it was submitted, with its comments on lines. `state` is GitHub's word in capitals. */
export type SubmittedReview = {
  id: number;
  state: string;
  body: string;
  head: Sha | undefined;
  by: { id: number; login: string; type: string } | undefined;
  comments: ReviewComment[];
};

/** A comment on lines. `root` is the first comment of its thread. */
type ReviewComment = { id: number; root: number; path: string; line: number | undefined; body: string };

const author = z.object({ id: z.number(), login: z.string(), type: z.string().default('User') }).nullish();
const reviewSchema = z.object({
  id: z.number(),
  state: z.string(),
  body: z.string().nullish(),
  commit_id: z.string().nullish(),
  user: author,
});
const commentSchema = z
  .object({
    id: z.number(),
    in_reply_to_id: z.number().nullish(),
    path: z.string(),
    line: z.number().nullish(),
    original_line: z.number().nullish(),
    subject_type: z.string().nullish(),
    diff_hunk: z.string().default(''),
    body: z.string(),
  })
  .transform(({ id, in_reply_to_id, path, line, original_line, subject_type, diff_hunk, body }): ReviewComment => {
    const shown = subject_type === 'file' ? undefined : lastLineOf(diff_hunk);
    return { id, root: in_reply_to_id ?? id, path, line: original_line ?? line ?? shown, body };
  });

/** A comment stands at the last line of its hunk. In the list of one review's comments GitHub need not number the line. */
function lastLineOf(hunk: string): number | undefined {
  const [header = '', ...lines] = hunk.split('\n');
  const [, from, to] = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(header) ?? [];
  if (from === undefined || to === undefined || lines.length === 0) return undefined;
  const isOld = lines.at(-1)?.startsWith('-');
  const passed = lines.filter((line) => !line.startsWith(isOld ? '+' : '-') && !line.startsWith('\\'));
  return Number(isOld ? from : to) + passed.length - 1;
}

function place({ repository }: GitHub, pull: number) {
  return { owner: repository.owner, repo: repository.name, pull_number: pull };
}

/** The review with this id; undefined if it is gone. */
export async function findReview(github: GitHub, pull: number, id: number): Promise<SubmittedReview | undefined> {
  const { pulls } = github.octokit.rest;
  const which = { ...place(github, pull), review_id: id };
  try {
    const { data } = await callGitHub('read a review', () => pulls.getReview(which));
    const { state, body, commit_id, user } = parseReply('read a review', reviewSchema, data);
    const pages = github.octokit.paginate.iterator(pulls.listCommentsForReview, { ...which, per_page: 100 });
    const items = await listAll('read the comments of a review', pages);
    const comments = items.map((item) => parseReply('read the comments of a review', commentSchema, item));
    return { id, state, body: body ?? '', head: commit_id ?? undefined, by: user ?? undefined, comments };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** A thread as GitHub has it: `nodeId` is its name in GraphQL, `bodies` are its comments, the first hundred of them. */
export type ReviewThread = { nodeId: string; root: number; isResolved: boolean; bodies: string[] };

const THREADS = `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    reviewThreads(first: 50, after: $after) {
      nodes { id isResolved comments(first: 100) { nodes { databaseId body } } }
      pageInfo { hasNextPage endCursor }
    }
  } }
}`;

const threadsSchema = z.object({
  repository: z.object({
    pullRequest: z.object({
      reviewThreads: z.object({
        nodes: z.array(
          z.object({
            id: z.string(),
            isResolved: z.boolean(),
            comments: z.object({ nodes: z.array(z.object({ databaseId: z.number(), body: z.string() })) }),
          }),
        ),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    }),
  }),
});

/** Every thread of the pull request. */
export async function listThreads(github: GitHub, pull: number): Promise<ReviewThread[]> {
  const { owner, name } = github.repository;
  const threads: ReviewThread[] = [];
  let after: string | null = null;
  for (;;) {
    const variables = { owner, name, number: pull, after };
    const data = await send(github, { what: 'read the threads', query: THREADS, variables });
    const { nodes, pageInfo } = parseReply('read the threads', threadsSchema, data).repository.pullRequest
      .reviewThreads;
    for (const { id, isResolved, comments } of nodes) {
      const root = comments.nodes[0]?.databaseId;
      const bodies = comments.nodes.map(({ body }) => body);
      if (root !== undefined) threads.push({ nodeId: id, root, isResolved, bodies });
    }
    if (!pageInfo.hasNextPage) return threads;
    after = pageInfo.endCursor;
  }
}

/** Answers in a thread. Look for the answer first: twice is two comments. */
export async function replyInThread(
  github: GitHub,
  pull: number,
  answer: { root: number; body: string },
): Promise<void> {
  const order = { ...place(github, pull), comment_id: answer.root, body: answer.body, ...ONCE };
  await around('thread:reply', () =>
    callGitHub('answer in a thread', () => github.octokit.rest.pulls.createReplyForReviewComment(order)),
  );
}

const RESOLVE = `mutation($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }`;

/** Resolves a thread. Harmless twice. */
export async function resolveThread(github: GitHub, { nodeId }: Pick<ReviewThread, 'nodeId'>): Promise<void> {
  await around('thread:resolve', () =>
    send(github, { what: 'resolve a thread', query: RESOLVE, variables: { id: nodeId, ...ONCE } }),
  );
}
