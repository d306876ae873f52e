import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isEnded, type GoalStatus } from '../../src/goal/goal.ts';
import { openProcessWorld, type ProcessWorld } from '../world/process.ts';
import { building, fixing, planning, titled, write } from '../world/scripts.ts';
import type { Figure, Measure } from './figure.ts';

const LIMIT_MS = 240_000;
const POLL_MS = 100;
/** Two worlds at a time: the machine has two cores. */
const WORLDS = 2;
const SHORT = ['before:push', 'after:merge'];

const POLICY = `review: { reviewer: off }
checks: { first_check_grace: 1s, quiet: 1s }
setup:
  - { run: "mkdir -p node_modules" }
gates:
  - { name: words, run: "! grep -rn wrong words", kind: test }
`;
const FILES = {
  '.github/omk.yml': POLICY,
  '.gitignore': 'node_modules\n',
  'words/one.txt': 'one\n',
  'README.md': '# Words\n',
};

/** Every named point of the source: `around` has two, an event has two, `killPoint` one. */
export async function listKillPoints(): Promise<string[]> {
  const root = join(import.meta.dirname, '..', '..', 'src');
  const files = (await readdir(root, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('kill-point.ts'),
  );
  const points: string[] = [];
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8');
    for (const [, name] of text.matchAll(/\baround\('([^']+)'/g)) points.push(`before:${name}`, `after:${name}`);
    for (const [, name] of text.matchAll(/\bkillPoint\('([^']+)'/g)) points.push(String(name));
    if (!text.includes('killPoint(`before:event:')) continue;
    const kinds = (await readFile(join(root, 'goal', 'event.ts'), 'utf8'))
      .split('export function')[0]
      ?.matchAll(/\bkind: '([a-z-]+)'/g);
    for (const [, kind] of kinds ?? []) points.push(`before:event:${kind}`, `after:event:${kind}`);
  }
  return [...new Set(points)].toSorted();
}

/** What is different from a goal that nobody disturbed; none if all is as it should be. */
type Trial = { point: string; died: boolean; faults: string[] };

export const measure: Measure = async (form) => {
  const all = await listKillPoints();
  const chosen = process.env['KILL_POINTS']?.split(',') ?? (form === 'short' ? SHORT : all);
  const queue = [...chosen];
  const shares = Array.from({ length: Math.min(WORLDS, queue.length) }, (_, world) =>
    queue.filter((_point, index) => index % WORLDS === world),
  );
  const trials = (await Promise.all(shares.map(tryAll))).flat();
  const died = trials.filter((trial) => trial.died);
  const bad = trials.filter((trial) => trial.faults.length > 0);
  for (const { point, faults } of bad) process.stderr.write(`${point}: ${faults.join('; ')}\n`);
  const unreached = trials.filter((trial) => !trial.died).map(({ point }) => point);
  if (unreached.length > 0) process.stderr.write(`not reached: ${unreached.join(' ')}\n`);
  return [
    named(all),
    {
      name: 'Kill -9 at a named point, the goal ends as without it',
      target: `${died.length} of ${died.length} that were reached`,
      measured: `${died.length - bad.filter((trial) => trial.died).length} of ${died.length}, ${unreached.length} of ${trials.length} not reached`,
      met: died.length === 0 ? 'not run' : bad.length === 0,
    },
  ];
};

function named(all: string[]): Figure {
  return { name: 'Named kill points', target: '>= 60', measured: String(all.length), met: all.length >= 60 };
}

/** Tries the points one after the other, each on a goal of its own, in one world. */
async function tryAll(points: string[]): Promise<Trial[]> {
  const done = new Set<string>();
  const ci = {
    app: 'github-actions',
    name: 'ci / words',
    // CI begins a while after the push: only its end says that it is done.
    conclusion: (sha: string) => {
      done.add(sha);
      return 'success' as const;
    },
  };
  const world: ProcessWorld = await openProcessWorld({ files: FILES, checks: [ci] });
  world.github.protect('main', { requiredChecks: [{ context: ci.name }] });
  try {
    const trials: (Trial & { issue: number })[] = [];
    for (const point of points) trials.push(await tryPoint(world, point, done));
    await world.end('SIGTERM');
    for (const trial of trials) trial.faults.push(...(await judgeLater(world, trial.issue)));
    const left = await judgeFolders(world);
    if (left.length > 0) trials.push({ point: 'at the end', died: true, issue: 0, faults: left });
    return trials;
  } finally {
    await world.close();
  }
}

async function tryPoint(
  world: ProcessWorld,
  point: string,
  done: ReadonlySet<string>,
): Promise<Trial & { issue: number }> {
  const { github, model } = world;
  const { number: issue } = github.openIssue('ada', {
    title: `Add the word ${point}`,
    body: 'Acceptance: the file is there and the gate passes.',
  });
  const slice = `word-${issue}`;
  const ours = (script: ReturnType<typeof planning>, title: string) => ({
    ...script,
    when: (prompt: string) => titled(title)(prompt) && prompt.includes(`Add the word ${point}\n`),
  });
  const path = `words/${issue}.txt`;
  const plan = planning([{ id: slice, title: `Add word ${issue}`, writeScope: [path] }]);
  model.will({ ...ours(plan, 'Plan the goal as slices.'), name: `plan ${issue}` });
  model.will({ ...building(slice, [{ tools: [write(path, 'wrong\n')] }, { say: 'Added it.' }]), times: 9 });
  model.will({ ...fixing(slice, [{ tools: [write(path, `${issue}\n`)] }, { say: 'Mended it.' }]), times: 9 });
  await world.end('SIGTERM');
  await world.start(point);
  github.comment('ada', issue, '/omk run');
  const faults: string[] = [];
  const died = await drive(world, issue, done).catch((error: unknown) => {
    faults.push(String(error));
    return true;
  });
  return { point, died, issue, faults };
}

/** Plays CI, and starts omk again when it died, until the goal is over. Gives whether it died. */
async function drive(world: ProcessWorld, issue: number, done: ReadonlySet<string>): Promise<boolean> {
  const { github } = world;
  const deadline = Date.now() + LIMIT_MS;
  let died = false;
  for (let status: string | undefined; Date.now() < deadline; await delay(POLL_MS)) {
    if (!world.isAlive()) {
      died = true;
      await world.start();
    }
    for (const pull of github.pulls().filter(({ state, head }) => state === 'open' && !done.has(head.sha))) {
      await github.runChecks(pull);
    }
    status = (await world.status(issue)) ?? status;
    if (status !== undefined && isEnded(status as GoalStatus)) return died;
  }
  throw new Error(`the goal does not end: ${await world.status(issue)} ${world.log().slice(-600)}`);
}

const SPENDS = ['planned', 'built', 'built'];

/** What became of the goal, when omk stands still. */
async function judgeLater(world: ProcessWorld, issue: number): Promise<string[]> {
  const { github, model } = world;
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      faults.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  };
  const slice = `word-${issue}`;
  const pulls = github.pulls().filter((pull) => pull.head.ref.startsWith(`omk/${issue}/`));
  expect(
    'pull requests',
    pulls.map(({ state, merged }) => [state, merged !== undefined]),
    [['closed', true]],
  );
  const merges = github.requests.filter(
    (request) =>
      request.method === 'PUT' && request.path.endsWith(`/pulls/${pulls[0]?.number}/merge`) && request.status === 200,
  );
  expect('merges', merges.length, 1);
  const comments = github.issue(issue).comments.filter((comment) => comment.app);
  expect('comments', comments.length, 1);
  expect('reactions', github.issue(issue).comments[0]?.reactions.length, 1);
  expect('branch', await github.tip(`omk/${issue}/${slice}`), undefined);
  expect('file', await github.file('main', `words/${issue}.txt`), `${issue}\n`);
  const { goal, events } = await world.look(async (store) => {
    const found = await store.findLatestGoal(github.repository.id, issue);
    return { goal: found, events: found ? await store.listEvents(found.id) : [] };
  });
  expect('status', goal?.status, 'ready');
  if (goal?.status !== 'ready') faults.push(JSON.stringify(events.slice(-6)), JSON.stringify(goal?.reason));
  expect(
    'slices',
    goal?.slices.map(({ status }) => status),
    ['merged'],
  );
  const spends = events.flatMap(({ event }) =>
    event.kind === 'planned' || event.kind === 'built' ? [event.kind] : [],
  );
  expect('recorded model runs', spends, SPENDS);
  const asked = model.requests.filter(
    ({ turn, script }) => turn === 0 && script !== undefined && new RegExp(` (word-)?${issue}$`).test(script),
  ).length;
  if (asked > SPENDS.length + 1) faults.push(`${asked} model runs, ${SPENDS.length} recorded`);
  return faults;
}

/** Nothing may be left of goals that are over. */
async function judgeFolders(world: ProcessWorld): Promise<string[]> {
  const names = async (folder: string) => readdir(join(world.dataDir, folder), { recursive: true }).catch(() => []);
  const worktrees = (await names('worktrees')).length;
  const locks = (await names('mirrors')).filter((name) => name.endsWith('.lock') || /worktrees\/./.test(name));
  const orphans = await world.orphans();
  return [
    ...(worktrees > 0 ? [`${worktrees} files of worktrees`] : []),
    ...(locks.length > 0 ? [`left in the mirror: ${locks.join(' ')}`] : []),
    ...(orphans.length > 0 ? [`processes ${orphans.join(' ')}`] : []),
  ];
}
