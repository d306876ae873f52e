import { expect, test } from '@jest/globals';
import { measure } from './security.bar.ts';

test('the promises of docs/security.md hold, in the short form', async () => {
  const figures = await measure('short');
  expect(figures.filter(({ met }) => met === false)).toEqual([]);
}, 60_000);
