import { branchTip, type GitCommit, git, listCommits, tryGit } from './git.ts';
import { actorNode, type Asking } from './graphql-accounts.ts';
import { rollupNode, suiteNode } from './graphql-checks.ts';
import { connection, fault, type PageArgs } from './graphql-connection.ts';
import { issueNode, labelNode, pullNode } from './graphql-pull.ts';
import { isProtected, requirementsOf, rulesFor, suitesAt } from './rules.ts';
import { repositoryPage } from './shapes.ts';
import { fullName, type Json, nodeId, type Repository, roleOf, type Rule, type Ruleset } from './state.ts';
import type { Issue, Pull } from './issue-state.ts';

type PullFilter = PageArgs & { states?: string[]; headRefName?: string; baseRefName?: string };

export function pullState(pull: Pull): 'OPEN' | 'MERGED' | 'CLOSED' {
  if (pull.merged) return 'MERGED';
  return pull.state === 'open' ? 'OPEN' : 'CLOSED';
}

function pullConnection(asking: Asking, pulls: Pull[], { states, headRefName, baseRefName, ...page }: PullFilter) {
  const found = pulls.filter(
    (pull) =>
      (!states || states.includes(pullState(pull))) &&
      (headRefName === undefined || pull.head.ref === headRefName) &&
      (baseRefName === undefined || pull.base.ref === baseRefName),
  );
  return connection('pullRequests', found, page, (pull) => pullNode(asking, pull));
}

export function repositoryNode(asking: Asking, repository: Repository): Record<string, unknown> {
  const pulls = repository.issues.filter((one): one is Pull => one.kind === 'pull');
  const { mergeMethods } = repository;
  return {
    __typename: 'Repository',
    id: repository.nodeId,
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: () => actorNode(asking, repository.owner),
    url: repositoryPage(asking.state, repository),
    isPrivate: repository.private,
    isArchived: repository.archived,
    isLocked: false,
    isFork: false,
    mergeCommitAllowed: mergeMethods.merge,
    squashMergeAllowed: mergeMethods.squash,
    rebaseMergeAllowed: mergeMethods.rebase,
    autoMergeAllowed: repository.autoMergeAllowed,
    deleteBranchOnMerge: repository.deleteBranchOnMerge,
    defaultBranchRef: () => refNode(asking, repository, repository.defaultBranch),
    ref: ({ qualifiedName }: { qualifiedName: string }) =>
      refNode(asking, repository, qualifiedName.replace(/^refs\/heads\//, '')),
    object: ({ oid, expression }: { oid?: string; expression?: string }) =>
      commitNode(asking, repository, oid ?? expression ?? ''),
    pullRequest: ({ number }: { number: number }) => {
      const pull = pulls.find((one) => one.number === number);
      if (!pull) throw fault('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
      return pullNode(asking, pull);
    },
    pullRequests: (args: PullFilter) => pullConnection(asking, pulls, args),
    collaborators: ({ login, ...page }: PageArgs & { login?: string }) => {
      const known = [...asking.state.accounts.values()].filter(
        (account) =>
          account.type === 'User' &&
          (login === undefined || account.login.toLowerCase() === login.toLowerCase()) &&
          roleOf(repository, account) !== 'none',
      );
      const listed = connection('collaborators', known, page, (account) => actorNode(asking, account));
      const edges = () =>
        listed.edges().map((edge, index) => {
          const account = known[index];
          return { ...edge, permission: account && roleOf(repository, account).toUpperCase() };
        });
      return { ...listed, edges };
    },
    issue: ({ number }: { number: number }) => {
      const issue = repository.issues.find((one): one is Issue => one.number === number && one.kind === 'issue');
      if (!issue) throw fault('NOT_FOUND', `Could not resolve to an Issue with the number of ${number}.`);
      return issueNode(asking, issue);
    },
    labels: (args: PageArgs) => connection('labels', repository.labels, args, (label) => labelNode(asking, label)),
  };
}

/** A branch, or null. */
export async function refNode(asking: Asking, repository: Repository, branch: string) {
  const tip = await branchTip(repository.gitDir, branch);
  if (tip === undefined) return null;
  const from = repository.issues.filter((one): one is Pull => one.kind === 'pull' && one.head.ref === branch);
  return {
    __typename: 'Ref',
    id: nodeId('REF', `${repository.id}:${branch}`),
    name: branch,
    prefix: 'refs/heads/',
    repository: () => repositoryNode(asking, repository),
    target: () => commitNode(asking, repository, tip),
    associatedPullRequests: (args: PullFilter) => pullConnection(asking, from, args),
    // Only administrators see the rule itself; everybody sees what it asks for.
    branchProtectionRule: null,
    refUpdateRule: repository.protections.has(branch) ? updateRule(repository, branch) : null,
    rules: (args: PageArgs) => connection('rules', rulesFor(repository, branch), args, ruleNode),
  };
}

function updateRule(repository: Repository, branch: string) {
  const classic = repository.protections.get(branch);
  return {
    pattern: branch,
    requiredApprovingReviewCount: classic && classic.requiredReviews > 0 ? classic.requiredReviews : null,
    requiredStatusCheckContexts: classic?.requiredChecks.map((check) => check.context) ?? null,
    requiresCodeOwnerReviews: false,
    requiresConversationResolution: classic?.requireConversationResolution ?? false,
    requiresLinearHistory: classic?.linearHistory ?? false,
    requiresSignatures: classic?.signatures ?? false,
    allowsDeletions: false,
    allowsForcePushes: false,
    blocksCreations: false,
    viewerAllowedToDismissReviews: false,
    viewerCanPush: !isProtected(repository, branch) && !requirementsOf(repository, branch).locked,
  };
}

const parameterTypes: Record<string, { typename: string; defaults: Json }> = {
  required_status_checks: {
    typename: 'RequiredStatusChecksParameters',
    defaults: { doNotEnforceOnCreate: false, strictRequiredStatusChecksPolicy: false },
  },
  pull_request: {
    typename: 'PullRequestParameters',
    defaults: {
      allowedMergeMethods: null,
      dismissStaleReviewsOnPush: false,
      requireCodeOwnerReview: false,
      requireLastPushApproval: false,
      requiredApprovingReviewCount: 0,
      requiredReviewThreadResolution: false,
    },
  },
  merge_queue: { typename: 'MergeQueueParameters', defaults: {} },
  workflows: { typename: 'WorkflowsParameters', defaults: { doNotEnforceOnCreate: false } },
  required_deployments: { typename: 'RequiredDeploymentsParameters', defaults: {} },
  code_scanning: { typename: 'CodeScanningParameters', defaults: {} },
};

function ruleNode({ rule, ruleset }: { rule: Rule; ruleset: Ruleset }) {
  const known = parameterTypes[rule.type];
  return {
    __typename: 'RepositoryRule',
    id: nodeId('RR', `${ruleset.id}:${rule.type}`),
    type: rule.type.toUpperCase(),
    parameters: known
      ? { __typename: known.typename, ...known.defaults, ...(camel(rule.parameters ?? {}) as Json) }
      : null,
  };
}

/** REST's snake_case as GraphQL's camelCase, all the way down. A check without an integration says so with null. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    camel(inner),
  ]);
  const object = Object.fromEntries(entries) as Json;
  return 'context' in object ? { integrationId: null, ...object } : object;
}

/** A commit by id or expression, or null. */
export async function commitNode(asking: Asking, repository: Repository, expression: string) {
  const { exitCode } = await tryGit(repository.gitDir, ['cat-file', '-e', `${expression}^{commit}`]);
  const [commit] = exitCode === 0 ? await listCommits(repository.gitDir, expression, 1) : [];
  return commit ? commitFields(asking, repository, commit) : null;
}

function commitFields(asking: Asking, repository: Repository, commit: GitCommit): Record<string, unknown> {
  const { sha, message, author, committer } = commit;
  const pulls = repository.issues.filter(
    (one): one is Pull => one.kind === 'pull' && (one.head.sha === sha || one.merged?.sha === sha),
  );
  const signature = ({ name, email, date }: GitCommit['author']) => ({ name, email, date });
  return {
    __typename: 'Commit',
    id: nodeId('C', sha),
    oid: sha,
    abbreviatedOid: sha.slice(0, 7),
    message,
    messageHeadline: message.split('\n')[0],
    messageBody: message.split('\n').slice(1).join('\n').trim(),
    authoredDate: author.date,
    committedDate: committer.date,
    pushedDate: null,
    url: repositoryPage(asking.state, repository, `/commit/${sha}`),
    author: signature(author),
    committer: signature(committer),
    parents: (args: PageArgs) =>
      connection('parents', commit.parents, args, (parent) => commitNode(asking, repository, parent)),
    statusCheckRollup: () => rollupNode(asking, repository, sha),
    checkSuites: ({ filterBy, ...page }: PageArgs & { filterBy?: { appId?: number } }) => {
      const suites = suitesAt(asking.state, repository, sha).filter(
        (suite) => filterBy?.appId === undefined || suite.app.id === filterBy.appId,
      );
      return connection('checkSuites', suites, page, (suite) => suiteNode(asking, repository, suite));
    },
    associatedPullRequests: (args: PullFilter) => pullConnection(asking, pulls, args),
    history: async (args: PageArgs) => {
      const commits = await listCommits(repository.gitDir, await git(repository.gitDir, ['rev-parse', sha]));
      return connection('history', commits, args, (one) => commitFields(asking, repository, one));
    },
  };
}
