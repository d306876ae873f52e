import { fetchBranch, hasCommit, type Mirror } from '../git/mirror.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Base, Goal, Sha } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import type { Slice } from '../goal/slice.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Brings a base that another machine fetched into this one's mirror. */
export async function regainBase(goal: Goal, base: Base | undefined, tools: Tools): Promise<void> {
  if (base) await regain(await mirrorOf(goal, tools), base.sha, { goal, branch: base.branch, tools });
}

/**
 * Brings the commits of a slice into this machine's mirror, since another one may have made them. What was never pushed
 * is lost with the machine that made it: then the event that has it built again.
 */
export async function regainWork(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  await regainBase(goal, slice.base, tools);
  const mirror = await mirrorOf(goal, tools);
  const branch = branchName(goal, slice.id);
  if (slice.stem) await regain(mirror, slice.stem, { goal, branch, tools });
  const wanted = slice.status === 'building' ? (slice.kept ?? slice.head) : slice.head;
  if (!wanted) return [];
  return (await regain(mirror, wanted, { goal, branch, tools })) ? [] : [{ kind: 'work-lost', slice: slice.id }];
}

type Source = { goal: Goal; branch: string; tools: Tools };

async function regain(mirror: Mirror, sha: Sha, { goal, branch, tools }: Source): Promise<boolean> {
  if (await hasCommit(mirror, sha)) return true;
  await fetchBranch(mirror, branch, await tools.gitToken(goal.repository));
  return hasCommit(mirror, sha);
}
