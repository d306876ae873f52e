import { createRun, emitSuite, ensureApp, setStatus, updateRun } from './checks.ts';
import type { CheckPlan, CheckRun, CheckSuite } from './check-state.ts';
import { suitesAt } from './rules.ts';
import type { Repository, State } from './state.ts';

/** How far CI goes: `queued` makes the runs, `in_progress` starts them, `completed` ends them. */
export type Stage = 'queued' | 'in_progress' | 'completed';

/** Lets the repository's CI work on a commit, as far as asked. What the clock has not started yet stays out. Doing it twice adds nothing. */
export async function runChecks(
  state: State,
  repository: Repository,
  sha: string,
  until: Stage = 'completed',
): Promise<void> {
  const suites = suitesAt(state, repository, sha);
  const runs = repository.checks.flatMap((plan) =>
    plan.kind === 'status' || plan.kind === 'silent' ? [] : [startRun(state, repository, suites, plan)],
  );
  const known = runs.filter((one) => one !== undefined);
  if (until !== 'queued') {
    for (const { run } of known)
      if (run.status === 'queued') updateRun(state, repository, run, { status: 'in_progress' });
    await runStatuses(state, repository, sha, until);
  }
  if (until !== 'completed') return;
  for (const { run, plan } of known) {
    if (run.status !== 'completed')
      updateRun(state, repository, run, { conclusion: await plan.conclusion(sha), log: plan.log?.(sha) });
  }
  for (const suite of new Set(known.map(({ run }) => run.suite)))
    await emitSuite(state, repository, suite, 'completed');
}

type RunPlan = Extract<CheckPlan, { kind?: 'run' }>;

function startRun(state: State, repository: Repository, suites: CheckSuite[], plan: RunPlan) {
  const workflow = plan.app === 'github-actions' ? (plan.workflow ?? 'ci') : undefined;
  const suite = suites.find((one) => one.app.slug === plan.app && one.workflow?.name === workflow);
  if (!suite) return undefined;
  const existing = suite.runs.findLast((run) => run.name === plan.name);
  return { plan, run: existing ?? createRun(state, repository, suite, plan.name) };
}

async function runStatuses(state: State, repository: Repository, sha: string, until: Stage): Promise<void> {
  for (const plan of repository.checks) {
    if (plan.kind !== 'status') continue;
    const known = repository.statuses.findLast((one) => one.sha === sha && one.context === plan.context);
    if (known && known.state !== 'pending') continue;
    const wanted = until === 'completed' ? await plan.state(sha) : 'pending';
    const creator = { account: ensureApp(state, 'ci-service').bot, app: undefined };
    if (known?.state !== wanted)
      await setStatus(state, repository, { sha, context: plan.context, state: wanted }, creator);
  }
}

/** A new run of the same name in the same suite, as "re-run" makes it. */
export function rerun(state: State, repository: Repository, run: CheckRun): CheckRun {
  return createRun(state, repository, run.suite, run.name);
}
