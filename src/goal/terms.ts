import { addBudget, type Budget } from './budget.ts';
import type { Goal } from './goal.ts';
import { defaultPolicy, type Delivery, type Merge, type Policy } from './policy.ts';

/** The terms a goal runs under: what its command said, else the repository's configuration, else the defaults. */
export type Terms = { delivery: Delivery; merge: Merge; budget: Budget; agents: number };

export function termsOf(goal: Goal): Terms {
  const { options } = goal;
  const policy = policyOf(goal);
  return {
    delivery: options.delivery ?? policy.delivery,
    merge: options.merge ?? policy.merge,
    agents: Math.min(options.maxAgents ?? policy.limits.agents, policy.limits.agents),
    budget: addBudget(goal.extra, {
      usd: options.budgetUsd ?? policy.budget.usd,
      tokens: options.budgetTokens ?? policy.budget.tokens,
      timeMs: options.budgetTimeMs ?? policy.budget.time,
    }),
  };
}

/** The repository's settings as they stood at the base; the defaults until they were read. */
export function policyOf(goal: Goal): Policy {
  return goal.policy ?? defaultPolicy();
}
