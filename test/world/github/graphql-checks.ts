import type { CheckRun, CheckSuite, CommitStatus } from './check-state.ts';
import { connection, type PageArgs } from './graphql-connection.ts';
import { actorNode, type Asking } from './graphql-accounts.ts';
import { isRequired, latestRuns, latestStatuses, suitesAt } from './rules.ts';
import { repositoryPage, stamp } from './shapes.ts';
import { type Repository, nodeId } from './state.ts';

type Requirable = { pullRequestId?: string | null; pullRequestNumber?: number | null };

/**
 * The rollup of a commit, or null when nothing has reported. `contexts` counts superseded runs too, and `state`
 * does not: on GitHub the two are known to disagree.
 */
export function rollupNode(asking: Asking, repository: Repository, sha: string) {
  const { state } = asking;
  const runs = suitesAt(state, repository, sha).flatMap((suite) => suite.runs);
  const statuses = latestStatuses(repository, sha);
  if (runs.length === 0 && statuses.length === 0) return null;
  const contexts = [
    ...runs.map((run) => runNode(asking, repository, run)),
    ...statuses.map((status) => statusNode(asking, repository, status)),
  ];
  return {
    id: nodeId('SCR', sha),
    state: () => rollupState(asking, repository, sha),
    contexts: (args: PageArgs) => ({
      ...connection('contexts', contexts, args, (context) => context),
      checkRunCount: runs.length,
      statusContextCount: statuses.length,
    }),
  };
}

function rollupState({ state }: Asking, repository: Repository, sha: string): string {
  const states = [
    ...latestRuns(state, repository, sha).map((run) =>
      run.status === 'completed' ? (run.conclusion ?? 'pending') : 'pending',
    ),
    ...latestStatuses(repository, sha).map((status) => status.state),
  ];
  if (states.some((one) => !['success', 'neutral', 'skipped', 'pending'].includes(one))) return 'FAILURE';
  return states.includes('pending') ? 'PENDING' : 'SUCCESS';
}

function requiredFor(asking: Asking, repository: Repository, name: string, appId: number | undefined) {
  return ({ pullRequestId, pullRequestNumber }: Requirable): boolean => {
    const pull = repository.issues.find((one) => one.nodeId === pullRequestId || one.number === pullRequestNumber);
    return pull?.kind === 'pull' && isRequired(repository, pull.base.ref, name, appId);
  };
}

function runNode(asking: Asking, repository: Repository, run: CheckRun): Record<string, unknown> {
  const page = repositoryPage(asking.state, repository, `/runs/${run.id}`);
  return {
    __typename: 'CheckRun',
    id: run.nodeId,
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    startedAt: stamp(run.startedAt),
    completedAt: run.completedAt ? stamp(run.completedAt) : null,
    detailsUrl: run.detailsUrl ?? page,
    url: page,
    permalink: page,
    externalId: run.externalId,
    title: run.output.title,
    summary: run.output.summary,
    text: run.output.text,
    isRequired: requiredFor(asking, repository, run.name, run.suite.app.id),
    checkSuite: () => suiteNode(asking, repository, run.suite),
  };
}

function statusNode(asking: Asking, repository: Repository, status: CommitStatus): Record<string, unknown> {
  return {
    __typename: 'StatusContext',
    id: status.nodeId,
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    createdAt: stamp(status.createdAt),
    creator: () => actorNode(asking, status.creator),
    isRequired: requiredFor(asking, repository, status.context, undefined),
  };
}

export function suiteNode(asking: Asking, repository: Repository, suite: CheckSuite): Record<string, unknown> {
  const { app } = suite;
  return {
    __typename: 'CheckSuite',
    id: suite.nodeId,
    databaseId: suite.id,
    status: suite.status.toUpperCase(),
    conclusion: suite.conclusion?.toUpperCase() ?? null,
    createdAt: stamp(suite.createdAt),
    updatedAt: stamp(suite.updatedAt),
    url: repositoryPage(asking.state, repository, `/commit/${suite.headSha}/checks`),
    app: { __typename: 'App', id: app.nodeId, databaseId: app.id, slug: app.slug, name: app.name },
    checkRuns: (args: PageArgs) => connection('checkRuns', suite.runs, args, (run) => runNode(asking, repository, run)),
    workflowRun: suite.workflow ? () => workflowRunNode(asking, repository, suite) : null,
  };
}

function workflowRunNode({ state }: Asking, repository: Repository, { workflow }: CheckSuite) {
  if (!workflow) return null;
  const path = `.github/workflows/${workflow.name}.yml`;
  return {
    __typename: 'WorkflowRun',
    id: nodeId('WFR', workflow.runId),
    databaseId: workflow.runId,
    event: workflow.event,
    runNumber: 1,
    url: repositoryPage(state, repository, `/actions/runs/${workflow.runId}`),
    workflow: { id: nodeId('W', workflow.name), databaseId: workflow.runId - 1, name: workflow.name, state: 'ACTIVE' },
    file: { id: nodeId('WFRF', workflow.runId), path },
  };
}
