import type { CheckPlan, CheckSuite, CommitStatus } from './check-state.ts';
import type { Issue, Label, MergeMethod, Pull, QueueEntry, ReviewThread } from './issue-state.ts';

/** The time of the world. */
export type Clock = { now(): Date };

export type Json = Record<string, unknown>;

export type Account = { id: number; nodeId: string; login: string; type: 'User' | 'Organization' | 'Bot' };

/** A person's role in a repository, as `role_name` says it. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

/** What an app or a token may do: `{ contents: 'write' }`. */
export type Grants = Record<string, 'read' | 'write'>;

export type App = {
  id: number;
  nodeId: string;
  slug: string;
  name: string;
  owner: Account;
  bot: Account;
  permissions: Grants;
  events: string[];
  createdAt: Date;
};

export type Installation = {
  id: number;
  app: App;
  account: Account;
  permissions: Grants;
  repositories: Repository[];
  suspended: boolean;
  createdAt: Date;
};

/** An installation token. `narrowed` means it was asked for fewer repositories than the installation has. */
export type Token = {
  value: string;
  installation: Installation;
  repositories: Repository[];
  narrowed: boolean;
  permissions: Grants;
  expiresAt: Date;
  revoked: boolean;
};

/** Who does something: a person, or a bot through its app. */
export type Actor = { account: Account; app: App | undefined };

/** Classic branch protection. `appId` undefined means that any source satisfies the check. */
export type Protection = {
  requiredChecks: { context: string; appId?: number }[];
  strict: boolean;
  requiredReviews: number;
  requireConversationResolution: boolean;
  linearHistory: boolean;
  signatures: boolean;
  lockBranch: boolean;
};

/** A rule in the words of `GET /repos/{owner}/{repo}/rules/branches/{branch}`. */
export type Rule = { type: string; parameters?: Json };

export type Ruleset = { id: number; name: string; include: string[]; exclude: string[]; rules: Rule[] };

export type Repository = {
  id: number;
  nodeId: string;
  owner: Account;
  name: string;
  /** Names it had before, which lead to it still. */
  formerNames: string[];
  description: string;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  gitDir: string;
  createdAt: Date;
  pushedAt: Date;
  /** Roles given to persons, by login. */
  roles: Map<string, Role>;
  mergeMethods: Record<MergeMethod, boolean>;
  autoMergeAllowed: boolean;
  deleteBranchOnMerge: boolean;
  labels: Label[];
  issues: (Issue | Pull)[];
  /** Numbers of issues that were deleted. */
  gone: Set<number>;
  protections: Map<string, Protection>;
  rulesets: Ruleset[];
  /** What CI does on the heads of pull requests. */
  checks: CheckPlan[];
  suites: CheckSuite[];
  statuses: CommitStatus[];
  /** The merge queue of each branch that has one. */
  queues: Map<string, QueueEntry[]>;
  /** Text with which every push is refused, as a pre-receive hook would. */
  pushRejection: string | undefined;
  /** Whether apps may ask for runs of others again. */
  rerequestable: boolean;
};

/** What `node(id:)` can find. */
export type Node =
  | { typename: 'Repository'; entity: Repository }
  | { typename: 'Issue'; entity: Issue }
  | { typename: 'PullRequest'; entity: Pull }
  | { typename: 'PullRequestReviewThread'; entity: ReviewThread };

/** Something that happened, to be told to every app that may know it. `payload` is complete but for the common parts. */
export type Happening = {
  event: string;
  action: string | undefined;
  repository: Repository | undefined;
  actor: Actor;
  payload: Json;
  /** Set when only this app is told. */
  onlyFor?: App;
};

/** GitHub as data. */
export type State = {
  clock: Clock;
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  accounts: Map<string, Account>;
  apps: Map<string, App>;
  installations: Installation[];
  repositories: Repository[];
  tokens: Map<string, Token>;
  nodes: Map<string, Node>;
  emit(happening: Happening): void;
  /** A number never used before. */
  nextId(): number;
};

export const zeroSha = '0'.repeat(40);

/** An empty GitHub. `emit` does nothing until somebody sets it. */
export function createState(clock: Clock): State {
  let last = 1_000_000;
  return {
    clock,
    url: '',
    accounts: new Map(),
    apps: new Map(),
    installations: [],
    repositories: [],
    tokens: new Map(),
    nodes: new Map(),
    emit: () => {},
    nextId: () => (last += 7),
  };
}

/** A global id in GitHub's manner: a prefix that tells the type, then letters that mean nothing. */
export function nodeId(prefix: string, id: number | string): string {
  return `${prefix}_kwDO${Buffer.from(`${prefix}:${id}`).toString('base64url')}`;
}

const accountPrefix = { User: 'U', Organization: 'O', Bot: 'BOT' } as const;

/** Finds the account, or creates it. Logins are compared without case, as GitHub does. */
export function ensureAccount(
  state: State,
  login: string,
  type: Account['type'] = login.endsWith('[bot]') ? 'Bot' : 'User',
): Account {
  const key = login.toLowerCase();
  const existing = state.accounts.get(key);
  if (existing) return existing;
  const id = state.nextId();
  const account: Account = { id, nodeId: nodeId(accountPrefix[type], id), login, type };
  state.accounts.set(key, account);
  return account;
}

/** Registers an app under its slug, with its bot account. */
export function createApp(state: State, fields: Pick<App, 'slug' | 'permissions' | 'events'> & { id?: number }): App {
  const id = fields.id ?? state.nextId();
  const app: App = {
    ...fields,
    id,
    nodeId: nodeId('A', id),
    name: fields.slug,
    owner: ensureAccount(state, `${fields.slug}-makers`, 'Organization'),
    bot: ensureAccount(state, `${fields.slug}[bot]`, 'Bot'),
    createdAt: state.clock.now(),
  };
  state.apps.set(app.slug, app);
  return app;
}

/** The repository by owner and name, without case. */
export function findRepository(state: State, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  const known = state.repositories.find((repository) => fullName(repository).toLowerCase() === wanted);
  return known ?? state.repositories.find((repository) => hadName(repository, wanted));
}

function hadName({ owner, formerNames }: Repository, wanted: string): boolean {
  return formerNames.some((name) => `${owner.login}/${name}`.toLowerCase() === wanted);
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

/** A person's role here: the owner is admin, everybody may read what is public. */
export function roleOf(repository: Repository, account: Account): Role {
  if (account.id === repository.owner.id) return 'admin';
  return repository.roles.get(account.login.toLowerCase()) ?? (repository.private ? 'none' : 'read');
}

/** The app's installation that covers the repository, if there is one. */
export function installationFor(state: State, app: App, repository: Repository): Installation | undefined {
  return state.installations.find((one) => one.app === app && one.repositories.includes(repository));
}
