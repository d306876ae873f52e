import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { rgPath } from '@vscode/ripgrep';
import { dirname, join } from 'node:path';
import { ToolError } from '../errors.ts';
import type { Room } from '../process.ts';
import type { KimiTask } from './kimi.ts';

/** `read-only` offers no tool that writes or runs a command. */
export type KimiTools = 'all' | 'read-only';

const READING = ['Read', 'ReadMediaFile', 'Glob', 'Grep'];

/**
 * The tools of Kimi 2.1 that are offered; whatever is not named here, of today or of a later version, is not.
 * Left out: those that need a person, the network, a schedule or a goal of their own, and those that manage background tasks, without which
 * Kimi refuses to start a background task: when the turn ends, nothing goes on.
 */
const TOOLS: Record<KimiTools, readonly string[]> = {
  all: [...READING, 'Write', 'Edit', 'Bash', 'Agent', 'TodoList'],
  'read-only': READING,
};

/** The longest path that a Unix socket may have, in bytes (`sun_path` of Linux without its final zero). */
const SOCKET_PATH_LIMIT = 107;

const ATTEMPTS_PER_STEP = 3;

/** What Kimi 2.1 takes instructions, skills, helpers and servers from in its home. */
const INSTRUCTIONS = ['AGENTS.md', 'agents', 'skills', 'plugins', 'mcp.json', '.agents', '.kimi-code'];

/**
 * Writes Kimi's configuration into the room's home, over whatever a former task left there, and takes away what would steer Kimi.
 * Throws a `ToolError` if it cannot.
 */
export async function prepareHome(room: Room, task: { tools: KimiTools; maxSteps: number }): Promise<void> {
  assertSocketPath(modelSocket(room.home));
  const config = join(room.hostHome, 'config.toml');
  const fresh = join(room.hostHome, `config.${randomUUID()}.toml`);
  try {
    await mkdir(room.hostHome, { recursive: true });
    await writeFile(fresh, renderConfig(task), { flag: 'wx' });
    // What a former task planted may be a link, which writing would follow, or a folder, which no rename replaces.
    await rm(config, { recursive: true, force: true });
    await rename(fresh, config);
    for (const name of INSTRUCTIONS) await rm(join(room.hostHome, name), { recursive: true, force: true });
  } catch (error) {
    throw preparationFailed(`Kimi's configuration could not be written: ${(error as Error).message}`, config, error);
  }
}

/** Where the model is reached from a home folder: the model proxy listens there, the bridge connects to it. */
export function modelSocket(home: string): string {
  return join(home, 'model.sock');
}

/** Throws a `ToolError` for a path that the system would refuse or, worse, cut. */
export function assertSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_LIMIT) return;
  const message = `the model's socket path has ${bytes} bytes, ${SOCKET_PATH_LIMIT} is the most; use a shorter data folder`;
  throw preparationFailed(message, path);
}

/** Kimi's environment beside the room's own. The limits stand here too, since Kimi ignores a configuration that it cannot read. */
export function kimiEnvironment(
  room: Room,
  task: Pick<KimiTask, 'model' | 'maxSteps' | 'compiled'>,
): Record<string, string> {
  return {
    // Kimi's Glob and Grep run ripgrep; without one on the path they would try to download it.
    PATH: [room.env['PATH'], dirname(rgPath)].filter(Boolean).join(':'),
    KIMI_CODE_HOME: room.home,
    KIMI_MODEL_NAME: task.model,
    KIMI_MODEL_BASE_URL: 'http://127.0.0.1:%PORT%/v1',
    KIMI_MODEL_API_KEY: 'the-proxy-knows-it',
    KIMI_LOOP_MAX_STEPS_PER_TURN: String(task.maxSteps),
    KIMI_LOOP_MAX_ATTEMPTS_PER_STEP: String(ATTEMPTS_PER_STEP),
    KIMI_DISABLE_TELEMETRY: '1',
    KIMI_DISABLE_CRON: '1',
    KIMI_CODE_NO_AUTO_UPDATE: '1',
    ...(task.compiled === undefined ? {} : { NODE_COMPILE_CACHE: task.compiled }),
  };
}

function renderConfig(task: { tools: KimiTools; maxSteps: number }): string {
  return [
    '# Written by omk before every task.',
    'telemetry = false',
    '[loop_control]',
    `max_steps_per_turn = ${task.maxSteps}`,
    `max_attempts_per_step = ${ATTEMPTS_PER_STEP}`,
    '[tools]',
    `enabled = ${JSON.stringify(TOOLS[task.tools])}`,
    '',
  ].join('\n');
}

function preparationFailed(message: string, path: string, cause?: unknown): ToolError {
  return new ToolError(message, { tool: 'kimi', args: [path], exitCode: undefined, stderrTail: '' }, { cause });
}
