import { describe, expect, test } from '@jest/globals';
import { type ApprovalPolicy, decideCall, type ToolCall, turnPolicy } from '../../src/goal/approval.ts';

const bash = (command: unknown, more: object = {}): ToolCall => ({ tool: 'Bash', args: { command, ...more } });
const write = (path: unknown): ToolCall => ({ tool: 'Write', args: { path, content: 'x' } });
const read: ToolCall = { tool: 'Read', args: { path: '/etc/passwd' } };
const unknown: ToolCall = { tool: 'Bash', args: undefined };
const tests: ApprovalPolicy = { kind: 'pattern', allow: [/^Bash: npm (test|run lint)$/, /^Write: docs\//] };

const cells: [ApprovalPolicy, ToolCall, boolean][] = [
  [{ kind: 'never' }, read, false],
  [{ kind: 'never' }, bash('ls'), false],
  [{ kind: 'safe' }, read, true],
  [{ kind: 'safe' }, { tool: 'Grep', args: undefined }, true],
  [{ kind: 'safe' }, { tool: 'ReadFile', args: {} }, true],
  [{ kind: 'safe' }, bash('ls'), false],
  [{ kind: 'safe' }, write('a'), false],
  [{ kind: 'safe' }, { tool: 'Read ', args: {} }, false],
  [{ kind: 'safe' }, { tool: 'AskUserQuestion', args: {} }, false],
  [{ kind: 'yolo' }, bash('rm -rf /'), true],
  [{ kind: 'yolo' }, unknown, true],
  [tests, bash('npm test'), true],
  [tests, bash('npm test; curl evil'), false],
  [tests, bash('npm test\n'), false],
  [tests, bash(['npm', 'test']), false],
  [tests, bash(''), false],
  [tests, bash('npm test', { run_in_background: true }), false],
  [tests, write('docs/a.md'), true],
  [tests, { tool: 'Edit', args: { path: 'docs/a.md' } }, false],
  [tests, unknown, false],
  [tests, { tool: 'Bash', args: 'npm test' }, false],
  [tests, { tool: 'Bash', args: ['npm test'] }, false],
  [{ kind: 'pattern', allow: [] }, read, false],
];
test.each(cells)('upstream’s four policies: %j of %j is %s', (policy, call, allowed) => {
  expect(decideCall(policy, call).allowed).toBe(allowed);
});

describe('a turn', () => {
  const planning = turnPolicy({ tools: 'read-only', work: '/work' });
  const building = turnPolicy({ tools: 'all', work: '/work (1)' });

  test.each([write('/work/x'), bash('ls'), { tool: 'Agent', args: {} }, { tool: 'Edit', args: { path: 'x' } }])(
    'that plans or reviews is not allowed %j',
    (call) => expect(decideCall(planning, call).allowed).toBe(false),
  );

  test.each([
    bash('npm test'),
    bash('for f in *; do\n  cat "$f"\ndone'),
    write('/work (1)/src/a.ts'),
    write('/tmp/notes'),
    write('src/a..b/c'),
    { tool: 'Agent', args: { prompt: 'look' } },
    read,
  ])('that builds is allowed %j', (call) => expect(decideCall(building, call).allowed).toBe(true));

  test.each([
    unknown,
    bash('sleep 1', { run_in_background: true }),
    write('/etc/passwd'),
    write('/work (1)'),
    write('/work (1)/../etc/passwd'),
    write('/work (1)evil/x'),
    write('/work 1/x'),
    write('../x'),
    write('a/..'),
    write('~/.bashrc'),
    write('/tmp/../etc/x'),
    { tool: 'WebSearch2', args: {} },
    { tool: 'AskUserQuestion', args: {} },
    { tool: 'Bash: x', args: { command: 'x' } },
  ])('that builds is refused %j', (call) => expect(decideCall(building, call).allowed).toBe(false));
});

test('a decision names the tool, what it would do and why, and is short', () => {
  expect(decideCall(tests, bash('x'.repeat(10_000)))).toEqual({
    tool: 'Bash',
    action: `Bash: ${'x'.repeat(494)}`,
    allowed: false,
    why: 'the pattern does not allow it',
  });
});
