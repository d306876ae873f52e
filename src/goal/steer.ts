import { assertNever } from '../errors.ts';
import { addBudget, exhausted } from './budget.ts';
import type { Command } from './command.ts';
import type { GoalEvent } from './event.ts';
import { isEnded, isOver, type Goal, type Person } from './goal.ts';
import { usedUp } from './next-steps.ts';
import * as refusals from './report/refusals.ts';
import * as replies from './report/replies.ts';
import { hasten } from './outage.ts';
import { planRevert } from './revert.ts';
import { isWorking, standing, type Slice } from './slice.ts';
import { termsOf } from './terms.ts';
import { readVisible } from './visible.ts';

/** A command that changes a goal there is. The others start one, or only ask. */
export type Order = Exclude<
  Command,
  { kind: 'run' | 'help' | 'freeze' | 'unfreeze' | 'status' | 'why' | 'proof' | 'replay' }
>;

/** Who gives the order, and on which pull request if not on the issue; `frozen`: how merging is frozen there, if it is. */
export type From = { by: Person; pull: number | undefined; frozen?: string | undefined };

/** What an order comes to: the events it makes, none when it has no effect now, and the answer with the next command in it. */
export type Steering = { events: GoalEvent[]; answer: string };

/** What a person's order does to the goal as it stands. Pure; whoever records the events makes sure that the goal has not moved. */
export function steer(order: Order, goal: Goal, from: From): Steering {
  if (goal.before && order.kind !== 'cancel') return nothing(refusals.shutIssue());
  const { events, answer } = follow(order, goal, from);
  const comesTo = (kinds: readonly GoalEvent['kind'][]) => events.some(({ kind }) => kinds.includes(kind));
  if (events.length === 0) return { events, answer };
  if (goal.status === 'paused' && !comesTo(['resumed', 'finished']))
    return { events, answer: `${answer} ${replies.whenResumed()}` };
  if (goal.status === 'needs_more_budget' && !comesTo(['budget-extended', 'finished']))
    return { events, answer: `${answer} ${replies.whenAffordable()}` };
  return { events, answer };
}

function follow(order: Order, goal: Goal, from: From): Steering {
  switch (order.kind) {
    case 'plan':
      return changePlan(order.text, goal, from);
    case 'approve':
      return approve(order.hash, goal, from);
    case 'reject':
      return reject(order.text, goal, from);
    case 'answer':
      return answer(order.text, goal, from);
    case 'pause':
      return isEnded(goal.status) || goal.status === 'paused'
        ? nothing(refusals.notWaiting('pause', goal))
        : { events: [{ kind: 'paused', by: from.by }], answer: replies.paused() };
    case 'resume':
      return goal.status === 'paused'
        ? { events: [{ kind: 'resumed', by: from.by }], answer: replies.resumed() }
        : nothing(refusals.notWaiting('resume', goal));
    case 'cancel':
      return cancel(goal, from);
    case 'retry':
      return retry(order.slice, goal, from);
    case 'budget':
      return extendBudget(order, goal, from);
    case 'accept':
      return acceptFinding(order, goal, from);
    case 'fix':
    case 'rebase':
    case 'merge':
    case 'revert':
      return onSlice(order, goal, from);
    default:
      return assertNever(order);
  }
}

function nothing(answer: string): Steering {
  return { events: [], answer };
}

/** What brings an ended goal that can go on back to life. */
function revive(goal: Goal, by: Person): GoalEvent[] {
  return isEnded(goal.status) ? [{ kind: 'resumed', by }] : [];
}

function changePlan(text: string | undefined, goal: Goal, { by }: From): Steering {
  if (goal.status !== 'awaiting_approval') return nothing(refusals.notWaiting('plan', goal));
  if (!text) return nothing(refusals.planShown(goal));
  return { events: [{ kind: 'answered', by, text: readVisible(text).text }], answer: replies.planAgain() };
}

function approve(hash: string | undefined, goal: Goal, { by }: From): Steering {
  if (goal.proposal && !isOver(goal) && goal.status !== 'awaiting_approval') {
    const shown = goal.proposal.hash;
    if (hash !== undefined && hash !== shown) return nothing(refusals.planChanged({ given: hash, shown }));
    return {
      events: [...revive(goal, by), { kind: 'approved', by, hash: shown }],
      answer: replies.planApproved(shown),
    };
  }
  if (goal.status !== 'awaiting_approval' || !goal.plan) return nothing(refusals.notWaiting('approve', goal));
  const shown = goal.plan.hash;
  if (hash !== undefined && hash !== shown) return nothing(refusals.planChanged({ given: hash, shown }));
  return { events: [{ kind: 'approved', by, hash: shown }], answer: replies.planApproved(shown) };
}

function reject(why: string, goal: Goal, { by }: From): Steering {
  if (goal.proposal && !isOver(goal) && goal.status !== 'awaiting_approval') {
    const reasons = [`${by.login}: ${readVisible(why).text}`];
    const { from } = goal.proposal;
    return {
      events: [...revive(goal, by), { kind: 'proposal-refused', from, reasons }],
      answer: replies.proposalRefused(),
    };
  }
  if (goal.status !== 'awaiting_approval') return nothing(refusals.notWaiting('reject', goal));
  return { events: [{ kind: 'rejected', by, text: readVisible(why).text }], answer: replies.planRejected() };
}

/** An answer goes to whoever asked: the planner, or the slice that is blocked. Where nobody asked, to the agents at work. */
function answer(text: string, goal: Goal, { by, pull }: From): Steering {
  const said = readVisible(text).text;
  const blocked = goal.slices.filter(({ status }) => status === 'blocked');
  const asking = pull === undefined ? blocked[0] : blocked.find((slice) => slice.pull?.number === pull);
  const replans = goal.replan !== undefined && goal.reason?.next.startsWith('/omk answer') === true;
  if (asking && !isOver(goal) && !(pull === undefined && replans)) {
    const slice = asking.id;
    return {
      events: [...revive(goal, by), { kind: 'retried', slice, by }, { kind: 'fix-asked', slice, by, text: said }],
      answer: replies.answered(slice),
    };
  }
  const planner = goal.status === 'blocked_on_human' && (goal.slices.length === 0 || goal.replan !== undefined);
  if (planner) return { events: [{ kind: 'answered', by, text: said }], answer: replies.answered() };
  const working = goal.status === 'running' ? goal.slices.filter(({ status }) => status === 'building') : [];
  const told = pull === undefined ? working : working.filter((slice) => slice.pull?.number === pull);
  if (told.length === 0) return nothing(refusals.notWaiting('answer', goal));
  return {
    events: told.map(({ id }) => ({ kind: 'fix-asked', slice: id, by, text: said })),
    answer: replies.passedOn(told.map(({ id }) => id)),
  };
}

function cancel(goal: Goal, { by }: From): Steering {
  if (isOver(goal)) return nothing(refusals.alreadyEnded(goal));
  const reason = { text: `Cancelled by ${by.login}.`, next: '/omk run' };
  const open = goal.slices.filter(({ status, pull }) => pull && status !== 'merged' && status !== 'cancelled');
  return { events: [{ kind: 'finished', status: 'cancelled', reason }], answer: replies.cancelled(open) };
}

/** Nothing is planned, since a question is open: what was asked for does not change by asking again. */
function isAsking({ status, slices, reason }: Goal): boolean {
  return status === 'blocked_on_human' && slices.length === 0 && reason?.next.startsWith('/omk answer') === true;
}

function retry(named: string | undefined, goal: Goal, { by, pull }: From): Steering {
  if (isOver(goal)) return nothing(refusals.alreadyEnded(goal));
  if (isAsking(goal)) return nothing(refusals.answerFirst(goal));
  if (goal.status === 'needs_more_budget') return nothing(refusals.needsBudget(goal.reason ?? usedUp('usd')));
  const here = pull === undefined ? undefined : goal.slices.find((slice) => slice.pull?.number === pull)?.id;
  const id = named === undefined ? here : findNamed(goal, named)?.id;
  if (named !== undefined && id === undefined) return unknownSlice(named, goal);
  const meant = goal.slices.filter((slice) => id === undefined || slice.id === id);
  const events = meant.flatMap((slice): GoalEvent[] => {
    if (slice.status === 'blocked') return [{ kind: 'retried', slice: slice.id, by }];
    if (slice.wait?.tries) return [{ kind: 'interrupted', slice: slice.id, wait: hasten(slice.wait) }];
    return slice.status === 'merging' && slice.reason ? [{ kind: 'released', slice: slice.id }] : [];
  });
  if (goal.delay && id === undefined) events.push({ kind: 'plan-delayed', wait: hasten(goal.delay) });
  // A fault of omk ends the goal and leaves the slice as it was.
  const isUnplanned = id === undefined && (goal.slices.length === 0 || goal.replan !== undefined);
  const isOpen = isUnplanned || meant.some((slice) => canGoOn(slice, goal));
  if (events.length === 0 && !(isEnded(goal.status) && isOpen)) {
    const [slice] = id === undefined ? [] : meant;
    return nothing(slice ? refusals.notNow('retry', slice) : refusals.notWaiting('retry', goal));
  }
  return { events: [...revive(goal, by), ...events], answer: replies.retried(id) };
}

/** Whether a further attempt could move it: what is merged or given up is over, and some wait for other slices or for nothing more. */
function canGoOn(slice: Slice, { slices }: Goal): boolean {
  const isMerged = (id: string) => slices.some((other) => other.id === id && other.status === 'merged');
  if (slice.status === 'planned') return slice.dependsOn.every(isMerged);
  return !['merged', 'cancelled'].includes(slice.status) && !(slice.status === 'delivering' && slice.reason);
}

/** By its id, or by its pull request as `#12`. */
export function findNamed({ slices }: Goal, named: string): Slice | undefined {
  return slices.find(({ id, pull }) => id === named || (pull !== undefined && `#${pull.number}` === named));
}

function unknownSlice(id: string, goal: Goal): Steering {
  return nothing(
    refusals.unknownSlice(
      id,
      goal.slices.map((slice) => slice.id),
    ),
  );
}

function extendBudget(order: Order & { kind: 'budget' }, goal: Goal, { by }: From): Steering {
  if (isOver(goal)) return nothing(refusals.alreadyEnded(goal));
  const { usd = 0, tokens = 0, timeMs = 0 } = order;
  const again: GoalEvent[] = goal.status === 'needs_more_budget' ? [{ kind: 'resumed', by }] : [];
  const used = exhausted(addBudget(termsOf(goal).budget, { usd, tokens, timeMs }), goal.spend);
  return {
    events: [{ kind: 'budget-extended', by, usd, tokens, timeMs }, ...again],
    answer: replies.budgetExtended({ usd, tokens, timeMs }, used && usedUp(used)),
  };
}

function acceptFinding(order: Order & { kind: 'accept' }, goal: Goal, { by }: From): Steering {
  const { finding, text: reason } = order;
  if (isOver(goal)) return nothing(refusals.alreadyEnded(goal));
  const slice = goal.slices
    .filter(({ status }) => status !== 'merged' && status !== 'cancelled')
    .find(({ wall }) => wall?.passes.some(({ findings }) => findings.some(({ id }) => id === finding)));
  if (!slice || slice.accepted.some((waiver) => waiver.finding === finding))
    return nothing(refusals.unknownFinding(finding));
  return {
    events: [...revive(goal, by), { kind: 'finding-accepted', slice: slice.id, by, finding, reason }],
    answer: replies.findingAccepted(finding, reason),
  };
}

type SliceOrder = Order & { kind: 'fix' | 'rebase' | 'merge' | 'revert' };

function onSlice(order: SliceOrder, goal: Goal, from: From): Steering {
  const named = 'slice' in order ? order.slice : undefined;
  const meant = named === undefined ? slicesHere(goal, from) : [findNamed(goal, named)];
  if (meant.length > 1)
    return nothing(
      refusals.severalSlices(
        order.kind,
        meant.flatMap((one) => one?.id ?? []),
      ),
    );
  const [slice] = meant;
  if (!slice) return named === undefined ? nothing(refusals.notWaiting(order.kind, goal)) : unknownSlice(named, goal);
  if (order.kind === 'revert') return revert(slice, goal, from);
  if (isOver(goal)) return nothing(refusals.alreadyEnded(goal));
  if (['merged', 'cancelled', 'planned'].includes(slice.status)) return nothing(refusals.notNow(order.kind, slice));
  const { by } = from;
  switch (order.kind) {
    case 'merge':
      return mergeSlice(slice, goal, from);
    case 'rebase':
      return {
        events: [...revive(goal, by), { kind: 'rebase-asked', slice: slice.id, by }],
        answer: replies.rebaseTaken(slice.id, isWorking(slice)),
      };
    case 'fix': {
      const text = readVisible(order.text ?? `Look again at what is said on pull request ${from.pull}.`).text;
      return {
        events: [...revive(goal, by), { kind: 'fix-asked', slice: slice.id, by, text }],
        answer: replies.fixTaken(slice.id, slice.reserved),
      };
    }
    default:
      return assertNever(order);
  }
}

/** The slice of this pull request; on the issue those that wait for a person. */
function slicesHere(goal: Goal, { pull }: From): Slice[] {
  if (pull !== undefined) return goal.slices.filter((slice) => slice.pull?.number === pull);
  const merging = goal.slices.filter(({ status }) => status === 'merging');
  const held = merging.filter(({ reason }) => reason);
  // An approval a moment ago lets go of what was held until it is judged again.
  return held.length > 0 ? held : merging;
}

function mergeSlice(slice: Slice, goal: Goal, { by, frozen }: From): Steering {
  if (slice.status !== 'merging') return nothing(refusals.notNow('merge', slice));
  if (termsOf(goal).merge === 'disabled') return nothing(refusals.mergeDisabled(slice.pull?.number));
  return {
    events: [...revive(goal, by), { kind: 'merge-asked', slice: slice.id, by }],
    answer: replies.mergeTaken(slice.id, frozen),
  };
}

function revert(slice: Slice, goal: Goal, { by }: From): Steering {
  if (!['running', 'ready', 'not_ready', 'blocked_on_human', 'cancelled'].includes(goal.status))
    return nothing(refusals.notWaiting('revert', goal));
  const planned = planRevert(goal, slice, by);
  switch (planned.kind) {
    case 'nothing':
      return nothing(refusals.notNow('revert', { ...slice, ...standing(slice, goal) }));
    case 'built-upon':
      return nothing(refusals.builtUpon(slice.id, planned.by));
    case 'revert':
      return { events: [planned.event], answer: replies.revertTaken(planned.event, goal) };
    default:
      return assertNever(planned);
  }
}
