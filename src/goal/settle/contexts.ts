import { assertNever } from '../../errors.ts';
import type { CheckContext, CheckRun, CheckSuite, CommitStatus, PullFacts } from './facts.ts';

/** GitHub Actions on github.com. On other servers the slug tells. */
const ACTIONS_ID = 15_368;

/** What one context says: `broken` failed in a way that no change of the code repairs, `retryable` was cancelled, `dead` will never report. */
export type ContextState =
  'passed' | 'skipped' | 'pending' | 'approval' | 'failed' | 'broken' | 'retryable' | 'action' | 'dead';

/** The state of one context. Whatever GitHub may invent later is pending, never passed. */
export function contextState(context: CheckContext): ContextState {
  switch (context.kind) {
    case 'status':
      return statusState(context);
    case 'run':
      return context.status === 'COMPLETED' ? conclusionState(context.conclusion) : openState(context.status);
    default:
      return assertNever(context);
  }
}

function statusState({ state }: CommitStatus): ContextState {
  if (state === 'SUCCESS') return 'passed';
  return state === 'FAILURE' || state === 'ERROR' ? 'failed' : 'pending';
}

function openState(status: string): ContextState {
  return status === 'WAITING' ? 'approval' : 'pending';
}

/** What a conclusion of a run or suite means. */
export function conclusionState(conclusion: string | undefined): ContextState {
  switch (conclusion) {
    case 'SUCCESS':
    case 'NEUTRAL':
      return 'passed';
    case 'SKIPPED':
      return 'skipped';
    case 'FAILURE':
    case 'TIMED_OUT':
      return 'failed';
    case 'STARTUP_FAILURE':
      return 'broken';
    case 'CANCELLED':
      return 'retryable';
    case 'ACTION_REQUIRED':
      return 'action';
    case 'STALE':
      return 'dead';
    default:
      return 'pending';
  }
}

/**
 * The newest context of each key, without our own app's. Two workflows, or one, may have two jobs of the same name: both count.
 * A run that went stale never reported, so what it was to replace counts beside it.
 */
export function latestContexts(facts: PullFacts): CheckContext[] {
  const foreign = facts.contexts.filter((context) => context.kind === 'status' || context.app !== facts.appId);
  return [
    ...new Set([...newestOf(foreign), ...newestOf(foreign.filter((context) => contextState(context) !== 'dead'))]),
  ];
}

function newestOf(contexts: readonly CheckContext[]): CheckContext[] {
  return [...Map.groupBy(contexts, keyOf).values()].flatMap((group) => {
    const newest = group.reduce((one, other) => (isNewer(other, one) ? other : one));
    return group.filter((context) => context === newest || ranBeside(context, newest));
  });
}

/**
 * Two jobs of one name in one run of a workflow, such as those of a matrix: neither replaces the other. GitHub runs again only what
 * is over, so a re-run begins after the end of what it replaces.
 */
function ranBeside(older: CheckContext, newest: CheckContext): boolean {
  if (older.kind !== 'run' || newest.kind !== 'run' || !isActions(older)) return false;
  if (older.suite === undefined || older.suite !== newest.suite) return false;
  if (!older.startedAt || !newest.startedAt) return false;
  return (older.completedAt?.getTime() ?? Infinity) > newest.startedAt.getTime();
}

function keyOf(context: CheckContext): string {
  if (context.kind === 'status') return JSON.stringify(['status', context.name]);
  const workflow = context.workflowPath ?? context.workflow;
  return JSON.stringify(['run', context.app, workflow, context.event, context.name]);
}

/** A run that has not started yet is newer than any that has: a re-run is pending from the moment it is asked for. */
function isNewer(one: CheckContext, other: CheckContext): boolean {
  const [mine, theirs] = [beganAt(one), beganAt(other)];
  if (mine !== theirs) return mine > theirs;
  if (one.kind === 'run' && other.kind === 'run') return one.id > other.id;
  // Two statuses of one second: the worse one counts.
  return one.kind === 'status' && other.kind === 'status' && badness(one) > badness(other);
}

function badness(status: CommitStatus): number {
  return ['passed', 'pending', 'failed'].indexOf(statusState(status));
}

function beganAt(context: CheckContext): number {
  const began = context.kind === 'status' ? context.createdAt : (context.startedAt ?? context.completedAt);
  return began?.getTime() ?? Infinity;
}

/** True for GitHub Actions, whose suites really start however long they queue. */
export function isActions(suite: Pick<CheckSuite, 'app' | 'appSlug'>): boolean {
  return suite.app === ACTIONS_ID || suite.appSlug === 'github-actions';
}

/** Suites of other apps, each with its number of runs: what GitHub counts or what is seen, whichever is more. */
export function foreignSuites(facts: PullFacts): (CheckSuite & { seenRuns: number })[] {
  const runs = facts.contexts.filter((context): context is CheckRun => context.kind === 'run');
  return facts.suites
    .filter((suite) => suite.app !== facts.appId)
    .map((suite) => {
      const seen = runs.filter((run) => run.suite === suite.id).length;
      return { ...suite, seenRuns: Math.max(seen, suite.runs ?? 0) };
    });
}

/** True if `names`, from the policy, hold this app's slug or number. */
export function isIgnoredApp(
  app: { app?: number | undefined; appSlug: string | undefined },
  names: readonly (string | number)[],
) {
  return names.some(
    (name) => String(name) === app.appSlug || (app.app !== undefined && String(name) === String(app.app)),
  );
}
