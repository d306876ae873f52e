import { addBudget, type Budget } from './budget.ts';
import type { Goal } from './goal.ts';
import { touchesProtected } from './scope.ts';
import type { PlannedSlice } from './slice.ts';
import { defaultPolicy, type Delivery, type Merge, type Policy } from './policy.ts';

/** The terms a goal runs under: what its command said, else the repository's configuration, else the defaults. */
export type Terms = { delivery: Delivery; merge: Merge; budget: Budget; agents: number };

export function termsOf(goal: Goal): Terms {
  const { options } = goal;
  const { delivery, merge, limits, budget } = policyOf(goal);
  return {
    delivery,
    merge,
    agents: options.maxAgents ?? limits.agents,
    budget: addBudget(goal.extra, {
      usd: options.budgetUsd ?? budget.usd,
      tokens: options.budgetTokens ?? budget.tokens,
      timeMs: options.budgetTimeMs ?? budget.time,
    }),
  };
}

/** Whether a plan of so many slices, or with these, waits for a person. */
export function mustAsk(goal: Goal, slices: readonly PlannedSlice[]): boolean {
  const { plan, protected_paths } = policyOf(goal);
  if (goal.options.plan || plan.approval === 'always') return true;
  const left = goal.slices.filter(({ status }) => status !== 'merged' && status !== 'cancelled');
  const all = left.length + slices.length;
  return plan.approval === 'auto' && (all > MANY_SLICES || touchesProtected(slices, protected_paths));
}

const MANY_SLICES = 3;

/** The repository's settings as they stood at the base, or the defaults until they were read, with what the command chose instead. */
export function policyOf({ policy = defaultPolicy(), options }: Goal): Policy {
  return { ...policy, delivery: options.delivery ?? policy.delivery, merge: options.merge ?? policy.merge };
}
