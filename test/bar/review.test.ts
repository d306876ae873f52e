import { expect, test } from '@jest/globals';
import { measure } from './review.bar.ts';

test('the review wall keeps its promises on the corpus', async () => {
  const figures = await measure('short');
  for (const { name, measured } of figures) process.stdout.write(`${name}: ${measured}\n`);
  expect(figures.filter(({ met }) => met === false)).toEqual([]);
});
