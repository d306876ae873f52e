import { breakerAfter, isOwnFault } from '../goal/breaker.ts';
import type { GoalEvent } from '../goal/event.ts';
import { gatesVerdict, type GateResult } from '../goal/gate.ts';
import type { Goal } from '../goal/goal.ts';
import type { Feedback, Slice } from '../goal/slice.ts';
import { baseOf } from './build.ts';
import { gatesName } from './clean.ts';
import { prove } from './prove.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Runs the gates at the slice's commit. A failed gate sends the slice back to build with its output, one that failed for its own reasons runs again. */
export async function verify(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  if (!slice.head) throw new Error(`Slice ${slice.id} is verified without a commit`);
  const subject = {
    mirror: await mirrorOf(goal, tools),
    sha: slice.head,
    name: gatesName(goal, slice.id),
    slice: slice.id,
    changed: slice.changedFiles,
    against: (slice.base ?? baseOf(goal)).sha,
  };
  const results = await prove(goal, subject, tools);
  const verdict = gatesVerdict(results);
  if (verdict.kind === 'passed') return [{ kind: 'verified', slice: slice.id, results }];
  const own = verdict.failed.filter(isOwnFault);
  const broken = verdict.failed.filter((result) => !own.includes(result));
  if (broken.length === 0) return faulted(slice, results, own, tools.clock.now());
  return [{ kind: 'gates-failed', slice: slice.id, results, feedback: broken.map(asFeedback) }];
}

function asFeedback(result: GateResult): Feedback {
  return {
    from: 'gate',
    text: `Gate \`${result.run}\` ${endOf(result)}.`,
    output: result.outputTail,
  };
}

function endOf({ status, signal, exitCode }: GateResult): string {
  if (status === 'timed-out') return 'ran out of time';
  if (status === 'could-not-start') return 'could not start';
  return signal ? `was ended by ${signal}` : `exited with ${exitCode}`;
}

/** Nobody can mend the code for a machine that fails: the gates run again, after the fifth time after a pause, and then a person looks. */
function faulted(slice: Slice, results: GateResult[], own: GateResult[], now: Date): GoalEvent[] {
  const breaker = breakerAfter(slice.gateFaults + 1);
  const words = own.map((result) => `Gate \`${result.run}\` ${endOf(result)}`).join('; ');
  if (breaker.kind === 'ask') {
    const output = own[0]?.outputTail.trim().slice(-1_000);
    const text = `${words}, ${slice.gateFaults + 1} times in a row, for reasons of its own and not of the code.`;
    return [{ kind: 'slice-blocked', slice: slice.id, reason: { text, next: `/omk retry ${slice.id}`, output } }];
  }
  const reason = `${words}; tried again${breaker.kind === 'pause' ? ' once after a pause' : ''}`;
  const wait = { reason, since: now, until: new Date(now.getTime() + breaker.ms) };
  return [{ kind: 'gates-faulted', slice: slice.id, results, wait }];
}
