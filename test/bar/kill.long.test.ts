import { expect, test } from '@jest/globals';
import { listKillPoints, measure } from './kill.bar.ts';

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

test('omk is killed and started again, and the goal ends as if nothing had happened', async () => {
  const figures = await measure('short');
  for (const { name, met, measured } of figures) expect({ name, met, measured }).toEqual({ name, met: true, measured });
}, 300_000);
