import { expect, test } from '@jest/globals';
import { measure } from './faults.bar.ts';

test('a goal whose every first request loses its reply ends as if nothing had happened', async () => {
  const figures = await measure('short');
  for (const { name, met, measured } of figures) expect({ name, met, measured }).toEqual({ name, met: true, measured });
});
