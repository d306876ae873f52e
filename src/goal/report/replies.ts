import { assertNever } from '../../errors.ts';
import type { Outcome } from '../batch.ts';
import { commandInfo, type Command } from '../command.ts';
import type { Goal, Reason, Sha } from '../goal.ts';
import type { Permission } from '../permission.ts';
import { clip, encodeCode, encodeInline } from '../text.ts';
import type { Budget } from '../budget.ts';
import type { GoalEvent } from '../event.ts';
import type { Slice } from '../slice.ts';
import { linkPulls, renderCount, renderMinutes, renderReason, renderWait } from './words.ts';

/*
 * Every short answer omk gives. Each says what was done or why nothing was, and names the next command, always in a code span
 * so that nothing hears it. Words of people and models are encoded here.
 */

type Kind = Command['kind'];
type Standing = Pick<Goal, 'id' | 'status'>;

function code(command: Kind): string {
  return `\`/omk ${command}\``;
}

function standing(goal: Standing): string {
  return `${encodeCode(goal.id)} is ${encodeCode(goal.status)}`;
}

/** A command that could not be read: all its faults at once, and the nearest command if there is one. */
export function faults({ faults, nearest }: { faults: readonly string[]; nearest?: string }): string {
  const lines = faults.map((fault) => `- ${encodeInline(clip(fault, 500))}`).join('\n');
  const hint = nearest === undefined ? '' : `Did you mean ${encodeCode(`/omk ${nearest}`)}? `;
  return `Nothing was run:\n\n${lines}\n\n${hint}All commands: ${code('help')}.`;
}

/** Whoever asked lacks the permission. */
export function notPermitted(command: Kind, permission: Permission): string {
  const { needs } = commandInfo(command);
  const has = permission === 'unknown' ? 'GitHub did not say which permission you have' : `you have \`${permission}\``;
  const next =
    needs === 'read' ? 'A maintainer can grant it.' : `Someone with write permission may write ${code(command)}.`;
  return `${code(command)} needs ${needs} permission in this repository; ${has}. Nothing was done. ${next}`;
}

/** The command does not work on this kind of page. */
export function wrongPlace(command: Kind): string {
  const { where, usage } = commandInfo(command);
  const place = where === 'pull' ? 'on the pull request of a slice' : 'on an issue';
  return `${code(command)} works ${place}, so nothing was done. Write ${encodeCode(usage)} there; ${code('help')} shows what works here.`;
}

/** Further commands in the same comment were left alone. */
export function onlyFirst(command: Kind, more: number): string {
  const others = more === 1 ? 'One further command was' : `${more} further commands were`;
  return `Only the first command of a comment is run, here ${code(command)}. ${others} not. Put each in a comment of its own; see ${code('status')}.`;
}

/** A second run on an issue whose goal has not ended. */
export function busy(goal: Standing): string {
  return `This issue has a goal already: ${standing(goal)}. Nothing new was started. See ${code('status')}, or end it with ${code('cancel')} and start again.`;
}

/** Too much was said here; said once. */
export function flooded(limit: number): string {
  return `More than ${limit} commands came here within an hour. Until that is over omk answers nothing on this issue; ${code('cancel')} and ${code('pause')} still work.`;
}

/** There is no goal to act on. */
export function noGoal(): string {
  return `There is no goal here to act on. Start one on the issue with ${code('run')}.`;
}

/** The goal has ended, so the command did nothing. */
export function alreadyEnded(goal: Standing): string {
  return `The goal has ended: ${standing(goal)}. Nothing was changed. Start another with ${code('run')}.`;
}

/** The goal is not in a state in which the command makes sense. */
export function notWaiting(command: Kind, goal: Standing): string {
  return `The goal does not wait for ${code(command)}: ${standing(goal)}. Nothing was changed. See ${code('why')}.`;
}

/** The slice is not in a state in which the command makes sense. */
export function notNow(command: Kind, { id, status }: Pick<Slice, 'id' | 'status'>): string {
  const next = status === 'merged' && command !== 'revert' ? encodeCode(`/omk revert ${id}`) : code('why');
  return `Slice ${encodeCode(id)} is ${encodeCode(status)}, so ${code(command)} does nothing there. See ${next}.`;
}

/** Trying again without money would end at once. */
export function needsBudget(): string {
  return 'The budget is used up, so another attempt would end at once. Extend it with `/omk budget add --usd 5`.';
}

/** The policy leaves the merge to people. */
export function mergeDisabled(pull: number | undefined): string {
  return `Merge policy is \`disabled\` here, so omk merges nothing. Merge ${pull === undefined ? 'the pull request' : `#${pull}`} by hand; the goal goes on by itself. See ${code('status')}.`;
}

/** Other slices were merged on top of it. */
export function builtUpon(slice: string, by: readonly string[]): string {
  const first = by.at(-1) ?? '';
  return `${by.map(encodeCode).join(', ')} ${by.length === 1 ? 'was' : 'were'} merged on top of ${encodeCode(slice)}. Nothing was done. Take the last one back first: ${encodeCode(`/omk revert ${first}`)}.`;
}

/** A new goal takes the place of one that stood still. */
export function replaced(goal: Standing): string {
  return `It takes the place of the last goal here: ${standing(goal)} and is cancelled now; its open pull requests stay as they are. See ${code('status')}.`;
}

/** A label asks for a run of an issue that somebody without write permission wrote. */
export function confirmLabel(author: string): string {
  return `The label asks for a run, but the author of this issue, ${encodeCode(author)}, has no write permission. Please read the issue and confirm with ${code('run')}.`;
}

/** The issue is closed, locked or gone. */
export function closedIssue(): string {
  return `The issue is closed or locked, so nothing was started. Reopen it, then write ${code('run')}.`;
}

/** Parts of the text are not visible to a reader and were left out. */
export function hiddenText(count: number): string {
  const parts =
    count === 1
      ? 'One part of the text cannot be seen by a reader'
      : `${count} parts of the text cannot be seen by a reader`;
  return `${parts}. omk works from what is visible. If something is missing, write it out and use ${code('run')}.`;
}

export function planApproved(hash: string): string {
  return `Plan ${encodeCode(hash)} is approved and the work begins. Hold it with ${code('pause')}.`;
}

/** An approval for another plan than the one shown. */
export function planChanged({ given, shown }: { given: string; shown: string }): string {
  return `The plan shown has the hash ${encodeCode(shown)}, not ${encodeCode(given)}. Nothing was approved. Read it and write ${encodeCode(`/omk approve ${shown}`)}.`;
}

export function planRejected(): string {
  return `The plan is refused and nothing was built. The reason goes into the next plan, which you get with ${code('retry')}.`;
}

export function proposalRefused(): string {
  return `The further slices are refused; the goal goes on without them. See ${code('status')}.`;
}

export function planAgain(): string {
  return `The plan is made again with this. It is shown in the status comment and waits for ${code('approve')} where that is asked for.`;
}

/** Without a slice it was the planner that asked. */
export function answered(slice?: string): string {
  const who = slice === undefined ? 'the goal' : `slice ${encodeCode(slice)}`;
  return `Thank you, ${who} goes on with this answer. See ${code('status')}.`;
}

export function paused(): string {
  return `Paused. The work so far is kept. Go on with ${code('resume')}, or end it with ${code('cancel')}.`;
}

export function resumed(): string {
  return `Resumed. Hold it again with ${code('pause')}.`;
}

export function cancelled(goal: Pick<Goal, 'id'>): string {
  return `Cancelled: ${encodeCode(goal.id)}. Nothing more is pushed; open pull requests stay as they are. Start anew with ${code('run')}.`;
}

/** Without a slice it is the goal that is tried again. */
export function retried(slice?: string): string {
  const what = slice === undefined ? 'The goal' : `Slice ${encodeCode(slice)}`;
  return `${what} gets another attempt. See ${code('status')}.`;
}

/** Feedback was taken; a running agent gets it with its next turn. */
export function fixTaken(slice: string, isRunning: boolean): string {
  const when = isRunning ? 'is being worked on; this goes into its next turn' : 'goes back to build with this';
  return `Slice ${encodeCode(slice)} ${when}. See ${code('status')}.`;
}

export function rebaseTaken(slice: string, isWorking: boolean): string {
  const when = isWorking ? 'is worked on; before it is delivered it is' : 'is';
  return `Slice ${encodeCode(slice)} ${when} rebased onto its base; gates and wall run again. See ${code('status')}.`;
}

export function mergeTaken(slice: string): string {
  return `Slice ${encodeCode(slice)} is merged as soon as its checks settle. Hold it with ${code('pause')}.`;
}

/** `undo` is the slice that undoes a merge; without one an open pull request is closed. */
export function revertTaken({ undoes, undo, cancels }: GoalEvent & { kind: 'reverted' }): string {
  const how = undo
    ? `slice ${encodeCode(undo.id)} undoes its merge, proven and merged like any other`
    : 'it is not delivered, and its pull request, if any, is closed';
  const others =
    cancels.length > 0
      ? ` ${cancels.map(encodeCode).join(', ')} depended on it and ${cancels.length === 1 ? 'is' : 'are'} planned anew.`
      : '';
  return `Slice ${encodeCode(undoes)} is taken back: ${how}.${others} See ${code('status')}.`;
}

/** One line in a thread: what became of it. `head` is the commit delivered now. */
export function threadAnswer(outcome: Outcome, head: Sha): string {
  const commit = head.slice(0, 12);
  const why = 'text' in outcome && outcome.text !== '' ? `: ${encodeInline(outcome.text)}` : '.';
  switch (outcome.kind) {
    case 'fixed':
      return `Fixed in ${commit}${why}`;
    case 'elsewhere':
      return `Needs you: the agent says that this is fixed in ${commit}, but these lines did not change${why}`;
    case 'answered':
      return `Answered${why}`;
    case 'declined':
      return `Declined${why}`;
    case 'needs-you':
      return 'Needs you: nothing changed here, and the agent gave no reason. Answer in this thread to have it looked at again.';
    default:
      return assertNever(outcome);
  }
}

/** One comment for a whole round of reviews. */
export function reviewAnswered({ id, pull }: Slice, by: readonly string[], outcomes: readonly Outcome[]): string {
  const count = (...kinds: Outcome['kind'][]) => outcomes.filter(({ kind }) => kinds.includes(kind)).length;
  const rows = [
    [count('fixed'), 'fixed'],
    [count('answered'), 'answered'],
    [count('declined'), 'declined'],
    [count('needs-you', 'elsewhere'), 'for you to look at'],
  ] as const;
  const words = rows.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const threads = words.length > 0 ? ` Threads: ${words.join(', ')}.` : '';
  const head = pull ? ` Slice ${encodeCode(id)} is at ${pull.head.slice(0, 12)}, with gates and wall passed.` : '';
  return `The review by ${by.map(encodeCode).join(', ')} was worked through.${threads}${head} Say more with another review or \`/omk fix <text>\`.`;
}

/** On a pull request that omk closes. */
export function withdrawn({ id, reason }: Pick<Slice, 'id' | 'reason'>): string {
  const why = reason ? ` ${encodeInline(clip(reason.text, 300))}` : '';
  return `omk closes this pull request: slice ${encodeCode(id)} is cancelled.${why} Its branch stays. See ${code('status')}.`;
}

export function unknownSlice(slice: string, known: readonly string[]): string {
  const all = known.length > 0 ? `The slices are ${known.map(encodeCode).join(', ')}.` : 'The goal has no slices yet.';
  return `There is no slice ${encodeCode(clip(slice, 60))}. ${all} See ${code('status')}.`;
}

export function unknownFinding(finding: string): string {
  return `There is no open finding ${encodeCode(clip(finding, 60))}. The ids are in the review wall; see ${code('why')}.`;
}

export function budgetExtended({ usd, tokens, timeMs }: Budget): string {
  const words = [usd && `${usd} USD`, tokens && `${renderCount(tokens)} tokens`, timeMs && renderMinutes(timeMs)];
  return `The budget is extended by ${words.filter(Boolean).join(', ')}. See ${code('status')}.`;
}

export function findingAccepted(finding: string, reason: string): string {
  return `Finding ${encodeCode(finding)} is let through and recorded in the proof: ${encodeInline(clip(reason, 300))}. See ${code('proof')}.`;
}

export function frozen(reason: string): string {
  const why = reason === '' ? '' : `: ${encodeInline(clip(reason, 300))}`;
  return `Merging is held in this repository${why}. Release it with ${code('unfreeze')}.`;
}

export function unfrozen(): string {
  return `Merging is released again. Hold it with ${code('freeze')}.`;
}

/** Where the proof bundle is; `pageUrl` is the page of the goal. */
export function proof({ id }: Pick<Goal, 'id'>, pageUrl: string | undefined): string {
  return pageUrl === undefined
    ? `This omk serves no pages. Whoever runs it gets the proof with ${encodeCode(`npx omk proof ${id}`)}. See also ${code('replay')}.`
    : `[Proof of ${id}](${pageUrl}/proof.json). See also ${code('replay')}.`;
}

const MOST_EVENTS = 200;

/** The timeline, the last 200 events of it. */
export function replay({ id }: Pick<Goal, 'id'>, events: readonly { at: Date; text: string }[]): string {
  const shown = events.slice(-MOST_EVENTS);
  const left = events.length - shown.length;
  const lines = shown.map(({ at, text }) => {
    return `- ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC: ${encodeInline(clip(text, 200))}`;
  });
  const title = `Timeline of ${encodeCode(id)}${left > 0 ? `, without the first ${left} events` : ''}:`;
  return `${title}\n\n${lines.join('\n') || '- nothing yet'}\n\nSee also ${code('proof')}.`;
}

/** Why the goal is not further. */
export function why({ id, status, reason, slices }: Goal): string {
  const waits = slices.filter((slice) => slice.reason ?? slice.wait);
  const pulls = waits.flatMap(({ pull }) => (pull ? [pull.number] : []));
  const lines = waits.map(({ id: slice, pull, reason: held, wait }) => {
    const why = held?.text ?? (wait ? renderWait({ ...wait, reason: clip(wait.reason, 500) }) : '');
    return `- ${encodeCode(slice)}${pull ? ` (#${pull.number})` : ''}: ${linkPulls(encodeInline(clip(why, 600)), pulls)}`;
  });
  const next = reason ?? waits.find((slice) => slice.reason)?.reason;
  const told = [standing({ id, status }), ...(reason ? renderReason(reason).lines : [])].join('\n');
  const go = next ? `Next: ${renderReason(next).next}` : `Nothing is asked of you. See ${code('status')}.`;
  return [told, lines.join('\n'), go].filter(Boolean).join('\n\n');
}

/** The state in two lines; the status comment has all of it. */
export function status(goal: Goal, now: Date, queuePlace?: number): string {
  const merged = goal.slices.filter((slice) => slice.status === 'merged').length;
  const facts = [
    standing(goal),
    goal.slices.length > 0 ? `${merged} of ${goal.slices.length} slices merged` : '',
    `${renderMinutes((goal.endedAt ?? now).getTime() - goal.createdAt.getTime())} so far`,
    queuePlace === undefined ? '' : `place ${queuePlace} in the queue`,
  ];
  const next = goal.reason
    ? `Next: ${renderReason(goal.reason).next}`
    : `The status comment has the details. See also ${code('why')}.`;
  return `${facts.filter(Boolean).join(', ')}.\n\n${next}`;
}

/** Something could not be done; the reason may hold several lines. */
export function failed(reason: Reason): string {
  const { lines, next } = renderReason(reason);
  return `${lines.join('\n')}\n\nNext: ${next}`;
}
