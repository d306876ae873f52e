import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError, TransientError } from '../../src/errors.ts';
import {
  fetchBranch,
  findRemoteHead,
  getTree,
  isAncestor,
  listFilesAt,
  openMirror,
  readFileAt,
} from '../../src/git/mirror.ts';
import { type Bed, makeBed } from './bed.ts';
import { commitFiles, plainGit, TOKEN } from './remote.ts';

let bed: Bed & AsyncDisposable;
beforeAll(async () => {
  bed = await makeBed();
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

describe('the mirror', () => {
  test('is opened by many at once and twice without harm', async () => {
    const root = join(bed.data, 'many');
    const opened = await Promise.all(Array.from({ length: 6 }, () => openMirror(root, { id: 9 }, bed.remote.url)));
    expect(new Set(opened.map((mirror) => mirror.gitDir))).toEqual(new Set([join(root, '9.git')]));
    const mirror = await openMirror(root, { id: 9 }, bed.remote.url);
    expect(await fetchBranch(mirror, 'main', TOKEN)).toBe(bed.main);
  });

  test('is completed when a killed process left it half-made, its lock included', async () => {
    const root = join(bed.data, 'half');
    await mkdir(join(root, '9.git'), { recursive: true });
    await writeFile(join(root, '9.git/config.lock'), '');
    const mirror = await openMirror(root, { id: 9 }, bed.remote.url);
    expect(await fetchBranch(mirror, 'main', TOKEN)).toBe(bed.main);
  });

  test.each([
    'https://x-access-token:t@github.com/o/r.git',
    'file:///srv/r.git',
    'ext::sh -c id',
    'ssh://github.com/o/r',
  ])('refuses the address %s', async (url) => {
    await expect(openMirror(bed.data, { id: 9 }, url)).rejects.toThrow();
  });

  test('fetches one branch only, without tags', async () => {
    await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:refs/heads/other', 'HEAD:refs/tags/v1');
    await fetchBranch(bed.mirror, 'main', TOKEN);
    const refs = await plainGit(bed.mirror.gitDir, 'for-each-ref', '--format=%(refname)');
    expect(refs.split('\n')).toEqual(['refs/omk/base/main']);
  });

  test('fetches `a` after `a/b` was deleted, and the other way round', async () => {
    await plainGit(bed.seed, 'push', '-q', 'origin', 'HEAD:refs/heads/a/b');
    expect(await fetchBranch(bed.mirror, 'a/b', TOKEN)).toBe(bed.main);
    await plainGit(bed.seed, 'push', '-q', 'origin', ':refs/heads/a/b', 'HEAD:refs/heads/a');
    expect(await fetchBranch(bed.mirror, 'a', TOKEN)).toBe(bed.main);
  });

  test('follows a branch that was rewritten', async () => {
    const folder = join(bed.remote.folder, 'other');
    await plainGit(bed.remote.folder, 'clone', '-q', join(bed.remote.folder, 'o/r.git'), folder);
    const first = await commitFiles(folder, { 'x.txt': '1' });
    await plainGit(folder, 'push', '-q', 'origin', 'HEAD:refs/heads/moving');
    expect(await fetchBranch(bed.mirror, 'moving', TOKEN)).toBe(first);
    await plainGit(folder, 'reset', '-q', '--hard', bed.main);
    const second = await commitFiles(folder, { 'y.txt': '2' });
    await plainGit(folder, 'push', '-q', '--force', 'origin', 'HEAD:refs/heads/moving');
    expect(await fetchBranch(bed.mirror, 'moving', TOKEN)).toBe(second);
    expect(await isAncestor(bed.mirror, first, second)).toBe(false);
    expect(await isAncestor(bed.mirror, bed.main, second)).toBe(true);
  });

  test('says undefined for a branch that GitHub does not have', async () => {
    expect(await fetchBranch(bed.mirror, 'nowhere', TOKEN)).toBeUndefined();
    expect(await findRemoteHead(bed.mirror, 'nowhere', TOKEN)).toBeUndefined();
    expect(await findRemoteHead(bed.mirror, 'main', TOKEN)).toBe(bed.main);
  });

  test('is to be tried again with another token when GitHub refuses this one, and never asks a person', async () => {
    await expect(fetchBranch(bed.mirror, 'main', 'ghs_wrong')).rejects.toThrow(TransientError);
    await expect(findRemoteHead(bed.mirror, 'main', 'ghs_wrong')).rejects.toThrow(/terminal prompts disabled/);
  });

  test('fetches the same branch many times at once', async () => {
    const heads = await Promise.all(Array.from({ length: 5 }, () => fetchBranch(bed.mirror, 'main', TOKEN)));
    expect(new Set(heads)).toEqual(new Set([bed.main]));
  });
});

describe('trouble on the network is a TransientError', () => {
  test.each<[string, Parameters<typeof answerWith>[0]]>([
    ['502', { status: 502, body: '<html>bad gateway' }],
    ['503', { status: 503 }],
    ['500', { status: 500 }],
    ['429', { status: 429 }],
    ['a reset connection', 'reset'],
  ])('%s', async (_name, answer) => {
    answerWith(answer);
    await expect(fetchBranch(bed.mirror, 'main', TOKEN)).rejects.toThrow(TransientError);
    await expect(findRemoteHead(bed.mirror, 'main', TOKEN)).rejects.toThrow(TransientError);
    bed.remote.answer = () => undefined;
  });

  test('a name that does not resolve, and a port nobody listens on', async () => {
    for (const url of ['http://omk.invalid/o/r.git', 'http://127.0.0.1:1/o/r.git']) {
      const mirror = await openMirror(join(bed.data, 'lost'), { id: 3 }, url);
      await expect(fetchBranch(mirror, 'main', TOKEN)).rejects.toThrow(TransientError);
    }
  });

  test('403 without a word is worth a few tries', async () => {
    answerWith({ status: 403 });
    await expect(fetchBranch(bed.mirror, 'main', TOKEN)).rejects.toMatchObject({ name: 'TransientError', tries: 3 });
    bed.remote.answer = () => undefined;
  });

  test('but 404 is a ToolError', async () => {
    answerWith({ status: 404 });
    await expect(fetchBranch(bed.mirror, 'main', TOKEN)).rejects.toThrow(ToolError);
    bed.remote.answer = () => undefined;
  });
});

function answerWith(answer: { status: number; body?: string } | 'reset'): void {
  bed.remote.answer = () => answer;
}

describe('files of a commit', () => {
  test('are listed with mode and size, odd names included', async () => {
    const folder = join(bed.remote.folder, 'odd');
    await plainGit(bed.remote.folder, 'clone', '-q', join(bed.remote.folder, 'o/r.git'), folder);
    const sha = await commitFiles(folder, {
      'line\nbreak.txt': '12345',
      '--output=x': 'x',
      'sub/ünï.txt': 'é',
      big: 'x'.repeat(16_000_001),
    });
    await plainGit(folder, 'push', '-q', 'origin', 'HEAD:refs/heads/odd');
    expect(await fetchBranch(bed.mirror, 'odd', TOKEN)).toBe(sha);
    expect(await listFilesAt(bed.mirror, sha)).toEqual(
      expect.arrayContaining([
        { path: 'line\nbreak.txt', mode: '100644', bytes: 5 },
        { path: '--output=x', mode: '100644', bytes: 1 },
        { path: 'sub/ünï.txt', mode: '100644', bytes: 2 },
      ]),
    );
    expect(await readFileAt(bed.mirror, sha, 'sub/ünï.txt')).toBe('é');
    expect(await readFileAt(bed.mirror, sha, '--output=x')).toBe('x');
    await expect(readFileAt(bed.mirror, sha, 'big')).rejects.toThrow(/larger than/);
  });

  test.each(['nope', 'src', '../README.md', '/README.md', './README.md', '*', ':(glob)**', 'README.md/x', ''])(
    'there is none at %j',
    async (path) => {
      expect(await readFileAt(bed.mirror, bed.main, path)).toBeUndefined();
    },
  );

  test('belong to a tree that has a name', async () => {
    expect(await getTree(bed.mirror, bed.main)).toBe(await plainGit(bed.seed, 'rev-parse', `${bed.main}^{tree}`));
    await expect(getTree(bed.mirror, '0123456789'.repeat(4))).rejects.toThrow(ToolError);
  });

  test('a commit that the mirror lacks is a ToolError, not an absent file', async () => {
    await expect(readFileAt(bed.mirror, '0123456789'.repeat(4), 'README.md')).rejects.toThrow(ToolError);
    await expect(listFilesAt(bed.mirror, 'main')).rejects.toThrow(/no full object name/);
  });
});

test('nothing that git wrote into the mirror holds the token', async () => {
  const config = await readFile(join(bed.mirror.gitDir, 'config'), 'utf8');
  expect(config).not.toContain('127.0.0.1');
  await expect(access(join(bed.mirror.gitDir, 'FETCH_HEAD'))).rejects.toThrow();
  await rm(join(bed.data, 'many'), { recursive: true });
});
