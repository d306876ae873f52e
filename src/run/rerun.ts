import { rerequestCheck } from '../github/checks.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { FailedCheck } from '../goal/settle.ts';
import { waiting, type Scene } from './scene.ts';

/** Results that say more about the machine than about the change. A plain failure is the agent's to repair. */
const OF_THE_MACHINE = ['TIMED_OUT', 'CANCELLED', 'STARTUP_FAILURE', 'STALE'];
/** How long a check that GitHub was asked to run again may take to say something new. */
const PATIENCE_MS = 600_000;
const LOOK_MS = 60_000;

type Asked = { ids: number[] };

/**
 * Has the failed checks run again, once for each head, if the machine rather than the change failed all of them and GitHub allows
 * it: it does for checks of ours and of apps that let others ask. Undefined where nothing was asked or it did not help.
 */
export async function runAgain(scene: Scene, failed: readonly FailedCheck[]): Promise<GoalEvent[] | undefined> {
  const { goal, slice, pull, github, tools } = scene;
  if (failed.length === 0 || !failed.every(isOfTheMachine)) return undefined;
  const key = `rerun:${goal.id}/${slice.id}/${pull.head}`;
  const { kind, effect } = await tools.store.intendEffect({ goalId: goal.id, key, kind: 'rerun', detail: {} });
  // What was only intended may not have been asked; what was asked has another id by now.
  if (kind === 'settled') return awaitRerun(scene, failed, { ...(effect.result as Asked), at: effect.intendedAt });
  const ids: number[] = [];
  for (const { id } of failed) if (id !== undefined && (await rerequestCheck(github, id))) ids.push(id);
  await tools.store.settleEffect(key, { ids } satisfies Asked);
  return awaitRerun(scene, failed, { ids, at: effect.intendedAt });
}

function isOfTheMachine({ id, says }: FailedCheck): boolean {
  return id !== undefined && OF_THE_MACHINE.includes(says);
}

/** Only as long as nothing new was said: a run that failed again has another number. */
function awaitRerun(
  scene: Scene,
  failed: readonly FailedCheck[],
  { ids, at }: Asked & { at: Date },
): GoalEvent[] | undefined {
  const now = scene.tools.clock.now();
  const asked = failed.every(({ id }) => id !== undefined && ids.includes(id));
  if (!asked || now.getTime() >= at.getTime() + PATIENCE_MS) return undefined;
  const names = failed.map(({ name }) => `\`${name}\``).join(', ');
  const until = new Date(now.getTime() + LOOK_MS);
  return waiting(scene, `GitHub was asked to run ${names} again`, { until });
}
