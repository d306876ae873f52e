import { describe, expect, test } from '@jest/globals';
import { findingsIn, review, type Files } from './world.ts';

const API: { base: Files; head: Files } = {
  base: { 'go.mod': 'module a\n', 'a.go': 'package a\n\nfunc CloseNotify() {}\n\nfunc Keep() {}\n' },
  head: { 'a.go': 'package a\n\nfunc Keep() {}\n' },
};
const KEPT = "import { f } from './f';\n\ntest('adds', () => {\n  expect(f(1)).toBe(2);\n});\n";
const TESTS: { base: Files; head: Files } = {
  base: {
    'src/f.ts': 'export const f = (x: number) => x + 1;\n',
    'test/f.test.ts': `${KEPT}\ntest('takes nothing', () => {\n  expect(f(0)).toBe(1);\n});\n`,
  },
  head: { 'test/f.test.ts': KEPT },
};

async function severities(change: { base: Files; head: Files }, asked: string): Promise<string[]> {
  const found = findingsIn(await review({ ...change, asked }));
  return found.filter(({ rule }) => /removed-api|test\/deleted/.test(rule)).map(({ severity }) => severity);
}

describe('what is gone', () => {
  test.each([
    ['', 'medium'],
    ['Tidy the handlers.', 'medium'],
    ['Make CloseNotify faster.', 'medium'],
    ['Remove `Keep` and all that hangs on it.', 'medium'],
    ['Remove CloseNotify, it is the default of Go 1.8.', 'low'],
    ['The close notification was renamed.\n\nRename close_notify to Keep.', 'low'],
    ['CloseNotify is no longer needed.', 'low'],
  ])('of an interface, when %j was asked for, is %s', async (asked, severity) => {
    expect(await severities(API, asked)).toEqual([severity]);
  });

  test.each([
    ['Add a case for zero.', 'medium'],
    ['Drop the options nobody uses.', 'medium'],
    ['Remove the flaky tests of f.', 'low'],
  ])('of the tests, when %j was asked for, is %s', async (asked, severity) => {
    expect(await severities(TESTS, asked)).toEqual([severity]);
  });
});
