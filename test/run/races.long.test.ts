import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { World } from '../world/world.ts';
import { RACES, race } from './races.ts';
import { openSmallWorld } from './small.ts';

/** For a busy machine: how long a story may take. */
const STORY_MS = 400_000;

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
});
afterAll(() => world.close());

test.each(Object.entries(RACES))(
  'edited before each request, nothing of it is read: %s',
  async (_, act) => {
    const { goal, calls, sawPull, found } = await race(world, [act]);
    expect({ status: goal.status, reason: goal.reason, found }).toEqual({
      status: 'ready',
      reason: undefined,
      found: [],
    });
    expect([sawPull, calls > 20]).toEqual([true, true]);
  },
  STORY_MS,
);
