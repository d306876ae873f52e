import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { around } from '../kill-point.ts';
import { git } from './git.ts';
import { alone, gitWithLocks } from './lock.ts';
import type { Mirror } from './mirror.ts';
import { assertSha } from './ref.ts';
import { inspectIndex, standsOn, type Worktree } from './worktree.ts';

/**
 * A file that differs between two trees; a rename is a deleted and an added file. Modes are git's six digits
 * (120000 symbolic link, 160000 gitlink), `000000` on the side that lacks the file. `bytes` is the new size, 0 if deleted or a gitlink.
 */
export type ChangedFile = {
  path: string;
  status: 'added' | 'modified' | 'deleted';
  oldMode: string;
  mode: string;
  bytes: number;
};

export type CommitDetails = { message: string; author: { name: string; email: string }; parent: Sha; at: Date };

/**
 * Records everything in the worktree as one commit on `parent`: untracked files included, ignored ones and `.git` left out.
 * A submodule in which somebody made a repository stays as `parent` has it.
 * Undefined if that is the tree of `parent`. No ref moves; the same content and details give the same commit, so calling twice is harmless.
 * Throws ToolError, also for files that git cannot record, such as a nested repository without a commit,
 * and when the worktree was not opened at `parent` or a descendant: its files would take back what lies between.
 */
export async function commitAll(
  worktree: Worktree,
  { message, author, parent, at }: CommitDetails,
): Promise<{ sha: Sha; tree: Sha; files: ChangedFile[] } | undefined> {
  assertSha(parent);
  const { mirror } = worktree;
  if (!(await standsOn(worktree, parent))) {
    const details = { tool: 'git' as const, args: [], exitCode: undefined, stderrTail: '' };
    throw new ToolError(`The worktree ${worktree.name} was not opened on ${parent}`, details);
  }
  const tree = await alone(worktree.gitDir, () => around('tree', () => writeWorktree(worktree, parent)));
  const files = await listChangedFiles(mirror, parent, tree);
  if (files.length === 0) return undefined;
  const date = `@${Math.floor(at.getTime() / 1000)} +0000`;
  const commit = { tree, parents: [parent], message, author: { ...author, date } };
  const sha = await around('commit', () => writeCommit(mirror, commit));
  return { sha, tree, files };
}

/** What is tracked is decided by `parent` and the files alone, never by what an earlier, killed try left in the index. */
async function writeWorktree(worktree: Worktree, parent: Sha): Promise<Sha> {
  const options = { gitDir: worktree.gitDir, workTree: worktree.dir };
  const run = (args: string[]) => gitWithLocks(worktree.mirror.gitDir, args, options);
  await run(['read-tree', '--reset', parent]);
  const { hidesFiles, submodules } = await inspectIndex(worktree);
  if (hidesFiles) await rm(join(worktree.gitDir, 'index'));
  if (hidesFiles) await run(['read-tree', '--reset', parent]);
  await refuseFlood(worktree);
  await run(['add', '--all', '--', ':(top)', ...(await excludeRepositories(worktree, submodules))]);
  return (await git(['write-tree'], options)).trim();
}

/** What one commit may bring into the mirror, which nothing ever takes out again. Far above what an audit lets through. */
const MOST_BYTES = 2 ** 29;
const MOST_FILES = 50_000;

/** Throws ToolError when there is so much to record that it would fill the disk before anybody could judge it. */
async function refuseFlood({ name, dir, gitDir }: Worktree): Promise<void> {
  const args = ['ls-files', '--others', '--modified', '--exclude-standard', '-z'];
  const paths = [...new Set((await git(args, { gitDir, workTree: dir })).split('\0'))].filter((path) => path !== '');
  const details = { tool: 'git' as const, args: [], exitCode: undefined, stderrTail: '' };
  const refuse = (what: string) => new ToolError(`The worktree ${name} holds more than ${what} to commit`, details);
  if (paths.length > MOST_FILES) throw refuse(`${MOST_FILES} files`);
  let bytes = 0;
  for (const path of paths) bytes += (await lstat(join(dir, path)).catch(() => undefined))?.size ?? 0;
  if (bytes > MOST_BYTES) throw refuse(`${MOST_BYTES} bytes`);
}

/** `git add` runs `git status` inside a submodule, with the configuration found there: a program of the agent's choice. */
async function excludeRepositories({ dir }: Worktree, submodules: readonly string[]): Promise<string[]> {
  const names = await Promise.all(
    submodules.map(async (path) => ((await lstat(join(dir, path, '.git')).catch(() => undefined)) ? [path] : [])),
  );
  return names.flat().map((path) => `:(top,exclude,literal)${path}`);
}

/** A person and a date in one of git's formats, such as `@1700000000 +0000`. */
export type Signature = { name: string; email: string; date: string };

/** Writes a commit object; author and committer are the same unless told. The same input gives the same sha. Throws ToolError. */
export async function writeCommit(
  mirror: Mirror,
  commit: { tree: Sha; parents: Sha[]; message: string; author: Signature; committer?: Signature },
): Promise<Sha> {
  const { author, committer = author } = commit;
  const parents = commit.parents.flatMap((parent) => ['-p', parent]);
  const sha = await git(['commit-tree', ...parents, '-F', '-', commit.tree], {
    gitDir: mirror.gitDir,
    // An empty message would leave git waiting for one.
    input: commit.message || '\n',
    identity: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.date,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.date,
    },
  });
  return sha.trim();
}

/** What differs between two commits or trees, by path. Throws ToolError. */
export async function listChangedFiles(mirror: Mirror, base: Sha, head: Sha): Promise<ChangedFile[]> {
  assertSha(base);
  assertSha(head);
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', base, head];
  const fields = (await git(args, { gitDir: mirror.gitDir })).split('\0');
  const changes = fields.flatMap((field, index) => {
    const match = /^:(\d+) (\d+) [0-9a-f]+ ([0-9a-f]+) ([AMDT])$/.exec(field);
    const path = fields[index + 1];
    if (index % 2 === 1 || !match || path === undefined) return [];
    const [, oldMode = '', mode = '', object = '', letter] = match;
    return [{ path, oldMode, mode, object, status: STATUSES[letter as keyof typeof STATUSES] }];
  });
  const sizes = await readSizes(
    mirror,
    changes.map(({ object }) => object),
  );
  return changes.map(({ object, ...change }) => ({ ...change, bytes: sizes.get(object) ?? 0 }));
}

const STATUSES = { A: 'added', M: 'modified', T: 'modified', D: 'deleted' } as const;

async function readSizes(mirror: Mirror, objects: readonly Sha[]): Promise<Map<Sha, number>> {
  const blobs = objects.filter((object) => !/^0+$/.test(object));
  if (blobs.length === 0) return new Map();
  const args = ['cat-file', '--batch-check=%(objectname) %(objectsize)'];
  const lines = await git(args, { gitDir: mirror.gitDir, input: `${blobs.join('\n')}\n` });
  const rows = lines.split('\n').map((line) => line.split(' '));
  // A gitlink names a commit of another repository: "<sha> missing".
  return new Map(rows.flatMap(([object = '', size = '']) => (/^\d+$/.test(size) ? [[object, Number(size)]] : [])));
}

/**
 * The difference as a unified patch with three lines of context. No attribute, driver or textconv of the repository has a say in it;
 * what git takes for binary (a NUL in the first 8,000 bytes) is one line `Binary files … differ`. Unusual names are quoted as C strings.
 * Look at the sizes of `listChangedFiles` first: over 64 MiB it throws ToolError.
 */
export async function readPatch(mirror: Mirror, base: Sha, head: Sha): Promise<string> {
  assertSha(base);
  assertSha(head);
  const plain = ['--no-ext-diff', '--no-textconv', '--no-renames', '--no-color', '--full-index'];
  const shape = ['-U3', '--src-prefix=a/', '--dst-prefix=b/', '--diff-algorithm=default'];
  return await git(['diff-tree', '-r', '-p', ...plain, ...shape, base, head], { gitDir: mirror.gitDir });
}
