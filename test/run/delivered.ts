import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { NO_OPTIONS } from '../../src/goal/command.ts';
import type { RunOptions } from '../../src/goal/command.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import { nextSteps } from '../../src/goal/next-steps.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { branchName, goalId, pullTitle } from '../../src/goal/naming.ts';
import { readPolicy } from '../../src/goal/policy-file.ts';
import { decide } from '../../src/run/advance.ts';
import { someGate, someWall } from '../goal/goals.ts';
import type { Pull } from '../world/fake-github.ts';
import type { World } from '../world/world.ts';

/** Every slice of these stories is proven by one gate that looks at one file. */
export const POLICY = 'review: { reviewer: off }\ngates: [{ name: words, run: "! grep -rn wrong src" }]\n';

type Given = { options?: Partial<RunOptions>; policy?: string; files?: Record<string, string>; base?: string };

/** A goal with one slice that is built, proven and delivered, as if Kimi had done it: the pull request is open and waits for its merge. */
export async function deliver(world: World, slice: string, given: Given = {}): Promise<{ issue: number; pull: Pull }> {
  const { github, omk } = world;
  const { repository } = github;
  const files = given.files ?? { [`src/${slice}.js`]: `export const ${slice} = 1;\n` };
  const branch = given.base ?? repository.defaultBranch;
  const base = { branch, sha: (await github.tip(branch)) ?? '' };
  const issue = github.openIssue('ada', { title: `Add ${slice}`, body: `Acceptance: ${slice} is there.` });
  const id = goalId(world.clock.now(), randomBytes(4).toString('hex'));
  const head = branchName({ id, issue: issue.number }, slice);
  await execa('git', ['branch', head, base.sha], { cwd: repository.gitDir });
  const sha = await github.push('ada', head, files);
  const { stdout: tree } = await execa('git', ['rev-parse', `${sha}^{tree}`], { cwd: repository.gitDir });
  const planned = planOf(slice, Object.keys(files));
  const pull = await github.openPull('omk[bot]', { title: pullTitle(planned), head, base: branch, body: '' });
  const goal = await begin(world, { id, issue: issue.number, slice, options: { ...NO_OPTIONS, ...given.options } });
  const read = readPolicy(given.policy ?? POLICY);
  if (read.kind === 'faults') throw new Error(read.faults.join('\n'));
  const gates = { setup: [], gates: [GATE], source: 'config' as const, notes: [] };
  const now = world.clock.now();
  const until = new Date(now.getTime() + read.policy.checks.first_check_grace);
  const wait = { reason: 'checks may still start', since: now, until };
  const delivered = { number: pull.number, url: '', head: sha, draft: false };
  const plan = { hash: '0123456789ab', notes: [], needsApproval: false, approvedBy: undefined };
  const events: GoalEvent[] = [
    { kind: 'accepted', base, policy: read.policy, gates },
    { kind: 'planned', slices: [planned], plan, redOnBase: [] },
    { kind: 'build-started', slice, base },
    {
      kind: 'built',
      slice,
      head: sha,
      tree,
      changedFiles: Object.keys(files),
      summary: 'Done.',
      kimiSession: undefined,
    },
    { kind: 'verified', slice, results: [someGate({ tree })] },
    { kind: 'wall-passed', slice, wall: someWall({ head: sha, base: base.sha }) },
    { kind: 'pushed', slice, head: sha },
    { kind: 'delivered', slice, pull: delivered },
    { kind: 'waiting', slice, wait, headSeenAt: now, greenSince: undefined },
  ];
  await omk.store.record(goal.id, events, { decide: (next) => decide(next, now) });
  return { issue: issue.number, pull };
}

const GATE = {
  name: 'words',
  run: '! grep -rn wrong src',
  kind: 'test' as const,
  timeoutMs: 60_000,
  dir: '.',
  paths: [],
};

function planOf(id: string, writeScope: string[]) {
  const none = { readScope: [], dependsOn: [], risk: 'low' as const };
  return { id, title: `Add ${id}`, description: '', writeScope, acceptance: [`${id} is there`], ...none };
}

type Begun = { id: string; issue: number; slice: string; options: RunOptions };

async function begin(world: World, { id, issue, slice, options }: Begun): Promise<Goal> {
  const { repository, state } = world.github;
  const ada = [...state.accounts.values()].find(({ login }) => login === 'ada');
  const installation = [...state.installations.values()].find((one) => one.repositories.includes(repository));
  if (!ada || !installation) throw new Error('The world has no ada, or omk is not installed');
  const { owner, name } = repository;
  const place = { installationId: installation.id, id: repository.id, owner: owner.login, name, private: false };
  const ask = { title: `Add ${slice}`, text: `Acceptance: ${slice} is there.`, hash: 'x' };
  const requester = { id: ada.id, login: ada.login };
  const made = await world.omk.store.createGoal(
    { kind: 'asked', id, repository: place, issue, requester, commentId: 1, ask, options },
    { trigger: `story:${id}`, decide: () => ({ jobs: [], waits: [] }) },
  );
  return made.goal;
}

/** Lets CI run and the time pass until the goal of the issue is as wanted. */
export async function until(world: World, issue: number, wanted: (goal: Goal) => boolean): Promise<Goal> {
  let goal: Goal | undefined;
  for (let round = 0; round < 120; round += 1) {
    await world.idle();
    goal = await world.goal(issue);
    if (wanted(goal)) return goal;
    if (await runChecks(world)) continue;
    const now = world.clock.now();
    const waits = nextSteps(goal, now).flatMap((step) => (step.kind === 'wait' ? [step.until.getTime()] : []));
    world.clock.advanceTo(new Date(Math.min(...waits, now.getTime() + 60_000)));
  }
  const slices = goal?.slices.map(({ status, wait, reason }) => ({ status, wait, reason }));
  throw new Error(`It does not come about: ${goal?.status} ${JSON.stringify([goal?.reason, slices])}`);
}

const seen = new WeakMap<World, Map<string, number>>();

/** CI works on every open head, and again once more of it has started. */
async function runChecks(world: World): Promise<boolean> {
  const { github, clock } = world;
  const known = seen.get(world) ?? new Map<string, number>();
  seen.set(world, known);
  const suites = ({ head }: Pull) =>
    github.repository.suites.filter((suite) => suite.headSha === head.sha && suite.createdAt <= clock.now()).length;
  const fresh = github.pulls().filter((pull) => pull.state === 'open' && known.get(pull.head.sha) !== suites(pull));
  for (const pull of fresh) {
    known.set(pull.head.sha, suites(pull));
    await github.runChecks(pull);
  }
  return fresh.length > 0;
}
