import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { reviewCommand } from '../../src/cli/review.ts';

let repo = '';

async function git(...args: string[]): Promise<void> {
  const identity = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b.c',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b.c',
  };
  await execa('git', args, {
    cwd: repo,
    env: { ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
}

async function commit(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(repo, path)), { recursive: true });
    await writeFile(join(repo, path), text);
  }
  await git('add', '-A');
  await git('commit', '-qm', 'change');
}

async function run(...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const exit = await reviewCommand(argv, {
    stdout: (text) => (said.out += text),
    stderr: (text) => (said.err += text),
  });
  return { exit, ...said };
}

beforeAll(async () => {
  repo = await mkdtemp(join(tmpdir(), 'omk-review-'));
  await git('init', '-qb', 'main');
  await commit({ 'src/a.ts': 'export const a = 1;\n' });
  await git('tag', 'start');
  await commit({ 'src/a.ts': 'export const a = 2;\n' });
  await git('tag', 'good');
  await commit({ 'src/ä b.ts': 'export const run = (code: string) => eval(code);\n' });
  await git('tag', 'bad');
  await commit({ '.github/omk.yml': 'review:\n  passes: { security: off }\n' });
  await git('tag', 'settings');
  await commit({ 'src/c.ts': 'export const run = (code: string) => eval(code);\n' });
});

afterAll(async () => {
  await rm(repo, { recursive: true, force: true });
});

describe('omk review', () => {
  test('passes a good change with exit 0 and a table of six passes', async () => {
    const { exit, out } = await run('--repo', repo, '--base', 'start', '--head', 'good');
    expect(exit).toBe(0);
    for (const pass of ['architect', 'code', 'test', 'security', 'performance', 'anti-slop'])
      expect(out).toMatch(new RegExp(`\\| ${pass} `));
    expect(out).toContain('passed, anti-slop confidence 0.00');
  });

  test('blocks a bad change with exit 1 and one JSON value', async () => {
    const { exit, out } = await run('--repo', join(repo, 'src'), '--base', 'good', '--head', 'bad', '--json');
    expect(exit).toBe(1);
    const wall = JSON.parse(out) as { passes: { pass: string }[] };
    expect(wall).toMatchObject({
      verdict: 'blocked',
      antiSlopConfidence: 0.25,
      head: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(wall.passes.map(({ pass }) => pass)).toEqual([
      'architect',
      'code',
      'test',
      'security',
      'performance',
      'anti-slop',
    ]);
    expect(wall.passes.find(({ pass }) => pass === 'security')).toMatchObject({
      status: 'failed',
      severity: 'high',
      findings: [
        {
          id: expect.stringMatching(/^[0-9a-f]{8}$/),
          rule: 'security/code-execution',
          file: 'src/ä b.ts',
          line: 1,
          severity: 'high',
        },
      ],
    });
  });

  test('reads the settings at the base', async () => {
    expect((await run('--repo', repo, '--base', 'settings', '--head', 'main')).exit).toBe(0);
    expect((await run('--repo', repo, '--base', 'bad', '--head', 'main')).exit).toBe(1);
  });

  test.each([
    ['no options', [], /Missing: --repo, --base, --head/],
    ['an unknown option', ['--nope'], /--nope/],
    ['a bad ref', ['--base', 'nope', '--head', 'main'], /--base: "nope" names no commit/],
    [
      'a ref that looks like an option',
      ['--base', 'main', '--head=--output=x'],
      /--head: "--output=x" names no commit/,
    ],
  ])('cannot run with %s: exit 2 and the reason', async (_what, argv, words) => {
    const { exit, out, err } = await run(...(argv.includes('--base') ? ['--repo', repo, ...argv] : argv));
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(words);
  });

  test('cannot run outside of a repository', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'omk-none-'));
    const { exit, err } = await run('--repo', elsewhere, '--base', 'a', '--head', 'b');
    await rm(elsewhere, { recursive: true });
    expect(exit).toBe(2);
    expect(err).toContain('is no git repository');
  });

  test('a diff driver in the repository’s own configuration is not run', async () => {
    await git('config', 'diff.evil.command', `touch ${join(repo, 'ran')}`);
    await git('config', 'diff.evil.textconv', `touch ${join(repo, 'ran')}; cat`);
    await commit({ '.gitattributes': '*.ts diff=evil\n', 'src/a.ts': 'export const a = 3;\n' });
    expect((await run('--repo', repo, '--base', 'main~1', '--head', 'main')).exit).toBe(0);
    await expect(execa('test', ['-e', join(repo, 'ran')])).rejects.toThrow();
  });
});
