import { expect, test } from '@jest/globals';
import { kindOf, PROOF_OF, type GoalKind } from '../../src/goal/kind.ts';
import { buildPrompt, fixPrompt, planPrompt } from '../../src/goal/prompt.ts';
import { proofOf } from '../../src/goal/proof.ts';
import { renderStatus } from '../../src/goal/report/status-comment.ts';
import { AT, someGoal, someSlice } from './goals.ts';

test.each<[title: string, kind: GoalKind]>([
  ['Add a median, and a report that prints mean and median', 'feature'],
  ['Add retries for failing uploads', 'feature'],
  ['Show an error when the name is empty', 'feature'],
  ['Unknown users', 'feature'],
  ['The total is wrong for negative prices', 'bugfix'],
  ['Crash when the file is empty', 'bugfix'],
  ['fix(api): return 404 for unknown users', 'bugfix'],
  ['Rename the storage module', 'refactor'],
  ['refactor!: split the parser', 'refactor'],
  ['Migrate the tests to vitest', 'migration'],
  ['Upgrade to Node 24', 'migration'],
  ['Listing a folder is slow', 'performance'],
  ['perf: cache the parsed settings', 'performance'],
  ['Fix typos in the README', 'docs'],
  ['Document the command line', 'docs'],
  ['Audit the use of eval', 'audit'],
  ['Add​ a dark mode', 'feature'],
])('%j asks for a %s', (title, kind) => {
  expect(kindOf({ title })).toBe(kind);
});

test('the kind says what proves the goal, to planner and builder, and stands in status and proof', () => {
  const goal = someGoal({ ask: { title: 'The total is wrong', text: '', hash: 'x' } });
  for (const prompt of [planPrompt(goal), buildPrompt(goal, someSlice()), fixPrompt(goal, someSlice())])
    expect(prompt).toContain(PROOF_OF.bugfix);
  expect(renderStatus(goal, { now: AT, sandbox: 'bwrap' })).toContain('kind `bugfix`');
  expect(proofOf(goal, []).kind).toBe('bugfix');
});
