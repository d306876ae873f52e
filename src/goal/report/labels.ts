import { assertNever } from '../../errors.ts';
import type { GoalStatus } from '../goal.ts';

/** A label that omk makes where it is missing. `color` is six hex digits. */
export type Label = { name: string; color: string; description: string };

const WORKING: Label = { name: 'omk:working', color: '1d76db', description: 'omk is at work on this goal' };
const NEEDS_YOU: Label = { name: 'omk:needs-you', color: 'fbca04', description: 'omk waits for a person' };
const DONE: Label = { name: 'omk:done', color: '0e8a16', description: 'omk merged every slice of this goal' };
const FAILED: Label = { name: 'omk:failed', color: 'b60205', description: 'omk stopped before the goal was reached' };

/** The labels that mirror a goal's state. An issue has one of them at most. */
export const STATE_LABELS: readonly Label[] = [WORKING, NEEDS_YOU, DONE, FAILED];

/** The label of a goal's state; undefined for a cancelled goal, which is nobody's business any more. */
export function stateLabel(status: GoalStatus): Label | undefined {
  switch (status) {
    case 'queued':
    case 'planning':
    case 'running':
      return WORKING;
    case 'awaiting_approval':
    case 'paused':
    case 'blocked_on_human':
    case 'blocked_on_external':
    case 'needs_more_budget':
      return NEEDS_YOU;
    case 'ready':
      return DONE;
    case 'not_ready':
    case 'failed_infra':
      return FAILED;
    case 'cancelled':
      return undefined;
    default:
      return assertNever(status);
  }
}
