import type { Goal } from '../goal/goal.ts';
import { LOOK_BACK, learnHabits, type Habits, type Seen } from '../goal/settle/habits.ts';
import type { Slice } from '../goal/slice.ts';
import type { Tools } from './tools.ts';
import type { Order, Outcome } from './tries.ts';

const LASTS_MS = 600_000;

const known = new WeakMap<Tools['store'], Map<number, { seen: Seen[]; until: number }>>();

/** What checks usually do in the goal's repository, by what omk merged there: read at most every ten minutes. */
export async function habitsOf({ repository }: Goal, slice: Slice, { store, clock }: Tools): Promise<Habits> {
  const now = clock.now().getTime();
  const cache = known.get(store) ?? new Map<number, { seen: Seen[]; until: number }>();
  known.set(store, cache);
  const kept = cache.get(repository.id);
  const fresh = kept && kept.until > now ? kept : { seen: await readSeen(repository.id, store), until: now + LASTS_MS };
  cache.set(repository.id, fresh);
  return learnHabits(fresh.seen, slice.changedFiles);
}

async function readSeen(repositoryId: number, store: Tools['store']): Promise<Seen[]> {
  const effects = await store.listEffects({ repositoryId, kind: 'merge', limit: 2 * LOOK_BACK });
  return effects
    .filter(({ result }) => ['merged', 'left'].includes((result as Outcome | undefined)?.kind ?? ''))
    .flatMap(({ detail }) => (detail as Order).seen ?? []);
}
