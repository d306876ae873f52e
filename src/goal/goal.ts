import type { Budget, Spend } from './budget.ts';
import type { RunOptions } from './command.ts';
import type { Gate, GateResult, PackageFolder, SetupStep } from './gate.ts';
import type { Policy } from './policy.ts';
import type { PlannedSlice, Slice, Wait } from './slice.ts';

/** A full git object name in lower-case hex. */
export type Sha = string;

const GOAL_ENDS = [
  'ready',
  'not_ready',
  'blocked_on_human',
  'blocked_on_external',
  'needs_more_budget',
  'failed_infra',
  'cancelled',
] as const;
export type GoalEnd = (typeof GOAL_ENDS)[number];
export type GoalStatus = 'queued' | 'planning' | 'awaiting_approval' | 'running' | 'paused' | GoalEnd;

/** Who asks. `app`: the GitHub App that it is the bot of; a person has none. */
export type Person = { id: number; login: string; app?: number | undefined };

/**
 * The repository by what never changes (`id`) and by what GitHub's paths need (`owner`, `name`). `defaultBranch` is what the
 * webhook said that the goal came with.
 */
export type Repository = {
  installationId: number;
  id: number;
  owner: string;
  name: string;
  private: boolean;
  defaultBranch?: string | undefined;
};

/** What was asked, as it stood when it was asked. Later edits on GitHub are not read. */
export type Ask = { title: string; text: string; hash: string };

/** The commit a goal or slice starts from. */
export type Base = { branch: string; sha: Sha };

/** Why something stands still, and the one command or deed that moves it on. `output`: what a program said, word for word. `since`: when a slice came to stand still. */
export type Reason = { text: string; next: string; output?: string | undefined; since?: Date | undefined };

/** The setup and gates in force, and how they were found. */
export type Gates = {
  setup: SetupStep[];
  gates: Gate[];
  /** The packages of the repository, if the gates are of packages. */
  folders?: PackageFolder[];
  source: 'config' | 'organisation' | 'detected';
  /** One line a package for the status comment, such as `npm (.): npm test, npm run lint`. */
  notes: string[];
};

/** The goal as its events tell it. Folded by `applyEvent`; nothing else makes one. */
export type Goal = {
  id: string;
  repository: Repository;
  issue: number;
  requester: Person;
  /** The comment that asked, undefined for a label. */
  commentId: number | undefined;
  ask: Ask;
  options: RunOptions;
  status: GoalStatus;
  /** Why it ended or stands still; undefined while it moves. */
  reason: Reason | undefined;
  /** How it stood when its issue was closed or locked: it is paused until the issue is open again. */
  before: Standing | undefined;
  /** Why and until when planning waits. */
  delay: Wait | undefined;
  policy: Policy | undefined;
  gates: Gates | undefined;
  base: Base | undefined;
  /** Gates that fail on the base commit already. */
  redOnBase: GateResult[];
  plan: Plan | undefined;
  /** Further slices that wait for approval, and whose agent proposed them. */
  proposal: Proposal | undefined;
  /** What is to be planned anew, in words for the planner; the other slices stay. */
  replan: string | undefined;
  slices: Slice[];
  spend: Spend;
  /** What people added to the budget. */
  extra: Budget;
  /** Commands obeyed, by key. */
  told: string[];
  createdAt: Date;
  endedAt: Date | undefined;
  /** Counts the events that change the goal's course: not money, and not what its slices do. A plan begun on another course is too late. */
  course: number;
  /** Events folded so far; the sequence number of the last one. */
  version: number;
  /** Counts the goal's events, those beside a turn of Kimi's apart (what it spent and asked). A step of the goal itself that started at another turn is too late to be recorded. */
  turn: number;
  /** The last events in words, newest last, at most five. */
  recent: { at: Date; text: string }[];
};

export type Standing = Pick<Goal, 'status' | 'reason' | 'endedAt'>;

/** A plan as it was shown: approval is bound to its hash. `notes` says what omk changed, such as an edge it added. */
export type Plan = { hash: string; notes: string[]; needsApproval: boolean; approvedBy: Person | undefined };

export type Proposal = { from: string; hash: string; slices: PlannedSlice[]; notes: string[] };

export function isEnded(status: GoalStatus): status is GoalEnd {
  return (GOAL_ENDS as readonly string[]).includes(status);
}

/** Whether nothing can move it on any more. */
export function isOver({ status }: Pick<Goal, 'status'>): boolean {
  return status === 'ready' || status === 'cancelled';
}

/** The slice with this id. Throws if the goal has none such. */
export function getSlice(goal: Goal, id: string): Slice {
  const slice = goal.slices.find((candidate) => candidate.id === id);
  if (!slice) throw new Error(`Goal ${goal.id} has no slice ${id}`);
  return slice;
}
