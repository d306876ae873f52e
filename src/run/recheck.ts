import { TransientError } from '../errors.ts';
import { statusOf, type GitHub } from '../github/client.ts';
import { findCloser, getIssue, type Issue } from '../github/issues.ts';
import { readLeave, type Leave } from '../github/leave.ts';
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
 * Asks GitHub now, since hours may lie between the command and the act; `read` is what it said in the same act. REST is asked for what
 * that leaves open, and has the last word before anything is refused. Throws TransientError.
 */
export async function stillMay(goal: Goal, tools: Tools, read?: Leave): Promise<Reason | undefined> {
  const github = await tools.connect(goal.repository);
  const { requester, issue: number } = goal;
  const known = read ?? (await readLeave(github, { issue: number, person: requester }));
  // Of a bot the operator's list decides.
  const said = requester.app === undefined ? known.permission : undefined;
  const permission = said ?? (await permissionOf(requester, github, tools));
  if (!mayWrite(permission)) {
    const text = `${requester.login}, who asked for this, may not write here any more (permission: ${permission}). Nothing was pushed or merged.`;
    return { text, next: 'somebody who may write says /omk run' };
  }
  if (known.issue && whyNotOpen(known.issue, goal) === undefined) return undefined;
  const why = await readWhyNotOpen(github, goal);
  return why === undefined
    ? undefined
    : { text: `${why} Nothing was pushed or merged.`, next: 'make that undone, then /omk retry' };
}

/**
 * What is stored counts, not what the stage began with: called last before anything goes out, so that nothing does after a stored
 * cancel or pause. Throws TransientError then.
 */
export async function assertUnderway({ id }: Goal, { store }: Tools): Promise<void> {
  const { status } = await store.getGoal(id);
  if (status !== 'running') throw new TransientError(`Goal ${id} is ${status} by now`, 1_000);
}

async function readWhyNotOpen(github: GitHub, goal: Goal): Promise<string | undefined> {
  const issue = await findIssue(github, goal);
  return issue ? whyNotOpen(issue, goal) : `Issue #${goal.issue} is closed or gone.`;
}

/**
 * The issue as it counts for its goal: one that a merge of omk's own closed, for a pull request that names it with a closing keyword, is
 * open. One that was deleted or transferred is answered 404 or 410, or with the issue of another number, and undefined.
 */
export async function findIssue(github: GitHub, goal: Goal): Promise<Issue | undefined> {
  try {
    const issue = await getIssue(github, goal.issue);
    if (issue.number !== goal.issue || issue.isPull) return undefined;
    return issue.state === 'closed' && (await isClosedByMerge(github, goal, issue))
      ? { ...issue, state: 'open' }
      : issue;
  } catch (error) {
    if ([301, 404, 410].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/** omk itself closes no issue, but its merges may, and so may those that it leaves to a program such as GitHub's merge queue. */
async function isClosedByMerge(github: GitHub, { issue, slices }: Goal, { closedBy }: Issue): Promise<boolean> {
  if (closedBy === (await github.botLogin())) return true;
  if (!closedBy?.endsWith('[bot]')) return false;
  const closer = await findCloser(github, issue);
  return slices.some(({ pull }) => pull !== undefined && pull.number === closer);
}

function whyNotOpen({ state, locked, labels }: Pick<Issue, 'state' | 'locked' | 'labels'>, goal: Goal) {
  if (state !== 'open') return `Issue #${goal.issue} is closed or gone.`;
  if (locked) return `Issue #${goal.issue} is locked.`;
  const { label } = policyOf(goal).trigger;
  const unlabelled = goal.commentId === undefined && !labels.includes(label);
  return unlabelled ? `Issue #${goal.issue} has the label \`${label}\` no more, which started this.` : undefined;
}
