import { scheduleSuites } from './checks.ts';
import { type GitCommit, isAncestor, listChanges, listCommits, resolveCommit } from './git.ts';
import type { Pull } from './issue-state.ts';
import { emitPull, measure } from './pulls.ts';
import { simpleCommitShape, repositoryShape } from './repository-shapes.ts';
import { repositoryPage, userShape } from './shapes.ts';
import { type Actor, type Json, type Repository, type State, zeroSha } from './state.ts';

/** One ref that moved. `before` or `after` is forty zeros when the ref was created or deleted. */
export type RefUpdate = { ref: string; before: string; after: string };

/** Tells the world of a ref that has moved: push event, pull requests whose head or base it is, check suites. */
export async function refMoved(state: State, repository: Repository, update: RefUpdate, actor: Actor): Promise<void> {
  repository.pushedAt = state.clock.now();
  await emitPush(state, repository, update, actor);
  const branch = /^refs\/heads\/(.+)$/.exec(update.ref)?.[1];
  if (branch === undefined) return;
  const open = repository.issues.filter((one): one is Pull => one.kind === 'pull' && one.state === 'open');
  if (update.after === zeroSha) {
    for (const pull of open) if (pull.head.ref === branch || pull.base.ref === branch) closeFor(state, pull, actor);
    return;
  }
  await scheduleSuites(state, repository, { sha: update.after, branch, before: update.before, onlyOwn: true });
  for (const pull of open) if (pull.head.ref === branch) await synchronize(state, pull, update, actor);
  for (const pull of open) if (pull.base.ref === branch) await mergedByPush(state, pull, update.after, actor);
}

async function emitPush(state: State, repository: Repository, update: RefUpdate, actor: Actor): Promise<void> {
  const { ref, before, after } = update;
  const created = before === zeroSha;
  const deleted = after === zeroSha;
  const range = created ? `${after}^!` : `${before}..${after}`;
  const commits = deleted ? [] : (await listCommits(repository.gitDir, range, 20)).toReversed();
  const shapes = await Promise.all(commits.map((commit) => pushedCommitShape(state, repository, commit)));
  const forced = !created && !deleted && !(await isAncestor(repository.gitDir, before, after));
  state.emit({
    event: 'push',
    action: undefined,
    repository,
    actor,
    payload: {
      ref,
      before,
      after,
      created,
      deleted,
      forced,
      base_ref: null,
      compare: repositoryPage(state, repository, `/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`),
      commits: shapes,
      head_commit: shapes.at(-1) ?? null,
      pusher: { name: actor.account.login, email: null },
      repository: pushedRepositoryShape(state, repository),
    },
  });
}

/** A push event writes the times of a repository as seconds, and the owner with name and e-mail. */
function pushedRepositoryShape(state: State, repository: Repository): Json {
  return {
    ...repositoryShape(state, repository),
    owner: { name: repository.owner.login, email: null, ...userShape(state, repository.owner) },
    created_at: Math.floor(repository.createdAt.getTime() / 1000),
    pushed_at: Math.floor(repository.pushedAt.getTime() / 1000),
    master_branch: repository.defaultBranch,
    stargazers: 0,
  };
}

async function pushedCommitShape(state: State, repository: Repository, commit: GitCommit): Promise<Json> {
  const parent = commit.parents[0];
  const files = parent === undefined ? [] : await listChanges(repository.gitDir, parent, commit.sha);
  const paths = (...wanted: string[]): string[] =>
    files.filter(({ status }) => wanted.includes(status)).map(({ path }) => path);
  return {
    ...simpleCommitShape(commit),
    distinct: true,
    url: repositoryPage(state, repository, `/commit/${commit.sha}`),
    added: paths('added'),
    removed: paths('removed'),
    modified: paths('modified', 'renamed'),
  };
}

function closeFor(state: State, pull: Pull, actor: Actor): void {
  pull.state = 'closed';
  pull.closedAt = pull.updatedAt = state.clock.now();
  pull.closedBy = actor.account;
  pull.autoMerge = undefined;
  emitPull(state, pull, 'closed', actor);
}

async function synchronize(state: State, pull: Pull, { before, after }: RefUpdate, actor: Actor): Promise<void> {
  pull.head = { ...pull.head, sha: after };
  pull.base = {
    ...pull.base,
    sha: (await resolveCommit(pull.repository.gitDir, `refs/heads/${pull.base.ref}`)) ?? pull.base.sha,
  };
  pull.updatedAt = state.clock.now();
  await measure(pull);
  emitPull(state, pull, 'synchronize', actor, { before, after });
  await scheduleSuites(state, pull.repository, { sha: after, branch: pull.head.ref, before, onlyOwn: false });
}

/** A pull request whose head has been pushed into its base counts as merged, as on GitHub. */
async function mergedByPush(state: State, pull: Pull, tip: string, actor: Actor): Promise<void> {
  if (pull.state !== 'open' || !(await isAncestor(pull.repository.gitDir, pull.head.sha, tip))) return;
  pull.merged = { at: state.clock.now(), by: actor.account, sha: tip };
  closeFor(state, pull, actor);
}
