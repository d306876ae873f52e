import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { TransientError } from '../../src/errors.ts';
import { commitAll } from '../../src/git/commit.ts';
import { fetchBranch, findRemoteHead, openMirror, type Mirror } from '../../src/git/mirror.ts';
import { pushCommit } from '../../src/git/push.ts';
import { openWorktree, resumeWorktree } from '../../src/git/worktree.ts';
import { AT, AUTHOR, type Bed, makeBed } from './bed.ts';
import { commitFiles, plainGit, TOKEN } from './remote.ts';

let bed: Bed & AsyncDisposable;
let wide: string;
beforeAll(async () => {
  bed = await makeBed();
  const large = randomBytes(6_000_000).toString('base64');
  const many = Object.fromEntries(
    Array.from({ length: 800 }, (_, index) => [`wide/f${index}.txt`, `${index}\n`.repeat(50)]),
  );
  wide = await commitFiles(bed.seed, { ...many, large });
  await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:main');
  await fetchBranch(bed.mirror, 'main', TOKEN);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

/** The git processes that run in a mirror or one of its worktrees. */
async function gitsIn(gitDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((_pid, index) => commands[index]?.includes(`--git-dir=${gitDir}`)).map(Number);
}

/** Whether a lock file lies in a mirror, its refs or its worktrees. */
async function hasLock(gitDir: string): Promise<boolean> {
  const names = async (dir: string, recursive: boolean) =>
    await readdir(join(gitDir, dir), { recursive }).catch(() => []);
  const found = await Promise.all([names('.', false), names('refs', true), names('worktrees', true)]);
  return found.flat().some((name) => name.endsWith('.lock'));
}

/** The moments of a kill: as soon as git is seen, when it holds a lock, and when it has been seen several times. */
const MOMENTS: Record<string, (look: { gitDir: string; seen: number }) => Promise<boolean>> = {
  'at once': async () => true,
  'while it holds a lock': ({ gitDir }) => hasLock(gitDir),
  later: async ({ seen }) => seen >= 4,
};

/** Runs the work, kills git at the moment, and says whether a git was killed. */
async function killDuring(
  work: Promise<unknown>,
  gitDir: string,
  isMoment: (typeof MOMENTS)[string],
): Promise<boolean> {
  const state = { done: false, killed: false, seen: 0 };
  const end = () => {
    state.done = true;
  };
  const ended = work.then(end, end);
  while (!state.done && !state.killed) {
    const pids = await gitsIn(gitDir);
    if (pids.length > 0) state.seen++;
    while (!state.done && !state.killed && pids.some(isAlive)) {
      if (await isMoment({ gitDir, seen: state.seen++ })) state.killed = pids.map(kill).includes(true);
    }
    await turn();
  }
  await ended;
  return state.killed;
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

type Operation = {
  name: string;
  prepare?(mirror: Mirror, id: string): Promise<unknown>;
  run(mirror: Mirror, id: string): Promise<unknown>;
  expected(mirror: Mirror, id: string): Promise<unknown>;
};

const place = (id: string) => ({ root: join(bed.root, 'kills'), name: id });

/** A worktree in which an agent has worked. */
async function openChanged(mirror: Mirror, id: string) {
  const { dir } = await openWorktree(mirror, { ...place(id), sha: wide });
  for (let index = 0; index < 300; index++) await writeFile(join(dir, `wide/n${index}.txt`), `${id} ${index}\n`);
  await writeFile(join(dir, 'large'), randomBytes(6_000_000));
}

async function commitOn(mirror: Mirror, id: string) {
  const worktree = await resumeWorktree(mirror, { ...place(id), base: wide });
  if (!worktree) throw new Error('The work of the agent is lost');
  return await commitAll(worktree, { message: id, author: AUTHOR, parent: wide, at: AT });
}

/** The bar asks for more than one kill of each kind; without it only what writes the agent's work is killed at every moment. */
const ROUNDS = Number(process.env['GIT_KILL_ROUNDS'] ?? 0);
/** How often a kill is tried that came when git was through already; the bar has rounds enough without. */
const TRIES = ROUNDS > 0 ? 1 : 4;
const isTried = (operation: string, moment: string) =>
  ROUNDS > 0 || operation === 'commitAll' || moment === 'while it holds a lock';

const OPERATIONS: Operation[] = [
  {
    name: 'openMirror',
    run: async (_mirror, id) => openMirror(join(bed.data, id), { id: 1 }, bed.remote.url),
    expected: async (_mirror, id) =>
      fetchBranch(await openMirror(join(bed.data, id), { id: 1 }, bed.remote.url), 'main', TOKEN),
  },
  {
    name: 'fetchBranch',
    run: (mirror) => fetchBranch(mirror, 'main', TOKEN),
    expected: (mirror) => fetchBranch(mirror, 'main', TOKEN),
  },
  {
    name: 'openWorktree, new',
    run: (mirror, id) => openWorktree(mirror, { ...place(id), sha: wide }),
    expected: async (mirror, id) => (await openWorktree(mirror, { ...place(id), sha: wide })) && wide,
  },
  {
    name: 'openWorktree, to another commit',
    prepare: (mirror, id) => openWorktree(mirror, { ...place(id), sha: wide }),
    run: async (mirror, id) => openWorktree(mirror, { ...place(id), sha: bed.main }),
    expected: async (mirror, id) => (await openWorktree(mirror, { ...place(id), sha: wide })) && wide,
  },
  {
    name: 'commitAll',
    prepare: openChanged,
    run: commitOn,
    expected: async (mirror, id) => ((await commitOn(mirror, id))?.files.length === 301 ? wide : 'not all files'),
  },
  {
    name: 'pushCommit',
    run: (mirror, id) => pushCommit(mirror, { sha: wide, branch: `omk/${id}`, expected: undefined }, TOKEN),
    expected: async (mirror, id) => {
      const pushed = await pushCommit(mirror, { sha: wide, branch: `omk/${id}`, expected: undefined }, TOKEN);
      return pushed.kind === 'pushed' ? findRemoteHead(mirror, `omk/${id}`, TOKEN) : pushed;
    },
  },
];

describe('a killed git leaves nothing that stops the next one', () => {
  const cases = OPERATIONS.flatMap((operation, index) =>
    Object.keys(MOMENTS)
      .filter((moment) => isTried(operation.name, moment))
      .flatMap((moment, other) =>
        Array.from(
          { length: Math.max(1, ROUNDS) },
          (_, round) => [operation.name, moment, operation, `k${index}-${other}-${round}`] as const,
        ),
      ),
  );
  const kills: { killed: boolean; blocked: boolean }[] = [];

  /** Runs the operation in a mirror of its own, kills git in it, and expects that the next one goes through. */
  async function strike(operation: Operation, isMoment: (typeof MOMENTS)[string], id: string) {
    const mirror = await openMirror(join(bed.data, 'mirrors', id), { id: 2 }, bed.remote.url);
    if (operation.name !== 'fetchBranch') await fetchBranch(mirror, 'main', TOKEN);
    await operation.prepare?.(mirror, id);
    const watched = operation.name === 'openMirror' ? join(bed.data, id, '1.git') : mirror.gitDir;
    const killed = await killDuring(operation.run(mirror, id), watched, isMoment);
    const blocked = await hasLock(watched);
    expect(await operation.expected(mirror, id)).toBe(wide);
    expect(await hasLock(mirror.gitDir)).toBe(false);
    if (operation.name.startsWith('openWorktree')) {
      const { dir, gitDir } = await openWorktree(mirror, { ...place(id), sha: wide });
      expect(await plainGit(dir, `--git-dir=${gitDir}`, `--work-tree=${dir}`, 'status', '--porcelain')).toBe('');
      expect(await resumeWorktree(mirror, { ...place(id), base: wide })).toBeDefined();
    }
    await plainGit(mirror.gitDir, 'fsck', '--connectivity-only');
    return { killed, blocked };
  }

  test.each(cases)('%s, killed %s', async (_name, moment, operation, id) => {
    const isMoment = MOMENTS[moment];
    if (!isMoment) throw new Error(moment);
    let struck = await strike(operation, isMoment, id);
    for (let again = 1; !struck.killed && again < TRIES; again++) {
      struck = await strike(operation, isMoment, `${id}-${again}`);
    }
    kills.push(struck);
  });

  test('and many of these kills hit a running git, some of which left a lock', () => {
    expect(kills).toHaveLength(cases.length);
    expect(kills.filter(({ killed }) => killed).length).toBeGreaterThanOrEqual(4);
    expect(kills.filter(({ killed, blocked }) => killed && blocked).length).toBeGreaterThanOrEqual(2);
  });
});

describe('a lock', () => {
  test('whose owner lives is left alone: the step is tried again later', async () => {
    const worktree = await openWorktree(bed.mirror, { root: bed.root, name: 'owned', sha: bed.main });
    const git = [`--git-dir=${worktree.gitDir}`, `--work-tree=${worktree.dir}`, 'add', '--pathspec-from-file=-'];
    const owner = spawn('git', git, { stdio: ['pipe', 'ignore', 'ignore'] });
    while (!(await hasLock(bed.mirror.gitDir))) await turn();
    const open = () => openWorktree(bed.mirror, { root: bed.root, name: 'owned', sha: wide });
    await expect(open()).rejects.toThrow(TransientError);
    const gone = new Promise((done) => owner.once('exit', done));
    owner.kill('SIGKILL');
    await gone;
    expect((await open()).name).toBe('owned');
  });

  test('left on a ref is removed when the mirror is opened', async () => {
    const lock = join(bed.mirror.gitDir, 'refs/omk/base/main.lock');
    await writeFile(lock, '');
    await openMirror(join(bed.data, 'mirrors'), { id: 7 }, bed.remote.url);
    await expect(readFile(lock)).rejects.toThrow();
  });

  test('left on a ref is removed when it stands in the way of a fetch', async () => {
    await commitFiles(bed.seed, { 'more.txt': 'x' });
    await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:main');
    await writeFile(join(bed.mirror.gitDir, 'refs/omk/base/main.lock'), '');
    expect(await fetchBranch(bed.mirror, 'main', TOKEN)).toBe(await plainGit(bed.seed, 'rev-parse', 'HEAD'));
  });
});
