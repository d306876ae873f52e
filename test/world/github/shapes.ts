import { type Comment, type Issue, type Label, type Pull, type Reaction, reactionContents } from './issue-state.ts';
import {
  type Account,
  type App,
  type Installation,
  type Json,
  type Repository,
  type State,
  fullName,
  roleOf,
} from './state.ts';

/** A time as GitHub writes it: UTC, whole seconds. */
export function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** The address of an API resource. */
export function api(state: State, path: string): string {
  return `${state.url}/api/v3${path}`;
}

export function repositoryApi(state: State, repository: Repository, path = ''): string {
  return api(state, `/repos/${fullName(repository)}${path}`);
}

export function repositoryPage(state: State, repository: Repository, path = ''): string {
  return `${state.url}/${fullName(repository)}${path}`;
}

/** `simple-user`. */
export function userShape(state: State, account: Account): Json {
  const url = api(state, `/users/${encodeURIComponent(account.login)}`);
  const page = account.type === 'Bot' ? `apps/${account.login.replace('[bot]', '')}` : account.login;
  return {
    login: account.login,
    id: account.id,
    node_id: account.nodeId,
    avatar_url: `${state.url}/avatars/u/${account.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${state.url}/${page}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** `integration`, as in `performed_via_github_app` and `check_run.app`. */
export function appShape(state: State, app: App): Json {
  return {
    id: app.id,
    client_id: `Iv23li${app.id}`,
    slug: app.slug,
    node_id: app.nodeId,
    owner: userShape(state, app.owner),
    name: app.name,
    description: '',
    external_url: `https://${app.slug}.example`,
    html_url: `${state.url}/apps/${app.slug}`,
    created_at: stamp(app.createdAt),
    updated_at: stamp(app.createdAt),
    permissions: app.permissions,
    events: app.events,
  };
}

/** `installation`. */
export function installationShape(state: State, installation: Installation): Json {
  const { app, account } = installation;
  return {
    id: installation.id,
    account: userShape(state, account),
    repository_selection: 'selected',
    access_tokens_url: api(state, `/app/installations/${installation.id}/access_tokens`),
    repositories_url: api(state, '/installation/repositories'),
    html_url: `${state.url}/organizations/${account.login}/settings/installations/${installation.id}`,
    app_id: app.id,
    client_id: `Iv23li${app.id}`,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: app.events,
    created_at: stamp(installation.createdAt),
    updated_at: stamp(installation.createdAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: installation.suspended ? stamp(installation.createdAt) : null,
  };
}

/** `label`. */
export function labelShape(state: State, repository: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: label.nodeId,
    url: repositoryApi(state, repository, `/labels/${encodeURIComponent(label.name)}`),
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

/** `author_association`. */
export function associationOf(repository: Repository, account: Account): string {
  if (account.id === repository.owner.id) return 'OWNER';
  const member = repository.roles.has(account.login.toLowerCase());
  if (!member || roleOf(repository, account) === 'none') return 'NONE';
  return repository.owner.type === 'Organization' ? 'MEMBER' : 'COLLABORATOR';
}

/** `reaction`. */
export function reactionShape(state: State, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: reaction.nodeId,
    user: userShape(state, reaction.user),
    content: reaction.content,
    created_at: stamp(reaction.createdAt),
  };
}

/** `reaction-rollup` of what lives at `url`. */
export function reactionsShape(url: string, reactions: Reaction[]): Json {
  const counts = reactionContents.map((content) => [
    content,
    reactions.filter((one) => one.content === content).length,
  ]);
  return { url: `${url}/reactions`, total_count: reactions.length, ...Object.fromEntries(counts) };
}

/** `issue-comment`. */
export function commentShape(state: State, issue: Issue | Pull, comment: Comment): Json {
  const { repository } = issue;
  const url = repositoryApi(state, repository, `/issues/comments/${comment.id}`);
  return {
    url,
    html_url: `${issuePage(state, issue)}#issuecomment-${comment.id}`,
    issue_url: repositoryApi(state, repository, `/issues/${issue.number}`),
    id: comment.id,
    node_id: comment.nodeId,
    user: userShape(state, comment.author),
    created_at: stamp(comment.createdAt),
    updated_at: stamp(comment.updatedAt),
    author_association: associationOf(repository, comment.author),
    body: comment.body,
    reactions: reactionsShape(url, comment.reactions),
    performed_via_github_app: comment.app ? appShape(state, comment.app) : null,
  };
}

export function issuePage(state: State, issue: Issue | Pull): string {
  return repositoryPage(state, issue.repository, `/${issue.kind === 'pull' ? 'pull' : 'issues'}/${issue.number}`);
}

/** What an issue and a pull request say alike. */
export function conversationShape(state: State, issue: Issue | Pull): Json {
  const { repository } = issue;
  return {
    id: issue.id,
    node_id: issue.nodeId,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    user: userShape(state, issue.author),
    state: issue.state,
    locked: issue.locked,
    active_lock_reason: null,
    labels: issue.labels.map((label) => labelShape(state, repository, label)),
    assignee: issue.assignees[0] ? userShape(state, issue.assignees[0]) : null,
    assignees: issue.assignees.map((one) => userShape(state, one)),
    milestone: null,
    comments: issue.comments.length,
    created_at: stamp(issue.createdAt),
    updated_at: stamp(issue.updatedAt),
    closed_at: issue.closedAt ? stamp(issue.closedAt) : null,
    author_association: associationOf(repository, issue.author),
  };
}

/** `issue`. A pull request seen as an issue has `pull_request`. */
export function issueShape(state: State, issue: Issue | Pull): Json {
  const url = repositoryApi(state, issue.repository, `/issues/${issue.number}`);
  return {
    ...conversationShape(state, issue),
    url,
    repository_url: repositoryApi(state, issue.repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: issuePage(state, issue),
    state_reason: issue.stateReason,
    closed_by: issue.closedBy ? userShape(state, issue.closedBy) : null,
    reactions: reactionsShape(url, issue.reactions),
    performed_via_github_app: issue.app ? appShape(state, issue.app) : null,
    draft: issue.kind === 'pull' && issue.draft,
    ...(issue.kind === 'pull' && { pull_request: pullLinks(state, issue) }),
  };
}

function pullLinks(state: State, pull: Pull): Json {
  const page = issuePage(state, pull);
  return {
    url: repositoryApi(state, pull.repository, `/pulls/${pull.number}`),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: pull.merged ? stamp(pull.merged.at) : null,
  };
}
