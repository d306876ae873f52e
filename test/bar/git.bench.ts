import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeCheck } from '../../src/git/merge-tree.ts';
import type { Mirror } from '../../src/git/mirror.ts';
import { openWorktree, removeWorktree } from '../../src/git/worktree.ts';
import type { Figure, Measure } from './figure.ts';

const FILES = { short: 500, long: 4_000 };
const ROUNDS = { short: 3, long: 5 };
const BEHIND = 20;

/** What omk's git costs beside git by hand, turn by turn in the same run on the same disk. */
export const measure: Measure = async (form) => {
  const root = await mkdtemp(join(tmpdir(), 'omk-bench-'));
  try {
    const place = await makePlace(root, FILES[form]);
    const contestants = makeContestants(place);
    const times = await race(contestants, ROUNDS[form]);
    return figuresOf(times, FILES[form]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

type Place = { root: string; mirror: Mirror; first: string; last: string; side: string };

/** A bare repository of so many files, a commit some changes later, and one beside it that merges cleanly. */
async function makePlace(root: string, files: number): Promise<Place> {
  const work = join(root, 'work');
  const git = async (...args: string[]) => (await execa('git', ['-C', work, ...args])).stdout.trim();
  const commit = async (text: string) => {
    await git('add', '-A');
    await git('-c', 'user.name=b', '-c', 'user.email=b@example.com', 'commit', '-qm', text);
    return git('rev-parse', 'HEAD');
  };
  await mkdir(work);
  await git('init', '-q', '-b', 'main');
  for (let at = 0; at < files; at += 1) {
    const folder = join(work, `folder${at % 90}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file${at}.ts`), `export const value${at} = ${at};\n`.repeat(40));
  }
  const first = await commit('first');
  await writeFile(join(work, 'beside.ts'), 'export const beside = 1;\n');
  const side = await commit('beside');
  await git('reset', '-q', '--hard', first);
  let last = first;
  for (let at = 0; at < BEHIND; at += 1) {
    await writeFile(join(work, `folder${at}`, `file${at}.ts`), `export const value${at} = -1;\n`);
    last = await commit(`change ${at}`);
  }
  const gitDir = join(root, 'mirror.git');
  await git('branch', 'beside', side);
  await execa('git', ['clone', '-q', '--bare', work, gitDir]);
  return { root, mirror: { gitDir, url: work }, first, last, side };
}

type Contestant = { name: string; run: () => Promise<void>; after?: () => Promise<void> };

function makeContestants({ root, mirror, first, last, side }: Place): Contestant[] {
  const byHand = join(root, 'by-hand');
  const worktrees = join(root, 'worktrees');
  const git = (...args: string[]) => execa('git', [`--git-dir=${mirror.gitDir}`, ...args]);
  const add = (name: string): Contestant => ({
    name,
    run: async () => void (await git('worktree', 'add', '-q', '--detach', byHand, last)),
    after: async () => void (await git('worktree', 'remove', '--force', byHand)),
  });
  return [
    add('git worktree add'),
    add('git worktree add, again'),
    {
      name: 'fresh worktree',
      run: async () => void (await openWorktree(mirror, { root: worktrees, name: 'fresh', sha: last })),
      after: async () => removeWorktree(await openWorktree(mirror, { root: worktrees, name: 'fresh', sha: last })),
    },
    {
      name: 'used worktree',
      run: async () => void (await openWorktree(mirror, { root: worktrees, name: 'used', sha: last })),
      after: async () => void (await openWorktree(mirror, { root: worktrees, name: 'used', sha: first })),
    },
    { name: 'git merge-tree', run: async () => void (await git('merge-tree', '--write-tree', last, side)) },
    { name: 'merge check', run: async () => void (await mergeCheck(mirror, last, side)) },
  ];
}

/** Milliseconds of each round by contestant. The first round warms up and is dropped. */
async function race(contestants: readonly Contestant[], rounds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run, after } of contestants) {
      const began = performance.now();
      await run();
      if (round > 0) times.get(name)?.push(performance.now() - began);
      await after?.();
    }
  }
  return times;
}

function figuresOf(times: ReadonlyMap<string, number[]>, files: number): Figure[] {
  const middle = (name: string) => {
    const sorted = (times.get(name) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const figure = (name: string, base: string, most: number | undefined): Figure => {
    const ratio = middle(name) / middle(base);
    return {
      name: `git: ${name} against ${base}, ${files} files`,
      target: most === undefined ? 'the noise of this run' : `at most ${most} times`,
      measured: `${ratio.toFixed(2)} times (${middle(name).toFixed(0)} ms, ${middle(base).toFixed(0)} ms)`,
      met: most === undefined || ratio <= most,
    };
  };
  return [
    figure('git worktree add, again', 'git worktree add', undefined),
    figure('fresh worktree', 'git worktree add', 1.3),
    figure('used worktree', 'git worktree add', 0.6),
    figure('merge check', 'git merge-tree', 2),
  ];
}
