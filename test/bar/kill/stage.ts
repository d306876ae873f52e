import { setTimeout as delay } from 'node:timers/promises';
import { isEnded, type GoalStatus } from '../../../src/goal/goal.ts';
import { openProcessWorld, SHORT_LIVED, type ProcessWorld } from '../../world/process.ts';
import { CI_WORDS, FILES, titleOf, type Deed, type Scene, type Story } from './stories.ts';

const POLL_MS = 100;
/** Nothing new for so long: it will not come. */
const PATIENCE_MS = 180_000;

/** How omk is to be killed while stories are played: at these named points, until each was struck in one of the worlds that share them, and so long after a start. */
export type Fate = { points: Set<string>; delaysMs: number[]; struck: string[] };

export function undisturbed(): Fate {
  return { points: new Set(), delaysMs: [], struck: [] };
}

/** A story that was played; `fault` is what kept it from its end. */
export type Played = Scene & { story: Story; fault: string | undefined };

/** A world in which CI works, with a process of omk that may be killed. The caller closes it. */
export async function openStage(env: Record<string, string> = {}): Promise<ProcessWorld> {
  const failed = new Set<string>();
  const ci = {
    app: 'github-actions',
    name: 'ci / words',
    conclusion: async (sha: string) => {
      const pull = world.github.pulls().find(({ head }) => head.sha === sha);
      const slice = /[^/]+(?=-[0-9a-f]{8}$)/.exec(pull?.head.ref ?? '')?.[0];
      const text = await world.github.file(sha, `words/${slice}.txt`);
      if (text === 'red\n') return CI_WORDS.red;
      const breaks = text === 'slow\n' && !failed.has(sha);
      failed.add(sha);
      return breaks ? CI_WORDS.slow : 'success';
    },
  };
  const world: ProcessWorld = await openProcessWorld(
    { files: FILES, checks: [ci], people: { ada: 'write', bob: 'admin' } },
    { OMK_WORKERS: '8', ...env },
    SHORT_LIVED,
  );
  world.github.protect('main', { requiredChecks: [{ context: ci.name }] });
  world.github.repository.rerequestable = true;
  return world;
}

/** Plays stories side by side until each is over, killing omk as the fate says, and stops omk. */
export async function play(world: ProcessWorld, cast: { story: Story; tag: string }[], fate: Fate): Promise<Played[]> {
  const acts = cast.map(({ story, tag }) => begin(world, story, tag));
  let known = killsIn(world).length;
  const revive = async () => {
    const all = killsIn(world);
    for (const point of all.slice(known)) {
      fate.struck.push(point);
      fate.points.delete(point);
    }
    known = all.length;
    await start(world, fate);
  };
  await revive();
  for (const { story, issue } of acts) world.github.comment('ada', issue, story.command);
  let [seen, since] = ['', Date.now()];
  for (; acts.some(({ over }) => !over); await delay(POLL_MS)) {
    if (!world.isAlive()) await revive();
    await runChecks(world);
    for (const act of acts.filter(({ over }) => !over)) await goOn(act);
    const now = JSON.stringify([
      fate.struck.length,
      fate.delaysMs.length,
      acts.map(({ status, left }) => [status, left.length]),
    ]);
    if (now !== seen) [seen, since] = [now, Date.now()];
    if (Date.now() - since < PATIENCE_MS) continue;
    for (const act of acts.filter(({ over }) => !over))
      Object.assign(act, { over: true, fault: `it stays ${act.status}` });
  }
  await world.end('SIGTERM');
  return acts;
}

type Act = Played & { left: Deed[]; isDone: (() => boolean) | undefined; status: string | undefined; over: boolean };

function begin(world: ProcessWorld, story: Story, tag: string): Act {
  story.script(world.model, tag);
  const body = 'Acceptance: the files are there and the gates pass.';
  const { number: issue } = world.github.openIssue('ada', { title: titleOf(tag), body });
  const left = [...story.deeds];
  return { world, story, tag, issue, left, isDone: undefined, status: undefined, over: false, fault: undefined };
}

/** The named points at which omk was killed in this world. */
function killsIn(world: ProcessWorld): string[] {
  return world.log().match(/(?<=^killed at ).*$/gm) ?? [];
}

/** Starts omk with the points that are left, or with a kill on its way. */
async function start(world: ProcessWorld, fate: Fate): Promise<void> {
  const delayMs = fate.delaysMs.shift();
  if (delayMs !== undefined) {
    setTimeout(() => {
      if (world.isAlive()) fate.struck.push(`${delayMs} ms`);
      void world.end('SIGKILL');
    }, delayMs);
  }
  await world.start([...fate.points].join(',') || undefined);
}

async function runChecks({ github }: ProcessWorld): Promise<void> {
  const runs = github.repository.suites.flatMap((suite) => suite.runs);
  for (const pull of github.pulls().filter(({ state }) => state === 'open')) {
    const own = runs.filter(({ name, suite }) => name === 'ci / words' && suite.headSha === pull.head.sha);
    if (own.length === 0 || own.some(({ status }) => status !== 'completed')) await github.runChecks(pull);
  }
}

/** Does the next deed when it is time, and sees whether the story is over. */
async function goOn(act: Act): Promise<void> {
  const { world, issue, left } = act;
  act.status = (await world.status(issue)) ?? act.status;
  if (act.isDone && !act.isDone()) return;
  act.isDone = undefined;
  const [deed] = left;
  if (deed === undefined) act.over = act.status !== undefined && isEnded(act.status as GoalStatus);
  else if (deed.at === act.status && (deed.ready?.(act) ?? true)) {
    left.shift();
    const before = countAnswers(act);
    act.isDone = deed.said ? () => countAnswers(act) > before : () => act.status !== deed.at;
    await deed.act(act);
  }
}

/** What omk said on the goal's issue and pull requests beside the status comment. */
function countAnswers({ world: { github }, issue }: Act): number {
  const places = [github.issue(issue), ...github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`))];
  const own = places.flatMap(({ comments }) => comments.filter(({ app }) => app));
  return own.filter(({ body }) => body.includes('<!-- omk:reply')).length;
}
