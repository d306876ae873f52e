import { type Answer, invalid, notFound, Refusal } from './answer.ts';
import { branchTip, isAncestor, listChanges, listCommits } from './git.ts';
import { updateIssue } from './issues.ts';
import type { MergeMethod, Pull } from './issue-state.ts';
import { mergePull, updateBranch } from './merge-pull.ts';
import { mergeBase } from './merging.ts';
import { fullPullShape, pullShape } from './pull-shapes.ts';
import { findPull, openPull, readMerging, retarget } from './pulls.ts';
import { commitShape, fileShape } from './repository-shapes.ts';
import { paged, type RepositoryCall, type Route, text } from './router.ts';
import { repositoryApi, userShape } from './shapes.ts';

const read = ['pull_requests:read'];
const write = ['pull_requests:write'];
const pulls = '/repos/{owner}/{repo}/pulls';
const one = `${pulls}/{pull_number}`;

/** Pull requests: open, read, change, merge. */
export const pullRoutes: Route[] = [
  { method: 'GET', template: pulls, as: 'repository', needs: read, handle: listPulls },
  { method: 'POST', template: pulls, as: 'repository', needs: write, handle: createPull },
  { method: 'GET', template: one, as: 'repository', needs: read, handle: getPull },
  { method: 'PATCH', template: one, as: 'repository', needs: write, handle: patchPull },
  { method: 'GET', template: `${one}/files`, as: 'repository', needs: read, handle: listFiles },
  { method: 'GET', template: `${one}/commits`, as: 'repository', needs: read, handle: listPullCommits },
  { method: 'GET', template: `${one}/merge`, as: 'repository', needs: read, handle: isMerged },
  { method: 'PUT', template: `${one}/merge`, as: 'repository', needs: ['contents:write'], handle: merge },
  { method: 'PUT', template: `${one}/update-branch`, as: 'repository', needs: write, handle: putUpdateBranch },
  { method: 'GET', template: `${one}/requested_reviewers`, as: 'repository', needs: read, handle: getReviewers },
  { method: 'POST', template: `${one}/requested_reviewers`, as: 'repository', needs: write, handle: requestReviewers },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    as: 'repository',
    needs: read,
    handle: listPullsOfCommit,
  },
];

/** The pull request of the path. */
export function pullOf({ repository, params }: RepositoryCall): Pull {
  const pull = findPull(repository, Number(params['pull_number']));
  if (!pull) throw notFound();
  return pull;
}

function listPulls(call: RepositoryCall): Answer {
  const { state, repository, query } = call;
  const wanted = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const sort = query.get('sort') ?? 'created';
  const ascending = (query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'asc';
  const found = repository.issues
    .filter((issue): issue is Pull => issue.kind === 'pull')
    .filter((pull) => wanted === 'all' || pull.state === wanted)
    // GitHub ignores a head filter without an owner.
    .filter(
      (pull) =>
        head === null ||
        !head.includes(':') ||
        head.toLowerCase() === `${repository.owner.login}:${pull.head.ref}`.toLowerCase(),
    )
    .filter((pull) => base === null || pull.base.ref === base);
  const sorted = sort === 'updated' ? found.toSorted((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime()) : found;
  return paged(
    call,
    (ascending ? sorted : sorted.toReversed()).map((pull) => pullShape(state, pull)),
  );
}

const titleLimit = 256;
const bodyLimit = 65_536;

async function createPull(call: RepositoryCall): Promise<Answer> {
  const { state, repository, body, actor } = call;
  const head = (text(body, 'head') ?? '').replace(new RegExp(`^${repository.owner.login}:`, 'i'), '');
  const base = text(body, 'base') ?? '';
  const title = text(body, 'title') ?? '';
  checkLengths(body);
  await checkBranches(call, head, base);
  const fields = { title, body: text(body, 'body') ?? null, head, base, draft: body['draft'] === true };
  const pull = await openPull(state, repository, fields, actor);
  return { status: 201, body: fullPullShape(state, pull) };
}

function checkLengths(body: RepositoryCall['body']): void {
  const title = text(body, 'title');
  if (title !== undefined && title.trim() === '')
    throw invalid({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
  if ((title ?? '').length > titleLimit) {
    throw invalid({
      resource: 'PullRequest',
      code: 'custom',
      field: 'title',
      message: `title is too long (maximum is ${titleLimit} characters)`,
    });
  }
  if ((text(body, 'body') ?? '').length > bodyLimit) {
    throw invalid({
      resource: 'PullRequest',
      code: 'custom',
      field: 'body',
      message: `body is too long (maximum is ${bodyLimit} characters)`,
    });
  }
}

async function checkBranches({ repository }: RepositoryCall, head: string, base: string): Promise<void> {
  const headSha = await branchTip(repository.gitDir, head);
  const baseSha = await branchTip(repository.gitDir, base);
  if (headSha === undefined) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  if (baseSha === undefined) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  const twin = repository.issues.some(
    (issue) => issue.kind === 'pull' && issue.state === 'open' && issue.head.ref === head && issue.base.ref === base,
  );
  if (twin) {
    const message = `A pull request already exists for ${repository.owner.login}:${head}.`;
    throw invalid({ resource: 'PullRequest', code: 'custom', message });
  }
  if (await isAncestor(repository.gitDir, headSha, baseSha)) {
    throw invalid({ resource: 'PullRequest', code: 'custom', message: `No commits between ${base} and ${head}` });
  }
}

async function getPull(call: RepositoryCall): Promise<Answer> {
  const pull = pullOf(call);
  return { status: 200, body: fullPullShape(call.state, pull, await readMerging(call.state, pull, true)) };
}

async function patchPull(call: RepositoryCall): Promise<Answer> {
  const { state, body, actor, repository } = call;
  const pull = pullOf(call);
  checkLengths(body);
  const base = text(body, 'base');
  if (base !== undefined) {
    if ((await branchTip(repository.gitDir, base)) === undefined)
      throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    if (pull.state === 'closed') {
      throw invalid({
        resource: 'PullRequest',
        field: 'base',
        code: 'invalid',
        message: 'Cannot change the base branch of a closed pull request.',
      });
    }
    await retarget(state, pull, base, actor);
  }
  const newState = text(body, 'state') as 'open' | 'closed' | undefined;
  if (newState === 'open' && pull.state === 'closed') await checkReopen(pull);
  const title = text(body, 'title');
  const changes = {
    ...(title !== undefined && { title }),
    ...('body' in body && { body: text(body, 'body') ?? null }),
  };
  updateIssue(state, pull, { ...changes, ...(newState && { state: newState }) }, actor);
  return { status: 200, body: fullPullShape(state, pull, await readMerging(state, pull, false)) };
}

async function checkReopen(pull: Pull): Promise<void> {
  const tip = await branchTip(pull.repository.gitDir, pull.head.ref);
  if (tip !== undefined && !pull.merged) return;
  const message = `state cannot be changed. The ${pull.head.ref} branch has been deleted.`;
  throw invalid({ resource: 'PullRequest', code: 'invalid', field: 'state', message });
}

async function forkOf(pull: Pull): Promise<string> {
  return (await mergeBase(pull.repository.gitDir, pull.base.sha, pull.head.sha)) ?? pull.base.sha;
}

async function listFiles(call: RepositoryCall): Promise<Answer> {
  const { state, repository } = call;
  const pull = pullOf(call);
  const files = await listChanges(repository.gitDir, await forkOf(pull), pull.head.sha);
  return paged(
    call,
    files.map((file) => fileShape(state, repository, file, pull.head.sha)),
  );
}

async function listPullCommits(call: RepositoryCall): Promise<Answer> {
  const { state, repository } = call;
  const pull = pullOf(call);
  const commits = await listCommits(repository.gitDir, `${await forkOf(pull)}..${pull.head.sha}`);
  return paged(
    call,
    commits.toReversed().map((commit) => commitShape(state, repository, commit)),
  );
}

function isMerged(call: RepositoryCall): Answer {
  if (!pullOf(call).merged) throw notFound();
  return { status: 204 };
}

async function merge(call: RepositoryCall): Promise<Answer> {
  const { state, body, actor } = call;
  const wish = {
    method: (text(body, 'merge_method') ?? 'merge') as MergeMethod,
    sha: text(body, 'sha'),
    title: text(body, 'commit_title'),
    message: text(body, 'commit_message'),
  };
  const outcome = await mergePull(state, pullOf(call), wish, actor);
  if (outcome.kind === 'refused') throw new Refusal(outcome.status, outcome.message);
  return { status: 200, body: { sha: outcome.sha, merged: true, message: 'Pull Request successfully merged' } };
}

async function putUpdateBranch(call: RepositoryCall): Promise<Answer> {
  const pull = pullOf(call);
  const update = { expectedHead: text(call.body, 'expected_head_sha'), method: 'MERGE' as const };
  const refusal = await updateBranch(call.state, pull, update, call.actor);
  if (refusal !== undefined) throw invalid({ resource: 'PullRequest', code: 'custom', message: refusal });
  const url = repositoryApi(call.state, call.repository, `/pulls/${pull.number}`);
  return { status: 202, body: { message: 'Updating pull request branch.', url } };
}

function getReviewers(call: RepositoryCall): Answer {
  const users = pullOf(call).requestedReviewers.map((one) => userShape(call.state, one));
  return { status: 200, body: { users, teams: [] } };
}

function requestReviewers(call: RepositoryCall): Answer {
  const { state, body } = call;
  const pull = pullOf(call);
  for (const login of (body['reviewers'] ?? []) as string[]) {
    const account = state.accounts.get(login.toLowerCase());
    const collaborator =
      account && (call.repository.roles.has(login.toLowerCase()) || account === call.repository.owner);
    if (!collaborator)
      throw new Refusal(
        422,
        `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${call.repository.owner.login}/${call.repository.name} repository.`,
      );
    if (!pull.requestedReviewers.includes(account)) pull.requestedReviewers.push(account);
  }
  return { status: 201, body: pullShape(state, pull) };
}

async function listPullsOfCommit(call: RepositoryCall): Promise<Answer> {
  const { state, repository, params } = call;
  const sha = params['commit_sha'] ?? '';
  const found: Pull[] = [];
  for (const issue of repository.issues) {
    if (issue.kind !== 'pull') continue;
    const inside = issue.head.sha === sha || issue.merged?.sha === sha || (await holds(issue, sha));
    if (inside) found.push(issue);
  }
  return paged(
    call,
    found.map((pull) => pullShape(state, pull)),
  );
}

async function holds(pull: Pull, sha: string): Promise<boolean> {
  const { gitDir } = pull.repository;
  const before = await isAncestor(gitDir, sha, await forkOf(pull));
  return !before && (await isAncestor(gitDir, sha, pull.head.sha));
}
