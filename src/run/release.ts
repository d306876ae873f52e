import type { GoalEvent } from '../goal/event.ts';
import { isEnded, type Goal, type Person } from '../goal/goal.ts';
import type { Slice } from '../goal/slice.ts';
import type { GoalSummary } from '../store/lookup.ts';
import { decide } from './advance.ts';
import type { Tools } from './tools.ts';

/** A goal on which nobody did anything for so long is not looked after any more. */
const LOOKED_AFTER_MS = 14 * 86_400_000;

/** Has a slice that waits for a person looked at again: somebody did something, and it may be what was asked for. */
export async function release(
  goal: Goal,
  slice: Slice,
  by: Person,
  { store, clock }: Pick<Tools, 'store' | 'clock'>,
): Promise<void> {
  if (isEnded(goal.status) && goal.status !== 'blocked_on_human') return;
  const again: GoalEvent[] = isEnded(goal.status) ? [{ kind: 'resumed', by }] : [];
  const events: GoalEvent[] = [...again, { kind: 'released', slice: slice.id }];
  await store.record(goal.id, events, { decide: (next) => decide(next, clock.now()) });
}

/** The goals of which something may merge: those at work, and those that waited for a person in the last two weeks. */
export async function listWaiting(
  { store, clock }: Pick<Tools, 'store' | 'clock'>,
  place: { repositoryId?: number } = {},
): Promise<GoalSummary[]> {
  const all = await store.listGoals({ ...place, limit: 1_000_000 });
  const since = clock.now().getTime() - LOOKED_AFTER_MS;
  return all.filter(
    ({ status, updatedAt }) => !isEnded(status) || (status === 'blocked_on_human' && updatedAt.getTime() > since),
  );
}
