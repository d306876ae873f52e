import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { access, chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ToolError } from '../../src/errors.ts';
import { fetchBranch } from '../../src/git/mirror.ts';
import {
  lendGit,
  listWorktrees,
  openWorktree,
  removeWorktree,
  resumeWorktree,
  sweepWorktrees,
} from '../../src/git/worktree.ts';
import { type Bed, makeBed, openSlice } from './bed.ts';
import { commitFiles, plainGit, TOKEN } from './remote.ts';

let bed: Bed & AsyncDisposable;
let second: string;
beforeAll(async () => {
  bed = await makeBed();
  const files = { 'src/a.ts': 'export const a = 2;\n', 'src/b.ts': 'b\n', 'README.md': null };
  second = await commitFiles(bed.seed, files);
  await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:main');
  await fetchBranch(bed.mirror, 'main', TOKEN);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)).toSorted();
}

describe('openWorktree', () => {
  test('checks out exactly the commit, without a `.git` that leads to ours', async () => {
    const worktree = await openSlice(bed, 'fresh');
    expect(await filesOf(worktree.dir)).toEqual(['.gitignore', 'README.md', 'src/a.ts']);
    expect(worktree.gitDir).toBe(join(bed.mirror.gitDir, 'worktrees/fresh'));
  });

  test('brings an existing one to another commit: tracked restored, untracked removed, ignored kept', async () => {
    const { dir } = await openSlice(bed, 'reused');
    await writeFile(join(dir, 'src/a.ts'), 'broken');
    await writeFile(join(dir, 'new.txt'), 'x');
    await mkdir(join(dir, 'ignored/deep'), { recursive: true });
    await writeFile(join(dir, 'ignored/deep/cache'), 'kept');
    await mkdir(join(dir, 'nested/.git'), { recursive: true });
    await promisify(execFile)('git', ['init', '-q', join(dir, 'inner')]);
    await writeFile(join(dir, 'inner/x'), 'x');
    await openWorktree(bed.mirror, { root: bed.root, name: 'reused', sha: second });
    expect(await filesOf(dir)).toEqual(['.gitignore', 'ignored/deep/cache', 'src/a.ts', 'src/b.ts']);
    expect(await readFile(join(dir, 'src/a.ts'), 'utf8')).toBe('export const a = 2;\n');
  });

  test('looks at every file even where the index says not to', async () => {
    const { dir, gitDir } = await openSlice(bed, 'flags');
    const ours = [`--git-dir=${gitDir}`, `--work-tree=${dir}`];
    await plainGit(dir, ...ours, 'update-index', '--skip-worktree', 'src/a.ts');
    await plainGit(dir, ...ours, 'update-index', '--assume-unchanged', 'README.md');
    await writeFile(join(dir, 'src/a.ts'), 'lie');
    await writeFile(join(dir, 'README.md'), 'lie');
    await openSlice(bed, 'flags');
    expect(await readFile(join(dir, 'src/a.ts'), 'utf8')).toBe('export const a = 1;\n');
    expect(await readFile(join(dir, 'README.md'), 'utf8')).toBe('# r\n');
  });

  test('never writes or cleans through a link', async () => {
    const outside = join(bed.data, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'a.ts'), 'precious');
    const { dir } = await openSlice(bed, 'links');
    await rm(join(dir, 'src'), { recursive: true });
    await symlink(outside, join(dir, 'src'));
    await openSlice(bed, 'links');
    expect(await readFile(join(dir, 'src/a.ts'), 'utf8')).toBe('export const a = 1;\n');
    await rm(dir, { recursive: true });
    await symlink(outside, dir);
    await openSlice(bed, 'links');
    expect(await filesOf(outside)).toEqual(['a.ts']);
    expect(await readFile(join(outside, 'a.ts'), 'utf8')).toBe('precious');
  });

  test.each<[string, (dir: string, gitDir: string) => Promise<void>]>([
    ['its files are gone', (dir) => rm(dir, { recursive: true })],
    ['its git directory is gone', (_dir, gitDir) => rm(gitDir, { recursive: true })],
    ['its git directory was never finished', (_dir, gitDir) => rm(join(gitDir, 'gitdir'))],
    ['its index is not readable', (_dir, gitDir) => writeFile(join(gitDir, 'index'), 'garbage')],
    ['its HEAD is not readable', (_dir, gitDir) => writeFile(join(gitDir, 'HEAD'), 'garbage')],
    ['it was killed before the first index', (_dir, gitDir) => rm(join(gitDir, 'index'))],
    ['a killed git left its lock', (_dir, gitDir) => writeFile(join(gitDir, 'index.lock'), '')],
    ['folders were made read-only', (dir) => chmod(join(dir, 'src'), 0o500)],
    ['folders lie deeper than a path may be long', (dir) => nest(dir, 60)],
  ])('makes it right when %s', async (_name, harm) => {
    const { dir, gitDir } = await openSlice(bed, 'harmed');
    await harm(dir, gitDir);
    await openWorktree(bed.mirror, { root: bed.root, name: 'harmed', sha: second });
    expect(await filesOf(dir)).toEqual(['.gitignore', 'src/a.ts', 'src/b.ts']);
  });

  test('opens several at once', async () => {
    const names = ['many-1', 'many-2', 'many-3', 'many-4', 'many-1'];
    const opened = await Promise.all(names.map((name) => openSlice(bed, name)));
    for (const { dir } of opened) expect(await filesOf(dir)).toHaveLength(3);
  });

  test('keeps the worktree when the commit is not in the mirror', async () => {
    const { dir } = await openSlice(bed, 'kept');
    await mkdir(join(dir, 'ignored'));
    await writeFile(join(dir, 'ignored/cache'), 'kept');
    const sha = 'ab'.repeat(20);
    await expect(openWorktree(bed.mirror, { root: bed.root, name: 'kept', sha })).rejects.toThrow(ToolError);
    expect(await filesOf(dir)).toContain('ignored/cache');
  });
});

/** Folders of 200 letters in one another, as a program makes them that changes into each. */
async function nest(dir: string, depth: number): Promise<void> {
  const name = 'd'.repeat(200);
  await execa(
    'sh',
    ['-c', `i=0; while [ $i -lt ${depth} ]; do mkdir ${name} && cd -P ${name}; i=$((i+1)); done; : > file`],
    { cwd: dir },
  );
}

describe('resumeWorktree', () => {
  test('gives it back as it stands', async () => {
    const { dir } = await openSlice(bed, 'resumed');
    await writeFile(join(dir, 'wip.txt'), 'half a thought');
    const resumed = await resumeWorktree(bed.mirror, { root: bed.root, name: 'resumed', base: bed.main });
    expect(resumed?.dir).toBe(dir);
    expect(await filesOf(dir)).toContain('wip.txt');
  });

  test('gives none that stands on another base', async () => {
    const place = { root: bed.root, name: 'based' };
    await openWorktree(bed.mirror, { ...place, sha: second });
    expect(await resumeWorktree(bed.mirror, { ...place, base: bed.main })).toBeDefined();
    await openSlice(bed, 'based');
    expect(await resumeWorktree(bed.mirror, { ...place, base: second })).toBeUndefined();
  });

  test('gives none where there is none, or where omk died while opening it', async () => {
    expect(await resumeWorktree(bed.mirror, { root: bed.root, name: 'absent', base: bed.main })).toBeUndefined();
    const { gitDir } = await openSlice(bed, 'died');
    await writeFile(join(gitDir, 'omk-opening'), '');
    expect(await resumeWorktree(bed.mirror, { root: bed.root, name: 'died', base: bed.main })).toBeUndefined();
    await openSlice(bed, 'died');
    expect(await resumeWorktree(bed.mirror, { root: bed.root, name: 'died', base: bed.main })).toBeDefined();
  });
});

test('worktrees are listed, removed and swept', async () => {
  await sweepWorktrees(bed.mirror, new Set());
  for (const name of ['one', 'two', 'three']) await openSlice(bed, name);
  await mkdir(join(bed.mirror.gitDir, 'worktrees/half-made'));
  const listed = await listWorktrees(bed.mirror);
  expect(listed.map(({ name }) => name)).toEqual(['one', 'three', 'two']);
  if (listed[0]) await removeWorktree(listed[0]);
  if (listed[0]) await removeWorktree(listed[0]);
  expect(await sweepWorktrees(bed.mirror, new Set(['two']))).toEqual(['half-made', 'three']);
  expect(await readdir(join(bed.mirror.gitDir, 'worktrees'))).toEqual(['two']);
  expect(await readdir(bed.root)).toEqual(['two']);
});

describe('lendGit', () => {
  async function lend(name: string) {
    const worktree = await openSlice(bed, name);
    const agentGit = join(bed.data, `${name}.agent.git`);
    await lendGit(worktree, agentGit, { objects: join(bed.mirror.gitDir, 'objects'), gitDir: agentGit });
    return { worktree, agentGit };
  }

  test('gives a git of its own, clean at the commit, that can diff, stash, commit and see history', async () => {
    const { worktree } = await lend('lent');
    const { dir } = worktree;
    expect(await plainGit(dir, 'status', '--porcelain')).toBe('');
    expect(await plainGit(dir, 'rev-parse', 'HEAD')).toBe(bed.main);
    expect(await plainGit(dir, 'log', '--oneline')).toContain('a change');
    await writeFile(join(dir, 'src/a.ts'), 'changed\n');
    expect(await plainGit(dir, 'diff', '--stat')).toContain('src/a.ts');
    await plainGit(dir, 'stash');
    await plainGit(dir, 'stash', 'pop');
    await plainGit(dir, 'checkout', '-q', '-b', 'mine');
    await plainGit(dir, 'commit', '-q', '-a', '-m', 'mine');
    expect(await plainGit(bed.mirror.gitDir, 'for-each-ref', '--format=%(refname)')).toBe('refs/omk/base/main');
    await expect(
      plainGit(bed.mirror.gitDir, 'cat-file', '-e', await plainGit(dir, 'rev-parse', 'HEAD')),
    ).rejects.toThrow();
  });

  test('again is harmless, whatever the agent made of its `.git`', async () => {
    const { worktree, agentGit } = await lend('twice');
    const outside = join(bed.data, 'not-yours');
    await writeFile(outside, 'precious');
    await rm(join(worktree.dir, '.git'));
    await symlink(outside, join(worktree.dir, '.git'));
    await lend('twice');
    await rm(join(worktree.dir, '.git'));
    await symlink(outside, join(worktree.dir, '.git'));
    await lendGit(worktree, agentGit, { objects: join(bed.mirror.gitDir, 'objects'), gitDir: agentGit });
    expect(await readFile(outside, 'utf8')).toBe('precious');
    expect(await plainGit(worktree.dir, 'status', '--porcelain')).toBe('');
    await removeWorktree(worktree);
    await expect(access(worktree.dir)).rejects.toThrow();
  });
});

test.each(['', '..', '../x', 'a/b', '-x', '--force', 'A', 'a.lock', 'a b', 'x\n', 'x'.repeat(101), 'ⅿain', '.', 'x-'])(
  'the worktree name %j is refused',
  async (name) => {
    await expect(openWorktree(bed.mirror, { root: bed.root, name, sha: bed.main })).rejects.toThrow(/no worktree name/);
    await expect(resumeWorktree(bed.mirror, { root: bed.root, name, base: bed.main })).rejects.toThrow(
      /no worktree name/,
    );
  },
);
