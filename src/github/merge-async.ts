import { z } from 'zod';
import { around } from '../kill-point.ts';
import { callGitHub, mayHaveApplied, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import type { MergeOrder } from './pulls.ts';
import { isRefusal, readRefusal } from './refusal.ts';

/** What GitHub says of a merge that it does in the background. `lost`: it knows of none, or its reply was lost. */
export type AsyncMerge =
  { kind: 'pending'; uuid: string } | { kind: 'merged' } | { kind: 'refused'; message: string } | { kind: 'lost' };

const replySchema = z.object({
  status: z.enum(['pending', 'merged', 'enqueued', 'failed']),
  details: z.object({
    message: z.string().default(''),
    uuid: z.string().optional(),
    expected_head_sha: z.string().optional(),
  }),
});

// Octokit has no method for them yet.
const PUT: string = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge-async';
const GET: string = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/merge-async/{uuid}';

function place({ repository }: GitHub, number: number) {
  return { owner: repository.owner, repo: repository.name, pull_number: number };
}

/**
 * Asks GitHub to merge exactly this head in the background: the only way for a pull request of a stack, where it merges all
 * that stands below too. Harmless twice: GitHub keeps one order for each pull request. Throws Octokit's refusals it does not document.
 */
export async function mergeAsync(
  github: GitHub,
  { number, sha, method, title, message }: MergeOrder,
): Promise<AsyncMerge> {
  const words = method === 'rebase' ? {} : { commit_title: title, commit_message: message };
  const order = {
    ...place(github, number),
    sha,
    merge_method: method,
    merge_action: 'direct_merge',
    ...words,
    ...ONCE,
  };
  try {
    const { data } = await around('merge', () => callGitHub('merge', () => github.octokit.request(PUT, order)));
    return read(data, sha);
  } catch (error) {
    if (mayHaveApplied(error)) return { kind: 'lost' };
    const body: unknown = isRefusal(error) ? error.response?.data : undefined;
    // 409: there is an order already; 400: it is not ready to be merged.
    if ([400, 409].includes(statusOf(error) ?? 0) && replySchema.safeParse(body).success) return read(body, sha);
    if (!isRefusal(error)) throw error;
    return { kind: 'refused', message: readRefusal(error).message };
  }
}

/** What came of it so far. GitHub keeps it for a day. */
export async function readAsyncMerge(github: GitHub, number: number, uuid: string): Promise<AsyncMerge> {
  try {
    const { data } = await callGitHub('read the merge', () =>
      github.octokit.request(GET, { ...place(github, number), uuid }),
    );
    return read(data, undefined);
  } catch (error) {
    if (statusOf(error) === 404) return { kind: 'lost' };
    throw error;
  }
}

function read(data: unknown, sha: string | undefined): AsyncMerge {
  const { status, details } = parseReply('merge', replySchema, data);
  if (status === 'failed') return { kind: 'refused', message: details.message };
  if (status === 'merged' || status === 'enqueued') return { kind: 'merged' };
  const other = sha !== undefined && details.expected_head_sha !== undefined && details.expected_head_sha !== sha;
  if (other || details.uuid === undefined) {
    return { kind: 'refused', message: 'GitHub is about to merge another head of this pull request.' };
  }
  return { kind: 'pending', uuid: details.uuid };
}
