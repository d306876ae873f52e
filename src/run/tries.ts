import type { Goal, Sha } from '../goal/goal.ts';
import type { Seen } from '../goal/settle/habits.ts';
import type { Slice } from '../goal/slice.ts';
import type { Tools } from './tools.ts';

/** What omk knows of one call that was to merge: `open` as long as nobody knows what came of it. */
export type Outcome =
  | { kind: 'merged'; sha: Sha }
  | { kind: 'refused'; reason: string; message: string }
  | { kind: 'left'; via: 'queue' | 'auto-merge' }
  | { kind: 'left'; via: 'stack'; uuid: string | undefined }
  /** It was left to GitHub, and omk took that back. */
  | { kind: 'taken-back' }
  /** Its reply was lost, and a minute later GitHub had not merged. */
  | { kind: 'lost' }
  | { kind: 'not-sent' };

/** What was to be merged where, and on which evidence; `seen` is for those that come after. */
export type Order = { pull: number; head: Sha; base: Sha; method: string; contexts: unknown; seen?: Seen };

/** One recorded call. Calls are recorded before they are made, so that one more is never made blindly after a crash. */
export type Try = { key: string; sentAt: Date; order: Order; outcome: Outcome | { kind: 'open' } };

/** Every call that was to merge this head of the slice's pull request, oldest first. */
export async function listTries(goal: Goal, slice: Slice, tools: Tools): Promise<Try[]> {
  const tries: Try[] = [];
  for (;;) {
    const key = keyOf(goal, slice, tries.length);
    const effect = await tools.store.findEffect(key);
    if (!effect) return tries;
    const outcome = effect.status === 'settled' ? (effect.result as Outcome) : ({ kind: 'open' } as const);
    tries.push({ key, sentAt: effect.intendedAt, order: effect.detail as Order, outcome });
  }
}

function keyOf(goal: Goal, slice: Slice, number: number): string {
  return `merge:${goal.id}/${slice.id}/${slice.pull?.head}/${number}`;
}

/** Writes down the call that is about to be made and gives its key. */
export async function beginTry(
  goal: Goal,
  slice: Slice,
  { number, order }: { number: number; order: Order },
  tools: Tools,
) {
  const key = keyOf(goal, slice, number);
  await tools.store.intendEffect({ goalId: goal.id, key, kind: 'merge', detail: order });
  return key;
}

/** Writes down what came of it. The first outcome stays. */
export async function endTry(key: string, outcome: Outcome, tools: Tools): Promise<void> {
  await tools.store.settleEffect(key, outcome);
}

/** Writes down that what was left to queue or auto-merge was taken back: what the queue says of it later is no news. */
export async function revokeTries(tries: readonly Try[], tools: Tools): Promise<void> {
  for (const { key, outcome } of tries) {
    if (outcome.kind === 'left' && outcome.via !== 'stack') await tools.store.renewEffect(key, { kind: 'taken-back' });
  }
}
