import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, openProcessWorld, type ProcessWorld } from '../world/process.ts';
import { FILES } from '../run/small.ts';
import type { Figure, Measure } from './figure.ts';
import type { Load, Taken } from './volley.ts';

const SIZES = { short: { perSecond: 50, seconds: 3 }, long: { perSecond: 200, seconds: 60 } };
const P99_MS = 50;
/** When in the load omk is killed. */
const KILL_AFTER_MS = 2_000;

/** Webhooks at a steady rate against the least that could take them and against omk; then omk is killed under load. */
export const measure: Measure = async (form) => {
  const world = await openProcessWorld({ files: FILES });
  const volley = fork(join(import.meta.dirname, 'volley.ts'));
  const fire: Fire = async (load) => {
    volley.send(load);
    const [taken] = (await once(volley, 'message')) as [Taken];
    return taken;
  };
  try {
    const load = { secret: String(world.surroundings['WEBHOOK_SECRET']), ...SIZES[form] };
    const floor = form === 'long' ? await measureFloor(fire, load) : undefined;
    await world.start();
    const port = Number(new URL(world.url).port);
    const taken = await fire({ ...load, port });
    const killed = await killUnderLoad(world, fire, { ...load, port });
    return figures({ form, floor, taken, ...killed });
  } finally {
    await end(volley);
    await world.close();
  }
};

type Fire = (load: Load) => Promise<Taken>;

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
        ? `${ms(taken.p99Ms)}; the bare floor ${ms(floor.p99Ms)}; other machines had ${Math.round(taken.stolen * 100)} % of the processors`
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

async function measureFloor(fire: Fire, load: Omit<Load, 'port'>): Promise<Taken> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-floor-'));
  const port = await freePort();
  const args = [join(import.meta.dirname, 'floor.ts'), String(port), folder, load.secret];
  const floor = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(floor.stdout, 'data');
    return await fire({ ...load, port });
  } finally {
    await end(floor);
    await rm(folder, { recursive: true, force: true });
  }
}

async function killUnderLoad(
  world: ProcessWorld,
  fire: Fire,
  load: Load,
): Promise<{ acknowledged: number; lost: number }> {
  const firing = fire({ ...load, seconds: 2 + KILL_AFTER_MS / 1_000 });
  await delay(KILL_AFTER_MS);
  await world.end('SIGKILL');
  const { accepted } = await firing;
  const unknown = await world.look((store) => store.listUnknownWebhooks(accepted));
  return { acknowledged: accepted.length, lost: unknown.length };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
