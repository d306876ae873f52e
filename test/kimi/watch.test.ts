import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watch } from '../../src/kimi/watch.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const limits = (more: Partial<Parameters<typeof watch>[0]> = {}) => ({
  timeoutMs: 10_000,
  silenceMs: 1_000,
  signal: new AbortController().signal,
  lastHeardAt: () => 0,
  ...more,
});

/** Whether it has stopped by now, and why. */
async function state(watching: ReturnType<typeof watch>): Promise<string> {
  return Promise.race([
    watching.stopped.then((stop) => stop.cause),
    Promise.resolve().then(() => Promise.resolve('goes on')),
  ]);
}

test('silence ends a task, and a sign of life begins it anew', async () => {
  const watching = watch(limits());
  jest.advanceTimersByTime(900);
  watching.alive();
  jest.advanceTimersByTime(999);
  expect(await state(watching)).toBe('goes on');
  jest.advanceTimersByTime(1);
  expect(await state(watching)).toBe('silent');
});

test('traffic with the model breaks the silence too', async () => {
  let trafficAt = 0;
  const watching = watch(limits({ lastHeardAt: () => trafficAt }));
  jest.advanceTimersByTime(700);
  trafficAt = Date.now();
  jest.advanceTimersByTime(999);
  expect(await state(watching)).toBe('goes on');
  jest.advanceTimersByTime(1);
  expect(await state(watching)).toBe('silent');
});

test('the time of a task ends, however lively it is', async () => {
  const watching = watch(limits({ lastHeardAt: () => Date.now() }));
  jest.advanceTimersByTime(9_999);
  expect(await state(watching)).toBe('goes on');
  jest.advanceTimersByTime(1);
  expect(await state(watching)).toBe('timeout');
});

test('the signal ends a task, also one that was given before', async () => {
  const cancel = new AbortController();
  const watching = watch(limits({ signal: cancel.signal }));
  expect(await state(watching)).toBe('goes on');
  cancel.abort();
  expect(await state(watching)).toBe('cancelled');
  expect(await state(watch(limits({ signal: cancel.signal })))).toBe('cancelled');
});

test('a closed watch leaves no timer', () => {
  const watching = watch(limits());
  watching.close();
  expect(jest.getTimerCount()).toBe(0);
});
