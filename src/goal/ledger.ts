import { SEVERITIES, type Finding, type Wall } from './wall.ts';

/** What became of the findings from one round to the next. `reopened` were found before, were gone, and are back. */
export type Ledger = { new: Finding[]; fixed: Finding[]; open: Finding[]; reopened: Finding[] };

/** One round of the wall: its number from 1, what became of the findings, and what the next round is held against. */
export type ReviewRound = Ledger & { number: number; wall: Wall; everFound: readonly string[] };

/** The round that this verdict makes after the last one. */
export function nextRound(last: ReviewRound | undefined, wall: Wall): ReviewRound {
  const ledger = compareRounds(last?.wall, wall, new Set(last?.everFound));
  const everFound = new Set([...(last?.everFound ?? []), ...findingsOf(wall).map(({ id }) => id)]);
  return { ...ledger, number: (last?.number ?? 0) + 1, wall, everFound: [...everFound] };
}

/**
 * Compares the walls of two rounds by the findings' ids. `everFound` are the ids of all rounds before `before`;
 * without them nothing is known to be re-opened, only new. A finding whose file got another name is the same one if
 * rule, words and severity are.
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
  const gone = old.filter(({ id }) => !present.has(id));
  const renamed = pairRenamed(gone, arrived);
  const news = arrived.filter((finding) => !renamed.has(finding));
  return {
    new: news.filter(({ id }) => !everFound.has(id)),
    fixed: gone.filter((finding) => ![...renamed.values()].includes(finding)),
    open: now.filter((finding) => known.has(finding.id) || renamed.has(finding)),
    reopened: news.filter(({ id }) => everFound.has(id)),
  };
}

/** What arrived in one file and is gone from another, word for word; each is paired once. */
function pairRenamed(gone: readonly Finding[], arrived: readonly Finding[]): Map<Finding, Finding> {
  const left = [...gone];
  const pairs = new Map<Finding, Finding>();
  for (const finding of arrived) {
    const at = left.findIndex(
      (old) =>
        old.file !== finding.file &&
        old.rule === finding.rule &&
        old.message === finding.message &&
        old.severity === finding.severity,
    );
    const [old] = at === -1 ? [] : left.splice(at, 1);
    if (old) pairs.set(finding, old);
  }
  return pairs;
}

function findingsOf(wall: Wall | undefined): Finding[] {
  return wall?.passes.flatMap((verdict) => verdict.findings) ?? [];
}

/** What still stands after a round, the worst first. */
export function standingIn({ wall }: ReviewRound): Finding[] {
  return findingsOf(wall).toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

/**
 * `round 2: 1 new, 3 fixed, 2 still open, 0 re-opened`; undefined where there is nothing to count. What a person let through is
 * not fixed and not counted.
 */
export function describeRound(round: ReviewRound, waived: readonly { finding: string }[]): string | undefined {
  const ids = new Set(waived.map(({ finding }) => finding));
  const parts = [
    [round.new, 'new'],
    [round.fixed, 'fixed'],
    [round.open, 'still open'],
    [round.reopened, 're-opened'],
  ] as const;
  const counts = parts.map(([findings, word]) => ({ word, count: findings.filter(({ id }) => !ids.has(id)).length }));
  if (counts.every(({ count }) => count === 0)) return undefined;
  return `round ${round.number}: ${counts.map(({ word, count }) => `${count} ${word}`).join(', ')}`;
}
