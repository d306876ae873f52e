import { listChangedFiles, readPatch } from '../git/commit.ts';
import { rebaseCommit } from '../git/merge-tree.ts';
import { fetchBranch, findMergeBase, getTree, type Mirror } from '../git/mirror.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Base, Goal, Sha } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import type { Feedback, Slice } from '../goal/slice.ts';
import { baseOf } from './build.ts';
import { mirrorOf, type Tools } from './tools.ts';

const PATCH_CHARS = 20_000;

/**
 * Takes over the commits that people pushed to the slice's branch: gates and wall judge them, and nothing of them is ever overwritten.
 * What omk made meanwhile, `own`, goes on top of them. Undefined if the branch is gone or was not moved by others.
 */
export async function adopt(
  goal: Goal,
  slice: Slice,
  own: Sha | undefined,
  tools: Tools,
): Promise<GoalEvent[] | undefined> {
  const mirror = await mirrorOf(goal, tools);
  const token = await tools.gitToken(goal.repository);
  const theirs = await fetchBranch(mirror, branchName(goal, slice.id), token);
  if (!theirs || !slice.pushed || theirs === slice.pushed) return undefined;
  const { branch } = slice.base ?? baseOf(goal);
  const tip = await fetchBranch(mirror, branch, token);
  const shared = tip && (await findMergeBase(mirror, tip, theirs));
  if (!shared) return undefined;
  const { head, feedback } = await onTop(mirror, { own, from: slice.pushed, theirs });
  const base: Base = { branch, sha: shared };
  const changedFiles = (await listChangedFiles(mirror, shared, head)).map(({ path }) => path);
  const tree = await getTree(mirror, head);
  return [{ kind: 'adopted', slice: slice.id, base, theirs, head, tree, changedFiles, feedback }];
}

type Sides = { own: Sha | undefined; from: Sha; theirs: Sha };

async function onTop(mirror: Mirror, { own, from, theirs }: Sides): Promise<{ head: Sha; feedback: Feedback[] }> {
  if (own === undefined) return { head: theirs, feedback: [] };
  const rebased = await rebaseCommit(mirror, { commit: own, from, onto: theirs });
  if (rebased.kind === 'clean') return { head: rebased.sha, feedback: [] };
  const text = [
    `People pushed to the branch meanwhile, and the change conflicts with theirs in ${rebased.files.join(', ')}.`,
    'The work folder now holds their work. Make the change again on top of it, keeping what they did.',
    `What your last turn had changed:\n${(await readPatch(mirror, from, own)).slice(0, PATCH_CHARS)}`,
  ].join('\n');
  return { head: theirs, feedback: [{ from: 'rebase', text }] };
}
