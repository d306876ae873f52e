import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findPostgres, startPostgres, type Postgres } from '../store/postgres.ts';
import { freePort, launchOmk, openProcessWorld, type OmkProcess, type ProcessWorld } from '../world/process.ts';
import { building, planning, write, fixing } from '../world/scripts.ts';
import type { Turn } from '../world/scripted-model.ts';
import { CI, FILES } from './small.ts';

const TAKEN_OVER_MS = 60_000;
const programs = findPostgres();
const there = programs ? test : test.skip;

let postgres: Postgres;
let world: ProcessWorld;
let web: OmkProcess;
const folders: string[] = [];
const workers: OmkProcess[] = [];
const logged: string[] = [];

/** A worker with folders of its own, as on another machine. */
async function startWorker(): Promise<OmkProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-machine-'));
  folders.push(folder);
  const env = { ...world.surroundings, OMK_DATA_DIR: folder };
  const worker = launchOmk({ env, port: await freePort(), role: 'worker', onLog: (text) => logged.push(text) });
  workers.push(worker);
  expect(await worker.ready()).toBe('ready');
  return worker;
}

beforeAll(async () => {
  if (!programs) return;
  postgres = await startPostgres(programs);
  world = await openProcessWorld({ files: FILES, checks: [CI] }, { DATABASE_URL: await postgres.createDatabase() });
  world.github.protect('main', { requiredChecks: [{ context: 'ci / words' }] });
  const port = Number(new URL(world.url).port);
  web = launchOmk({ env: world.surroundings, port, role: 'web', onLog: (text) => logged.push(text) });
  expect(await web.ready()).toBe('ready');
});
afterAll(async () => {
  if (!programs) return;
  for (const each of [...workers, web]) await each.end('SIGKILL');
  await world.close();
  await postgres.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

function play(id: string, turns: Turn[]): number {
  const plan = planning([{ id, title: `Add ${id}`, writeScope: ['words/**'] }]);
  world.model.will({ ...plan, when: (prompt) => plan.when(prompt) && prompt.includes(`Goal ${id}`) });
  world.model.will(building(id, turns));
  world.model.will({ ...building(id, [{ tools: [write(`words/${id}.txt`, 'x\n')] }, { say: 'Added it.' }]), times: 9 });
  world.model.will({ ...fixing(id, [{ say: 'It is there.' }]), times: 9 });
  const issue = world.github.openIssue('ada', {
    title: `Goal ${id}: add words/${id}.txt`,
    body: 'Acceptance: it is there.',
  });
  world.github.comment('ada', issue.number, '/omk run');
  return issue.number;
}

/** Plays CI until the goal's page says that it is ready. */
async function untilReady(issue: number): Promise<void> {
  for (;;) {
    const status = await world.status(issue);
    if (status === 'ready') return;
    if (status && ['not_ready', 'failed_infra', 'blocked_on_human', 'cancelled'].includes(status))
      throw new Error(
        `The goal ended ${status}: ${world.github
          .issue(issue)
          .comments.map(({ body }) => body)
          .join('\n')}`,
      );
    // A suite begins a moment after its push; until then there is nothing to play.
    const { repository } = world.github;
    const isPlayed = ({ head }: { head: { sha: string } }) =>
      repository.suites.some(
        ({ headSha, runs }) =>
          headSha === head.sha && runs.some(({ name, status }) => name === 'ci / words' && status === 'completed'),
      );
    for (const pull of world.github.pulls().filter((one) => one.state === 'open' && !isPlayed(one)))
      await world.github.runChecks(pull);
    await delay(200);
  }
}

function pullsOf(issue: number): boolean[] {
  const own = world.github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  return own.map(({ merged }) => merged !== undefined);
}

there(
  'a web process and a worker bring a goal to its end, and the worker serves nothing but its health',
  async () => {
    const worker = await startWorker();
    const issue = play('shared', [{ tools: [write('words/shared.txt', 'x\n')] }, { say: 'Added it.' }]);
    await untilReady(issue);
    expect(pullsOf(issue)).toEqual([true]);
    expect(worker.isAlive()).toBe(true);
  },
  300_000,
);

there(
  'a slice whose worker is killed goes on within a minute on a machine with folders of its own',
  async () => {
    const begun = Promise.withResolvers<void>();
    const issue = play('moved', [
      { tools: [write('words/moved.txt', 'half\n')] },
      () => {
        begun.resolve();
        return { fail: 'hang' };
      },
    ]);
    await begun.promise;
    await startWorker();
    const [first] = workers;
    await first?.end('SIGKILL');
    const killedAt = Date.now();
    const asked = world.model.requests.length;
    while (world.model.requests.length === asked) await delay(100);
    const tookMs = Date.now() - killedAt;
    process.stdout.write(`The slice went on elsewhere ${(tookMs / 1_000).toFixed(1)} s after the kill\n`);
    expect(tookMs).toBeLessThan(TAKEN_OVER_MS);
    await untilReady(issue);
    expect(pullsOf(issue)).toEqual([true]);
  },
  300_000,
);

there(
  'a stopped worker ends within 20 s and loses nothing',
  async () => {
    const begun = Promise.withResolvers<void>();
    const issue = play('stopped', [
      { tools: [write('words/stopped.txt', 'half\n')] },
      () => {
        begun.resolve();
        return { fail: 'hang' };
      },
    ]);
    if (!workers.at(-1)?.isAlive()) await startWorker();
    await begun.promise;
    const tookMs = await workers.at(-1)?.end('SIGTERM');
    process.stdout.write(`The worker ended ${((tookMs ?? 0) / 1_000).toFixed(1)} s after SIGTERM\n`);
    expect(tookMs).toBeLessThan(20_000);
    expect([workers.at(-1)?.exitCode(), logged.join('').match(/"level":[56]0.*/g)]).toEqual([0, null]);
    await startWorker();
    await untilReady(issue);
    expect(pullsOf(issue)).toEqual([true]);
  },
  300_000,
);
