import type { Budget } from '../budget.ts';
import type { GoalEvent } from '../event.ts';
import type { Goal, Reason } from '../goal.ts';
import type { Slice } from '../slice.ts';
import { clip, encodeCode, encodeInline } from '../text.ts';
import { asSentence, commandCode, renderCount, renderMinutes, renderReason } from './words.ts';

/*
 * What omk says when it did what it was told: what was done, and the next command. Words of people and models are encoded here.
 */

/** A new goal takes the place of one that stood still. */
export function replaced({ status }: Pick<Goal, 'status'>): string {
  return `It takes the place of the last goal here, which was ${encodeCode(status)} and is cancelled now; its open pull requests stay as they are. See ${commandCode('status')}.`;
}

/** Parts of the text are not visible to a reader and were left out. */
export function hiddenText(count: number): string {
  const parts =
    count === 1
      ? 'One part of the text cannot be seen by a reader'
      : `${count} parts of the text cannot be seen by a reader`;
  return `${parts}. omk works from what is visible. If something is missing, write it out and use ${commandCode('run')}.`;
}

export function planApproved(hash: string): string {
  return `Plan ${encodeCode(hash)} is approved and the work begins. Hold it with ${commandCode('pause')}.`;
}

export function planRejected(): string {
  return `The plan is refused and nothing was built. The reason goes into the next plan, which you get with ${commandCode('retry')}.`;
}

export function proposalRefused(): string {
  return `The further slices are refused; the goal goes on without them. See ${commandCode('status')}.`;
}

export function planAgain(): string {
  return `The plan is made again with this. It is shown in the status comment and waits for ${commandCode('approve')} where that is asked for.`;
}

/** Without a slice it was the planner that asked. */
export function answered(slice?: string): string {
  const who = slice === undefined ? 'the goal' : `slice ${encodeCode(slice)}`;
  return `Thank you, ${who} goes on with this answer. See ${commandCode('status')}.`;
}

/** Nobody asked, but agents are at work who can use it. */
export function passedOn(slices: readonly string[]): string {
  return `${slices.map(encodeCode).join(', ')} ${slices.length === 1 ? 'is' : 'are'} being worked on; this goes into the next turn. See ${commandCode('status')}.`;
}

export function paused(): string {
  return `Paused. The work so far is kept. Go on with ${commandCode('resume')}, or end it with ${commandCode('cancel')}.`;
}

export function resumed(): string {
  return `Resumed. Hold it again with ${commandCode('pause')}.`;
}

/** What was taken changes nothing yet. */
export function whenResumed(): string {
  return `The goal is paused, so this waits: go on with ${commandCode('resume')}.`;
}

export function whenAffordable(): string {
  return `The budget is used up, so this waits: extend it with \`/omk budget add --usd 5\`.`;
}

/** `open`: slices whose pull requests stay open. */
export function cancelled(open: readonly Pick<Slice, 'id' | 'pull'>[]): string {
  const left = open
    .map(({ id, pull }) => ` #${pull?.number} stays open; ${encodeCode(`/omk revert ${id}`)} closes it.`)
    .join('');
  return `Cancelled. Nothing more is pushed.${left} Start anew on an issue with ${commandCode('run')}.`;
}

/** Without a slice it is the goal that is tried again. */
export function retried(slice?: string): string {
  const what = slice === undefined ? 'The goal' : `Slice ${encodeCode(slice)}`;
  return `${what} gets another attempt. See ${commandCode('status')}.`;
}

/** Feedback was taken; a running agent gets it with its next turn. */
export function fixTaken(slice: string, isRunning: boolean): string {
  const when = isRunning ? 'is being worked on; this goes into its next turn' : 'goes back to build with this';
  return `Slice ${encodeCode(slice)} ${when}. See ${commandCode('status')}.`;
}

export function rebaseTaken(slice: string, isWorking: boolean): string {
  const when = isWorking ? 'is worked on; before it is delivered it is' : 'is';
  return `Slice ${encodeCode(slice)} ${when} rebased onto its base; gates and wall run again. See ${commandCode('status')}.`;
}

/** `frozen`: by whom or since when all merging is frozen, until when. */
export function mergeTaken(slice: string, frozen: string | undefined): string {
  const freeze = frozen === undefined ? '' : ` Merging is frozen ${frozen}: it waits for that too.`;
  return `Slice ${encodeCode(slice)} is merged as soon as its checks settle and nothing holds it.${freeze} Hold it with ${commandCode('pause')}.`;
}

/** `undo` is the slice that undoes a merge; without one an open pull request is closed. */
export function revertTaken(
  { undoes, undo, cancels }: GoalEvent & { kind: 'reverted' },
  { status }: Pick<Goal, 'status'>,
): string {
  const how = undo
    ? `slice ${encodeCode(undo.id)} undoes its merge, proven and merged like any other`
    : 'it is not delivered, and its pull request, if any, is closed';
  const others =
    cancels.length > 0
      ? ` ${cancels.map(encodeCode).join(', ')} depended on it and ${cancels.length === 1 ? 'is' : 'are'} planned anew.`
      : '';
  const rest = status === 'cancelled' ? ' The rest of the goal stays cancelled.' : '';
  return `Slice ${encodeCode(undoes)} is taken back: ${how}.${others}${rest} See ${commandCode('status')}.`;
}

/** `used` is the budget that is used up all the same. */
export function budgetExtended({ usd, tokens, timeMs }: Budget, used?: Reason): string {
  const words = [usd && `${usd} USD`, tokens && `${renderCount(tokens)} tokens`, timeMs && renderMinutes(timeMs)];
  const still = used && renderReason(used);
  const next = still ? `${still.lines.join('\n')} Next: ${still.next}` : `See ${commandCode('status')}.`;
  return `The budget is extended by ${words.filter(Boolean).join(', ')}. ${next}`;
}

export function findingAccepted(finding: string, reason: string): string {
  return `Finding ${encodeCode(finding)} is let through and recorded in the proof: ${asSentence(encodeInline(clip(reason, 300)))} See ${commandCode('proof')}.`;
}

export function frozen(reason: string): string {
  const why = reason === '' ? '.' : `: ${asSentence(encodeInline(clip(reason, 300)))}`;
  return `Merging is held in this repository${why} Release it with ${commandCode('unfreeze')}.`;
}

/** `was`: somebody had said `/omk freeze`. `still`: since when and until when the repository's settings freeze merging now. */
export function unfrozen({ was, still }: { was: boolean; still: string | undefined }): string {
  const released = was ? `Nobody's ${commandCode('freeze')} holds merging any more` : 'Nobody had frozen merging here';
  if (still !== undefined)
    return `${released}, and \`freeze\` in \`.github/omk.yml\` holds it ${still}. See ${commandCode('status')}.`;
  return was
    ? `Merging is released again. Hold it with ${commandCode('freeze')}.`
    : `${released}, so nothing was changed. Hold it with ${commandCode('freeze')}.`;
}
