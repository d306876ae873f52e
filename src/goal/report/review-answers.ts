import { assertNever } from '../../errors.ts';
import type { Outcome } from '../batch.ts';
import type { Reason, Sha } from '../goal.ts';
import type { Slice } from '../slice.ts';
import { clip, encodeCode, encodeInline } from '../text.ts';
import { asSentence, commandCode, renderReason } from './words.ts';

/*
 * What omk says on the pull request of a slice: in the threads of a review, of the review as a whole, and before it closes it.
 */

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

/** One line in a thread of a review that is worked on no further. */
export function threadStopped(slice: Stopped, stop: Reason): string {
  return `Needs you: ${stopped(slice)} before this was settled. Next: ${renderReason(stop).next}`;
}

/** One comment for a whole round of reviews that are worked on no further. */
export function reviewStopped(slice: Stopped, stop: Reason, by: readonly string[]): string {
  const { lines, next } = renderReason(stop);
  const [why] = lines.map((line) => ` ${asSentence(line)}`);
  return `The review by ${by.map(encodeCode).join(', ')} is not settled: ${stopped(slice)}.${why ?? ''} Next: ${next}`;
}

type Stopped = Pick<Slice, 'id' | 'status'>;

function stopped({ id, status }: Stopped): string {
  const how = status === 'merged' || status === 'cancelled' ? `was ${status}` : 'stopped';
  return `slice ${encodeCode(id)} ${how}`;
}

/** On a pull request that omk closes. */
export function withdrawn({ id, reason }: Pick<Slice, 'id' | 'reason'>): string {
  const why = reason ? ` ${encodeInline(clip(reason.text, 300))}` : '';
  return `omk closes this pull request: slice ${encodeCode(id)} is cancelled.${why} Its branch stays. See ${commandCode('status')}.`;
}
