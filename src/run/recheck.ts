import { TransientError } from '../errors.ts';
import { statusOf, type GitHub } from '../github/client.ts';
import { getIssue } from '../github/issues.ts';
import { getPermission } from '../github/repository.ts';
import type { Goal, Person, Reason } from '../goal/goal.ts';
import { isListedBot, mayWrite, type Permission } from '../goal/permission.ts';
import { policyOf } from '../goal/terms.ts';
import type { Tools } from './tools.ts';

/** What they may do here now: GitHub says it of a person, the operator's list of a bot. Throws TransientError. */
export async function permissionOf(
  person: Person,
  github: GitHub,
  { config }: Pick<Tools, 'config'>,
): Promise<Permission> {
  if (person.app === undefined) return getPermission(github, person);
  return isListedBot({ ...person, type: 'Bot' }, config) ? 'write' : 'none';
}

/**
 * Why the goal may not push or merge any more: its requester lost the permission, its issue is closed or locked, or the label that
 * started it is gone. Undefined if it may.
 * Asks GitHub now, since hours may lie between the command and the act; `issueOpen` is what it said of the issue in the same act.
 * Throws TransientError.
 */
export async function stillMay(goal: Goal, tools: Tools, issueOpen?: boolean): Promise<Reason | undefined> {
  const github = await tools.connect(goal.repository);
  const { requester } = goal;
  const permission = await permissionOf(requester, github, tools);
  if (!mayWrite(permission)) {
    const text = `${requester.login}, who asked for this, may not write here any more (permission: ${permission}). Nothing was pushed or merged.`;
    return { text, next: 'somebody who may write says /omk run' };
  }
  if (issueOpen === true && goal.commentId !== undefined) return undefined;
  const why = await whyNotOpen(github, goal);
  if (why === undefined) return undefined;
  return { text: `${why} Nothing was pushed or merged.`, next: 'make that undone, then /omk run' };
}

/**
 * What is stored counts, not what the stage began with: called last before anything goes out, so that nothing does after a stored
 * cancel or pause. Throws TransientError then.
 */
export async function assertUnderway({ id }: Goal, { store }: Tools): Promise<void> {
  const { status } = await store.getGoal(id);
  if (status !== 'running') throw new TransientError(`Goal ${id} is ${status} by now`, 1_000);
}

/** What is wrong with the issue. One that was deleted or transferred is answered 404 or 410, or with the issue of another number. */
async function whyNotOpen(github: GitHub, goal: Goal): Promise<string | undefined> {
  const number = goal.issue;
  try {
    const issue = await getIssue(github, number);
    if (issue.state !== 'open' || issue.number !== number || issue.isPull) return `Issue #${number} is closed or gone.`;
    if (issue.locked) return `Issue #${number} is locked.`;
    const { label } = policyOf(goal).trigger;
    const unlabelled = goal.commentId === undefined && !issue.labels.includes(label);
    return unlabelled ? `Issue #${number} has the label \`${label}\` no more, which started this.` : undefined;
  } catch (error) {
    if ([301, 404, 410].includes(statusOf(error) ?? 0)) return `Issue #${number} is closed or gone.`;
    throw error;
  }
}
