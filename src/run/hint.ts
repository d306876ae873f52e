import { type Heard } from '../github/webhook.ts';
import type { Goal } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import type { Slice } from '../goal/slice.ts';
import { policyOf } from '../goal/terms.ts';
import { listWaiting } from './glance.ts';
import type { Tools } from './tools.ts';

type Hint = Heard & { kind: 'hint' };

/** A look a moment after the first hint hears what comes with it: jobs and suites report in swarms. */
export const GATHER_MS = 3_000;

/** Something about these commits, pull requests or branches changed: the slices concerned read the facts again. */
export async function hearHint(heard: Hint, tools: Tools): Promise<void> {
  if (heard.app === tools.config.APP_ID) return;
  const now = tools.clock.now();
  for (const goal of await findConcerned(heard, tools)) {
    for (const slice of goal.slices.filter((candidate) => isConcerned(candidate, goal, heard))) {
      const isNews = slice.reason ? mayRelease(slice, heard) : heard.urgent || !looksSoon(goal, slice, now);
      if (isNews) await tools.store.wake(goal.id, slice.id, new Date(now.getTime() + GATHER_MS));
    }
  }
}

/** Before the grace for first checks is over nothing can be ready, and what is green already is looked at again anyway. */
function looksSoon(goal: Goal, { headSeenAt, greenSince, wait }: Slice, now: Date): boolean {
  if (!headSeenAt || !wait) return false;
  const inGrace = now.getTime() < headSeenAt.getTime() + policyOf(goal).checks.first_check_grace;
  return inGrace || (greenSince !== undefined && wait.until.getTime() - now.getTime() <= 60_000);
}

/** What waits for a person is looked at again when people did something to the pull request, or a check of it went well after all. */
function mayRelease({ pull }: Slice, { pulls, heads, urgent, all }: Hint): boolean {
  return pulls.includes(pull?.number ?? 0) || (heads.length > 0 && !urgent) || all;
}

async function findConcerned(heard: Hint, tools: Tools): Promise<Goal[]> {
  const { store } = tools;
  const repository = heard.repository.id;
  const byHead = await Promise.all(heard.heads.map((sha) => store.listGoalsByHead(repository, sha)));
  const byPull = await Promise.all(heard.pulls.map((pull) => store.findGoalByPull(repository, pull)));
  const active =
    heard.branches.length > 0 ? await store.listGoals({ repositoryId: repository, ended: false, limit: 1_000 }) : [];
  const all = heard.all ? await listWaiting(tools, { repositoryId: repository }) : [];
  const byBranch = await Promise.all([...active, ...all].map(({ id }) => store.findGoal(id)));
  const goals = [...byHead.flat(), ...byPull, ...byBranch].filter((goal) => goal !== undefined);
  return [...new Map(goals.map((goal) => [goal.id, goal])).values()];
}

function isConcerned(slice: Slice, goal: Goal, heard: Hint): boolean {
  if (slice.status !== 'merging' || !slice.pull) return false;
  const { number, head } = slice.pull;
  const branches = [goal.base?.branch, branchName(goal, slice.id)];
  return (
    heard.all ||
    heard.pulls.includes(number) ||
    heard.heads.includes(head) ||
    heard.branches.some((name) => branches.includes(name))
  );
}
