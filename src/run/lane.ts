import type { Goal } from '../goal/goal.ts';
import type { Slice } from '../goal/slice.ts';
import type { Tools } from './tools.ts';

const SECOND = 1_000;
/** Longer than reading the facts and merging take; a dead process blocks the base no longer. */
const LANE_MS = 180 * SECOND;
/** A call of GitHub ends after 30 seconds. */
const CALL_MS = 40 * SECOND;
/** GitHub needs a moment after a merge before the next one into the same base. */
const PAUSE_MS = 5 * SECOND;
/** How long a slice whose checks still run keeps others from updating. */
const PATIENCE_MS = 1_800 * SECOND;

/** The right to merge into one base, for one slice at a time over all processes. */
export type Lane = { name: string; holder: string; until: Date };

/** The lane of this base; undefined while another slice has it. */
export async function takeLane(goal: Goal, slice: Slice, branch: string, tools: Tools): Promise<Lane | undefined> {
  const until = new Date(tools.clock.now().getTime() + LANE_MS);
  const lane = { name: `merge:${goal.repository.id}:${branch}`, holder: `${goal.id}/${slice.id}`, until };
  return (await tools.store.takeLease(lane)) ? lane : undefined;
}

/** Gives the lane to the next slice, after a merge in a moment. */
export async function leaveLane(lane: Lane, { merged }: { merged: boolean }, tools: Tools): Promise<void> {
  const until = new Date(tools.clock.now().getTime() + (merged ? PAUSE_MS : 0));
  await tools.store.endLease({ ...lane, until });
}

/** Whether there is time left in the lane for one call. */
export function isInTime(lane: Lane | undefined, now: Date): boolean {
  return lane !== undefined && now.getTime() + CALL_MS < lane.until.getTime();
}

/**
 * The number of the pull request that is to merge into this base before the slice's, if there is one. An update of the branch costs
 * gates and wall, and the merge before it would make it vain.
 */
export async function findAhead(goal: Goal, slice: Slice, branch: string, tools: Tools): Promise<number | undefined> {
  const { store, clock } = tools;
  const summaries = await store.listGoals({ repositoryId: goal.repository.id, ended: false, limit: 1_000 });
  const goals = await Promise.all(summaries.map(({ id }) => store.getGoal(id)));
  const recent = clock.now().getTime() - PATIENCE_MS;
  return goals
    .filter((other) => other.status === 'running')
    .flatMap((other) => other.slices)
    .filter((other) => other.status === 'merging' && !other.reason && other.base?.branch === branch)
    .filter((other) => other.greenSince || (other.headSeenAt?.getTime() ?? recent) > recent)
    .map((other) => other.pull?.number ?? Infinity)
    .find((number) => number < (slice.pull?.number ?? 0));
}
