import { expect, test } from '@jest/globals';
import { FLOOD_LIMIT, judgeFlood } from '../../src/goal/flood.ts';

const MANY = FLOOD_LIMIT + 1;

test.each([
  [1, 1, 'run', 'heard'],
  [FLOOD_LIMIT, FLOOD_LIMIT, 'help', 'heard'],
  [MANY, 1, 'help', 'heard-from-writers'],
  [10_000, FLOOD_LIMIT, 'approve', 'heard-from-writers'],
  [10_000, FLOOD_LIMIT, undefined, 'heard-from-writers'],
  [MANY, MANY, 'help', 'too-much'],
  [MANY, MANY, undefined, 'too-much'],
  [10_000, 10_000, 'run', 'too-much'],
  [MANY, MANY, 'cancel', 'obeyed-silently'],
  [10_000, 10_000, 'pause', 'obeyed-silently'],
] as const)('command %d of the hour, the %dth of its author, %s, is %s', (here, own, command, taken) => {
  expect(judgeFlood({ here, own }, command)).toBe(taken);
});
