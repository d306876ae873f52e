import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { around } from '../kill-point.ts';
import { git, gitFault, tryGit } from './git.ts';
import { alone, gitWithLocks, healLocks } from './lock.ts';
import { assertSha, baseRef, branchRef } from './ref.ts';

/** Our bare clone of a repository. `gitDir` is absolute; `url` carries no credentials. */
export type Mirror = { gitDir: string; url: string };

/** Enough for any manifest and lock file, and small enough to hold. */
const MAX_FILE_BYTES = 16_000_000;

/**
 * The mirror of a repository at `<root>/<id>.git`, made if it is absent or half-made; locks left by killed processes are removed.
 * Harmless to call twice and at the same time. Throws ToolError.
 */
export async function openMirror(root: string, repository: { id: number }, url: string): Promise<Mirror> {
  const mirror = { gitDir: join(resolve(root), `${assertId(repository.id)}.git`), url: assertUrl(url) };
  await alone(mirror.gitDir, async () => {
    await healLocks(mirror.gitDir);
    if (await isWhole(mirror.gitDir)) return;
    await mkdir(mirror.gitDir, { recursive: true });
    const args = ['init', '--bare', '--quiet', '--template=', '--initial-branch=omk'];
    await around('mirror', () => gitWithLocks(mirror.gitDir, args, { gitDir: mirror.gitDir }));
  });
  return mirror;
}

function assertId(id: number): number {
  if (!Number.isSafeInteger(id) || id < 0) throw new Error(`${id} is no repository id`);
  return id;
}

function assertUrl(url: string): string {
  const { protocol, username, password, search, hash } = new URL(url);
  if (!['https:', 'http:'].includes(protocol) || username + password + search + hash !== '') {
    throw new Error('The URL of a repository is http or https, and carries no credentials');
  }
  return url;
}

/** `git init` makes `objects/info` last. */
async function isWhole(gitDir: string): Promise<boolean> {
  const parts = ['HEAD', 'config', 'refs', 'objects/info'];
  const missing = await Promise.all(
    parts.map((part) =>
      access(join(gitDir, part)).then(
        () => false,
        () => true,
      ),
    ),
  );
  return !missing.includes(true);
}

/** Fetches one branch, without tags, and gives its head; undefined if GitHub has no such branch. Throws ToolError, TransientError. */
export async function fetchBranch(mirror: Mirror, branch: string, token: string): Promise<Sha | undefined> {
  const refspec = `+${branchRef(branch)}:${baseRef(branch)}`;
  const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
  const args = ['fetch', ...flags, '--end-of-options', mirror.url, refspec];
  const options = { gitDir: mirror.gitDir, remote: { url: mirror.url, token } };
  return await alone(mirror.gitDir, async () => {
    try {
      await around('fetch', () => gitWithLocks(mirror.gitDir, args, options));
    } catch (error) {
      if (error instanceof ToolError && /couldn't find remote ref/.test(error.details.stderrTail)) return undefined;
      throw error;
    }
    const sha = await git(['rev-parse', '--verify', '--end-of-options', baseRef(branch)], { gitDir: mirror.gitDir });
    return sha.trim();
  });
}

/** The head of a branch on GitHub now, without fetching it; undefined if there is no such branch. Throws ToolError, TransientError. */
export async function findRemoteHead(mirror: Mirror, branch: string, token: string): Promise<Sha | undefined> {
  const ref = branchRef(branch);
  const remote = { url: mirror.url, token };
  const args = ['ls-remote', '--quiet', '--end-of-options', mirror.url, ref];
  const lines = await git(args, { gitDir: mirror.gitDir, remote, timeoutMs: 60_000 });
  const row = lines.split('\n').find((line) => line.endsWith(`\t${ref}`));
  return row?.slice(0, row.indexOf('\t'));
}

/** A file of a tree. `mode` is git's six digits: 100644, 100755, 120000 (symbolic link), 160000 (gitlink, 0 bytes). */
export type TreeFile = { path: string; mode: string; bytes: number };

/** Every file of a commit, in git's order. Throws ToolError if the mirror has no such commit. */
export async function listFilesAt(mirror: Mirror, sha: Sha): Promise<TreeFile[]> {
  const entries = await listEntries(mirror, sha, []);
  return entries.map(({ path, mode, bytes }) => ({ path, mode, bytes }));
}

/**
 * The text of a regular file of a commit; undefined if there is none at this path. A symbolic link is not followed.
 * Throws ToolError if the file is over 16 MB, so that nobody takes a setting that is too long for one that is absent.
 */
export async function readFileAt(mirror: Mirror, sha: Sha, path: string): Promise<string | undefined> {
  if (path === '' || path.startsWith('/') || path.split('/').includes('..')) return undefined;
  const entry = (await listEntries(mirror, sha, ['--', `:(top,literal)${path}`])).find(
    (candidate) => candidate.path === path,
  );
  if (!entry?.mode.startsWith('100')) return undefined;
  const args = ['cat-file', 'blob', entry.object];
  if (entry.bytes <= MAX_FILE_BYTES) return await git(args, { gitDir: mirror.gitDir });
  const details = { tool: 'git' as const, args, exitCode: undefined, stderrTail: '' };
  throw new ToolError(`${JSON.stringify(path)} is larger than ${MAX_FILE_BYTES} bytes`, details);
}

async function listEntries(mirror: Mirror, sha: Sha, paths: string[]): Promise<(TreeFile & { object: Sha })[]> {
  assertSha(sha);
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', '--end-of-options', sha, ...paths];
  const records = await git(args, { gitDir: mirror.gitDir });
  return records.split('\0').flatMap((record) => {
    const match = /^(\d+) \w+ ([0-9a-f]+) +(-|\d+)\t(.+)$/s.exec(record);
    if (!match) return [];
    const [, mode = '', object = '', size = '', path = ''] = match;
    return [{ path, mode, object, bytes: size === '-' ? 0 : Number(size) }];
  });
}

/** Whether the mirror has this commit. */
export async function hasCommit(mirror: Mirror, sha: Sha): Promise<boolean> {
  assertSha(sha);
  const { exitCode } = await tryGit(['cat-file', '-e', `${sha}^{commit}`], { gitDir: mirror.gitDir });
  return exitCode === 0;
}

/** The tree of a commit. Throws ToolError if the mirror has no such commit. */
export async function getTree(mirror: Mirror, sha: Sha): Promise<Sha> {
  assertSha(sha);
  return (await git(['rev-parse', '--verify', '--quiet', `${sha}^{tree}`], { gitDir: mirror.gitDir })).trim();
}

/** The commit from which both went their ways; undefined if they share none. Throws ToolError if the mirror lacks one of them. */
export async function findMergeBase(mirror: Mirror, a: Sha, b: Sha): Promise<Sha | undefined> {
  assertSha(a);
  assertSha(b);
  const args = ['merge-base', a, b];
  const options = { gitDir: mirror.gitDir };
  const result = await tryGit(args, options);
  if (result.exitCode === 0) return result.stdout.trim();
  if (result.exitCode === 1) return undefined;
  throw gitFault(args, options, result);
}

/** Whether commit `a` is `b` or one of its ancestors. Throws ToolError if the mirror lacks one of them. */
export async function isAncestor(mirror: Mirror, a: Sha, b: Sha): Promise<boolean> {
  assertSha(a);
  assertSha(b);
  const args = ['merge-base', '--is-ancestor', a, b];
  const options = { gitDir: mirror.gitDir };
  const result = await tryGit(args, options);
  if (result.exitCode === 0 || result.exitCode === 1) return result.exitCode === 0;
  throw gitFault(args, options, result);
}
