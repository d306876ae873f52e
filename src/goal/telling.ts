import { assertNever } from '../errors.ts';
import type { GateResult } from './gate.ts';
import { isHastened } from './outage.ts';
import { isSliceEvent, type GoalEvent, type SliceEvent } from './event.ts';

/** The event in a few words of omk's own, or undefined if a reader of the status comment gains nothing from it. */
export function describeEvent(event: GoalEvent): string | undefined {
  if (isSliceEvent(event)) {
    const words = describeSliceEvent(event);
    return words && `\`${event.slice}\` ${words}`;
  }
  switch (event.kind) {
    case 'asked':
      return `asked by ${event.requester.login}`;
    case 'spent':
    case 'told':
      return undefined;
    case 'tools-asked':
      return event.refused > 0 ? `${event.refused} of ${event.asked} tool calls refused (${event.on})` : undefined;
    case 'accepted':
      return `accepted on base \`${event.base.branch}\``;
    case 'plan-delayed':
      return isHastened(event.wait)
        ? 'planned again, as a person wished'
        : 'could not be planned yet, tried again later';
    case 'planned':
      return `planned as ${event.slices.length === 1 ? 'one slice' : `${event.slices.length} slices`}`;
    case 'approved':
      return `plan approved by ${event.by.login}`;
    case 'rejected':
      return `plan refused by ${event.by.login}`;
    case 'slices-proposed':
      return `\`${event.from}\` proposed ${event.slices.map(({ id }) => `\`${id}\``).join(', ')}`;
    case 'proposal-refused':
      return `what \`${event.from}\` proposed is refused: ${event.reasons.join('; ')}`;
    case 'reverted':
      return `\`${event.undoes}\` taken back by ${event.by.login}`;
    case 'regrouped':
      return `\`${event.stuck}\` made no progress: planned anew in smaller slices or another order, since ${event.why}`;
    case 'finished':
      return event.status === 'cancelled' && event.reason
        ? `ended cancelled: ${event.reason.text}`
        : `ended ${event.status}`;
    case 'paused':
      return `paused by ${event.by.login}`;
    case 'resumed':
      return event.by ? `resumed by ${event.by.login}` : 'goes on, since what it waited for has changed';
    case 'issue-shut':
      return `the issue was ${event.how} by ${event.by.login}`;
    case 'issue-opened':
      return `goes on, since ${event.by.login} opened the issue again`;
    case 'answered':
      return `${event.by.login} added to the goal`;
    case 'repository-renamed':
      return event.installationId === undefined
        ? `the repository is called ${event.name} now`
        : 'the App was installed anew, and reaches the repository again';
    case 'budget-extended':
      return `budget extended by ${event.by.login}`;
    default:
      return assertNever(event);
  }
}

/** A program that merges does it for somebody: its name is GitHub's. */
function merger(by: string | undefined): string {
  if (by === undefined) return '';
  return by === 'github-merge-queue' ? " by GitHub's merge queue" : ` by ${by}`;
}

function describeGates(results: readonly GateResult[]): string {
  const known = results.filter(({ status }) => status !== 'passed').length;
  if (results.length === 0) return 'had no gates to run';
  if (known === 0) return 'gates passed';
  return known === results.length
    ? 'no gate passed: all fail on the base too'
    : `gates passed, beside ${known} of ${results.length} that ${known === 1 ? 'fails' : 'fail'} on the base too`;
}

function describeSliceEvent(event: SliceEvent): string | undefined {
  switch (event.kind) {
    case 'build-started':
      return event.fresh ? `build started anew, since ${event.fresh}` : 'build started';
    case 'build-failed':
      return `build turn failed: ${event.reason.split(/(?<=\.)\s|\n/, 1)[0]}`;
    case 'interrupted':
      return (
        event.wait &&
        (isHastened(event.wait)
          ? 'asks the model again, as a person wished'
          : 'waits for the model, whose service is in trouble')
      );
    case 'built':
      return `built, ${event.changedFiles.length} file${event.changedFiles.length === 1 ? '' : 's'} changed`;
    case 'verified':
      return describeGates(event.results);
    case 'gates-failed':
      return 'gates failed, back to build';
    case 'gates-faulted':
      return 'gates failed for reasons of their own, tried again later';
    case 'wall-passed':
      return 'review wall passed';
    case 'wall-blocked':
      return 'review wall blocked, back to build';
    case 'adopted':
      return `took over what people pushed, \`${event.theirs.slice(0, 7)}\``;
    case 'rebased':
      return `rebased onto \`${event.base.sha.slice(0, 7)}\``;
    case 'work-lost':
      return 'lost its unpushed work with another machine, back to build';
    case 'conflicted':
      return 'conflicts with the base, back to build';
    case 'pushed':
      return `pushed \`${event.head.slice(0, 7)}\``;
    case 'delivered':
      return `delivered as #${event.pull.number}`;
    case 'waiting':
    case 'released':
    case 'review-heard':
      return undefined;
    case 'review-gathered':
      return event.batch ? `reviewed by ${event.batch.by.join(', ')}, back to build` : undefined;
    case 'review-declined':
      return 'review answered without a change';
    case 'review-answered':
      return event.open ? 'review left open for a person' : 'review answered';
    case 'entrusted':
      return 'left to GitHub to merge';
    case 'taken-back':
      return 'not for GitHub to merge any more';
    case 'held':
      return 'held for a person';
    case 'merge-asked':
      return `merge asked for by ${event.by.login}`;
    case 'merged':
      return `merged${merger(event.by)} as \`${event.sha.slice(0, 7)}\``;
    case 'sent-back':
      return 'sent back to build';
    case 'slice-blocked':
      return 'blocked';
    case 'retried':
      return `retried by ${event.by.login}`;
    case 'slice-cancelled':
      return 'cancelled';
    case 'fix-asked':
      return `told more by ${event.by.login}, for its next turn`;
    case 'rebase-asked':
      return `rebase asked for by ${event.by.login}`;
    case 'finding-accepted':
      return `finding ${event.finding} let through by ${event.by.login}`;
    default:
      return assertNever(event);
  }
}
