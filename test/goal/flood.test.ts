import { expect, test } from '@jest/globals';
import { FLOOD_LIMIT, judgeFlood } from '../../src/goal/flood.ts';

test.each([
  [1, 'run', 'heard'],
  [FLOOD_LIMIT, 'help', 'heard'],
  [FLOOD_LIMIT + 1, 'help', 'told'],
  [FLOOD_LIMIT + 1, undefined, 'told'],
  [FLOOD_LIMIT + 2, 'run', 'ignored'],
  [FLOOD_LIMIT + 2, undefined, 'ignored'],
  [FLOOD_LIMIT + 1, 'cancel', 'obeyed-silently'],
  [10_000, 'pause', 'obeyed-silently'],
] as const)('command %d of the hour, %s, is %s', (count, command, taken) => {
  expect(judgeFlood(count, command)).toBe(taken);
});
