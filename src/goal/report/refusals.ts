import { commandInfo, type Command } from '../command.ts';
import type { Goal, Reason } from '../goal.ts';
import type { Permission } from '../permission.ts';
import type { Slice } from '../slice.ts';
import { clip, encodeCode, encodeInline } from '../text.ts';
import { findNeeds } from '../needs.ts';
import { commandCode, pullsOf, renderReason } from './words.ts';

/*
 * What omk says when it did nothing: why, and the next command. Words of people and models are encoded here.
 */

const MOST_FAULTS = 30;

/** A command that could not be read: all its faults at once, as far as anybody reads them, and the nearest command if there is one. */
export function faults({ faults, nearest }: { faults: readonly string[]; nearest?: string }): string {
  const left = faults.length - MOST_FAULTS;
  const rows = faults.slice(0, MOST_FAULTS).map((fault) => `- ${encodeInline(clip(fault, 500))}`);
  const lines = [...rows, ...(left > 0 ? [`- and ${left} more like these`] : [])].join('\n');
  const hint = nearest === undefined ? '' : `Did you mean ${encodeCode(`/omk ${nearest}`)}? `;
  return `Nothing was run:\n\n${lines}\n\n${hint}All commands: ${commandCode('help')}.`;
}

/** Whoever asked lacks the permission. */
export function notPermitted(command: Command['kind'], permission: Permission): string {
  const { needs } = commandInfo(command);
  const has = permission === 'unknown' ? 'GitHub did not say which permission you have' : `you have \`${permission}\``;
  const next =
    needs === 'read'
      ? 'A maintainer can grant it.'
      : `Someone with write permission may write ${commandCode(command)}.`;
  return `${commandCode(command)} needs ${needs} permission in this repository; ${has}. Nothing was done. ${next}`;
}

/** The command does not work on this kind of page. */
export function wrongPlace(command: Command['kind']): string {
  const { where, usage } = commandInfo(command);
  const place = where === 'pull' ? 'on the pull request of a slice' : 'on an issue';
  return `${commandCode(command)} works ${place}, so nothing was done. Write ${encodeCode(usage)} there; ${commandCode('help')} shows what works here.`;
}

/** A command where none is heard: said once for each such place. */
export function notHeard(where: 'edit' | 'issue' | 'review'): string {
  const why = {
    edit: 'An edited comment starts nothing, so that nobody’s words become a command afterwards. Nothing was done. Write it as a new comment',
    issue: 'omk hears commands in comments, not in the text of an issue. Nothing was done. Write it as a comment',
    review:
      'omk hears commands in comments, not in a review. That line was left out; the rest of a review is read as it is. Write it as a comment',
  }[where];
  return `${why}; ${commandCode('help')} shows what works here.`;
}

/** A review by somebody who may not steer; said once to each on a pull request. */
export function reviewOfReader(login: string): string {
  return `Thank you for the review, ${encodeCode(clip(login, 60))}. It changes nothing by itself: omk works from the reviews of people with write permission in this repository. One of them may pass it on with ${encodeCode('/omk fix <text>')}.`;
}

/** A review of work that is over; said once to each on a pull request. */
export function reviewTooLate({ id, status }: Pick<Slice, 'id' | 'status'>): string {
  const undo = status === 'merged' ? `, or have it taken back with ${encodeCode(`/omk revert ${id}`)}` : '';
  return `Slice ${encodeCode(id)} is ${encodeCode(status)}, so a review changes nothing here any more. Write what is missing on an issue and start it with ${commandCode('run')}${undo}.`;
}

/** A review was heard while the goal stands still: it is read once that goes on. */
export function reviewWaits(goal: Goal): string {
  const [need] = findNeeds(goal);
  const go = need ? `Next: ${renderReason(need, pullsOf(goal)).next}` : `See ${commandCode('why')}.`;
  return `The goal is ${encodeCode(goal.status)}, so this review is read and answered when it goes on. ${go}`;
}

/** A program gave a command; said once to each on an issue. */
export function programs(login: string): string {
  return `omk takes commands from people alone, and ${encodeCode(clip(login, 60))} is a program. Nothing was done. Somebody with write permission may write the command; see ${commandCode('help')}.`;
}

/** The label that starts a goal, on a pull request. */
export function labelOnPull(): string {
  return `The label starts a goal on an issue, and this is a pull request. Nothing was done. ${commandCode('help')} shows what works here.`;
}

/** Further commands in the same comment were left alone. */
export function onlyFirst(command: Command['kind'], more: number): string {
  const others = more === 1 ? 'One further command was' : `${more} further commands were`;
  return `Only the first command of a comment is run, here ${commandCode(command)}. ${others} not. Put each in a comment of its own; see ${commandCode('status')}.`;
}

/** A second run on an issue whose goal has not ended. */
export function busy({ status }: Pick<Goal, 'status'>): string {
  return `This issue has a goal already, and it is ${encodeCode(status)}. Nothing new was started. See ${commandCode('status')}, or end it with ${commandCode('cancel')} and start again.`;
}

/** Too much was said here; said once. */
export function flooded(limit: number): string {
  return `More than ${limit} commands came here within an hour. Until that is over omk hears only those who may write, ${limit} commands of each; ${commandCode('cancel')} and ${commandCode('pause')} always work.`;
}

/** There is no goal to act on. */
export function noGoal(place: 'issue' | 'pull'): string {
  return place === 'issue'
    ? `This issue has no goal yet, so nothing was done. Start one with ${commandCode('run')}.`
    : `This pull request belongs to no goal of omk, so nothing was done. Goals begin on an issue, with ${commandCode('run')}.`;
}

/** The goal has ended, so the command did nothing. */
export function alreadyEnded({ status }: Pick<Goal, 'status'>): string {
  return `The goal has ended, it is ${encodeCode(status)}. Nothing was changed. Start another on an issue with ${commandCode('run')}.`;
}

/** The goal is not in a state in which the command makes sense. */
export function notWaiting(command: Command['kind'], goal: Goal): string {
  const [need] = findNeeds(goal);
  const go = need ? `Next: ${renderReason(need, pullsOf(goal)).next}` : `See ${commandCode('why')}.`;
  return `${commandCode(command)} has no effect now, since the goal is ${encodeCode(goal.status)}. Nothing was changed. ${go}`;
}

/** The slice is not in a state in which the command makes sense. */
export function notNow(command: Command['kind'], { id, status }: Pick<Slice, 'id' | 'status'>): string {
  const next = status === 'merged' && command !== 'revert' ? encodeCode(`/omk revert ${id}`) : commandCode('why');
  return `Slice ${encodeCode(id)} is ${encodeCode(status)}, so ${commandCode(command)} does nothing there. See ${next}.`;
}

/** Another attempt would ask the same question again. */
export function answerFirst(goal: Goal): string {
  const [need] = findNeeds(goal);
  const next = need ? renderReason(need).next : commandCode('answer');
  return `The goal waits for an answer, and another attempt would ask the same again. Next: ${next}, or ${commandCode('run')} if the issue itself says it by now.`;
}

/** Trying again without a budget would end at once. */
export function needsBudget(used: Reason): string {
  const { lines, next } = renderReason(used);
  return `${lines.join('\n')} Another attempt would end at once. Extend it with ${next}.`;
}

/** The policy leaves the merge to people. */
export function mergeDisabled(pull: number | undefined): string {
  return `Merge policy is \`disabled\` here, so omk merges nothing. Merge ${pull === undefined ? 'the pull request' : `#${pull}`} by hand; the goal goes on by itself. See ${commandCode('status')}.`;
}

/** Other slices were merged on top of it. */
export function builtUpon(slice: string, by: readonly string[]): string {
  const first = by.at(-1) ?? '';
  return `${by.map(encodeCode).join(', ')} ${by.length === 1 ? 'was' : 'were'} merged on top of ${encodeCode(slice)}. Nothing was done. Take the last one back first: ${encodeCode(`/omk revert ${first}`)}.`;
}

/** A label asks for a run of an issue that somebody without write permission wrote. */
export function confirmLabel(author: string): string {
  return `The label asks for a run, but the author of this issue, ${encodeCode(author)}, has no write permission. Please read the issue and confirm with ${commandCode('run')}.`;
}

/** The issue is closed, locked or gone. */
export function closedIssue(): string {
  return `The issue is closed or locked, so nothing was started. Reopen it, then write ${commandCode('run')}.`;
}

/** The goal stands still because its issue is closed or locked. */
export function shutIssue(): string {
  return `The issue is closed or locked, so its goal stands still. Nothing was changed. Open it again, and the goal goes on as it was; or end it with ${commandCode('cancel')}.`;
}

/** Somebody wants a plan where one waits already. */
export function planShown(goal: Goal): string {
  const [need] = findNeeds(goal);
  const approve = need ? renderReason(need).next : commandCode('approve');
  return `A plan is shown already, in the status comment on this issue. Accept it with ${approve}, or say what to change: ${encodeCode('/omk plan <what to change>')}.`;
}

/** An approval for another plan than the one shown. */
export function planChanged({ given, shown }: { given: string; shown: string }): string {
  return `The plan shown has the hash ${encodeCode(shown)}, not ${encodeCode(given)}. Nothing was approved. Read it and write ${encodeCode(`/omk approve ${shown}`)}.`;
}

export function unknownSlice(slice: string, known: readonly string[]): string {
  const all = known.length > 0 ? `The slices are ${known.map(encodeCode).join(', ')}.` : 'The goal has no slices yet.';
  return `There is no slice ${encodeCode(clip(slice, 60))}. ${all} See ${commandCode('status')}.`;
}

/** More than one could be meant. */
export function severalSlices(command: Command['kind'], ids: readonly string[]): string {
  const [first = ''] = ids;
  return `It may be meant for any of the slices ${ids.map(encodeCode).join(', ')}. Nothing was changed. Name one, such as ${encodeCode(`/omk ${command} ${first}`)}.`;
}

export function unknownFinding(finding: string): string {
  return `There is no open finding ${encodeCode(clip(finding, 60))}. The ids are in the review wall; see ${commandCode('why')}.`;
}

/** Something could not be done; the reason may hold several lines. */
export function failed(reason: Reason): string {
  const { lines, next } = renderReason(reason);
  return `${lines.join('\n')}\n\nNext: ${next}`;
}
