import { type Answer, forbidden, notFound, Refusal } from './answer.ts';
import { refMoved } from './branches.ts';
import { grants } from './credentials.ts';
import {
  branchTip,
  git,
  isAncestor,
  listChanges,
  listCommits,
  moveRef,
  readPath,
  resolveCommit,
  tryGit,
} from './git.ts';
import { mergeBase } from './merging.ts';
import { commitShape, fileShape } from './repository-shapes.ts';
import { paged, type RepositoryCall, type Route, text } from './router.ts';
import { isProtected } from './rules.ts';
import { repositoryApi, repositoryPage } from './shapes.ts';
import { type Json, type Repository, type State, nodeId, zeroSha } from './state.ts';

/** What git holds: refs, files, commits, and what lies between two commits. */
export const gitRoutes: Route[] = [
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/git/ref/{ref}',
    as: 'repository',
    needs: ['contents:read'],
    handle: getRef,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/git/matching-refs/{ref}',
    as: 'repository',
    needs: ['contents:read'],
    handle: matchRefs,
  },
  {
    method: 'POST',
    template: '/repos/{owner}/{repo}/git/refs',
    as: 'repository',
    needs: ['contents:write'],
    handle: createRef,
  },
  {
    method: 'PATCH',
    template: '/repos/{owner}/{repo}/git/refs/{ref}',
    as: 'repository',
    needs: ['contents:write'],
    handle: updateRef,
  },
  {
    method: 'DELETE',
    template: '/repos/{owner}/{repo}/git/refs/{ref}',
    as: 'repository',
    needs: ['contents:write'],
    handle: deleteRef,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/contents/{path}',
    as: 'repository',
    needs: ['contents:read'],
    handle: getContents,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/commits',
    as: 'repository',
    needs: ['contents:read'],
    handle: getCommits,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/commits/{ref}',
    as: 'repository',
    needs: ['contents:read'],
    handle: getCommit,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/compare/{basehead}',
    as: 'repository',
    needs: ['contents:read'],
    handle: compare,
  },
];

function refShape(state: State, repository: Repository, ref: string, sha: string): Json {
  const object = { sha, type: 'commit', url: repositoryApi(state, repository, `/git/commits/${sha}`) };
  return { ref, node_id: nodeId('REF', ref), url: repositoryApi(state, repository, `/git/${ref}`), object };
}

async function tipOf(repository: Repository, ref: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryGit(repository.gitDir, ['rev-parse', '--verify', '--quiet', ref]);
  return exitCode === 0 ? stdout : undefined;
}

async function getRef({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const ref = `refs/${params['ref'] ?? ''}`;
  const sha = await tipOf(repository, ref);
  if (sha === undefined) throw notFound();
  return { status: 200, body: refShape(state, repository, ref, sha) };
}

async function matchRefs(call: RepositoryCall): Promise<Answer> {
  const { state, repository, params } = call;
  const listed = await git(repository.gitDir, ['for-each-ref', '--format=%(refname) %(objectname)']);
  const refs = listed.split('\n').map((line) => line.split(' ') as [string, string]);
  const matching = refs.filter(([ref]) => ref.startsWith(`refs/${params['ref'] ?? ''}`));
  return { status: 200, body: matching.map(([ref, sha]) => refShape(state, repository, ref, sha)) };
}

async function createRef({ state, repository, body, actor, token }: RepositoryCall): Promise<Answer> {
  const ref = text(body, 'ref') ?? '';
  const sha = text(body, 'sha') ?? '';
  if (!/^refs\/[^/]+\/.+/.test(ref))
    throw new Refusal(422, "Reference name must start with 'refs' and have at least two slashes.");
  if ((await resolveCommit(repository.gitDir, sha)) === undefined) throw new Refusal(422, 'Object does not exist');
  if ((await tipOf(repository, ref)) !== undefined) throw new Refusal(422, 'Reference already exists');
  await needWorkflows(repository, { before: `refs/heads/${repository.defaultBranch}`, after: sha }, token.permissions);
  if (!(await moveRef(repository.gitDir, ref, sha, zeroSha))) throw new Refusal(422, 'Reference already exists');
  await refMoved(state, repository, { ref, before: zeroSha, after: sha }, actor);
  return { status: 201, body: refShape(state, repository, ref, sha) };
}

async function updateRef({ state, repository, params, body, actor, token }: RepositoryCall): Promise<Answer> {
  const ref = `refs/${params['ref'] ?? ''}`;
  const after = text(body, 'sha') ?? '';
  const before = await tipOf(repository, ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if ((await resolveCommit(repository.gitDir, after)) === undefined) throw new Refusal(422, 'Object does not exist');
  refuseProtected(repository, ref);
  if (body['force'] !== true && !(await isAncestor(repository.gitDir, before, after)))
    throw new Refusal(422, 'Update is not a fast forward');
  await needWorkflows(repository, { before, after }, token.permissions);
  if (!(await moveRef(repository.gitDir, ref, after, before)))
    throw new Refusal(409, 'Reference was updated meanwhile');
  await refMoved(state, repository, { ref, before, after }, actor);
  return { status: 200, body: refShape(state, repository, ref, after) };
}

async function deleteRef({ state, repository, params, actor }: RepositoryCall): Promise<Answer> {
  const ref = `refs/${params['ref'] ?? ''}`;
  const before = await tipOf(repository, ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  refuseProtected(repository, ref);
  await moveRef(repository.gitDir, ref, undefined, before);
  await refMoved(state, repository, { ref, before, after: zeroSha }, actor);
  return { status: 204 };
}

function refuseProtected(repository: Repository, ref: string): void {
  if (isProtected(repository, ref.replace(/^refs\/heads\//, '')))
    throw new Refusal(422, 'Cannot change a protected branch');
}

/** An app may change workflow files only with the permission `workflows`. */
async function needWorkflows(
  repository: Repository,
  range: { before: string; after: string },
  permissions: Record<string, 'read' | 'write'>,
) {
  if (grants(permissions, 'workflows:write')) return;
  const changed = await tryGit(repository.gitDir, [
    'diff',
    '--name-only',
    range.before,
    range.after,
    '--',
    '.github/workflows',
  ]);
  if (changed.stdout !== '') throw forbidden();
}

async function getContents({ state, repository, params, query }: RepositoryCall): Promise<Answer> {
  const ref = query.get('ref') ?? repository.defaultBranch;
  const commit = await findCommit(repository, ref);
  if (commit === undefined) throw new Refusal(404, `No commit found for the ref ${ref}`);
  const path = params['path'] ?? '';
  const found = await readPath(repository.gitDir, commit, path).catch(() => undefined);
  if (!found) throw notFound();
  if (found.kind === 'folder') {
    return {
      status: 200,
      body: found.entries.map((entry) => {
        const name = entry.path.split('/').at(-1) ?? '';
        return {
          ...entryShape(state, repository, { ...entry, path: path === '' ? name : `${path}/${name}` }, ref),
          size: entry.size,
        };
      }),
    };
  }
  const { content, sha } = found;
  const entry = entryShape(state, repository, { path, sha, type: 'blob' }, ref);
  // GitHub breaks its base64 into lines of 60.
  const encoded = content.toString('base64').replaceAll(/.{60}/g, '$&\n');
  return { status: 200, body: { ...entry, size: content.length, encoding: 'base64', content: `${encoded}\n` } };
}

function entryShape(
  state: State,
  repository: Repository,
  entry: { path: string; sha: string; type: string },
  ref: string,
): Json {
  const file = entry.type === 'blob';
  const self = repositoryApi(state, repository, `/contents/${entry.path}?ref=${ref}`);
  const git = repositoryApi(state, repository, `/git/${file ? 'blobs' : 'trees'}/${entry.sha}`);
  const html = repositoryPage(state, repository, `/${file ? 'blob' : 'tree'}/${ref}/${entry.path}`);
  return {
    type: file ? 'file' : 'dir',
    name: entry.path.split('/').at(-1) ?? '',
    path: entry.path,
    sha: entry.sha,
    url: self,
    git_url: git,
    html_url: html,
    download_url: file ? repositoryPage(state, repository, `/raw/${ref}/${entry.path}`) : null,
    _links: { self, git, html },
  };
}

/** A commit by branch name, id or ref, as every `ref` of the API may be. */
export async function findCommit(repository: Repository, ref: string): Promise<string | undefined> {
  return (
    (await branchTip(repository.gitDir, ref.replace(/^(refs\/)?heads\//, ''))) ??
    (await resolveCommit(repository.gitDir, ref))
  );
}

async function getCommits(call: RepositoryCall): Promise<Answer> {
  const { state, repository, query } = call;
  const sha = await findCommit(repository, query.get('sha') ?? repository.defaultBranch);
  if (sha === undefined) throw notFound();
  const commits = await listCommits(repository.gitDir, sha);
  return paged(
    call,
    commits.map((commit) => commitShape(state, repository, commit)),
  );
}

async function getCommit({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const sha = await findCommit(repository, params['ref'] ?? '');
  const [commit] = sha === undefined ? [] : await listCommits(repository.gitDir, sha, 1);
  if (!commit) throw new Refusal(422, `No commit found for SHA: ${params['ref'] ?? ''}`);
  const parent = commit.parents[0];
  const files = parent === undefined ? [] : await listChanges(repository.gitDir, parent, commit.sha);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const stats = { additions, deletions, total: additions + deletions };
  const body = {
    ...commitShape(state, repository, commit),
    stats,
    files: files.map((file) => fileShape(state, repository, file, commit.sha)),
  };
  return { status: 200, body };
}

async function compare({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const [baseName = '', headName = ''] = (params['basehead'] ?? '')
    .split('...')
    .map((name) => name.replace(/^[^/:]+:/, ''));
  const base = await findCommit(repository, baseName);
  const head = await findCommit(repository, headName);
  const fork = base !== undefined && head !== undefined ? await mergeBase(repository.gitDir, base, head) : undefined;
  if (base === undefined || head === undefined || fork === undefined) throw notFound();
  const { gitDir } = repository;
  const ahead = (await listCommits(gitDir, `${base}..${head}`)).toReversed();
  const behind = await listCommits(gitDir, `${head}..${base}`);
  const [baseCommit] = await listCommits(gitDir, base, 1);
  const [forkCommit] = await listCommits(gitDir, fork, 1);
  if (!baseCommit || !forkCommit) throw notFound();
  const files = await listChanges(gitDir, fork, head);
  const page = repositoryPage(state, repository, `/compare/${baseName}...${headName}`);
  const body = {
    url: repositoryApi(state, repository, `/compare/${baseName}...${headName}`),
    html_url: page,
    permalink_url: repositoryPage(state, repository, `/compare/${base}...${head}`),
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitShape(state, repository, baseCommit),
    merge_base_commit: commitShape(state, repository, forkCommit),
    status:
      ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged',
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead.map((commit) => commitShape(state, repository, commit)),
    files: files.map((file) => fileShape(state, repository, file, head)),
  };
  return { status: 200, body };
}
