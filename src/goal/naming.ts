import { withoutSaid } from './batch.ts';
import type { Goal, Person } from './goal.ts';
import type { PlannedSlice, Slice } from './slice.ts';
import { clip, encodePlain } from './text.ts';

/** A goal's id: UTC to the millisecond and eight random hex digits, `goal-YYYYMMDD-HHMMSS-mmm-xxxxxxxx`. */
export function goalId(now: Date, random8: string): string {
  if (!/^[0-9a-f]{8}$/.test(random8)) throw new Error(`Not eight hex digits: ${random8}`);
  const [day = '', time = '', ms = ''] = now.toISOString().split(/[T.Z]/);
  return `goal-${day.replaceAll('-', '')}-${time.replaceAll(':', '')}-${ms}-${random8}`;
}

export function isGoalId(text: string): boolean {
  return /^goal-\d{8}-\d{6}-\d{3}-[0-9a-f]{8}$/.test(text);
}

export function isSliceId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,39}$/.test(text);
}

/** Eight hex digits that stand for the goal in names and markers. */
export function shortId(goal: Pick<Goal, 'id'>): string {
  if (!isGoalId(goal.id)) throw new Error(`Not the id of a goal: ${goal.id}`);
  return goal.id.slice(-8);
}

/** The branch of a slice: `omk/<issue>/<slice-id>-<8 hex of the goal's id>`. Throws on an id that is none. */
export function branchName(goal: Pick<Goal, 'id' | 'issue'>, slice: string): string {
  return `omk/${goal.issue}/${shortName(goal, slice)}`;
}

/** The folder of a slice's worktree, unique over goals; safe as a file name. Throws on an id that is none. */
export function worktreeName(goal: Pick<Goal, 'id'>, slice: string): string {
  return shortName(goal, slice);
}

function shortName(goal: Pick<Goal, 'id'>, slice: string): string {
  if (!isSliceId(slice)) throw new Error(`Not the id of a slice: ${slice}`);
  return `${slice}-${shortId(goal)}`;
}

/** Whether git takes the text as the name of a branch (git-check-ref-format) and no option or ref expression can hide in it. */
export function isBranchName(text: string): boolean {
  const parts = text.split('/');
  return (
    text.length > 0 &&
    text.length <= 200 &&
    !/[\p{C}\s~^:?*[\\]|\.\.|@\{|^@$|^-|^refs\/|\.$/u.test(text) &&
    parts.every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** The title of a slice's pull request, at most 256 characters. It may become the subject of a commit: no reference in it is live. */
export function pullTitle(slice: Pick<PlannedSlice, 'id' | 'title'>): string {
  return clip(`[slice] ${slice.id} — ${encodePlain(slice.title)}`, 256);
}

/** `pageUrl`: the page of the goal. `noreply`: the host of the addresses by which GitHub knows people. */
type Told = { summary: string; pageUrl: string | undefined; noreply: string };

/** The message of a slice's commit: upstream's subject and scope line, what changed, who asked. */
export function commitMessage(goal: Goal, slice: Slice, { summary, pageUrl, noreply }: Told): string {
  const trailers = [pageUrl === undefined ? undefined : `Goal: ${pageUrl}`, coAuthor(goal, noreply)];
  return [
    `[omk-slice] ${goal.id} / ${slice.id}`,
    summaryLines(withoutSaid(summary))
      .map((line) => `- ${encodePlain(line)}`)
      .join('\n'),
    `Write scope: ${encodePlain(slice.writeScope.join(', '))}`,
    trailers.filter((trailer) => trailer !== undefined).join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The commit that a squash or merge makes on the base. */
export function mergeMessage(goal: Goal, slice: Slice, noreply: string): { title: string; message: string } {
  const number = slice.pull ? ` (#${slice.pull.number})` : '';
  const title = `${clip(pullTitle(slice), 256 - number.length)}${number}`;
  return { title, message: commitMessage(goal, slice, { summary: slice.summary, pageUrl: undefined, noreply }) };
}

/** What a model said it changed: at most five lines of at most 200 characters, without list marks. */
export function summaryLines(summary: string): string[] {
  const lines = summary.split(/\r\n?|\n/).map((line) => line.replace(/^[\s>#*+-]+/, '').trim());
  return lines
    .filter((line) => line !== '' && !/^(`{3,}|~{3,})/.test(line))
    .slice(0, 5)
    .map((line) => clip(line, 200));
}

/** The address by which GitHub counts a commit for an account, whatever the account is called later. */
export function noreplyAddress({ id, login }: Person, host: string): string {
  return `${id}+${login}@${host}`;
}

/** A login that a company manages has an underscore in it. */
function coAuthor({ requester }: Goal, noreply: string): string | undefined {
  const { login } = requester;
  return /^[A-Za-z\d_-]{1,60}$/.test(login)
    ? `Co-authored-by: ${login} <${noreplyAddress(requester, noreply)}>`
    : undefined;
}
