import { refMoved } from './branches.ts';
import { branchTip, listCommits, moveRef, type Signature } from './git.ts';
import type { MergeMethod, Pull, QueueEntry } from './issue-state.ts';
import { updateIssue } from './issues.ts';
import { mergeCommit, mergesCleanly, rebaseOnto } from './merging.ts';
import { emitPull, isBehind, readMerging } from './pulls.ts';
import { isProtected, refusalsOf, requirementsOf } from './rules.ts';
import { type Account, type Actor, ensureAccount, type Repository, type State, nodeId, zeroSha } from './state.ts';

export type MergeWish = {
  method: MergeMethod;
  sha?: string | undefined;
  title?: string | undefined;
  message?: string | undefined;
};

/** What came of a wish to merge: the commit on the base, or GitHub's status and words. */
export type MergeOutcome = { kind: 'merged'; sha: string } | { kind: 'refused'; status: 405 | 409; message: string };

const methodNames = { merge: 'Merge commits are', squash: 'Squash merges are', rebase: 'Rebase merges are' } as const;

/** Merges for real, as GitHub's merge button does with all its rules. */
export async function mergePull(state: State, pull: Pull, wish: MergeWish, actor: Actor): Promise<MergeOutcome> {
  const refusal = await refusalFor(state, pull, wish);
  if (refusal) return { kind: 'refused', ...refusal };
  const required = requirementsOf(pull.repository, pull.base.ref);
  if (required.queue) return { kind: 'refused', status: 405, message: 'Changes must be made through the merge queue' };
  return land(state, pull, wish, actor);
}

async function refusalFor(
  state: State,
  pull: Pull,
  wish: MergeWish,
): Promise<{ status: 405 | 409; message: string } | undefined> {
  const { repository, base, head } = pull;
  if (repository.archived) return { status: 405, message: 'Repository was archived so is read-only.' };
  if (wish.sha !== undefined && wish.sha !== head.sha) {
    return { status: 409, message: 'Head branch was modified. Review and try the merge again.' };
  }
  if (pull.state === 'closed') return { status: 405, message: 'Pull Request is not mergeable' };
  if (pull.draft) return { status: 405, message: 'Pull Request is still a draft' };
  const tip = await branchTip(repository.gitDir, base.ref);
  if (tip === undefined || !(await mergesCleanly(repository.gitDir, tip, head.sha))) {
    return { status: 405, message: 'Pull Request is not mergeable' };
  }
  const required = requirementsOf(repository, base.ref);
  if (!required.queue && !required.methods.includes(wish.method)) {
    return { status: 405, message: `${methodNames[wish.method]} not allowed on this repository.` };
  }
  const reasons = refusalsOf(state, pull);
  if (reasons.length > 0) {
    return {
      status: 405,
      message: required.ruleset
        ? `Repository rule violations found\n\n${reasons.join('\n\n')}\n\n`
        : (reasons[0] ?? ''),
    };
  }
  if (required.strict && (await isBehind(pull)))
    return { status: 405, message: 'Head branch is out of date. Review and try the merge again.' };
  return undefined;
}

async function land(state: State, pull: Pull, wish: MergeWish, actor: Actor): Promise<MergeOutcome> {
  const { repository, base, head } = pull;
  const tip = (await branchTip(repository.gitDir, base.ref)) ?? zeroSha;
  const message = await commitMessage(pull, wish);
  const author = signatureOf(state, actor.account);
  const merged = await mergeCommit({
    gitDir: repository.gitDir,
    base: tip,
    head: head.sha,
    method: wish.method,
    message,
    author,
  });
  const moved =
    merged.kind === 'merged' && (await moveRef(repository.gitDir, `refs/heads/${base.ref}`, merged.sha, tip));
  if (merged.kind === 'conflict' || !moved) {
    return { kind: 'refused', status: 405, message: 'Base branch was modified. Review and try the merge again.' };
  }
  const now = state.clock.now();
  Object.assign(pull, {
    state: 'closed',
    closedAt: now,
    updatedAt: now,
    closedBy: actor.account,
    autoMerge: undefined,
  });
  pull.merged = { at: now, by: actor.account, sha: merged.sha };
  await refMoved(state, repository, { ref: `refs/heads/${base.ref}`, before: tip, after: merged.sha }, actor);
  emitPull(state, pull, 'closed', actor);
  closeLinked(state, pull, message, actor);
  if (repository.deleteBranchOnMerge) await deleteHead(state, pull, actor);
  return { kind: 'merged', sha: merged.sha };
}

const CLOSES = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b/gi;

/** A merge into the default branch closes the issues that the pull request, or the message of the merge, names with a closing keyword. */
function closeLinked(state: State, pull: Pull, message: string, actor: Actor): void {
  const { repository, base, body } = pull;
  if (base.ref !== repository.defaultBranch) return;
  for (const [, number] of `${body ?? ''}\n\n${message}`.matchAll(CLOSES)) {
    const issue = repository.issues.find((one) => one.number === Number(number));
    if (issue?.kind === 'issue') updateIssue(state, issue, { state: 'closed', closer: pull }, actor);
  }
}

/** GitHub deletes the head after a merge and moves children to the parent's base first. */
async function deleteHead(state: State, pull: Pull, actor: Actor): Promise<void> {
  const { repository, head, base } = pull;
  for (const child of repository.issues) {
    if (child.kind === 'pull' && child.state === 'open' && child.base.ref === head.ref) child.base = { ...base };
  }
  const ref = `refs/heads/${head.ref}`;
  if (!(await moveRef(repository.gitDir, ref, undefined, head.sha))) return;
  await refMoved(state, repository, { ref, before: head.sha, after: zeroSha }, actor);
}

async function commitMessage(pull: Pull, wish: MergeWish): Promise<string> {
  const { repository, head, base, title, number } = pull;
  if (wish.method === 'merge') {
    const subject = wish.title ?? `Merge pull request #${number} from ${repository.owner.login}/${head.ref}`;
    return `${subject}\n\n${wish.message ?? title}`;
  }
  const commits = (await listCommits(repository.gitDir, `refs/heads/${base.ref}..${head.sha}`)).toReversed();
  const single = commits.length === 1 ? commits[0] : undefined;
  const [subject = '', ...rest] = (single?.message ?? '').split('\n');
  const body = single ? rest.join('\n').trim() : commits.map((commit) => `* ${commit.message}`).join('\n\n');
  return `${wish.title ?? `${single ? subject : title} (#${number})`}\n\n${wish.message ?? body}`.trimEnd();
}

/** How GitHub signs a commit made for an account. */
export function signatureOf(state: State, account: Account): Signature {
  return {
    name: account.login,
    email: `${account.id}+${account.login}@users.noreply.github.com`,
    date: state.clock.now(),
  };
}

export type Update = { expectedHead?: string | undefined; method: 'MERGE' | 'REBASE' };

/** Brings the base into the head. Undefined when done, otherwise GitHub's words. */
export async function updateBranch(
  state: State,
  pull: Pull,
  { expectedHead, method }: Update,
  actor: Actor,
): Promise<string | undefined> {
  const { repository, head, base } = pull;
  if (expectedHead !== undefined && expectedHead !== head.sha)
    return `expected head sha didn’t match current head ref.`;
  const tip = await branchTip(repository.gitDir, base.ref);
  if (tip === undefined || !(await isBehind(pull))) return 'There are no new commits on the base branch.';
  const author = signatureOf(state, actor.account);
  const message = `Merge branch '${base.ref}' into ${head.ref}`;
  const merged =
    method === 'REBASE'
      ? await rebaseOnto(repository.gitDir, tip, head.sha, author)
      : await mergeCommit({ gitDir: repository.gitDir, base: head.sha, head: tip, method: 'merge', message, author });
  if (merged.kind === 'conflict') return 'merge conflict between base and head';
  const ref = `refs/heads/${head.ref}`;
  await moveRef(repository.gitDir, ref, merged.sha, head.sha);
  await refMoved(state, repository, { ref, before: head.sha, after: merged.sha }, actor);
  return undefined;
}

/** Arms auto-merge. Undefined when armed, otherwise GitHub's words. */
export async function enableAutoMerge(
  state: State,
  pull: Pull,
  wish: MergeWish,
  actor: Actor,
): Promise<string | undefined> {
  if (!pull.repository.autoMergeAllowed) return 'Pull request Auto merge is not allowed for this repository';
  if (pull.state === 'closed') return 'Pull request is closed';
  if (pull.draft) return 'Pull request is a draft';
  if (!isProtected(pull.repository, pull.base.ref))
    return 'Pull request Protected branch rules not configured for this branch';
  const { state: merging } = await readMerging(state, pull, true);
  if (merging === 'clean' || merging === 'unstable') return `Pull request Pull request is in ${merging} status`;
  const { method, title, message } = wish;
  pull.autoMerge = { by: actor, method, enabledAt: state.clock.now(), title, message };
  emitPull(state, pull, 'auto_merge_enabled', actor);
  return undefined;
}

export function disableAutoMerge(state: State, pull: Pull, actor: Actor): void {
  if (!pull.autoMerge) return;
  pull.autoMerge = undefined;
  emitPull(state, pull, 'auto_merge_disabled', actor, { reason: null });
}

/** Puts a pull request at the end of its base's merge queue; a string is GitHub's refusal. */
export async function enqueue(
  state: State,
  pull: Pull,
  expectedHead: string | undefined,
  actor: Actor,
): Promise<QueueEntry | string> {
  const queue = pull.repository.queues.get(pull.base.ref);
  if (!queue) return 'Merge queue is not enabled for this branch';
  if (queue.some((entry) => entry.pull === pull)) return 'Pull request is already in the queue';
  const refusal = await refusalFor(state, pull, { method: 'merge', sha: expectedHead });
  if (refusal) return refusal.message;
  const id = state.nextId();
  const entry: QueueEntry = { id, nodeId: nodeId('MQE', id), pull, by: actor, enqueuedAt: state.clock.now() };
  queue.push(entry);
  emitPull(state, pull, 'enqueued', actor);
  return entry;
}

/** Takes a pull request out of the queue and gives its entry. */
export function dequeue(state: State, pull: Pull, reason: string, actor: Actor): QueueEntry | undefined {
  const queue = pull.repository.queues.get(pull.base.ref) ?? [];
  const at = queue.findIndex((entry) => entry.pull === pull);
  const [entry] = at < 0 ? [] : queue.splice(at, 1);
  if (!entry) return undefined;
  pull.removals.push({ at: state.clock.now(), reason });
  emitPull(state, pull, 'dequeued', actor, { reason });
  return entry;
}

/** Lets the merge queue of a branch merge all it holds, as the bot that it is on GitHub. */
export async function runQueue(state: State, repository: Repository, branch: string): Promise<void> {
  const queue = repository.queues.get(branch) ?? [];
  while (queue[0]) {
    const { pull } = queue[0];
    const by = { account: ensureAccount(state, 'github-merge-queue[bot]'), app: undefined };
    const method = requirementsOf(repository, branch).methods[0] ?? 'merge';
    queue.shift();
    await land(state, pull, { method }, by);
  }
}

/** Merges, or puts into the queue, what waits for its rules with auto-merge. GitHub does this after every change. */
export async function settleAutoMerges(state: State): Promise<void> {
  for (const { issues } of state.repositories) {
    for (const pull of issues) {
      if (pull.kind !== 'pull' || !pull.autoMerge || (await refusalFor(state, pull, pull.autoMerge))) continue;
      const { by, method, title, message } = pull.autoMerge;
      if (pull.repository.queues.has(pull.base.ref)) {
        pull.autoMerge = undefined;
        await enqueue(state, pull, undefined, by);
      } else {
        await land(state, pull, { method, title, message }, by);
      }
    }
  }
}
