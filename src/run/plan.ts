import { assertNever, UserError } from '../errors.ts';
import { openWorktree, removeWorktree } from '../git/worktree.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { GateResult } from '../goal/gate.ts';
import type { Goal, GoalEnd } from '../goal/goal.ts';
import { POLICY_PATH } from '../goal/policy-file.ts';
import { MOST_TRIES, waitForModel } from '../goal/outage.ts';
import { mustAsk, policyOf } from '../goal/terms.ts';
import { planPrompt, planRepairPrompt } from '../goal/prompt.ts';
import { parsePlan, planHash, type ParsedPlan } from '../goal/slice-plan.ts';
import { askKimi, isFailed, judgeFailure, type Failed, type Question } from './ask.ts';
import { removeLent } from './clean.ts';
import { lendOwnGit } from './lend.ts';
import { prove, SETUP_PREFIX } from './prove.ts';
import { folders, mirrorOf, type Tools } from './tools.ts';
import { shortId } from '../goal/naming.ts';

type Asked = { trouble: GoalEvent | undefined; plan: ParsedPlan | undefined };

/** Looks first what is red on the base already, and then asks Kimi, who is told of it, for slices in a read-only worktree. */
export async function plan(goal: Goal, tools: Tools): Promise<GoalEvent[]> {
  const { base } = goal;
  if (!base) throw new Error(`Goal ${goal.id} is planned without a base`);
  const mirror = await mirrorOf(goal, tools);
  const proof = { mirror, sha: base.sha, name: `${shortId(goal)}-base`, slice: '', changed: undefined };
  const evidence = await prove(goal, proof, tools);
  const redOnBase = evidence.filter((result) => result.status !== 'passed');
  const brokenSetup = redOnBase.find((result) => result.name.startsWith(SETUP_PREFIX));
  if (brokenSetup) throw brokenBase(brokenSetup);
  const worktree = await openWorktree(mirror, {
    root: folders(tools.config).worktrees,
    name: `${shortId(goal)}-plan`,
    sha: base.sha,
  });
  await lendOwnGit(worktree, tools);
  const question = {
    role: 'plan',
    slice: '',
    worktree,
    session: undefined,
    tools: 'read-only',
    round: 0,
    prompt: planPrompt({ ...goal, redOnBase }),
  } as const;
  const asked = await askForPlan(goal, question, tools);
  await removeWorktree(worktree);
  await removeLent([worktree.name], tools);
  if (asked.trouble) return [asked.trouble];
  if (asked.plan?.kind !== 'plan') return refusal(asked.plan);
  const { slices, notes } = asked.plan;
  const needsApproval = mustAsk(goal, slices);
  return [
    {
      kind: 'planned',
      slices,
      plan: { hash: planHash(slices), notes, needsApproval, approvedBy: undefined },
      redOnBase,
    },
  ];
}

/** Nothing can be proven on a base that cannot even be set up. */
function brokenBase({ run, exitCode, outputTail }: GateResult): UserError {
  const missing = exitCode === NOT_FOUND ? ' A program it needs is not installed where omk runs.' : '';
  const text = [
    `The setup step \`${run}\` fails on the base, so nothing could be proven.${missing}`,
    `Mend it there, or name another step under \`setup\` in \`${POLICY_PATH}\`.`,
  ];
  return new UserError(text.join('\n'), '/omk run', outputTail);
}

/** What a shell exits with when it knows no such command. */
const NOT_FOUND = 127;

/** No plan: the question Kimi asked instead, or what was wrong with its answer. */
function refusal(plan: ParsedPlan | undefined): GoalEvent[] {
  if (plan?.kind === 'question') {
    const reason = { text: plan.text, next: '/omk answer <text>' };
    return [{ kind: 'finished', status: 'blocked_on_human', reason }];
  }
  if (plan?.kind !== 'faults') return [];
  const text = `Kimi gave no usable plan, also when asked again:\n${plan.faults.map((line) => `- ${line}`).join('\n')}`;
  return [{ kind: 'finished', status: 'not_ready', reason: { text, next: '/omk retry' } }];
}

function afterFailure(goal: Goal, answer: Failed, now: Date): GoalEvent {
  const trouble = judgeFailure(answer);
  switch (trouble.kind) {
    case 'budget':
      return { kind: 'finished', status: 'needs_more_budget', reason: trouble.reason };
    case 'stop':
      return { kind: 'finished', status: 'blocked_on_external', reason: { text: trouble.reason, next: '/omk retry' } };
    case 'later':
      return askAgain(goal, trouble.reason, { end: 'blocked_on_external', now });
    case 'turn':
      return askAgain(goal, trouble.reason, { end: 'failed_infra', now });
    default:
      return assertNever(trouble);
  }
}

function askAgain({ delay }: Goal, why: string, { end, now }: { end: GoalEnd; now: Date }): GoalEvent {
  const wait = waitForModel(delay, `no plan yet. ${why}`, now);
  if (wait) return { kind: 'plan-delayed', wait };
  const text = `Kimi was asked for a plan ${MOST_TRIES} times and gave none. ${why}`;
  return { kind: 'finished', status: end, reason: { text, next: '/omk retry' } };
}

/** The plan, repaired at most once in the same session, or why Kimi could not answer. */
async function askForPlan(goal: Goal, question: Question, tools: Tools): Promise<Asked> {
  let { prompt, session } = question;
  let plan: ParsedPlan | undefined;
  for (let round = 0; round < 2; round += 1) {
    const answer = await askKimi(goal, { ...question, prompt, session, round }, tools);
    if (isFailed(answer)) return { trouble: afterFailure(goal, answer, tools.clock.now()), plan: undefined };
    const { outcome } = answer;
    plan = parsePlan(outcome.text, policyOf(goal), goal.slices);
    if (plan.kind !== 'faults') break;
    prompt = planRepairPrompt(plan.faults);
    session = outcome.session;
  }
  return { trouble: undefined, plan };
}
