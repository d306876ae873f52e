import type { GitHub } from '../github/client.ts';
import type { Look } from '../github/facts.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import type { Refused } from '../goal/settle/attempt.ts';
import type { Memory } from '../goal/settle.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import type { Lane } from './lane.ts';
import type { Tools } from './tools.ts';
import type { Try } from './tries.ts';

/** One look at the pull request of a slice: what GitHub shows, what omk remembers and did. `lane` is omk's turn to merge into the base. */
export type Scene = Look & {
  goal: Goal;
  slice: Slice;
  pull: SlicePull;
  github: GitHub;
  memory: Memory;
  tries: Try[];
  lane: Lane | undefined;
  tools: Tools;
};

type Pause = {
  askedAt?: Date | undefined;
  until: Date;
  greenSince?: Date | undefined;
  greenOn?: string | undefined;
  refused?: Refused | undefined;
};

/** Nothing to do before `until`. Leaving `greenSince` out forgets it and what it was green on; refusals are remembered as long as the head. */
export function waiting(
  { slice, memory, tools }: Pick<Scene, 'slice' | 'memory' | 'tools'>,
  reason: string,
  pause: Pause,
): GoalEvent[] {
  const { until, askedAt, greenSince, greenOn = memory.greenOn, refused = slice.wait?.refused } = pause;
  const since = slice.wait?.reason === reason ? slice.wait.since : tools.clock.now();
  const wait = { reason, since, until, askedAt, refused };
  const green = { greenSince, greenOn: greenSince && greenOn };
  return [{ kind: 'waiting', slice: slice.id, wait, headSeenAt: memory.headSeenAt, ...green }];
}

/** A person must move it on. */
export function held(slice: Slice, reason: Reason): GoalEvent[] {
  return [{ kind: 'held', slice: slice.id, reason }];
}
