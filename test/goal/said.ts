import type { Command } from '../../src/goal/command.ts';
import { renderCheckRun } from '../../src/goal/report/check-run.ts';
import { renderHelp } from '../../src/goal/report/help.ts';
import { renderPullContent } from '../../src/goal/report/pull-body.ts';
import * as replies from '../../src/goal/report/replies.ts';
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
  const proposal = { from: text, hash: '0123456789ab', slices: [{ ...slice, id: text }], notes: [text] };
  const running = { ...goal, proposal, status: 'running' as const, reason: undefined };
  const command: Command['kind'] = 'rebase';
  return {
    status: renderStatus(goal, { ...view, sandbox: text }),
    running: renderStatus(running, view),
    body: renderPullContent(goal, slice, { sandbox: text }),
    checkRun: renderCheckRun(someWall(), [{ finding: 'deadbeef', reason: text }]).summary,
    helpIssue: renderHelp('issue'),
    helpPull: renderHelp('pull'),
    faults: replies.faults({ faults: [text, text], nearest: 'run' }),
    notPermitted: replies.notPermitted(command, 'read'),
    notKnown: replies.notPermitted('status', 'unknown'),
    wrongPlace: replies.wrongPlace(command),
    onlyFirst: replies.onlyFirst(command, 2),
    flooded: replies.flooded(30),
    busy: replies.busy(goal),
    noGoal: replies.noGoal(),
    alreadyEnded: replies.alreadyEnded(goal),
    notWaiting: replies.notWaiting('approve', goal),
    notNow: replies.notNow(command, { id: 'api', status: 'merged' }),
    needsBudget: replies.needsBudget(),
    mergeDisabled: replies.mergeDisabled(12),
    builtUpon: replies.builtUpon('api', ['ui', 'docs']),
    replaced: replies.replaced(goal),
    proposalRefused: replies.proposalRefused(),
    planAgain: replies.planAgain(),
    threadFixed: replies.threadAnswer({ kind: 'fixed', text }, HEAD),
    threadElsewhere: replies.threadAnswer({ kind: 'elsewhere', text }, HEAD),
    threadAnswered: replies.threadAnswer({ kind: 'answered', text }, HEAD),
    threadDeclined: replies.threadAnswer({ kind: 'declined', text }, HEAD),
    threadNeedsYou: replies.threadAnswer({ kind: 'needs-you' }, HEAD),
    reviewAnswered: replies.reviewAnswered(slice, [text], [{ kind: 'fixed', text }, { kind: 'needs-you' }]),
    withdrawn: replies.withdrawn(slice),
    confirmLabel: replies.confirmLabel(text),
    closedIssue: replies.closedIssue(),
    hiddenText: replies.hiddenText(2),
    planApproved: replies.planApproved('0123456789ab'),
    planChanged: replies.planChanged({ given: short, shown: '0123456789ab' }),
    planRejected: replies.planRejected(),
    answered: replies.answered(),
    answeredSlice: replies.answered('api'),
    paused: replies.paused(),
    resumed: replies.resumed(),
    cancelled: replies.cancelled(goal),
    retriedGoal: replies.retried(),
    retriedSlice: replies.retried('api'),
    fixTaken: replies.fixTaken('api', true),
    fixBegun: replies.fixTaken('api', false),
    rebaseTaken: replies.rebaseTaken('api', false),
    mergeTaken: replies.mergeTaken('api'),
    revertTaken: replies.revertTaken({
      kind: 'reverted',
      undoes: 'api',
      by: goal.requester,
      cancels: ['ui'],
      undo: { ...slice, id: 'revert-api' },
    }),
    unknownSlice: replies.unknownSlice(text, [text]),
    unknownFinding: replies.unknownFinding(text),
    budgetExtended: replies.budgetExtended({ usd: 5, tokens: 2_000_000, timeMs: 3_600_000 }),
    findingAccepted: replies.findingAccepted('deadbeef', text),
    frozen: replies.frozen(text),
    unfrozen: replies.unfrozen(),
    proof: replies.proof(goal, PAGE),
    proofWithout: replies.proof(goal, undefined),
    replay: replies.replay(goal, [{ at: AT, text }]),
    why: replies.why(goal),
    whyRunning: replies.why(running),
    statusReply: replies.status(goal, view.now, 2),
    failed: replies.failed({ text, next: text }),
    failedNext: replies.failed({ text, next: `write /omk run ${short}` }),
  };
}
