import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { access, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError, TransientError } from '../../src/errors.ts';
import { commitAll, listChangedFiles, readPatch } from '../../src/git/commit.ts';
import { mergeCheck, rebaseCommit } from '../../src/git/merge-tree.ts';
import { fetchBranch, findRemoteHead, isAncestor, openMirror, readFileAt } from '../../src/git/mirror.ts';
import { deleteBranch, pushCommit } from '../../src/git/push.ts';
import { openWorktree } from '../../src/git/worktree.ts';
import { AT, AUTHOR, type Bed, makeBed, openSlice, readTree } from './bed.ts';
import { plainGit, startRemote, TOKEN } from './remote.ts';

let bed: Bed & AsyncDisposable;
let first: string;
let second: string;
beforeAll(async () => {
  bed = await makeBed();
  first = await commit('one');
  second = await commit('two');
});
afterEach(() => {
  bed.remote.answer = () => undefined;
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

async function commit(content: string): Promise<string> {
  const worktree = await openSlice(bed, 'pushing');
  await writeFile(join(worktree.dir, 'new.txt'), content);
  const made = await commitAll(worktree, { message: content, author: AUTHOR, parent: bed.main, at: AT });
  return made?.sha ?? '';
}

const head = (branch: string) => findRemoteHead(bed.mirror, branch, TOKEN);
const push = (branch: string, sha: string, expected: string | undefined) =>
  pushCommit(bed.mirror, { sha, branch, expected }, TOKEN);

/** Lets the remote run a script before it takes a push. */
async function withServerHook(script: string, work: () => Promise<void>): Promise<void> {
  const hook = join(bed.remote.folder, 'o/r.git/hooks/pre-receive');
  await writeFile(hook, `#!/bin/sh\n${script}\n`);
  await chmod(hook, 0o755);
  await work();
  await rm(hook);
}

describe('pushCommit', () => {
  test('makes a branch that is not there, once: the same push again counts as pushed', async () => {
    expect(await push('omk/1/a', first, undefined)).toEqual({ kind: 'pushed' });
    expect(await push('omk/1/a', first, undefined)).toEqual({ kind: 'pushed' });
    expect(await head('omk/1/a')).toBe(first);
  });

  test('replaces exactly what was expected', async () => {
    await push('omk/1/b', first, undefined);
    expect(await push('omk/1/b', second, first)).toEqual({ kind: 'pushed' });
    expect(await head('omk/1/b')).toBe(second);
  });

  test.each<[string, string | undefined]>([
    ['a branch that was to be new exists', undefined],
    ['a person has pushed to it', 'main'],
  ])('never overwrites: %s', async (_name, expected) => {
    await plainGit(bed.seed, 'push', '-q', '-f', 'origin', `${bed.main}:refs/heads/omk/1/c`);
    const result = await push('omk/1/c', first, expected === 'main' ? second : undefined);
    expect(result).toEqual({ kind: 'moved', actual: bed.main });
    expect(await head('omk/1/c')).toBe(bed.main);
  });

  test('says moved when the branch was deleted meanwhile', async () => {
    expect(await push('omk/1/gone', second, first)).toEqual({ kind: 'moved', actual: undefined });
  });

  test('says moved when somebody is quicker while the push is under way', async () => {
    await push('omk/1/race', first, undefined);
    await withServerHook(`unset GIT_QUARANTINE_PATH; git update-ref refs/heads/omk/1/race ${bed.main}`, async () => {
      expect(await push('omk/1/race', second, first)).toEqual({ kind: 'moved', actual: bed.main });
    });
  });

  test("gives the server's words when it refuses", async () => {
    const words = 'refusing to allow a GitHub App to create or update workflow without `workflows` permission';
    await withServerHook(`echo "${words.replaceAll('`', '\\`')}" >&2; exit 1`, async () => {
      const result = await push('omk/1/d', first, undefined);
      expect(result).toEqual({ kind: 'refused', message: `${words}\npre-receive hook declined` });
    });
    expect(await head('omk/1/d')).toBeUndefined();
  });

  test('is tried a few times where GitHub refuses it without a word', async () => {
    bed.remote.answer = ({ url }) => (url?.includes('receive-pack') ? { status: 403 } : undefined);
    await expect(push('omk/1/e', first, undefined)).rejects.toMatchObject({ name: 'TransientError', tries: 3 });
  });

  test('adopts a push whose answer was lost', async () => {
    bed.remote.answer = ({ method }) => (method === 'POST' ? { status: 502 } : undefined);
    await expect(push('omk/1/f', first, undefined)).rejects.toThrow(TransientError);
    await plainGit(bed.mirror.gitDir, 'push', '-q', join(bed.remote.folder, 'o/r.git'), `${first}:refs/heads/omk/1/f`);
    bed.remote.answer = () => undefined;
    expect(await push('omk/1/f', first, undefined)).toEqual({ kind: 'pushed' });
  });

  test('is a TransientError when the connection breaks, and soon again when the token is refused', async () => {
    bed.remote.answer = () => 'reset';
    await expect(push('omk/1/g', first, undefined)).rejects.toThrow(TransientError);
    bed.remote.answer = () => undefined;
    const wrong = pushCommit(bed.mirror, { sha: first, branch: 'omk/1/g', expected: undefined }, 'ghs_wrong');
    await expect(wrong).rejects.toMatchObject({ name: 'TransientError', retryAfterMs: 1_000 });
  });

  test('pushes several slices of one repository at once', async () => {
    const branches = Array.from({ length: 5 }, (_, index) => `omk/2/${index}`);
    const results = await Promise.all(branches.map((branch) => push(branch, first, undefined)));
    expect(results.map(({ kind }) => kind)).toEqual(branches.map(() => 'pushed'));
  });
});

describe('deleteBranch', () => {
  const remove = (branch: string, expected: string) => deleteBranch(bed.mirror, { branch, expected }, TOKEN);

  test('deletes what is expected, and calling twice is harmless', async () => {
    await push('omk/3/a', first, undefined);
    expect(await remove('omk/3/a', first)).toEqual({ kind: 'deleted' });
    expect(await remove('omk/3/a', first)).toEqual({ kind: 'gone' });
  });

  test('leaves a branch alone that somebody has moved', async () => {
    await push('omk/3/b', first, undefined);
    expect(await remove('omk/3/b', second)).toEqual({ kind: 'moved' });
    expect(await head('omk/3/b')).toBe(first);
  });

  test('is a ToolError when the server refuses', async () => {
    await push('omk/3/c', first, undefined);
    await withServerHook('exit 1', async () => {
      await expect(remove('omk/3/c', first)).rejects.toThrow(ToolError);
    });
  });
});

describe('the token', () => {
  const secrets = [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64')];

  /** The arguments of every process, and the environments of the git processes among them. */
  async function lookAtProcesses(): Promise<{ args: string; gitEnv: string }> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
    const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const args = await Promise.all(pids.map((pid) => read(pid, 'cmdline')));
    const gits = pids.filter((_pid, index) => args[index]?.includes(`--git-dir=${bed.mirror.gitDir}`));
    return { args: args.join('\n'), gitEnv: (await Promise.all(gits.map((pid) => read(pid, 'environ')))).join('\n') };
  }

  test('stands in the environment of git and in no argument, file or error', async () => {
    const seen: { args: string; gitEnv: string }[] = [];
    const said: string[] = [];
    bed.remote.answer = async () => {
      seen.push(await lookAtProcesses());
      return undefined;
    };
    await fetchBranch(bed.mirror, 'main', TOKEN);
    await push('omk/4/a', first, undefined);
    bed.remote.answer = () => ({ status: 403, body: secrets.join(' ') });
    await push('omk/4/b', first, undefined).catch((error: Error) => said.push(JSON.stringify(error), `${error.stack}`));
    await fetchBranch(bed.mirror, 'main', TOKEN).catch((error: Error) =>
      said.push(JSON.stringify(error), `${error.stack}`),
    );
    expect(seen.length).toBeGreaterThan(3);
    for (const { gitEnv } of seen) expect(gitEnv).toContain(secrets[1]);
    const files = Object.values(await readTree(bed.data));
    for (const secret of secrets) {
      for (const text of [...seen.map(({ args }) => args), ...said, ...files]) expect(text).not.toContain(secret);
    }
  });

  test('does not follow a redirect to another server', async () => {
    const other = await startRemote();
    bed.remote.answer = ({ url }) => ({ status: 302, headers: { location: other.url.replace('/o/r.git', url ?? '') } });
    await expect(fetchBranch(bed.mirror, 'main', TOKEN)).rejects.toThrow();
    await expect(push('omk/4/c', first, undefined)).rejects.toThrow();
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('goes to its own repository only', async () => {
    const count = bed.remote.requests.length;
    const mirror = await openMirror(join(bed.data, 'else'), { id: 8 }, bed.remote.url);
    await fetchBranch(mirror, 'main', TOKEN);
    const sent = bed.remote.requests.slice(count).filter(({ authorization }) => authorization !== undefined);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.every(({ path }) => path.startsWith('/o/r.git/'))).toBe(true);
  });

  test('keeps git from running while DEBUG would print it', async () => {
    process.env['DEBUG'] = '*';
    await expect(head('main')).rejects.toThrow(/DEBUG/);
    process.env['DEBUG'] = '*,-simple-git*';
    expect(await head('main')).toBe(bed.main);
    delete process.env['DEBUG'];
  });
});

describe('names are never read as options, patterns or other refs', () => {
  const marker = '/tmp/omk-injected';
  const names = [
    `--upload-pack=touch ${marker}`,
    `--receive-pack=touch ${marker}`,
    `--exec=touch ${marker}`,
    `--output=${marker}`,
    '-o',
    '--',
    '-',
    '',
    ' ',
    '@',
    '@{-1}',
    'HEAD',
    'main:main',
    '+main',
    'main..other',
    'main^{tree}',
    'main~1',
    'ma*n',
    'ma?n',
    '[m]ain',
    'refs/heads/main',
    '/main',
    'main/',
    'a//b',
    '.hidden',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a\\b',
    'a b',
    'a\nb',
    'a\0b',
    'a\x7fb',
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `;touch ${marker}`,
    `|touch ${marker}`,
    'ⅿain',
    'ma\u200Bin',
    'ma\u202Ein',
    'a'.repeat(300),
    '^main',
    ':main',
    '-u./x',
    '-c core.fsmonitor=true',
    '--git-dir=/',
    '--end-of-options',
    '--no-index',
    '--all',
    '--help',
    '--template=/tmp',
    '@{u}',
    '@{upstream}',
    'main@{1}',
    'main:README.md',
    ':/main',
    ':(top)main',
    ':0:README.md',
    'refs/replace/main',
    'main...other',
    '..',
    '../main',
    '~root',
    '\\',
    'file:///etc/passwd',
    `ext::touch ${marker}`,
    '\u{1F600}',
    'main\r',
    `&& touch ${marker}`,
  ];

  test('the table is long', () => expect(names.length).toBeGreaterThanOrEqual(60));

  test.each(names)('%j', async (name) => {
    const count = bed.remote.requests.length;
    await expect(fetchBranch(bed.mirror, name, TOKEN)).rejects.toThrow(ToolError);
    await expect(head(name)).rejects.toThrow(ToolError);
    await expect(push(name, first, undefined)).rejects.toThrow(ToolError);
    await expect(push('omk/5/a', name, undefined)).rejects.toThrow(ToolError);
    if (name !== '') await expect(push('omk/5/a', first, name)).rejects.toThrow(ToolError);
    await expect(deleteBranch(bed.mirror, { branch: name, expected: first }, TOKEN)).rejects.toThrow(ToolError);
    await expect(openWorktree(bed.mirror, { root: bed.root, name: 'n', sha: name })).rejects.toThrow(ToolError);
    for (const ask of [mergeCheck, listChangedFiles, readPatch, isAncestor]) {
      await expect(ask(bed.mirror, name, first)).rejects.toThrow(ToolError);
      await expect(ask(bed.mirror, first, name)).rejects.toThrow(ToolError);
    }
    await expect(readFileAt(bed.mirror, name, 'README.md')).rejects.toThrow(ToolError);
    await expect(rebaseCommit(bed.mirror, { commit: first, from: bed.main, onto: name })).rejects.toThrow(ToolError);
    expect(bed.remote.requests).toHaveLength(count);
    await expect(access(marker)).rejects.toThrow();
  });

  test.each([
    'main',
    'release/1.2',
    'dependabot/npm_and_yarn/@types/node-20.1',
    'omk/12/add-x-0a1b2c3d',
    'fix#1',
    'c++',
    'a=b',
    'größe',
    '功能/登录',
  ])('while %j works', async (name) => {
    if (name !== 'main') expect(await push(name, first, undefined)).toEqual({ kind: 'pushed' });
    expect(await head(name)).toBe(await fetchBranch(bed.mirror, name, TOKEN));
  });
});
