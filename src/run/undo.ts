import { noreplyHost } from '../config.ts';
import { listChangedFiles } from '../git/commit.ts';
import { fetchBranch } from '../git/mirror.ts';
import { revertCommit } from '../git/merge-tree.ts';
import type { GoalEvent } from '../goal/event.ts';
import { getSlice, type Goal, type Sha } from '../goal/goal.ts';
import { commitMessage } from '../goal/naming.ts';
import type { Slice } from '../goal/slice.ts';
import { baseOf } from './build.ts';
import { botAuthor, mirrorOf, pageUrl, type Tools } from './tools.ts';

/** Makes the commit that undoes a merged slice, without Kimi. What others built on the same lines since is a person's to sort out. */
export async function undo(
  goal: Goal,
  slice: Slice,
  merged: { slice: string; sha: Sha },
  tools: Tools,
): Promise<GoalEvent[]> {
  const base = slice.base ?? baseOf(goal);
  const mirror = await mirrorOf(goal, tools);
  await fetchBranch(mirror, base.branch, await tools.gitToken(goal.repository));
  const pull = getSlice(goal, merged.slice).pull?.number;
  const summary = `Took back what slice ${merged.slice} merged${pull === undefined ? '' : ` with #${pull}`} as ${merged.sha}.`;
  const reverted = await revertCommit(mirror, {
    commit: merged.sha,
    onto: base.sha,
    message: commitMessage(goal, slice, { summary, pageUrl: pageUrl(goal, tools), noreply: noreplyHost(tools.config) }),
    author: { ...(await botAuthor(goal, tools)), date: tools.clock.now().toISOString() },
  });
  if (reverted.kind === 'conflict') {
    const text = `\`${merged.slice}\` cannot be taken back by itself: ${reverted.files.join(', ')} changed since.`;
    return [{ kind: 'slice-blocked', slice: slice.id, reason: { text, next: `/omk answer <how to take it back>` } }];
  }
  const files = await listChangedFiles(mirror, base.sha, reverted.sha);
  if (files.length === 0) return [{ kind: 'merged', slice: slice.id, sha: base.sha }];
  const changedFiles = files.map(({ path }) => path);
  const { sha: head, tree } = reverted;
  return [{ kind: 'built', slice: slice.id, head, tree, changedFiles, summary, kimiSession: undefined }];
}
