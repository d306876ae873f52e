import type { RunOptions } from './command.ts';
import { isBranchName } from './naming.ts';
import type { OptionTable } from './options.ts';
import { DELIVERIES, MERGES, parseCount, parseDuration } from './policy.ts';

/** By how much a budget is extended. */
export type Extension = { usd: number | undefined; tokens: number | undefined; timeMs: number | undefined };

const MINUTE = 60_000;

const DAY = 86_400_000;

/** A number within bounds, given to `set`; whether it was one. */
function within(value: number | undefined, [min, max]: [number, number], set: (value: number) => void): boolean {
  const fits = value !== undefined && value >= min && value <= max;
  if (fits) set(value);
  return fits;
}

const readUsd = (text: string) => (/^\$?\d{1,6}(?:\.\d{1,2})?$/.test(text) ? Number(text.replace('$', '')) : undefined);

const USD = {
  allowed: 'an amount in US dollars from 0.01 to 10000, such as `5`',
  bounds: [0.01, 10_000] as [number, number],
};

const TOKENS = {
  allowed: 'a number of tokens from 1000 to 1000M, such as `2M`',
  bounds: [1_000, 1e9] as [number, number],
};

const TIME = { allowed: 'a time from 1m to 7d, such as `90m`', bounds: [MINUTE, 7 * DAY] as [number, number] };

function choice<T extends string>(values: readonly T[], set: (into: RunOptions, value: T) => void) {
  return {
    allowed: `one of ${values.map((value) => `\`${value}\``).join(', ')}`,
    set: (into: RunOptions, text: string) => {
      const value = values.find((candidate) => candidate === text.toLowerCase());
      if (value !== undefined) set(into, value);
      return value !== undefined;
    },
  };
}

/** The options of `/omk run`. */
export const RUN_OPTIONS: OptionTable<RunOptions> = {
  'budget-usd': {
    allowed: USD.allowed,
    set: (into, text) => within(readUsd(text), USD.bounds, (value) => (into.budgetUsd = value)),
  },
  'budget-tokens': {
    allowed: TOKENS.allowed,
    set: (into, text) => within(parseCount(text), TOKENS.bounds, (value) => (into.budgetTokens = value)),
  },
  'budget-time': {
    allowed: TIME.allowed,
    set: (into, text) => within(parseDuration(text), TIME.bounds, (value) => (into.budgetTimeMs = value)),
  },
  'max-agents': {
    allowed: 'a whole number from 1 to 16',
    set: (into, text) =>
      within(/^\d{1,2}$/.test(text) ? Number(text) : undefined, [1, 16], (value) => (into.maxAgents = value)),
  },
  delivery: choice(DELIVERIES, (into, value) => (into.delivery = value)),
  merge: choice(MERGES, (into, value) => (into.merge = value)),
  base: { allowed: 'the name of a branch', set: (into, text) => isBranchName(text) && Boolean((into.base = text)) },
  plan: { flag: true, allowed: 'nothing', set: (into) => (into.plan = true) },
  'dry-run': { flag: true, allowed: 'nothing', set: (into) => (into.dryRun = true) },
};

/** The options of `/omk budget add`. */
export const BUDGET_OPTIONS: OptionTable<Extension> = {
  usd: { allowed: USD.allowed, set: (into, text) => within(readUsd(text), USD.bounds, (value) => (into.usd = value)) },
  tokens: {
    allowed: TOKENS.allowed,
    set: (into, text) => within(parseCount(text), TOKENS.bounds, (value) => (into.tokens = value)),
  },
  time: {
    allowed: TIME.allowed,
    set: (into, text) => within(parseDuration(text), TIME.bounds, (value) => (into.timeMs = value)),
  },
};
