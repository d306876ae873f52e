import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, openProcessWorld, type ProcessWorld } from '../world/process.ts';
import { FILES } from '../run/small.ts';
import type { Figure, Measure } from './figure.ts';

const SIZES = { short: { perSecond: 50, seconds: 3 }, long: { perSecond: 200, seconds: 60 } };
const P99_MS = 50;
/** When in the load omk is killed. */
const KILL_AFTER_MS = 2_000;

type Load = { port: number; secret: string; perSecond: number; seconds: number };
type Taken = { accepted: string[]; p99Ms: number; sent: number };

/** Webhooks at a steady rate against the least that could take them and against omk; then omk is killed under load. */
export const measure: Measure = async (form) => {
  const world = await openProcessWorld({ files: FILES });
  try {
    const load = { secret: String(world.surroundings['WEBHOOK_SECRET']), ...SIZES[form] };
    const floor = form === 'long' ? await measureFloor(load) : undefined;
    await world.start();
    const port = Number(new URL(world.url).port);
    const taken = await fire({ ...load, port });
    const killed = await killUnderLoad(world, { ...load, port });
    return figures({ form, floor, taken, ...killed });
  } finally {
    await world.close();
  }
};

type Measured = { form: 'short' | 'long'; floor: Taken | undefined; taken: Taken; acknowledged: number; lost: number };

function figures({ form, floor, taken, acknowledged, lost }: Measured): Figure[] {
  const { perSecond, seconds } = SIZES[form];
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return [
    {
      name: `Webhooks taken in, ${perSecond} a second for ${seconds} s`,
      target: `${perSecond * seconds}`,
      measured: `${taken.accepted.length}`,
      met: taken.accepted.length === perSecond * seconds,
    },
    {
      name: 'Time to the answer, 99 of 100',
      target: `${P99_MS} ms or less`,
      measured: floor
        ? `${ms(taken.p99Ms)}; the bare floor ${ms(floor.p99Ms)}`
        : 'a short load says nothing about time',
      met: floor ? taken.p99Ms <= P99_MS : 'not run',
    },
    {
      name: 'Acknowledged webhooks lost by a kill -9 under load',
      target: '0',
      measured: `${lost} of ${acknowledged}`,
      met: lost === 0 && acknowledged > 0,
    },
  ];
}

async function measureFloor(load: Omit<Load, 'port'>): Promise<Taken> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-floor-'));
  const port = await freePort();
  const args = [join(import.meta.dirname, 'floor.ts'), String(port), folder, load.secret];
  const floor = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(floor.stdout, 'data');
    return await fire({ ...load, port });
  } finally {
    const exited = once(floor, 'exit');
    floor.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}

async function killUnderLoad(world: ProcessWorld, load: Load): Promise<{ acknowledged: number; lost: number }> {
  const firing = fire({ ...load, seconds: 2 + KILL_AFTER_MS / 1_000 });
  await delay(KILL_AFTER_MS);
  await world.end('SIGKILL');
  const { accepted } = await firing;
  const unknown = await world.look((store) => store.listUnknownWebhooks(accepted));
  return { acknowledged: accepted.length, lost: unknown.length };
}

/** Sends at a steady rate, whether answers come or not. */
async function fire({ port, secret, perSecond, seconds }: Load): Promise<Taken> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/other', filler: 'x'.repeat(20_000) }));
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const accepted: string[] = [];
  const times: number[] = [];
  const shots: Promise<void>[] = [];
  const shoot = async () => {
    const id = randomUUID();
    const since = performance.now();
    const status = await post({
      port,
      agent,
      body,
      headers: { 'x-github-delivery': id, 'x-hub-signature-256': signature },
    });
    times.push(performance.now() - since);
    if (status === 200 || status === 202) accepted.push(id);
  };
  const began = performance.now();
  for (let shot = 0; shot < perSecond * seconds; shot++) {
    const dueMs = began + (shot * 1_000) / perSecond - performance.now();
    if (dueMs > 1) await delay(dueMs);
    shots.push(shoot());
  }
  await Promise.all(shots);
  agent.destroy();
  times.sort((a, b) => a - b);
  return { accepted, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0, sent: shots.length };
}

type Post = { port: number; agent: Agent; body: Buffer; headers: Record<string, string> };

/** The status of the answer; 0 if there was none. */
function post({ port, agent, body, headers }: Post): Promise<number> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: '/api/github/webhooks',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'x-github-event': 'push',
        ...headers,
      },
    };
    const call = request(options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    call.on('error', () => resolve(0));
    call.end(body);
  });
}
