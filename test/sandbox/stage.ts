import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from '@jest/globals';
import type { Exit, Room } from '../../src/process.ts';
import { GATE_LIMITS, type Limits } from '../../src/sandbox/limits.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { openRoom, type RoomSpec, type SandboxLevel } from '../../src/sandbox/sandbox.ts';

const level = await probeSandbox();
if (level.kind !== 'bwrap') console.warn('Not run here, for want of bubblewrap: all that runs in a room.', level);
/** A test that needs the whole sandbox; shown as skipped on a machine that has less. */
export const inSandbox = level.kind === 'bwrap' ? test : test.skip;

export const LIMITS: Limits = {
  ...GATE_LIMITS,
  processes: 64,
  fileBytes: 2 ** 24,
  memoryBytes: 2 ** 30,
  tmpBytes: 2 ** 22,
};

export type Ended = Exit & { stdout: string; stderr: string };

/** A folder of the host with a work and a home folder in it, that nobody but its owner may enter. */
export async function makeStage() {
  const dir = await mkdtemp(join(tmpdir(), 'omk-room-'));
  await mkdir(join(dir, 'work'));
  await mkdir(join(dir, 'home'));
  const open = (spec: Partial<RoomSpec> = {}, at: SandboxLevel = { kind: 'bwrap' }): Room =>
    openRoom(at, {
      profile: 'gate',
      work: join(dir, 'work'),
      writable: true,
      home: join(dir, 'home'),
      readOnly: [],
      limits: LIMITS,
      ...spec,
    });
  return { dir, open, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Runs a command to its end, with `input` on its standard input. */
export async function run(
  room: Room,
  command: readonly string[],
  input = '',
  env: Record<string, string> = {},
): Promise<Ended> {
  const launched = room.launch(command, env);
  launched.stdin.end(input);
  const [stdout, stderr, exit] = await Promise.all([text(launched.stdout), text(launched.stderr), launched.exited]);
  return { ...exit, stdout, stderr };
}
