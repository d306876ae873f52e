import { isOvertaken, type Step } from '../goal/next-steps.ts';
import { advance, type GoalJob } from './advance.ts';
import { announce } from './announce.ts';
import { clean, isAtRest } from './clean.ts';
import { respond } from './respond.ts';
import type { Tools } from './tools.ts';

/** Takes jobs from the queue until the store stops working. */
export async function startWorker(base: Omit<Tools, 'signal'>): Promise<void> {
  const { OMK_WORKERS: concurrency } = base.config;
  await base.store.work(
    {
      webhook: (id, signal) => respond(id, { ...base, signal }),
      goal: (job, signal) =>
        job.unit === 'announce'
          ? announce(job.goalId, { ...base, signal })
          : afterFormer(`${job.goalId}/${job.unit}`, () => advanceWatched(job, { ...base, signal })),
    },
    { concurrency, perInstallation: Math.max(1, concurrency - 1) },
  );
}

const running = new Map<string, Promise<void>>();

/** A job whose lease was lost may come back to this very process while its former run still ends: the two would share folders. */
async function afterFormer(unit: string, work: () => Promise<void>): Promise<void> {
  const former = running.get(unit) ?? Promise.resolve();
  const run = former.catch(() => undefined).then(work);
  running.set(unit, run);
  try {
    await run;
  } finally {
    if (running.get(unit) === run) running.delete(unit);
  }
}

/** Advances a goal, and ends the step at once when the goal is cancelled, paused or otherwise over meanwhile, unless a goal that stands still wants just this step. */
async function advanceWatched(job: GoalJob, tools: Tools): Promise<void> {
  const left = new AbortController();
  let doing: Step['kind'] | undefined;
  let isTold = false;
  const unwatch = tools.store.watch((goalId) => {
    if (goalId === job.goalId) void leaveIfOver();
  });
  const leaveIfOver = async () => {
    isTold = true;
    // There is nothing to leave yet, and the step that is about to begin may be just the one that is wanted.
    if (doing === undefined) return;
    const goal = await tools.store.findGoal(job.goalId);
    if (!goal || isOvertaken(goal, job.unit, doing)) left.abort(new Error(`Goal ${job.goalId} is over`));
  };
  try {
    await advance(job, { ...tools, signal: AbortSignal.any([tools.signal, left.signal]) }, (kind) => {
      doing = kind;
      if (isTold) void leaveIfOver();
    });
  } catch (error) {
    if (!left.signal.aborted) throw error;
    await cleanUp(job.goalId, tools);
  } finally {
    unwatch();
  }
}

/** What a step was at work in when it was ended could not be removed under its hands. */
async function cleanUp(goalId: string, tools: Tools): Promise<void> {
  const goal = await tools.store.findGoal(goalId);
  if (goal && isAtRest(goal)) await clean(goal, tools);
}
