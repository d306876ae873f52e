import type { Sha } from '../goal.ts';
import type { Policy } from '../policy.ts';
import type { MergeMethod, PullFacts } from './facts.ts';
import type { OrderedFreeze } from './freeze.ts';
import type { Habits } from './habits.ts';
import type { Weighed, WeighedChecks } from './weigh.ts';

/** A check that stands in the way. `says` is GitHub's word for it; `id` is the run's, undefined for a status or suite. */
export type FailedCheck = {
  name: string;
  id: number | undefined;
  required: boolean;
  says: string;
  url: string | undefined;
};

/** One context as the verdict saw it, for the record. */
type Evidence = { name: string; required: boolean; says: string };

/** Who can move a blocked pull request on: the agent by a fix turn, anyone with write access, or an administrator of repository or app. */
export type Mover = 'agent' | 'human' | 'admin';

/**
 * What to do with a pull request now. Every wait has a timer, and the time when a person is asked if it has an end; every block
 * names a deed. `publish` are required checks
 * of our own app to write as success just before the merge. A queue ignores `method`.
 */
export type SettleVerdict =
  | { kind: 'done'; sha: Sha }
  | { kind: 'gone'; reason: string }
  | { kind: 'wait'; reason: string; recheckAt: Date; askedAt?: Date | undefined; greenSince?: Date; greenOn?: string }
  | { kind: 'block'; reason: string; who: Mover; failed?: FailedCheck[] }
  | { kind: 'update'; how: 'update-branch' | 'rebase'; reason: string }
  | {
      kind: 'ready';
      method: MergeMethod;
      via: 'merge' | 'queue' | 'auto-merge';
      publish: string[];
      contexts: Evidence[];
      greenSince?: Date;
      greenOn?: string;
    };

/**
 * What omk remembers of this head. `headSeenAt` starts the grace; `greenSince` and `greenOn` are what the last verdict on this head
 * returned (undefined again after a refused merge); `pushed` is the last commit omk pushed; `frozen` is who said `/omk freeze`, and why;
 * `habits` is what checks usually do in this repository.
 */
export type Memory = {
  headSeenAt: Date;
  greenSince: Date | undefined;
  greenOn?: string | undefined;
  pushed?: Sha | undefined;
  frozen?: OrderedFreeze | undefined;
  habits?: Habits | undefined;
};

/** All that a row of the rule looks at. */
export type View = { facts: PullFacts; memory: Memory; policy: Policy; now: Date; checks: WeighedChecks };

/** One row of the rule: its verdict, or undefined if it has no objection. */
export type Row = (view: View) => SettleVerdict | undefined;

const SECOND = 1_000;
/** How long to trust that a webhook will tell: about machines, about people. */
export const MACHINE_POLL_MS = 300 * SECOND;
export const PERSON_POLL_MS = 900 * SECOND;

export function after(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}

/** A wait until `at`, at least a second from now. Where waiting has an end, a person is asked at `askedAt`. */
export function wait(view: View, reason: string, at: Date, askedAt?: Date): SettleVerdict & { kind: 'wait' } {
  const earliest = after(view.now, SECOND);
  return { kind: 'wait', reason, recheckAt: at > earliest ? at : earliest, askedAt };
}

/** When omk stops waiting for checks of this head. */
export function settleEnd({ memory, policy }: View): Date {
  return after(memory.headSeenAt, policy.checks.settle_timeout);
}

export function block(who: Mover, reason: string): SettleVerdict {
  return { kind: 'block', reason, who };
}

/** Names for a sentence, at most five. */
export function quote(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `\`${name}\``);
  return shown.join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}

/** The check as the verdict reports it. */
export function toFailed(check: Weighed): FailedCheck {
  const { name, id, required, says, url } = check;
  return { name, id, required, says, url };
}
