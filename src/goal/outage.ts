import type { GoalEvent } from './event.ts';
import type { Sha } from './goal.ts';
import { renderTime } from './report/words.ts';
import type { Slice, Wait } from './slice.ts';

/** So often in a row the model is asked before a person is. */
export const MOST_TRIES = 5;
const FIRST_WAIT_MS = 60_000;

/**
 * How long the model is left alone after it failed once more, twice as long each time; undefined when this is no passing thing.
 * `before`: the wait that this failure followed, if any.
 */
export function waitForModel(before: Wait | undefined, reason: string, now: Date): Wait | undefined {
  const tries = (before?.tries ?? 0) + 1;
  if (tries >= MOST_TRIES) return undefined;
  const inMs = (waits: number) => new Date(now.getTime() + FIRST_WAIT_MS * 2 ** (tries - 1) * (2 ** waits - 1));
  return { reason, tries, since: sinceOf(before, now), until: inMs(1), askedAt: inMs(MOST_TRIES - tries) };
}

function sinceOf(before: Wait | undefined, now: Date): Date {
  return before?.tries ? before.since : now;
}

/** The same wait, over at once: a person says that it is worth a try. */
export function hasten(wait: Wait): Wait {
  return { ...wait, until: wait.since };
}

/** Whether a person cut it short. */
export function isHastened({ until, since }: Wait): boolean {
  return until.getTime() === since.getTime();
}

/** What an agent left when its turn was broken off. */
type Left = { kimiSession?: string | undefined; kept?: Sha | undefined };

/** A turn of the slice was broken off since the model's service is in trouble: the same turn goes on after a wait, and in the end a person is asked. */
export function breakOff(
  { id, wait: before }: Slice,
  reason: string,
  { now, ...left }: Left & { now: Date },
): GoalEvent[] {
  const wait = waitForModel(before, reason, now);
  if (wait) return [{ kind: 'interrupted', slice: id, wait, ...left }];
  const since = renderTime(sinceOf(before, now));
  return giveUp(id, `The model could not be reached ${MOST_TRIES} times in a row, since ${since}. ${reason}`, left);
}

/** Only a person can help. What the agent left is kept. */
export function giveUp(slice: string, text: string, left: Left = {}): GoalEvent[] {
  const reason = { text, next: '/omk retry' };
  return [
    { kind: 'interrupted', slice, wait: undefined, ...left },
    { kind: 'slice-blocked', slice, reason },
    { kind: 'finished', status: 'blocked_on_external', reason },
  ];
}
