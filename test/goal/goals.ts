import { NO_SPEND } from '../../src/goal/budget.ts';
import { NO_OPTIONS } from '../../src/goal/command.ts';
import type { GateResult } from '../../src/goal/gate.ts';
import { newSlice } from '../../src/goal/fold-slice.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import type { Slice } from '../../src/goal/slice.ts';
import { PASSES, type Wall } from '../../src/goal/wall.ts';

export const HEAD = 'a'.repeat(40);
export const TREE = 'b'.repeat(40);
export const AT = new Date('2026-11-22T18:00:00.000Z');

/** A slice in the middle of its life. */
export function someSlice(more: Partial<Slice> = {}): Slice {
  const planned = newSlice({
    id: 'api',
    title: 'Return 404 for unknown users',
    description: 'The endpoint returns 500 today.',
    readScope: ['docs/**'],
    writeScope: ['src/api/**', 'test/api/**'],
    dependsOn: [],
    risk: 'low',
    acceptance: ['GET /users/none returns 404'],
  });
  return {
    ...planned,
    status: 'merging',
    attempts: { builds: 1, rounds: 1, batches: 0, total: 1 },
    base: { branch: 'main', sha: 'c'.repeat(40) },
    head: HEAD,
    tree: TREE,
    summary: 'Added a check for missing users.\nAdded a test.',
    changedFiles: ['src/api/users.ts', 'test/api/users.test.ts'],
    gates: [someGate()],
    wall: someWall(),
    pushed: HEAD,
    pull: { number: 12, url: 'https://github.com/o/r/pull/12', head: HEAD, draft: false },
    turn: 5,
    ...more,
  };
}

export function someGate(more: Partial<GateResult> = {}): GateResult {
  return {
    name: 'unit',
    run: 'npm test',
    kind: 'test',
    status: 'passed',
    exitCode: 0,
    signal: null,
    durationMs: 12_300,
    tree: TREE,
    outputTail: '',
    logPath: '/tmp/log',
    redOnBase: false,
    ...more,
  };
}

export function someWall(more: Partial<Wall> = {}): Wall {
  const passes = PASSES.map((pass) => ({
    pass,
    status: 'passed' as const,
    severity: 'low' as const,
    feedback: 'nothing found',
    findings: [],
  }));
  return { head: HEAD, base: 'c'.repeat(40), passes, antiSlopConfidence: 0.1, ...more };
}

/** A goal with one slice on its way. */
export function someGoal(more: Partial<Goal> = {}): Goal {
  return {
    id: 'goal-20261122-180000-000-deadbeef',
    repository: { installationId: 1, id: 2, owner: 'o', name: 'r', private: false },
    issue: 7,
    requester: { id: 3, login: 'ada' },
    commentId: 4,
    ask: { title: 'Unknown users', text: 'GET /users/none must return 404.', hash: 'x' },
    options: NO_OPTIONS,
    status: 'running',
    reason: undefined,
    policy: defaultPolicy(),
    gates: {
      setup: [],
      gates: [{ name: 'unit', run: 'npm test', kind: 'test', timeoutMs: 900_000, dir: '.', paths: [] }],
      source: 'detected',
      notes: ['npm (.): npm test'],
    },
    base: { branch: 'main', sha: 'c'.repeat(40) },
    redOnBase: [],
    plan: {
      hash: '0123456789ab',
      notes: ['`b` waits for `a`: both write `x`'],
      needsApproval: false,
      approvedBy: undefined,
    },
    before: undefined,
    delay: undefined,
    proposal: undefined,
    replan: undefined,
    told: [],
    slices: [someSlice()],
    spend: { ...NO_SPEND, usd: 0.42, inputTokens: 120_000, outputTokens: 3_000, kimiMs: 600_000 },
    extra: { usd: 0, tokens: 0, timeMs: 0 },
    createdAt: AT,
    endedAt: undefined,
    course: 3,
    version: 9,
    turn: 9,
    recent: [{ at: AT, text: '`api` delivered as #12' }],
    ...more,
  };
}
