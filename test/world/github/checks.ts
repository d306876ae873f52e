import type { CheckRun, CheckSuite, CommitStatus, Conclusion, StatusState } from './check-state.ts';
import { checkRunEventShape, checkSuiteShape, statusShape } from './check-shapes.ts';
import { listCommits } from './git.ts';
import { commitShape } from './repository-shapes.ts';
import { repositoryApi } from './shapes.ts';
import {
  type Actor,
  type App,
  type Repository,
  type State,
  createApp,
  fullName,
  installationFor,
  nodeId,
  zeroSha,
} from './state.ts';

type Push = { sha: string; branch: string; before: string; onlyOwn: boolean };

const actionsAppId = 15368;

/** The app of that name, made on first use: GitHub Actions has its real id. */
export function ensureApp(state: State, slug: string): App {
  const id = slug === 'github-actions' ? { id: actionsAppId } : {};
  return state.apps.get(slug) ?? createApp(state, { slug, permissions: { checks: 'write' }, events: [], ...id });
}

/**
 * Opens the suites that a push brings: one for each installed app that may write checks (GitHub does this by
 * itself, and tells that app), and unless `onlyOwn` those of the repository's CI. Doing it twice adds nothing.
 */
export async function scheduleSuites(state: State, repository: Repository, push: Push): Promise<void> {
  for (const app of state.apps.values()) {
    const installation = installationFor(state, app, repository);
    if (installation?.permissions['checks'] !== 'write' || hasSuite(repository, push.sha, app, undefined)) continue;
    const suite = openSuite(state, repository, push, { app });
    await emitSuite(state, repository, suite, 'requested', app);
  }
  if (push.onlyOwn) return;
  for (const plan of repository.checks) {
    if (plan.kind === 'status') continue;
    const app = ensureApp(state, plan.app);
    const workflow = plan.kind !== 'silent' && plan.app === 'github-actions' ? (plan.workflow ?? 'ci') : undefined;
    if (hasSuite(repository, push.sha, app, workflow)) continue;
    openSuite(state, repository, push, { app, workflow, afterMs: plan.startsAfterMs });
  }
}

function hasSuite(repository: Repository, sha: string, app: App, workflow: string | undefined): boolean {
  return repository.suites.some((one) => one.headSha === sha && one.app === app && one.workflow?.name === workflow);
}

type SuiteFields = { app: App; workflow?: string | undefined; afterMs?: number | undefined };

function openSuite(state: State, repository: Repository, push: Push, fields: SuiteFields): CheckSuite {
  const id = state.nextId();
  const createdAt = new Date(state.clock.now().getTime() + (fields.afterMs ?? 0));
  const suite: CheckSuite = {
    id,
    nodeId: nodeId('CS', id),
    app: fields.app,
    headSha: push.sha,
    headBranch: push.branch,
    before: push.before,
    status: 'queued',
    conclusion: null,
    workflow:
      fields.workflow === undefined
        ? undefined
        : { runId: state.nextId(), name: fields.workflow, event: 'pull_request' },
    runs: [],
    createdAt,
    updatedAt: createdAt,
  };
  repository.suites.push(suite);
  return suite;
}

/** The suite into which the app's own runs on this commit go. */
export function ownSuite(state: State, repository: Repository, sha: string, app: App): CheckSuite {
  const existing = repository.suites.find((one) => one.headSha === sha && one.app === app);
  return existing ?? openSuite(state, repository, { sha, branch: '', before: zeroSha, onlyOwn: true }, { app });
}

export type RunFields = Partial<
  Pick<CheckRun, 'status' | 'conclusion' | 'externalId' | 'detailsUrl' | 'output' | 'annotations' | 'log'>
>;

/** Adds a queued run to a suite, or one already further on, and tells. */
export function createRun(
  state: State,
  repository: Repository,
  suite: CheckSuite,
  name: string,
  fields: RunFields = {},
): CheckRun {
  const now = state.clock.now();
  const id = state.nextId();
  const run: CheckRun = {
    id,
    nodeId: nodeId('CR', id),
    suite,
    name,
    status: 'queued',
    conclusion: null,
    externalId: '',
    detailsUrl: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    log: undefined,
    createdAt: now,
    startedAt: now,
    completedAt: null,
    ...fields,
  };
  if (run.status === 'completed') run.completedAt = now;
  suite.runs.push(run);
  refreshSuite(state, suite);
  emitRun(state, repository, run, run.status === 'completed' ? 'completed' : 'created');
  return run;
}

/** Changes a run; its suite follows. Annotations are added to those that are there. */
export function updateRun(state: State, repository: Repository, run: CheckRun, fields: RunFields): void {
  Object.assign(run, { ...fields, annotations: [...run.annotations, ...(fields.annotations ?? [])] });
  if (fields.conclusion !== undefined && fields.conclusion !== null) run.status = 'completed';
  if (run.status === 'completed') run.completedAt ??= state.clock.now();
  refreshSuite(state, run.suite);
  if (run.status === 'completed') emitRun(state, repository, run, 'completed');
}

const worstFirst: Conclusion[] = [
  'failure',
  'timed_out',
  'startup_failure',
  'action_required',
  'cancelled',
  'stale',
  'success',
  'neutral',
  'skipped',
];

function refreshSuite(state: State, suite: CheckSuite): void {
  suite.updatedAt = state.clock.now();
  const latest = [...new Map(suite.runs.map((run) => [run.name, run])).values()];
  const done = latest.every((run) => run.status === 'completed');
  suite.status = done ? 'completed' : latest.some((run) => run.status !== 'queued') ? 'in_progress' : 'queued';
  suite.conclusion = done ? (worstFirst.find((worst) => latest.some((run) => run.conclusion === worst)) ?? null) : null;
}

function emitRun(state: State, repository: Repository, run: CheckRun, action: string): void {
  const actor: Actor = { account: run.suite.app.bot, app: run.suite.app };
  state.emit({
    event: 'check_run',
    action,
    repository,
    actor,
    payload: { check_run: checkRunEventShape(state, repository, run) },
  });
}

/** Tells of a suite: every app, or only the one it belongs to. */
export async function emitSuite(
  state: State,
  repository: Repository,
  suite: CheckSuite,
  action: string,
  onlyFor?: App,
): Promise<void> {
  const [commit] = await listCommits(repository.gitDir, suite.headSha, 1);
  if (!commit) return;
  const actor: Actor = { account: suite.app.bot, app: suite.app };
  const payload = { check_suite: checkSuiteShape(state, repository, suite, commit) };
  state.emit({ event: 'check_suite', action, repository, actor, payload, ...(onlyFor && { onlyFor }) });
}

export type StatusFields = {
  sha: string;
  context: string;
  state: StatusState;
  description?: string | null;
  targetUrl?: string | null;
};

/** Sets a commit status and tells. */
export async function setStatus(
  state: State,
  repository: Repository,
  fields: StatusFields,
  actor: Actor,
): Promise<CommitStatus> {
  const id = state.nextId();
  const status: CommitStatus = {
    description: null,
    targetUrl: null,
    ...fields,
    id,
    nodeId: nodeId('SC', id),
    creator: actor.account,
    createdAt: state.clock.now(),
  };
  repository.statuses.push(status);
  await emitStatus(state, repository, status, actor);
  return status;
}

async function emitStatus(state: State, repository: Repository, status: CommitStatus, actor: Actor): Promise<void> {
  const [commit] = await listCommits(repository.gitDir, status.sha, 1);
  if (!commit) return;
  const shape = statusShape(state, repository, status);
  const branches = new Set(
    repository.suites
      .filter((suite) => suite.headSha === status.sha && suite.headBranch)
      .map((suite) => suite.headBranch),
  );
  state.emit({
    event: 'status',
    action: undefined,
    repository,
    actor,
    payload: {
      id: status.id,
      sha: status.sha,
      name: fullName(repository),
      avatar_url: shape['avatar_url'],
      target_url: status.targetUrl,
      context: status.context,
      description: status.description,
      state: status.state,
      commit: commitShape(state, repository, commit),
      branches: [...branches].map((name) => ({
        name,
        commit: { sha: status.sha, url: repositoryApi(state, repository, `/commits/${status.sha}`) },
        protected: false,
      })),
      created_at: shape['created_at'],
      updated_at: shape['updated_at'],
    },
  });
}
