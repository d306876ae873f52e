import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TransientError } from '../errors.ts';
import { git, gitFault, tryGit, type GitOptions } from './git.ts';

const BUSY_RETRY_MS = 5_000;
const STALE_WITHOUT_PROC_MS = 10 * 60_000;
const LOCKING_VERBS = new Set(['init', 'fetch', 'worktree', 'reset', 'read-tree', 'add', 'clean', 'restore', 'rm']);

const tails = new Map<string, Promise<void>>();

/** Runs `work` once everything of this process that came earlier under the same key has ended. */
export async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (tails.get(key) ?? Promise.resolve()).then(work);
  const tail = turn.then(
    () => {},
    () => {},
  );
  tails.set(key, tail);
  try {
    return await turn;
  } finally {
    if (tails.get(key) === tail) tails.delete(key);
  }
}

/**
 * Runs a git command that takes lock files; the caller must be `alone` in that git directory.
 * A lock left by a killed process is removed and the command tried once more. Throws as `git` does, TransientError when the lock's owner lives.
 */
export async function gitWithLocks(mirrorDir: string, args: readonly string[], options: GitOptions): Promise<string> {
  const first = await tryGit(args, options);
  if (first.exitCode === 0) return first.stdout;
  if (!/lock.*File exists/s.test(first.stderr)) throw gitFault(args, options, first);
  if (!(await healLocks(mirrorDir))) {
    throw new TransientError(`another git process is at work in ${options.gitDir}`, BUSY_RETRY_MS);
  }
  return await git(args, options);
}

/** Removes the lock files in a mirror whose owners are gone. False if one is still owned. Harmless to call at any time. */
export async function healLocks(mirrorDir: string): Promise<boolean> {
  const locks = await listLocks(mirrorDir);
  if (locks.length === 0) return true;
  const busy = await listBusyGitDirs();
  let healed = true;
  for (const lock of locks) {
    const gitDir = lock.startsWith(join(mirrorDir, 'worktrees/')) ? dirname(lock) : mirrorDir;
    if (await isOwned(lock, gitDir, busy)) healed = false;
    else await rm(lock, { force: true });
  }
  return healed;
}

async function isOwned(lock: string, gitDir: string, busy: Set<string> | undefined): Promise<boolean> {
  if (busy) return busy.has(gitDir);
  const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < STALE_WITHOUT_PROC_MS;
}

async function listLocks(mirrorDir: string): Promise<string[]> {
  const worktrees = await namesIn(join(mirrorDir, 'worktrees'));
  const folders = [mirrorDir, ...worktrees.map((name) => join(mirrorDir, 'worktrees', name))];
  const flat = await Promise.all(folders.map(async (dir) => (await namesIn(dir)).map((name) => join(dir, name))));
  const refs = (await namesIn(join(mirrorDir, 'refs'), true)).map((name) => join(mirrorDir, 'refs', name));
  return [...flat.flat(), ...refs].filter((path) => path.endsWith('.lock'));
}

async function namesIn(dir: string, recursive = false): Promise<string[]> {
  return await readdir(dir, { recursive }).catch(() => []);
}

/** The git directories in which a process that takes locks is at work, orphans included; undefined where there is no /proc. */
async function listBusyGitDirs(): Promise<Set<string> | undefined> {
  const pids = (await namesIn('/proc')).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  const busy = commands
    .map((command) => command.split('\0'))
    .filter((argv) => argv.some((arg) => LOCKING_VERBS.has(arg)))
    .flatMap((argv) => argv.filter((arg) => arg.startsWith('--git-dir=')));
  return new Set(busy.map((arg) => arg.slice('--git-dir='.length)));
}
