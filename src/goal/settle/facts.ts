import type { Base, Sha } from '../goal.ts';

export type MergeMethod = 'squash' | 'merge' | 'rebase';

/** A check run of the head. `status`, `conclusion` are GitHub's words in capitals; a word omk does not know counts as pending. */
export type CheckRun = {
  kind: 'run';
  id: number;
  name: string;
  /** The app that reported it; undefined if GitHub would not say. */
  app: number | undefined;
  appSlug: string | undefined;
  suite: number | undefined;
  /** The workflow's name, its file's path and the event that started it, for GitHub Actions. */
  workflow: string | undefined;
  workflowPath: string | undefined;
  event: string | undefined;
  status: string;
  conclusion: string | undefined;
  startedAt: Date | undefined;
  completedAt: Date | undefined;
  /** GitHub itself says that this pull request needs it. */
  isRequired: boolean;
  url: string | undefined;
};

/** A commit status of the head. */
export type CommitStatus = {
  kind: 'status';
  name: string;
  /** The app whose bot reported it, by slug. */
  appSlug: string | undefined;
  state: string;
  createdAt: Date;
  isRequired: boolean;
  url: string | undefined;
};

export type CheckContext = CheckRun | CommitStatus;

/** A check suite of the head. `runs` is how many runs GitHub counts in it, undefined if it was not asked. */
export type CheckSuite = {
  id: number;
  app: number | undefined;
  appSlug: string | undefined;
  workflow: string | undefined;
  event: string | undefined;
  status: string;
  conclusion: string | undefined;
  runs: number | undefined;
  createdAt: Date;
};

/** What the base demands: a check by name, of one app if `app` is set, or every job of the workflow file at `path`. */
export type RequiredCheck =
  { kind: 'check'; name: string; app: number | undefined } | { kind: 'workflow'; path: string };

/** Classic protection and every active ruleset of the base, as one. */
export type BaseRules = {
  required: RequiredCheck[];
  /** The head must be up to date with the base. */
  strict: boolean | 'unknown';
  approvals: number;
  codeOwners: boolean;
  resolvedThreads: boolean;
  linearHistory: boolean;
  signatures: boolean;
  locked: boolean;
  /** Undefined: the rules name none. */
  methods: MergeMethod[] | undefined;
  /** Kinds of rules that only GitHub can judge, such as `code_scanning`. */
  others: string[];
};

/** Everything one evaluation of a pull request needs, read at one time. `unreadable` is never taken for empty. */
export type PullFacts = {
  /** GitHub's node id, for its queue. */
  id: string;
  number: number;
  title: string;
  head: Sha;
  headBranch: string;
  /** The head lives in a fork, where omk cannot push. */
  fork: boolean;
  base: Base;
  baseExists: boolean;
  state: 'open' | 'closed' | 'merged';
  /** Set once GitHub has recorded the merge commit. */
  mergedSha: Sha | undefined;
  /** The login of whoever merged it: REST names a bot with `[bot]`, GraphQL without. */
  mergedBy?: string | undefined;
  draft: boolean;
  /** `MERGEABLE`, `CONFLICTING`, `UNKNOWN`. */
  mergeable: string;
  /** GitHub's `mergeStateStatus`. */
  mergeState: string;
  canBeRebased: boolean;
  reviews: { decision: string | undefined; approvals: number; changesRequestedBy: string[] };
  unresolvedThreads: number;
  labels: string[] | 'unreadable';
  changesWorkflows: boolean;
  /** The open pull request whose head is this one's base. */
  stackedOn: number | undefined;
  queue: {
    enabled: boolean;
    entry: { state: string; enqueuedAt: Date } | undefined;
    /** When GitHub's queue last put it out, and why in GitHub's words. */
    removed: { at: Date; reason: string | undefined } | undefined;
  };
  autoMergeSince: Date | undefined;
  /** The commit that `contexts` and `suites` speak of. */
  checkedSha: Sha;
  contexts: CheckContext[];
  suites: CheckSuite[];
  rules: BaseRules | 'unreadable';
  repository: { archived: boolean; methods: MergeMethod[]; deletesBranchOnMerge: boolean; autoMerge: boolean };
  /** Our own app, whose runs are no evidence. */
  appId: number;
};
