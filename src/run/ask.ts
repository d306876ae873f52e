import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever, ToolError } from '../errors.ts';
import { decideCall, turnPolicy, type ToolDecision } from '../goal/approval.ts';
import type { BudgetKind } from '../goal/budget.ts';
import { getSlice, type Goal, type Reason } from '../goal/goal.ts';
import { usedUp } from '../goal/next-steps.ts';
import { goOn } from '../goal/prompt.ts';
import { around, killPoint } from '../kill-point.ts';
import type { Worktree } from '../git/worktree.ts';
import { runKimi, type KimiOutcome } from '../kimi/kimi.ts';
import { startModelProxy } from '../kimi/model-proxy.ts';
import { AGENT_LIMITS } from '../sandbox/limits.ts';
import { homeOf } from './clean.ts';
import { showCompiled } from './compiled.ts';
import { lentBinds } from './lend.ts';
import { openPurse, type Purse } from './purse.ts';
import { openGoalRoom } from './room.ts';
import type { Tools } from './tools.ts';
import { beginTurn, endTurn, findTurn, type TurnName } from './turn.ts';

const MINUTE = 60_000;
/** Far more than a turn of 200 steps asks; an agent that floods omk with questions has them counted. */
const DECISIONS_TOLD = 1_000;

/** One question to Kimi. `role` keeps homes apart: the reviewer never meets the builder's session. */
export type Question = {
  role: string;
  slice: string;
  prompt: string;
  worktree: Worktree;
  session: string | undefined;
  tools: 'all' | 'read-only';
  /** Questions of one stage and role are told apart by this. */
  round: number;
  /** The worktree was made anew: what an interrupted turn remembers of it does not hold. */
  fresh?: boolean;
};

/** `overdrawn`: the budget that is used up, the reason why a turn failed that did. */
export type Answer = Completed | Failed;
type Completed = { outcome: KimiOutcome & { kind: 'completed' } };
export type Failed = { outcome: KimiOutcome & { kind: 'failed' }; overdrawn: BudgetKind | undefined };

/**
 * Asks Kimi once, over crashes: a turn whose answer is recorded is not asked again, and one that was cut off goes on in its session.
 * What it costs is recorded as it is spent, and a budget that is used up ends the turn.
 */
export async function askKimi(goal: Goal, question: Question, tools: Tools): Promise<Answer> {
  const { role, slice, round } = question;
  const name = { role, slice, round, turn: slice ? getSlice(goal, slice).turn : goal.course };
  const known = question.fresh ? undefined : await findTurn(goal, name, tools);
  if (known?.answer) return { outcome: known.answer };
  const purse = openPurse(goal, slice ? `${role} ${slice}` : role, tools);
  const asked = known?.session ? { ...question, session: known.session, prompt: goOn(question.prompt) } : question;
  let overdrawn: BudgetKind | undefined;
  let outcome: KimiOutcome;
  try {
    outcome = cleaned(await converse(goal, { question: asked, name, purse }, tools), tools);
  } finally {
    overdrawn = await purse.close();
  }
  tools.signal.throwIfAborted();
  if (outcome.kind === 'failed') return { outcome, overdrawn };
  await endTurn(goal, name, outcome, tools);
  return { outcome };
}

/** What Kimi says goes to many places, and to some of them past every other sink: the message of a commit is one. */
function cleaned(outcome: KimiOutcome, tools: Tools): KimiOutcome {
  if (outcome.kind === 'failed') return outcome;
  const cleaning = tools.cleaner();
  return { ...outcome, text: cleaning.take(outcome.text) + cleaning.end() };
}

type Conversation = { question: Question; name: TurnName; purse: Purse };

/** One run of Kimi in a worktree that was lent its own git (`lendOwnGit`), in a sandbox that reaches nothing but the model, through a proxy that alone knows the key. */
async function converse(goal: Goal, { question, name, purse }: Conversation, tools: Tools): Promise<KimiOutcome> {
  const { config, signal } = tools;
  const home = homeOf(config, { goal, slice: question.slice, role: question.role });
  await mkdir(home, { recursive: true });
  const { readOnly, readWrite } = lentBinds(question.worktree, tools);
  const code = await showCompiled(goal, tools);
  const room = openGoalRoom(
    goal,
    {
      profile: 'agent',
      work: question.worktree.dir,
      writable: question.tools === 'all',
      home,
      readOnly: [...readOnly, ...code.readOnly],
      readWrite,
      limits: AGENT_LIMITS,
    },
    tools,
  );
  const proxy = await startModelProxy({
    socketPath: join(home, 'model.sock'),
    baseUrl: config.KIMI_BASE_URL,
    apiKey: config.KIMI_API_KEY,
    model: config.KIMI_MODEL,
    onUsage: (usage, model) => purse.pay(usage, model),
    mayAsk: () => purse.mayAsk(),
  });
  const decided: Decided = { asked: 0, refusals: 0, allowed: [], refused: [] };
  const policy = turnPolicy({ tools: question.tools, work: room.work });
  try {
    return await around('kimi', () =>
      runKimi(room, {
        prompt: question.prompt,
        session: question.session,
        tools: question.tools,
        approve: (call) => {
          const decision = decideCall(policy, call);
          note(decided, decision);
          return decision.allowed;
        },
        timeoutMs: Math.min(30 * MINUTE, purse.leftMs),
        silenceMs: 5 * MINUTE,
        maxSteps: 200,
        model: config.KIMI_MODEL,
        command: config.KIMI_BIN ? [process.execPath, config.KIMI_BIN] : undefined,
        compiled: code.compiled,
        modelTrafficAt: () => proxy.lastTrafficAt(),
        onProgress: ({ kind, text }) => {
          killPoint('during:kimi');
          const isAnswer = kind === 'says' && question.tools === 'read-only';
          tools.tell({
            goal: goal.id,
            slice: question.slice,
            stage: question.role,
            text: isAnswer ? 'Answered.' : text,
          });
        },
        onSession: (session) => beginTurn(goal, name, session, tools),
        signal: AbortSignal.any([signal, purse.empty]),
      }),
    );
  } finally {
    await proxy.close();
    await recordDecisions(goal, question, decided, tools);
  }
}

/** What was asked of omk in one turn. Of the answers only so many are kept as are told. */
type Decided = { asked: number; refusals: number; allowed: ToolDecision[]; refused: ToolDecision[] };

function note(decided: Decided, decision: ToolDecision): void {
  decided.asked += 1;
  if (!decision.allowed) decided.refusals += 1;
  const same = decision.allowed ? decided.allowed : decided.refused;
  if (same.length < DECISIONS_TOLD) same.push(decision);
}

/** Whatever became of the turn: what Kimi did cannot be undone by that. */
async function recordDecisions(goal: Goal, { role, slice }: Question, decided: Decided, tools: Tools) {
  const { asked, allowed, refused, refusals } = decided;
  if (asked === 0) return;
  const decisions = [...refused, ...allowed].slice(0, DECISIONS_TOLD);
  const on = slice ? `${role} ${slice}` : role;
  await tools.store.record(goal.id, [{ kind: 'tools-asked', on, asked, refused: refusals, decisions }]);
}

export type KimiTrouble =
  /** The goal's budget is used up. */
  | { kind: 'budget'; reason: Reason }
  /** Only a person can help: the key or the account. */
  | { kind: 'stop'; reason: string }
  /** The model's service is in trouble: the same again later. */
  | { kind: 'later'; reason: string }
  /** This turn did not work out; another one may. */
  | { kind: 'turn'; reason: string };

export function isFailed(answer: Answer): answer is Failed {
  return answer.outcome.kind === 'failed';
}

/** What a failed turn means for the goal. Throws ToolError when Kimi could not be started at all. */
export function judgeFailure({ outcome, overdrawn }: Failed): KimiTrouble {
  if (overdrawn) return { kind: 'budget', reason: usedUp(overdrawn) };
  const reason = `Kimi: ${outcome.message}`;
  switch (outcome.cause) {
    case 'auth':
    case 'quota':
      return { kind: 'stop', reason: `The model refused to work. ${reason}` };
    case 'rate-limit':
    case 'provider':
    case 'connection':
      return { kind: 'later', reason };
    case 'context':
    case 'max-steps':
    case 'timeout':
    case 'silent':
    case 'exited':
    case 'cancelled':
      return { kind: 'turn', reason };
    case 'not-started':
      throw new ToolError(outcome.message, { tool: 'kimi', args: ['acp'], exitCode: undefined, stderrTail: '' });
    default:
      return assertNever(outcome.cause);
  }
}
