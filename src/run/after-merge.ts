import { TransientError } from '../errors.ts';
import { deleteBranch } from '../git/push.ts';
import { findPull, listOpenPullsWithBase, retargetPull } from '../github/pulls.ts';
import type { GitHub } from '../github/client.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Sha } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import { cleanSlice } from './clean.ts';
import type { Scene } from './scene.ts';
import { mirrorOf } from './tools.ts';
import { endTry } from './tries.ts';

/** The merge is confirmed: the branch goes if nobody moved it, and so do the slice's worktrees. Calling twice is harmless. */
export async function afterMerge(scene: Scene, sha: Sha): Promise<GoalEvent[]> {
  const { goal, slice, tools, facts, tries } = scene;
  const open = tries.find(({ outcome }) => outcome.kind === 'open');
  if (open) await endTry(open.key, { kind: 'merged', sha }, tools);
  if (!facts.repository.deletesBranchOnMerge) await removeBranch(scene);
  await cleanSlice(goal, slice.id, tools);
  return [await mergedBy(scene, sha, facts.mergedBy)];
}

/** The merge as it is told: whose it was, unless it was omk's own. */
export async function mergedBy(
  { slice, github }: Pick<Scene, 'slice' | 'github'>,
  sha: Sha,
  login: string | undefined,
): Promise<GoalEvent> {
  const named = (name: string) => name.replace(/\[bot\]$/, '');
  const isOwn = login === undefined || named(login) === named(await github.botLogin());
  return { kind: 'merged', slice: slice.id, sha, ...(!isOwn && { by: named(login) }) };
}

/**
 * Pull requests into the branch get its base first: GitHub would close them for ever (cli/cli#14223). A branch from which another
 * pull request comes stays, and so does one that cannot go.
 */
async function removeBranch({ goal, slice, pull, github, facts, hasChildren, hasTwins, tools }: Scene): Promise<void> {
  const branch = branchName(goal, slice.id);
  try {
    if (hasTwins && (await hasOthers(github, branch, pull.number))) return;
    for (const child of hasChildren ? await listOpenPullsWithBase(github, branch) : []) {
      await retargetPull(github, child.number, facts.base.branch);
    }
    const mirror = await mirrorOf(goal, tools);
    await deleteBranch(mirror, { branch, expected: pull.head }, await tools.gitToken(goal.repository));
  } catch (err) {
    if (err instanceof TransientError) throw err;
    tools.log.warn({ err, goal: goal.id, slice: slice.id, branch }, 'the branch of a merged slice stays');
  }
}

async function hasOthers(github: GitHub, branch: string, number: number): Promise<boolean> {
  const found = await findPull(github, branch);
  return found?.state === 'open' && found.number !== number;
}
