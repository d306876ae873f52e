import { expect, test } from '@jest/globals';
import { measure } from './webhooks.bar.ts';

test('webhooks: the short form of the bar holds', async () => {
  const figures = await measure('short');
  for (const { name, met, measured } of figures) expect({ name, met, measured }).toEqual({ name, met: true, measured });
});
