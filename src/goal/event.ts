import { assertNever } from '../errors.ts';
import { addSpend, NO_SPEND, type Spend } from './budget.ts';
import type { RunOptions } from './command.ts';
import type { GateResult } from './gate.ts';
import type { Ask, Base, Gates, Goal, GoalEnd, Person, Plan, Reason, Repository, Sha } from './goal.ts';
import type { Policy } from './policy.ts';
import type { Feedback, PlannedSlice, Slice, SlicePull, Wait } from './slice.ts';
import type { Wall } from './wall.ts';

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
  | { kind: 'status-comment-posted'; commentId: number }
  | { kind: 'accepted'; base: Base; policy: Policy; gates: Gates }
  | { kind: 'spent'; spend: Spend; on: string }
  | { kind: 'plan-failed'; reason: string }
  | { kind: 'planned'; slices: PlannedSlice[]; plan: Plan; redOnBase: GateResult[] }
  | { kind: 'approved'; by: Person; hash: string }
  | { kind: 'finished'; status: GoalEnd; reason: Reason | undefined }
  | { kind: 'paused'; by: Person }
  | { kind: 'resumed'; by: Person }
  | SliceEvent;

/** What happened to one slice. */
export type SliceEvent = { slice: string } & (
  | { kind: 'build-started'; base: Base }
  | { kind: 'build-failed'; reason: string; feedback: Feedback[] }
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
  | { kind: 'wall-passed'; wall: Wall }
  | { kind: 'wall-blocked'; wall: Wall; feedback: Feedback[] }
  | { kind: 'rebased'; base: Base; head: Sha; tree: Sha }
  | { kind: 'conflicted'; base: Base; files: string[]; feedback: Feedback[] }
  | { kind: 'delivered'; pull: SlicePull }
  | { kind: 'waiting'; wait: Wait; headSeenAt: Date | undefined; greenSince: Date | undefined }
  | { kind: 'merged'; sha: Sha }
  | { kind: 'sent-back'; feedback: Feedback[] }
  | { kind: 'slice-blocked'; reason: Reason }
  | { kind: 'retried'; by: Person }
  | { kind: 'slice-cancelled' }
);

export function isSliceEvent(event: GoalEvent): event is SliceEvent {
  return 'slice' in event;
}

/** The goal after one more event. Pure; `at` is when it was recorded. Throws on an event that cannot follow. */
export function applyEvent(goal: Goal | undefined, event: GoalEvent, at: Date): Goal {
  if (!goal) {
    if (event.kind !== 'asked') throw new Error(`A goal begins with "asked", not "${event.kind}"`);
    return newGoal(event, at);
  }
  const next = isSliceEvent(event)
    ? { ...goal, slices: goal.slices.map((slice) => (slice.id === event.slice ? applyToSlice(slice, event) : slice)) }
    : applyToGoal(goal, event, at);
  const text = describeEvent(event);
  const recent = text === undefined ? goal.recent : [...goal.recent, { at, text }].slice(-5);
  return { ...next, recent, version: goal.version + 1 };
}

function newGoal(event: GoalEvent & { kind: 'asked' }, at: Date): Goal {
  const { kind: _, ...asked } = event;
  return {
    ...asked,
    status: 'queued',
    reason: undefined,
    policy: undefined,
    gates: undefined,
    base: undefined,
    redOnBase: [],
    plan: undefined,
    planAttempts: 0,
    statusCommentId: undefined,
    slices: [],
    spend: NO_SPEND,
    createdAt: at,
    endedAt: undefined,
    version: 1,
    recent: [{ at, text: `asked by ${event.requester.login}` }],
  };
}

function applyToGoal(goal: Goal, event: Exclude<GoalEvent, SliceEvent>, at: Date): Goal {
  switch (event.kind) {
    case 'asked':
      throw new Error(`Goal ${goal.id} was asked already`);
    case 'status-comment-posted':
      return { ...goal, statusCommentId: event.commentId };
    case 'accepted':
      return { ...goal, status: 'planning', base: event.base, policy: event.policy, gates: event.gates };
    case 'spent':
      return { ...goal, spend: addSpend(goal.spend, event.spend) };
    case 'plan-failed':
      return { ...goal, planAttempts: goal.planAttempts + 1 };
    case 'planned':
      return {
        ...goal,
        status: 'running',
        plan: event.plan,
        redOnBase: event.redOnBase,
        slices: event.slices.map(newSlice),
      };
    case 'approved':
      return { ...goal, status: 'running', plan: goal.plan && { ...goal.plan, approvedBy: event.by } };
    case 'finished':
      return { ...goal, status: event.status, reason: event.reason, endedAt: at };
    case 'paused':
      return { ...goal, status: 'paused' };
    case 'resumed':
      return { ...goal, status: goal.plan ? 'running' : goal.policy ? 'planning' : 'queued', reason: undefined };
    default:
      return assertNever(event);
  }
}

function newSlice(planned: PlannedSlice): Slice {
  return {
    ...planned,
    status: 'planned',
    reason: undefined,
    attempts: { builds: 0, rounds: 0, batches: 0, total: 0 },
    feedback: [],
    base: undefined,
    head: undefined,
    tree: undefined,
    summary: '',
    changedFiles: [],
    kimiSession: undefined,
    gates: [],
    wall: undefined,
    pull: undefined,
    wait: undefined,
    mergedSha: undefined,
    headSeenAt: undefined,
    greenSince: undefined,
    turn: 0,
  };
}

function applyToSlice(before: Slice, event: SliceEvent): Slice {
  const slice = { ...before, turn: before.turn + 1, wait: undefined };
  const unproven = { gates: [], wall: undefined, headSeenAt: undefined, greenSince: undefined };
  switch (event.kind) {
    case 'build-started': {
      const attempts = { ...slice.attempts, builds: slice.attempts.builds + 1, total: slice.attempts.total + 1 };
      return { ...slice, status: 'building', base: event.base, attempts };
    }
    case 'build-failed':
      return { ...slice, status: 'building', feedback: event.feedback };
    case 'built': {
      const { head, tree, changedFiles, summary, kimiSession } = event;
      return { ...slice, ...unproven, status: 'verifying', feedback: [], head, tree, changedFiles, summary, kimiSession };
    }
    case 'verified':
      return { ...slice, status: 'reviewing', gates: event.results };
    case 'gates-failed':
      return { ...slice, status: 'building', gates: event.results, feedback: event.feedback };
    case 'wall-passed':
      return { ...slice, status: 'delivering', wall: event.wall, attempts: anotherRound(slice) };
    case 'wall-blocked':
      return { ...slice, status: 'building', wall: event.wall, feedback: event.feedback, attempts: anotherRound(slice) };
    case 'rebased':
      return { ...slice, ...unproven, status: 'verifying', base: event.base, head: event.head, tree: event.tree };
    case 'conflicted':
      return { ...slice, ...unproven, status: 'building', feedback: event.feedback };
    case 'delivered':
      return { ...slice, status: 'merging', pull: event.pull };
    case 'waiting':
      return { ...slice, wait: event.wait, headSeenAt: event.headSeenAt, greenSince: event.greenSince };
    case 'merged':
      return { ...slice, status: 'merged', mergedSha: event.sha };
    case 'sent-back':
      return { ...slice, status: 'building', feedback: event.feedback };
    case 'slice-blocked':
      return { ...slice, status: 'blocked', reason: event.reason };
    case 'retried':
      return { ...slice, status: slice.head ? 'verifying' : 'planned', reason: undefined };
    case 'slice-cancelled':
      return { ...slice, status: 'cancelled' };
    default:
      return assertNever(event);
  }
}

function anotherRound(slice: Slice) {
  return { ...slice.attempts, rounds: slice.attempts.rounds + 1 };
}

/** The event in a few words of omk's own, or undefined if a reader of the status comment gains nothing from it. */
export function describeEvent(event: GoalEvent): string | undefined {
  if (isSliceEvent(event)) {
    const words = describeSliceEvent(event);
    return words && `\`${event.slice}\` ${words}`;
  }
  switch (event.kind) {
    case 'asked':
      return `asked by ${event.requester.login}`;
    case 'status-comment-posted':
    case 'spent':
      return undefined;
    case 'accepted':
      return `accepted on base \`${event.base.branch}\``;
    case 'plan-failed':
      return 'the plan could not be used';
    case 'planned':
      return `planned as ${event.slices.length === 1 ? 'one slice' : `${event.slices.length} slices`}`;
    case 'approved':
      return `plan approved by ${event.by.login}`;
    case 'finished':
      return `ended ${event.status}`;
    case 'paused':
      return `paused by ${event.by.login}`;
    case 'resumed':
      return `resumed by ${event.by.login}`;
    default:
      return assertNever(event);
  }
}

function describeSliceEvent(event: SliceEvent): string | undefined {
  switch (event.kind) {
    case 'build-started':
      return 'build started';
    case 'build-failed':
      return 'build turn failed';
    case 'built':
      return `built, ${event.changedFiles.length} file${event.changedFiles.length === 1 ? '' : 's'} changed`;
    case 'verified':
      return 'gates passed';
    case 'gates-failed':
      return 'gates failed, back to build';
    case 'wall-passed':
      return 'review wall passed';
    case 'wall-blocked':
      return 'review wall blocked, back to build';
    case 'rebased':
      return `rebased onto \`${event.base.sha.slice(0, 7)}\``;
    case 'conflicted':
      return 'conflicts with the base, back to build';
    case 'delivered':
      return `delivered as #${event.pull.number}`;
    case 'waiting':
      return undefined;
    case 'merged':
      return `merged as \`${event.sha.slice(0, 7)}\``;
    case 'sent-back':
      return 'sent back to build';
    case 'slice-blocked':
      return 'blocked';
    case 'retried':
      return `retried by ${event.by.login}`;
    case 'slice-cancelled':
      return 'cancelled';
    default:
      return assertNever(event);
  }
}
