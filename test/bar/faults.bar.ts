import { isEnded, type Goal } from '../../src/goal/goal.ts';
import { ask, oddities, openSmallWorld } from '../run/small.ts';
import type { Fault } from '../world/fake-github.ts';
import { building, planning, write } from '../world/scripts.ts';
import type { World } from '../world/world.ts';
import type { Figure, Measure } from './figure.ts';

const SECONDARY = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };
const PRIMARY = { message: 'API rate limit exceeded for installation ID 1.' };
const inOneMinute = () => String(Math.ceil(Date.now() / 1_000) + 60);

/** What GitHub does to the first request of each route. `stops`: such an answer may stop the goal, with the command that moves it on. */
const ROWS: { name: string; fault: () => Fault; stops?: true }[] = [
  { name: 'the reply is lost', fault: () => 'apply-then-reset' },
  { name: 'a reset before anything is done', fault: () => 'reset' },
  { name: '500', fault: () => ({ status: 500, body: { message: 'Server Error' } }) },
  { name: '502 with a page', fault: () => ({ status: 502, body: '<html>Unicorn!</html>' }) },
  { name: '503 with retry-after', fault: () => ({ status: 503, body: '', headers: { 'retry-after': '7' } }) },
  { name: '504 with no body', fault: () => ({ status: 504, body: '' }) },
  { name: '408', fault: () => ({ status: 408, body: { message: 'Request Timeout' } }) },
  {
    name: '403, secondary limit, retry-after',
    fault: () => ({ status: 403, body: SECONDARY, headers: { 'retry-after': '30' } }),
  },
  { name: '403, secondary limit, no hint', fault: () => ({ status: 403, body: SECONDARY }) },
  { name: '429, retry-after', fault: () => ({ status: 429, body: SECONDARY, headers: { 'retry-after': '5' } }) },
  {
    name: '403, primary limit until its reset',
    fault: () => ({
      status: 403,
      body: PRIMARY,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': inOneMinute() },
    }),
  },
  { name: '401', fault: () => ({ status: 401, body: { message: 'Bad credentials' } }) },
  { name: '200 with half a JSON text', fault: () => ({ status: 200, body: '{"id": 1, "na' }), stops: true },
  { name: '200 in another shape', fault: () => ({ status: 200, body: { hello: 'world' } }), stops: true },
  { name: '404', fault: () => ({ status: 404, body: { message: 'Not Found' } }), stops: true },
  { name: '409', fault: () => ({ status: 409, body: { message: 'Conflict' } }), stops: true },
  { name: '422', fault: () => ({ status: 422, body: { message: 'Validation Failed' } }), stops: true },
  { name: 'no answer at all', fault: () => 'hang' },
];

const MOST_COMMANDS = 30;
const CALL_LIMIT = 4;
const MOST_MINUTES_HELD = 15;

/** One kind of fault, on the first request of every route that a goal uses. */
type Trial = { row: string; struck: number; missed: string[]; commands: string[]; faults: string[] };

/** Every route that an undisturbed goal uses, then each of them with each fault, in as many goals as there are faults. */
export const measure: Measure = async (form) => {
  const world = await openSmallWorld();
  try {
    const routes = await listRoutes(world);
    const trials: Trial[] = [];
    const chosen = process.env['FAULT_ROWS'];
    const rows = ROWS.filter(({ name }, index) => (chosen ? name.includes(chosen) : form === 'long' || index === 0));
    for (const row of rows) trials.push(await tryRow(world, routes, row));
    const bad = trials.filter(({ faults }) => faults.length > 0);
    for (const { row, faults, missed } of trials) {
      if (faults.length > 0) process.stderr.write(`${row}: ${faults.join('; ')}\n`);
      if (missed.length > 0) process.stderr.write(`${row}: not met: ${missed.join(', ')}\n`);
    }
    const odd = oddities(world);
    for (const one of odd) process.stderr.write(`not documented: ${one}\n`);
    return figures({ form, routes, trials, bad, odd });
  } finally {
    await world.close();
  }
};

type Found = { form: 'short' | 'long'; routes: string[]; trials: Trial[]; bad: Trial[]; odd: string[] };

function figures({ form, routes, trials, bad, odd }: Found): Figure[] {
  const struck = trials.reduce((sum, trial) => sum + trial.struck, 0);
  const commands = trials.reduce((sum, trial) => sum + trial.commands.length, 0);
  const least = form === 'long' ? 14 * 16 : 14;
  return [
    {
      name: "GitHub's faults: routes × faults that struck",
      target: `${least} or more`,
      measured: `${struck} (${routes.length} routes, ${trials.length} faults)`,
      met: struck >= least,
    },
    {
      name: 'Goals that ended ready with each effect once under a fault at every route',
      target: `${trials.length} of ${trials.length}`,
      measured: `${trials.length - bad.length} of ${trials.length}, ${commands} commands of people needed`,
      met: bad.length === 0,
    },
    {
      name: 'Requests that GitHub does not document',
      target: '0',
      measured: String(odd.length),
      met: odd.length === 0,
    },
  ];
}

async function listRoutes(world: World): Promise<string[]> {
  const goal = await world.finish(play(world, 'undisturbed'));
  if (goal.status !== 'ready') throw new Error(`An undisturbed goal ends ${goal.status}`);
  return Object.keys(world.github.countRequests()).toSorted();
}

/** Scripts and asks for a goal; gives its issue. */
function play(world: World, id: string): number {
  const title = `Goal ${id}: add the file words/${id}.txt`;
  const script = planning([{ id, title: `Add ${id}`, writeScope: [`words/${id}.txt`] }]);
  world.model.will({ ...script, when: (prompt) => script.when(prompt) && prompt.includes(title) });
  const turns = [{ tools: [write(`words/${id}.txt`, 'right\n')] }, { say: 'Added it.' }];
  world.model.will({ ...building(id, turns), times: 99 });
  return ask(world, title);
}

async function tryRow(world: World, routes: string[], row: (typeof ROWS)[number]): Promise<Trial> {
  const { github } = world;
  const id = `row-${ROWS.indexOf(row)}`;
  const fault = row.fault();
  // Each call that is never answered costs half a minute of real time.
  const hit = fault === 'hang' ? routes.filter((route) => !route.startsWith('GET')).slice(0, CALL_LIMIT) : routes;
  for (const route of hit) github.faults.next({ route }, fault);
  const trial: Trial = { row: row.name, struck: 0, missed: [], commands: [], faults: [] };
  try {
    const issue = play(world, id);
    const goal = await bringToEnd(world, issue, trial);
    if (trial.commands.length > 0 && !row.stops) trial.faults.push(`people were needed: ${trial.commands.join(', ')}`);
    trial.faults.push(...(await differences(world, issue, goal, { id, refused: row.stops === true })));
  } catch (error) {
    trial.faults.push(String(error));
  }
  trial.missed = github.faults.clear().map(({ route }) => String(route));
  trial.struck = hit.length - trial.missed.length;
  return trial;
}

/** Lets the goal go on, and gives the command that it asks for whenever it stands still. */
async function bringToEnd(world: World, issue: number, trial: Trial): Promise<Goal> {
  for (;;) {
    const known = await findGoal(world, issue);
    const goal = known && (await world.finish(issue));
    if (goal?.status === 'ready') return goal;
    if (trial.commands.length >= MOST_COMMANDS)
      throw new Error(`it does not become ready: ${JSON.stringify(goal?.reason)}`);
    const command = commandFor(goal);
    trial.commands.push(`${command} (${goal?.status}: ${goal?.reason?.text})`);
    world.github.comment('ada', issue, command);
  }
}

/** The issue's goal. The delivery that is to start it may be held back by a fault for a while. */
async function findGoal(world: World, issue: number): Promise<Goal | undefined> {
  for (let minutes = 0; ; minutes += 1) {
    await world.idle();
    const goal = await world.omk.store.findLatestGoal(world.github.repository.id, issue);
    if (goal || minutes >= MOST_MINUTES_HELD) return goal;
    world.clock.advance(60_000);
  }
}

function commandFor(goal: Goal | undefined): string {
  if (!goal || goal.status === 'cancelled') return '/omk run';
  const next = /^\/omk (retry|merge|rebase|resume)\b[\w -]*/.exec(goal.reason?.next ?? '')?.[0];
  if (!isEnded(goal.status)) return '/omk status';
  return next ?? '/omk retry';
}

/** What differs from a goal that nobody disturbed. A reaction that GitHub refused for good (`refused`) is not asked for again. */
async function differences(
  world: World,
  issue: number,
  goal: Goal,
  { id, refused }: { id: string; refused: boolean },
): Promise<string[]> {
  const { github } = world;
  const pulls = github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  const { comments } = github.issue(issue);
  const statuses = comments.filter(({ app, body }) => app && body.includes('<!-- omk:status:'));
  const goals = new Set(statuses.map(({ body }) => /<!-- omk:status:[^ ]*/.exec(body)?.[0]));
  const reactions = comments[0]?.reactions.length ?? 0;
  const found = {
    pulls: pulls.map(({ merged }) => merged !== undefined),
    heads: new Set(pulls.map(({ head }) => head.ref)).size,
    doubled: statuses.length - goals.size,
    reactions: refused ? Math.max(reactions, 1) : reactions,
    branch: (await github.tip(`omk/${issue}/${id}`)) ?? 'gone',
    file: await github.file('main', `words/${id}.txt`),
    status: goal.status,
  };
  const wanted = {
    pulls: [true],
    heads: 1,
    doubled: 0,
    reactions: 1,
    branch: 'gone',
    file: 'right\n',
    status: 'ready',
  };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const other = found[name as keyof typeof found];
    return JSON.stringify(other) === JSON.stringify(value) ? [] : [`${name}: ${JSON.stringify(other)}`];
  });
}
