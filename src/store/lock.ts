import { link, mkdir, readdir, readFile, readlink, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';

/** Who holds a data directory. `startTime` tells two processes apart that had the same pid; undefined where there is no /proc. */
type Owner = { pid: number; startTime: string | undefined; space: string };

/** An exclusive hold on a data directory. `release` may be called twice. */
export type DirectoryLock = { release(): Promise<void> };

const BEAT_MS = 2_000;
const LOCK_FILE = /^lock\.(\d+)$/;

/**
 * Takes the data directory (made if absent) for this process alone, and takes it over from a process that has ended.
 * Throws a `UserError` that names the holder. A holder in another container is known by its beat: looking takes three beats.
 */
export async function lockDirectory(directory: string, options: { beatMs?: number } = {}): Promise<DirectoryLock> {
  const beatMs = options.beatMs ?? BEAT_MS;
  await mkdir(directory, { recursive: true });
  const folder = await realpath(directory);
  for (;;) {
    const newest = await newestLock(folder);
    if (newest && (await isHeld(newest.path, beatMs))) throw refusal(folder, await readOwner(newest.path));
    const path = join(folder, `lock.${(newest?.number ?? 0) + 1}`);
    if (!(await createWhole(path, JSON.stringify(await self())))) continue;
    if (newest) await rm(newest.path, { force: true });
    return hold(path, beatMs);
  }
}

/**
 * The lock is the file `lock.<n>` with the highest number. To take over is to create the next number, which only one process can;
 * the highest file is never removed, so that a process that looked long ago cannot take what was taken since.
 */
async function newestLock(folder: string): Promise<{ number: number; path: string } | undefined> {
  const numbers = (await readdir(folder)).flatMap((name) => LOCK_FILE.exec(name)?.[1] ?? []).map(Number);
  if (numbers.length === 0) return undefined;
  const number = Math.max(...numbers);
  return { number, path: join(folder, `lock.${number}`) };
}

/** Creates a file with all its text at once, so that no reader sees half of it. False if it exists already. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function hold(path: string, beatMs: number): DirectoryLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, beatMs);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      await writeFile(path, '');
    },
  };
}

async function isHeld(path: string, beatMs: number): Promise<boolean> {
  const owner = await readOwner(path);
  if (!owner) return false;
  if (owner.space !== (await processSpace())) return isBeating(path, beatMs);
  if (owner.startTime !== undefined) return owner.startTime === (await startTimeOf(owner.pid));
  return isAlive(owner.pid);
}

/** A process that we cannot see, in another container or on another machine, holds the lock as long as the file is touched. */
async function isBeating(path: string, beatMs: number): Promise<boolean> {
  const before = await lastBeat(path);
  await new Promise((resolve) => setTimeout(resolve, 3 * beatMs));
  return (await lastBeat(path)) !== before;
}

async function lastBeat(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** Undefined when the lock was released. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text === '' ? undefined : (JSON.parse(text) as Owner);
}

async function self(): Promise<Owner> {
  return { pid: process.pid, startTime: await startTimeOf(process.pid), space: await processSpace() };
}

/** The machine and the pid namespace: only within one do process ids mean the same. */
async function processSpace(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return namespace === '' ? hostname() : `${boot.trim()} ${namespace}`;
}

/** Field 22 of /proc/<pid>/stat: clock ticks from boot to the start. Undefined for a process that is gone or a zombie. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return fields[19];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refusal(folder: string, owner: Owner | undefined): UserError {
  const who = owner ? `process ${owner.pid}` : 'another process';
  return new UserError(
    `The data directory ${folder} is in use by ${who}.`,
    'Stop that process, give this one another OMK_DATA_DIR, or set DATABASE_URL so that several processes can share PostgreSQL.',
  );
}
