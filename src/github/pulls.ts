import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { callGitHub, listAll, mayHaveApplied, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import type { RefusalReason } from '../goal/settle/attempt.ts';
import { around } from '../kill-point.ts';
import { send } from './graphql.ts';
import { isRefusal, readRefusal } from './refusal.ts';

/** A pull request as GitHub has it. `nodeId` is its name in GraphQL; `base` is a branch. */
export type Pull = {
  number: number;
  nodeId: string;
  url: string;
  state: 'open' | 'closed' | 'merged';
  draft: boolean;
  title: string;
  body: string;
  head: Sha;
  headBranch: string;
  base: string;
  mergedSha: Sha | undefined;
  mergedBy: string | undefined;
};

const pullSchema = z
  .object({
    number: z.number(),
    node_id: z.string(),
    html_url: z.string(),
    state: z.enum(['open', 'closed']),
    draft: z.boolean().default(false),
    title: z.string(),
    body: z.string().nullish(),
    head: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }).nullish() }),
    base: z.object({ ref: z.string() }),
    merged_at: z.string().nullish(),
    merge_commit_sha: z.string().nullish(),
    merged_by: z.object({ login: z.string() }).nullish(),
  })
  .transform(({ node_id, html_url, state, body, head, base, merged_at, merge_commit_sha, merged_by, ...rest }) => {
    const merged = typeof merged_at === 'string';
    const pull: Pull = {
      ...rest,
      nodeId: node_id,
      url: html_url,
      state: merged ? 'merged' : state,
      body: body ?? '',
      head: head.sha,
      headBranch: head.ref,
      base: base.ref,
      // Before the merge GitHub keeps the sha of a trial merge here.
      mergedSha: merged ? (merge_commit_sha ?? undefined) : undefined,
      mergedBy: merged_by?.login,
    };
    return { pull, headRepository: head.repo?.id };
  });

function toPull(what: string, data: unknown): Pull {
  return parseReply(what, pullSchema, data).pull;
}

function place({ repository }: GitHub) {
  return { owner: repository.owner, repo: repository.name };
}

/** The pull request from this branch of this repository: the open one, else the one made last. */
export async function findPull(github: GitHub, branch: string): Promise<Pull | undefined> {
  const { octokit, repository } = github;
  const { data } = await callGitHub('look for the pull request', () =>
    octokit.rest.pulls.list({ ...place(github), head: `${repository.owner}:${branch}`, state: 'all', per_page: 100 }),
  );
  const pulls = parseReply('look for the pull request', z.array(pullSchema), data)
    // GitHub ignores a filter that it cannot read.
    .filter(({ pull, headRepository }) => pull.headBranch === branch && headRepository === repository.id)
    .map(({ pull }) => pull)
    .toSorted((a, b) => b.number - a.number);
  return pulls.find((pull) => pull.state === 'open') ?? pulls[0];
}

/** The pull request with this number. Throws Octokit's error with `status` 404 if there is none. */
export async function getPull(github: GitHub, number: number): Promise<Pull> {
  const { data } = await callGitHub('read the pull request', () =>
    github.octokit.rest.pulls.get({ ...place(github), pull_number: number }),
  );
  return toPull('read the pull request', data);
}

export type NewPull = { base: string; head: string; title: string; body: string; draft: boolean };

/**
 * Opens the pull request, or returns the one this branch already has: harmless twice. One that a person closed is
 * returned as it is, never reopened. `isNew`: nobody ever tried to open it, so there is nothing to look up.
 * Throws UserError if GitHub says that it cannot be opened.
 */
export async function openPull(github: GitHub, pull: NewPull, { isNew = false } = {}): Promise<Pull> {
  const found = isNew ? undefined : await findPull(github, pull.head);
  if (found) return found;
  try {
    const { data } = await around('pull:open', () =>
      callGitHub('open the pull request', () =>
        github.octokit.rest.pulls.create({ ...place(github), ...pull, ...ONCE }),
      ),
    );
    return toPull('open the pull request', data);
  } catch (error) {
    const exists = statusOf(error) === 422 && /already exists/i.test((error as Error).message);
    const made = exists || mayHaveApplied(error) ? await findPull(github, pull.head) : undefined;
    if (made) return made;
    throw statusOf(error) === 422 ? cannotOpen(pull, error as Error) : error;
  }
}

function cannotOpen({ base, head }: NewPull, error: Error): UserError {
  const rows: [RegExp, string][] = [
    [/no commits between/i, `\`${head}\` holds nothing that \`${base}\` does not have.`],
    [/draft pull requests are not supported/i, 'This repository has no draft pull requests. Use delivery `auto-pr`.'],
    [/"field":\s*"base"/i, `The base branch \`${base}\` is not there. Choose one that is.`],
    [/"field":\s*"head"/i, `The branch \`${head}\` is not there.`],
    [/too long/i, 'Title or body is too long.'],
  ];
  const hint = rows.find(([pattern]) => pattern.test(error.message))?.[1];
  return new UserError('GitHub refused the pull request.', hint ?? firstLine(error.message));
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}

/** Changes title, body, base or state. Harmless twice. */
async function patchPull(
  github: GitHub,
  { number, ...change }: { number: number; title?: string; body?: string; base?: string; state?: 'closed' },
): Promise<Pull> {
  const { data } = await around('pull:update', () =>
    callGitHub('change the pull request', () =>
      github.octokit.rest.pulls.update({ ...place(github), pull_number: number, ...change, ...ONCE }),
    ),
  );
  return toPull('change the pull request', data);
}

/** Gives the pull request this title and body. Harmless twice. */
export async function updatePull(
  github: GitHub,
  change: { number: number; title: string; body: string },
): Promise<Pull> {
  return patchPull(github, change);
}

/** Closes the pull request without merging it. Harmless twice. */
export async function closePull(github: GitHub, number: number): Promise<Pull> {
  return patchPull(github, { number, state: 'closed' });
}

/** Gives the pull request another base branch. Harmless twice. GitHub refuses it (422) for a closed one. */
export async function retargetPull(github: GitHub, number: number, base: string): Promise<Pull> {
  return patchPull(github, { number, base });
}

/** Every open pull request into this branch. Retarget them before the branch goes: GitHub closes them otherwise. */
export async function listOpenPullsWithBase(github: GitHub, base: string): Promise<Pull[]> {
  const { octokit } = github;
  const pages = octokit.paginate.iterator(octokit.rest.pulls.list, {
    ...place(github),
    base,
    state: 'open',
    per_page: 100,
  });
  const items = await listAll('list pull requests', pages);
  return items.map((item) => toPull('list pull requests', item)).filter((pull) => pull.base === base);
}

const TO_READY = `mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`;

/** Takes the draft mark away. Harmless twice. */
export async function markReady(github: GitHub, pull: Pick<Pull, 'nodeId'>): Promise<void> {
  await send(github, { what: 'mark it ready', query: TO_READY, variables: { id: pull.nodeId, ...ONCE } });
}

/** What came of a merge. `unknown`: GitHub may have merged it; read the pull request again before anything else. */
export type Merged =
  | { kind: 'merged'; sha: Sha }
  | { kind: 'refused'; status: number; reason: RefusalReason; message: string }
  | { kind: 'unknown' };

export type MergeOrder = {
  number: number;
  /** The only head that may be merged. */
  sha: Sha;
  method: 'squash' | 'merge' | 'rebase';
  title: string;
  message: string;
};

const mergedSchema = z.object({ sha: z.string(), merged: z.literal(true) });

/** Merges exactly this head. Sent once: a second call after `unknown` could merge nothing else, but may be refused. */
export async function mergePull(github: GitHub, { number, sha, method, title, message }: MergeOrder): Promise<Merged> {
  try {
    const words = method === 'rebase' ? {} : { commit_title: title, commit_message: message };
    const order = { ...place(github), pull_number: number, sha, merge_method: method, ...words, ...ONCE };
    const { data } = await around('merge', () => callGitHub('merge', () => github.octokit.rest.pulls.merge(order)));
    return { kind: 'merged', sha: parseReply('merge', mergedSchema, data).sha };
  } catch (error) {
    if (mayHaveApplied(error)) return { kind: 'unknown' };
    if (!isRefusal(error)) throw error;
    return { kind: 'refused', ...readRefusal(error) };
  }
}
