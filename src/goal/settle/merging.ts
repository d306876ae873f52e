import { createHash } from 'node:crypto';
import type { PullFacts } from './facts.ts';
import { after, block, MACHINE_POLL_MS, wait, type Row, type View } from './verdict.ts';

/** When to ask again after the first, second, … look at a mergeability that GitHub has not computed (rust-lang/bors). */
const MERGEABILITY_STEPS_MS = [5_000, 10_000, 15_000, 20_000, 25_000];
/** How long GitHub may block without a reason we see, and how long an armed auto-merge may do nothing. */
const PATIENCE_MS = 600_000;

/** A conflict keeps `pull_request` workflows from starting: it goes before anything that waits for checks. */
export const conflict: Row = ({ facts }) => {
  if (facts.mergeable !== 'CONFLICTING' && facts.mergeState !== 'DIRTY') return undefined;
  if (facts.fork) return block('human', 'It conflicts with the base and lives in a fork. Resolve the conflict there.');
  return { kind: 'update', how: 'rebase', reason: 'it conflicts with the base' };
};

/** Only a base that demands it is followed; the update itself starts checks anew. */
export const behind: Row = ({ facts, policy }) => {
  if (facts.mergeState !== 'BEHIND' || facts.rules === 'unreadable' || facts.rules.strict === false) return undefined;
  if (facts.fork) return block('human', 'It is behind the base and lives in a fork. Update it there.');
  const straight = facts.rules.linearHistory || policy.merge_method === 'rebase';
  return {
    kind: 'update',
    how: straight ? 'rebase' : 'update-branch',
    reason: 'it is behind the base, which wants it up to date',
  };
};

/** A queue or an armed auto-merge owns the merge now; one that does nothing is taken over or reported. */
export const leftToGitHub: Row = (view) => {
  const { facts, now, policy } = view;
  const { entry } = facts.queue;
  if (entry) {
    return now < after(entry.enqueuedAt, policy.checks.settle_timeout)
      ? wait(
          view,
          `it is in GitHub's merge queue (${entry.state})`,
          after(now, MACHINE_POLL_MS),
          after(entry.enqueuedAt, policy.checks.settle_timeout),
        )
      : block(
          'human',
          'It does not leave the merge queue. A required workflow without the `merge_group` trigger may be why.',
        );
  }
  const taken = facts.autoMergeSince ? after(facts.autoMergeSince, PATIENCE_MS) : now;
  return now < taken ? wait(view, 'auto-merge is on, so GitHub merges it', taken) : undefined;
};

/** GitHub computes mergeability in the background. Not computed is not mergeable. */
export const unknownMergeability: Row = (view) => {
  const { mergeable, mergeState } = view.facts;
  const known = ['BEHIND', 'BLOCKED', 'CLEAN', 'HAS_HOOKS', 'UNSTABLE'].includes(mergeState);
  if (mergeable === 'MERGEABLE' && known) return undefined;
  const { now, policy } = view;
  const since = greenFor(view);
  if (since >= policy.checks.settle_timeout) {
    return block('human', 'GitHub does not say whether it can be merged. Look at it on GitHub.');
  }
  const end = after(now, policy.checks.settle_timeout - since);
  return wait(view, 'GitHub has not said whether it can be merged', after(now, nextStep(since)), end);
};

/** Blocked though we find no reason: GitHub may lag (kodiak#98), or has a rule that only it can judge. */
export const blockedByGitHub: Row = (view) => {
  const { facts, checks, now } = view;
  if (facts.mergeState !== 'BLOCKED' || facts.rules === 'unreadable') return undefined;
  // Our own required check is written just before the merge; a queue takes it once GitHub is content.
  if (checks.demands.some((demand) => demand.own === 'unwritten')) return undefined;
  if (facts.queue.enabled && facts.repository.autoMerge) return undefined;
  const others = facts.rules.others.length > 0 ? ` (it may be ${facts.rules.others.join(', ')})` : '';
  if (greenFor(view) < PATIENCE_MS)
    return wait(
      view,
      `GitHub blocks it and omk sees no reason${others}`,
      after(now, 60_000),
      after(now, PATIENCE_MS - greenFor(view)),
    );
  return block('admin', `GitHub blocks the merge${others}. Its merge box names the rule.`);
};

/** What a look stands on beside the head: the tip of the base and the rules. */
export function groundOf({ base, rules }: PullFacts): string {
  return createHash('sha256')
    .update(JSON.stringify([base, rules]))
    .digest('hex')
    .slice(0, 16);
}

/** The second look: everything must have stood still for a while, and both looks saw the same base with the same rules. */
export const quiet: Row = (view) => {
  const { facts, memory, policy, checks, now } = view;
  const since = Math.max(memory.greenSince?.getTime() ?? now.getTime(), checks.changedAt?.getTime() ?? 0);
  const until = new Date(since + policy.checks.quiet);
  if (memory.greenSince === undefined || now < until)
    return wait(view, 'everything is green; making sure that it stays so', until);
  return memory.greenOn === groundOf(facts)
    ? undefined
    : wait(
        view,
        'everything is green; the base or its rules moved since the last look, so one more follows',
        after(now, 5_000),
      );
};

function greenFor({ memory, now }: View): number {
  return memory.greenSince ? now.getTime() - memory.greenSince.getTime() : 0;
}

function nextStep(elapsedMs: number): number {
  let passed = 0;
  for (const step of MERGEABILITY_STEPS_MS) {
    passed += step;
    if (elapsedMs < passed) return step;
  }
  return MACHINE_POLL_MS;
}
