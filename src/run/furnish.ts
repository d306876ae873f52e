import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFilesAt, readFileAt, type Mirror } from '../git/mirror.ts';
import { openWorktree, type Worktree } from '../git/worktree.ts';
import { manifestsToRead } from '../goal/detect.ts';
import { dueGates, setupFor, type SetupStep } from '../goal/gate.ts';
import type { Goal, Sha } from '../goal/goal.ts';
import { reachOf } from '../goal/scope.ts';
import { openBench, setUp } from './prove.ts';
import { folders, type Tools } from './tools.ts';

const FURNISHED = 'omk-furnished';
const LOCK = /(^|\/)([^/]*lock[^/]*|npm-shrinkwrap\.json|go\.sum)$/i;

/** Where an agent will work: its worktree, opened at `sha`, and its home. */
type Desk = { worktree: Worktree; sha: Sha; home: string; slice: string };

/**
 * Installs what the gates need in the agent's own worktree and home, so that it can run them too; again only when a manifest, a lock
 * file or a step has changed. Of the worktree only ignored files are left changed. A step that fails stops nobody: the gates will tell.
 */
export async function furnish(goal: Goal, { worktree, sha, home, slice }: Desk, tools: Tools): Promise<void> {
  const steps = stepsFor(goal, slice);
  if (steps.length === 0) return;
  // Beside the worktree: the agent cannot reach it, and it goes when the worktree goes.
  const marker = join(worktree.gitDir, FURNISHED);
  const wanted = await fingerprint(worktree.mirror, sha, steps);
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
  await mkdir(home, { recursive: true });
  await setUp(await openBench(goal, { worktree, sha, home, slice }, tools), steps);
  await openWorktree(worktree.mirror, { root: folders(tools.config).worktrees, name: worktree.name, sha });
  await writeFile(marker, wanted);
}

/** What the gates want that the slice may come to call for. */
function stepsFor(goal: Goal, slice: string): SetupStep[] {
  if (!goal.gates) return [];
  const { setup, gates } = goal.gates;
  const { writeScope = [] } = goal.slices.find(({ id }) => id === slice) ?? {};
  const due = dueGates(goal.gates, writeScope.length > 0 ? reachOf(writeScope) : undefined);
  return gates.length === 0 ? setup : setupFor(setup, due);
}

async function fingerprint(mirror: Mirror, sha: Sha, steps: readonly SetupStep[]): Promise<string> {
  const files = (await listFilesAt(mirror, sha)).map(({ path }) => path);
  const hash = createHash('sha256').update(JSON.stringify(steps));
  for (const path of new Set([...manifestsToRead(files), ...files.filter((file) => LOCK.test(file))]))
    hash.update(`${path}\0${await readFileAt(mirror, sha, path)}\0`);
  return hash.digest('hex');
}
