import { TransientError } from '../errors.ts';
import { statusOf, type GitHub } from '../github/client.ts';
import { getIssue } from '../github/issues.ts';
import { getPermission } from '../github/repository.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import { mayWrite } from '../goal/permission.ts';
import type { Tools } from './tools.ts';

/**
 * Why the goal may not push or merge any more: its requester lost the permission, or its issue is closed. Undefined if it may.
 * Asks GitHub now, since hours may lie between the command and the act; `issueOpen` is what it said of the issue in the same act.
 * Throws TransientError.
 */
export async function stillMay(goal: Goal, tools: Tools, issueOpen?: boolean): Promise<Reason | undefined> {
  const github = await tools.connect(goal.repository);
  const { requester } = goal;
  const permission = await getPermission(github, requester);
  if (!mayWrite(permission)) {
    const text = `${requester.login}, who asked for this, may not write here any more (permission: ${permission}). Nothing was pushed or merged.`;
    return { text, next: '/omk run by somebody who may write' };
  }
  if (issueOpen ?? (await isOpen(github, goal.issue))) return undefined;
  return {
    text: `Issue #${goal.issue} is closed or gone. Nothing was pushed or merged.`,
    next: 'open the issue again, then /omk run',
  };
}

/**
 * What is stored counts, not what the stage began with: called last before anything goes out, so that nothing does after a stored
 * cancel or pause. Throws TransientError then.
 */
export async function assertUnderway({ id }: Goal, { store }: Tools): Promise<void> {
  const { status } = await store.getGoal(id);
  if (status !== 'running') throw new TransientError(`Goal ${id} is ${status} by now`, 1_000);
}

/** False too for an issue that was deleted or transferred: GitHub answers 404, 410, or with the issue of another number. */
async function isOpen(github: GitHub, number: number): Promise<boolean> {
  try {
    const issue = await getIssue(github, number);
    return issue.state === 'open' && issue.number === number && !issue.isPull;
  } catch (error) {
    if ([301, 404, 410].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}
