import { spawnSync } from 'node:child_process';
import { execa } from 'execa';
import { createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/**
 * How a process ended. `exitCode` is null if a signal ended it or it never started; `failure` says why it never started, `excess` of
 * what it took so much that it was ended.
 */
export type Exit = {
  exitCode: number | null;
  signal: string | null;
  failure: string | undefined;
  excess: string | undefined;
  durationMs: number;
};

/** A running program with its own process group. `exited` never rejects. */
export type Launched = {
  pid: number | undefined;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  exited: Promise<Exit>;
  /** Ends the whole process group: SIGTERM, and SIGKILL after `graceMs` (default 2,000). Resolves when it is gone. Calling twice is harmless. */
  kill(graceMs?: number): Promise<Exit>;
};

export type LaunchOptions = { cwd: string; env: Record<string, string> };

/**
 * A place where a program runs: its folders as the program sees them, and how to start one there.
 * Handed to `kimi/` and to the gates so that neither knows of sandboxes.
 */
export type Room = {
  /** The work folder and the home folder as seen from inside. */
  work: string;
  home: string;
  /** The same two as seen by omk. */
  hostWork: string;
  hostHome: string;
  /** The environment programs get here, before what `launch` adds. */
  env: Record<string, string>;
  /** Starts `command` (argv, no shell) in `work`. The environment is `env` and `extraEnv`, nothing of ours. */
  launch(command: readonly string[], extraEnv?: Record<string, string>): Launched;
};

/** Starts `command` with exactly this environment, in a process group of its own. Never throws: see `exited`. */
export function launch(command: readonly string[], options: LaunchOptions): Launched {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('launch needs a command');
  const started = performance.now();
  const child = execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    detached: true,
    cleanup: true,
    buffer: false,
    reject: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  child.stdin.on('error', () => {});
  const exited = child.then((result): Exit => {
    const neverStarted = result.exitCode === undefined && result.signal === undefined;
    return {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      failure: neverStarted ? (result.shortMessage ?? 'it could not be started') : undefined,
      excess: undefined,
      durationMs: Math.round(performance.now() - started),
    };
  });
  const kill = async (graceMs = 2_000): Promise<Exit> => {
    signalGroup(child.pid, 'SIGTERM');
    const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
    const exit = await exited;
    clearTimeout(timer);
    signalGroup(child.pid, 'SIGKILL');
    return exit;
  };
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, kill };
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whatever becomes of this process and of those it starts, their memory and so its secrets are not written to disk. Harmless where it cannot be done. */
export function leaveNoCore(): void {
  spawnSync('prlimit', ['--core=0:0', '--pid', String(process.pid)], { stdio: 'ignore' });
}

export type Run = Exit & {
  timedOut: boolean;
  /** The last `TAIL_CHARS` characters of standard output and error as they came. */
  outputTail: string;
};

/** Takes a text in parts and gives what may be kept of it, in parts too. */
export type Cleaner = { take(text: string): string; end(): string };

const TAIL_CHARS = 4_000;
const LOG_BYTES = 20_000_000;

/**
 * Waits for a program that needs no input, keeps its output in `logPath` (20 MB at most) as `clean` gives it, and ends it after
 * `timeoutMs` or when `signal` says so. Never rejects for what the program does, nor for a log that cannot be written.
 */
export async function runToEnd(
  launched: Launched,
  options: { timeoutMs: number; logPath: string; signal: AbortSignal; clean: Cleaner },
): Promise<Run> {
  launched.stdin.end();
  const log = createWriteStream(options.logPath, { mode: 0o600 }).on('error', () => {});
  let outputTail = '';
  let logged = 0;
  for (const stream of [launched.stdout, launched.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      outputTail = (outputTail + text).slice(-TAIL_CHARS);
      logged += text.length;
      if (logged < LOG_BYTES) log.write(options.clean.take(text));
    });
  }
  let timedOut = false;
  const stop = () => void launched.kill();
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, options.timeoutMs);
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  const exit = await launched.exited;
  clearTimeout(timer);
  options.signal.removeEventListener('abort', stop);
  await new Promise<void>((resolve) => log.end(options.clean.end(), resolve));
  const why = exit.excess === undefined ? '' : `\nomk ended it: ${exit.excess}\n`;
  return { ...exit, timedOut, outputTail: outputTail + why };
}
