import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commitAll, listChangedFiles, readPatch } from '../../src/git/commit.ts';
import { mergeCheck, rebaseCommit } from '../../src/git/merge-tree.ts';
import { fetchBranch, findRemoteHead, getTree, isAncestor, listFilesAt, readFileAt } from '../../src/git/mirror.ts';
import { deleteBranch, pushCommit } from '../../src/git/push.ts';
import { bringFilesTo, openWorktree, removeWorktree, resumeWorktree } from '../../src/git/worktree.ts';
import { AT, AUTHOR, type Bed, makeBed } from './bed.ts';
import { commitFiles, plainGit, TOKEN } from './remote.ts';

const MARKER = `/tmp/omk-name-${process.pid}`;

/** File names of a repository that would mean something to git, to a shell or to a terminal if anybody read them as more than a name. */
const NAMES = [
  ['-x', '-', '--', '-rf', '-o', '--all', '--help', '--cached', '--end-of-options', '--no-index', '--patch'],
  [`--upload-pack=touch ${MARKER}`, `--exec=touch ${MARKER}`, `--output=${MARKER}`, `--ext-diff=touch ${MARKER}`],
  ['-c core.fsmonitor=x', '--git-dir=x', '--work-tree=x', '--pathspec-from-file=x', '--template=x', '@', '@{-1}'],
  ['HEAD', 'FETCH_HEAD', 'main', 'main~1', 'main^{tree}', 'main:src', ':0:x', '^main', '+main', 'a..b', 'a...b'],
  [':(top)x', ':(exclude)x', ':!x', ':^x', ':/x', '*', '**', '?', '[a-z]', '{a,b}', '~', '~root', '$HOME', '%s'],
  [`$(touch ${MARKER.slice(5)})`, `\`touch ${MARKER.slice(5)}\``, ';id', '|id', '&id', '>x', "'", '"', '\\', 'a\\b'],
  ['a b', ' a', 'a ', 'a\tb', 'a\nb', 'a\rb', '\u001b[31m', '\u0007', '\u007f', '\u202eabc', '\u200b', 'ü', 'u\u0308'],
  ['\u{1F600}', '.hidden', 'a.lock', '..a', 'a..', 'x'.repeat(255), 'refs/heads/x', 'objects/info/alternates'],
].flat();

/** The verbs that get a name of a branch or commit, which push.test.ts gives its own odd names, and those that meet file names. */
const VERBS = {
  'by the name of a branch or commit': [
    'fetch',
    'ls-remote',
    'push',
    'rev-parse',
    'merge-base',
    'merge-tree',
    'commit-tree',
  ],
  'by file names': [
    'add',
    'read-tree',
    'write-tree',
    'ls-files',
    'diff-tree',
    'cat-file',
    'ls-tree',
    'reset',
    'clean',
    'restore',
    'rm',
    'worktree',
  ],
  'by no name': ['init'],
};

let bed: Bed & AsyncDisposable;
let sha: string;
const text = (name: string) => `the file ${JSON.stringify(name)}\n`;

beforeAll(async () => {
  bed = await makeBed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

test('every verb of git that the sources name is in the table', async () => {
  const folder = join(import.meta.dirname, '../../src/git');
  const sources = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const calls = sources
    .join('\n')
    .matchAll(/(?:\b(?:git|tryGit|run)\(|gitWithLocks\([^,]+, |\bargs = )\[\s*'([a-z][a-z-]+)'/g);
  expect([...new Set([...calls].map(([, verb = '']) => verb))].toSorted()).toEqual(
    Object.values(VERBS).flat().toSorted(),
  );
});

describe(`${NAMES.length} odd file names`, () => {
  test('are many, and no two are the same', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
    expect(NAMES.length).toBeGreaterThanOrEqual(60);
  });

  test(`${NAMES.length} names × ${Object.values(VERBS).flat().length} verbs: they go through as they are, and nothing runs`, async () => {
    const { mirror, root, main } = bed;
    const worktree = await openWorktree(mirror, { root, name: 'odd', sha: main });
    for (const name of NAMES) {
      await mkdir(dirname(join(worktree.dir, 'odd', name)), { recursive: true });
      await writeFile(join(worktree.dir, 'odd', name), text(name));
      await writeFile(join(worktree.dir, name.includes('/') ? 'plain' : name), text(name)).catch(() => {});
    }
    const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: main, at: AT });
    sha = made?.sha ?? '';
    const paths = NAMES.map((name) => `odd/${name}`);
    expect(made?.files.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
    expect((await listChangedFiles(mirror, main, sha)).length).toBe(made?.files.length);
    expect((await readPatch(mirror, main, sha)).match(/^\+the file /gm)?.length).toBe(made?.files.length);
    expect((await listFilesAt(mirror, sha)).map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
    expect(await mergeCheck(mirror, main, sha)).toMatchObject({ kind: 'clean' });
    expect(await rebaseCommit(mirror, { commit: sha, from: main, onto: main })).toMatchObject({ kind: 'clean' });
    expect(await isAncestor(mirror, main, sha)).toBe(true);
    expect(await getTree(mirror, sha)).toBe(made?.tree);
    const branch = 'omk/odd/names';
    expect(await pushCommit(mirror, { sha, branch, expected: undefined }, TOKEN)).toEqual({ kind: 'pushed' });
    expect(await fetchBranch(mirror, branch, TOKEN)).toBe(sha);
    expect(await findRemoteHead(mirror, branch, TOKEN)).toBe(sha);
    expect(await resumeWorktree(mirror, { root, name: 'odd', base: main })).toBeDefined();
    await openWorktree(mirror, { root, name: 'odd', sha: main });
    expect((await readdir(worktree.dir)).includes('odd')).toBe(false);
    await bringFilesTo(worktree, sha, paths);
    for (const name of NAMES) expect(await readFile(join(worktree.dir, 'odd', name), 'utf8')).toBe(text(name));
    await bringFilesTo(worktree, main, paths);
    const left = await readdir(join(worktree.dir, 'odd'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
    const again = await openWorktree(mirror, { root, name: 'odd-2', sha });
    expect(await readFile(join(again.dir, 'odd', '-x'), 'utf8')).toBe(text('-x'));
    await removeWorktree(again);
    expect(await deleteBranch(mirror, { branch, expected: sha }, TOKEN)).toEqual({ kind: 'deleted' });
    await expect(access(MARKER)).rejects.toThrow();
  });

  test.each(NAMES)('%j is read as that file alone', async (name) => {
    expect(await readFileAt(bed.mirror, sha, `odd/${name}`)).toBe(text(name));
  });

  test('of which plain git takes some for more, left to itself', async () => {
    const control = join(bed.data, 'control');
    await mkdir(control);
    await plainGit(control, 'init', '-q');
    await commitFiles(control, { 'a.ts': 'a\n', 'b.ts': 'b\n', '*': 'star\n' });
    expect(await plainGit(control, 'ls-files', '*')).not.toBe('*');
  });
});
