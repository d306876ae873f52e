import type { CheckRun, CheckSuite, CommitStatus } from './check-state.ts';
import type { GitCommit } from './git.ts';
import type { Pull } from './issue-state.ts';
import { minimalPullShape } from './pull-shapes.ts';
import { repositoryShape, simpleCommitShape } from './repository-shapes.ts';
import { appShape, repositoryApi, repositoryPage, stamp, userShape } from './shapes.ts';
import type { Json, Repository, State } from './state.ts';

/** The open pull requests whose head is at this commit, as a check shows them. */
function pullsAt(repository: Repository, sha: string): Pull[] {
  return repository.issues.filter(
    (one): one is Pull => one.kind === 'pull' && one.state === 'open' && one.head.sha === sha,
  );
}

/** `check-run`. */
export function checkRunShape(state: State, repository: Repository, run: CheckRun): Json {
  const url = repositoryApi(state, repository, `/check-runs/${run.id}`);
  const page = repositoryPage(state, repository, `/runs/${run.id}`);
  return {
    id: run.id,
    name: run.name,
    node_id: run.nodeId,
    head_sha: run.suite.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: stamp(run.startedAt),
    completed_at: run.completedAt ? stamp(run.completedAt) : null,
    output: { ...run.output, annotations_count: run.annotations.length, annotations_url: `${url}/annotations` },
    check_suite: { id: run.suite.id },
    app: appShape(state, run.suite.app),
    pull_requests: pullsAt(repository, run.suite.headSha).map((pull) => minimalPullShape(state, pull)),
  };
}

/** `check_run` as a webhook carries it: with its whole suite. */
export function checkRunEventShape(state: State, repository: Repository, run: CheckRun): Json {
  const { suite } = run;
  const pulls = pullsAt(repository, suite.headSha).map((pull) => minimalPullShape(state, pull));
  return {
    ...checkRunShape(state, repository, run),
    check_suite: {
      id: suite.id,
      node_id: suite.nodeId,
      head_branch: suite.headBranch,
      head_sha: suite.headSha,
      status: suite.status,
      conclusion: suite.conclusion,
      url: repositoryApi(state, repository, `/check-suites/${suite.id}`),
      before: suite.before,
      after: suite.headSha,
      pull_requests: pulls,
      app: appShape(state, suite.app),
      created_at: stamp(suite.createdAt),
      updated_at: stamp(suite.updatedAt),
    },
  };
}

/** `check-suite`. */
export function checkSuiteShape(state: State, repository: Repository, suite: CheckSuite, commit: GitCommit): Json {
  const url = repositoryApi(state, repository, `/check-suites/${suite.id}`);
  return {
    id: suite.id,
    node_id: suite.nodeId,
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: suite.status,
    conclusion: suite.conclusion,
    url,
    before: suite.before,
    after: suite.headSha,
    pull_requests: pullsAt(repository, suite.headSha).map((pull) => minimalPullShape(state, pull)),
    app: appShape(state, suite.app),
    created_at: stamp(suite.createdAt),
    updated_at: stamp(suite.updatedAt),
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: suite.runs.length,
    check_runs_url: `${url}/check-runs`,
    head_commit: simpleCommitShape(commit),
    repository: repositoryShape(state, repository),
  };
}

/** `status`. */
export function statusShape(state: State, repository: Repository, status: CommitStatus): Json {
  const creator = userShape(state, status.creator);
  return {
    url: repositoryApi(state, repository, `/statuses/${status.sha}`),
    avatar_url: creator['avatar_url'],
    id: status.id,
    node_id: status.nodeId,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: stamp(status.createdAt),
    updated_at: stamp(status.createdAt),
    creator,
  };
}
