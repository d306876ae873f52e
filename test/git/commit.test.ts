import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ToolError } from '../../src/errors.ts';
import { commitAll, listChangedFiles, readPatch } from '../../src/git/commit.ts';
import { readFileAt } from '../../src/git/mirror.ts';
import { AT, AUTHOR, type Bed, makeBed, openSlice } from './bed.ts';
import { commitFiles, plainGit } from './remote.ts';

let bed: Bed & AsyncDisposable;
beforeAll(async () => {
  bed = await makeBed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

async function commit(name: string, change: (dir: string) => Promise<void>, message = 'a slice') {
  const worktree = await openSlice(bed, name);
  await change(worktree.dir);
  return await commitAll(worktree, { message, author: AUTHOR, parent: bed.main, at: AT });
}

describe('commitAll', () => {
  test.each([
    ['bytes', (dir: string) => truncateNew(join(dir, 'huge'), 2 ** 29)],
    ['files', (dir: string) => makeMany(join(dir, 'many'), 50_001)],
  ])('refuses %s without number before they fill the mirror', async (what, flood) => {
    const before = await bytesOf(bed.mirror.gitDir);
    const made = commit(`flood-${what}`, async (dir) => {
      await writeFile(join(dir, 'src/a.ts'), 'export const a = 3;\n');
      await flood(dir);
    });
    await expect(made).rejects.toThrow(new RegExp(`holds more than \\d+ ${what} to commit`));
    await expect(made).rejects.toBeInstanceOf(ToolError);
    expect((await bytesOf(bed.mirror.gitDir)) - before).toBeLessThan(100_000);
  });

  async function truncateNew(path: string, bytes: number): Promise<void> {
    await writeFile(path, '');
    await truncate(path, bytes);
  }

  async function makeMany(dir: string, count: number): Promise<void> {
    await mkdir(dir);
    for (let at = 0; at < count; at += 1_000)
      await Promise.all(
        Array.from({ length: Math.min(1_000, count - at) }, (_, n) => writeFile(join(dir, `${at + n}`), '')),
      );
  }

  /** What the objects of a git directory take. */
  async function bytesOf(gitDir: string): Promise<number> {
    const { stdout } = await execa('du', ['-s', '-b', join(gitDir, 'objects')]);
    return Number.parseInt(stdout, 10);
  }

  test('records added, modified, deleted, modes, links and nested repositories, and leaves out ignored files and `.git`', async () => {
    const made = await commit('all', async (dir) => {
      await writeFile(join(dir, 'src/a.ts'), 'export const a = 22;\n');
      await rm(join(dir, 'README.md'));
      await writeFile(join(dir, 'run.sh'), '#!/bin/sh\n');
      await chmod(join(dir, 'run.sh'), 0o755);
      await symlink('/etc/passwd', join(dir, 'link'));
      await writeFile(join(dir, 'x.log'), 'ignored');
      await writeFile(join(dir, '.git'), 'gitdir: /nowhere\n');
      await mkdir(join(dir, 'nested'));
      await plainGit(join(dir, 'nested'), 'init', '-q');
      await commitFiles(join(dir, 'nested'), { x: 'x' });
    });
    expect(made?.files).toEqual([
      { path: 'README.md', status: 'deleted', oldMode: '100644', mode: '000000', bytes: 0 },
      { path: 'link', status: 'added', oldMode: '000000', mode: '120000', bytes: 11 },
      { path: 'nested', status: 'added', oldMode: '000000', mode: '160000', bytes: 0 },
      { path: 'run.sh', status: 'added', oldMode: '000000', mode: '100755', bytes: 10 },
      { path: 'src/a.ts', status: 'modified', oldMode: '100644', mode: '100644', bytes: 21 },
    ]);
    const body = await plainGit(bed.mirror.gitDir, 'cat-file', 'commit', made?.sha ?? '');
    expect(body).toBe(
      [
        `tree ${made?.tree}`,
        `parent ${bed.main}`,
        'author omk <omk@example.com> 1795341600 +0000',
        'committer omk <omk@example.com> 1795341600 +0000',
        '',
        'a slice',
      ].join('\n'),
    );
  });

  test('is undefined when nothing changed, also when only ignored files did', async () => {
    expect(await commit('none', async () => {})).toBeUndefined();
    expect(await commit('none', (dir) => writeFile(join(dir, 'x.log'), 'ignored'))).toBeUndefined();
  });

  test('gives the same commit when called twice', async () => {
    const change = (dir: string) => writeFile(join(dir, 'same.txt'), 'same');
    const first = await commit('again', change);
    expect((await commit('again', change))?.sha).toBe(first?.sha);
  });

  test('commits what is on disk where the index was told not to look', async () => {
    const worktree = await openSlice(bed, 'hidden');
    const ours = [`--git-dir=${worktree.gitDir}`, `--work-tree=${worktree.dir}`];
    await plainGit(worktree.dir, ...ours, 'update-index', '--skip-worktree', 'src/a.ts');
    await plainGit(worktree.dir, ...ours, 'update-index', '--assume-unchanged', 'README.md');
    await writeFile(join(worktree.dir, 'src/a.ts'), 'hidden');
    await writeFile(join(worktree.dir, 'README.md'), 'hidden');
    const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: bed.main, at: AT });
    expect(made?.files.map(({ path }) => path)).toEqual(['README.md', 'src/a.ts']);
  });

  test('does not take along what an earlier, killed try had added', async () => {
    const worktree = await openSlice(bed, 'earlier');
    await writeFile(join(worktree.dir, 'secret.env'), 'x');
    await plainGit(worktree.dir, `--git-dir=${worktree.gitDir}`, `--work-tree=${worktree.dir}`, 'add', '-A');
    await writeFile(join(worktree.dir, '.gitignore'), '*.env\n');
    const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: bed.main, at: AT });
    expect(made?.files.map(({ path }) => path)).toEqual(['.gitignore']);
  });

  test('sees a change of the same size and time as what was checked out', async () => {
    const worktree = await openSlice(bed, 'racy');
    await writeFile(join(worktree.dir, 'src/a.ts'), 'export const a = 9;\n');
    const made = await commitAll(worktree, { message: 'm', author: AUTHOR, parent: bed.main, at: AT });
    expect(made?.files).toHaveLength(1);
  });

  test('takes any message as it is', async () => {
    for (const message of ['', '--upload-pack=touch x', '-x', '# not a comment\n\n  body\n', 'ünï 🙂\n']) {
      const made = await commit('message', (dir) => writeFile(join(dir, 'm.txt'), message), message);
      const body = await plainGit(bed.mirror.gitDir, 'log', '-1', '--format=%B', made?.sha ?? '');
      expect(body).toBe(message.trim());
    }
  });

  test('refuses files that were opened on another commit: they would take back what lies between', async () => {
    const later = await commit('later', (dir) => writeFile(join(dir, 'later.txt'), 'x'));
    const worktree = await openSlice(bed, 'behind');
    await writeFile(join(worktree.dir, 'mine.txt'), 'x');
    const made = commitAll(worktree, { message: 'm', author: AUTHOR, parent: later?.sha ?? '', at: AT });
    await expect(made).rejects.toThrow(/was not opened on/);
  });

  test('a nested repository without a commit is a ToolError that names it', async () => {
    const made = commit('unborn', async (dir) => {
      await mkdir(join(dir, 'app'));
      await plainGit(join(dir, 'app'), 'init', '-q');
      await writeFile(join(dir, 'app/x'), 'x');
    });
    await expect(made).rejects.toThrow(ToolError);
    await expect(made).rejects.toMatchObject({ details: { stderrTail: expect.stringContaining("'app/'") } });
  });
});

describe('differences', () => {
  test('name odd files exactly, and the patch quotes them', async () => {
    const names = ['line\nbreak', '--output=x', ' b/sneaky', 'tab\there', 'quote"d', 'ünï'];
    const made = await commit('odd', async (dir) => {
      await mkdir(join(dir, ' b'));
      for (const name of names) await writeFile(join(dir, name), 'x\n');
    });
    const files = await listChangedFiles(bed.mirror, bed.main, made?.sha ?? '');
    expect(files.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
    expect(await readPatch(bed.mirror, bed.main, made?.sha ?? '')).toContain('+++ "b/line\\nbreak"');
  });

  test('are plain patches: nothing hidden by attributes, no rename, binary said to be binary', async () => {
    const made = await commit('patch', async (dir) => {
      await writeFile(join(dir, '.gitattributes'), '*.ts -diff linguist-generated\n*.md diff=evil\n');
      await writeFile(join(dir, 'src/a.ts'), 'export const a = 5;\n');
      await writeFile(join(dir, 'moved.md'), '# r\n');
      await rm(join(dir, 'README.md'));
      await writeFile(join(dir, 'pic.bin'), Buffer.from([0, 1, 2]));
    });
    const patch = await readPatch(bed.mirror, bed.main, made?.sha ?? '');
    expect(patch).toContain('-export const a = 1;\n+export const a = 5;');
    expect(patch).toContain('deleted file mode 100644');
    expect(patch).toContain('Binary files /dev/null and b/pic.bin differ');
    expect(patch.startsWith('diff --git a/.gitattributes b/.gitattributes\n')).toBe(true);
  });

  test('of a commit with itself are empty', async () => {
    expect(await listChangedFiles(bed.mirror, bed.main, bed.main)).toEqual([]);
    expect(await readPatch(bed.mirror, bed.main, bed.main)).toBe('');
  });

  test('can be read in full when they are long', async () => {
    const long = 'a line of code\n'.repeat(200_000);
    const made = await commit('long', (dir) => writeFile(join(dir, 'long.txt'), long));
    const patch = await readPatch(bed.mirror, bed.main, made?.sha ?? '');
    expect(patch.length).toBeGreaterThan(long.length);
    expect(await readFileAt(bed.mirror, made?.sha ?? '', 'src/a.ts')).toBe('export const a = 1;\n');
  });
});
