import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isEnded, type GoalStatus } from '../../../src/goal/goal.ts';
import { openProcessWorld, type ProcessWorld } from '../../world/process.ts';
import type { Answer, ScriptedModel, Turn } from '../../world/scripted-model.ts';
import { building, fixing, planning, write } from '../../world/scripts.ts';

const LIMIT_MS = 600_000;
const POLL_MS = 100;
/** Two worlds at a time: the machine has two cores. */
const WORLDS = 2;

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

/** How one goal is to be disturbed: at which named points, and how long after a start, one after the other. `steered`: people command it, too. */
export type Plan = { name: string; points: string[]; delaysMs: number[]; steered?: boolean };

/** One goal that was disturbed. `reached`: the kills that struck. `faults`: what differs from a goal that nobody disturbed. */
export type Trial = { issue: number; plan: Plan; reached: string[]; faults: string[] };

/** Tries every plan on a goal of its own, in two worlds at a time. */
export async function tryInWorlds(plans: Plan[]): Promise<Trial[]> {
  const shares = divide(plans, Math.min(WORLDS, plans.length));
  return (await Promise.all(shares.map(tryAll))).flat();
}

/** Deals the items out to so many hands. */
export function divide<T>(items: readonly T[], hands: number): T[][] {
  return Array.from({ length: hands }, (_, hand) => items.filter((_item, index) => index % hands === hand));
}

/** Tries the plans one after the other in one world. */
async function tryAll(plans: Plan[]): Promise<Trial[]> {
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
    const trials: Trial[] = [];
    for (const plan of plans) trials.push(await tryPlan(world, plan, done));
    await world.end('SIGTERM');
    for (const trial of trials) trial.faults.push(...(await judgeLater(world, trial)));
    const left = await judgeFolders(world);
    if (left.length > 0) trials.at(-1)?.faults.push(...left);
    return trials;
  } finally {
    await world.close();
  }
}

async function tryPlan(world: ProcessWorld, how: Plan, done: ReadonlySet<string>): Promise<Trial> {
  const { github, model } = world;
  const { number: issue } = github.openIssue('ada', {
    title: `Add a word for ${how.name}`,
    body: 'Acceptance: the file is there and the gate passes.',
  });
  const slice = `word-${issue}`;
  const path = `words/${issue}.txt`;
  const plan = planning([{ id: slice, title: `Add word ${issue}`, writeScope: [path, path.replace('.txt', '.js')] }]);
  const isOurs = (prompt: string) => plan.when(prompt) && prompt.includes(`Add a word for ${how.name}\n`);
  model.will({ ...plan, when: isOurs, name: `plan ${issue}` });
  if (how.steered) scriptSteered(model, slice, path);
  else {
    model.will({ ...building(slice, [{ tools: [write(path, 'wrong\n')] }, { say: 'Added it.' }]), times: 99 });
    model.will({ ...fixing(slice, [{ tools: [write(path, `${issue}\n`)] }, { say: 'Mended it.' }]), times: 99 });
  }
  await world.end('SIGTERM');
  const trial: Trial = { issue, plan: { ...how, delaysMs: [...how.delaysMs] }, reached: [], faults: [] };
  await revive(world, trial);
  github.comment('ada', issue, how.steered ? '/omk run --plan --merge manual' : '/omk run');
  await drive(world, trial, done).catch((error: unknown) => trial.faults.push(String(error)));
  await world.end('SIGTERM');
  return trial;
}

/** Starts omk with the points left at which it is to die, or with a kill on its way. */
async function revive(world: ProcessWorld, { plan, reached }: Trial): Promise<void> {
  const said = new Set(world.log().match(/(?<=^killed at ).*$/gm));
  reached.push(...plan.points.filter((point) => said.has(point) && !reached.includes(point)));
  const left = plan.points.filter((point) => !said.has(point));
  const delayMs = plan.delaysMs.shift();
  if (delayMs !== undefined) {
    setTimeout(() => {
      if (world.isAlive()) reached.push(`after ${delayMs} ms`);
      void world.end('SIGKILL');
    }, delayMs);
  }
  await world.start(left.join(',') || undefined);
}

/** One command of a person, given when the goal is at this status. `stays`: the goal does not leave the status for it. */
type Steer = { at: string; stays?: true; act(world: ProcessWorld, issue: number): Promise<void> | void };

const say = (command: string) => (world: ProcessWorld, issue: number) =>
  void world.github.comment('ada', issue, command);

function sayOnPull(command: string) {
  return ({ github }: ProcessWorld, issue: number) => {
    const pull = github.pulls().find(({ head }) => head.ref.startsWith(`omk/${issue}/`));
    if (pull) github.comment('ada', pull, command);
  };
}

const STEERING: readonly Steer[] = [
  { at: 'awaiting_approval', act: say('/omk pause') },
  { at: 'paused', act: say('/omk resume') },
  { at: 'awaiting_approval', stays: true, act: say('/omk budget add --usd 1') },
  { at: 'awaiting_approval', act: say('/omk approve') },
  { at: 'blocked_on_human', act: sayOnPull('/omk fix Say it in upper case.') },
  {
    at: 'blocked_on_human',
    async act(world, issue) {
      await world.github.push('bob', 'main', { [`others/${issue}.txt`]: 'other\n' });
      sayOnPull('/omk rebase')(world, issue);
    },
  },
  { at: 'blocked_on_human', act: sayOnPull('/omk merge') },
];

/** Resolves when the goal left the status, reviving omk if need be. */
async function until(world: ProcessWorld, trial: Trial, left: string): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS / 10; Date.now() < deadline; await delay(POLL_MS)) {
    if (!world.isAlive()) await revive(world, trial);
    const status = await world.status(trial.issue);
    if (status !== undefined && status !== left) return;
  }
  throw new Error(`the goal stays ${left}: ${world.log().slice(-600)}`);
}

/** Nothing first, then what a gate refuses, what the wall refuses, what passes, and what a person asked for: each by what is open. */
function scriptSteered(model: ScriptedModel, slice: string, path: string): void {
  const code = path.replace('.txt', '.js');
  const answers: [RegExp, Answer][] = [
    [/upper case/, { tools: [write(path, 'LOUD\n')] }],
    [/anti-slop\/todo/, { tools: [write(code, 'export const words = 1;\n')] }],
    [/Gate `/, { tools: [write(path, 'soft\n'), write(code, '// TODO: write it\nexport const words = 1;\n')] }],
    [/changed nothing/, { tools: [write(path, 'wrong\n')] }],
  ];
  const first: Turn = ({ prompt }) => answers.find(([open]) => open.test(prompt))?.[1] ?? { say: 'Nothing to do.' };
  model.will({ ...building(slice, [{ say: 'I looked at it.' }]), times: 99 });
  model.will({ ...fixing(slice, [first, { say: 'Done.' }]), times: 99 });
}

/** Plays CI, and starts omk again when it died, until the goal is over. */
async function drive(world: ProcessWorld, trial: Trial, done: ReadonlySet<string>): Promise<void> {
  const { github } = world;
  const { issue } = trial;
  const deadline = Date.now() + LIMIT_MS;
  let status: string | undefined;
  const steering = trial.plan.steered ? [...STEERING] : [];
  for (; Date.now() < deadline; await delay(POLL_MS)) {
    if (!world.isAlive()) await revive(world, trial);
    for (const pull of github.pulls().filter(({ state, head }) => state === 'open' && !done.has(head.sha))) {
      await github.runChecks(pull);
    }
    status = (await world.status(issue)) ?? status;
    const [next] = steering;
    if (next && status === next.at) {
      await next.act(world, issue);
      steering.shift();
      if (!next.stays) await until(world, trial, status);
    } else if (status !== undefined && isEnded(status as GoalStatus)) return;
  }
  throw new Error(`the goal does not end: ${status} ${world.log().slice(-600)}`);
}

const SPENDS = ['planned', 'built', 'built'];

/** What became of the goal, when omk stands still. */
async function judgeLater(world: ProcessWorld, { issue, plan, reached }: Trial): Promise<string[]> {
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
  const marks = new Set(comments.map(({ body }) => /<!-- omk:.*?-->/.exec(body)?.[0]));
  expect('comments', comments.length, plan.steered ? marks.size : 1);
  expect('reactions', github.issue(issue).comments[0]?.reactions.length, 1);
  expect('branch', await github.tip(`omk/${issue}/${slice}`), undefined);
  expect('file', await github.file('main', `words/${issue}.txt`), plan.steered ? 'LOUD\n' : `${issue}\n`);
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
  if (plan.steered) return faults;
  const spends = events.flatMap(({ event }) =>
    event.kind === 'planned' || event.kind === 'built' ? [event.kind] : [],
  );
  expect('recorded model runs', spends, SPENDS);
  const asked = model.requests.filter(
    ({ turn, script }) => turn === 0 && script !== undefined && new RegExp(` (word-)?${issue}$`).test(script),
  ).length;
  const cutOff = reached.filter((point) => /kimi|spent|effect|ms$/.test(point)).length;
  if (asked > SPENDS.length + cutOff) faults.push(`${asked} model runs, of which ${cutOff} may be second ones`);
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
