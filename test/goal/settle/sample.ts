import { defaultPolicy, type Policy } from '../../../src/goal/policy.ts';
import type { BaseRules, CheckRun, CheckSuite, CommitStatus, PullFacts } from '../../../src/goal/settle/facts.ts';
import type { Memory } from '../../../src/goal/settle/verdict.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The time of every evaluation; ages below count back from it. A Wednesday. */
export const NOW = new Date('2026-11-25T12:00:00Z');
export const OMK = 777;
export const ACTIONS = 15_368;
export const CODECOV = 254;
export const HEAD = 'a'.repeat(40);

export function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms);
}

let nextId = 1;

/** A green Actions run that ended an hour ago, in suite 1. */
export function run(name: string, change: Partial<CheckRun> = {}): CheckRun {
  return {
    kind: 'run',
    id: nextId++,
    name,
    app: ACTIONS,
    appSlug: 'github-actions',
    suite: 1,
    workflow: 'CI',
    workflowPath: '.github/workflows/ci.yml',
    event: 'pull_request',
    status: 'COMPLETED',
    conclusion: 'SUCCESS',
    startedAt: ago(61 * MINUTE),
    completedAt: ago(60 * MINUTE),
    isRequired: false,
    url: undefined,
    ...change,
  };
}

export function ended(name: string, conclusion: string, change: Partial<CheckRun> = {}): CheckRun {
  return run(name, { conclusion, ...change });
}

export function going(name: string, status = 'IN_PROGRESS', change: Partial<CheckRun> = {}): CheckRun {
  return run(name, { status, conclusion: undefined, completedAt: undefined, ...change });
}

export function status(name: string, state: string, change: Partial<CommitStatus> = {}): CommitStatus {
  return {
    kind: 'status',
    name,
    appSlug: undefined,
    state,
    createdAt: ago(60 * MINUTE),
    isRequired: false,
    url: undefined,
    ...change,
  };
}

/** The completed Actions suite of the runs above. */
export function suite(change: Partial<CheckSuite> = {}): CheckSuite {
  return {
    id: 1,
    app: ACTIONS,
    appSlug: 'github-actions',
    workflow: 'CI',
    event: 'pull_request',
    status: 'COMPLETED',
    conclusion: 'SUCCESS',
    runs: undefined,
    createdAt: ago(62 * MINUTE),
    ...change,
  };
}

export function rules(change: Partial<BaseRules> = {}): BaseRules {
  return {
    required: [{ kind: 'check', name: 'test', app: undefined }],
    strict: false,
    approvals: 0,
    codeOwners: false,
    resolvedThreads: false,
    linearHistory: false,
    signatures: false,
    locked: false,
    methods: undefined,
    others: [],
    ...change,
  };
}

export function required(name: string, app?: number): BaseRules['required'][number] {
  return { kind: 'check', name, app };
}

/** An open pull request of which everything is green and settled. */
export function facts(change: Partial<PullFacts> = {}): PullFacts {
  return {
    id: 'PR_1',
    number: 1,
    title: '[slice] api — Add the endpoint',
    head: HEAD,
    headBranch: 'omk/1/api-12345678',
    fork: false,
    base: { branch: 'main', sha: 'b'.repeat(40) },
    baseExists: true,
    state: 'open',
    mergedSha: undefined,
    draft: false,
    mergeable: 'MERGEABLE',
    mergeState: 'CLEAN',
    canBeRebased: true,
    reviews: { decision: undefined, approvals: 0, changesRequestedBy: [] },
    unresolvedThreads: 0,
    labels: [],
    changesWorkflows: false,
    stackedOn: undefined,
    queue: { enabled: false, entry: undefined, removed: undefined },
    autoMergeSince: undefined,
    checkedSha: HEAD,
    contexts: [run('test')],
    suites: [suite()],
    rules: rules(),
    repository: {
      archived: false,
      methods: ['squash', 'merge', 'rebase'],
      deletesBranchOnMerge: false,
      autoMerge: false,
    },
    appId: OMK,
    ...change,
  };
}

/** A head seen two hours ago that was green a minute ago already. */
export function memory(change: Partial<Memory> = {}): Memory {
  return { headSeenAt: ago(2 * HOUR), greenSince: ago(MINUTE), ...change };
}

const DEFAULTS = defaultPolicy();

export function policy(change: Omit<Partial<Policy>, 'checks'> & { checks?: Partial<Policy['checks']> } = {}): Policy {
  return { ...DEFAULTS, ...change, checks: { ...DEFAULTS.checks, ...change.checks } };
}
