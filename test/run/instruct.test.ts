import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitAll } from '../../src/git/commit.ts';
import { openWorktree, type Worktree } from '../../src/git/worktree.ts';
import { returnInstructions, takeInstructions } from '../../src/run/instruct.ts';
import { AT, AUTHOR, commitOnMain, makeBed, type Bed } from '../git/bed.ts';

let bed: Bed & AsyncDisposable;
let base: string;
let branch: string;

beforeAll(async () => {
  bed = await makeBed();
  base = await commitOnMain(bed, { 'AGENTS.md': 'base\n', 'docs/agents.md': 'base\n', 'src/a.ts': 'base\n' });
  const worktree = await openWorktree(bed.mirror, { root: bed.root, name: 'people', sha: base });
  await writeFile(join(worktree.dir, 'AGENTS.md'), 'branch\n');
  await rm(join(worktree.dir, 'docs/agents.md'));
  for (const path of ['.kimi-code/AGENTS.md', '.agents/skills/x/SKILL.md', 'src/CLAUDE.md', 'src/a.ts']) {
    await mkdir(join(worktree.dir, path, '..'), { recursive: true });
    await writeFile(join(worktree.dir, path), 'branch\n');
  }
  const details = { message: 'People', author: AUTHOR, parent: base, at: AT };
  branch = (await commitAll(worktree, details))?.sha ?? '';
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const open = (name: string) => openWorktree(bed.mirror, { root: bed.root, name, sha: branch });
const text = ({ dir }: Worktree, path: string) => readFile(join(dir, path), 'utf8').catch(() => undefined);
const STEERING = ['AGENTS.md', 'docs/agents.md', '.kimi-code/AGENTS.md', '.agents/skills/x/SKILL.md', 'src/CLAUDE.md'];
const ON_BASE = ['base\n', 'base\n', undefined, undefined, undefined];
const ON_BRANCH = ['branch\n', undefined, 'branch\n', 'branch\n', 'branch\n'];
const steering = (worktree: Worktree) => Promise.all(STEERING.map((path) => text(worktree, path)));

test('during a turn what steers an agent is as the base has it; after it people have their files back', async () => {
  const worktree = await open('turn');
  for (let times = 0; times < 2; times += 1) {
    await takeInstructions(worktree, base);
    expect(await steering(worktree)).toEqual(ON_BASE);
    expect(await text(worktree, 'src/a.ts')).toBe('branch\n');
  }
  await writeFile(join(worktree.dir, 'src/a.ts'), 'agent\n');
  await returnInstructions(worktree, base, branch);
  expect(await steering(worktree)).toEqual(ON_BRANCH);
  const commit = await commitAll(worktree, { message: 'Turn', author: AUTHOR, parent: branch, at: AT });
  expect(commit?.files.map(({ path }) => path)).toEqual(['src/a.ts']);
});

test('no link that an agent left is followed', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'omk-outside-'));
  try {
    await writeFile(join(outside, 'CLAUDE.md'), 'whole');
    const worktree = await open('linked');
    await rm(join(worktree.dir, 'src'), { recursive: true });
    await symlink(outside, join(worktree.dir, 'src'));
    await takeInstructions(worktree, base);
    await returnInstructions(worktree, base, branch);
    expect(await readdir(outside)).toEqual(['CLAUDE.md']);
    expect(await readFile(join(outside, 'CLAUDE.md'), 'utf8')).toBe('whole');
  } finally {
    await rm(outside, { recursive: true, force: true });
  }
});
