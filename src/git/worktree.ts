import { execa } from 'execa';
import { access, chmod, copyFile, lstat, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { around } from '../kill-point.ts';
import { git } from './git.ts';
import { alone, gitWithLocks } from './lock.ts';
import { isAncestor, listFilesAt, type Mirror } from './mirror.ts';
import { assertSha, assertWorktreeName } from './ref.ts';

/** A folder of files (`dir`) whose git directory (`gitDir`) lies in the mirror, where no agent can write. Both absolute. */
export type Worktree = { name: string; dir: string; gitDir: string; mirror: Mirror };

/** Stands in a worktree's git directory while its files are being brought to a commit. */
const OPENING = 'omk-opening';
/** Holds what work goes on in a worktree. */
const MARK = 'omk-mark';

type Ignored = 'kept' | 'removed';
type Opening = { root: string; name: string; sha: Sha; ignored?: Ignored };

/**
 * The worktree of this name under `root`, with exactly the tracked files of `sha`: untracked files are removed, ignored ones kept unless told.
 * Made, or made anew if half-made; so calling twice is harmless. It has no `.git`: see `lendGit`. Throws ToolError, TransientError.
 */
export async function openWorktree(mirror: Mirror, { root, name, sha, ignored = 'kept' }: Opening): Promise<Worktree> {
  assertSha(sha);
  const worktree = locate(mirror, root, name);
  await alone(worktree.gitDir, async () => {
    if ((await isWhole(worktree)) && (await isBroughtTo(worktree, sha, ignored))) return;
    await discard(worktree);
    await make(worktree, sha);
    await around('worktree:fill', () => bringTo(worktree, sha, ignored));
  });
  return worktree;
}

/** Notes beside the worktree what work goes on in it. Opening or removing it does not ask. */
export async function markWorktree({ gitDir }: Worktree, mark: string): Promise<void> {
  await writeFile(join(gitDir, MARK), mark);
}

/**
 * The worktree of this name as it stands, uncommitted work included; undefined if there is none, if it is half-made, if it has another
 * `mark` than the one given, or if what was opened in it does not come from `base`: committed on `base`, such files would take back what lies between.
 */
export async function resumeWorktree(
  mirror: Mirror,
  { root, name, base, mark }: { root: string; name: string; base: Sha; mark?: string },
): Promise<Worktree | undefined> {
  assertSha(base);
  const worktree = locate(mirror, root, name);
  const isSettled = (await isWhole(worktree)) && !(await exists(join(worktree.gitDir, OPENING)));
  if (!isSettled || !(await standsOn(worktree, base))) return undefined;
  if (mark === undefined) return worktree;
  const found = await readFile(join(worktree.gitDir, MARK), 'utf8').catch(() => undefined);
  return found === mark ? worktree : undefined;
}

/** Whether the commit last opened in the worktree is `base` or descends from it. */
export async function standsOn(worktree: Worktree, base: Sha): Promise<boolean> {
  const head = await openedAt(worktree);
  return head === base || (await isAncestor(worktree.mirror, base, head));
}

/** The commit last opened in the worktree. */
export async function openedAt({ gitDir }: Worktree): Promise<Sha> {
  return (await readFile(join(gitDir, 'HEAD'), 'utf8')).trim();
}

/** Makes these files of the worktree as `sha` has them, and removes those that it lacks. Harmless twice. */
export async function bringFilesTo(worktree: Worktree, sha: Sha, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const { dir, gitDir, mirror } = worktree;
  const has = new Set((await listFilesAt(mirror, sha)).map(({ path }) => path));
  const [there, gone] = [paths.filter((path) => has.has(path)), paths.filter((path) => !has.has(path))];
  const run = async (args: string[], files: readonly string[]) => {
    const literal = files.map((path) => `:(top,literal)${path}`);
    if (files.length > 0) await gitWithLocks(mirror.gitDir, [...args, '--', ...literal], { gitDir, workTree: dir });
  };
  await alone(gitDir, async () => {
    await run(['restore', `--source=${sha}`, '--staged', '--worktree'], there);
    await run(['rm', '--cached', '--force', '--quiet', '--ignore-unmatch'], gone);
    await run(['clean', '--force', '-x', '--quiet'], gone);
  });
}

function locate(mirror: Mirror, root: string, name: string): Worktree {
  assertWorktreeName(name);
  return { name, dir: join(resolve(root), name), gitDir: join(mirror.gitDir, 'worktrees', name), mirror };
}

async function isWhole({ dir, gitDir }: Worktree): Promise<boolean> {
  const pointer = await readFile(join(gitDir, 'gitdir'), 'utf8').catch(() => '');
  const folder = await lstat(dir).catch(() => undefined);
  const parts = ['HEAD', 'commondir', 'index'].map((part) => exists(join(gitDir, part)));
  return (
    pointer.trim() === join(dir, '.git') &&
    folder?.isDirectory() === true &&
    !(await Promise.all(parts)).includes(false)
  );
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** False if the worktree cannot be used any more. A commit that the mirror lacks is an error, and the worktree is kept. */
async function isBroughtTo(worktree: Worktree, sha: Sha, ignored: Ignored): Promise<boolean> {
  try {
    await bringTo(worktree, sha, ignored);
    return true;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    await git(['cat-file', '-e', `${sha}^{commit}`], { gitDir: worktree.mirror.gitDir });
    return false;
  }
}

async function bringTo(worktree: Worktree, sha: Sha, ignored: Ignored): Promise<void> {
  const { dir, gitDir, mirror } = worktree;
  const options = { gitDir, workTree: dir };
  const reset = () => gitWithLocks(mirror.gitDir, ['reset', '--hard', '--quiet', sha, '--'], options);
  await writeFile(join(gitDir, OPENING), '');
  await removeTree(join(dir, '.git'));
  await reset();
  const { hidesFiles, submodules } = await inspectIndex(worktree);
  if (hidesFiles) await rm(join(gitDir, 'index'));
  if (hidesFiles) await reset();
  const too = ignored === 'removed' ? ['-x'] : [];
  await gitWithLocks(mirror.gitDir, ['clean', '--force', '--force', '-d', ...too, '--quiet'], options);
  for (const path of submodules) await emptyFolder(dir, path);
  await rm(join(gitDir, OPENING));
}

/**
 * Whether an entry of the index is skip-worktree or assume-unchanged, so that git would not look at that file, and the paths of submodules.
 * An index without such flags is worth keeping: it saves reading every file.
 */
export async function inspectIndex({ dir, gitDir }: Worktree): Promise<{ hidesFiles: boolean; submodules: string[] }> {
  const entries = (await git(['ls-files', '-v', '--stage', '-z'], { gitDir, workTree: dir })).split('\0');
  return {
    hidesFiles: entries.some((entry) => entry !== '' && !entry.startsWith('H ')),
    submodules: entries.flatMap((entry) => /^. 160000 [0-9a-f]+ \d\t(.+)$/s.exec(entry)?.[1] ?? []),
  };
}

/** omk fetches no submodule: its folder is empty in a checkout, whatever somebody put there. */
async function emptyFolder(dir: string, path: string): Promise<void> {
  const folder = join(dir, path);
  const isInside = (await realpath(folder).catch(() => '')) === join(await realpath(dir), path);
  const names = isInside ? await readdir(folder) : [];
  for (const name of names) await removeTree(join(folder, name));
}

async function make({ dir, gitDir, mirror }: Worktree, sha: Sha): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  // Locked: without the `.git` that we take away, git would think the worktree gone and prune it.
  const flags = ['--detach', '--no-checkout', '--lock', '--force', '--force'];
  await alone(mirror.gitDir, async () => {
    const args = ['worktree', 'add', ...flags, '--end-of-options', dir, sha];
    await around('worktree:add', () => gitWithLocks(mirror.gitDir, args, { gitDir: mirror.gitDir }));
  });
  const pointer = await readFile(join(gitDir, 'gitdir'), 'utf8');
  if (pointer.trim() !== join(dir, '.git'))
    throw new Error(`git gave the worktree ${dir} another folder than ${gitDir}`);
}

/** Removes the worktree's files and its git directory. Harmless to call twice. */
export async function removeWorktree(worktree: Worktree): Promise<void> {
  await alone(worktree.gitDir, () => discard(worktree));
}

async function discard({ dir, gitDir }: Worktree): Promise<void> {
  await around('worktree:files', () => removeTree(dir));
  await around('worktree:remove', () => rm(gitDir, { recursive: true, force: true }));
}

/** Removes what is at `path`, never following a link, also out of folders that a program made read-only, or deeper than a path may be long. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENAMETOOLONG') await execa('rm', ['-rf', '--', path]);
    else if (!['EACCES', 'EPERM'].includes(code)) throw error;
    else await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(dir: string): Promise<void> {
  if (!(await lstat(dir)).isDirectory()) return;
  await chmod(dir, 0o700);
  for (const name of await readdir(dir)) await makeWritable(join(dir, name));
}

/** The worktrees of a mirror, half-made ones left out. */
export async function listWorktrees(mirror: Mirror): Promise<Worktree[]> {
  const found = await Promise.all((await namesOf(mirror)).map((name) => findWorktree(mirror, name)));
  return found.filter((worktree) => worktree !== undefined);
}

async function namesOf(mirror: Mirror): Promise<string[]> {
  return (await readdir(join(mirror.gitDir, 'worktrees')).catch(() => [])).toSorted((a, b) => a.localeCompare(b));
}

async function findWorktree(mirror: Mirror, name: string): Promise<Worktree | undefined> {
  const pointer = await readFile(join(mirror.gitDir, 'worktrees', name, 'gitdir'), 'utf8').catch(() => '');
  const dir = dirname(pointer.trim());
  return basename(dir) === name ? locate(mirror, dirname(dir), name) : undefined;
}

/** Removes every worktree of the mirror whose name is not in `keep`, and the half-made ones. Gives the names removed. Call it at start. */
export async function sweepWorktrees(mirror: Mirror, keep: ReadonlySet<string>): Promise<string[]> {
  const swept = (await namesOf(mirror)).filter((name) => !keep.has(name));
  for (const name of swept) {
    const worktree = await findWorktree(mirror, name);
    if (worktree) await removeWorktree(worktree);
    else await rm(join(mirror.gitDir, 'worktrees', name), { recursive: true, force: true });
  }
  return swept;
}

/**
 * Gives the worktree a `.git` that is a program's own: a git directory made anew at `agentGitDir`, its HEAD the commit last opened,
 * its objects borrowed from `inside.objects`. `inside` has both folders as that program sees them. omk never reads it again.
 */
export async function lendGit(
  { dir, gitDir }: Worktree,
  agentGitDir: string,
  inside: { objects: string; gitDir: string },
): Promise<void> {
  if (/[\r\n]/.test(inside.objects + inside.gitDir)) throw new Error('A folder to lend has a line break in its name');
  await removeTree(agentGitDir);
  const folders = ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info'];
  for (const folder of folders) await mkdir(join(agentGitDir, folder), { recursive: true });
  await around('worktree:lend', () => copyFile(join(gitDir, 'HEAD'), join(agentGitDir, 'HEAD')));
  await copyFile(join(gitDir, 'index'), join(agentGitDir, 'index'));
  await writeFile(join(agentGitDir, 'objects/info/alternates'), `${inside.objects}\n`);
  await writeFile(join(agentGitDir, 'config'), LENT_CONFIG);
  await removeTree(join(dir, '.git'));
  await writeFile(join(dir, '.git'), `gitdir: ${inside.gitDir}\n`, { flag: 'wx' });
}

const LENT_CONFIG = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = false
[user]
	name = omk
	email = omk@localhost
[gc]
	auto = 0
`;
