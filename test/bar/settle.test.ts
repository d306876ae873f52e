import { expect, test } from '@jest/globals';
import type { SettleVerdict } from '../../src/goal/settle.ts';
import { measure } from './settle.bar.ts';
import { drive } from './settle/drive.ts';

test('every promise about merging is kept in the short form', async () => {
  const figures = await measure('short');
  expect(figures.filter(({ met }) => met === false)).toEqual([]);
}, 30_000);

test('the oracle convicts a rule that merges whatever it sees', () => {
  const eager = (): SettleVerdict => ({ kind: 'ready', method: 'squash', via: 'merge', publish: [], contexts: [] });
  const endings = Array.from({ length: 200 }, (_, seed) => drive(seed, eager));
  expect(endings.filter(({ lacking }) => lacking.length > 0).length).toBeGreaterThan(10);
});
