import { putComment } from '../github/issues.ts';
import { closePull, getPull } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal } from '../goal/goal.ts';
import { shortId } from '../goal/naming.ts';
import { withdrawn } from '../goal/report/review-answers.ts';
import type { Slice } from '../goal/slice.ts';
import { marker } from '../goal/text.ts';
import { mergedBy } from './after-merge.ts';
import type { Tools } from './tools.ts';

/** Closes the pull request of a cancelled slice and says why. One that was merged meanwhile stays merged. Calling twice is harmless. */
export async function withdraw(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const cancelled: GoalEvent = { kind: 'slice-cancelled', slice: slice.id };
  if (!slice.pull) return [cancelled];
  const github = await tools.connect(goal.repository);
  const { number } = slice.pull;
  const pull = await getPull(github, number);
  if (pull.state === 'merged' && pull.mergedSha)
    return [await mergedBy({ slice, github }, pull.mergedSha, pull.mergedBy)];
  if (pull.state === 'open') await closePull(github, number);
  const mark = marker('withdrawn', shortId(goal));
  const body = `${mark}\n${withdrawn(slice)}`;
  await putComment(github, { issue: number, marker: mark, body, knownId: undefined });
  return [cancelled];
}
