import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { type Config, readConfig } from '../../src/config.ts';
import { type Goal, isEnded } from '../../src/goal/goal.ts';
import { nextSteps } from '../../src/goal/next-steps.ts';
import { start, type Running } from '../../src/main.ts';
import type { Progress } from '../../src/run/tools.ts';
import { createClock, type WorldClock } from './clock.ts';
import { type FakeGitHub, type NewRepository, type Pull, startFakeGitHub } from './fake-github.ts';
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts';

const SECRET = 'the secret of the world';
const KEY = 'sk-the-real-key-of-the-world';

export type WorldOptions = {
  repository: Omit<NewRepository, 'owner' | 'name'> & { owner?: string; name?: string };
  /** Whether the base is protected by its first check. It is, unless told. */
  protected?: boolean;
  /** More environment for omk. */
  env?: Record<string, string>;
  tell?: (progress: Progress) => void;
  log?: Logger;
  /** A folder of this world's own. A new one, unless told. */
  dataDir?: string;
};

/** Everything around omk, and omk in it: GitHub, the model, the time. The person who asks is `ada`. */
export type World = {
  github: FakeGitHub;
  model: ScriptedModel;
  clock: WorldClock;
  config: Config;
  dataDir: string;
  omk: Running;
  /** Resolves when nothing is left to do before the clock moves. */
  idle(): Promise<void>;
  /** Lets CI run and the time pass until the newest goal of the issue is over, or its issue is closed, and gives it. Throws when it stands still. */
  finish(issue?: number): Promise<Goal>;
  goal(issue?: number): Promise<Goal>;
  /** The bodies of omk's own comments on an issue or pull request, oldest first. */
  ownComments(issue?: number): string[];
  /** Stops omk, and starts it on what it left. */
  restart(): Promise<void>;
  /** Tells whenever `finish` moves the clock. */
  onClock(listener: (seconds: number) => void): void;
  /** Ends everything and leaves the folders. */
  leave(): Promise<void>;
  close(): Promise<void>;
};

const ROUNDS = 150;

/** Opens a world with one repository, in which omk runs for real. The caller closes it. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const clock = createClock();
  const github = await startFakeGitHub({ clock, tokenLifeMs: 30 * 86_400_000 });
  const model = await startScriptedModel({ key: KEY });
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'omk-')));
  const { owner = 'acme', name = 'stats', people, ...fields } = options.repository;
  await github.createRepository({ owner, name, people: { ada: 'write', rob: 'read', ...people }, ...fields });
  if (options.protected ?? true) protect(github, fields.checks);
  const config = configure({
    ...github.environment,
    WEBHOOK_SECRET: SECRET,
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    OMK_DATA_DIR: dataDir,
    OMK_SANDBOX: 'auto',
    KIMI_BASE_URL: model.url,
    KIMI_API_KEY: KEY,
    ...options.env,
  });
  const surroundings = {
    log: options.log ?? pino({ level: process.env['WORLD_LOG'] ?? 'silent' }, pino.destination(2)),
    clock,
    tell: options.tell ?? (() => undefined),
  };
  let moved = (_seconds: number): void => undefined;
  const world: World = {
    github,
    model,
    clock,
    config,
    dataDir,
    omk: await start(config, surroundings),
    idle: () => idle(world),
    finish: (issue = 1) => finish(world, issue, (seconds) => moved(seconds)),
    goal: (issue = 1) => getGoal(world, issue),
    ownComments: (issue = 1) =>
      github
        .issue(issue)
        .comments.filter((comment) => comment.app)
        .map((comment) => comment.body),
    async restart() {
      await world.omk.stop();
      world.omk = await start(config, surroundings);
    },
    onClock(listener) {
      moved = listener;
    },
    async leave() {
      await world.omk.stop();
      await Promise.all([github.stop(), model.close()]);
    },
    async close() {
      await world.leave();
      await github.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  github.deliverTo(`http://127.0.0.1:${config.PORT}/api/github/webhooks`, SECRET);
  return world;
}

function protect(github: FakeGitHub, checks: NewRepository['checks'] = []): void {
  const [first] = checks;
  const context = first && (first.kind === 'status' ? first.context : first.kind === 'silent' ? undefined : first.name);
  github.protect(github.repository.defaultBranch, { requiredChecks: context === undefined ? [] : [{ context }] });
}

function configure(env: Record<string, string>): Config {
  const read = readConfig(env);
  if (read.kind === 'faults') throw new Error(read.faults.join('\n'));
  return read.config;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

async function idle({ github, omk }: World): Promise<void> {
  for (let before = -1; before !== github.deliveries.list.length;) {
    before = github.deliveries.list.length;
    await github.deliveries.settled();
    await omk.store.idle();
  }
}

async function getGoal({ github, omk }: World, issue: number): Promise<Goal> {
  const goal = await omk.store.findLatestGoal(github.repository.id, issue);
  if (!goal) throw new Error(`Issue #${issue} has no goal`);
  return goal;
}

async function finish(world: World, issue: number, moved: (seconds: number) => void): Promise<Goal> {
  const checked = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    await world.idle();
    const goal = await world.goal(issue);
    if (isEnded(goal.status) || goal.before) return lastNews(world, issue);
    if (await runChecks(world.github, checked)) continue;
    const waits = nextSteps(goal, world.clock.now()).flatMap((step) =>
      step.kind === 'wait' ? [step.until.getTime()] : [],
    );
    // A unit that GitHub's fault put back waits too, and no event tells of it.
    const until = waits.length > 0 ? Math.min(...waits) : world.clock.now().getTime() + 10_000;
    moved(Math.ceil((until - world.clock.now().getTime()) / 1_000));
    world.clock.advanceTo(new Date(until));
  }
  const { status, slices } = await world.goal(issue);
  throw new Error(
    `The goal does not end: ${status} ${JSON.stringify(slices.map((slice) => [slice.status, slice.wait]))}`,
  );
}

/** The status comment is edited every ten seconds at most, so the last edit may still be to come. */
async function lastNews(world: World, issue: number): Promise<Goal> {
  world.clock.advance(10_000);
  await world.idle();
  return world.goal(issue);
}

/** Lets CI work on every open head that it has not worked on. */
async function runChecks(github: FakeGitHub, checked: Set<string>): Promise<boolean> {
  const fresh = github.pulls().filter((pull: Pull) => pull.state === 'open' && !checked.has(pull.head.sha));
  for (const pull of fresh) {
    checked.add(pull.head.sha);
    await github.runChecks(pull);
  }
  return fresh.length > 0;
}
