import { describe, expect, test } from '@jest/globals';
import { comparePace, describePace, PACE_TOLERANCE, readFigures, type PaceRun } from '../../src/goal/pace.ts';

const runs = (write: (value: number) => string, ...values: number[]): PaceRun[] =>
  values.map((value) => ({ durationMs: 1_000, output: write(value) }));
const worse = (base: PaceRun[], head: PaceRun[]) => {
  const pace = comparePace(base, head);
  return pace.kind === 'compared' ? pace.measures.filter(({ isWorse }) => isWorse).map(({ name }) => name) : [];
};

describe('Figures that programs print', () => {
  test.each([
    ['parse: 12.5 ms', [12.5], ['ms']],
    ['BenchmarkParse-8   1000   1,234 ns/op   56 B/op   3 allocs/op', [1234, 56, 3], ['ns/op', 'B/op', 'allocs/op']],
    ['walk x 1,234,567 ops/sec ±0.53% (95 runs sampled)', [1234567], ['ops/sec']],
    [
      'Time (mean ± σ):     123.4 ms ±   5.6 ms    [User: 100.1 ms, System: 20.2 ms]',
      [123.4, 100.1, 20.2],
      ['ms', 'ms', 'ms'],
    ],
    ['\u001b[32mheap 45 MiB\u001b[39m', [45], ['MiB']],
    ['3 tests passed, version 1.2.3, at 12:30', [], []],
  ])('%s', (line, values, units) => {
    const figures = [...readFigures(line).values()];
    expect(figures.map(({ value }) => value)).toEqual(values);
    expect(figures.map(({ unit }) => unit)).toEqual(units);
  });
});

describe('Head beside base', () => {
  const ms = (value: number) => `parse: ${value} ms\nload: 80 ms`;
  const rate = (value: number) => `walk x ${value} ops/sec`;

  test.each([
    ['noise', runs(ms, 100, 104, 98), runs(ms, 103, 99, 105), []],
    ['a quarter is tolerated', runs(ms, 100, 101, 99), runs(ms, 124, 123, 125), []],
    ['beyond it and every time', runs(ms, 100, 101, 99), runs(ms, 140, 139, 150), ['parse: # ms']],
    ['beyond it but not every time', runs(ms, 100, 145, 99), runs(ms, 140, 139, 150), []],
    ['better', runs(ms, 140, 139, 150), runs(ms, 100, 101, 99), []],
    ['a rate that falls', runs(rate, 1000, 990, 1010), runs(rate, 500, 510, 490), ['walk x # ops/sec']],
    ['a rate that rises', runs(rate, 500, 510, 490), runs(rate, 1000, 990, 1010), []],
    ['less than the figure can show', runs(ms, 1, 1, 1), runs(ms, 3, 3, 3), []],
  ])('%s', (_what, base, head, names) => expect(worse(base, head)).toEqual(names));

  test('is judged by how long it took where it prints no figure in every run', () => {
    const took = (...durations: number[]) => durations.map((durationMs) => ({ durationMs, output: 'done' }));
    expect(worse(took(100, 110, 105), took(400, 410, 405))).toEqual(['duration']);
    expect(worse(took(100, 110, 105), took(130, 131, 120))).toEqual([]);
  });

  test('says what was measured, how often and what is tolerated', () => {
    const pace = comparePace(runs(ms, 100, 101, 99), runs(ms, 140, 139, 150));
    const said = describePace('bench', pace);
    expect(said).toContain('2 figures held against the base, the worst 1.40 times of it');
    expect(said).toContain(`${PACE_TOLERANCE} is tolerated, median of 3 runs each`);
    expect(describePace('bench', { kind: 'not-compared', why: 'the base cannot be set up' })).toContain(
      'cannot be set up',
    );
  });
});
