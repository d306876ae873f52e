import { execFile } from 'node:child_process';
import { symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ToolError } from '../../src/errors.ts';
import { withTrees } from '../../src/git/tree.ts';
import { makeBed } from './bed.ts';
import { commitFiles, plainGit } from './remote.ts';

const LONG = 'é'.repeat(400_000);
const FILES = {
  'line\nbreak.txt': 'broken',
  '--output=x': 'x',
  'sub/ünï.txt': 'é',
  empty: '',
  'no-end': 'a\n\nb',
  long: LONG,
  large: 'x'.repeat(16_000_001),
};

let bed: Awaited<ReturnType<typeof makeBed>>;
let head: string;

beforeAll(async () => {
  bed = await makeBed();
  await symlink('README.md', join(bed.seed, 'link'));
  head = await commitFiles(bed.seed, FILES);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const seed = () => ({ gitDir: join(bed.seed, '.git') });

test('files of both commits are read in any order, side by side, however they are named', async () => {
  await withTrees(seed(), { base: bed.main, head }, async ({ before, after }) => {
    expect(after.paths).toEqual(expect.arrayContaining([...Object.keys(FILES), 'link']));
    expect(before.paths).not.toContain('long');
    const wanted = ['long', 'large', 'empty', 'long', '--output=x', 'line\nbreak.txt', 'no-end', 'sub/ünï.txt'];
    const read = await Promise.all([before.read('README.md'), ...wanted.map((path) => after.read(path))]);
    expect(read.slice(1)).toEqual([LONG, undefined, '', LONG, 'x', 'broken', 'a\n\nb', 'é']);
    expect(read[0]).toBe(await after.read('README.md'));
  });
});

test.each(['nope', 'sub', 'link', '', '../README.md', '*', 'README.md/x'])('there is no file at %j', async (path) => {
  const read = withTrees(seed(), { base: bed.main, head }, ({ after }) => after.read(path));
  expect(await read).toBeUndefined();
});

test('what the repository lost reads as absent, and what comes after it is read', async () => {
  const object = await plainGit(bed.seed, 'rev-parse', `${head}:no-end`);
  const tree = async (lose: boolean) =>
    await withTrees(seed(), { base: bed.main, head }, async ({ after }) => {
      if (lose) await unlink(join(bed.seed, '.git', 'objects', object.slice(0, 2), object.slice(2)));
      return await Promise.all([after.read('no-end'), after.read('empty'), after.read('sub/ünï.txt')]);
    });
  expect(await tree(false)).toEqual(['a\n\nb', '', 'é']);
  expect(await tree(true)).toEqual([undefined, '', 'é']);
});

test('a commit that is not there, and a git that ends in the middle, are ToolErrors', async () => {
  const nothing = () => Promise.resolve();
  const absent = withTrees(seed(), { base: '0123456789'.repeat(4), head }, nothing);
  await expect(absent).rejects.toThrow(ToolError);
  const cut = withTrees(seed(), { base: bed.main, head }, async ({ after }) => {
    const { stdout } = await promisify(execFile)('pgrep', ['-f', '--', `--git-dir=${seed().gitDir} cat-file --batch`]);
    for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
    return await after.read('empty');
  });
  await expect(cut).rejects.toThrow(/git cat-file ended/);
});

test('no process is left when the use of the files fails', async () => {
  const failing = withTrees(seed(), { base: bed.main, head }, () => Promise.reject(new Error('no use')));
  await expect(failing).rejects.toThrow('no use');
  const left = promisify(execFile)('pgrep', ['-f', '--', `--git-dir=${seed().gitDir} cat-file --batch`]);
  await expect(left).rejects.toMatchObject({ code: 1 });
});
