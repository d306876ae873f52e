import type { GoalEvent } from '../../src/goal/event.ts';
import { NO_OPTIONS } from '../../src/goal/command.ts';
import type { GateResult } from '../../src/goal/gate.ts';
import type { Base, Person } from '../../src/goal/goal.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import type { PlannedSlice } from '../../src/goal/slice.ts';
import { PASSES, type Wall } from '../../src/goal/wall.ts';

export const PERSON: Person = { id: 583_231, login: 'octocat' };
export const BASE: Base = { branch: 'main', sha: 'a'.repeat(40) };
export const HEAD = 'b'.repeat(40);
/** Ids on GitHub no longer fit into 32 bits. */
export const REPOSITORY = {
  installationId: 7_000_000_001,
  id: 5_000_000_001,
  owner: 'octo',
  name: 'hello',
  private: false,
};

type Asked = GoalEvent & { kind: 'asked' };

export function asked(id: string, changes: Partial<Asked> = {}): Asked {
  return {
    kind: 'asked',
    id,
    repository: REPOSITORY,
    issue: 1,
    requester: PERSON,
    commentId: 9_000_000_001,
    ask: { title: 'Add a greeting', text: 'It must say hello.', hash: 'c'.repeat(64) },
    options: NO_OPTIONS,
    ...changes,
  };
}

export function planned(id: string): PlannedSlice {
  return {
    id,
    title: `The ${id}`,
    description: '',
    readScope: ['**'],
    writeScope: ['src/**'],
    dependsOn: [],
    risk: 'low',
    acceptance: [],
  };
}

/** Output of a program: control characters, NUL, half a surrogate pair, and what looks like our own marks. */
const NASTY = 'tail \u0000 \ud800 \u001b[31m "$date" {"$date":"2026-01-01T00:00:00.000Z"} \n';

const RESULT: GateResult = {
  name: 'unit',
  run: 'npm test',
  kind: 'test',
  status: 'failed',
  exitCode: null,
  signal: 'SIGKILL',
  durationMs: 12.5,
  tree: HEAD,
  outputTail: NASTY,
  logPath: '/tmp/log',
  redOnBase: false,
};

const WALL: Wall = {
  head: HEAD,
  base: BASE.sha,
  antiSlopConfidence: 0.1,
  passes: PASSES.map((pass) => ({ pass, status: 'passed', severity: 'low', feedback: NASTY, findings: [] })),
};

const date = (minutes: number) => new Date(Date.UTC(2026, 2, 1, 12, minutes));
const spend = { inputTokens: 10, cachedTokens: 5, outputTokens: 3, usd: 0.25, kimiMs: 1_000 };
const policy = { ...defaultPolicy(), protected_paths: ['$date'] };
const gates = { setup: [], gates: [], source: 'detected' as const, notes: [NASTY] };
const feedback = [{ from: 'gate' as const, text: NASTY }];
const reason = { text: 'stuck', next: '/omk retry' };
const pull = { number: 12, url: 'https://github.test/octo/hello/pull/12', head: HEAD, draft: false };
const wait = { reason: 'checks', since: date(1), until: date(2) };
const slice = 'one';

/** One event of every kind, in an order that a goal may have; the compiler says when a kind is missing. */
const SAMPLES: Record<GoalEvent['kind'], GoalEvent> = {
  asked: asked('g1', { commentId: undefined }),
  accepted: { kind: 'accepted', base: BASE, policy, gates },
  spent: { kind: 'spent', spend, on: 'plan' },
  'plan-delayed': { kind: 'plan-delayed', wait },
  'repository-renamed': { kind: 'repository-renamed', name: 'hello-2' },
  'tools-asked': {
    kind: 'tools-asked',
    on: 'build one',
    asked: 1,
    refused: 1,
    decisions: [{ tool: 'Bash', action: '', allowed: false, why: 'its exact arguments are not known' }],
  },
  planned: {
    kind: 'planned',
    slices: [planned('one'), planned('two')],
    plan: { hash: 'abc', notes: [], needsApproval: true, approvedBy: undefined },
    redOnBase: [RESULT],
  },
  approved: { kind: 'approved', by: PERSON, hash: 'abc' },
  'build-started': { kind: 'build-started', slice, base: BASE },
  'build-failed': { kind: 'build-failed', slice, reason: NASTY, feedback, kimiSession: 's1', kept: HEAD },
  interrupted: { kind: 'interrupted', slice, wait, kimiSession: 's1', kept: HEAD },
  built: {
    kind: 'built',
    slice,
    head: HEAD,
    tree: HEAD,
    changedFiles: ['src/a.ts'],
    summary: NASTY,
    kimiSession: undefined,
  },
  'gates-failed': { kind: 'gates-failed', slice, results: [RESULT], feedback },
  verified: { kind: 'verified', slice, results: [RESULT] },
  'wall-blocked': { kind: 'wall-blocked', slice, wall: WALL, feedback },
  'wall-passed': { kind: 'wall-passed', slice, wall: WALL },
  'work-lost': { kind: 'work-lost', slice },
  conflicted: { kind: 'conflicted', slice, base: BASE, files: ['src/a.ts'], feedback },
  rebased: { kind: 'rebased', slice, base: BASE, head: HEAD, tree: HEAD },
  entrusted: { kind: 'entrusted', slice },
  'taken-back': { kind: 'taken-back', slice },
  pushed: { kind: 'pushed', slice, head: HEAD },
  delivered: { kind: 'delivered', slice, pull },
  'sent-back': { kind: 'sent-back', slice, feedback },
  'slice-blocked': { kind: 'slice-blocked', slice, reason },
  retried: { kind: 'retried', slice, by: PERSON },
  'slice-cancelled': { kind: 'slice-cancelled', slice: 'two' },
  paused: { kind: 'paused', by: PERSON },
  'issue-shut': { kind: 'issue-shut', how: 'closed', by: { id: 7, login: 'ada' } },
  'issue-opened': { kind: 'issue-opened', by: { id: 7, login: 'ada' } },
  resumed: { kind: 'resumed', by: PERSON },
  waiting: { kind: 'waiting', slice, wait, headSeenAt: date(3), greenSince: undefined },
  held: { kind: 'held', slice, reason },
  released: { kind: 'released', slice },
  'merge-asked': { kind: 'merge-asked', slice, by: PERSON },
  merged: { kind: 'merged', slice, sha: HEAD },
  answered: { kind: 'answered', by: PERSON, text: NASTY },
  'budget-extended': { kind: 'budget-extended', by: PERSON, usd: 1, tokens: 2, timeMs: 3 },
  'fix-asked': { kind: 'fix-asked', slice, by: PERSON, text: NASTY },
  'rebase-asked': { kind: 'rebase-asked', slice, by: PERSON },
  'finding-accepted': { kind: 'finding-accepted', slice, by: PERSON, finding: '0123abcd', reason: NASTY },
  'gates-faulted': { kind: 'gates-faulted', slice, results: [RESULT], wait },
  adopted: {
    kind: 'adopted',
    slice,
    base: BASE,
    theirs: HEAD,
    head: HEAD,
    tree: HEAD,
    changedFiles: ['src/a.ts'],
    feedback: [],
  },
  'slices-proposed': {
    kind: 'slices-proposed',
    from: slice,
    slices: [planned('three')],
    notes: [],
    hash: 'abc',
    needsApproval: true,
  },
  'proposal-refused': { kind: 'proposal-refused', from: slice, reasons: [NASTY] },
  'review-heard': { kind: 'review-heard', slice, review: 7, until: date(4) },
  'review-gathered': {
    kind: 'review-gathered',
    slice,
    reviews: [7],
    batch: {
      by: ['ada'],
      words: [NASTY],
      threads: [{ root: 8, path: 'a.ts', line: undefined, by: 'ada', text: NASTY }],
      from: undefined,
      said: { 0: { kind: 'fixed', text: '' } },
    },
    feedback: [],
  },
  'review-declined': { kind: 'review-declined', slice, summary: NASTY, kimiSession: undefined },
  'review-answered': { kind: 'review-answered', slice },
  reverted: { kind: 'reverted', undoes: 'one', by: PERSON, cancels: [], undo: planned('revert-one') },
  regrouped: { kind: 'regrouped', stuck: 'one', why: NASTY },
  rejected: { kind: 'rejected', by: PERSON, text: NASTY },
  told: { kind: 'told', key: 'comment:1', answer: NASTY },
  finished: { kind: 'finished', status: 'ready', reason: undefined },
};

export const EVERY_EVENT: GoalEvent[] = Object.values(SAMPLES);
