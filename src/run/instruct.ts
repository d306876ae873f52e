import { listChangedFiles } from '../git/commit.ts';
import { bringFilesTo, openedAt, type Worktree } from '../git/worktree.ts';
import type { Sha } from '../goal/goal.ts';
import { isInstruction } from '../goal/scope.ts';

/** Before a turn: what steers an agent is as the base has it, whatever the branch, or a turn before, made of it. */
export async function takeInstructions(worktree: Worktree, base: Sha): Promise<void> {
  await bringFilesTo(worktree, base, await instructionsBetween(worktree, base, await openedAt(worktree)));
}

/** After it: what people did to such files on the branch is theirs, and goes on with their commits. */
export async function returnInstructions(worktree: Worktree, base: Sha, stem: Sha): Promise<void> {
  await bringFilesTo(worktree, stem, await instructionsBetween(worktree, base, stem));
}

async function instructionsBetween({ mirror }: Worktree, base: Sha, head: Sha): Promise<string[]> {
  if (base === head) return [];
  const changed = await listChangedFiles(mirror, base, head);
  return changed.map(({ path }) => path).filter(isInstruction);
}
