import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import { findPostgres, startPostgres } from '../store/postgres.ts';
import { freePort, launchOmk, type OmkProcess, type ProcessWorld } from '../world/process.ts';
import type { Figure, Measure } from './figure.ts';
import { compareEndings, readEndings, type Ending } from './kill/ending.ts';
import { openStage, play, undisturbed, type Played } from './kill/stage.ts';
import { STRAIGHT } from './kill/stories.ts';

const SIZES = { short: { processes: 2, goals: 2, losses: 4 }, long: { processes: 4, goals: 16, losses: 100 } };
/** Between two losses: so much time a step has at least. */
const PAUSE_MS = 1_000;

/** Many worker processes on one PostgreSQL, each as on a machine of its own, whose jobs are given to others while they work on them. */
export const measure: Measure = async (form) => {
  const programs = findPostgres();
  const { processes, goals, losses } = SIZES[form];
  if (!programs) return figures({ processes, losses, taken: 0, faults: undefined, goals: 0 });
  const postgres = await startPostgres(programs);
  const databaseUrl = await postgres.createDatabase();
  const world = await openStage({ DATABASE_URL: databaseUrl, OMK_WORKERS: '4', OMK_PER_REPOSITORY: '16' });
  const others = await startOthers(world, processes - 1);
  const thief = takeLeases(databaseUrl, losses);
  try {
    const played: Played[] = [];
    for (let round = 0; round === 0 || thief.taken() < losses; round += 1) {
      played.push(...(await play(world, castOf(goals, round), undisturbed())));
    }
    await thief.stop();
    const endings = await readEndings(world, played);
    const faults = endings.flatMap((ending, index) =>
      compareEndings(ending, ONCE).map((fault) => `${played[index]?.tag}: ${fault}`),
    );
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    return figures({ processes, losses, taken: thief.taken(), faults: faults.length, goals: played.length });
  } finally {
    await thief.stop();
    await others.end();
    await world.close();
    await postgres.stop();
  }
};

/** What there is of each goal, however often it changed hands. */
const ONCE: Ending = {
  fault: undefined,
  status: 'ready',
  reason: undefined,
  pulls: [
    {
      title: '[slice] TAG — Add TAG',
      state: 'merged',
      merges: 1,
      branch: 'gone',
      comments: [],
      threads: [],
      checks: 0,
    },
  ],
  comments: ['omk:status'],
  reactions: [1],
  files: ['TAG.txt: slow\n'],
};

function castOf(goals: number, round: number) {
  // What is lost is built again from the start, so a story that fails at first would run out of attempts.
  return Array.from({ length: goals }, (_, index) => ({ story: STRAIGHT, tag: `goal-${round}-${index}` }));
}

/** Workers with folders of their own, beside the process that serves and works, too. */
async function startOthers(world: ProcessWorld, count: number): Promise<{ end(): Promise<void> }> {
  const folders: string[] = [];
  const workers: OmkProcess[] = [];
  for (let index = 0; index < count; index += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'omk-machine-'));
    folders.push(folder);
    const env = { ...world.surroundings, OMK_DATA_DIR: folder };
    workers.push(launchOmk({ env, port: await freePort(), role: 'worker', onLog: () => undefined }));
  }
  for (const worker of workers) if ((await worker.ready()) === 'dead') throw new Error('A worker did not start');
  return {
    async end() {
      for (const worker of workers) await worker.end('SIGKILL');
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

type Thief = { taken(): number; stop(): Promise<void> };

/** Gives one job after the other that is worked on to whoever takes it next, as the queue does when a worker is not heard of. */
function takeLeases(connectionString: string, losses: number): Thief {
  let taken = 0;
  const stopping = new AbortController();
  const work = async () => {
    const client = new Client({ connectionString });
    await client.connect();
    const boss = new PgBoss({ connectionString, supervise: false, schedule: false, migrate: false });
    await boss.start();
    while (taken < losses && !stopping.signal.aborted) {
      const { rows } = await client.query<{ id: string; retryCount: number }>(ONE_AT_WORK);
      const [job] = rows;
      if (job) await boss.fail('goal', job, { reason: 'its lease was lost' });
      if (job && (await client.query(IS_LOST, [job.id, job.retryCount])).rowCount === 1) taken += 1;
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await boss.stop({ graceful: false });
    await client.end();
  };
  const working = work();
  return {
    taken: () => taken,
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

const ONE_AT_WORK = `select id, retry_count as "retryCount" from pgboss.job
  where name = 'goal' and state = 'active' and data ->> 'unit' <> 'announce' order by random() limit 1`;

/** It may have been done just before. */
const IS_LOST = `select id from pgboss.job where id = $1 and (state = 'retry' or (state = 'active' and retry_count > $2))`;

type Found = { processes: number; losses: number; taken: number; faults: number | undefined; goals: number };

function figures({ processes, losses, taken, faults, goals }: Found): Figure[] {
  const name = `${processes} worker processes on PostgreSQL`;
  if (faults === undefined) {
    return [{ name, target: `${losses} leases lost`, measured: 'PostgreSQL is not installed', met: 'not run' }];
  }
  return [
    { name: `${name}: leases lost`, target: `${losses}`, measured: `${taken}`, met: taken >= losses },
    {
      name: 'Double or missing effects after them',
      target: '0',
      measured: `${faults}, in ${goals} goals`,
      met: faults === 0,
    },
  ];
}
