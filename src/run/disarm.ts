import { dequeuePull, disarmAutoMerge, findStandingOrder } from '../github/queue.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal } from '../goal/goal.ts';
import type { Slice } from '../goal/slice.ts';
import { mergedBy } from './after-merge.ts';
import type { Scene } from './scene.ts';
import type { Tools } from './tools.ts';
import { listTries, revokeTries } from './tries.ts';

/**
 * Takes back what GitHub was told to merge, for a slice that is at work again or a goal that stands still. What was merged before
 * stays merged. Calling twice is harmless.
 */
export async function disarm(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const github = await tools.connect(goal.repository);
  const order = slice.pull && (await findStandingOrder(github, slice.pull.number));
  if (order?.mergedSha) return [await mergedBy({ slice, github }, order.mergedSha, order.mergedBy)];
  if (order?.queued) await dequeuePull(github, order.id);
  if (order?.armed) await disarmAutoMerge(github, order.id);
  await revokeTries(await listTries(goal, slice, tools), tools);
  return [{ kind: 'taken-back', slice: slice.id }];
}

/** The same for a pull request that was just looked at; nothing if omk did not leave it to GitHub. */
export async function takeBack({ slice, facts, github, tries, tools }: Scene): Promise<GoalEvent[]> {
  if (!slice.entrusted) return [];
  if (facts.queue.entry) await dequeuePull(github, facts.id);
  if (facts.autoMergeSince) await disarmAutoMerge(github, facts.id);
  await revokeTries(tries, tools);
  return [{ kind: 'taken-back', slice: slice.id }];
}
