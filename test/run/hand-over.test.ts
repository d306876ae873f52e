import { expect, test } from '@jest/globals';
import { handOver } from '../../src/run/hand-over.ts';
import type { Scene } from '../../src/run/scene.ts';
import { AT, HEAD, someSlice } from '../goal/goals.ts';

/** Nothing that leads to GitHub: whoever asks it fails. */
const scene = {
  slice: someSlice(),
  pull: { number: 12, head: HEAD },
  memory: { headSeenAt: AT, greenSince: AT },
  tools: { clock: { now: () => AT } },
} as unknown as Scene;

test.each(['queue', 'auto-merge'] as const)(
  'that GitHub shall merge by its %s is written down before it is told, so that a pause takes it back after a crash too',
  async (via) => {
    const ready = { kind: 'ready', via, method: 'squash', contexts: [], publish: ['omk'] } as const;
    expect(await handOver(scene, ready as unknown as Parameters<typeof handOver>[1])).toMatchObject([
      { kind: 'entrusted', slice: 'api' },
      { kind: 'waiting', slice: 'api', wait: { until: AT } },
    ]);
  },
);
