import { describe, expect, test } from '@jest/globals';
import { asksToRemove } from '../../src/review/asked.ts';
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
  return found.filter(({ rule }) => rule === 'test/deleted').map(({ severity }) => severity);
}

/** What is said of a name that is gone, which is told in any case. */
async function saidOfApi(asked: string): Promise<string[]> {
  const found = findingsIn(await review({ ...API, asked }));
  return found.filter(({ rule }) => rule === 'architect/removed-api').map(({ message }) => message);
}

const GONE = '`CloseNotify` can be used from outside and is gone';

describe('what is gone', () => {
  test.each([
    ['', false],
    ['Tidy the handlers.', false],
    ['Make CloseNotify faster.', false],
    ['Do not remove CloseNotify.', false],
    ["Rename Keep, but don't touch CloseNotify.", false],
    ['Make it faster without dropping CloseNotify.', false],
    ['Remove `Keep` and all that hangs on it.', false],
    ['Remove CloseNotify, it is the default of Go 1.8.', true],
    ['The close notification was renamed.\n\nRename close_notify to Keep.', true],
    ['CloseNotify is no longer needed.', true],
  ])('of an interface, when %j was asked for, is told so: %s', async (asked, isAsked) => {
    expect(await saidOfApi(asked)).toEqual([isAsked ? `${GONE}, as was asked for` : GONE]);
  });

  test.each([
    ['Add a case for zero.', 'medium'],
    ['Drop the options nobody uses.', 'medium'],
    ['Replace the parser and add tests.', 'medium'],
    ['Remove the cache, with tests for what stays.', 'medium'],
    ['No test may be removed.', 'medium'],
    ['Never delete tests.', 'medium'],
    ['The old tests are removed.', 'low'],
    ['Get rid of the obsolete Python 2 tests', 'low'],
    ['Remove the flaky tests of f.', 'low'],
  ])('of the tests, when %j was asked for, is %s', async (asked, severity) => {
    expect(await severities(TESTS, asked)).toEqual([severity]);
  });
});

test('what breaks is announced by the message of the commit', async () => {
  expect(await saidOfApi('feat(api)!: the server notifies')).toEqual([]);
  expect(await saidOfApi('fix(breaking): the server notifies')).toEqual([]);
  expect(await saidOfApi('Avoid breaking changes in the server.')).toEqual([GONE]);
});

test('a kind of things is asked away by its name', () => {
  const asked = 'Get rid of the separate listeners for now.';
  expect(asksToRemove(asked, ['BreakerListeners'], { tests: false })).toBe(true);
  expect(asksToRemove(asked, ['BreakerPolicy'], { tests: false })).toBe(false);
  expect(asksToRemove('rename to EqualError', ['ExactError'], { tests: false })).toBe(true);
  expect(asksToRemove('Remove the options of the past.', ['ReadOptions'], { tests: false })).toBe(false);
});

const EXPECTED: { base: Files; head: Files } = {
  base: { 'test/f.test.ts': "test('matches', () => {\n  expect(matches('b!r')).toBeTruthy();\n});\n" },
  head: { 'test/f.test.ts': "test('matches', () => {\n  expect(matches('b!r')).toBeFalsy();\n});\n" },
};

test.each([
  ['Make the tests pass.', 'medium'],
  ['Update the regression test to the new matcher.', 'low'],
])('an expectation that changed alone, when %j was asked for, is %s', async (asked, severity) => {
  const found = findingsIn(await review({ ...EXPECTED, asked }));
  expect(found.find(({ rule }) => rule === 'test/expectation-changed')?.severity).toBe(severity);
});

const HOOKS: { base: Files; head: Files } = {
  base: {
    '.pre-commit-hooks.yaml':
      '-   id: check_config\n    name: Check It\n    entry: a\n-   id: check_manifest\n    entry: b\n',
  },
  head: { '.pre-commit-hooks.yaml': '-   id: check_manifest\n    entry: b\n' },
};

test.each([
  ['', 'Others may name this hook: `Check It`'],
  ['Remove the hook Check It.', 'Others may name this hook: `Check It`, as was asked for'],
])('a hook that is gone, when %j was asked for, is told as %j', async (asked, message) => {
  const found = findingsIn(await review({ ...HOOKS, asked }));
  expect(found.filter(({ rule }) => rule === 'architect/changed-api')).toMatchObject([{ severity: 'low', message }]);
});
