import { assertNever } from '../errors.ts';
import { exhausted, type BudgetKind } from './budget.ts';
import { isEnded, type Goal, type GoalEnd, type Proposal, type Reason } from './goal.ts';
import { findStop } from './needs.ts';
import { isWorking, type Slice } from './slice.ts';
import { findStagnation } from './stagnation.ts';
import { policyOf, termsOf } from './terms.ts';

/** `start` reserves a build attempt from the fresh base; `build` is the attempt itself; `reconsider` looks whether what is held still is. */
type SliceStage =
  | 'start'
  | 'build'
  | 'verify'
  | 'review'
  | 'deliver'
  | 'merge'
  | 'reconsider'
  | 'disarm'
  | 'withdraw'
  | 'gather'
  | 'reply';

/** One thing to do now, or the time until which there is nothing to do. */
export type Step =
  | { kind: 'accept' }
  | { kind: 'plan' }
  | { kind: SliceStage; slice: string }
  | { kind: 'wait'; slice: string; until: Date; reason: string }
  | { kind: 'block'; slice: string; reason: Reason }
  /** Other slices take the place of one that makes no progress. */
  | { kind: 'regroup'; slice: string; why: string }
  | { kind: 'finish'; status: GoalEnd; reason: Reason | undefined };

/** The time at which every wait is over: something changed on GitHub, and what waits or is held is looked at. */
export const HINTED = new Date(8.64e15);

/** How often a slice may try over all kinds of tries. */
const MAX_ATTEMPTS = 10;

/**
 * What to do next for this goal: total, pure, never throws. At most one step for each slice.
 * `wait.until` is when to ask again at the latest. Nothing to do is an empty list: somebody else must act.
 */
export function nextSteps(goal: Goal, now: Date): Step[] {
  switch (goal.status) {
    case 'queued':
      return [{ kind: 'accept' }];
    case 'planning':
      return spent(goal) ?? [planWhenDue(goal, now), ...standingOrders(goal), ...withdrawals(goal)];
    case 'running':
      return spent(goal) ?? runningSteps(goal, now);
    case 'awaiting_approval':
      return standingOrders(goal);
    case 'paused':
      return [...standingOrders(goal), ...(goal.before ? whileShut(goal, now) : [])];
    case 'blocked_on_human':
      return goal.slices.flatMap((slice) => lastSteps(goal, slice, newsOf(slice, now)));
    case 'ready':
    case 'not_ready':
    case 'blocked_on_external':
    case 'needs_more_budget':
    case 'failed_infra':
    case 'cancelled':
      return goal.slices.flatMap((slice) => lastSteps(goal, slice));
    default:
      return assertNever(goal.status);
  }
}

/** The unit of work that does a step: a slice, or the goal itself, which has no name. */
export function unitOf(step: Step): string {
  return 'slice' in step ? step.slice : '';
}

/** Whether a unit is to leave what it is at: its goal stands still, and wants of it something else by now or nothing. */
export function isOvertaken(goal: Goal, unit: string, doing: Step['kind']): boolean {
  if (goal.status !== 'paused' && !isEnded(goal.status)) return false;
  const wanted = nextSteps(goal, goal.createdAt).find((step) => unitOf(step) === unit);
  return wanted === undefined || wanted.kind !== doing;
}

function planWhenDue({ delay }: Goal, now: Date): Step {
  return delay && delay.until > now
    ? { kind: 'wait', slice: '', until: delay.until, reason: delay.reason }
    : { kind: 'plan' };
}

/** What GitHub was told to merge is taken back before anything else is done or left. */
function standingOrders({ slices }: Goal): Step[] {
  return slices.filter(isOrdered).map(({ id }) => ({ kind: 'disarm', slice: id }));
}

function isOrdered({ entrusted, withdrawing }: Slice): boolean {
  return entrusted === true && !withdrawing;
}

/** What is due for a slice of a goal that goes no further by itself. */
function lastSteps(goal: Goal, slice: Slice, news: Step[] = []): Step[] {
  if (isOrdered(slice)) return [{ kind: 'disarm', slice: slice.id }];
  return news.length > 0 ? news : openReplies(goal, [slice]);
}

/** Reviews that nobody works on any further, of which their threads do not say so yet. */
function openReplies(goal: Goal, slices: Slice[]): Step[] {
  const unsaid = slices.filter((slice) => slice.batch && !slice.batch.open && findStop(goal, slice));
  return unsaid.map(({ id }) => ({ kind: 'reply', slice: id }));
}

/** Its issue is closed. A merge may be what closed it, or come about all the same, and be the last that was missing. */
function whileShut(goal: Goal, now: Date): Step[] {
  const open = goal.slices.filter(({ status }) => status !== 'merged' && status !== 'cancelled');
  const isWhole = goal.slices.length > 0 && open.length === 0 && withdrawals(goal).length === 0;
  if (isWhole && goal.replan === undefined && !goal.proposal) return [whole(goal)];
  const merging = now >= HINTED ? open.filter(({ status, entrusted }) => status === 'merging' && !entrusted) : [];
  return merging.map(({ id }) => ({ kind: 'reconsider', slice: id }));
}

/** Nothing new begins, but a turn that runs ends first: it notices by itself, and its work is kept. */
function spent(goal: Goal): Step[] | undefined {
  const kind = exhausted(termsOf(goal).budget, goal.spend);
  const costsNothing =
    goal.slices.length > 0 && goal.slices.every((slice) => ['merging', 'merged', 'cancelled'].includes(slice.status));
  if (!kind || costsNothing) return undefined;
  const turns = goal.slices.filter((slice) => slice.status === 'building' && slice.reserved);
  if (turns.length > 0) return turns.map((slice) => ({ kind: 'build', slice: slice.id }));
  return [{ kind: 'finish', status: 'needs_more_budget', reason: usedUp(kind) }];
}

/** Why a goal whose budget is used up stands still, and the command that extends it. */
export function usedUp(kind: BudgetKind): Reason {
  const [what, more] = {
    usd: ['budget of money', '--usd 5'],
    tokens: ['budget of tokens', '--tokens 2M'],
    time: ['budget of agent time', '--time 1h'],
  }[kind];
  return { text: `The ${what} is used up. The work so far is kept.`, next: `/omk budget add ${more}` };
}

function runningSteps(goal: Goal, now: Date): Step[] {
  const open = goal.slices.filter((slice) => slice.status !== 'merged' && slice.status !== 'cancelled');
  const closing = [...withdrawals(goal), ...openReplies(goal, goal.slices.filter(isGone))];
  if (open.length + closing.length === 0) return [goal.proposal ? undecided(goal.proposal) : whole(goal)];
  const steps = [...closing, ...startable(goal), ...open.flatMap((slice) => sliceSteps(goal, slice, now))];
  return steps.length > 0 ? steps : [standstill(open)];
}

function isGone({ status, withdrawing }: Slice): boolean {
  return status === 'merged' || (status === 'cancelled' && !withdrawing);
}

/** Pull requests of cancelled slices that are still open. */
function withdrawals({ slices }: Goal): Step[] {
  return slices.filter((slice) => slice.withdrawing).map(({ id }) => ({ kind: 'withdraw', slice: id }));
}

/** All that is left waits for a person's approval. */
function undecided({ from, slices, hash }: Proposal): Step {
  const ids = slices.map(({ id }) => `\`${id}\``).join(', ');
  const reason = { text: `\`${from}\` proposed ${ids}, which waits for approval.`, next: `/omk approve ${hash}` };
  return { kind: 'finish', status: 'blocked_on_human', reason };
}

/** Nothing is left to do. What was taken back and not planned anew is missing. */
function whole({ slices }: Goal): Step {
  const reason = slices.find((slice) => slice.reason)?.reason;
  return { kind: 'finish', status: reason ? 'not_ready' : 'ready', reason };
}

/** Planned slices whose dependencies are merged, as many as there are free agent places. */
function startable(goal: Goal): Step[] {
  const merged = new Set(goal.slices.filter((slice) => slice.status === 'merged').map((slice) => slice.id));
  const free = termsOf(goal).agents - goal.slices.filter(isWorking).length;
  return goal.slices
    .filter((slice) => slice.status === 'planned' && slice.dependsOn.every((id) => merged.has(id)))
    .slice(0, Math.max(0, free))
    .map((slice) => ({ kind: 'start', slice: slice.id }));
}

/** What came from GitHub while a person is waited for: a review to read, a hint that what holds the slice may be gone. */
function newsOf(slice: Slice, now: Date): Step[] {
  if (slice.heard && slice.heard.until <= now && canBeReviewed(slice)) return [{ kind: 'gather', slice: slice.id }];
  if (slice.heard && ['merging', 'blocked'].includes(slice.status)) {
    return [{ kind: 'wait', slice: slice.id, until: slice.heard.until, reason: 'a review is being read' }];
  }
  const isHeld = slice.status === 'merging' && slice.reason !== undefined && !slice.entrusted;
  return isHeld && now >= HINTED ? [{ kind: 'reconsider', slice: slice.id }] : [];
}

function sliceSteps(goal: Goal, slice: Slice, now: Date): Step[] {
  if (slice.entrusted && slice.status !== 'merging') return [{ kind: 'disarm', slice: slice.id }];
  const news = newsOf(slice, now);
  if (news.length > 0) return news;
  if (slice.batch && slice.status === 'merging') return [{ kind: 'reply', slice: slice.id }];
  const unsaid = openReplies(goal, [slice]);
  if (unsaid.length > 0) return unsaid;
  if (slice.wait && slice.wait.until > now) {
    return [{ kind: 'wait', slice: slice.id, until: slice.wait.until, reason: slice.wait.reason }];
  }
  switch (slice.status) {
    case 'planned':
    case 'merged':
    case 'blocked':
    case 'cancelled':
      return [];
    case 'building':
      return [slice.reserved ? { kind: 'build', slice: slice.id } : tryAgain(goal, slice)];
    case 'verifying':
      return [{ kind: 'verify', slice: slice.id }];
    case 'reviewing':
      return [{ kind: 'review', slice: slice.id }];
    case 'delivering':
      return slice.reason ? [] : [{ kind: 'deliver', slice: slice.id }];
    case 'merging':
      return slice.reason ? [] : [{ kind: 'merge', slice: slice.id }];
    default:
      return assertNever(slice.status);
  }
}

/** It has a pull request, and no turn of the agent runs whose result would be lost. */
function canBeReviewed({ status, reserved }: Slice): boolean {
  return !(status === 'building' && reserved) && status !== 'cancelled' && status !== 'merged';
}

/** One more attempt, or the end of the slice's patience with what is still open. */
function tryAgain(goal: Goal, slice: Slice): Step {
  const limit = limitReached(goal, slice);
  const stuck = slice.begunAnew ? findStagnation(slice.rounds) : undefined;
  if (!stuck && !limit) return { kind: 'start', slice: slice.id };
  const why = stuck ?? `not solved within ${limit}`;
  if (slice.begunAnew && mayRegroup(goal, slice)) return { kind: 'regroup', slice: slice.id, why };
  const text = stuck ? `No progress, also after a fresh start: ${stuck}.` : `Not solved within ${limit}.`;
  const next = stuck ? '/omk answer <how to go on>' : `/omk retry ${slice.id}`;
  const output = slice.feedback.findLast((feedback) => feedback.output)?.output;
  return { kind: 'block', slice: slice.id, reason: { text: text + stillOpen(slice), next, output } };
}

/** What of the feedback is not only about how the last turn went; a finding can also be let through. */
function stillOpen({ feedback, rounds }: Slice): string {
  const open = feedback.filter(({ from }) => from !== 'agent');
  const idle = open.length > 0 && rounds.at(-1)?.kind === 'empty' ? ' The last turn changed nothing.' : '';
  const shown = (open.length > 0 ? open : feedback).map(({ from, text }) =>
    from === 'person' ? `A person asked for: ${text}` : text,
  );
  const finding = open.find(({ from, text }) => from === 'wall' && text.startsWith('['))?.text.slice(1, 9);
  const waive = finding ? [`A finding is let through with \`/omk accept ${finding} <reason>\`.`] : [];
  return shown.length > 0 ? `${idle} Still open:\n${[...shown, ...waive].join('\n')}` : '';
}

/** Once for each goal, and only for work that nobody but omk has seen. An agent that has nothing to change disagrees: a person decides. */
function mayRegroup(goal: Goal, { pull, stem, reverts, rounds }: Slice): boolean {
  const disagrees = rounds.at(-1)?.kind === 'empty';
  return !pull && !stem && !reverts && !disagrees && !goal.slices.some(({ regrouped }) => regrouped);
}

function limitReached(goal: Goal, slice: Slice): string | undefined {
  const { limits, review } = policyOf(goal);
  const { attempts } = slice;
  if (attempts.total >= MAX_ATTEMPTS) return `${MAX_ATTEMPTS} attempts in all`;
  if (attempts.builds >= limits.builds) return `${limits.builds} builds`;
  if (attempts.rounds >= review.rounds) return `${review.rounds} rounds of the review wall`;
  if (attempts.batches > limits.review_batches) return `${limits.review_batches} batches of review`;
  return undefined;
}

/** Nothing moves by itself any more: say whose turn it is. */
function standstill(open: Slice[]): Step {
  const stuck = open.find((slice) => slice.status === 'blocked') ?? open.find((slice) => slice.reason);
  const reason = stuck?.reason && { ...stuck.reason, text: `Slice \`${stuck.id}\`: ${stuck.reason.text}` };
  return { kind: 'finish', status: stuck ? 'blocked_on_human' : 'not_ready', reason };
}
