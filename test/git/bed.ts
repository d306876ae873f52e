import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchBranch, type Mirror, openMirror } from '../../src/git/mirror.ts';
import { openWorktree, type Worktree } from '../../src/git/worktree.ts';
import { commitFiles, type GitRemote, plainGit, startRemote, TOKEN } from './remote.ts';

/** A remote, our mirror of it with `main` fetched, and a folder for worktrees. */
export type Bed = { remote: GitRemote; seed: string; data: string; root: string; mirror: Mirror; main: string };

export async function makeBed(): Promise<Bed & AsyncDisposable> {
  const remote = await startRemote();
  const data = await mkdtemp(join(tmpdir(), 'omk-git-'));
  const mirror = await openMirror(join(data, 'mirrors'), { id: 7 }, remote.url);
  const main = await fetchBranch(mirror, 'main', TOKEN);
  if (main === undefined) throw new Error('The remote has no main');
  const dispose = async () => {
    await remote.close();
    await rm(data, { recursive: true, force: true });
  };
  const root = join(data, 'worktrees');
  return { remote, seed: join(remote.folder, 'seed'), data, root, mirror, main, [Symbol.asyncDispose]: dispose };
}

/** A commit on the remote's main with these files, in our mirror. */
export async function commitOnMain(
  { seed, mirror }: Pick<Bed, 'seed' | 'mirror'>,
  files: Record<string, string>,
): Promise<string> {
  const sha = await commitFiles(seed, files);
  await plainGit(seed, 'push', '-q', 'origin', 'HEAD:main');
  await fetchBranch(mirror, 'main', TOKEN);
  return sha;
}

export async function openSlice(bed: Bed, name = 'slice-1'): Promise<Worktree> {
  return await openWorktree(bed.mirror, { root: bed.root, name, sha: bed.main });
}

export const AT = new Date('2026-11-22T10:00:00Z');
export const AUTHOR = { name: 'omk', email: 'omk@example.com' };

/** Every file below a folder, as text by path. */
export async function readTree(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')])));
}
