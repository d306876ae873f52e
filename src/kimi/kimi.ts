import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertNever } from '../errors.ts';
import type { ToolCall } from '../goal/approval.ts';
import type { Usage } from '../goal/budget.ts';
import type { Exit, Launched, Room } from '../process.ts';
import { type Acp, AcpError, AUTHENTICATION_REQUIRED, CONNECTION_ENDED, openAcp } from './acp.ts';
import { ownKimi } from './compiled.ts';
import { type KimiFailure, turnFailure } from './failure.ts';
import { kimiEnvironment, type KimiTools, modelSocket, prepareHome } from './home.ts';
import { reap } from './reap.ts';
import { NO_RECORD, readRecord, type TurnEnd, type TurnRecord } from './record.ts';
import { type KimiProgress, openSession, prompt, sessionHandlers } from './session.ts';
import { type Stop, watch } from './watch.ts';

export type { KimiFailure, KimiProgress };

export type KimiTask = {
  prompt: string;
  /** Resume this session (same work folder), or undefined for a fresh one. */
  session: string | undefined;
  tools: KimiTools;
  /** Whether a tool call that Kimi asks about may go on. */
  approve: (call: ToolCall) => boolean;
  /** For the whole task, the start of Kimi included. */
  timeoutMs: number;
  /** Neither a message of Kimi nor traffic with the model for so long: it hangs. A tool may be quiet for 5 minutes. */
  silenceMs: number;
  maxSteps: number;
  model: string;
  onProgress: (progress: KimiProgress) => void;
  /** The session that gets the prompt; it is awaited first, so that a session that has cost something is known. */
  onSession?: ((session: string) => Promise<void>) | undefined;
  signal: AbortSignal;
  /** When the model proxy last saw traffic, in milliseconds since 1970; without it only Kimi's messages break the silence. */
  modelTrafficAt?: (() => number) | undefined;
  /** Another Kimi CLI than the one omk brings along: the argv before `acp`. */
  command?: readonly string[] | undefined;
  /** Where the room has Kimi's compiled code, if it has. */
  compiled?: string | undefined;
};

/** `usage` is what Kimi itself recorded; what the model proxy counted is harder to forge. The session of a failure can be resumed too. */
export type KimiOutcome =
  | { kind: 'completed'; text: string; session: string; usage: Usage; durationMs: number }
  | {
      kind: 'failed';
      cause: KimiFailure;
      message: string;
      session: string | undefined;
      usage: Usage;
      durationMs: number;
    };

/** Why we no longer wait: the turn is over, Kimi refused, a limit of ours was reached, or its process is gone. */
type Ending =
  | { kind: 'turn-over' }
  | { kind: 'refused'; error: AcpError }
  | { kind: 'stopped'; stop: Stop }
  | { kind: 'gone'; fault: string | undefined };

type Turn = { session: string | undefined; promptedAt: number };
type Verdict =
  | { kind: 'completed'; text: string; session: string }
  | { kind: 'failed'; cause: KimiFailure; message: string; session: string | undefined };

const MESSAGE_LENGTH = 2_048;

/**
 * Gives Kimi CLI one task in a room whose home holds the model's socket, and waits for the end of the turn.
 * Whatever Kimi does is an outcome. When it is returned nothing that the task started is running, within 10 s of a cancel or a limit.
 * Throws a `ToolError` if the room's home cannot be prepared.
 */
export async function runKimi(room: Room, task: KimiTask): Promise<KimiOutcome> {
  const startedAt = performance.now();
  await prepareHome(room, task);
  const marker = randomUUID();
  const program = room.launch(kimiCommand(room, task), { ...kimiEnvironment(room, task), OMK_KIMI_TASK: marker });
  const stderrTail = tailOf(program.stderr);
  const watching = watch({ ...task, lastHeardAt: task.modelTrafficAt ?? (() => 0) });
  const handlers = sessionHandlers(task);
  const acp = openAcp(program, { ...handlers, onMessage: watching.alive });
  const turn: Turn = { session: undefined, promptedAt: Date.now() };
  const conversation = converse(acp, { cwd: room.work, task, turn });
  const stopped = watching.stopped.then((stop): Ending => ({ kind: 'stopped', stop }));
  let ending: Ending;
  let exit: Exit | undefined;
  try {
    ending = await Promise.race([conversation, stopped]);
    handlers.flush();
    if (ending.kind === 'stopped') await cancelTurn(acp, turn, conversation);
  } finally {
    watching.close();
    exit = await endProgram(program, `OMK_KIMI_TASK=${marker}`);
  }
  const record =
    turn.session === undefined ? NO_RECORD : await readRecord(room.hostHome, turn.session, turn.promptedAt);
  const verdict = judge(ending, { turn, record, lastWords: lastWords(exit, stderrTail()) });
  return { ...verdict, usage: record.usage, durationMs: Math.round(performance.now() - startedAt) };
}

/** The bridge and the Kimi CLI of our own node_modules, at paths that a sandbox shows under the same names. */
function kimiCommand(room: Room, task: KimiTask): string[] {
  const bridge = fileURLToPath(new URL('../bridge.ts', import.meta.url));
  const kimi = task.command ?? [process.execPath, ownKimi()];
  return [process.execPath, bridge, modelSocket(room.home), '--', ...kimi, 'acp'];
}

async function converse(acp: Acp, { cwd, task, turn }: { cwd: string; task: KimiTask; turn: Turn }): Promise<Ending> {
  try {
    turn.session = await openSession(acp, { cwd, earlier: task.session, onProgress: task.onProgress });
    await task.onSession?.(turn.session);
    turn.promptedAt = Date.now();
    await prompt(acp, turn.session, task.prompt);
    return { kind: 'turn-over' };
  } catch (error) {
    if (!(error instanceof AcpError)) throw error;
    return error.code === CONNECTION_ENDED ? { kind: 'gone', fault: await acp.ended } : { kind: 'refused', error };
  }
}

/** Asks for an end in the way that lets Kimi stop its tools and keep the session; a Kimi that hangs does not answer. */
async function cancelTurn(acp: Acp, turn: Turn, conversation: Promise<unknown>): Promise<void> {
  conversation.catch(() => {});
  if (turn.session === undefined) return;
  acp.notify('session/cancel', { sessionId: turn.session });
  await within(2_000, conversation);
}

/** Kimi ends its tools when its standard input closes, not when it gets a signal: so the signals come later, and what escaped them last. */
async function endProgram(program: Launched, marker: string): Promise<Exit | undefined> {
  program.stdin.end();
  await within(3_000, program.exited);
  await within(3_000, program.kill(1_000));
  await reap(marker);
  return within(500, program.exited);
}

function judge(ending: Ending, facts: { turn: Turn; record: TurnRecord; lastWords: string }): Verdict {
  const { session } = facts.turn;
  const { end, text } = facts.record;
  const failed = (cause: KimiFailure, message: string): Verdict => {
    return { kind: 'failed', cause, message: message.slice(0, MESSAGE_LENGTH), session };
  };
  switch (ending.kind) {
    case 'turn-over':
      // Kimi answers `end_turn` to almost every failure too.
      if (end === undefined || session === undefined)
        return failed('exited', 'Kimi left no record of how the turn ended');
      return end.reason === 'completed'
        ? { kind: 'completed', text, session }
        : failed(turnFailure(end), describeEnd(end));
    case 'refused':
      if (end?.reason === 'failed') return failed(turnFailure(end), describeEnd(end));
      if (ending.error.code === AUTHENTICATION_REQUIRED) return failed('auth', ending.error.message);
      return failed(session === undefined ? 'not-started' : 'provider', `Kimi refused: ${ending.error.message}`);
    case 'stopped':
      return failed(ending.stop.cause, ending.stop.message);
    case 'gone': {
      const message = [ending.fault, facts.lastWords].filter(Boolean).join('; ');
      return failed(session === undefined ? 'not-started' : 'exited', message);
    }
    default:
      return assertNever(ending);
  }
}

function describeEnd(end: TurnEnd): string {
  return [end.code || end.reason, end.message].filter(Boolean).join(': ');
}

function lastWords(exit: Exit | undefined, stderr: string): string {
  if (exit === undefined) return 'Kimi could not be ended';
  const why = exit.failure ?? exit.excess;
  const how = exit.signal === null ? `with code ${exit.exitCode}` : `by ${exit.signal}`;
  return `Kimi ended${why === undefined ? ` ${how}` : `: ${why}`}${stderr && `: ${stderr}`}`;
}

/** The last 2 kB of a stream as one line. */
function tailOf(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MESSAGE_LENGTH);
  });
  stream.on('error', () => {});
  return () =>
    tail
      .toString('utf8')
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim();
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const tooLate = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  const result = await Promise.race([promise, tooLate]);
  timer.abort();
  return result;
}
