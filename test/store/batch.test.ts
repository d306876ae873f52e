import { expect, test } from '@jest/globals';
import { inBatches } from '../../src/store/batch.ts';

test('what comes at once is one batch of at most so many, and everyone gets their own result', async () => {
  const batches: number[][] = [];
  const double = inBatches(3, async (items: number[]) => {
    batches.push(items);
    return items.map((item) => 2 * item);
  });
  expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test('one that cannot be done fails alone', async () => {
  const store = inBatches(9, async (items: number[]) => {
    if (items.includes(3)) throw new Error('three');
    return items;
  });
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(store));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

test('the event loop turns between two batches, whatever they are made of', async () => {
  const order: string[] = [];
  const note = inBatches(1, async (items: string[]) => {
    order.push(...items);
    return items;
  });
  const both = Promise.all(['first', 'second'].map(note));
  setImmediate(() => order.push('a turn'));
  await both;
  expect(order).toEqual(['first', 'a turn', 'second']);
});
