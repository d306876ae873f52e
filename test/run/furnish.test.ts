import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { openWorktree, type Worktree } from '../../src/git/worktree.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { furnish } from '../../src/run/furnish.ts';
import { folders, type Tools } from '../../src/run/tools.ts';
import { commitOnMain, makeBed, type Bed } from '../git/bed.ts';
import { someGoal } from '../goal/goals.ts';
import { inSandbox } from '../sandbox/stage.ts';
import { gateTools } from './gate-tools.ts';

let bed: Bed & AsyncDisposable;
let tools: Tools;

beforeAll(async () => {
  bed = await makeBed();
  tools = gateTools(bed.data);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

function goalWith(...setup: string[]): Goal {
  const steps = setup.map((run) => ({ run, timeoutMs: 60_000, dir: '.' }));
  return someGoal({ gates: { setup: steps, gates: [], source: 'config', notes: [] } });
}

async function open(files: Record<string, string>): Promise<{ worktree: Worktree; sha: string }> {
  const sha = await commitOnMain(bed, files);
  return {
    sha,
    worktree: await openWorktree(bed.mirror, { root: folders(tools.config).worktrees, name: 'desk', sha }),
  };
}

const furnished = (goal: Goal, desk: { worktree: Worktree; sha: string }) =>
  furnish(goal, { ...desk, home: join(bed.data, 'home'), slice: 's' }, tools);
const counted = ({ dir }: Worktree) => readFile(join(dir, 'node_modules', 'count'), 'utf8');

const INSTALL = 'mkdir -p node_modules && echo x >> node_modules/count && echo y > loose && echo z > package-lock.json';

inSandbox('an agent finds what the setup steps install, and nothing else that they change', async () => {
  const desk = await open({ '.gitignore': 'node_modules\n', 'package.json': '{}', 'package-lock.json': '{}' });
  const goal = goalWith(INSTALL, 'exit 3');
  await furnished(goal, desk);
  expect(await counted(desk.worktree)).toBe('x\n');
  expect((await readdir(desk.worktree.dir)).filter((name) => !name.startsWith('.'))).not.toContain('loose');
  expect(await readFile(join(desk.worktree.dir, 'package-lock.json'), 'utf8')).toBe('{}');
  await furnished(goal, desk);
  expect(await counted(desk.worktree)).toBe('x\n');
  await furnished(goal, await open({ 'package.json': '{"dependencies":{}}' }));
  expect(await counted(desk.worktree)).toBe('x\nx\n');
});
