import { expect, test } from '@jest/globals';
import { learnHabits, observe, type Seen } from '../../../src/goal/settle/habits.ts';
import { ACTIONS, ago, CODECOV, facts, MINUTE, OMK, run, SECOND, status, suite } from './sample.ts';

const merges = (count: number, change: Partial<Seen> = {}): Seen[] =>
  Array.from({ length: count }, (_, n) => ({
    files: ['src/a.js'],
    checks: [{ name: 'test', afterMs: n * SECOND }],
    silent: [],
    ...change,
  }));

test('what is usual needs five merges of the same folder, and four of five of them', () => {
  const own = ['src/b.js'];
  expect(learnHabits(merges(4), own).usual).toEqual([]);
  expect(learnHabits(merges(5), own).usual).toEqual([{ name: 'test', withinMs: 4 * SECOND }]);
  expect(learnHabits(merges(5, { files: ['docs/a.md'] }), own).usual).toEqual([]);
  expect(learnHabits([...merges(4), ...merges(1, { checks: [] })], own).usual).toHaveLength(1);
  expect(learnHabits([...merges(3), ...merges(2, { checks: [] })], own).usual).toEqual([]);
});

test('the usual time is that of 95 of 100, at most ten minutes, of the last twenty merges', () => {
  const slow = merges(20, { checks: [{ name: 'test', afterMs: 60 * MINUTE }] });
  expect(learnHabits(slow, ['src/b.js']).usual).toEqual([{ name: 'test', withinMs: 10 * MINUTE }]);
  expect(learnHabits([...merges(20), ...slow], ['src/b.js']).usual).toEqual([{ name: 'test', withinMs: 18 * SECOND }]);
});

test('an app is silent if it was so in each of the last merges, and these are five at least', () => {
  const silent = { silent: [CODECOV] };
  expect(learnHabits(merges(5, silent), []).silent).toEqual([CODECOV]);
  expect(learnHabits(merges(4, silent), []).silent).toEqual([]);
  expect(learnHabits([...merges(9, silent), ...merges(1)], []).silent).toEqual([]);
});

test('a head shows when each check began first, and whose suites have no run', () => {
  const seen = observe(
    facts({
      contexts: [
        run('test', { startedAt: ago(50 * MINUTE) }),
        run('test', { startedAt: ago(20 * MINUTE) }),
        run('omk', { app: OMK }),
        status('legacy', 'SUCCESS', { createdAt: ago(55 * MINUTE) }),
      ],
      suites: [
        suite(),
        suite({ id: 2, app: CODECOV, runs: 0 }),
        suite({ id: 3, app: ACTIONS, runs: 0 }),
        suite({ id: 4, app: OMK, runs: 0 }),
      ],
    }),
    ago(60 * MINUTE),
    ['src/a.js'],
  );
  expect(seen).toEqual({
    files: ['src/a.js'],
    checks: [
      { name: 'test', afterMs: 10 * MINUTE },
      { name: 'legacy', afterMs: 5 * MINUTE },
    ],
    silent: [CODECOV],
  });
});
