import { type Answer, forbidden, notFound, Refusal } from './answer.ts';
import { checkRunShape, checkSuiteShape, statusShape } from './check-shapes.ts';
import { createRun, ownSuite, type RunFields, setStatus, updateRun } from './checks.ts';
import type { Annotation, CheckRun, CheckStatus, Conclusion, StatusState } from './check-state.ts';
import { rerun } from './ci.ts';
import { listCommits } from './git.ts';
import { repositoryShape } from './repository-shapes.ts';
import { paged, type RepositoryCall, type Route, text } from './router.ts';
import { runOf } from './routes-check-details.ts';
import { findCommit } from './routes-git.ts';
import { latestRuns, latestStatuses, suitesAt } from './rules.ts';
import { repositoryApi } from './shapes.ts';
import type { Json } from './state.ts';

const repo = '/repos/{owner}/{repo}';
const commit = `${repo}/commits/{ref}`;

/** Check runs, check suites and commit statuses. */
export const checkRoutes: Route[] = [
  { method: 'GET', template: `${commit}/check-runs`, as: 'repository', needs: ['checks:read'], handle: listRuns },
  { method: 'GET', template: `${commit}/check-suites`, as: 'repository', needs: ['checks:read'], handle: listSuites },
  { method: 'GET', template: `${commit}/status`, as: 'repository', needs: ['statuses:read'], handle: combinedStatus },
  { method: 'GET', template: `${commit}/statuses`, as: 'repository', needs: ['statuses:read'], handle: listStatuses },
  {
    method: 'POST',
    template: `${repo}/statuses/{sha}`,
    as: 'repository',
    needs: ['statuses:write'],
    handle: createStatus,
  },
  { method: 'POST', template: `${repo}/check-runs`, as: 'repository', needs: ['checks:write'], handle: postRun },
  {
    method: 'GET',
    template: `${repo}/check-runs/{check_run_id}`,
    as: 'repository',
    needs: ['checks:read'],
    handle: getRun,
  },
  {
    method: 'PATCH',
    template: `${repo}/check-runs/{check_run_id}`,
    as: 'repository',
    needs: ['checks:write'],
    handle: patchRun,
  },
  {
    method: 'POST',
    template: `${repo}/check-runs/{check_run_id}/rerequest`,
    as: 'repository',
    needs: ['checks:write'],
    handle: rerequestRun,
  },
  {
    method: 'GET',
    template: `${repo}/check-suites/{check_suite_id}`,
    as: 'repository',
    needs: ['checks:read'],
    handle: getSuite,
  },
  {
    method: 'GET',
    template: `${repo}/check-suites/{check_suite_id}/check-runs`,
    as: 'repository',
    needs: ['checks:read'],
    handle: listRunsOfSuite,
  },
];

async function shaOf({ repository, params }: RepositoryCall): Promise<string> {
  const sha = await findCommit(repository, params['ref'] ?? '');
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${params['ref'] ?? ''}`);
  return sha;
}

function runList(call: RepositoryCall, runs: CheckRun[]): Answer {
  const name = call.query.get('check_name');
  const status = call.query.get('status');
  const appId = call.query.get('app_id');
  const wanted = runs.filter(
    (run) =>
      (name === null || run.name === name) &&
      (status === null || run.status === status) &&
      (appId === null || run.suite.app.id === Number(appId)),
  );
  const shapes = wanted.map((run) => checkRunShape(call.state, call.repository, run));
  return paged(call, shapes, (page) => ({ total_count: shapes.length, check_runs: page }));
}

async function listRuns(call: RepositoryCall): Promise<Answer> {
  const sha = await shaOf(call);
  const all = suitesAt(call.state, call.repository, sha).flatMap((suite) => suite.runs);
  const newestFirst = all.toSorted((one, other) => other.id - one.id);
  return runList(call, call.query.get('filter') === 'all' ? newestFirst : latestRuns(call.state, call.repository, sha));
}

async function listSuites(call: RepositoryCall): Promise<Answer> {
  const sha = await shaOf(call);
  const [found] = await listCommits(call.repository.gitDir, sha, 1);
  if (!found) throw notFound();
  const appId = call.query.get('app_id');
  const suites = suitesAt(call.state, call.repository, sha).filter(
    (suite) => appId === null || suite.app.id === Number(appId),
  );
  const shapes = suites.map((suite) => checkSuiteShape(call.state, call.repository, suite, found));
  return paged(call, shapes, (page) => ({ total_count: shapes.length, check_suites: page }));
}

function suiteOf({ state, repository, params }: RepositoryCall) {
  const suite = repository.suites.find(
    (one) => one.id === Number(params['check_suite_id']) && one.createdAt <= state.clock.now(),
  );
  if (!suite) throw notFound();
  return suite;
}

async function getSuite(call: RepositoryCall): Promise<Answer> {
  const suite = suiteOf(call);
  const [found] = await listCommits(call.repository.gitDir, suite.headSha, 1);
  if (!found) throw notFound();
  return { status: 200, body: checkSuiteShape(call.state, call.repository, suite, found) };
}

function listRunsOfSuite(call: RepositoryCall): Answer {
  return runList(call, suiteOf(call).runs.toReversed());
}

/** GitHub lets an app ask for its own runs; the world may let it ask for others'. */
function rerequestRun(call: RepositoryCall): Answer {
  const run = runOf(call);
  if (run.suite.app !== call.app && !call.repository.rerequestable)
    throw new Refusal(403, 'This check run is not rerequestable');
  run.suite.status = 'queued';
  run.suite.conclusion = null;
  rerun(call.state, call.repository, run);
  return { status: 201, body: {} };
}

function getRun(call: RepositoryCall): Answer {
  return { status: 200, body: checkRunShape(call.state, call.repository, runOf(call)) };
}

type Output = { title?: string; summary?: string; text?: string; annotations?: Annotation[] };

function runFields(body: Json): RunFields {
  const output = body['output'] as Output | undefined;
  const conclusion = text(body, 'conclusion') as Conclusion | undefined;
  const status = text(body, 'status') as CheckStatus | undefined;
  const externalId = text(body, 'external_id');
  const detailsUrl = text(body, 'details_url');
  return {
    ...(status && { status }),
    ...(conclusion && { conclusion, status: 'completed' as const }),
    ...(externalId !== undefined && { externalId }),
    ...(detailsUrl !== undefined && { detailsUrl }),
    ...(output && {
      annotations: output.annotations ?? [],
      output: { title: output.title ?? null, summary: output.summary ?? null, text: output.text ?? null },
    }),
  };
}

async function postRun(call: RepositoryCall): Promise<Answer> {
  const { state, repository, body, token } = call;
  const sha = await findCommit(repository, text(body, 'head_sha') ?? '');
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${text(body, 'head_sha') ?? ''}`);
  const suite = ownSuite(state, repository, sha, token.installation.app);
  const run = createRun(state, repository, suite, text(body, 'name') ?? '', runFields(body));
  return { status: 201, body: checkRunShape(state, repository, run) };
}

function patchRun(call: RepositoryCall): Answer {
  const run = runOf(call);
  if (run.suite.app !== call.token.installation.app) throw forbidden();
  const name = text(call.body, 'name');
  if (name !== undefined) run.name = name;
  updateRun(call.state, call.repository, run, runFields(call.body));
  return { status: 200, body: checkRunShape(call.state, call.repository, run) };
}

async function listStatuses(call: RepositoryCall): Promise<Answer> {
  const sha = await shaOf(call);
  const statuses = call.repository.statuses.filter((status) => status.sha === sha).toReversed();
  return paged(
    call,
    statuses.map((status) => statusShape(call.state, call.repository, status)),
  );
}

async function combinedStatus(call: RepositoryCall): Promise<Answer> {
  const { state, repository } = call;
  const sha = await shaOf(call);
  const latest = latestStatuses(repository, sha);
  const failed = latest.some((status) => status.state === 'failure' || status.state === 'error');
  const passed = latest.length > 0 && latest.every((status) => status.state === 'success');
  const simple = latest.map((status) => ({ ...statusShape(state, repository, status), creator: undefined }));
  return paged(call, simple, (page) => ({
    state: failed ? 'failure' : passed ? 'success' : 'pending',
    statuses: page,
    sha,
    total_count: latest.length,
    repository: repositoryShape(state, repository),
    commit_url: repositoryApi(state, repository, `/commits/${sha}`),
    url: repositoryApi(state, repository, `/commits/${sha}/status`),
  }));
}

async function createStatus(call: RepositoryCall): Promise<Answer> {
  const { state, repository, body, params, actor } = call;
  const sha = await findCommit(repository, params['sha'] ?? '');
  if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${params['sha'] ?? ''}`);
  const fields = {
    sha,
    context: text(body, 'context') ?? 'default',
    state: (text(body, 'state') ?? 'pending') as StatusState,
    description: text(body, 'description') ?? null,
    targetUrl: text(body, 'target_url') ?? null,
  };
  return { status: 201, body: statusShape(state, repository, await setStatus(state, repository, fields, actor)) };
}
