import type { Goal } from '../goal.ts';
import { clip, encodeCode, encodeInline } from '../text.ts';
import { commandCode, linkPulls, renderMinutes, renderReason, renderWait, standing } from './words.ts';

/*
 * What omk tells of a goal to whoever asks: how it stands, why it is not further, what happened, and the proof.
 */

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
    : `The status comment has the details. See also ${commandCode('why')}.`;
  return `${facts.filter(Boolean).join(', ')}.\n\n${next}`;
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
  const go = next ? `Next: ${renderReason(next).next}` : `Nothing is asked of you. See ${commandCode('status')}.`;
  return [told, lines.join('\n'), go].filter(Boolean).join('\n\n');
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
  return `${title}\n\n${lines.join('\n') || '- nothing yet'}\n\nSee also ${commandCode('proof')}.`;
}

/** Where the proof bundle is; `pageUrl` is the page of the goal. */
export function proof({ id }: Pick<Goal, 'id'>, pageUrl: string | undefined): string {
  return pageUrl === undefined
    ? `This omk serves no pages. Whoever runs it gets the proof with ${encodeCode(`npx omk proof ${id}`)}. See also ${commandCode('replay')}.`
    : `[Proof of ${id}](${pageUrl}/proof.json). See also ${commandCode('replay')}.`;
}
