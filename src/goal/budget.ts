/** Tokens of model calls. `cachedTokens` are part of `inputTokens`. */
export type Usage = { inputTokens: number; cachedTokens: number; outputTokens: number };

/** What a goal used so far. */
export type Spend = Usage & { usd: number; kimiMs: number };

export type Budget = { usd: number; tokens: number; timeMs: number };

export const NO_SPEND: Spend = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, usd: 0, kimiMs: 0 };

/** US dollars per million tokens. */
type Price = { input: number; cached: number; output: number };

/** Moonshot's list prices; a model that is not listed is billed at the dearest row. */
const PRICES: Record<string, Price> = {
  'kimi-k2-0905-preview': { input: 0.6, cached: 0.15, output: 2.5 },
  'kimi-k2-turbo-preview': { input: 1.15, cached: 0.15, output: 8 },
  'kimi-k2-thinking': { input: 0.6, cached: 0.15, output: 2.5 },
  'kimi-k2-thinking-turbo': { input: 1.15, cached: 0.15, output: 8 },
  'kimi-k2.5': { input: 0.6, cached: 0.1, output: 3 },
};

/** The price of a model call in US dollars. */
export function priceUsage(model: string, usage: Usage): number {
  const price = PRICES[model] ?? dearest();
  const fresh = usage.inputTokens - usage.cachedTokens;
  return (fresh * price.input + usage.cachedTokens * price.cached + usage.outputTokens * price.output) / 1_000_000;
}

function dearest(): Price {
  const rows = Object.values(PRICES);
  return {
    input: Math.max(...rows.map((row) => row.input)),
    cached: Math.max(...rows.map((row) => row.cached)),
    output: Math.max(...rows.map((row) => row.output)),
  };
}

/** Adds two spends. */
export function addSpend(a: Spend, b: Spend): Spend {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    usd: a.usd + b.usd,
    kimiMs: a.kimiMs + b.kimiMs,
  };
}

/** What nobody spends of a budget any more; never less than nothing. */
export function leftMs(budget: Budget, spend: Spend): number {
  return Math.max(0, budget.timeMs - spend.kimiMs);
}

/** Adds two budgets. */
export function addBudget(a: Budget, b: Budget): Budget {
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens, timeMs: a.timeMs + b.timeMs };
}

export type BudgetKind = 'usd' | 'tokens' | 'time';

/** The first budget that is used up, or undefined. Time is the agent's working time, not waiting time. */
export function exhausted(budget: Budget, spend: Spend): BudgetKind | undefined {
  if (spend.usd >= budget.usd) return 'usd';
  if (spend.inputTokens + spend.outputTokens >= budget.tokens) return 'tokens';
  if (spend.kimiMs >= budget.timeMs) return 'time';
  return undefined;
}
