import type { GoalEvent } from '../goal/event.ts';
import { gatesVerdict, type GateResult } from '../goal/gate.ts';
import type { Goal } from '../goal/goal.ts';
import type { Feedback, Slice } from '../goal/slice.ts';
import { gatesName } from './clean.ts';
import { prove } from './prove.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Runs the gates at the slice's commit. A failed gate sends the slice back to build with its output. */
export async function verify(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  if (!slice.head) throw new Error(`Slice ${slice.id} is verified without a commit`);
  const subject = {
    mirror: await mirrorOf(goal, tools),
    sha: slice.head,
    name: gatesName(goal, slice.id),
    slice: slice.id,
    changed: slice.changedFiles,
  };
  const results = await prove(goal, subject, tools);
  const verdict = gatesVerdict(results);
  if (verdict.kind === 'passed') return [{ kind: 'verified', slice: slice.id, results }];
  return [{ kind: 'gates-failed', slice: slice.id, results, feedback: verdict.failed.map(asFeedback) }];
}

function asFeedback(result: GateResult): Feedback {
  const end = { 'timed-out': 'ran out of time', 'could-not-start': 'could not start' }[result.status as string];
  const how = end ?? (result.signal ? `was ended by ${result.signal}` : `exited with ${result.exitCode}`);
  return { from: 'gate', text: `Gate \`${result.run}\` ${how}. The end of its output:\n${result.outputTail}` };
}
