// node inside.ts <JSON of Assertions>
// Runs inside a sandbox, tries to get out, and prints as JSON the names of what did not hold. Node's own modules only.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** What the outside tells the inside so that it can try: a port that listens, a file that exists, the limits set. */
export type Trial = {
  port: number;
  secretFile: string;
  pidNamespace: string;
  variables: string[];
  processes: number;
  tmpBytes: number;
};

const trial = JSON.parse(process.argv[2] ?? '') as Trial;

const assertions: Record<string, () => boolean | Promise<boolean>> = {
  'other processes hidden': () =>
    readlinkSync('/proc/self/ns/pid') !== trial.pidNamespace &&
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length < 10,
  'no network': async () =>
    !(await connects(trial.port)) && Object.keys(networkInterfaces()).every((name) => name === 'lo'),
  'no name lookup': () => refused(() => lookup('example.com')),
  'nothing writable outside': () =>
    ['/', '/usr/', '/etc/', '/dev/', '/proc/sys/'].every((folder) =>
      refusedSync(() => writeFileSync(`${folder}omk-probe`, '')),
    ),
  'host files hidden': () => !existsSync(trial.secretFile),
  'environment clean': () => Object.keys(process.env).every((name) => trial.variables.includes(name)),
  'no capabilities': () => [...status().matchAll(/^Cap\w+:\s*(\w+)$/gm)].every(([, mask]) => /^0+$/.test(mask!)),
  'no new privileges': () => /^NoNewPrivs:\s*1$/m.test(status()),
  'nested namespaces refused': () => spawnSync('unshare', ['--user', 'true']).status !== 0,
  'temporary space bounded': () =>
    ['/tmp', '/dev/shm'].every((folder) =>
      refusedSync(() => writeFileSync(`${folder}/fill`, Buffer.alloc(trial.tmpBytes + 2 ** 20))),
    ),
  'process count bounded': forksAreBounded,
};

function status(): string {
  return readFileSync('/proc/self/status', 'utf8');
}

function refusedSync(attempt: () => void): boolean {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

async function refused(attempt: () => Promise<unknown>): Promise<boolean> {
  return attempt().then(
    () => false,
    () => true,
  );
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

/** A child that never started has no process to kill: to kill it would kill our own process group. */
async function forksAreBounded(): Promise<boolean> {
  const children = Array.from({ length: trial.processes + 1 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }));
  const refused = children.filter((child) => child.pid === undefined);
  for (const child of children) if (child.pid !== undefined) child.kill('SIGKILL');
  await Promise.all(refused.map((child) => once(child, 'error')));
  return refused.length > 0;
}

const missing: string[] = [];
for (const [name, holds] of Object.entries(assertions)) if (!(await holds())) missing.push(name);
process.stdout.write(JSON.stringify(missing));
process.exit(0);
