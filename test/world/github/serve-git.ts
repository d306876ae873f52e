import { serveGit } from '../git-remote.ts';
import type { Answer } from './answer.ts';
import { refMoved } from './branches.ts';
import { findLiveToken, grants } from './credentials.ts';
import { git } from './git.ts';
import { actorOf } from './router.ts';
import { isProtected } from './rules.ts';
import type { Exchange, Site } from './site.ts';
import { findRepository, type Repository, type Token } from './state.ts';

export type RawRequest = {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

const gitPath = /^\/([^/]+)\/([^/]+?)(?:\.git)?(\/(?:info\/refs|git-upload-pack|git-receive-pack|HEAD|objects\/.+))$/;
/** What git asks a server for that does not seem to know its protocol. GitHub has nothing to say to it. */
const dumbPath = /^\/(?:HEAD|objects\/)/;

/** Whether the request is one of git's. */
export function isGitRequest(url: URL): boolean {
  return gitPath.test(url.pathname);
}

/** Answers git: the password must be a live token that covers the repository, with write to push. */
export async function answerGit(site: Site, request: RawRequest, exchange: Exchange): Promise<Answer> {
  const [, owner = '', name = '', path = ''] = gitPath.exec(request.url.pathname) ?? [];
  const pushes = path === '/git-receive-pack' || request.url.searchParams.get('service') === 'git-receive-pack';
  const repository = findRepository(site.state, owner, name);
  const password = readPassword(request.headers['authorization']);
  const token = password === undefined ? undefined : findLiveToken(site.state, password);
  if (token) exchange.caller = 'installation';
  const refusal = refusalFor({ repository, token, password, pushes });
  if (refusal || !repository) return refusal ?? plain(404, 'Repository not found.');
  if (dumbPath.test(path)) return plain(404, 'Not Found');

  const { status, headers, body, updates } = await serveGit(
    repository.gitDir,
    { method: request.method, path, search: request.url.search, headers: request.headers, body: request.body },
    {
      protectedRefs: pushes ? await protectedRefs(repository) : [],
      rejection: repository.pushRejection,
      workflows: token !== undefined && grants(token.permissions, 'workflows:write'),
    },
  );
  for (const update of updates) {
    if (!token) continue;
    site.pushes.push({ ...update, repository, token: token.value });
    await refMoved(site.state, repository, update, actorOf(token));
  }
  return { status, headers, body };
}

function readPassword(header: string | string[] | undefined): string | undefined {
  const encoded = /^Basic (.+)$/i.exec(String(header ?? ''))?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
}

type Attempt = {
  repository: Repository | undefined;
  token: Token | undefined;
  password: string | undefined;
  pushes: boolean;
};

function refusalFor({ repository, token, password, pushes }: Attempt): Answer | undefined {
  if (password === undefined) {
    const open = repository !== undefined && !repository.private && !pushes;
    return open ? undefined : plain(401, 'No anonymous write access.', { 'www-authenticate': 'Basic realm="GitHub"' });
  }
  if (!token) return plain(401, 'Invalid username or token.', { 'www-authenticate': 'Basic realm="GitHub"' });
  if (!repository || !token.repositories.includes(repository)) return plain(404, 'Repository not found.');
  if (!grants(token.permissions, pushes ? 'contents:write' : 'contents:read'))
    return plain(403, 'Write access to repository not granted.');
  if (pushes && repository.archived) return plain(403, 'This repository was archived so it is read-only.');
  return undefined;
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return { status, body: Buffer.from(`${text}\n`), headers: { 'content-type': 'text/plain', ...headers } };
}

async function protectedRefs(repository: Repository): Promise<string[]> {
  const branches = await git(repository.gitDir, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads']);
  return branches
    .split('\n')
    .filter((branch) => isProtected(repository, branch))
    .map((branch) => `refs/heads/${branch}`);
}
