import { z } from 'zod';
import { capAnswer } from '../goal/island.ts';
import { callGitHub, listAll, mayHaveApplied, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import { around } from '../kill-point.ts';
import { ask, NotUnderstood } from './graphql.ts';

export type Reaction = '+1' | '-1' | 'laugh' | 'confused' | 'heart' | 'hooray' | 'rocket' | 'eyes';

export type Comment = { id: number; url: string; body: string };

const commentSchema = z
  .object({ id: z.number(), html_url: z.string(), body: z.string().nullish() })
  .transform(({ id, html_url, body }): Comment => ({ id, url: html_url, body: body ?? '' }));

/** Reacts to a comment, or to the issue itself, if it is still there. Harmless twice: GitHub keeps one reaction of each kind. */
export async function addReaction(
  github: GitHub,
  target: { content: Reaction } & ({ commentId: number } | { issue: number }),
): Promise<void> {
  const { octokit, repository } = github;
  const shared = { owner: repository.owner, repo: repository.name, content: target.content, ...ONCE };
  try {
    await around('reaction', () =>
      callGitHub('react', async () => {
        if ('commentId' in target) {
          await octokit.rest.reactions.createForIssueComment({ ...shared, comment_id: target.commentId });
        } else {
          await octokit.rest.reactions.createForIssue({ ...shared, issue_number: target.issue });
        }
      }),
    );
  } catch (error) {
    if (![404, 410].includes(statusOf(error) ?? 0)) throw error;
  }
}

/** The oldest comment with this marker that our own App wrote. A marker in anybody else's comment proves nothing. */
export async function findOwnComment(github: GitHub, issue: number, marker: string): Promise<Comment | undefined> {
  const { octokit, repository } = github;
  const place = { owner: repository.owner, repo: repository.name, issue_number: issue, per_page: 100 };
  const comments = await listAll('list comments', octokit.paginate.iterator(octokit.rest.issues.listComments, place));
  for (const comment of comments) {
    if (comment.body?.includes(marker) && (await isOwn(github, comment))) {
      return parseReply('list comments', commentSchema, comment);
    }
  }
  return undefined;
}

type Written = {
  performed_via_github_app?: { id: number } | null;
  user: { login: string; type: string } | null;
};

async function isOwn(github: GitHub, comment: Written): Promise<boolean> {
  if (comment.performed_via_github_app) return comment.performed_via_github_app.id === github.appId;
  return comment.user?.type === 'Bot' && comment.user.login === (await github.botLogin());
}

/**
 * Makes the comment with this marker say `body`, or so much of it as GitHub takes, with the marker. Harmless twice: it is looked up before it is made,
 * and read back when the outcome is unknown. With `knownId` it is edited at once; if it was deleted, it is made anew.
 * `isNew`: nobody ever tried to make it, so there is nothing to look up.
 */
export async function putComment(
  github: GitHub,
  comment: { issue: number; marker: string; body: string; knownId: number | undefined; isNew?: boolean },
): Promise<Comment> {
  const marked = comment.body.includes(comment.marker) ? comment.body : `${comment.marker}\n${comment.body}`;
  const body = capAnswer(marked);
  const edited = comment.knownId === undefined ? undefined : await editComment(github, comment.knownId, body);
  if (edited) return edited;
  const found = comment.isNew ? undefined : await findOwnComment(github, comment.issue, comment.marker);
  if (found) return sameText(found.body, body) ? found : ((await editComment(github, found.id, body)) ?? found);
  try {
    return await createComment(github, comment.issue, body);
  } catch (error) {
    const made = mayHaveApplied(error) ? await findOwnComment(github, comment.issue, comment.marker) : undefined;
    if (!made) throw error;
    return made;
  }
}

/** GitHub may change line ends and trim. */
function sameText(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
  return plain(one) === plain(other);
}

async function createComment({ octokit, repository }: GitHub, issue: number, body: string): Promise<Comment> {
  const place = { owner: repository.owner, repo: repository.name, issue_number: issue };
  const { data } = await around('comment:create', () =>
    callGitHub('comment', () => octokit.rest.issues.createComment({ ...place, body, ...ONCE })),
  );
  return parseReply('comment', commentSchema, data);
}

/** Undefined if the comment is gone. */
async function editComment({ octokit, repository }: GitHub, id: number, body: string): Promise<Comment | undefined> {
  const place = { owner: repository.owner, repo: repository.name, comment_id: id };
  try {
    const { data } = await around('comment:edit', () =>
      callGitHub('edit a comment', () => octokit.rest.issues.updateComment({ ...place, body, ...ONCE })),
    );
    return parseReply('edit a comment', commentSchema, data);
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 410) return undefined;
    throw error;
  }
}

/** Adds labels to an issue or pull request, and gives all that it has then; labels that do not exist are made. Harmless twice. */
export async function addLabels({ octokit, repository }: GitHub, issue: number, labels: string[]): Promise<string[]> {
  const place = { owner: repository.owner, repo: repository.name, issue_number: issue };
  const { data } = await around('label:add', () =>
    callGitHub('add labels', () => octokit.rest.issues.addLabels({ ...place, labels, ...ONCE })),
  );
  return parseReply('add labels', z.array(z.object({ name: z.string() })), data).map(({ name }) => name);
}

/** Takes a label away. Harmless twice. */
export async function removeLabel({ octokit, repository }: GitHub, issue: number, label: string): Promise<void> {
  const place = { owner: repository.owner, repo: repository.name, issue_number: issue };
  await unless(404, () =>
    callGitHub('remove a label', () => octokit.rest.issues.removeLabel({ ...place, name: label, ...ONCE })),
  );
}

/** Makes the repository's label if it is not there; one that is there stays as it is. `color` is six hex digits. */
export async function ensureLabel(
  { octokit, repository }: GitHub,
  label: { name: string; color: string; description: string },
): Promise<void> {
  const place = { owner: repository.owner, repo: repository.name };
  await unless(422, () =>
    callGitHub('make a label', () => octokit.rest.issues.createLabel({ ...place, ...label, ...ONCE })),
  );
}

async function unless(status: number, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (statusOf(error) !== status) throw error;
  }
}

export type Issue = {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  locked: boolean;
  isPull: boolean;
  labels: string[];
  author: { id: number; login: string } | undefined;
  /** Who closed it last. */
  closedBy: string | undefined;
};

const CLOSER = `query ($owner: String!, $name: String!, $issue: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $issue) {
      timelineItems(last: 1, itemTypes: CLOSED_EVENT) {
        nodes { ... on ClosedEvent { closer { ... on PullRequest { number } } } }
      }
    }
  }
}`;

const closerSchema = z.object({
  repository: z.object({
    issue: z.object({
      timelineItems: z.object({
        nodes: z
          .array(z.object({ closer: z.object({ number: z.number().optional() }).nullish() }).nullable())
          .nullish(),
      }),
    }),
  }),
});

/** The pull request whose merge closed the issue last; undefined if something else did, or GitHub does not say. Throws TransientError. */
export async function findCloser(github: GitHub, issue: number): Promise<number | undefined> {
  const what = 'read what closed the issue';
  const { owner, name } = github.repository;
  try {
    const { data } = await ask(github, { what, query: CLOSER, variables: { owner, name, issue } });
    return parseReply(what, closerSchema, data).repository.issue.timelineItems.nodes?.[0]?.closer?.number;
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

const issueSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']),
  locked: z.boolean().default(false),
  pull_request: z.unknown().optional(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])).default([]),
  user: z.object({ id: z.number(), login: z.string() }).nullish(),
  closed_by: z.object({ login: z.string() }).nullish(),
});

/** The issue as it is now. Throws Octokit's error with `status` 404 or 410 if it is gone. */
export async function getIssue({ octokit, repository }: GitHub, issue: number): Promise<Issue> {
  const place = { owner: repository.owner, repo: repository.name, issue_number: issue };
  const { data } = await callGitHub('read the issue', () => octokit.rest.issues.get(place));
  const {
    body,
    pull_request,
    labels,
    user,
    closed_by: closer,
    ...read
  } = parseReply('read the issue', issueSchema, data);
  const names = labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
  const isPull = pull_request !== undefined;
  return { ...read, body: body ?? '', isPull, labels: names, author: user ?? undefined, closedBy: closer?.login };
}
