import { listWorktrees, removeWorktree } from '../git/worktree.ts';
import type { Goal } from '../goal/goal.ts';
import { worktreeName, shortId } from '../goal/naming.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Removes every worktree of an ended goal. What was built stays: its commits are in the mirror. Calling twice is harmless. */
export async function clean(goal: Goal, tools: Tools): Promise<void> {
  await removeWhere(goal, tools, (name) => name.split('-').includes(shortId(goal)));
}

/** Removes the worktrees of one slice: its own, the gates' and the reviewers'. */
export async function cleanSlice(goal: Goal, slice: string, tools: Tools): Promise<void> {
  const own = worktreeName(goal, slice);
  await removeWhere(goal, tools, (name) => [own, gatesName(goal, slice), reviewName(goal, slice)].includes(name));
}

/** A slice's second worktree, where its commit is proven. A slice's own ends in hex digits, so the names never meet. */
export function gatesName(goal: Goal, slice: string): string {
  return `${worktreeName(goal, slice)}-gates`;
}

/** A slice's third worktree, where reviewers read. */
export function reviewName(goal: Goal, slice: string): string {
  return `${worktreeName(goal, slice)}-review`;
}

async function removeWhere(goal: Goal, tools: Tools, isOurs: (name: string) => boolean): Promise<void> {
  const worktrees = await listWorktrees(await mirrorOf(goal, tools));
  for (const worktree of worktrees.filter(({ name }) => isOurs(name))) await removeWorktree(worktree);
}
