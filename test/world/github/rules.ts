import picomatch from 'picomatch';
import type { CheckRun, CheckSuite, CommitStatus } from './check-state.ts';
import type { MergeMethod, Pull, Review } from './issue-state.ts';
import { type Json, type Repository, type Rule, type Ruleset, type State, roleOf } from './state.ts';

/** A check that must pass before a merge into the branch. `appId` undefined: from any source. */
type RequiredCheck = { context: string; appId: number | undefined };

/** All that a branch asks for: classic protection and rulesets together. */
export type Requirements = {
  checks: RequiredCheck[];
  strict: boolean;
  reviews: number;
  conversations: boolean;
  linear: boolean;
  locked: boolean;
  queue: boolean;
  methods: MergeMethod[];
  /** Whether any of it comes from a ruleset: GitHub words its refusals differently then. */
  ruleset: boolean;
};

/** The rules of active rulesets that hold for the branch, with where they come from. */
export function rulesFor(repository: Repository, branch: string): { rule: Rule; ruleset: Ruleset }[] {
  const rulesets = repository.rulesets.filter((one) => matches(repository, one, branch));
  return rulesets.flatMap((ruleset) => ruleset.rules.map((rule) => ({ rule, ruleset })));
}

function matches(repository: Repository, ruleset: Ruleset, branch: string): boolean {
  const names = (pattern: string): boolean => {
    if (pattern === '~ALL') return true;
    if (pattern === '~DEFAULT_BRANCH') return branch === repository.defaultBranch;
    return picomatch.isMatch(`refs/heads/${branch}`, pattern);
  };
  return ruleset.include.some(names) && !ruleset.exclude.some(names);
}

/** Everything the branch requires. */
export function requirementsOf(repository: Repository, branch: string): Requirements {
  const rules = rulesFor(repository, branch).map(({ rule }) => rule);
  const classic = repository.protections.get(branch);
  const parameters = (type: string): Json[] =>
    rules.filter((rule) => rule.type === type).map((rule) => rule.parameters ?? {});
  const pulls = parameters('pull_request');
  const checks = parameters('required_status_checks');
  const allowed = pulls.map((one) => one['allowed_merge_methods']).find((one) => Array.isArray(one));
  const linear = (classic?.linearHistory ?? false) || rules.some((rule) => rule.type === 'required_linear_history');
  return {
    checks: [
      ...(classic?.requiredChecks ?? []).map(({ context, appId }) => ({ context, appId })),
      ...checks.flatMap((one) => readChecks(one['required_status_checks'])),
    ],
    strict: (classic?.strict ?? false) || checks.some((one) => one['strict_required_status_checks_policy'] === true),
    reviews: Math.max(
      classic?.requiredReviews ?? 0,
      ...pulls.map((one) => Number(one['required_approving_review_count'] ?? 0)),
    ),
    conversations:
      (classic?.requireConversationResolution ?? false) ||
      pulls.some((one) => one['required_review_thread_resolution'] === true),
    linear,
    locked: classic?.lockBranch ?? false,
    queue: repository.queues.has(branch),
    methods: (['merge', 'squash', 'rebase'] as const).filter(
      (method) =>
        repository.mergeMethods[method] &&
        !(linear && method === 'merge') &&
        (allowed === undefined || allowed.includes(method)),
    ),
    ruleset: rules.length > 0,
  };
}

function readChecks(value: unknown): RequiredCheck[] {
  const entries = Array.isArray(value) ? (value as { context: string; integration_id?: number }[]) : [];
  return entries.map((entry) => ({ context: entry.context, appId: entry.integration_id }));
}

/** Whether the branch is protected at all, so that nobody pushes to it directly. */
export function isProtected(repository: Repository, branch: string): boolean {
  return repository.protections.has(branch) || rulesFor(repository, branch).length > 0;
}

/** The suites of a commit that can be seen by now. */
export function suitesAt(state: State, repository: Repository, sha: string): CheckSuite[] {
  const now = state.clock.now();
  return repository.suites.filter((suite) => suite.headSha === sha && suite.createdAt <= now);
}

/** The newest run of each name in each suite of a commit, newest first. */
export function latestRuns(state: State, repository: Repository, sha: string): CheckRun[] {
  const runs = suitesAt(state, repository, sha).flatMap((suite) => {
    const byName = new Map(suite.runs.map((run) => [run.name, run]));
    return [...byName.values()];
  });
  return runs.toSorted((one, other) => other.id - one.id);
}

/** The newest status of each context of a commit, newest first. */
export function latestStatuses(repository: Repository, sha: string): CommitStatus[] {
  const here = repository.statuses.filter((status) => status.sha === sha);
  return [...new Map(here.map((status) => [status.context, status])).values()].toReversed();
}

type CheckVerdict = 'passed' | 'failing' | 'pending' | 'expected';

const passing = new Set(['success', 'neutral', 'skipped']);

/** How a required check stands on a commit. A run and a status of the same name must both pass. */
function standingOf(state: State, repository: Repository, sha: string, check: RequiredCheck): CheckVerdict {
  const runs = latestRuns(state, repository, sha).filter(
    (run) =>
      run.name === check.context &&
      (check.appId === undefined || check.appId === -1 || run.suite.app.id === check.appId),
  );
  const statuses = latestStatuses(repository, sha).filter(
    (status) => status.context === check.context && (check.appId === undefined || check.appId === -1),
  );
  const verdicts = [
    ...runs.map((run) =>
      run.status === 'completed' ? (passing.has(run.conclusion ?? '') ? 'passed' : 'failing') : 'pending',
    ),
    ...statuses.map(({ state }) => (state === 'success' ? 'passed' : state === 'pending' ? 'pending' : 'failing')),
  ];
  if (verdicts.length === 0) return 'expected';
  return (
    verdicts.find((verdict) => verdict === 'failing') ?? verdicts.find((verdict) => verdict === 'pending') ?? 'passed'
  );
}

/** Whether the run or status of this name and app is one the branch requires. */
export function isRequired(repository: Repository, branch: string, name: string, appId: number | undefined): boolean {
  return requirementsOf(repository, branch).checks.some(
    (check) => check.context === name && (check.appId === undefined || check.appId === -1 || check.appId === appId),
  );
}

/** The vote of each person with write access: the last review that is not a plain comment. */
export function votesOn(pull: Pull): Review[] {
  const votes = pull.reviews.filter(({ state, author }) => {
    const role = roleOf(pull.repository, author);
    return state !== 'COMMENTED' && state !== 'PENDING' && ['admin', 'maintain', 'write'].includes(role);
  });
  return [...new Map(votes.map((review) => [review.author.id, review])).values()].filter(
    ({ state }) => state !== 'DISMISSED',
  );
}

/** GitHub's `reviewDecision`: null when the base asks for no review and nobody voted against. */
export function reviewDecision(pull: Pull): 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED' | null {
  const votes = votesOn(pull);
  const required = requirementsOf(pull.repository, pull.base.ref).reviews;
  if (required === 0) return null;
  if (votes.some(({ state }) => state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  return votes.filter(({ state }) => state === 'APPROVED').length >= required ? 'APPROVED' : 'REVIEW_REQUIRED';
}

const verbs = { expected: 'expected', pending: 'in progress', failing: 'failing' } as const;

/** Why the base branch does not let this head in, in GitHub's words; empty when it does. Conflicts are not looked at here. */
export function refusalsOf(state: State, pull: Pull): string[] {
  const { repository, base, head } = pull;
  const required = requirementsOf(repository, base.ref);
  const open = required.checks.flatMap((check) => {
    const standing = standingOf(state, repository, head.sha, check);
    return standing === 'passed' ? [] : [{ check, standing }];
  });
  const refusals: string[] = [];
  if (required.locked) refusals.push('Cannot change this locked branch.');
  if (open.length === 1 && open[0])
    refusals.push(`Required status check "${open[0].check.context}" is ${verbs[open[0].standing]}.`);
  if (open.length > 1) {
    const standing = open.every((one) => one.standing === 'expected') ? 'are expected' : 'have not succeeded';
    refusals.push(`${open.length} of ${required.checks.length} required status checks ${standing}.`);
  }
  const decision = reviewDecision(pull);
  if (decision !== null && decision !== 'APPROVED') {
    const many = required.reviews === 1 ? 'review is' : 'reviews are';
    refusals.push(`At least ${required.reviews} approving ${many} required by reviewers with write access.`);
  }
  if (required.conversations && pull.threads.some((thread) => thread.resolvedBy === undefined)) {
    refusals.push('A conversation must be resolved before this pull request can be merged.');
  }
  return refusals;
}
