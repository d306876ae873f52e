import type { RecordedEvent } from './event.ts';
import { describeEvent } from './telling.ts';
import type { GateResult } from './gate.ts';
import type { Goal } from './goal.ts';
import { kindOf } from './kind.ts';
import { standing } from './slice.ts';
import { termsOf } from './terms.ts';
import { wallVerdict } from './wall.ts';

/** Everything a reader needs to judge a goal without trusting its summary: commits, gates with their evidence, verdicts, spend, timeline. */
export function proofOf(goal: Goal, events: readonly RecordedEvent[]) {
  return {
    version: 1,
    goal: goal.id,
    status: goal.status,
    reason: goal.reason,
    repository: `${goal.repository.owner}/${goal.repository.name}`,
    issue: goal.issue,
    requester: goal.requester.login,
    askHash: goal.ask.hash,
    kind: kindOf(goal.ask),
    base: goal.base,
    terms: termsOf(goal),
    plan: goal.plan,
    redOnBase: goal.redOnBase.map((result) => result.name),
    slices: goal.slices.map((slice) => ({
      id: slice.id,
      title: slice.title,
      status: standing(slice, goal).status,
      reason: slice.reason,
      writeScope: slice.writeScope,
      dependsOn: slice.dependsOn,
      acceptance: slice.acceptance,
      base: slice.base,
      head: slice.head,
      tree: slice.tree,
      changedFiles: slice.changedFiles,
      attempts: slice.attempts,
      gates: slice.gates.map(evidenceOf),
      wall: slice.wall && { ...slice.wall, verdict: wallVerdict(slice.wall).kind },
      round: slice.round && {
        number: slice.round.number,
        new: slice.round.new.length,
        fixed: slice.round.fixed,
        open: slice.round.open.length,
        reopened: slice.round.reopened.length,
      },
      accepted: slice.accepted.map(({ finding, reason, by }) => ({ finding, reason, by: by.login })),
      pull: slice.pull,
      mergedSha: slice.mergedSha,
    })),
    spend: goal.spend,
    timeline: timelineOf(events),
  };
}

/** A gate's result without its output, which may hold anything and lies on omk's disk. */
function evidenceOf({ name, run, kind, status, exitCode, signal, durationMs, tree, redOnBase, pace }: GateResult) {
  return { name, run, kind, status, exitCode, signal, durationMs, tree, redOnBase, pace };
}

/** The goal told again from its events: byte for byte the same each time. */
export function timelineOf(events: readonly RecordedEvent[]) {
  return events.flatMap(({ seq, at, event }) => {
    const text = describeEvent(event);
    return text === undefined ? [] : [{ seq, at: at.toISOString(), kind: event.kind, text }];
  });
}
