import { expect, test } from '@jest/globals';
import { measure } from './intake.bar.ts';

test('what omk acknowledges under load is there after a kill', async () => {
  const figures = await measure('short');
  expect(figures.filter(({ met }) => met === false)).toEqual([]);
});
