import type { Account, Actor, App, Repository } from './state.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export type Label = { id: number; nodeId: string; name: string; color: string; description: string | null };

export const reactionContents = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;

export type Reaction = { id: number; nodeId: string; user: Account; content: string; createdAt: Date };

export type Comment = {
  id: number;
  nodeId: string;
  author: Account;
  app: App | undefined;
  body: string;
  createdAt: Date;
  updatedAt: Date;
  reactions: Reaction[];
};

type Conversation = {
  id: number;
  nodeId: string;
  number: number;
  repository: Repository;
  title: string;
  body: string | null;
  author: Account;
  app: App | undefined;
  state: 'open' | 'closed';
  stateReason: string | null;
  locked: boolean;
  labels: Label[];
  assignees: Account[];
  comments: Comment[];
  reactions: Reaction[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: Account | null;
};

/** `closer`: the pull request whose merge closed it. */
export type Issue = Conversation & { kind: 'issue'; closer?: Pull | undefined };

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

export type Review = {
  id: number;
  nodeId: string;
  author: Account;
  state: ReviewState;
  body: string;
  commitSha: string;
  submittedAt: Date;
};

export type ReviewComment = {
  id: number;
  nodeId: string;
  author: Account;
  app: App | undefined;
  review: Review;
  body: string;
  path: string;
  line: number;
  commitSha: string;
  inReplyTo: number | undefined;
  createdAt: Date;
  updatedAt: Date;
};

export type ReviewThread = {
  id: number;
  nodeId: string;
  pull: Pull;
  resolvedBy: Account | undefined;
  comments: ReviewComment[];
};

/**
 * What GitHub has worked out about merging, for one pair of base tip and head. It is `unasked` until
 * somebody reads the pull request, and `asked` between that read and the next.
 */
type Mergeability = {
  key: string;
  status: 'unasked' | 'asked' | 'mergeable' | 'conflicting';
};

type AutoMerge = {
  by: Actor;
  method: MergeMethod;
  enabledAt: Date;
  title: string | undefined;
  message: string | undefined;
};

export type QueueEntry = { id: number; nodeId: string; pull: Pull; by: Actor; enqueuedAt: Date };

export type Pull = Conversation & {
  kind: 'pull';
  draft: boolean;
  head: { ref: string; sha: string };
  /** `sha` is the tip of the base when the head was last pushed or the base last chosen: like GitHub's, it goes stale. */
  base: { ref: string; sha: string };
  merged: { at: Date; by: Account; sha: string } | undefined;
  size: { commits: number; additions: number; deletions: number; changedFiles: number };
  mergeability: Mergeability;
  autoMerge: AutoMerge | undefined;
  /** When the merge queue put it out, and why. */
  removals: { at: Date; reason: string }[];
  reviews: Review[];
  threads: ReviewThread[];
  requestedReviewers: Account[];
};
