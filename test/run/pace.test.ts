import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Gate, GateResult } from '../../src/goal/gate.ts';
import { holdAgainstBase } from '../../src/run/pace.ts';
import { prove } from '../../src/run/prove.ts';
import type { Tools } from '../../src/run/tools.ts';
import { commitOnMain, makeBed, type Bed } from '../git/bed.ts';
import { someGoal } from '../goal/goals.ts';
import { inSandbox } from '../sandbox/stage.ts';
import { gateTools } from './gate-tools.ts';

const gate: Gate = { name: 'bench', kind: 'performance', run: 'cat figures', timeoutMs: 60_000, dir: '.', paths: [] };
const result: GateResult = {
  name: 'bench',
  run: 'cat figures',
  kind: 'performance',
  status: 'passed',
  exitCode: 0,
  signal: null,
  durationMs: 40,
  tree: 'c'.repeat(40),
  outputTail: 'parse: 100 ms',
  logPath: '',
  redOnBase: false,
};

let bed: Bed & AsyncDisposable;
let tools: Tools;

beforeAll(async () => {
  bed = await makeBed();
  tools = gateTools(bed.data);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

const commit = (files: Record<string, string>) => commitOnMain(bed, files);

inSandbox(
  'a performance gate runs on base and head in turns, and its figures are held against each other',
  async () => {
    const base = await commit({ figures: 'parse: 100 ms\n' });
    const sha = await commit({ figures: 'parse: 180 ms\n' });
    const goal = someGoal({
      redOnBase: [],
      gates: { setup: [], gates: [gate, { ...gate, name: 'unit', kind: 'test' }], source: 'config', notes: [] },
    });
    const subject = { mirror: bed.mirror, sha, name: 'paced', slice: 's', changed: undefined, against: base };
    const [bench, unit] = await prove(goal, subject, tools);
    const measures = [{ name: 'parse: # ms', unit: 'ms', base: 100, head: 180, times: 1.8, isWorse: true }];
    expect(bench?.pace).toEqual({ kind: 'compared', runs: 5, measures });
    expect(unit?.pace).toBeUndefined();
  },
);

test('runs alternate in which side goes first', async () => {
  const order: string[] = [];
  const side = (name: 'base' | 'head') => () => {
    order.push(name);
    return Promise.resolve(result);
  };
  await holdAgainstBase([gate], [result], { base: side('base'), head: side('head') });
  expect(order.join(' ')).toBe('base head head base base head head base base head');
});

test.each([
  ['the base cannot be set up', { ...result }, () => Promise.resolve(undefined)],
  [
    'it does not pass each time on the base',
    { ...result },
    () => Promise.resolve({ ...result, status: 'failed' as const }),
  ],
  ['one run takes 6 minutes', { ...result, durationMs: 360_000 }, () => Promise.resolve(result)],
])('says why nothing is held against the base: %s', async (why, first, base) => {
  const [held] = await holdAgainstBase([gate], [first], { base, head: () => Promise.resolve(result) });
  expect(held?.pace).toEqual({ kind: 'not-compared', why });
});

test('a gate that failed is not measured', async () => {
  const never = () => Promise.reject(new Error('it ran'));
  expect(await holdAgainstBase([gate], [{ ...result, status: 'failed' }], { base: never, head: never })).toEqual([
    { ...result, status: 'failed' },
  ]);
});
