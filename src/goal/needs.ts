import { assertNever } from '../errors.ts';
import { isEnded, type Goal, type Reason } from './goal.ts';
import { isStuck, standing, type Slice } from './slice.ts';

const STILL: Reason = { text: 'The goal stands still.', next: '/omk retry' };

/** What a person must decide or do, each with the command for it; none while omk goes on by itself or nothing is left to do. */
export function findNeeds(goal: Goal): Reason[] {
  switch (goal.status) {
    case 'ready':
    case 'cancelled':
      return [];
    case 'awaiting_approval':
      return [goal.reason ?? approvalNeeded(goal)];
    case 'paused':
      return [goal.reason ?? { text: 'It was paused by a person, and its work is kept.', next: '/omk resume' }];
    case 'blocked_on_human':
      return [
        goal.reason ?? STILL,
        ...proposalNeeds(goal).filter(({ next }) => next !== goal.reason?.next),
        ...sliceNeeds(goal).filter(({ slice }) => !tells(goal.reason, slice)),
      ];
    case 'not_ready':
    case 'blocked_on_external':
    case 'needs_more_budget':
    case 'failed_infra':
      return [goal.reason ?? STILL];
    case 'queued':
    case 'planning':
    case 'running':
      return [...proposalNeeds(goal), ...sliceNeeds(goal)];
    default:
      return assertNever(goal.status);
  }
}

/** Why the reviews of a slice are worked on no further, and what a person can do; undefined while omk goes on with them. */
export function findStop(goal: Goal, slice: Slice): Reason | undefined {
  const { status } = standing(slice, goal);
  if (status === 'merged' || status === 'cancelled') {
    return { text: '', next: 'write what is missing on an issue and start it with `/omk run`' };
  }
  if (isStuck(slice)) return slice.reason ?? STILL;
  return isEnded(goal.status) ? (goal.reason ?? STILL) : undefined;
}

function approvalNeeded({ plan }: Goal): Reason {
  return {
    text: 'The plan waits for approval. Change it with `/omk plan <what to change>`, or refuse it with `/omk reject <reason>`.',
    next: plan ? `/omk approve ${plan.hash}` : '/omk approve',
  };
}

/** Further slices that an agent proposed. */
function proposalNeeds({ proposal }: Goal): Reason[] {
  if (!proposal) return [];
  const lines = proposal.slices.map(
    ({ id, title, writeScope }) => `\`${id}\`: ${title}. It writes ${writeScope.join(', ')}.`,
  );
  const text = [`\`${proposal.from}\` found work outside of its own and proposes:`, ...lines].join('\n');
  return [
    {
      text: `${text}\nThe goal goes on without it after \`/omk reject <reason>\`.`,
      next: `/omk approve ${proposal.hash}`,
    },
  ];
}

type SliceNeed = Reason & { slice: Slice };

function sliceNeeds({ slices }: Goal): SliceNeed[] {
  return slices.flatMap((slice) => {
    const { id, status, reason } = slice;
    const stands = reason && status !== 'merged' && status !== 'cancelled';
    return stands ? [{ ...reason, text: `Slice \`${id}\`: ${reason.text}`, slice }] : [];
  });
}

/** A goal that stands still gives the reason of one of its slices. */
function tells(reason: Reason | undefined, slice: Slice): boolean {
  return reason !== undefined && slice.reason !== undefined && reason.text.endsWith(slice.reason.text);
}
