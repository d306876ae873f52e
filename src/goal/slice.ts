import type { Batch } from './batch.ts';
import type { Base, Goal, Person, Reason, Sha } from './goal.ts';
import type { GateResult } from './gate.ts';
import type { Refused } from './settle/attempt.ts';
import type { ReviewRound } from './ledger.ts';
import type { Round } from './stagnation.ts';
import type { Wall } from './wall.ts';

export const RISKS = ['low', 'medium', 'high'] as const;
type Risk = (typeof RISKS)[number];

/** What the plan says of one pull request's worth of work. */
export type PlannedSlice = {
  id: string;
  title: string;
  description: string;
  /** Globs from the root of the repository. */
  readScope: string[];
  writeScope: string[];
  dependsOn: string[];
  risk: Risk;
  acceptance: string[];
};

type SliceStatus =
  'planned' | 'building' | 'verifying' | 'reviewing' | 'delivering' | 'merging' | 'merged' | 'blocked' | 'cancelled';

/** Something the next build turn must answer. `text` may hold a person's or a model's words. */
export type Feedback = {
  from: 'gate' | 'wall' | 'scope' | 'rebase' | 'checks' | 'person' | 'agent';
  text: string;
  /** The end of what a program printed. */
  output?: string;
};

/**
 * How often each kind of try was reserved; a reserved try counts even if the process dies.
 * `builds` since gates last passed, `rounds` of the wall, `batches` of people's reviews, `total` builds.
 */
type Attempts = { builds: number; rounds: number; batches: number; total: number };

/** The pull request of a slice, as omk left it. */
export type SlicePull = { number: number; url: string; head: Sha; draft: boolean };

/** One finding let through, by whom and why. */
type Waiver = { finding: string; reason: string; by: Person };

/**
 * Nothing to do before `until`, unless GitHub says that something changed; a person is asked at `askedAt` if waiting has an end.
 * `refused`: what GitHub last said to the merge of this head. `tries`: how often in a row the model was in trouble, which is waited for.
 */
export type Wait = {
  reason: string;
  since: Date;
  until: Date;
  askedAt?: Date | undefined;
  refused?: Refused | undefined;
  tries?: number | undefined;
};

export type Slice = PlannedSlice & {
  status: SliceStatus;
  /** Why it is blocked, or held for a person while it is `merging`. */
  reason: Reason | undefined;
  attempts: Attempts;
  /** A build attempt is counted and not finished yet. */
  reserved: boolean;
  /** What stayed open after the last turns. */
  rounds: Round[];
  /** It made no progress once and was begun anew; the second time it asks. */
  begunAnew: boolean;
  /** It made no progress, and other slices take its place. */
  regrouped: boolean;
  /** How often in a row gates failed for reasons of their own. */
  gateFaults: number;
  /** Open feedback: what the next build turn gets as a whole. */
  feedback: Feedback[];
  /** What people said while the agent is at work: it goes into the next turn. */
  inbox: Feedback[];
  /** Reviews that are to be read at `until`. */
  heard: { reviews: number[]; until: Date } | undefined;
  /** What people said in reviews and was not answered yet. */
  batch: Batch | undefined;
  /** Findings of the wall that people let through. */
  accepted: Waiver[];
  /** The merged slice that this one takes back; undefined for a slice that builds something. */
  reverts: { slice: string; sha: Sha } | undefined;
  /** It was cancelled and its pull request is still to be closed. */
  withdrawing: boolean;
  /** A person wants it on the base as it stands now. */
  rebaseAsked: boolean;
  /** The commit the slice's branch starts from; undefined until the first build. */
  base: Base | undefined;
  /** The commit built last, with the tree the evidence is about. */
  head: Sha | undefined;
  tree: Sha | undefined;
  /** What the agent said it did, at most five lines. */
  summary: string;
  changedFiles: string[];
  kimiSession: string | undefined;
  /** What the agent left when its last turn came to nothing; the next one goes on from there. */
  kept: Sha | undefined;
  gates: GateResult[];
  wall: Wall | undefined;
  /** The last round of the wall and what became of the findings since the one before; kept while the slice is built again. */
  round: ReviewRound | undefined;
  /** Commits of people are in it, so it is never rewritten: the next commit follows it. Undefined while the branch is omk's alone. */
  stem: Sha | undefined;
  /** The commit omk pushed last, or took over: the lease of the next push. */
  pushed: Sha | undefined;
  pull: SlicePull | undefined;
  wait: Wait | undefined;
  /** Who asked for the merge that the policy leaves to a person, and of which commit; a rebase of it counts as the same. */
  mergeAsked: { by: Person; head: Sha | undefined } | undefined;
  mergedSha: Sha | undefined;
  /** When the head was first seen on GitHub: the anchor of the first-check grace. */
  headSeenAt: Date | undefined;
  /** When the facts first spoke for merging this head: the anchor of the quiet period. */
  greenSince: Date | undefined;
  /** The base and its rules as they stood at the last such look. */
  greenOn?: string | undefined;
  /** GitHub merges it by itself: it is in its queue, or auto-merge is on. */
  entrusted?: boolean | undefined;
  /** Counts the slice's events. A stage that started at another turn is too late to be recorded. */
  turn: number;
};

/** True while a slice takes one of the goal's agent places. What is delivered no further, as the goal's terms have it, takes none. */
export function isWorking({ status, reason }: Slice): boolean {
  return ['building', 'verifying', 'reviewing'].includes(status) || (status === 'delivering' && reason === undefined);
}

/** True while a slice goes no further until a person says how: it is blocked, or held before its pull request. */
export function isStuck({ status, reason }: Slice): boolean {
  return status === 'blocked' || (status === 'delivering' && reason !== undefined);
}

/** Where a slice stands as people are told: of a cancelled goal nothing is at work or waits any more. */
export function standing(slice: Slice, { status }: Pick<Goal, 'status'>): Pick<Slice, 'status' | 'wait'> {
  return status === 'cancelled' && slice.status !== 'merged' ? { status: 'cancelled', wait: undefined } : slice;
}
