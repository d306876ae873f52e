export const DELIVERIES = ['local', 'draft-pr', 'auto-pr'] as const;
export type Delivery = (typeof DELIVERIES)[number];
export const MERGES = ['disabled', 'manual', 'gated'] as const;
export type Merge = (typeof MERGES)[number];

/** What `/omk run` was told. Undefined: the repository's configuration decides. Times in milliseconds. */
export type RunOptions = {
  budgetUsd?: number;
  budgetTokens?: number;
  budgetTimeMs?: number;
  maxAgents?: number;
  delivery?: Delivery;
  merge?: Merge;
  base?: string;
  plan: boolean;
  dryRun: boolean;
};

export const NO_OPTIONS: RunOptions = { plan: false, dryRun: false };
