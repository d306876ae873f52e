import type { Policy } from './policy.ts';
import * as checks from './settle/checks.ts';
import { chooseMethod } from './settle/method.ts';
import * as pull from './settle/pull.ts';
import * as merging from './settle/merging.ts';
import type { PullFacts } from './settle/facts.ts';
import { after, wait, type Memory, type Row, type SettleVerdict, type View } from './settle/verdict.ts';
import { weighChecks } from './settle/weigh.ts';

export type { PullFacts } from './settle/facts.ts';
export type { FailedCheck, Memory, SettleVerdict } from './settle/verdict.ts';

/** The first row that objects decides. */
const FIRST: Row[] = [
  pull.closedOff,
  pull.strangePush,
  pull.workflowChange,
  pull.held,
  pull.draft,
  checks.unread,
  checks.failed,
  merging.conflict,
];

/** Nothing but a person or a fix turn helps. */
const BLOCKING: Row[] = [
  pull.objections,
  pull.unprotected,
  pull.noMethod,
  checks.neverReported,
  checks.neverSettled,
  checks.optionalFailed,
  checks.noChecks,
];

/** All of these are told together. */
const WAITING: Row[] = [
  pull.frozen,
  pull.stacked,
  pull.unreviewed,
  checks.grace,
  checks.usual,
  checks.missing,
  checks.pending,
];

/** Asked only once people and checks are content. */
const LAST: Row[] = [
  merging.behind,
  merging.leftToGitHub,
  // GitHub works mergeability out meanwhile.
  merging.quiet,
  merging.unknownMergeability,
  merging.blockedByGitHub,
];

/**
 * Whether this pull request may be merged now, and if not why and until when. Pure, total and monotone: a check that
 * fails, runs or says something new never makes it ready. Give it `greenSince` and `greenOn` back with the next call
 * about the same head; absent means that they must be forgotten.
 */
export function settle(facts: PullFacts, memory: Memory, policy: Policy, now: Date): SettleVerdict {
  const view: View = { facts, memory, policy, now, checks: weighChecks(facts, policy, memory, now) };
  const early = ended(view) ?? first(view, FIRST) ?? first(view, BLOCKING) ?? gather(view);
  if (early) return early;
  const verdict = first(view, LAST) ?? ready(view);
  return verdict.kind === 'wait' || verdict.kind === 'ready'
    ? { ...verdict, greenSince: memory.greenSince ?? now, greenOn: merging.groundOf(facts) }
    : verdict;
}

function ended(view: View): SettleVerdict | undefined {
  const { state, mergedSha } = view.facts;
  if (state === 'open') return undefined;
  if (state === 'closed') return { kind: 'gone', reason: 'it was closed without being merged' };
  return mergedSha === undefined
    ? wait(view, 'GitHub has merged it and not yet named the commit', after(view.now, 5_000))
    : { kind: 'done', sha: mergedSha };
}

function first(view: View, rows: readonly Row[]): SettleVerdict | undefined {
  for (const row of rows) {
    const verdict = row(view);
    if (verdict) return verdict;
  }
  return undefined;
}

/** Every reason to wait in one verdict, with the earliest time; a row that blocks speaks alone. */
function gather(view: View): SettleVerdict | undefined {
  const verdicts = WAITING.map((row) => row(view)).filter((verdict) => verdict !== undefined);
  const waits = verdicts.filter((verdict) => verdict.kind === 'wait');
  const other = verdicts.find((verdict) => verdict.kind !== 'wait');
  if (other || waits.length === 0) return other;
  const recheckAt = new Date(Math.min(...waits.map((verdict) => verdict.recheckAt.getTime())));
  const ends = waits.flatMap((verdict) => verdict.askedAt ?? []).toSorted((a, b) => a.getTime() - b.getTime());
  return { kind: 'wait', reason: waits.map((verdict) => verdict.reason).join('; '), recheckAt, askedAt: ends[0] };
}

function ready(view: View): SettleVerdict {
  const { facts, policy, checks } = view;
  if (facts.rules === 'unreadable') throw new Error('Ready without having read the rules');
  const choice = chooseMethod(facts, facts.rules, policy.merge_method);
  if (choice.kind === 'none') throw new Error(`Ready without a merge method: ${choice.reason}`);
  const queue = facts.mergeState === 'BLOCKED' ? 'auto-merge' : 'queue';
  return {
    kind: 'ready',
    method: choice.method,
    via: facts.queue.enabled ? queue : 'merge',
    publish: checks.demands.filter((demand) => demand.own === 'unwritten').map((demand) => demand.name),
    contexts: checks.checks.map(({ name, required, says }) => ({ name, required, says })),
  };
}
