import { describe, expect, test } from '@jest/globals';
import type { GoalEvent } from '../../src/goal/event.ts';
import { applyEvent } from '../../src/goal/fold.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { decodeJson, encodeJson } from '../../src/store/json.ts';
import { EVERY_EVENT } from './samples.ts';

describe('JSON of the store', () => {
  test.each(EVERY_EVENT.map((event) => [event.kind, event] as const))('gives back the event "%s"', (_kind, event) => {
    expect(decodeJson(encodeJson(event))).toEqual(event);
  });

  test('a goal folded from stored events equals the goal folded from the events', () => {
    const at = new Date(0);
    const fold = (events: readonly GoalEvent[]) =>
      events.reduce<Goal | undefined>((goal, event) => applyEvent(goal, event, at), undefined);
    const stored = EVERY_EVENT.map((event) => decodeJson(encodeJson(event)) as GoalEvent);
    expect(fold(stored)).toEqual(fold(EVERY_EVENT));
  });

  test.each([
    ['a date', new Date('2026-02-03T04:05:06.789Z')],
    ['a date of the far future', new Date('+012026-02-03T04:05:06.789Z')],
    ['text that looks like a date', '2026-02-03T04:05:06.789Z'],
    ['text that looks like our mark', '{"$date":"2026-02-03T04:05:06.789Z"}'],
    ['a mark with something beside it', { $date: '2026-02-03T04:05:06.789Z', more: 1 }],
    ['a mark that holds no date', { $date: 'yesterday' }],
    ['NUL and half a surrogate pair', { text: '\u0000 \ud800' }],
    ['null inside', [null, { a: null }]],
    ['an empty object', {}],
  ])('gives back %s', (_name, value) => {
    expect(decodeJson(encodeJson(value))).toStrictEqual(value);
  });

  test('undefined becomes null at the top', () => {
    expect(decodeJson(encodeJson(undefined))).toBeNull();
  });
});
