import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KimiProgress, KimiTask } from '../../src/kimi/kimi.ts';
import { launch, type Room } from '../../src/process.ts';
import { COMPILED } from '../world/compiled.ts';

export type TestRoom = { room: Room; processes(program?: string): number[]; remove(): Promise<void> };

/** A room without a sandbox in a folder of its own. `processes` are those of the room that run, known by their environment. */
export async function makeRoom(): Promise<TestRoom> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-room-'));
  const [work, home] = [join(folder, 'work'), join(folder, 'home')];
  await Promise.all([mkdir(work), mkdir(home)]);
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, OMK_TEST_ROOM: folder, NODE_COMPILE_CACHE: COMPILED };
  return {
    room: {
      work,
      home,
      hostWork: work,
      hostHome: home,
      env,
      launch: (command, extraEnv = {}) => launch(command, { cwd: work, env: { ...env, ...extraEnv } }),
    },
    processes: (program = '') => findProcesses(`OMK_TEST_ROOM=${folder}`, program),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function findProcesses(marker: string, program: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .filter(
      (pid) => readProc(pid, 'environ').split('\0').includes(marker) && readProc(pid, 'cmdline').startsWith(program),
    );
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** A task with generous limits that remembers its progress. */
export function makeTask(task: Partial<KimiTask> & { prompt: string }): KimiTask & { progress: KimiProgress[] } {
  const progress: KimiProgress[] = [];
  return {
    session: undefined,
    tools: 'all',
    approve: () => true,
    timeoutMs: 60_000,
    silenceMs: 60_000,
    maxSteps: 10,
    model: 'kimi-scripted',
    onProgress: (step) => progress.push(step),
    signal: new AbortController().signal,
    ...task,
    progress,
  };
}
