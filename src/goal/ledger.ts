import type { Finding, Wall } from './wall.ts';

/** What became of the findings from one round to the next. `reopened` were found before, were gone, and are back. */
export type Ledger = { new: Finding[]; fixed: Finding[]; open: Finding[]; reopened: Finding[] };

/**
 * Compares the walls of two rounds by the findings' ids. `everFound` are the ids of all rounds before `before`;
 * without them nothing is known to be re-opened, only new.
 */
export function compareRounds(
  before: Wall | undefined,
  after: Wall,
  everFound: ReadonlySet<string> = new Set(),
): Ledger {
  const old = findingsOf(before);
  const now = findingsOf(after);
  const known = new Set(old.map(({ id }) => id));
  const present = new Set(now.map(({ id }) => id));
  const arrived = now.filter(({ id }) => !known.has(id));
  return {
    new: arrived.filter(({ id }) => !everFound.has(id)),
    fixed: old.filter(({ id }) => !present.has(id)),
    open: now.filter(({ id }) => known.has(id)),
    reopened: arrived.filter(({ id }) => everFound.has(id)),
  };
}

function findingsOf(wall: Wall | undefined): Finding[] {
  return wall?.passes.flatMap((verdict) => verdict.findings) ?? [];
}
