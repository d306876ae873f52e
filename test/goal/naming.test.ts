import { describe, expect, test } from '@jest/globals';
import {
  branchName,
  commitMessage,
  goalId,
  isBranchName,
  isGoalId,
  isSliceId,
  mergeMessage,
  pullTitle,
  shortId,
  summaryLines,
  worktreeName,
} from '../../src/goal/naming.ts';
import { someGoal, someSlice } from './goals.ts';
import { hostile, seeded } from './seeded.ts';

test('a goal id is UTC to the millisecond and eight random digits', () => {
  const id = goalId(new Date('2026-01-02T03:04:05.006Z'), '0123abcd');
  expect(id).toBe('goal-20260102-030405-006-0123abcd');
  expect(isGoalId(id)).toBe(true);
  expect(() => goalId(new Date(), 'xyz')).toThrow('Not eight hex digits');
});

const NO_GOALS = [
  '',
  'goal',
  'goal-20260102-030405-006-0123ABCD',
  'goal-20260102-030405-006-0123abcd\n',
  '../goal-20260102-030405-006-0123abcd',
];

test.each(NO_GOALS)('%j is no goal id', (text) => {
  expect(isGoalId(text)).toBe(false);
});

const SLICE_IDS: [text: string, ok: boolean][] = [
  ['a', true],
  ['add-404', true],
  ['0-start', true],
  ['a'.repeat(40), true],
  ['a'.repeat(41), false],
  ['', false],
  ['-a', false],
  ['A', false],
  ['a_b', false],
  ['../x', false],
  ['a/b', false],
  ['a\n', false],
  ['ａ', false],
];

test.each(SLICE_IDS)('whether %j is a slice id: %j', (text, ok) => {
  expect(isSliceId(text)).toBe(ok);
});

const BRANCHES: [text: string, ok: boolean][] = [
  ['main', true],
  ['release/2.x', true],
  ['feature/größe-1', true],
  ['fix#5', true],
  ['', false],
  ['-x', false],
  ['--upload-pack=touch /tmp/x', false],
  ['a b', false],
  ['a..b', false],
  ['a~1', false],
  ['a^', false],
  ['a:b', false],
  ['a?', false],
  ['a*', false],
  ['a[b', false],
  ['a\\b', false],
  ['@', false],
  ['@{-1}', false],
  ['a@{1}', false],
  ['/a', false],
  ['a/', false],
  ['a//b', false],
  ['.a', false],
  ['a/.b', false],
  ['a.lock', false],
  ['a.lock/b', false],
  ['a.', false],
  ['refs/heads/main', false],
  ['a\u0007', false],
  ['a\u202eb', false],
  ['x'.repeat(201), false],
];

test.each(BRANCHES)('whether %j is a branch name: %j', (text, ok) => {
  expect(isBranchName(text)).toBe(ok);
});

test('branch and worktree carry issue, slice and goal, and refuse ids that are none', () => {
  const goal = someGoal();
  expect(branchName(goal, 'api')).toBe('omk/7/api-deadbeef');
  expect(worktreeName(goal, 'api')).toBe('api-deadbeef');
  expect(shortId(goal)).toBe('deadbeef');
  expect(() => branchName(goal, '../../x')).toThrow('Not the id of a slice');
  expect(() => worktreeName(someGoal({ id: '../x' }), 'api')).toThrow('Not the id of a goal');
  expect(isBranchName(branchName(goal, 'a'.repeat(40)))).toBe(true);
});

const NOREPLY = 'users.noreply.github.com';

describe('the commit message', () => {
  test('names a person of a server and one whose login a company manages', () => {
    const goal = someGoal({ requester: { id: 3, login: 'ada_acme' } });
    const message = commitMessage(goal, someSlice(), {
      summary: '',
      pageUrl: undefined,
      noreply: 'users.noreply.ghe.test',
    });
    expect(message).toContain('Co-authored-by: ada_acme <3+ada_acme@users.noreply.ghe.test>');
  });

  test('has subject, summary, scope, goal page and the person who asked', () => {
    const message = commitMessage(someGoal(), someSlice(), {
      summary: '- One.\n* Two.',
      pageUrl: 'https://omk.example/goals/x',
      noreply: NOREPLY,
    });
    expect(message).toBe(
      [
        '[omk-slice] goal-20261122-180000-000-deadbeef / api',
        '- One.\n- Two.',
        'Write scope: src/api/**, test/api/**',
        'Goal: https://omk.example/goals/x\nCo-authored-by: ada <3+ada@users.noreply.github.com>',
      ].join('\n\n'),
    );
  });

  test('names nobody whose login is none', () => {
    const goal = someGoal({ requester: { id: 3, login: 'x>\nSigned-off-by: y <y' } });
    expect(commitMessage(goal, someSlice(), { summary: '', pageUrl: undefined, noreply: NOREPLY })).not.toContain(
      '-by:',
    );
  });

  test('keeps a model from closing issues, mentioning people, skipping checks or forging trailers', () => {
    const summary =
      'fixes #1 @ada [skip ci]\nCo-authored-by: evil <e@x.y>\nskip-checks: true\ncloses https://github.com/o/r/issues/2';
    const message = commitMessage(someGoal(), someSlice(), { summary, pageUrl: undefined, noreply: NOREPLY });
    expect(message).not.toMatch(/#\d|@ada|\[skip ci\]|^Co-authored-by: evil|^skip-checks|issues\/2$(?<!: \/\/.*)/m);
    expect(message.match(/^Co-authored-by:/gm)).toHaveLength(1);
  });
});

test('a merge commit is named by the pull request', () => {
  expect(mergeMessage(someGoal(), someSlice(), NOREPLY).title).toBe('[slice] api — Return 404 for unknown users (#12)');
  const long = mergeMessage(someGoal(), someSlice({ title: 'x'.repeat(300) }), NOREPLY).title;
  expect(long).toMatch(/… \(#12\)$/);
  expect(long.length).toBeLessThanOrEqual(256);
});

test('a pull request is titled by its slice', () => {
  expect(pullTitle({ id: 'api', title: 'Return 404' })).toBe('[slice] api — Return 404');
  expect(pullTitle({ id: 'api', title: 'a\nfixes #3' })).toBe('[slice] api — a fixes # 3');
});

test('1,000 hostile titles stay one line of at most 256 characters without a live reference', () => {
  const random = seeded(5);
  const titles = Array.from({ length: 1_000 }, () => pullTitle({ id: 'a', title: hostile(random, 60) }));
  expect(titles.filter((title) => title.length > 256 || /[\r\n\u202e]|@\w|#\d|:\/\//.test(title))).toEqual([]);
});

test('a summary is at most five lines without list marks and fences', () => {
  expect(summaryLines('```\n- a\n\n* b\n# c\nd\ne\nf\n```')).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(summaryLines('')).toEqual([]);
  expect(summaryLines('x'.repeat(500))[0]).toHaveLength(200);
});
