import type { ToolDecision } from './approval.ts';
import type { Batch } from './batch.ts';
import type { Spend } from './budget.ts';
import type { RunOptions } from './command.ts';
import type { GateResult } from './gate.ts';
import type { Ask, Base, Gates, GoalEnd, Person, Plan, Reason, Repository, Sha } from './goal.ts';
import type { Policy } from './policy.ts';
import type { Feedback, PlannedSlice, SlicePull, Wait } from './slice.ts';
import type { Wall } from './wall.ts';

/** An event as it was stored: its place in the goal's record and when. */
export type RecordedEvent = { seq: number; at: Date; event: GoalEvent };

export type IssueShut = 'closed' | 'locked';

/** What happened to a goal. Events are the record: never changed, never removed, the goal is their fold. */
export type GoalEvent =
  | {
      kind: 'asked';
      id: string;
      repository: Repository;
      issue: number;
      requester: Person;
      commentId: number | undefined;
      ask: Ask;
      options: RunOptions;
    }
  | { kind: 'accepted'; base: Base; policy: Policy; gates: Gates }
  | { kind: 'spent'; spend: Spend; on: string }
  /** What Kimi asked to do in one turn, and what it was answered; at most 100 of them, those that were refused first. */
  | { kind: 'tools-asked'; on: string; asked: number; refused: number; decisions: ToolDecision[] }
  /** Kimi could not plan: it is asked again after the wait. */
  | { kind: 'plan-delayed'; wait: Wait }
  | { kind: 'planned'; slices: PlannedSlice[]; plan: Plan; redOnBase: GateResult[] }
  | { kind: 'approved'; by: Person; hash: string }
  /** A person refuses the plan shown; the reason goes into the next one. */
  | { kind: 'rejected'; by: Person; text: string }
  | { kind: 'finished'; status: GoalEnd; reason: Reason | undefined }
  | { kind: 'paused'; by: Person }
  /** Without `by`: what the goal waited for came about on GitHub. */
  | { kind: 'resumed'; by?: Person | undefined }
  /** Its issue is closed or locked by somebody: the goal stands still until `issue-opened`. */
  | { kind: 'issue-shut'; how: IssueShut; by: Person }
  | { kind: 'issue-opened'; by: Person }
  /** A person said more: the goal is planned, or accepted, again with it. */
  | { kind: 'answered'; by: Person; text: string }
  /** The agent of slice `from` found work outside of its own: further slices, appended at once or when a person approves them. */
  | {
      kind: 'slices-proposed';
      from: string;
      slices: PlannedSlice[];
      notes: string[];
      hash: string;
      needsApproval: boolean;
    }
  /** What was proposed is not done: by the rules of a plan, or since a person refused it. */
  | { kind: 'proposal-refused'; from: string; reasons: string[] }
  /**
   * A person takes a slice back. `cancels` depended on it and is planned anew; `undo` is the slice that undoes a merge,
   * undefined where there is none to undo.
   */
  | { kind: 'reverted'; undoes: string; by: Person; cancels: string[]; undo: PlannedSlice | undefined }
  /** Slice `stuck` made no progress, `why`, also after a fresh start: its work is planned anew, in smaller slices or another order. */
  | { kind: 'regrouped'; stuck: string; why: string }
  /** A command was obeyed: `key` is its comment's, so that the same one is never obeyed twice. */
  | { kind: 'told'; key: string; answer: string }
  /** The repository has another name by now, or with `installationId` it is reached through another installation of the App. */
  | { kind: 'repository-renamed'; name: string; installationId?: number }
  | { kind: 'budget-extended'; by: Person; usd: number; tokens: number; timeMs: number }
  | SliceEvent;

/** What happened to one slice. */
export type SliceEvent = { slice: string } &
  /** `fresh`: why the turns before made no progress, so that this one begins without their memory. */
  (
    | { kind: 'build-started'; base: Base; fresh?: string | undefined }
    | {
        kind: 'build-failed';
        reason: string;
        /** The turn changed nothing. */
        empty?: boolean;
        feedback: Feedback[];
        kimiSession: string | undefined;
        /** A commit with the work as it stood; never pushed. */
        kept: Sha | undefined;
      }
    /**
     * The model's service broke a turn off, which counts for nothing: the same turn goes on after the wait, from what the agent left.
     * Without a wait a person is asked.
     */
    | { kind: 'interrupted'; wait: Wait | undefined; kimiSession?: string | undefined; kept?: Sha | undefined }
    | {
        kind: 'built';
        head: Sha;
        tree: Sha;
        changedFiles: string[];
        summary: string;
        kimiSession: string | undefined;
      }
    | { kind: 'verified'; results: GateResult[] }
    | { kind: 'gates-failed'; results: GateResult[]; feedback: Feedback[] }
    /** Gates failed for reasons of their own: they run again after the wait. */
    | { kind: 'gates-faulted'; results: GateResult[]; wait: Wait }
    | { kind: 'wall-passed'; wall: Wall }
    | { kind: 'wall-blocked'; wall: Wall; feedback: Feedback[] }
    /** People pushed `theirs` to the slice's branch; `head` is that, with what omk made meanwhile on top. */
    | {
        kind: 'adopted';
        base: Base;
        theirs: Sha;
        head: Sha;
        tree: Sha;
        changedFiles: string[];
        feedback: Feedback[];
      }
    | { kind: 'rebased'; base: Base; head: Sha; tree: Sha }
    /** What was built and not pushed yet was on a machine that is gone. */
    | { kind: 'work-lost' }
    | { kind: 'conflicted'; base: Base; files: string[]; feedback: Feedback[] }
    | { kind: 'pushed'; head: Sha }
    | { kind: 'delivered'; pull: SlicePull }
    | {
        kind: 'waiting';
        wait: Wait;
        headSeenAt: Date | undefined;
        greenSince: Date | undefined;
        greenOn?: string | undefined;
      }
    /** GitHub was told to merge this head by itself, and was told no more. */
    | { kind: 'entrusted' }
    | { kind: 'taken-back' }
    | { kind: 'held'; reason: Reason }
    | { kind: 'released' }
    | { kind: 'merge-asked'; by: Person }
    /** `by`: who merged it if not omk itself, such as `ada` or `github-merge-queue`. */
    | { kind: 'merged'; sha: Sha; by?: string | undefined }
    | { kind: 'sent-back'; feedback: Feedback[] }
    | { kind: 'slice-blocked'; reason: Reason }
    | { kind: 'retried'; by: Person }
    /** Its pull request, if it had one, is closed. */
    | { kind: 'slice-cancelled' }
    /** Somebody submitted a review: it is read at `until`, with what else is said by then. */
    | { kind: 'review-heard'; review: number; until: Date }
    /** The reviews were read; `batch` is what people who may write want, undefined if it is nothing. */
    | { kind: 'review-gathered'; reviews: number[]; batch: Batch | undefined; feedback: Feedback[] }
    /** The agent had an answer to every point and nothing to change. */
    | { kind: 'review-declined'; summary: string; kimiSession: string | undefined }
    /** Every thread of the batch was answered; `open`: with no more than that it waits for a person. */
    | { kind: 'review-answered'; open?: true | undefined }
    /** A person wants another turn. A turn that runs is not disturbed: it is followed by one more. */
    | { kind: 'fix-asked'; by: Person; text: string }
    | { kind: 'rebase-asked'; by: Person }
    /** A person lets one finding of the wall through. */
    | { kind: 'finding-accepted'; by: Person; finding: string; reason: string }
  );

/** True for what happened to one slice. */
export function isSliceEvent(event: GoalEvent): event is SliceEvent {
  return 'slice' in event;
}
