import type { ChangedFile, GitCommit } from './git.ts';
import { repositoryApi, repositoryPage, stamp, userShape } from './shapes.ts';
import { type Json, type Repository, type State, fullName, nodeId } from './state.ts';

const templates = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** `repository`, as webhooks and pull requests carry it. */
export function repositoryShape(state: State, repository: Repository): Json {
  const page = repositoryPage(state, repository);
  const open = repository.issues.filter((issue) => issue.state === 'open').length;
  const urls = Object.entries(templates).map(([key, path]) => [key, repositoryApi(state, repository, path)]);
  return {
    id: repository.id,
    node_id: repository.nodeId,
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    owner: userShape(state, repository.owner),
    html_url: page,
    description: repository.description,
    fork: false,
    url: repositoryApi(state, repository),
    ...Object.fromEntries(urls),
    created_at: stamp(repository.createdAt),
    updated_at: stamp(repository.pushedAt),
    pushed_at: stamp(repository.pushedAt),
    git_url: `git://${new URL(state.url).host}/${fullName(repository)}.git`,
    ssh_url: `git@${new URL(state.url).hostname}:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: repository.archived,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    custom_properties: {},
    topics: [],
    forks: 0,
    open_issues: open,
    watchers: 0,
    default_branch: repository.defaultBranch,
  };
}

/** `full-repository`, the answer of `GET /repos/{owner}/{repo}`. */
export function fullRepositoryShape(state: State, repository: Repository): Json {
  const { mergeMethods, owner } = repository;
  return {
    ...repositoryShape(state, repository),
    permissions: { admin: false, maintain: false, push: false, triage: false, pull: false },
    allow_squash_merge: mergeMethods.squash,
    allow_merge_commit: mergeMethods.merge,
    allow_rebase_merge: mergeMethods.rebase,
    allow_auto_merge: repository.autoMergeAllowed,
    delete_branch_on_merge: repository.deleteBranchOnMerge,
    allow_update_branch: true,
    use_squash_pr_title_as_default: false,
    squash_merge_commit_title: 'COMMIT_OR_PR_TITLE',
    squash_merge_commit_message: 'COMMIT_MESSAGES',
    merge_commit_title: 'MERGE_MESSAGE',
    merge_commit_message: 'PR_TITLE',
    temp_clone_token: '',
    ...(owner.type === 'Organization' && { organization: userShape(state, owner) }),
    network_count: 0,
    subscribers_count: 0,
  };
}

/** `simple-commit`, as in a check suite. */
export function simpleCommitShape(commit: GitCommit): Json {
  const { sha, tree, message, author, committer } = commit;
  return {
    id: sha,
    tree_id: tree,
    message,
    timestamp: committer.date,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  };
}

/** `commit` without its files. */
export function commitShape(state: State, repository: Repository, commit: GitCommit): Json {
  const url = (sha: string): string => repositoryApi(state, repository, `/commits/${sha}`);
  const page = (sha: string): string => repositoryPage(state, repository, `/commit/${sha}`);
  return {
    sha: commit.sha,
    node_id: nodeId('C', commit.sha),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: repositoryApi(state, repository, `/git/trees/${commit.tree}`) },
      url: repositoryApi(state, repository, `/git/commits/${commit.sha}`),
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    url: url(commit.sha),
    html_url: page(commit.sha),
    comments_url: `${url(commit.sha)}/comments`,
    author: accountOf(state, commit.author),
    committer: accountOf(state, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: url(sha), html_url: page(sha) })),
  };
}

/** GitHub links a commit to an account by the e-mail address. */
function accountOf(state: State, { email }: { email: string }): Json | null {
  const login = /^(?:\d+\+)?(.+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  const account = login === undefined ? undefined : state.accounts.get(login.toLowerCase());
  return account ? userShape(state, account) : null;
}

/** `diff-entry`. */
export function fileShape(state: State, repository: Repository, file: ChangedFile, sha: string): Json {
  return {
    sha: file.blobSha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: repositoryPage(state, repository, `/blob/${sha}/${file.path}`),
    raw_url: repositoryPage(state, repository, `/raw/${sha}/${file.path}`),
    contents_url: repositoryApi(state, repository, `/contents/${file.path}?ref=${sha}`),
    ...(file.patch !== undefined && { patch: file.patch }),
    ...(file.previousPath !== undefined && { previous_filename: file.previousPath }),
  };
}
