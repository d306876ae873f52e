import { Counter } from 'prom-client';
import { readGlances } from '../github/glances.ts';
import { isEnded, type Goal, type Repository } from '../goal/goal.ts';
import type { Slice } from '../goal/slice.ts';
import type { GoalSummary } from '../store/lookup.ts';
import type { Tools } from './tools.ts';

const rescued = new Counter({
  name: 'omk_sweep_rescued_total',
  help: 'Pull requests whose change no webhook had told of when the sweep found it',
});

/** What the last sweep saw of a slice's pull request, and where the slice stood then. */
type Seen = { glance: string; turn: number };

/** Between two sweeps: by goal and slice. */
export type Memory = Map<string, Seen>;

type Armed = { goal: Goal; slice: Slice; pull: number };
type Needs = Pick<Tools, 'store' | 'clock' | 'log' | 'connect'>;

/**
 * Glances at every pull request that waits for its merge or for a person, 25 to a query, and has those looked at that changed since
 * the last sweep. What changed while its slice stood still is a rescue: no webhook told. Where no glance is possible, all that wait
 * for their merge are woken. Harmless twice.
 */
export async function glanceAtArmed(tools: Needs, memory: Memory): Promise<void> {
  const armed = await listArmed(tools);
  const keys = new Set(armed.map(keyOf));
  for (const key of memory.keys()) if (!keys.has(key)) memory.delete(key);
  for (const group of byRepository(armed)) await glanceAtGroup(group, tools, memory);
}

/** A goal on which nobody did anything for so long is not looked after any more. */
const LOOKED_AFTER_MS = 14 * 86_400_000;

/** The goals of which something may merge: those at work, and those that waited for a person in the last two weeks. */
export async function listWaiting(
  { store, clock }: Pick<Tools, 'store' | 'clock'>,
  place: { repositoryId?: number } = {},
): Promise<GoalSummary[]> {
  const all = await store.listGoals({ ...place, limit: 1_000_000 });
  const since = clock.now().getTime() - LOOKED_AFTER_MS;
  return all.filter(
    ({ status, updatedAt }) => !isEnded(status) || (status === 'blocked_on_human' && updatedAt.getTime() > since),
  );
}

async function listArmed(tools: Needs): Promise<Armed[]> {
  const summaries = await listWaiting(tools);
  const goals = await Promise.all(summaries.map(({ id }) => tools.store.findGoal(id)));
  return goals.flatMap((goal) =>
    (goal?.slices ?? []).flatMap((slice) =>
      goal && slice.pull && slice.status === 'merging' ? [{ goal, slice, pull: slice.pull.number }] : [],
    ),
  );
}

function keyOf({ goal, slice }: Armed): string {
  return `${goal.id}/${slice.id}`;
}

function byRepository(armed: readonly Armed[]): Armed[][] {
  return [...Map.groupBy(armed, ({ goal }) => goal.repository.id).values()];
}

async function glanceAtGroup(group: readonly Armed[], tools: Needs, memory: Memory): Promise<void> {
  const [first] = group;
  if (!first) return;
  const glances = await tryGlances(first.goal.repository, group, tools);
  for (const armed of group) {
    const { goal, slice, pull } = armed;
    const glance = glances?.get(pull);
    const before = memory.get(keyOf(armed));
    if (glance !== undefined) memory.set(keyOf(armed), { glance, turn: slice.turn });
    if (glance !== undefined && before?.glance === glance) continue;
    const isRescue = before !== undefined && glance !== undefined && before.turn === slice.turn;
    if (isRescue) {
      rescued.inc();
      tools.log.warn({ goal: goal.id, slice: slice.id, pull }, 'the sweep found what no webhook told');
    }
    if (!slice.reason || isRescue) await tools.store.wake(goal.id, slice.id);
  }
}

async function tryGlances(repository: Repository, group: readonly Armed[], tools: Needs) {
  try {
    const github = await tools.connect(repository);
    return await readGlances(
      github,
      group.map(({ pull }) => pull),
    );
  } catch (err) {
    tools.log.warn({ err, repository: repository.id }, 'no glance at the pull requests');
    return undefined;
  }
}
