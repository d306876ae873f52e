import { execa } from 'execa';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Launched } from '../process.ts';
import type { Limits } from './limits.ts';

type Ceiling = Pick<Limits, 'diskBytes' | 'diskFiles' | 'roomBytes'>;

/** What the disk keeps for omk itself. */
const LEAST_FREE_BYTES = 2 ** 29;
const MEGABYTE = 2 ** 20;

/** No program takes faster, so that nothing need be counted while that much is left. In bytes and files a millisecond. */
const PACE = { disk: 2 ** 20, files: 100, memory: 4 * 2 ** 20 };
const LONGEST_PAUSE_MS = 5_000;

/** What a look found: that it was too much, or for how long it cannot be. */
type Look = { excess: string } | { enoughMs: number };

/**
 * The same program, ended when what it started holds more memory than `ceiling` allows, or the folders `dirs` that it may write hold
 * more, or leave the disk hardly any room; its exit then says so. Looks are taken every `everyMs`, and less often while there is much
 * left or if they take long.
 */
export function endExcess(launched: Launched, dirs: readonly string[], ceiling: Ceiling, everyMs = 500): Launched {
  let excess: string | undefined;
  const over = new AbortController();
  const watch = async (find: () => Promise<Look>, enoughMs: number): Promise<void> => {
    for (let pauseMs = pause(enoughMs, everyMs); await isPast(pauseMs, over.signal);) {
      const began = performance.now();
      const look = await find();
      if (over.signal.aborted) return;
      if ('excess' in look) {
        excess ??= look.excess;
        return void launched.kill();
      }
      pauseMs = Math.max(pause(look.enoughMs, everyMs), 5 * (performance.now() - began));
    }
  };
  const { diskBytes, diskFiles, roomBytes } = ceiling;
  void watch(() => findInMemory(launched.pid, ceiling), roomBytes / PACE.memory);
  void watch(() => findInFolders(dirs, ceiling), Math.min(diskBytes / PACE.disk, diskFiles / PACE.files));
  void watch(() => findOnDisk(dirs), 0);
  const exited = launched.exited.then((exit) => {
    over.abort();
    return { ...exit, excess };
  });
  return { ...launched, exited };
}

function pause(enoughMs: number, everyMs: number): number {
  return Math.max(everyMs, Math.min(enoughMs, LONGEST_PAUSE_MS));
}

/** Waits so long; false if it was ended before. */
function isPast(ms: number, signal: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal, ref: false }).catch(() => false);
}

async function findInMemory(pid: number | undefined, { roomBytes }: Ceiling): Promise<Look> {
  const left = roomBytes - (await memoryBelow(pid));
  return left < 0
    ? { excess: `its programs held more than ${megabytes(roomBytes)} of memory` }
    : { enoughMs: left / PACE.memory };
}

async function findInFolders(dirs: readonly string[], { diskBytes, diskFiles }: Ceiling): Promise<Look> {
  const bytes = diskBytes - (await sum(['-k'], dirs)) * 1_024;
  if (bytes < 0) return { excess: `its folders held more than ${megabytes(diskBytes)}` };
  const files = diskFiles - (await sum(['--inodes'], dirs));
  if (files < 0) return { excess: `its folders held more than ${diskFiles} files` };
  return { enoughMs: Math.min(bytes / PACE.disk, files / PACE.files) };
}

async function findOnDisk([dir]: readonly string[]): Promise<Look> {
  const disk = dir === undefined ? undefined : await statfs(dir).catch(() => undefined);
  const full = disk !== undefined && disk.bavail * disk.bsize < LEAST_FREE_BYTES;
  return full ? { excess: 'the disk is almost full: no space left on device' } : { enoughMs: 0 };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}

/** `du` prints a sum even when a file vanishes under it and it exits with 1. */
async function sum(unit: readonly string[], dirs: readonly string[]): Promise<number> {
  const { stdout } = await execa('du', ['-s', '-c', ...unit, '--', ...dirs], { reject: false, stderr: 'ignore' });
  return Number.parseInt(stdout?.trim().split('\n').at(-1) ?? '', 10) || 0;
}

/** What a process and all below it hold in memory beside what is on disk anyway. Nobody leaves the tree: in a room its first process takes in orphans. */
async function memoryBelow(root: number | undefined): Promise<number> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')));
  const processes = all.map((status, index) => ({ pid: pids[index] ?? '', status, parent: field(status, 'PPid') }));
  const below = new Set([String(root)]);
  for (let size = 0; size < below.size;) {
    size = below.size;
    for (const { pid, parent } of processes) if (below.has(String(parent))) below.add(pid);
  }
  const own = processes.filter(({ pid }) => below.has(pid));
  return own.reduce((total, { status }) => total + 1_024 * (field(status, 'RssAnon') + field(status, 'RssShmem')), 0);
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}
