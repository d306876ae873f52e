import type { GoalEvent } from './event.ts';
import type { Goal, Person } from './goal.ts';
import { standing, type PlannedSlice, type Slice } from './slice.ts';

export type RevertPlan =
  | { kind: 'revert'; event: GoalEvent & { kind: 'reverted' } }
  /** These slices were merged on top of it: they go first. */
  | { kind: 'built-upon'; by: string[] }
  /** There is nothing to take back. */
  | { kind: 'nothing' };

/**
 * How a slice is taken back: one that is not merged is cancelled with its pull request; one that is gets a slice of its own that
 * undoes it, proven and merged like any other. What depends on it and is not merged is cancelled, to be planned anew; of a cancelled
 * goal it is cancelled already, and its pull requests stay.
 */
export function planRevert(goal: Goal, slice: Slice, by: Person): RevertPlan {
  const at = (one: Slice) => standing(one, goal).status;
  const undone = goal.slices.some((other) => other.reverts?.slice === slice.id && at(other) !== 'cancelled');
  const isGone = at(slice) === 'cancelled' && (!slice.pull || slice.withdrawing);
  if (undone || isGone) return { kind: 'nothing' };
  const dependents = dependentsOf(goal, slice.id).filter((other) => at(other) !== 'cancelled');
  const merged = dependents.filter((other) => other.status === 'merged' && !isUndone(goal, other));
  if (merged.length > 0) return { kind: 'built-upon', by: merged.map(({ id }) => id) };
  const cancels = dependents.filter(({ status }) => status !== 'merged').map(({ id }) => id);
  const undo = slice.status === 'merged' && slice.mergedSha ? undoOf(goal, slice) : undefined;
  return { kind: 'revert', event: { kind: 'reverted', undoes: slice.id, by, cancels, undo } };
}

function isUndone(goal: Goal, { id }: Slice): boolean {
  return goal.slices.some((other) => other.reverts?.slice === id && other.status === 'merged');
}

/** Every slice that waits for this one, directly or through others. */
export function dependentsOf(goal: Goal, id: string): Slice[] {
  const found = new Set<string>();
  const visit = (needed: string) => {
    for (const slice of goal.slices) {
      if (found.has(slice.id) || !slice.dependsOn.includes(needed)) continue;
      found.add(slice.id);
      visit(slice.id);
    }
  };
  visit(id);
  return goal.slices.filter((slice) => found.has(slice.id));
}

function undoOf(goal: Goal, slice: Slice): PlannedSlice {
  return {
    id: freshId(goal, `revert-${slice.id}`),
    title: `Revert: ${slice.title}`,
    description: `Takes back what slice ${slice.id} changed.`,
    readScope: [],
    writeScope: slice.changedFiles.length > 0 ? slice.changedFiles : slice.writeScope,
    dependsOn: [],
    risk: slice.risk,
    acceptance: [`What slice ${slice.id} changed is as it was before.`],
  };
}

function freshId(goal: Goal, wanted: string): string {
  const taken = new Set(goal.slices.map(({ id }) => id));
  for (let number = 1; ; number += 1) {
    const tail = number === 1 ? '' : `-${number}`;
    const id = `${wanted.slice(0, 40 - tail.length).replace(/-+$/, '')}${tail}`;
    if (!taken.has(id)) return id;
  }
}
