import { UserError } from '../errors.ts';
import type { Goal } from '../goal/goal.ts';
import type { Merge } from '../goal/policy.ts';
import { termsOf } from '../goal/terms.ts';
import type { Room } from '../process.ts';
import { refuseUnheld } from '../sandbox/refusal.ts';
import { openRoom, type RoomSpec } from '../sandbox/sandbox.ts';
import type { Tools } from './tools.ts';

type Needs = Pick<Tools, 'sandbox' | 'config'>;

/**
 * The only way to a place where an agent or a repository's commands run. Asked each time, since omk may have been started anew on
 * a machine that holds less. Throws UserError as `assertHeld` does.
 */
export function openGoalRoom(goal: Goal, spec: RoomSpec, tools: Needs): Room {
  assertHeld(goal, termsOf(goal).merge, tools);
  return openRoom(tools.sandbox, spec);
}

/** Throws UserError where programs are not held and nobody who runs the server has said that this is meant so. */
export function assertHeld({ repository }: Pick<Goal, 'repository'>, merge: Merge, { sandbox, config }: Needs): void {
  const switchedOff = config.OMK_SANDBOX === 'off';
  const why = refuseUnheld(sandbox, { isPrivate: repository.private, merge, switchedOff });
  if (why) throw new UserError(why, 'install bubblewrap on the server, or set OMK_SANDBOX=off there; then /omk retry');
}
