import { z } from 'zod';
import type { Sha } from '../goal/goal.ts';
import { callGitHub, MissingPermission, ONCE, parseReply, statusOf, type GitHub } from './client.ts';
import { ask, send } from './graphql.ts';
import { isRefusal } from './refusal.ts';

const ENQUEUE = `mutation($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { state } }
}`;
const ARM = `mutation($id: ID!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $id, expectedHeadOid: $head }) { pullRequest { id } }
}`;
const DEQUEUE = `mutation($id: ID!) { dequeuePullRequest(input: { id: $id }) { mergeQueueEntry { state } } }`;
const DISARM = `mutation($id: ID!) { disablePullRequestAutoMerge(input: { pullRequestId: $id }) { pullRequest { id } } }`;

/** What came of asking GitHub to merge later. `refused` has GitHub's words; `clean` means that it can be merged at once. */
export type Handover = { kind: 'accepted' } | { kind: 'refused'; reason: 'clean' | 'unknown'; message: string };

/** Puts exactly this head into the base's merge queue; the queue knows the method. Harmless twice: it says so if it has it. */
export async function enqueuePull(github: GitHub, pull: { id: string; head: Sha }): Promise<Handover> {
  return handOver(github, ENQUEUE, pull, /already (in|queued|enqueued)|already exists/i);
}

/** Tells GitHub to merge exactly this head once it is content. Harmless twice. */
export async function armAutoMerge(github: GitHub, pull: { id: string; head: Sha }): Promise<Handover> {
  return handOver(github, ARM, pull, /already (enabled|set)/i);
}

/** Takes an armed auto-merge back. Harmless twice. */
export async function disarmAutoMerge(github: GitHub, id: string): Promise<void> {
  await takeBack(github, { query: DISARM, id, done: /not enabled|can't disable|cannot disable/i });
}

/** Takes the pull request out of the merge queue. Harmless twice. */
export async function dequeuePull(github: GitHub, id: string): Promise<void> {
  await takeBack(github, {
    query: DEQUEUE,
    id,
    done: /not (in|part of|queued)|isn't (in|queued)|no merge queue entry/i,
  });
}

async function takeBack(
  github: GitHub,
  { query, id, done }: { query: string; id: string; done: RegExp },
): Promise<void> {
  try {
    await send(github, { what: 'take the merge back', query, variables: { id, ...ONCE } });
  } catch (error) {
    if (!done.test(wordsOf(error) ?? '')) throw error;
  }
}

/** What GitHub was told to do with a pull request, and what came of it. */
export type StandingOrder = {
  id: string;
  mergedSha: Sha | undefined;
  mergedBy: string | undefined;
  queued: boolean;
  armed: boolean;
};

const STANDING = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id mergeCommit { oid } mergedBy { login } isInMergeQueue autoMergeRequest { enabledAt }
    }
  }
}`;

const standingSchema = z.object({
  repository: z.object({
    pullRequest: z
      .object({
        id: z.string(),
        mergeCommit: z.object({ oid: z.string() }).nullish(),
        mergedBy: z.object({ login: z.string() }).nullish(),
        isInMergeQueue: z.boolean(),
        autoMergeRequest: z.object({}).nullish(),
      })
      .nullish(),
  }),
});

/** Reads it. Undefined if GitHub does not show the pull request. Throws TransientError and NotUnderstood. */
export async function findStandingOrder(github: GitHub, number: number): Promise<StandingOrder | undefined> {
  const { owner, name } = github.repository;
  const what = 'read what it was told to merge';
  const { data } = await ask(github, { what, query: STANDING, variables: { owner, name, number } });
  const pull = parseReply(what, standingSchema, data).repository.pullRequest;
  if (!pull) return undefined;
  const { id, mergeCommit, mergedBy, isInMergeQueue: queued, autoMergeRequest } = pull;
  return { id, mergedSha: mergeCommit?.oid, mergedBy: mergedBy?.login, queued, armed: Boolean(autoMergeRequest) };
}

async function handOver(
  github: GitHub,
  query: string,
  { id, head }: { id: string; head: Sha },
  done: RegExp,
): Promise<Handover> {
  try {
    await send(github, { what: 'hand the merge over', query, variables: { id, head, ...ONCE } });
    return { kind: 'accepted' };
  } catch (error) {
    const message = wordsOf(error);
    if (message === undefined) throw error;
    if (done.test(message)) return { kind: 'accepted' };
    return { kind: 'refused', reason: /in (clean|unstable) status/i.test(message) ? 'clean' : 'unknown', message };
  }
}

/** GraphQL's refusal in words; undefined for anything else. */
function wordsOf(error: unknown): string | undefined {
  if (error instanceof MissingPermission) return error.message;
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return undefined;
  const [first] = error.errors as { message?: string }[];
  return (first?.message ?? error.message).slice(0, 500);
}

/** Merges the base into exactly this head. GitHub does it later; the head moves then. `moved`: it was another head already. */
export async function updateBranch(github: GitHub, number: number, head: Sha): Promise<'accepted' | 'moved'> {
  const { owner, name } = github.repository;
  const order = { owner, repo: name, pull_number: number, expected_head_sha: head, ...ONCE };
  try {
    await callGitHub('update the branch', () => github.octokit.rest.pulls.updateBranch(order));
    return 'accepted';
  } catch (error) {
    if (isRefusal(error) && statusOf(error) === 422) return 'moved';
    throw error;
  }
}
