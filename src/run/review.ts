import { readPatch } from '../git/commit.ts';
import type { Mirror } from '../git/mirror.ts';
import { withTrees } from '../git/tree.ts';
import { openWorktree, removeWorktree, type Worktree } from '../git/worktree.ts';
import { assertNever } from '../errors.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Sha } from '../goal/goal.ts';
import { breakOff, giveUp } from '../goal/outage.ts';
import { policyOf, termsOf } from '../goal/terms.ts';
import { readVisible } from '../goal/visible.ts';
import { reviewPrompt, reviewRepairPrompt } from '../goal/prompt.ts';
import type { Feedback, Slice } from '../goal/slice.ts';
import {
  adviceOf,
  type Finding,
  type PassName,
  type PassVerdict,
  PASSES,
  type Wall,
  relent,
  waive,
  wallVerdict,
} from '../goal/wall.ts';
import { parsePatch, type Change } from '../review/read/diff.ts';
import { mergeReviewer, reviewChange } from '../review/review.ts';
import { parseReviewerAnswer, type ReviewerAnswer } from '../review/reviewer.ts';
import { askKimi, isFailed, judgeFailure, type KimiTrouble } from './ask.ts';
import { baseOf } from './build.ts';
import { removeLent, reviewName, reviewRole } from './clean.ts';
import { takeInstructions } from './instruct.ts';
import { lendOwnGit } from './lend.ts';
import { folders, mirrorOf, type Tools } from './tools.ts';

/** Puts the slice's diff through the wall: six passes of rules, and the Kimi reviewer of each pass that applies. */
export async function review(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const base = (slice.base ?? baseOf(goal)).sha;
  const { head } = slice;
  if (!head) throw new Error(`Slice ${slice.id} is reviewed without a commit`);
  if (slice.reverts && !slice.kimiSession)
    return [{ kind: 'wall-passed', slice: slice.id, wall: nothingNew(slice.reverts.sha, { base, head }) }];
  const mirror = await mirrorOf(goal, tools);
  const patch = await readPatch(mirror, base, head);
  const ruled = await judgeByRules(goal, slice, { mirror, base, head, patch });
  const { reviewer, rounds } = policyOf(goal).review;
  const isLast = slice.attempts.rounds + 1 >= rounds;
  if (reviewer === 'off') return [judge(slice, ruled, isLast)];
  const asked = await askReviewers(goal, slice, { mirror, base, head, patch, ruled }, tools);
  if (asked.stopped) return asked.stopped;
  return [judge(slice, mergeReviewer(ruled, asked.answers, policyOf(goal).review), isLast)];
}

/** An exact revert, which a person ordered, brings nothing that the wall has not let out. */
function nothingNew(sha: Sha, at: { base: Sha; head: Sha }): Wall {
  const feedback = `takes back ${sha.slice(0, 12)} and adds nothing`;
  const passes = PASSES.map((pass): PassVerdict => {
    return { pass, status: 'not-applicable', severity: 'low', feedback, findings: [] };
  });
  return { ...at, passes, antiSlopConfidence: 0 };
}

/** In the last round only what is high or critical still blocks. */
function judge(slice: Slice, found: Wall, isLast: boolean): GoalEvent {
  const kept = waive(found, slice.accepted);
  const wall = isLast ? relent(kept) : kept;
  const verdict = wallVerdict(wall);
  if (verdict.kind === 'passed') return { kind: 'wall-passed', slice: slice.id, wall };
  const silent = wall.passes.filter(({ status, findings }) => status === 'failed' && findings.length === 0);
  const unsaid = silent.map(({ pass, feedback }): Feedback => ({ from: 'wall', text: `Pass ${pass}: ${feedback}` }));
  const missing = verdict.missing.map((pass): Feedback => ({ from: 'wall', text: `Pass ${pass} has not spoken.` }));
  const open = wall.passes.flatMap(({ findings }) => findings);
  const feedback = [...open.map(asFeedback), ...unsaid, ...missing];
  return { kind: 'wall-blocked', slice: slice.id, wall, feedback };
}

type Diff = { mirror: Mirror; base: Sha; head: Sha; patch: string };

function judgeByRules(goal: Goal, slice: Slice, { mirror, base, head, patch }: Diff): Promise<Wall> {
  return withTrees(mirror, { base, head }, ({ before, after }) =>
    reviewChange({
      base,
      head,
      patch,
      policy: policyOf(goal).review,
      gates: slice.gates,
      about: [
        goal.ask.title,
        goal.ask.text,
        slice.title,
        slice.description,
        ...slice.acceptance,
        ...slice.writeScope,
      ].join('\n'),
      asked: readVisible(`${goal.ask.title}\n${goal.ask.text}`).text,
      readNew: (path) => after.read(path),
      readOld: (path) => before.read(path),
      paths: after.paths,
    }),
  );
}

type Desk = { worktree: Worktree; patch: string; change: Change; ruled: Wall };
type Asked = { answers: Map<PassName, ReviewerAnswer>; stopped: GoalEvent[] | undefined };

async function askReviewers(
  goal: Goal,
  slice: Slice,
  { mirror, base, head, patch, ruled }: Diff & { ruled: Wall },
  tools: Tools,
): Promise<Asked> {
  const asked: Asked = { answers: new Map(), stopped: undefined };
  const name = reviewName(goal, slice.id);
  const worktree = await openWorktree(mirror, { root: folders(tools.config).worktrees, name, sha: head });
  await takeInstructions(worktree, base);
  await lendOwnGit(worktree, tools);
  const desk = { worktree, patch, change: parsePatch(patch), ruled };
  const passes = ruled.passes.filter(({ status }) => status !== 'not-applicable').map(({ pass }) => pass);
  const reviewer = async () => {
    for (let pass = passes.shift(); pass && !asked.stopped; pass = passes.shift()) {
      await askReviewer(goal, slice, { desk, pass, asked }, tools);
    }
  };
  await Promise.all(Array.from({ length: termsOf(goal).agents }, reviewer));
  await removeWorktree(worktree);
  await removeLent([name], tools);
  return asked;
}

/** One pass, one fresh session, repaired at most once. An answer that cannot be read stops the slice: nobody has judged it. */
async function askReviewer(
  goal: Goal,
  slice: Slice,
  { desk, pass, asked }: { desk: Desk; pass: PassName; asked: Asked },
  tools: Tools,
): Promise<void> {
  const { worktree, patch, change, ruled } = desk;
  const role = reviewRole(pass);
  let prompt = reviewPrompt(goal, slice, { pass, patch, wall: ruled });
  let session: string | undefined;
  let answer: ReviewerAnswer | undefined;
  for (let round = 0; round < 2; round += 1) {
    const question = { role, slice: slice.id, prompt, worktree, session, round, tools: 'read-only' } as const;
    const turn = await askKimi(goal, question, tools);
    if (isFailed(turn)) {
      asked.stopped = afterFailure(slice, judgeFailure(turn), tools.clock.now());
      return;
    }
    const { outcome } = turn;
    answer = parseReviewerAnswer(outcome.text, change, pass);
    if (answer.kind === 'read') break;
    session = outcome.session;
    prompt = reviewRepairPrompt(answer.why);
  }
  if (answer?.kind === 'read') asked.answers.set(pass, answer);
  else asked.stopped = [unread(slice, `Pass ${pass}: ${answer?.why ?? 'no answer'}`)];
}

function afterFailure(slice: Slice, trouble: KimiTrouble, now: Date): GoalEvent[] {
  switch (trouble.kind) {
    case 'budget':
      return [{ kind: 'finished', status: 'needs_more_budget', reason: trouble.reason }];
    case 'stop':
      return giveUp(slice.id, trouble.reason);
    case 'later':
      return breakOff(slice, trouble.reason, { now });
    case 'turn':
      return [unread(slice, trouble.reason)];
    default:
      return assertNever(trouble);
  }
}

function unread(slice: Slice, why: string): GoalEvent {
  const text = `The reviewer gave no answer that can be read, so the wall stays closed. ${why}`;
  return { kind: 'slice-blocked', slice: slice.id, reason: { text, next: `/omk retry ${slice.id}` } };
}

function asFeedback(finding: Finding): Feedback {
  const place = finding.line > 0 ? `${finding.file}:${finding.line}` : finding.file;
  const text = `[${finding.id}] ${finding.rule} at ${place} (${finding.severity}): ${adviceOf(finding)}`;
  return { from: 'wall', text };
}
