import { assertNever } from '../errors.ts';
import { addBudget, addSpend, NO_SPEND } from './budget.ts';
import { isSliceEvent, type GoalEvent, type SliceEvent } from './event.ts';
import { applyToSlice, newSlice } from './fold-slice.ts';
import type { Goal, Proposal, Standing } from './goal.ts';
import { dependentsOf } from './revert.ts';
import { planHash } from './slice-plan.ts';
import { standing, type Slice } from './slice.ts';
import { describeEvent } from './telling.ts';

/** The goal after one more event. Pure; `at` is when it was recorded. Throws on an event that cannot follow. */
export function applyEvent(goal: Goal | undefined, event: GoalEvent, at: Date): Goal {
  if (!goal) {
    if (event.kind !== 'asked') throw new Error(`A goal begins with "asked", not "${event.kind}"`);
    return newGoal(event, at);
  }
  const next = isSliceEvent(event)
    ? {
        ...goal,
        slices: goal.slices.map((slice) => (slice.id === event.slice ? applyToSlice(slice, event, at) : slice)),
      }
    : { ...applyToGoal(goal, event, at), course: goal.course + (COURSELESS.has(event.kind) ? 0 : 1) };
  const text = describeEvent(event);
  const recent = text === undefined ? goal.recent : [...goal.recent, { at, text }].slice(-5);
  return { ...next, recent, version: goal.version + 1, turn: goal.turn + (isBeside(event) ? 0 : 1) };
}

/** What is recorded while a turn runs, and changes nothing of what comes next. */
function isBeside({ kind }: GoalEvent): boolean {
  return kind === 'spent' || kind === 'tools-asked';
}

/** Events that leave the goal on its way. */
const COURSELESS: ReadonlySet<GoalEvent['kind']> = new Set([
  'spent',
  'tools-asked',
  'told',
  'budget-extended',
  'slices-proposed',
  'proposal-refused',
]);

function newGoal(event: GoalEvent & { kind: 'asked' }, at: Date): Goal {
  const { id, repository, issue, requester, commentId, ask, options } = event;
  return {
    id,
    repository,
    issue,
    requester,
    commentId,
    ask,
    options,
    status: 'queued',
    reason: undefined,
    before: undefined,
    delay: undefined,
    policy: undefined,
    gates: undefined,
    base: undefined,
    redOnBase: [],
    plan: undefined,
    proposal: undefined,
    replan: undefined,
    slices: [],
    told: [],
    spend: NO_SPEND,
    extra: { usd: 0, tokens: 0, timeMs: 0 },
    createdAt: at,
    endedAt: undefined,
    course: 0,
    version: 1,
    turn: 1,
    recent: [{ at, text: `asked by ${event.requester.login}` }],
  };
}

function applyToGoal(goal: Goal, event: Exclude<GoalEvent, SliceEvent>, at: Date): Goal {
  switch (event.kind) {
    case 'asked':
      throw new Error(`Goal ${goal.id} was asked already`);
    case 'accepted':
      return { ...goal, status: 'planning', base: event.base, policy: event.policy, gates: event.gates };
    case 'spent':
      return { ...goal, spend: addSpend(goal.spend, event.spend) };
    case 'tools-asked':
      return goal;
    case 'plan-delayed':
      return { ...goal, delay: event.wait };
    case 'planned':
      return {
        ...goal,
        delay: undefined,
        status: event.plan.needsApproval ? 'awaiting_approval' : 'running',
        plan: event.plan,
        redOnBase: event.redOnBase,
        replan: undefined,
        slices: [...goal.slices.map(settleTakenBack), ...event.slices.map(newSlice)],
      };
    case 'slices-proposed':
      return event.needsApproval ? { ...goal, proposal: joinProposals(goal.proposal, event) } : grow(goal, event);
    case 'proposal-refused':
      return { ...goal, proposal: undefined };
    case 'approved':
      if (goal.proposal?.hash === event.hash) return grow({ ...goal, proposal: undefined }, goal.proposal);
      return { ...goal, status: 'running', plan: goal.plan && { ...goal.plan, approvedBy: event.by } };
    case 'rejected': {
      const ask = addToAsk(goal, `${event.by.login} refused the plan: ${event.text}`);
      const reason = { text: `${event.by.login} refused the plan: ${event.text}`, next: '/omk retry' };
      return { ...goal, ...unplanned(goal), ask, status: 'not_ready', reason, endedAt: at };
    }
    case 'reverted':
      return takeBack(goal, event);
    case 'regrouped':
      return regroup(goal, event);
    case 'told':
      return { ...goal, told: [...goal.told, event.key] };
    case 'finished':
      return { ...goal, status: event.status, reason: event.reason, before: undefined, delay: undefined, endedAt: at };
    case 'issue-shut':
      return shut(goal, event);
    case 'issue-opened':
      return goal.before ? { ...goal, ...asBefore(goal, goal.before), before: undefined } : goal;
    case 'paused':
      return { ...goal, status: 'paused' };
    case 'resumed':
      return { ...goal, status: statusBefore(goal), reason: undefined, endedAt: undefined };
    case 'answered': {
      const ask = addToAsk(goal, `${event.by.login} added: ${event.text}`);
      const status = goal.policy ? 'planning' : 'queued';
      return { ...goal, ...unplanned(goal), ask, status, reason: undefined, endedAt: undefined };
    }
    case 'repository-renamed':
      return { ...goal, repository: movedTo(goal.repository, event) };
    case 'budget-extended':
      return { ...goal, extra: addBudget(goal.extra, event) };
    default:
      return assertNever(event);
  }
}

function movedTo(
  repository: Goal['repository'],
  { name, installationId = repository.installationId }: GoalEvent & { kind: 'repository-renamed' },
): Goal['repository'] {
  return { ...repository, name, installationId };
}

function shut(goal: Goal, { how, by }: GoalEvent & { kind: 'issue-shut' }): Goal {
  const { status, reason, endedAt } = goal;
  const undo = how === 'closed' ? 'open the issue again' : 'unlock the issue';
  return {
    ...goal,
    status: 'paused',
    reason: {
      text: `The issue was ${how} by ${by.login}, so the goal stands still.`,
      next: `${undo}, and it goes on as it was; or end it with \`/omk cancel\``,
    },
    before: { status, reason, endedAt },
    endedAt: undefined,
  };
}

/** What its slices waited for may be over by now: whoever looks at them again says so. */
function asBefore({ slices, replan }: Goal, before: Standing): Standing {
  const asksOfSlices = before.status === 'blocked_on_human' && slices.length > 0 && replan === undefined;
  return asksOfSlices ? { status: 'running', reason: undefined, endedAt: undefined } : before;
}

function statusBefore(goal: Goal): Goal['status'] {
  if (goal.replan !== undefined) return 'planning';
  if (goal.plan) return goal.plan.needsApproval && !goal.plan.approvedBy ? 'awaiting_approval' : 'running';
  return goal.policy ? 'planning' : 'queued';
}

/** What two agents proposed waits together: one approval is for all that is shown. */
function joinProposals(earlier: Proposal | undefined, { from, hash, slices, notes }: Proposal): Proposal {
  if (!earlier) return { from, hash, slices, notes };
  const news = slices.filter(({ id }) => !earlier.slices.some((known) => known.id === id));
  const all = [...earlier.slices, ...news];
  return { from: earlier.from, hash: planHash(all), slices: all, notes: [...earlier.notes, ...notes] };
}

/**
 * The plan with further slices at its end. They were judged by the plan as it stood when their agent began: another agent may have brought
 * slices of the same name since, or used up the room for more.
 */
function grow(goal: Goal, { slices, notes, from }: Proposal): Goal {
  const isTaken = (id: string) => goal.slices.some((slice) => slice.id === id);
  const news = slices.filter(({ id }) => !isTaken(id));
  const open = goal.slices.filter(({ status }) => status !== 'merged' && status !== 'cancelled').length;
  const hasRoom = open + news.length <= (goal.policy?.limits.slices ?? Infinity);
  const added = hasRoom ? news : [];
  const words = slices.map(({ id }) => {
    if (isTaken(id)) return `\`${id}\`, which \`${from}\` needs, is in the plan already`;
    return hasRoom
      ? `\`${id}\` was added: \`${from}\` needs it`
      : `\`${id}\`, which \`${from}\` needs, was not added: there would be more slices than \`limits.slices\` allows`;
  });
  const plan = goal.plan && { ...goal.plan, notes: [...goal.plan.notes, ...words, ...notes] };
  return { ...goal, plan, slices: [...goal.slices, ...added.map(newSlice)] };
}

/** Without the plan that was shown. What was begun before it stays. */
function unplanned({ slices, replan = 'Plan what is still missing.' }: Goal) {
  const begun = slices.filter((slice) => slice.status !== 'planned');
  return { plan: undefined, slices: begun, replan: begun.length > 0 ? replan : undefined };
}

function addToAsk({ ask }: Goal, text: string): Goal['ask'] {
  return { ...ask, text: `${ask.text}\n\n${text}` };
}

/** What was taken back is replaced by a new plan, and no longer a reason not to be ready. */
function settleTakenBack(slice: Slice): Slice {
  return ['cancelled', 'merged'].includes(slice.status) ? { ...slice, reason: undefined } : slice;
}

/** The stuck slice and what waits for it make way for a new plan, which is told what was open. */
function regroup(goal: Goal, { stuck, why }: GoalEvent & { kind: 'regrouped' }): Goal {
  const waiting = dependentsOf(goal, stuck).filter(({ status }) => status === 'planned');
  const gone = [stuck, ...waiting.map(({ id }) => id)];
  const feedback = goal.slices.find(({ id }) => id === stuck)?.feedback ?? [];
  const open = feedback
    .filter(({ from }) => from !== 'agent')
    .map(({ text, output }) => [text, output].filter(Boolean).join('\n'));
  const replan = [
    `Slice ${stuck} made no progress: ${why}. Plan ${gone.join(', ')} anew, in smaller slices or in another order, so that the first one is as easy to prove as can be.`,
    ...(open.length > 0 ? ['What stayed open to the end:', ...open] : []),
  ].join('\n');
  const slices = goal.slices.map((slice): Slice => {
    if (!gone.includes(slice.id)) return slice;
    const given = { status: 'cancelled', reason: undefined, wait: undefined, reserved: false } as const;
    return { ...slice, ...given, regrouped: slice.id === stuck, turn: slice.turn + 1 };
  });
  return { ...goal, slices, replan, status: 'planning', reason: undefined, endedAt: undefined };
}

function takeBack(goal: Goal, { undoes, by, cancels, undo }: GoalEvent & { kind: 'reverted' }): Goal {
  const gone = [undoes, ...cancels];
  const reason = { text: `\`${undoes}\` was taken back by ${by.login}.`, next: '/omk run' };
  // What a person cancelled does not begin again with it.
  const rest = (slice: Slice): Slice => {
    const at = standing(slice, goal);
    return at.status === slice.status ? slice : { ...slice, ...at, reason: undefined };
  };
  const slices = goal.slices.map((slice): Slice => {
    if (!gone.includes(slice.id)) return rest(slice);
    if (slice.status === 'merged') return { ...slice, reason, turn: slice.turn + 1 };
    return {
      ...slice,
      status: 'cancelled',
      reason,
      wait: undefined,
      withdrawing: slice.pull !== undefined,
      turn: slice.turn + 1,
    };
  });
  const sha = goal.slices.find(({ id }) => id === undoes)?.mergedSha;
  if (undo && sha) slices.push({ ...newSlice(undo), reverts: { slice: undoes, sha } });
  const replan =
    cancels.length > 0
      ? `${by.login} took slice ${undoes} back. Plan anew, without it, what depended on it: ${cancels.join(', ')}.`
      : goal.replan;
  const status = replan === undefined ? 'running' : 'planning';
  return { ...goal, slices, replan, status, reason: undefined, endedAt: undefined };
}
