import { z } from 'zod';
import type { CheckContext, CheckSuite } from '../goal/settle/facts.ts';
import { listAll, parseReply, statusOf, type GitHub } from './client.ts';

const WHAT = 'read the checks';

function place({ repository }: GitHub) {
  return { owner: repository.owner, repo: repository.name, per_page: 100 };
}

const appSchema = z.object({ id: z.number(), slug: z.string().nullish() }).nullish();
const date = z.coerce.date();
const maybeDate = date.nullish().transform((value) => value ?? undefined);

const runSchema = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  started_at: maybeDate,
  completed_at: maybeDate,
  details_url: z.string().nullish(),
  check_suite: z.object({ id: z.number() }).nullish(),
  app: appSchema,
});

const suiteSchema = z.object({
  id: z.number(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  created_at: date,
  latest_check_runs_count: z.number().optional(),
  app: appSchema,
});

const statusSchema = z.object({
  context: z.string(),
  state: z.string(),
  created_at: date,
  target_url: z.string().nullish(),
});

/** Every check run, status and suite of the commit by REST, with the workflows of its jobs where GitHub shows them. Throws TransientError. */
export async function readChecksByRest(
  github: GitHub,
  sha: string,
): Promise<{ contexts: CheckContext[]; suites: CheckSuite[] }> {
  const { octokit } = github;
  const at = { ...place(github), ref: sha };
  const read = <T extends z.ZodType>(schema: T, pages: AsyncIterable<{ data: unknown[] }>) =>
    listAll(WHAT, pages).then((items) => parseReply(WHAT, z.array(schema), items));
  const runs = await read(
    runSchema,
    octokit.paginate.iterator(octokit.rest.checks.listForRef, { ...at, filter: 'all' }),
  );
  const suites = await read(suiteSchema, octokit.paginate.iterator(octokit.rest.checks.listSuitesForRef, at));
  const statuses = await read(statusSchema, octokit.paginate.iterator(octokit.rest.repos.listCommitStatusesForRef, at));
  const workflows = await readWorkflows(github, sha);
  return {
    contexts: [
      ...runs.map((run) => toRun(run, workflows)),
      ...statuses.map(({ context, state, created_at, target_url }): CheckContext => ({
        kind: 'status',
        name: context,
        appSlug: undefined,
        state: state.toUpperCase(),
        createdAt: created_at,
        isRequired: false,
        url: target_url ?? undefined,
      })),
    ],
    suites: suites.map((suite) => toSuite(suite, workflows)),
  };
}

type Workflow = { name: string | undefined; path: string | undefined; event: string | undefined };
type Workflows = ReadonlyMap<number, Workflow>;

function toRun(run: z.output<typeof runSchema>, workflows: Workflows): CheckContext {
  const suite = run.check_suite?.id;
  const workflow = workflowOf(run, suite, workflows);
  return {
    kind: 'run',
    id: run.id,
    name: run.name,
    app: run.app?.id,
    appSlug: run.app?.slug ?? undefined,
    suite,
    workflow: workflow?.name,
    workflowPath: workflow?.path,
    event: workflow?.event,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase(),
    startedAt: run.started_at,
    completedAt: run.completed_at,
    isRequired: false,
    url: run.details_url ?? undefined,
  };
}

function toSuite(suite: z.output<typeof suiteSchema>, workflows: Workflows): CheckSuite {
  const workflow = workflowOf(suite, suite.id, workflows);
  return {
    id: suite.id,
    app: suite.app?.id,
    appSlug: suite.app?.slug ?? undefined,
    workflow: workflow?.name,
    event: workflow?.event,
    status: (suite.status ?? 'queued').toUpperCase(),
    conclusion: suite.conclusion?.toUpperCase(),
    runs: suite.latest_check_runs_count,
    createdAt: suite.created_at,
  };
}

/** A job of Actions whose workflow is not shown counts for itself: no other workflow's job of the same name hides it. */
function workflowOf(
  { app }: { app?: { slug?: string | null | undefined } | null | undefined },
  suite: number | undefined,
  workflows: Workflows,
): Workflow | undefined {
  if (suite === undefined || app?.slug !== 'github-actions') return undefined;
  return workflows.get(suite) ?? { name: `suite ${suite}`, path: undefined, event: undefined };
}

const workflowSchema = z.object({
  check_suite_id: z.number().optional(),
  name: z.string().nullish(),
  path: z.string().nullish(),
  event: z.string().nullish(),
});

/** The workflows of the commit's suites of GitHub Actions, as far as GitHub shows them. */
async function readWorkflows(github: GitHub, sha: string): Promise<Workflows> {
  const { octokit } = github;
  const pages = octokit.paginate.iterator(octokit.rest.actions.listWorkflowRunsForRepo, {
    ...place(github),
    head_sha: sha,
  });
  try {
    const runs = parseReply(WHAT, z.array(workflowSchema), await listAll(WHAT, pages));
    return new Map(
      runs.flatMap(({ check_suite_id, name, path, event }): [number, Workflow][] =>
        check_suite_id === undefined
          ? []
          : [[check_suite_id, { name: name ?? undefined, path: path?.replace(/@.*$/, ''), event: event ?? undefined }]],
      ),
    );
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return new Map();
  }
}
