import { randomBytes } from 'node:crypto';
import { assertNever, ToolError, TransientError, UserError } from '../errors.ts';
import type { GoalEvent } from '../goal/event.ts';
import { getSlice, isEnded, type Goal, type Reason } from '../goal/goal.ts';
import { HINTED, nextSteps, unitOf, type Step } from '../goal/next-steps.ts';
import type { Slice } from '../goal/slice.ts';
import { RefusedToken } from '../git/git.ts';
import { accept } from './accept.ts';
import { build, startBuild } from './build.ts';
import { clean, isAtRest } from './clean.ts';
import { deliver } from './deliver.ts';
import { disarm } from './disarm.ts';
import { gather } from './gather.ts';
import { merge, reconsider } from './merge.ts';
import { inPlace } from './place.ts';
import { plan } from './plan.ts';
import { regainBase, regainWork } from './regain.ts';
import { reply } from './reply.ts';
import { review } from './review.ts';
import type { Expect } from '../store/goals.ts';
import type { Tools } from './tools.ts';
import { undo } from './undo.ts';
import { verify } from './verify.ts';
import { withdraw } from './withdraw.ts';

/**
 * One unit of work: a slice, or the goal itself when `unit` is empty. `hinted`: something changed on GitHub, do not wait.
 * `failures`: how often it failed in a row.
 */
export type GoalJob = { goalId: string; unit: string; hinted: boolean; failures: number };

/**
 * Does the next step of one unit and records what came of it together with the jobs that follow. Where several machines share the work
 * it goes on until nothing is on this machine alone. `onStep` hears of each step before it is done. Throws TransientError alone: the same
 * step is to be done later.
 */
export async function advance(job: GoalJob, tools: Tools, onStep: (kind: Step['kind']) => void): Promise<void> {
  let goesOn = await advanceOnce(job, tools, onStep);
  while (goesOn) {
    tools.signal.throwIfAborted();
    goesOn = await advanceOnce({ ...job, hinted: false, failures: 0 }, tools, onStep);
  }
}

/** Tells whether this job goes on with the unit. */
async function advanceOnce(job: GoalJob, tools: Tools, onStep: (kind: Step['kind']) => void): Promise<boolean> {
  const goal = await tools.store.getGoal(job.goalId);
  // While people still speak a hint hastens nothing.
  const listens = goal.slices.some(({ id, heard }) => id === job.unit && heard !== undefined);
  const now = job.hinted && !listens ? HINTED : tools.clock.now();
  const step = nextSteps(goal, now).find((candidate) => unitOf(candidate) === job.unit);
  if (!step && isAtRest(goal)) await clean(goal, tools);
  if (!step || step.kind === 'wait') return false;
  onStep(step.kind);
  const events = await inPlace(step, goal, tools, () => attempt(step, goal, { failures: job.failures, tools }));
  return events.length > 0 && record(goal, step, events, tools);
}

/**
 * Appends the events and everything that follows from them in one transaction, without a job for a unit that this one goes on with, which
 * it tells. Late results of a moved slice are dropped.
 */
async function record(goal: Goal, step: Step, events: GoalEvent[], tools: Tools): Promise<boolean> {
  const unit = unitOf(step);
  let goesOn = false;
  const recorded = await tools.store.record(goal.id, events, {
    expect: expectation(goal, step),
    decide: (next) => {
      const now = tools.clock.now();
      const { jobs, waits } = decide(next, now);
      goesOn = staysHere(next, unit, tools);
      return { jobs: jobs.filter((job) => !goesOn || job.unit !== unit), waits };
    },
  });
  if (recorded.kind !== 'stale') return goesOn;
  tools.log.info({ goal: goal.id, step: step.kind }, 'the goal moved meanwhile: result dropped');
  return false;
}

/** What is built and not pushed is on one machine; another one that took its next step would have it built again. */
const UNPUSHED: readonly Slice['status'][] = ['building', 'verifying', 'reviewing', 'delivering'];

function staysHere(goal: Goal, unit: string, { config, clock }: Tools): boolean {
  if (config.DATABASE_URL === undefined) return false;
  const step = nextSteps(goal, clock.now()).find((candidate) => unitOf(candidate) === unit);
  const slice = goal.slices.find(({ id }) => id === unit);
  return slice !== undefined && UNPUSHED.includes(slice.status) && step !== undefined && step.kind !== 'wait';
}

/** What must not have moved since the step began. An end is only right for exactly the goal that was seen. */
function expectation(goal: Goal, step: Step): Expect {
  const slice = unitOf(step);
  // What is done for goals that stand still must not bring back one that was ended meanwhile.
  if (step.kind === 'disarm' || isEnded(goal.status)) return { slice: undefined, turn: goal.turn };
  if (slice) return { slice, turn: getSlice(goal, slice).turn };
  const isLong = step.kind === 'accept' || step.kind === 'plan';
  return isLong ? { course: goal.course } : { slice: undefined, turn: goal.turn };
}

/** The jobs and waits that follow from a goal as it stands: its steps, its cleaning once it is at rest, and the news that goes to its issue. */
export function decide(goal: Goal, now: Date) {
  const steps = nextSteps(goal, now);
  const due = steps.filter((step) => step.kind !== 'wait');
  return {
    jobs: [...due.map(unitOf), ...(isAtRest(goal) ? [''] : []), 'announce'].map((unit) => ({ unit })),
    waits: steps.flatMap((step) =>
      step.kind === 'wait' ? [{ goalId: goal.id, unit: step.slice, until: step.until, reason: step.reason }] : [],
    ),
  };
}

type Attempt = { failures: number; tools: Tools };

async function attempt(step: Step, goal: Goal, { failures, tools }: Attempt): Promise<GoalEvent[]> {
  try {
    return await perform(step, goal, tools);
  } catch (error) {
    if (error instanceof RefusedToken) tools.refusedGitToken(goal.repository);
    if (tools.signal.aborted || (error instanceof TransientError && failures < error.tries)) throw error;
    return [fault(error, step, goal, tools)];
  }
}

async function perform(step: Step, goal: Goal, tools: Tools): Promise<GoalEvent[]> {
  const missing = await regain(step, goal, tools);
  if (missing.length > 0) return missing;
  switch (step.kind) {
    case 'accept':
      return accept(goal, tools);
    case 'plan':
      return plan(goal, tools);
    case 'start':
      return startBuild(goal, getSlice(goal, step.slice), tools);
    case 'build':
      return buildOrUndo(goal, getSlice(goal, step.slice), tools);
    case 'verify':
      return verify(goal, getSlice(goal, step.slice), tools);
    case 'review':
      return review(goal, getSlice(goal, step.slice), tools);
    case 'deliver':
      return deliver(goal, getSlice(goal, step.slice), tools);
    case 'merge':
      return merge(goal, getSlice(goal, step.slice), tools);
    case 'reconsider':
      return reconsider(goal, getSlice(goal, step.slice), tools);
    case 'disarm':
      return disarm(goal, getSlice(goal, step.slice), tools);
    case 'gather':
      return gather(goal, getSlice(goal, step.slice), tools);
    case 'reply':
      return reply(goal, getSlice(goal, step.slice), tools);
    case 'withdraw':
      return withdraw(goal, getSlice(goal, step.slice), tools);
    case 'block':
      return [{ kind: 'slice-blocked', slice: step.slice, reason: step.reason }];
    case 'regroup':
      return [{ kind: 'regrouped', stuck: step.slice, why: step.why }];
    case 'finish':
      return [{ kind: 'finished', status: step.status, reason: step.reason }];
    case 'wait':
      return [];
    default:
      return assertNever(step);
  }
}

/** What a person takes back is undone by git; the agent comes in only when that is not enough. */
function buildOrUndo(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { reverts, feedback } = slice;
  return reverts && feedback.length === 0 ? undo(goal, slice, reverts, tools) : build(goal, slice, tools);
}

/** Brings what the step works on to this machine; events if it is nowhere. */
async function regain(step: Step, goal: Goal, tools: Tools): Promise<GoalEvent[]> {
  switch (step.kind) {
    case 'plan':
      await regainBase(goal, goal.base, tools);
      return [];
    case 'build':
    case 'verify':
    case 'review':
    case 'deliver':
      return regainWork(goal, getSlice(goal, step.slice), tools);
    case 'accept':
    case 'start':
    case 'merge':
    case 'reconsider':
    case 'disarm':
    case 'withdraw':
    case 'gather':
    case 'reply':
    case 'block':
    case 'regroup':
    case 'finish':
    case 'wait':
      return [];
    default:
      return assertNever(step);
  }
}

/** What a fault means for the goal, by who must hear of it. */
function fault(error: unknown, step: Step, goal: Goal, tools: Tools): GoalEvent {
  const slice = unitOf(step);
  if (error instanceof UserError) {
    const { message: text, hint: next, output } = error;
    return stop(slice, 'blocked_on_human', { text, next, output });
  }
  const retry = slice ? `/omk retry ${slice}` : '/omk retry';
  if (error instanceof ToolError) {
    tools.log.warn({ err: error, goal: goal.id, slice }, 'a tool failed');
    return stop(slice, 'failed_infra', { text: error.message, next: retry, output: error.details.stderrTail });
  }
  if (error instanceof TransientError) return stop(slice, 'failed_infra', { text: error.message, next: retry });
  const id = randomBytes(4).toString('hex');
  tools.log.error({ err: error, id, goal: goal.id, slice, step: step.kind }, 'bug');
  const text = `omk itself failed while it was at \`${step.kind}\` (error ${id}). The log has the details.`;
  return { kind: 'finished', status: 'failed_infra', reason: { text, next: retry } };
}

function stop(slice: string, status: 'blocked_on_human' | 'failed_infra', reason: Reason): GoalEvent {
  return slice ? { kind: 'slice-blocked', slice, reason } : { kind: 'finished', status, reason };
}
