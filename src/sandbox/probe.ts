import { once } from 'node:events';
import { mkdtemp, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { Room } from '../process.ts';
import { omkFolder } from './host.ts';
import type { Trial } from './inside.ts';
import { GATE_LIMITS } from './limits.ts';
import { openRoom, type SandboxLevel } from './sandbox.ts';

export type { SandboxLevel } from './sandbox.ts';

/** What may fail and still leave a wall between the room and the host. If anything else fails there is no sandbox. */
const LESSER = new Set(['nested namespaces refused', 'temporary space bounded', 'process count bounded']);
const LIMITS = { ...GATE_LIMITS, processes: 64, tmpBytes: 2 ** 20 };

/**
 * Finds out how well this machine holds programs, by trying to break out of a real room: in a second or so, thirteen
 * assertions. Never throws: what cannot be shown to hold does not hold.
 */
export async function probeSandbox(): Promise<SandboxLevel> {
  if (process.platform !== 'linux') return { kind: 'none', why: `there is no bubblewrap for ${process.platform}` };
  const dir = await mkdtemp(join(tmpdir(), 'omk-probe-'));
  try {
    return judgeProbe([...(await tryFromInside(dir)), ...(await tryToSurvive(dir))]);
  } catch (error) {
    return { kind: 'none', why: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The level when these assertions failed. Fails closed: what is not known to be lesser is a wall. */
export function judgeProbe(missing: string[]): SandboxLevel {
  if (missing.length === 0) return { kind: 'bwrap' };
  const walls = missing.filter((name) => !LESSER.has(name));
  return walls.length === 0
    ? { kind: 'partial', missing }
    : { kind: 'none', why: `the sandbox does not hold: ${walls.join(', ')}` };
}

/** The program of the assertions, at the same path in the room. */
const INSIDE = `${omkFolder}/src/sandbox/inside.ts`;

async function tryFromInside(dir: string): Promise<string[]> {
  const secretFile = join(dir, 'secret');
  await writeFile(secretFile, 'seen');
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const room = await probeRoom(dir);
    const trial: Trial = {
      port: (server.address() as AddressInfo).port,
      secretFile,
      pidNamespace: await readlink('/proc/self/ns/pid'),
      variables: [...Object.keys(room.env), 'PWD'],
      processes: LIMITS.processes,
      tmpBytes: LIMITS.tmpBytes,
    };
    const inside = room.launch([process.execPath, INSIDE, JSON.stringify(trial)]);
    inside.stdin.end();
    const [stdout, stderr, exit] = await Promise.all([text(inside.stdout), text(inside.stderr), inside.exited]);
    if (exit.exitCode === 0) return JSON.parse(stdout) as string[];
    throw new Error(exit.failure ?? stderr.trim().split('\n').at(-1) ?? 'bubblewrap did not start');
  } finally {
    server.close();
  }
}

/** Starts a daemon in a session of its own, looks at it from outside, and kills the room. */
async function tryToSurvive(dir: string): Promise<string[]> {
  const room = await probeRoom(dir);
  const name = `86${process.pid}.${Date.now()}`;
  const launched = room.launch(['sh', '-c', `setsid nohup sleep ${name} >/dev/null 2>&1 & wait; sleep 60`]);
  launched.stdout.resume();
  launched.stderr.resume();
  const before = await lookFor(name, (found) => found.length > 0);
  await launched.kill();
  const after = await lookFor(name, (found) => found.length === 0);
  return [
    ...(before.length > 0 && after.length === 0 ? [] : ['kill ends everything']),
    ...(before.some(({ uid }) => uid === 0) ? ['not root outside'] : []),
  ];
}

type Found = { pid: number; uid: number };

/** The processes of that name once they are as expected, or as they are after three seconds. */
async function lookFor(name: string, expected: (found: Found[]) => boolean): Promise<Found[]> {
  const deadline = performance.now() + 3_000;
  for (;;) {
    const found = await processesNamed(name);
    if (expected(found) || performance.now() > deadline) return found;
    await setTimeout(5);
  }
}

async function probeRoom(dir: string): Promise<Room> {
  const work = join(dir, 'work');
  const home = join(dir, 'home');
  await mkdir(work, { recursive: true });
  await mkdir(home, { recursive: true });
  const readOnly = [{ host: INSIDE, inside: INSIDE }];
  return openRoom({ kind: 'bwrap' }, { profile: 'setup', work, writable: true, home, readOnly, limits: LIMITS });
}

async function processesNamed(name: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const isIt = (await read('cmdline')).split('\0').includes(name);
      return isIt ? { pid: Number(pid), uid: Number(/^Uid:\s*(\d+)/m.exec(await read('status'))?.[1]) } : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}
