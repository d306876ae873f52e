import type { PullFacts } from './facts.ts';

/** What was seen on a head that was merged: files it changed, when each check began after the head was seen, and apps whose suites had no run. */
export type Seen = { files: string[]; checks: { name: string; afterMs: number }[]; silent: number[] };

/** What checks usually do in a repository. `withinMs`: by then after a head is seen such a check has begun. */
export type Habits = { usual: { name: string; withinMs: number }[]; silent: number[] };

/** So many merges are looked back upon, and so many it takes to call something usual. */
export const LOOK_BACK = 20;
const ENOUGH = 5;
const MOST_MS = 600_000;

/** What this head shows for those that come after it. */
export function observe({ contexts, suites, appId }: PullFacts, headSeenAt: Date, files: string[]): Seen {
  const foreign = contexts.filter((context) => context.kind === 'status' || context.app !== appId);
  const begun = foreign.map((context) => {
    const at = context.kind === 'run' ? (context.startedAt ?? context.completedAt) : context.createdAt;
    return { name: context.name, afterMs: Math.max(0, (at ?? headSeenAt).getTime() - headSeenAt.getTime()) };
  });
  const first = Map.groupBy(begun, ({ name }) => name);
  const checks = [...first].map(([name, list]) => ({ name, afterMs: Math.min(...list.map(({ afterMs }) => afterMs)) }));
  const speaking = new Set(contexts.flatMap((context) => (context.kind === 'run' ? [context.app] : [])));
  const apps = suites.filter(({ runs }) => (runs ?? 0) === 0).flatMap(({ app }) => app ?? []);
  return { files, checks, silent: [...new Set(apps)].filter((app) => app !== appId && !speaking.has(app)) };
}

/** The habits for a change of `files`, from what was seen on the last merges, newest first. */
export function learnHabits(seen: readonly Seen[], files: readonly string[]): Habits {
  const last = seen.slice(0, LOOK_BACK);
  const alike = last.filter((one) => one.files.some((path) => files.some((own) => folderOf(own) === folderOf(path))));
  const starts = Map.groupBy(
    alike.flatMap(({ checks }) => checks),
    ({ name }) => name,
  );
  const usual = [...starts]
    .filter(([, list]) => alike.length >= ENOUGH && list.length >= 0.8 * alike.length)
    .map(([name, list]) => ({ name, withinMs: Math.min(MOST_MS, percentile95(list.map(({ afterMs }) => afterMs))) }));
  const quiet = Map.groupBy(
    last.flatMap(({ silent }) => silent),
    (app) => app,
  );
  // Only an app that was silent each time is known to be.
  const silent = [...quiet].filter(([, list]) => last.length >= ENOUGH && list.length === last.length);
  return { usual, silent: silent.map(([app]) => app) };
}

/** Path filters of workflows mostly go by folders. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0;
}
