import type { Account, App } from './state.ts';

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';

export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'startup_failure'
  | 'stale';

export type StatusState = 'success' | 'failure' | 'error' | 'pending';

/**
 * What CI does with each pull request head. `startsAfterMs` is how long after the push it shows up, by the
 * world's clock. A silent suite stays queued for ever and never has a run.
 */
export type CheckPlan =
  | {
      kind?: 'run';
      app: string;
      name: string;
      workflow?: string;
      startsAfterMs?: number;
      /** What the job's log says. */
      log?(headSha: string): string;
      conclusion(headSha: string): Conclusion | Promise<Conclusion>;
    }
  | { kind: 'status'; context: string; state(headSha: string): StatusState | Promise<StatusState> }
  | { kind: 'silent'; app: string; startsAfterMs?: number };

type CheckOutput = { title: string | null; summary: string | null; text: string | null };

export type Annotation = {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: string;
  message: string;
  title?: string;
  raw_details?: string;
};

export type CheckRun = {
  id: number;
  nodeId: string;
  suite: CheckSuite;
  name: string;
  status: CheckStatus;
  conclusion: Conclusion | null;
  externalId: string;
  detailsUrl: string | null;
  output: CheckOutput;
  annotations: Annotation[];
  log: string | undefined;
  createdAt: Date;
  startedAt: Date;
  completedAt: Date | null;
};

export type CheckSuite = {
  id: number;
  nodeId: string;
  app: App;
  headSha: string;
  headBranch: string | null;
  before: string;
  status: CheckStatus;
  conclusion: Conclusion | null;
  workflow: { runId: number; name: string; event: string } | undefined;
  runs: CheckRun[];
  /** Nobody sees the suite before this time. */
  createdAt: Date;
  updatedAt: Date;
};

export type CommitStatus = {
  id: number;
  nodeId: string;
  sha: string;
  context: string;
  state: StatusState;
  description: string | null;
  targetUrl: string | null;
  creator: Account;
  createdAt: Date;
};
