import type { Sha } from '../goal.ts';
import type { Memory } from './verdict.ts';

/** Why GitHub refused a merge, as far as its words tell. `config`: nobody can merge like this until settings change; `stacked`: only in the background. */
export type RefusalReason =
  'head-moved' | 'base-modified' | 'checks-expected' | 'review' | 'config' | 'stacked' | 'unknown';

/** How often in a row this head was refused for this reason. */
export type Refused = { reason: RefusalReason; times: number };

/** What is kept of a head between two looks at its pull request. */
type Kept = { head: Sha; headSeenAt: Date | undefined; greenSince: Date | undefined; greenOn?: string | undefined };

const SECOND = 1_000;

/** What omk still knows of the head that GitHub shows now: of another head than the kept one nothing. */
export function recall(kept: Kept, head: Sha, now: Date): Pick<Memory, 'headSeenAt' | 'greenSince' | 'greenOn'> {
  const { headSeenAt, greenSince, greenOn } = kept;
  if (kept.head !== head) return { headSeenAt: now, greenSince: undefined, greenOn: undefined };
  return { headSeenAt: headSeenAt ?? now, greenSince, greenOn };
}

/** The count with one more refusal: another reason begins anew. */
export function countRefusal(before: Refused | undefined, reason: RefusalReason): Refused {
  return { reason, times: before?.reason === reason ? before.times + 1 : 1 };
}

/** `again`: everything is looked at anew after `ms`; `green` says whether what was seen of the checks still counts. */
type AfterRefusal = { kind: 'again'; ms: number; green: boolean } | { kind: 'held' };

/**
 * How to go on after a refused merge: a base that moved is tried three times (Tide, Bulldozer), checks that GitHub still
 * expects five times, a review is waited for, and settings need a person.
 */
export function afterRefusal({ reason, times }: Refused): AfterRefusal {
  switch (reason) {
    case 'base-modified':
      return times < 3 ? { kind: 'again', ms: 4 * SECOND * times, green: true } : { kind: 'held' };
    case 'review':
      return { kind: 'again', ms: 900 * SECOND, green: false };
    case 'config':
      return { kind: 'held' };
    default:
      return times < 5 ? { kind: 'again', ms: 30 * SECOND, green: false } : { kind: 'held' };
  }
}

/** GitHub's words for a pull request that a person took out of the queue, and for one whose checks did not pass in it. */
const BY_HAND = /manual|dequeued by|removed by/i;
const BY_CHECKS = /\bci(_|\b)|check|fail|time_?out|protection/i;

/**
 * How to go on with what GitHub's queue put out `times` times: what a person took out or checks failed on is a person's to
 * queue again; whatever else put it out, a conflict with another entry or a cleared queue, it goes in once more.
 */
export function afterRemoval(reason: string | undefined, times: number): 'again' | 'held' {
  if (reason !== undefined && (BY_HAND.test(reason) || (BY_CHECKS.test(reason) && !/conflict/i.test(reason)))) {
    return 'held';
  }
  return times < 2 ? 'again' : 'held';
}

/** Merges of one head whose reply was lost. `lost` counts earlier ones that turned out not to have happened. */
type Lost = { sentAt: Date; baseMoved: boolean; lost: number };

/**
 * How to go on while the pull request is open after a merge whose reply was lost (chdsbd/kodiak#397): GitHub gets ten
 * seconds; a base that moved may hold the merge, so a person looks; after a minute of stillness it is tried once more.
 */
export function afterLostReply({ sentAt, baseMoved, lost }: Lost, now: Date): 'retry' | 'held' | { until: Date } {
  const at = (seconds: number) => new Date(sentAt.getTime() + seconds * SECOND);
  if (now < at(10)) return { until: at(10) };
  if (baseMoved) return 'held';
  if (now < at(60)) return { until: at(60) };
  return lost === 0 ? 'retry' : 'held';
}
