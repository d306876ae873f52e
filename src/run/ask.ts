import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever, ToolError } from '../errors.ts';
import { priceUsage } from '../goal/budget.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import type { Wait } from '../goal/slice.ts';
import { around, killPoint } from '../kill-point.ts';
import type { Worktree } from '../git/worktree.ts';
import { runKimi, type KimiOutcome } from '../kimi/kimi.ts';
import { startModelProxy } from '../kimi/model-proxy.ts';
import { AGENT_LIMITS } from '../sandbox/limits.ts';
import { openRoom } from '../sandbox/sandbox.ts';
import { lentBinds } from './lend.ts';
import { folders, type Tools } from './tools.ts';

const MINUTE = 60_000;

/** One question to Kimi. `role` keeps homes apart: the reviewer never meets the builder's session. */
export type Question = {
  role: string;
  slice: string;
  prompt: string;
  worktree: Worktree;
  session: string | undefined;
  tools: 'all' | 'read-only';
};

export type Answer = { outcome: KimiOutcome; spent: GoalEvent };

/** Asks Kimi in a worktree that was lent its own git (`lendOwnGit`), in a sandbox that reaches nothing but the model, through a proxy that alone knows the key. */
export async function askKimi(goal: Goal, question: Question, tools: Tools): Promise<Answer> {
  const { config, signal } = tools;
  const home = join(folders(config).homes, folderName(goal.id, question.slice, question.role));
  await mkdir(home, { recursive: true });
  const room = openRoom(tools.sandbox, {
    profile: 'agent',
    work: question.worktree.dir,
    writable: question.tools === 'all',
    home,
    ...lentBinds(question.worktree, tools),
    limits: AGENT_LIMITS,
  });
  const proxy = await startModelProxy({
    socketPath: join(home, 'model.sock'),
    baseUrl: config.KIMI_BASE_URL,
    apiKey: config.KIMI_API_KEY,
  });
  try {
    const outcome = await around('kimi', () =>
      runKimi(room, {
        prompt: question.prompt,
        session: question.session,
        tools: question.tools,
        timeoutMs: 30 * MINUTE,
        silenceMs: 5 * MINUTE,
        maxSteps: 200,
        model: config.KIMI_MODEL,
        command: config.KIMI_BIN ? [process.execPath, config.KIMI_BIN] : undefined,
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
        signal,
      }),
    );
    signal.throwIfAborted();
    return { outcome, spent: spentOn(question, outcome, config.KIMI_MODEL) };
  } finally {
    await proxy.close();
  }
}

/** Short, because a unix socket's path may have 108 bytes at most. */
function folderName(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

function spentOn(question: Question, outcome: KimiOutcome, model: string): GoalEvent {
  const { usage, durationMs } = outcome;
  const on = question.slice ? `${question.role} ${question.slice}` : question.role;
  return { kind: 'spent', on, spend: { ...usage, usd: priceUsage(model, usage), kimiMs: durationMs } };
}

export type KimiTrouble =
  /** Only a person can help: the key or the account. */
  | { kind: 'stop'; reason: Reason }
  /** The model's service is in trouble: the same again after the wait. */
  | { kind: 'later'; reason: string; wait: Wait }
  /** This turn did not work out; another one may. */
  | { kind: 'turn'; reason: string };

/** What a failed turn means for the goal. Throws ToolError when Kimi could not be started at all. */
export function judgeFailure(outcome: KimiOutcome & { kind: 'failed' }, now: Date): KimiTrouble {
  const reason = `Kimi: ${outcome.message}`;
  switch (outcome.cause) {
    case 'auth':
    case 'quota':
      return { kind: 'stop', reason: { text: `The model refused to work. ${reason}`, next: '/omk retry' } };
    case 'rate-limit':
    case 'provider':
    case 'connection':
      return { kind: 'later', reason, wait: { reason, since: now, until: new Date(now.getTime() + MINUTE) } };
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
