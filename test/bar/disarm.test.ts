import { expect, test } from '@jest/globals';
import { measure } from './disarm.bar.ts';

test('every defence that the disarm suite switches off stands in the sources', async () => {
  const [found, ...others] = await measure('short');
  expect(found?.measured).toBe(found?.target);
  expect(others.map(({ met }) => met)).toEqual(['not run', 'not run']);
});
