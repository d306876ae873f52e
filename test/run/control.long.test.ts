import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { Goal } from '../../src/goal/goal.ts';
import { findProcesses } from '../world/process.ts';
import type { Turn } from '../world/scripted-model.ts';
import { approving, building, planning, titled, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import { ask, CI, FILES, oddities, openSmallWorld, POLICY } from './small.ts';

const GONE_MS = 10_000;
const LIMIT_MS = 60_000;

/** The gate sleeps until the second that the file of a slice called `verifying` names. */
const GATE =
  'test ! -e words/verifying.txt || while test $(date +%s) -lt $(cat words/verifying.txt); do sleep 0.2; done';
const SLEEP_SECONDS = 20;
const HOLDING = POLICY.replace('! grep -rn wrong words', GATE);

let world: World;
const hanging = new Set<string>();

beforeAll(async () => {
  world = await openSmallWorld({
    repository: { name: 'words', files: { ...FILES, '.github/omk.yml': HOLDING }, checks: [CI] },
  });
  world.github.protect('reviewed', { requiredChecks: [{ context: 'ci / words' }] });
  await world.github.push('ada', 'reviewed', { '.github/omk.yml': HOLDING.replace('reviewer: off', 'reviewer: kimi') });
});
afterAll(() => world.close());

/** A turn that never ends the first time, and says `then` later. */
function onceHanging(name: string, then: Turn): Turn {
  return (request) => {
    if (hanging.has(name)) return typeof then === 'function' ? then(request) : then;
    hanging.add(name);
    return { fail: 'hang' };
  };
}

/** The steps at which a goal can be met. */
const STEPS = ['planning', 'building', 'reviewing', 'delivering', 'merging', 'verifying'] as const;
type Step = (typeof STEPS)[number];

/** Starts a goal that stays at the step; resolves when it is there. */
async function meetAt(step: Step, name: string): Promise<number> {
  const id = step === 'verifying' ? 'verifying' : name;
  const plan = planning([{ id: name, title: `Add ${name}`, writeScope: ['words/**'] }]);
  const said = plan.turns[0] ?? {};
  world.model.will({
    name: `plan ${name}`,
    when: (prompt) => titled('Plan')(prompt) && prompt.includes(`Goal ${name}`),
    turns: [step === 'planning' ? onceHanging(name, said) : said],
  });
  const wakes = Math.ceil(Date.now() / 1_000) + SLEEP_SECONDS;
  const make = { tools: [write(`words/${id}.txt`, step === 'verifying' ? `${wakes}\n` : `${name}\n`)] };
  const nap = { tools: [{ name: 'Bash', args: { command: 'setsid sleep 600 & sleep 600' } }] };
  if (step === 'building') world.model.will(building(name, [make, nap]));
  world.model.will(building(name, [make, { say: 'Added it.' }]));
  const approval = approving();
  if (step === 'reviewing')
    world.model.will({
      name: `review ${name}`,
      when: (prompt) => approval.when(prompt) && prompt.includes(`Goal ${name}`),
      turns: [onceHanging(name, approval.turns[0] ?? {})],
    });
  if (step === 'delivering') world.github.faults.next({ method: 'POST', path: /\/pulls$/ }, 'hang');
  const base = step === 'reviewing' ? ' --base reviewed' : '';
  const issue = ask(world, `Goal ${name}: add the file words/${id}.txt`, `/omk run${base}`);
  await until(issue, (goal) => isAt(step, goal, name));
  return issue;
}

function isAt(step: Step, goal: Goal, name: string): boolean {
  const isThere = step === 'planning' ? goal.status === step : goal.slices[0]?.status === step;
  switch (step) {
    case 'planning':
    case 'reviewing':
      return isThere && hanging.has(name);
    case 'building':
      return isThere && world.model.requests.filter(({ script }) => script === `build ${name}`).length >= 2;
    case 'delivering':
      return isThere && goal.slices[0]?.pushed !== undefined;
    case 'verifying':
    case 'merging':
      return isThere;
  }
}

/** Looks at the goal until it is as wanted. The clock stands still, so only what is due happens. */
async function until(issue: number, wanted: (goal: Goal) => boolean): Promise<Goal> {
  let goal: Goal | undefined;
  for (const since = Date.now(); Date.now() - since < LIMIT_MS; await delay(50)) {
    goal = await world.omk.store.findLatestGoal(world.github.repository.id, issue);
    if (goal && wanted(goal)) return goal;
  }
  throw new Error(`It does not come about: ${JSON.stringify(goal)}`);
}

/** Waits until no program of a room runs; how long that took in milliseconds. */
async function untilGone(): Promise<number> {
  const since = performance.now();
  while ((await findProcesses(world.dataDir)).length > 0) await delay(50);
  return performance.now() - since;
}

/** What GitHub was made to have of the goal by omk. */
function effects(issue: number): { pushes: number; pulls: number; merges: number } {
  const { pushes, pulls } = { pushes: world.github.pushes, pulls: world.github.pulls() };
  const own = pulls.filter(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  return {
    pushes: pushes.filter(({ ref }) => ref.includes(`omk/${issue}/`)).length,
    pulls: own.length,
    merges: own.filter(({ merged }) => merged !== undefined).length,
  };
}

test.each(STEPS)('a cancel at %s ends the agent within 10 s, and nothing goes out any more', async (step) => {
  hanging.clear();
  const issue = await meetAt(step, `cancel-${step}`);
  world.github.comment('ada', issue, '/omk cancel');
  await until(issue, ({ status }) => status === 'cancelled');
  const stored = effects(issue);
  expect(await untilGone()).toBeLessThan(GONE_MS);
  world.clock.advance(3_600_000);
  await world.idle();
  expect(effects(issue)).toEqual(stored);
  expect(stored.merges).toBe(0);
  for (const folder of ['worktrees', 'homes']) expect(await readdir(join(world.dataDir, folder))).toEqual([]);
});

test.each(STEPS)('a pause at %s ends the agent within 10 s, and a resume brings the goal to its end', async (step) => {
  hanging.clear();
  const issue = await meetAt(step, `pause-${step}`);
  world.github.comment('ada', issue, '/omk pause');
  await until(issue, ({ status }) => status === 'paused');
  expect(await untilGone()).toBeLessThan(GONE_MS);
  const stored = effects(issue);
  world.clock.advance(3_600_000);
  await world.idle();
  expect((await world.goal(issue)).status).toBe('paused');
  expect(effects(issue)).toEqual(stored);
  world.github.comment('ada', issue, '/omk resume');
  expect((await world.finish(issue)).status).toBe('ready');
  expect(effects(issue)).toMatchObject({ pulls: 1, merges: 1 });
});

test('nothing strange was asked of GitHub or of the model', () => {
  expect(oddities(world)).toEqual([]);
});
