import { exhausted, leftMs, priceUsage, type BudgetKind, type Usage } from '../goal/budget.ts';
import type { Goal } from '../goal/goal.ts';
import { termsOf } from '../goal/terms.ts';
import type { Tools } from './tools.ts';

const NO_USAGE: Usage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };

/**
 * What one turn of Kimi may spend. It is recorded while it is spent, so that neither a crash nor a cancel makes it unseen,
 * and the turns of other slices and other processes count at once.
 */
export type Purse = {
  /** How long the turn may take. */
  leftMs: number;
  /** Aborts when the goal's budget is used up, or when spending cannot be recorded. */
  empty: AbortSignal;
  /** Records one answer of the model and the agent's time since the last one. */
  pay(usage: Usage, model: string): void;
  /** Why the model may not be asked any more, once all that was paid is recorded; undefined if it may. */
  mayAsk(): Promise<string | undefined>;
  /** Records the rest of the time and gives the budget that is used up, if one is. Throws what kept spending from being recorded. */
  close(): Promise<BudgetKind | undefined>;
};

/** Opens the purse of a turn on `on`, such as `build <slice>`. */
export function openPurse(goal: Goal, on: string, tools: Tools): Purse {
  const { budget } = termsOf(goal);
  const emptied = new AbortController();
  let overdrawn = exhausted(budget, goal.spend);
  if (overdrawn) emptied.abort();
  let since = performance.now();
  let recorded: Promise<unknown> = Promise.resolve();
  const pay = (usage: Usage, model: string) => {
    const kimiMs = Math.round(performance.now() - since);
    since += kimiMs;
    const spend = { ...usage, usd: priceUsage(model, usage), kimiMs };
    recorded = recorded.then(async () => {
      const now = await tools.store.record(goal.id, [{ kind: 'spent', on, spend }]);
      overdrawn = exhausted(termsOf(now.goal).budget, now.goal.spend);
      if (overdrawn) emptied.abort();
    });
    recorded.catch(() => emptied.abort());
  };
  return {
    leftMs: leftMs(budget, goal.spend),
    empty: emptied.signal,
    pay,
    async mayAsk() {
      await recorded;
      return overdrawn && `the ${overdrawn} budget of the goal is used up`;
    },
    async close() {
      pay(NO_USAGE, '');
      await recorded;
      return overdrawn;
    },
  };
}
