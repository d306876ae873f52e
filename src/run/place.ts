import { TransientError } from '../errors.ts';
import type { Goal } from '../goal/goal.ts';
import type { Step } from '../goal/next-steps.ts';
import type { Tools } from './tools.ts';

/** A dead process gives its places back after this. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
const AGAIN_MS = 5_000;

/** The steps in which an agent or gates work. The others are over in a moment. */
const LONG: readonly Step['kind'][] = ['plan', 'build', 'verify', 'review'];

/**
 * Does the work in one of the repository's places, of which there are `OMK_PER_REPOSITORY` over all processes, so that no repository
 * keeps all workers busy. Throws TransientError when none is free.
 */
export async function inPlace<T>(step: Step, goal: Goal, tools: Tools, work: () => Promise<T>): Promise<T> {
  if (!LONG.includes(step.kind)) return work();
  const { store, clock, config, log } = tools;
  const place = {
    group: `repository:${goal.repository.id}`,
    holder: `${goal.id}/${'slice' in step ? step.slice : ''}`,
  };
  const take = () => {
    const until = new Date(clock.now().getTime() + LEASE_MS);
    return store.takePlace({ ...place, until, most: config.OMK_PER_REPOSITORY });
  };
  if (!(await take())) throw new TransientError('The repository keeps as many workers busy as it may', AGAIN_MS);
  const renewal = setInterval(() => {
    take().catch((err: unknown) => log.warn({ err, goal: goal.id }, 'a place could not be kept'));
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await store.leavePlace(place);
  }
}
