import { type Answer, notFound } from './answer.ts';
import type { Annotation, CheckRun } from './check-state.ts';
import { paged, type RepositoryCall, type Route } from './router.ts';
import { repositoryPage } from './shapes.ts';
import type { Json, State } from './state.ts';

const repo = '/repos/{owner}/{repo}';

/** What a check run says in detail: its annotations, and the log of an Actions job. */
export const checkDetailRoutes: Route[] = [
  {
    method: 'GET',
    template: `${repo}/check-runs/{check_run_id}/annotations`,
    as: 'repository',
    needs: ['checks:read'],
    handle: listAnnotations,
  },
  {
    method: 'GET',
    template: `${repo}/actions/jobs/{job_id}/logs`,
    as: 'repository',
    needs: ['actions:read'],
    handle: redirectToLog,
  },
];

/** The run of the path. The check run of an Actions job has the job's id. */
export function runOf({ repository, params }: RepositoryCall): CheckRun {
  const id = Number(params['check_run_id'] ?? params['job_id']);
  const run = repository.suites.flatMap((suite) => suite.runs).find((one) => one.id === id);
  if (!run) throw notFound();
  return run;
}

function listAnnotations(call: RepositoryCall): Answer {
  const run = runOf(call);
  const page = repositoryPage(call.state, call.repository, `/blob/${run.suite.headSha}`);
  return paged(
    call,
    run.annotations.map((one) => annotationShape(one, page)),
  );
}

function annotationShape(annotation: Annotation, page: string): Json {
  const { title = null, raw_details = null, ...rest } = annotation;
  return { ...rest, title, raw_details, start_column: null, end_column: null, blob_href: `${page}/${annotation.path}` };
}

const logPath = '/job-logs/';

/** Logs lie on another host than the API, as on GitHub: the answer only says where. */
function redirectToLog(call: RepositoryCall): Answer {
  const run = runOf(call);
  if (run.suite.app.slug !== 'github-actions' || run.log === undefined) throw notFound();
  return { status: 302, headers: { location: `${call.state.url}${logPath}${run.id}` } };
}

/** The log at the address that the API gave, or undefined. Whoever has the address may read. */
export function readLog(state: State, path: string): Answer | undefined {
  if (!path.startsWith(logPath)) return undefined;
  const runs = state.repositories.flatMap((repository) => repository.suites.flatMap((suite) => suite.runs));
  const log = runs.find((run) => run.id === Number(path.slice(logPath.length)))?.log;
  return log === undefined
    ? undefined
    : { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(log) };
}
