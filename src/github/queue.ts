import type { Sha } from '../goal/goal.ts';
import { callGitHub, ONCE, statusOf, type GitHub } from './client.ts';
import { isRefusal } from './refusal.ts';

const ENQUEUE = `mutation($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: { pullRequestId: $id, expectedHeadOid: $head }) { mergeQueueEntry { state } }
}`;
const ARM = `mutation($id: ID!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $id, expectedHeadOid: $head }) { pullRequest { id } }
}`;
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
  try {
    await callGitHub('disarm auto-merge', () => github.octokit.graphql(DISARM, { id, ...ONCE }));
  } catch (error) {
    if (!/not enabled|can't disable|cannot disable/i.test(wordsOf(error) ?? '')) throw error;
  }
}

async function handOver(
  github: GitHub,
  query: string,
  { id, head }: { id: string; head: Sha },
  done: RegExp,
): Promise<Handover> {
  try {
    await callGitHub('hand the merge over', () => github.octokit.graphql(query, { id, head, ...ONCE }));
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
