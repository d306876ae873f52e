import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError } from '../../src/errors.ts';
import { commitAll, listChangedFiles } from '../../src/git/commit.ts';
import { mergeCheck, mergeInto, rebaseCommit, revertCommit } from '../../src/git/merge-tree.ts';
import { listWorktrees, openWorktree } from '../../src/git/worktree.ts';
import { AT, type Bed, makeBed } from './bed.ts';
import { plainGit } from './remote.ts';

let bed: Bed & AsyncDisposable;
beforeAll(async () => {
  bed = await makeBed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

/** A commit on `parent` with these files; `null` removes one. */
async function commit(parent: string, files: Record<string, string | null>): Promise<string> {
  const worktree = await openWorktree(bed.mirror, { root: bed.root, name: 'scratch', sha: parent });
  for (const [path, text] of Object.entries(files)) {
    if (text === null) await rm(join(worktree.dir, path));
    else await writeFile(join(worktree.dir, path), text);
  }
  const author = { name: 'Ünï <Person>', email: 'u@example.com' };
  const made = await commitAll(worktree, { message: 'a slice\n\nWhy: it is.\n', author, parent, at: AT });
  return made?.sha ?? '';
}

const TEN = Array.from({ length: 10 }, (_, index) => `line ${index}`);
const text = (first: string, last: string) => `${[first, ...TEN.slice(1, 9), last].join('\n')}\n`;

describe('mergeCheck', () => {
  test('finds what merges, with the tree it gives', async () => {
    const start = await commit(bed.main, { 'f.txt': text('1', '2') });
    const base = await commit(start, { 'f.txt': text('base', '2') });
    const head = await commit(start, { 'f.txt': text('1', 'head') });
    const merged = await mergeCheck(bed.mirror, base, head);
    const both = await commit(start, { 'f.txt': text('base', 'head') });
    const tree = await plainGit(bed.mirror.gitDir, 'rev-parse', `${both}^{tree}`);
    expect(merged).toEqual({ kind: 'clean', tree });
  });

  test.each<[string, Record<string, string | null>, Record<string, string | null>, string[]]>([
    ['the same line changed', { 'README.md': 'x\n' }, { 'README.md': 'y\n' }, ['README.md']],
    ['a file changed here and removed there', { 'README.md': null }, { 'README.md': 'y\n' }, ['README.md']],
    ['two files added under one name', { 'n\nl': 'x\n' }, { 'n\nl': 'y\n' }, ['n\nl']],
    ['two files at once', { 'a.txt': '1', 'src/a.ts': '1' }, { 'a.txt': '2', 'src/a.ts': '2' }, ['a.txt', 'src/a.ts']],
  ])('names the files in conflict: %s', async (_name, ours, theirs, files) => {
    const [base, head] = [await commit(bed.main, ours), await commit(bed.main, theirs)];
    expect(await mergeCheck(bed.mirror, base, head)).toEqual({ kind: 'conflict', files });
  });

  test('a commit that is missing is an error, never "clean" or "conflict"', async () => {
    await expect(mergeCheck(bed.mirror, bed.main, '12'.repeat(20))).rejects.toThrow(ToolError);
    await expect(mergeCheck(bed.mirror, bed.main, '--help')).rejects.toThrow(/no full object name/);
  });

  test('makes no worktree', async () => {
    const before = await listWorktrees(bed.mirror);
    await mergeCheck(bed.mirror, bed.main, bed.main);
    expect(await listWorktrees(bed.mirror)).toEqual(before);
  });
});

describe('rebaseCommit', () => {
  test('keeps message, author and dates, changes only the slice, and gives the same commit twice', async () => {
    const slice = await commit(bed.main, { 'slice.txt': 'x\n' });
    const onto = await commit(bed.main, { 'README.md': 'moved on\n' });
    const order = { commit: slice, from: bed.main, onto };
    const rebased = await rebaseCommit(bed.mirror, order);
    if (rebased.kind === 'conflict') throw new Error('it must not conflict');
    const format = '--format=%an|%ae|%at|%cn|%ct|%B';
    const show = (sha: string) => plainGit(bed.mirror.gitDir, 'log', '-1', format, sha);
    expect(await show(rebased.sha)).toBe(await show(slice));
    expect(await plainGit(bed.mirror.gitDir, 'log', '-1', '--format=%P', rebased.sha)).toBe(onto);
    expect((await listChangedFiles(bed.mirror, onto, rebased.sha)).map(({ path }) => path)).toEqual(['slice.txt']);
    expect(await rebaseCommit(bed.mirror, order)).toEqual(rebased);
  });

  test('agrees with git cherry-pick when the base branch was rewritten', async () => {
    const from = await commit(bed.main, { 'dropped.txt': 'a commit that was taken back\n' });
    const slice = await commit(from, { 'slice.txt': 'x\n' });
    const onto = await commit(bed.main, { 'README.md': 'rewritten\n' });
    const rebased = await rebaseCommit(bed.mirror, { commit: slice, from, onto });
    if (rebased.kind === 'conflict') throw new Error('it must not conflict');
    const { dir, gitDir } = await openWorktree(bed.mirror, { root: bed.root, name: 'pick', sha: onto });
    await plainGit(dir, `--git-dir=${gitDir}`, `--work-tree=${dir}`, 'cherry-pick', slice);
    expect(rebased.tree).toBe(await plainGit(dir, `--git-dir=${gitDir}`, 'rev-parse', 'HEAD^{tree}'));
  });

  test('names the files in conflict', async () => {
    const slice = await commit(bed.main, { 'README.md': 'mine\n' });
    const onto = await commit(bed.main, { 'README.md': 'theirs\n' });
    const rebased = await rebaseCommit(bed.mirror, { commit: slice, from: bed.main, onto });
    expect(rebased).toEqual({ kind: 'conflict', files: ['README.md'] });
  });

  test('never carries the change to another name: where the base moved a file, people or the agent decide', async () => {
    const lines = text('1', '2');
    const start = await commit(bed.main, { 'recipe.yml': lines });
    const slice = await commit(start, { 'recipe.yml': text('1', 'mine') });
    const onto = await commit(start, { 'recipe.yml': null, CODEOWNERS: lines });
    const conflict = { kind: 'conflict', files: ['CODEOWNERS'] };
    expect(await rebaseCommit(bed.mirror, { commit: slice, from: start, onto })).toEqual(conflict);
    expect(await mergeCheck(bed.mirror, onto, slice)).toEqual(conflict);
    const undone = { message: 'undo', author: { name: 'omk', email: 'omk@example.com', date: '@0 +0000' } };
    const moved = await commit(slice, { 'recipe.yml': null, CODEOWNERS: text('1', 'mine') });
    expect(await revertCommit(bed.mirror, { commit: slice, onto: moved, ...undone })).toEqual(conflict);
    expect(await mergeInto(bed.mirror, { head: slice, base: onto, ...undone })).toEqual(conflict);
  });

  test('gives the tree of the new base when the change is there already', async () => {
    const slice = await commit(bed.main, { 'done.txt': 'x\n' });
    const onto = await commit(bed.main, { 'done.txt': 'x\n', 'README.md': 'more\n' });
    const rebased = await rebaseCommit(bed.mirror, { commit: slice, from: bed.main, onto });
    expect(rebased).toMatchObject({ tree: await plainGit(bed.mirror.gitDir, 'rev-parse', `${onto}^{tree}`) });
  });
});
