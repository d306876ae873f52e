import { expect, test } from '@jest/globals';
import { listKillPoints, measure } from './kill.bar.ts';
import { measure as measureRandom } from './random-kill.bar.ts';
import { measure as measureWorkers } from './workers.bar.ts';

const EFFECTS = [
  'push',
  'branch:delete',
  'pull:open',
  'pull:update',
  'merge',
  'comment:create',
  'comment:edit',
  'reaction',
];

test('every outside effect stands between two points', async () => {
  const points = await listKillPoints();
  expect(points.length).toBeGreaterThanOrEqual(60);
  for (const effect of EFFECTS) {
    expect(points).toEqual(expect.arrayContaining([`before:${effect}`, `after:${effect}`]));
  }
});

test.each([
  ['omk is killed at a named point and started again', measure],
  ['omk is killed at random moments', measureRandom],
  ['workers lose their leases while they work', measureWorkers],
])(
  '%s, and the goal ends as if nothing had happened',
  async (_name, family) => {
    const figures = await family('short');
    for (const { name, met, measured } of figures.filter((figure) => figure.met !== 'not run'))
      expect({ name, met, measured }).toEqual({ name, met: true, measured });
  },
  300_000,
);
