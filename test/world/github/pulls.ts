import { scheduleSuites } from './checks.ts';
import { branchTip, isAncestor, listChanges, listCommits } from './git.ts';
import { emitIssue, newConversation } from './issues.ts';
import type { Pull } from './issue-state.ts';
import { mergeBase, mergesCleanly } from './merging.ts';
import type { Merging } from './pull-shapes.ts';
import { latestRuns, latestStatuses, refusalsOf, requirementsOf } from './rules.ts';
import { type Actor, type Repository, type State, nodeId, zeroSha } from './state.ts';

export const emitPull = emitIssue;

export type NewPull = { title: string; body: string | null; head: string; base: string; draft: boolean };

/** Opens a pull request for two branches that exist and differ; its checks are scheduled. */
export async function openPull(state: State, repository: Repository, fields: NewPull, actor: Actor): Promise<Pull> {
  const headSha = await branchTip(repository.gitDir, fields.head);
  const baseSha = await branchTip(repository.gitDir, fields.base);
  if (headSha === undefined || baseSha === undefined) throw new Error(`No branch ${fields.head} or ${fields.base}`);
  const common = newConversation(state, repository, fields, actor);
  const pull: Pull = {
    ...common,
    kind: 'pull',
    nodeId: nodeId('PR', common.id),
    draft: fields.draft,
    head: { ref: fields.head, sha: headSha },
    base: { ref: fields.base, sha: baseSha },
    merged: undefined,
    size: { commits: 0, additions: 0, deletions: 0, changedFiles: 0 },
    // GitHub tests the merge of a pull request that is got, created or edited.
    mergeability: { key: `${baseSha}:${headSha}`, status: 'asked' },
    autoMerge: undefined,
    removals: [],
    reviews: [],
    threads: [],
    requestedReviewers: [],
  };
  repository.issues.push(pull);
  state.nodes.set(pull.nodeId, { typename: 'PullRequest', entity: pull });
  await measure(pull);
  emitPull(state, pull, 'opened', actor);
  await scheduleSuites(state, repository, { sha: headSha, branch: fields.head, before: zeroSha, onlyOwn: false });
  return pull;
}

/** Counts what the pull request changes, from where its head left the base. */
export async function measure(pull: Pull): Promise<void> {
  const { gitDir } = pull.repository;
  const fork = (await mergeBase(gitDir, pull.base.sha, pull.head.sha)) ?? pull.base.sha;
  const files = await listChanges(gitDir, fork, pull.head.sha);
  pull.size = {
    commits: (await listCommits(gitDir, `${fork}..${pull.head.sha}`)).length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: files.length,
  };
}

/** The pull request with this number. */
export function findPull(repository: Repository, number: number): Pull | undefined {
  return repository.issues.find((one): one is Pull => one.kind === 'pull' && one.number === number);
}

/** Turns a draft into a pull request to review, or back. */
export function setDraft(state: State, pull: Pull, draft: boolean, actor: Actor): void {
  if (pull.draft === draft) return;
  pull.draft = draft;
  pull.updatedAt = state.clock.now();
  emitPull(state, pull, draft ? 'converted_to_draft' : 'ready_for_review', actor);
}

/** Chooses another base branch. */
export async function retarget(state: State, pull: Pull, branch: string, actor: Actor): Promise<void> {
  const sha = await branchTip(pull.repository.gitDir, branch);
  if (sha === undefined || branch === pull.base.ref) return;
  const from = pull.base;
  pull.base = { ref: branch, sha };
  pull.mergeability = { key: `${sha}:${pull.head.sha}`, status: 'asked' };
  pull.updatedAt = state.clock.now();
  await measure(pull);
  emitPull(state, pull, 'edited', actor, { changes: { base: { ref: { from: from.ref }, sha: { from: from.sha } } } });
}

/**
 * What GitHub knows about merging right now. A REST read (`asks`) of a pair of base and head that moved only starts
 * the work, and answers null; the next read has the result. A GraphQL read does not start it.
 */
async function readMergeability(pull: Pull, asks: boolean): Promise<boolean | null> {
  const tip = await branchTip(pull.repository.gitDir, pull.base.ref);
  const key = `${tip ?? ''}:${pull.head.sha}`;
  if (pull.mergeability.key !== key) pull.mergeability = { key, status: 'unasked' };
  const { status } = pull.mergeability;
  if (tip === undefined) return false;
  if (status === 'unasked' && asks) pull.mergeability.status = 'asked';
  else if (status === 'asked') {
    pull.mergeability.status = (await mergesCleanly(pull.repository.gitDir, tip, pull.head.sha))
      ? 'mergeable'
      : 'conflicting';
  }
  if (status === 'unasked' || pull.mergeability.status === 'asked') return null;
  return pull.mergeability.status === 'mergeable';
}

/** Whether the head lacks commits of the base. */
export async function isBehind(pull: Pull): Promise<boolean> {
  const tip = await branchTip(pull.repository.gitDir, pull.base.ref);
  return tip !== undefined && !(await isAncestor(pull.repository.gitDir, tip, pull.head.sha));
}

/** `mergeable` with `mergeable_state`, in the words of REST. */
export async function readMerging(state: State, pull: Pull, asks: boolean): Promise<Merging> {
  if (pull.state === 'closed') return { mergeable: null, state: 'unknown' };
  const mergeable = await readMergeability(pull, asks);
  if (mergeable === null) return { mergeable, state: 'unknown' };
  if (!mergeable) return { mergeable, state: 'dirty' };
  if (pull.draft) return { mergeable, state: 'draft' };
  if (refusalsOf(state, pull).length > 0) return { mergeable, state: 'blocked' };
  if (requirementsOf(pull.repository, pull.base.ref).strict && (await isBehind(pull)))
    return { mergeable, state: 'behind' };
  return { mergeable, state: isUnstable(state, pull) ? 'unstable' : 'clean' };
}

function isUnstable(state: State, pull: Pull): boolean {
  const runs = latestRuns(state, pull.repository, pull.head.sha);
  const statuses = latestStatuses(pull.repository, pull.head.sha);
  const fine = ['success', 'neutral', 'skipped'];
  return (
    runs.some((run) => run.status !== 'completed' || !fine.includes(run.conclusion ?? '')) ||
    statuses.some((status) => status.state !== 'success')
  );
}
