import type { Policy } from '../policy.ts';
import {
  conclusionState,
  contextState,
  foreignSuites,
  isActions,
  isIgnoredApp,
  latestContexts,
  type ContextState,
} from './contexts.ts';
import type { CheckContext, CheckSuite, PullFacts } from './facts.ts';
import type { Habits } from './habits.ts';
import { listDemands, type Demand } from './required.ts';

/** How long a suite without runs, of an app that may never report, is waited for. */
const EMPTY_SUITE_MS = 600_000;

/** A context with what it means now. `until`: pending only so long; after that it is something else. */
export type Weighed = {
  name: string;
  id: number | undefined;
  required: boolean;
  outcome: 'passed' | 'pending' | 'approval' | 'failed' | 'broken' | 'action';
  says: string;
  url: string | undefined;
  until: Date | undefined;
};

export type WeighedChecks = {
  checks: Weighed[];
  /** Required, with no report at all. */
  missing: Demand[];
  demands: Demand[];
  /** A job that nobody sees yet may still come from a suite that is going on. */
  moreToCome: boolean;
  /** When a context last changed, as far as GitHub's clock does not run ahead of ours. */
  changedAt: Date | undefined;
};

type Remembered = { headSeenAt: Date; habits?: Habits | undefined };
type Scales = Remembered & { facts: PullFacts; policy: Policy; now: Date };

/** Weighs contexts, suites and demands of the head. Nothing is `passed` that GitHub did not report as passed. */
export function weighChecks(facts: PullFacts, policy: Policy, memory: Remembered, now: Date): WeighedChecks {
  const { headSeenAt, habits } = memory;
  const scales = { facts, policy, headSeenAt, habits, now };
  const latest = latestContexts(facts);
  const demands = listDemands(facts, latest, policy.checks.required);
  const required = new Set(demands.flatMap((demand) => demand.found));
  const heard = latest.filter((context) => required.has(context) || !isIgnoredApp(context, policy.checks.ignore_apps));
  const contexts = heard.flatMap(
    (context) => weighContext(context, required.has(context), { ...scales, latest }) ?? [],
  );
  const suites = foreignSuites(facts).flatMap((suite) => weighSuite(suite, demands, scales) ?? []);
  return {
    checks: [...contexts, ...suites.map((suite) => suite.weighed)],
    missing: demands.filter((demand) => demand.found.length === 0 && demand.own === undefined),
    demands,
    moreToCome: suites.some((suite) => suite.going),
    changedAt: lastChange(facts, policy, now),
  };
}

function lastChange({ contexts, appId }: PullFacts, policy: Policy, now: Date): Date | undefined {
  return contexts
    .filter((context) => context.kind === 'status' || context.app !== appId)
    .filter((context) => !isIgnoredApp(context, policy.checks.ignore_apps))
    .map(endedAt)
    .filter((time) => time !== undefined && time <= now)
    .reduce((last, time) => (last && time && last > time ? last : time), undefined);
}

function weighContext(
  context: CheckContext,
  required: boolean,
  scales: Scales & { latest: readonly CheckContext[] },
): Weighed | undefined {
  const state = contextState(context);
  const judged = judge(state, { required, at: endedAt(context), ...scales });
  if (!judged) return undefined;
  const says = context.kind === 'status' ? context.state : (context.conclusion ?? context.status);
  const id = context.kind === 'run' ? context.id : undefined;
  const weighed = { name: context.name, id, required, says, url: context.url, ...judged };
  const hollow = required && state === 'skipped' && siblingFailed(context, scales.latest);
  return hollow ? { ...weighed, outcome: 'failed', says: 'SKIPPED, as a job it needs failed' } : weighed;
}

function endedAt(context: CheckContext): Date | undefined {
  return context.kind === 'run' ? context.completedAt : context.createdAt;
}

type Circumstances = Scales & { required: boolean; at: Date | undefined };

/** Undefined: it does not count. A cancelled run gets the quiet period for its successor to appear, a dead one the time a missing check gets. */
function judge(state: ContextState, { required, at, policy, headSeenAt, now }: Circumstances) {
  const since = at && at <= now ? at : headSeenAt;
  const settled = (outcome: Weighed['outcome']) => ({ outcome, until: undefined });
  const patience = (ms: number) => {
    const until = new Date(since.getTime() + ms);
    return now < until ? { outcome: 'pending' as const, until } : settled('broken');
  };
  switch (state) {
    case 'skipped':
      return settled('passed');
    case 'retryable':
      return patience(policy.checks.quiet);
    case 'dead':
      return required ? patience(policy.checks.missing_required_timeout) : undefined;
    default:
      return settled(state);
  }
}

/** GitHub counts a job as green that was skipped because a job it needs failed (tolgee-platform#2758, defmt#1097). */
function siblingFailed(context: CheckContext, latest: readonly CheckContext[]): boolean {
  if (context.kind !== 'run' || context.suite === undefined) return false;
  return latest.some(
    (other) =>
      other.kind === 'run' &&
      other.suite === context.suite &&
      !['passed', 'skipped', 'pending', 'approval'].includes(contextState(other)),
  );
}

type WeighedSuite = { weighed: Weighed; going: boolean };
type SeenSuite = CheckSuite & { seenRuns: number };

/** What a suite adds to its runs: that it still goes on, or that it ended before it had any. */
function weighSuite(suite: SeenSuite, demands: readonly Demand[], scales: Scales): WeighedSuite | undefined {
  const { facts, policy, now } = scales;
  const owns = demands.some((demand) => ownsDemand(suite, demand));
  if (!owns && isIgnoredApp(suite, policy.checks.ignore_apps)) return undefined;
  const says = suite.conclusion ?? suite.status;
  const named = { name: suiteName(suite), id: undefined, required: false, says, url: undefined };
  if (suite.status === 'COMPLETED') {
    if (suite.seenRuns > 0 || isSuperseded(suite, facts.suites)) return undefined;
    const state = conclusionState(suite.conclusion);
    if (state === 'passed' || state === 'skipped') return undefined;
    const judged = judge(state, { ...scales, required: false, at: suite.createdAt });
    return judged && { weighed: { ...named, ...judged }, going: false };
  }
  const pending = (until?: Date): Weighed => ({ ...named, outcome: 'pending', until });
  if (suite.seenRuns > 0 || isActions(suite)) return { weighed: pending(), going: true };
  if (owns) return { weighed: pending(), going: false };
  if (suite.app !== undefined && scales.habits?.silent.includes(suite.app)) return undefined;
  const since = suite.createdAt <= now ? suite.createdAt : scales.headSeenAt;
  const until = new Date(since.getTime() + EMPTY_SUITE_MS);
  return now < until ? { weighed: pending(until), going: false } : undefined;
}

function ownsDemand(suite: CheckSuite, demand: Demand): boolean {
  if (suite.app === undefined) return false;
  return (
    demand.app === suite.app || demand.found.some((context) => context.kind === 'run' && context.app === suite.app)
  );
}

function suiteName(suite: CheckSuite): string {
  return suite.workflow ?? suite.appSlug ?? `suite of app ${suite.app ?? 'unknown'}`;
}

function isSuperseded(suite: CheckSuite, suites: readonly CheckSuite[]): boolean {
  const rivals = suites.filter(
    (other) => other.app === suite.app && other.workflow === suite.workflow && other.event === suite.event,
  );
  return rivals.some(
    (other) => other.createdAt > suite.createdAt || (+other.createdAt === +suite.createdAt && other.id > suite.id),
  );
}
