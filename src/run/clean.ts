import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { listWorktrees, removeTree, removeWorktree } from '../git/worktree.ts';
import { isEnded, isOver, type Goal } from '../goal/goal.ts';
import { worktreeName, shortId } from '../goal/naming.ts';
import type { PassName } from '../goal/wall.ts';
import { folders, mirrorOf, type Tools } from './tools.ts';

/** Whether it keeps no worktree: it has ended, or its issue is closed. */
export function isAtRest({ status, before }: Goal): boolean {
  return isEnded(status) || before !== undefined;
}

/**
 * Removes every worktree of a goal that is at rest, and once nothing can move it on any more, or its issue is closed, the homes with
 * Kimi's sessions too. What was built stays: its commits are in the mirror. Calling twice is harmless.
 */
export async function clean(goal: Goal, tools: Tools): Promise<void> {
  await removeWhere(goal, tools, (name) => name.split('-').includes(shortId(goal)));
  if (isOver(goal) || goal.before) await cleanHomes((id) => id === shortId(goal), tools);
}

/** Removes the homes of Kimi whose goals, by their eight hex digits, are said to be done with. */
export async function cleanHomes(isDone: (goal: string) => boolean, { config }: Pick<Tools, 'config'>): Promise<void> {
  const { homes } = folders(config);
  for (const name of await readdir(homes)) {
    const goal = HOME.exec(name)?.[1];
    if (goal !== undefined && isDone(goal)) await removeTree(join(homes, name));
  }
}

/** No worktree has a dot in its name. */
const HOME = /^([0-9a-f]{8})\.[0-9a-f]{8}$/;

/** Where Kimi lives in one role for one slice. A short path, because a unix socket's may have 108 bytes at most. */
export function homeOf(config: Config, { goal, slice, role }: { goal: Goal; slice: string; role: string }): string {
  const hash = createHash('sha256').update([goal.id, slice, role].join('\0')).digest('hex');
  return join(folders(config).homes, `${shortId(goal)}.${hash.slice(0, 8)}`);
}

/** The role of the reviewer of one pass. */
export function reviewRole(pass: PassName): string {
  return `review-${pass}`;
}

/** Removes what was lent beside worktrees of these names: homes of gates, and the git directories of their programs. */
export async function removeLent(names: readonly string[], { config }: Pick<Tools, 'config'>): Promise<void> {
  const { homes } = folders(config);
  for (const name of names) for (const lent of [name, `${name}.git`]) await removeTree(join(homes, lent));
}

/** Removes the worktrees of one slice: its own, the gates' and the reviewers'. */
export async function cleanSlice(goal: Goal, slice: string, tools: Tools): Promise<void> {
  const own = worktreeName(goal, slice);
  const gates = gatesName(goal, slice);
  await removeWhere(goal, tools, (name) => [own, gates, paceName(gates), reviewName(goal, slice)].includes(name));
}

/** A slice's second worktree, where its commit is proven. A slice's own ends in hex digits, so the names never meet. */
export function gatesName(goal: Goal, slice: string): string {
  return `${worktreeName(goal, slice)}-gates`;
}

/** Beside it one at the base, where performance gates are run for comparison. */
export function paceName(gates: string): string {
  return `${gates}-base`;
}

/** A slice's third worktree, where reviewers read. */
export function reviewName(goal: Goal, slice: string): string {
  return `${worktreeName(goal, slice)}-review`;
}

async function removeWhere(goal: Goal, tools: Tools, isOurs: (name: string) => boolean): Promise<void> {
  const worktrees = await listWorktrees(await mirrorOf(goal, tools));
  const own = worktrees.filter(({ name }) => isOurs(name));
  for (const worktree of own) await removeWorktree(worktree);
  const names = own.map(({ name }) => name);
  await removeLent(names, tools);
}
