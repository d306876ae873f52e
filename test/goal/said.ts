import type { Command } from '../../src/goal/command.ts';
import { findStop } from '../../src/goal/needs.ts';
import { usedUp } from '../../src/goal/next-steps.ts';
import { renderCheckRun } from '../../src/goal/report/check-run.ts';
import { renderHelp } from '../../src/goal/report/help.ts';
import { renderPullContent } from '../../src/goal/report/pull-body.ts';
import * as accounts from '../../src/goal/report/accounts.ts';
import * as refusals from '../../src/goal/report/refusals.ts';
import * as replies from '../../src/goal/report/replies.ts';
import * as reviews from '../../src/goal/report/review-answers.ts';
import { renderStatus } from '../../src/goal/report/status-comment.ts';
import { AT, HEAD, someGate, someGoal, someSlice, someWall } from './goals.ts';

export const PAGE = 'https://omk.example/goals/goal-20261122-180000-000-deadbeef';
export const view = { now: new Date(AT.getTime() + 72 * 60_000), sandbox: 'bwrap' };

/** Every text omk can say, with a text of somebody else wherever one may stand. */
export function everything(text: string): Record<string, string> {
  const short = text.slice(0, 30);
  const slice = someSlice({
    title: text,
    summary: `${text}\n${text}`,
    description: text,
    acceptance: [text],
    writeScope: [text],
    changedFiles: [text],
    reason: { text, next: text },
    wait: { reason: text, since: AT, until: AT },
    gates: [someGate({ name: text, run: text, signal: text })],
    wall: someWall({ passes: someWall().passes.map((verdict) => ({ ...verdict, feedback: text })) }),
  });
  const goal = someGoal({
    ask: { title: text, text, hash: 'x' },
    requester: { id: 1, login: text },
    status: 'blocked_on_human',
    reason: { text, next: text },
    slices: [slice],
    base: { branch: text, sha: HEAD },
    plan: { hash: text, notes: [text], needsApproval: true, approvedBy: { id: 1, login: text } },
    gates: { setup: [], gates: [], source: 'detected', notes: [text] },
    redOnBase: [someGate({ run: text })],
    recent: [{ at: AT, text }],
  });
  const merged = { ...slice, status: 'merged' as const };
  const over = findStop(goal, merged) ?? usedUp('usd');
  const proposal = { from: text, hash: '0123456789ab', slices: [{ ...slice, id: text }], notes: [text] };
  const running = { ...goal, proposal, status: 'running' as const, reason: undefined };
  const delay = { reason: text, since: AT, until: AT, tries: 1 };
  const planning = { ...goal, delay, status: 'planning' as const, reason: undefined, slices: [] };
  const command: Command['kind'] = 'rebase';
  return {
    status: renderStatus(goal, { ...view, sandbox: text }),
    running: renderStatus(running, view),
    planning: renderStatus(planning, view),
    body: renderPullContent(goal, slice, { sandbox: text }),
    checkRun: renderCheckRun(someWall(), [{ finding: 'deadbeef', reason: text }]).summary,
    helpIssue: renderHelp('issue'),
    helpPull: renderHelp('pull'),
    faults: refusals.faults({ faults: [text, text], nearest: 'run' }),
    notPermitted: refusals.notPermitted(command, 'read'),
    notKnown: refusals.notPermitted('status', 'unknown'),
    wrongPlace: refusals.wrongPlace(command),
    notHeardEdit: refusals.notHeard('edit'),
    notHeardIssue: refusals.notHeard('issue'),
    notHeardReview: refusals.notHeard('review'),
    reviewOfReader: refusals.reviewOfReader(text),
    reviewTooLate: refusals.reviewTooLate({ id: 'api', status: 'merged' }),
    programs: refusals.programs(text),
    labelOnPull: refusals.labelOnPull(),
    onlyFirst: refusals.onlyFirst(command, 2),
    flooded: refusals.flooded(30),
    busy: refusals.busy(goal),
    noGoal: refusals.noGoal('issue'),
    noGoalPull: refusals.noGoal('pull'),
    alreadyEnded: refusals.alreadyEnded(goal),
    notWaiting: refusals.notWaiting('approve', goal),
    notNow: refusals.notNow(command, { id: 'api', status: 'merged' }),
    shutIssue: refusals.shutIssue(),
    answerFirst: refusals.answerFirst(goal),
    needsBudget: refusals.needsBudget(usedUp('tokens')),
    mergeDisabled: refusals.mergeDisabled(12),
    builtUpon: refusals.builtUpon('api', ['ui', 'docs']),
    replaced: replies.replaced(goal),
    proposalRefused: replies.proposalRefused(),
    planAgain: replies.planAgain(),
    whenResumed: replies.whenResumed(),
    threadFixed: reviews.threadAnswer({ kind: 'fixed', text }, HEAD),
    threadElsewhere: reviews.threadAnswer({ kind: 'elsewhere', text }, HEAD),
    threadAnswered: reviews.threadAnswer({ kind: 'answered', text }, HEAD),
    threadDeclined: reviews.threadAnswer({ kind: 'declined', text }, HEAD),
    threadNeedsYou: reviews.threadAnswer({ kind: 'needs-you' }, HEAD),
    reviewAnswered: reviews.reviewAnswered(slice, [text], [{ kind: 'fixed', text }, { kind: 'needs-you' }]),
    threadStopped: reviews.threadStopped(slice, { text, next: '/omk retry api' }),
    reviewStopped: reviews.reviewStopped(slice, { text, next: '/omk retry api' }, [text]),
    threadOfMerged: reviews.threadStopped(merged, over),
    reviewOfMerged: reviews.reviewStopped(merged, over, [text]),
    withdrawn: reviews.withdrawn(slice),
    confirmLabel: refusals.confirmLabel(text),
    closedIssue: refusals.closedIssue(),
    hiddenText: replies.hiddenText(2),
    planApproved: replies.planApproved('0123456789ab'),
    planShown: refusals.planShown(someGoal({ status: 'awaiting_approval' })),
    planChanged: refusals.planChanged({ given: short, shown: '0123456789ab' }),
    planRejected: replies.planRejected(),
    answered: replies.answered(),
    answeredSlice: replies.answered('api'),
    passedOn: replies.passedOn(['api', 'ui']),
    paused: replies.paused(),
    resumed: replies.resumed(),
    cancelled: replies.cancelled([slice]),
    retriedGoal: replies.retried(),
    retriedSlice: replies.retried('api'),
    fixTaken: replies.fixTaken('api', true),
    fixBegun: replies.fixTaken('api', false),
    rebaseTaken: replies.rebaseTaken('api', false),
    mergeTaken: replies.mergeTaken('api', undefined),
    mergeTakenInFreeze: replies.mergeTaken('api', 'by ada until `/omk unfreeze`'),
    revertTaken: replies.revertTaken(
      { kind: 'reverted', undoes: 'api', by: goal.requester, cancels: ['ui'], undo: { ...slice, id: 'revert-api' } },
      goal,
    ),
    revertOfCancelled: replies.revertTaken(
      { kind: 'reverted', undoes: 'api', by: goal.requester, cancels: [], undo: undefined },
      { status: 'cancelled' },
    ),
    unknownSlice: refusals.unknownSlice(text, [text]),
    unknownFinding: refusals.unknownFinding(text),
    budgetExtended: replies.budgetExtended({ usd: 5, tokens: 2_000_000, timeMs: 3_600_000 }),
    budgetStillUsed: replies.budgetExtended({ usd: 5, tokens: 0, timeMs: 0 }, usedUp('tokens')),
    findingAccepted: replies.findingAccepted('deadbeef', text),
    frozen: replies.frozen(text),
    unfrozen: replies.unfrozen({ was: true, still: undefined }),
    unfrozenNothing: replies.unfrozen({ was: false, still: undefined }),
    unfrozenStill: replies.unfrozen({
      was: true,
      still: 'from Fri 16:00 to Mon 07:00, UTC, this time until 2026-11-30 07:00 UTC',
    }),
    whenAffordable: replies.whenAffordable(),
    reviewWaits: refusals.reviewWaits(someGoal({ status: 'paused' })),
    severalSlices: refusals.severalSlices('merge', ['api', 'ui']),
    proof: accounts.proof(goal, PAGE),
    proofWithout: accounts.proof(goal, undefined),
    replay: accounts.replay(goal, [{ at: AT, text }]),
    why: accounts.why(goal),
    whyRunning: accounts.why(running),
    statusReply: accounts.status(goal, view.now, 2),
    failed: refusals.failed({ text, next: text }),
    failedNext: refusals.failed({ text, next: `write /omk run ${short}` }),
  };
}
