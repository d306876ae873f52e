import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError, TransientError } from '../../src/errors.ts';
import { git, tryGit } from '../../src/git/git.ts';
import { plainGit } from './remote.ts';

let gitDir: string;
beforeAll(async () => {
  gitDir = await mkdtemp(join(tmpdir(), 'omk-git-'));
  await plainGit(gitDir, 'init', '-q', '--bare', '.');
});
afterAll(async () => {
  await rm(gitDir, { recursive: true });
});

/** Waits on its standard input for ever. */
const WAITING = ['cat-file', '--batch'];

async function pidOf(argument: string): Promise<number> {
  for (;;) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
      const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      if (argv[0] === 'git' && argv.includes(argument)) return Number(pid);
    }
  }
}

describe('one git process', () => {
  test('that a signal ended is a ToolError, never a success', async () => {
    const working = git(WAITING, { gitDir });
    const failed = expect(working).rejects.toThrow(/^git cat-file was ended by a signal/);
    process.kill(await pidOf(`--git-dir=${gitDir}`), 'SIGKILL');
    await failed;
    await expect(working).rejects.toThrow(ToolError);
  });

  test('that takes too long is stopped, and is to be tried later', async () => {
    await expect(git(WAITING, { gitDir, timeoutMs: 50 })).rejects.toThrow(TransientError);
    await expect(git(WAITING, { gitDir, timeoutMs: 50 })).rejects.toThrow(
      'git cat-file was stopped after 50 milliseconds',
    );
  });

  test('that fails says so with its arguments, exit code and last words', async () => {
    await expect(git(['cat-file', '-e', 'nothing'], { gitDir })).rejects.toMatchObject({
      message: 'git cat-file exited with 128: fatal: Not a valid object name nothing',
      details: { tool: 'git', args: ['cat-file', '-e', 'nothing'], exitCode: 128 },
    });
  });

  test('that fails without a word is a failure too', async () => {
    expect(await tryGit(['config', '--get', 'no.such'], { gitDir })).toEqual({ exitCode: 1, stdout: '', stderr: '' });
    await expect(git(['config', '--get', 'no.such'], { gitDir })).rejects.toThrow('git config exited with 1');
  });

  test('is not started with an option that names a program', async () => {
    const marker = join(gitDir, 'fired');
    const args = ['ls-remote', `--upload-pack=touch ${marker}`, gitDir];
    await expect(git(args, { gitDir })).rejects.toThrow(/was not started/);
    await expect(access(marker)).rejects.toThrow();
  });
});

test('neither our environment nor a settings file of the machine has a say', async () => {
  const home = await mkdtemp(join(tmpdir(), 'omk-home-'));
  await writeFile(join(home, '.gitconfig'), '[alias]\n\tx = y\n[user]\n\tname = Somebody\n');
  const hostile: Record<string, string> = {
    HOME: home,
    GIT_DIR: '/nonexistent',
    GIT_CONFIG_PARAMETERS: "'core.fsmonitor=touch x'",
    GIT_ALTERNATE_OBJECT_DIRECTORIES: '/elsewhere',
  };
  const before = Object.keys(hostile).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, hostile);
  const listed = await git(['config', '--list', '--show-origin', '--name-only'], { gitDir });
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await rm(home, { recursive: true });
  const origins = new Set(
    listed
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0]),
  );
  expect(origins).toEqual(new Set([`file:${gitDir}/config`, 'command line:']));
});
