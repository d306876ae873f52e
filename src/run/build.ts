import { noreplyHost } from '../config.ts';
import { assertNever } from '../errors.ts';
import { commitAll, listChangedFiles, readPatch, type ChangedFile } from '../git/commit.ts';
import { fetchBranch, listFilesAt } from '../git/mirror.ts';
import { markWorktree, openWorktree, resumeWorktree, type Worktree } from '../git/worktree.ts';
import { auditCommit, renderFaults } from '../goal/audit.ts';
import { readSaid } from '../goal/batch.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Base, Goal, Sha } from '../goal/goal.ts';
import { commitMessage, worktreeName } from '../goal/naming.ts';
import { parseProposal, planHash, type ParsedPlan } from '../goal/slice-plan.ts';
import { breakOff, giveUp } from '../goal/outage.ts';
import { mustAsk, policyOf } from '../goal/terms.ts';
import { findStagnation } from '../goal/stagnation.ts';
import { buildPrompt, fixPrompt } from '../goal/prompt.ts';
import type { Feedback, Slice } from '../goal/slice.ts';
import { parsePatch } from '../review/read/diff.ts';
import { askKimi, isFailed, judgeFailure, type Failed } from './ask.ts';
import { homeOf } from './clean.ts';
import { furnish } from './furnish.ts';
import { returnInstructions, takeInstructions } from './instruct.ts';
import { lendOwnGit } from './lend.ts';
import { botAuthor, folders, mirrorOf, pageUrl, type Tools } from './tools.ts';

/** Reserves an attempt: from the slice's base, or for the first one from the base branch as it stands now. */
export async function startBuild(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const base = slice.base ?? (await freshBase(goal, tools));
  return [{ kind: 'build-started', slice: slice.id, base, fresh: findStagnation(slice.rounds) }];
}

async function freshBase(goal: Goal, tools: Tools): Promise<Base> {
  const branch = baseOf(goal).branch;
  const sha = await fetchBranch(await mirrorOf(goal, tools), branch, await tools.gitToken(goal.repository));
  if (!sha) throw new Error(`The base branch ${branch} is gone`);
  return { branch, sha };
}

/** Lets Kimi work in the slice's worktree, then makes everything it changed one commit on the base, if it kept to its scope. */
export async function build(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const base = slice.base ?? baseOf(goal);
  const author = await botAuthor(goal, tools);
  const { worktree, fresh } = await worktreeOf(goal, slice, tools);
  await takeInstructions(worktree, base.sha);
  await lendOwnGit(worktree, tools);
  const answer = await askKimi(
    goal,
    {
      role: 'build',
      slice: slice.id,
      round: 0,
      fresh,
      prompt: slice.feedback.length > 0 ? fixPrompt(goal, slice) : buildPrompt(goal, slice),
      worktree,
      session: slice.kimiSession,
      tools: 'all',
    },
    tools,
  );
  const { outcome } = answer;
  const said = outcome.kind === 'completed' ? outcome.text : '';
  const { words: summary, proposed } = parseProposal(said, policyOf(goal), goal.slices);
  if (slice.stem) await returnInstructions(worktree, base.sha, slice.stem);
  const commit = await commitAll(worktree, {
    message: commitMessage(goal, slice, { summary, pageUrl: pageUrl(goal, tools), noreply: noreplyHost(tools.config) }),
    author,
    parent: slice.stem ?? base.sha,
    at: tools.clock.now(),
  });
  const turn: Turn = { slice, session: outcome.session, kept: commit?.sha };
  if (isFailed(answer)) return afterFailure(turn, answer, tools.clock.now());
  if (isAnswered(slice, commit, summary))
    return [{ kind: 'review-declined', slice: slice.id, summary, kimiSession: outcome.session }];
  const fault = await judgeCommit(goal, slice, commit, tools);
  if (!commit || fault) return [failed(turn, fault ?? NO_CHANGE)];
  const { sha, tree, files } = commit;
  const all = slice.stem ? await listChangedFiles(worktree.mirror, base.sha, sha) : files;
  const changedFiles = all.map((file) => file.path);
  const built = { kind: 'built', slice: slice.id, head: sha, tree, changedFiles } as const;
  return [{ ...built, summary, kimiSession: outcome.session }, ...judgeProposal(goal, slice, proposed)];
}

/** Work that the agent found outside of its slice, by the same rules as the plan. A question is no proposal. */
function judgeProposal(goal: Goal, { id: from }: Slice, proposed: ParsedPlan | undefined): GoalEvent[] {
  if (proposed?.kind === 'faults') return [{ kind: 'proposal-refused', from, reasons: proposed.faults }];
  if (proposed?.kind !== 'plan') return [];
  const { slices, notes } = proposed;
  const needsApproval = mustAsk(goal, slices);
  return [{ kind: 'slices-proposed', from, slices, notes, hash: planHash(slices), needsApproval }];
}

/**
 * The slice's worktree as this very turn left it when it was cut off, else as what was built so far has it. Another turn's files do not
 * count: the last one may have been on another machine.
 */
async function worktreeOf(goal: Goal, slice: Slice, tools: Tools): Promise<{ worktree: Worktree; fresh: boolean }> {
  const mirror = await mirrorOf(goal, tools);
  const place = { root: folders(tools.config).worktrees, name: worktreeName(goal, slice.id) };
  const base = slice.stem ?? (slice.base ?? baseOf(goal)).sha;
  const mark = `turn ${slice.turn}`;
  const cutOff = await resumeWorktree(mirror, { ...place, base, mark });
  if (cutOff) return { worktree: cutOff, fresh: false };
  const sha = slice.kept ?? slice.head ?? base;
  const worktree = await openWorktree(mirror, { ...place, sha });
  const home = homeOf(tools.config, { goal, slice: slice.id, role: 'build' });
  await furnish(goal, { worktree, sha, home, slice: slice.id }, tools);
  await markWorktree(worktree, mark);
  return { worktree, fresh: true };
}

/** Reviewers got an answer to everything that was open, and nothing is to be changed: what omk said to the agent of earlier turns asks for no change. */
function isAnswered({ batch, tree, feedback }: Slice, commit: Commit | undefined, summary: string): boolean {
  const unchanged = !commit || commit.tree === tree;
  const said = { ...batch?.said, ...readSaid(summary) };
  const all = batch?.threads.every((_, index) => said[index]) ?? false;
  return unchanged && tree !== undefined && all && feedback.every(({ from }) => from === 'person' || from === 'agent');
}

const NO_CHANGE: Feedback = {
  from: 'agent',
  text: 'The last turn changed nothing. Make the change that the slice asks for, or close each conversation that is marked here by its line.',
};

const CUT_SHORT: Feedback = {
  from: 'agent',
  text: 'The budget was used up in the middle of the last turn. What was done by then is in the folder: go on from there.',
};

type Commit = { sha: string; tree: string; files: ChangedFile[] };

/** What keeps the commit from going on: nothing new in it, or a rule of the audit that it breaks. */
async function judgeCommit(
  goal: Goal,
  slice: Slice,
  commit: Commit | undefined,
  tools: Tools,
): Promise<Feedback | undefined> {
  if (!commit || commit.tree === slice.tree) return NO_CHANGE;
  const mirror = await mirrorOf(goal, tools);
  const patch = await readPatch(mirror, slice.stem ?? (slice.base ?? baseOf(goal)).sha, commit.sha);
  const texts = new Map(
    parsePatch(patch)
      .files.filter(({ binary }) => !binary)
      .map(({ path, added }) => [path, added]),
  );
  const faults = auditCommit({
    files: commit.files,
    added: (path) => texts.get(path)?.map(({ text }) => text),
    patchChars: patch.length,
    slice,
    policy: policyOf(goal),
    allPaths: (await listFilesAt(mirror, commit.sha)).map(({ path }) => path),
  });
  return faults.length > 0 ? { from: 'scope', text: renderFaults(faults, commit.sha) } : undefined;
}

/** A turn that came to nothing yet. `kept` holds what the agent left, in a commit that is never pushed. */
type Turn = { slice: Slice; session: string | undefined; kept: Sha | undefined };

function failed({ slice, session, kept }: Turn, fault: Feedback): GoalEvent {
  const feedback = [...slice.feedback.filter((old) => old.text !== fault.text), fault];
  const empty = fault === NO_CHANGE;
  return {
    kind: 'build-failed',
    slice: slice.id,
    reason: fault.text,
    empty,
    feedback,
    kimiSession: session,
    kept,
  };
}

function afterFailure(turn: Turn, answer: Failed, now: Date): GoalEvent[] {
  const trouble = judgeFailure(answer);
  const left = { kimiSession: turn.session, kept: turn.kept };
  switch (trouble.kind) {
    case 'budget':
      return [failed(turn, CUT_SHORT)];
    case 'stop':
      return giveUp(turn.slice.id, trouble.reason, left);
    case 'later':
      return breakOff(turn.slice, trouble.reason, { now, ...left });
    case 'turn':
      return [failed(turn, { from: 'agent', text: trouble.reason })];
    default:
      return assertNever(trouble);
  }
}

export function baseOf(goal: Goal): Base {
  if (!goal.base) throw new Error(`Goal ${goal.id} has no base yet`);
  return goal.base;
}
