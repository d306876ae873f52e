import { assertNever } from '../../errors.ts';
import { withoutSaid } from '../batch.ts';
import type { GateResult } from '../gate.ts';
import type { Goal } from '../goal.ts';
import { capBody, renderIsland } from '../island.ts';
import { summaryLines } from '../naming.ts';
import type { Slice } from '../slice.ts';
import { clip, encodeCell, encodeCode, encodeCodeCell, encodeInline, renderTable } from '../text.ts';
import { ANTI_SLOP_THRESHOLD, PASSES, type PassName, type Wall } from '../wall.ts';
import { renderDuration, renderSpend } from './words.ts';

export type PullView = {
  /** What the sandbox holds, such as `bwrap`. */
  sandbox: string;
  /** The page of the goal. */
  pageUrl?: string | undefined;
};

/** The name of the island in a pull request's body that belongs to omk. */
export const PULL_ISLAND = 'slice';

/** The body of a slice's pull request as it is opened: one island. `replaceIsland` with `renderPullContent` renews it. */
export function renderPullBody(goal: Goal, slice: Slice, view: PullView): string {
  return renderIsland(PULL_ISLAND, renderPullContent(goal, slice, view));
}

/** What stands in the island: upstream's lines, what changed, the wall and the gates of this head, and how it was made. */
export function renderPullContent(goal: Goal, slice: Slice, view: PullView): string {
  return capBody([
    { text: upstreamLines(goal, slice) },
    { text: whatChanged(slice) },
    { text: placeInGoal(goal, slice) },
    ...(slice.wall ? [{ text: wallSection(slice, slice.wall) }] : []),
    ...(slice.gates.length > 0 ? [{ text: gatesSection(slice.gates) }] : []),
    { text: madeHow(goal, view) },
  ]);
}

function upstreamLines(goal: Goal, slice: Slice): string {
  return [
    `Slice ${encodeCode(slice.id)} for goal ${encodeCode(goal.id)}.`,
    '',
    `- Owner: ${encodeCode(goal.requester.login)}`,
    `- Write scope: ${encodeCode(clip(slice.writeScope.join(', '), 2_000))}`,
    `- Commit: ${encodeCode(slice.head ?? 'none')}`,
    `- Slice dependencies: ${encodeCode(slice.dependsOn.join(', ') || 'none')}`,
  ].join('\n');
}

function whatChanged(slice: Slice): string {
  const lines = summaryLines(withoutSaid(slice.summary)).map((line) => `- ${encodeInline(line)}`);
  return ['**What changed**', '', ...(lines.length > 0 ? lines : [`- ${encodeInline(slice.title)}`])].join('\n');
}

const MOST_FILES = 20;

function placeInGoal(goal: Goal, slice: Slice): string {
  const place = goal.slices.findIndex((other) => other.id === slice.id) + 1;
  const files = slice.changedFiles.slice(0, MOST_FILES).map((file) => encodeCode(clip(file, 200)));
  const left = slice.changedFiles.length - files.length;
  const touched = [...files, ...(left > 0 ? [`${left} more`] : [])].join(', ') || 'nothing';
  return `Part of #${goal.issue}, slice ${place}/${goal.slices.length}\n\nScope touched: ${touched}`;
}

function wallSection(slice: Slice, wall: Wall): string {
  const stale =
    wall.head === slice.head
      ? `Verdict on ${encodeCode(wall.head)}.`
      : `Stale: this verdict is on ${encodeCode(wall.head)}, and the branch has moved to ${encodeCode(slice.head ?? 'another commit')}.`;
  const rows = PASSES.map((pass) => passRow(wall, pass));
  const slop = `Anti-slop confidence ${wall.antiSlopConfidence.toFixed(2)}; above ${ANTI_SLOP_THRESHOLD} blocks.`;
  return ['## Review Wall', renderTable(['Pass', 'Status', 'Severity', 'Feedback'], rows), `${stale} ${slop}`].join(
    '\n\n',
  );
}

function passRow(wall: Wall, pass: PassName): string[] {
  const verdict = wall.passes.find((candidate) => candidate.pass === pass);
  if (!verdict) return [pass, 'missing', '', 'No verdict was given, so the wall blocks.'];
  const status = verdict.status === 'not-applicable' ? 'not applicable' : verdict.status;
  return [pass, status, verdict.severity, encodeCell(clip(verdict.feedback, 300))];
}

function gatesSection(results: readonly GateResult[]): string {
  const rows = results.map((result) => [
    encodeCell(clip(result.name, 60)),
    encodeCodeCell(clip(result.run, 200)),
    renderExit(result) + (result.redOnBase && result.status !== 'passed' ? ' (fails on the base too)' : ''),
    renderDuration(result.durationMs),
    encodeCodeCell(result.tree),
  ]);
  return `## Gates\n\n${renderTable(['Gate', 'Command', 'Exit', 'Duration', 'Tree'], rows)}`;
}

function renderExit({ status, exitCode, signal }: GateResult): string {
  switch (status) {
    case 'passed':
    case 'failed':
      return signal === null ? String(exitCode ?? '') : encodeCell(signal);
    case 'timed-out':
      return 'timed out';
    case 'could-not-start':
      return 'could not start';
    default:
      return assertNever(status);
  }
}

function madeHow(goal: Goal, { sandbox, pageUrl }: PullView): string {
  const proof =
    pageUrl === undefined ? 'ask with `/omk proof`' : `[proof](${pageUrl}/proof.json), [page of the goal](${pageUrl})`;
  return [
    `- Sandbox: ${encodeCode(sandbox)}`,
    `- Spend of the goal so far: ${renderSpend(goal.spend)}`,
    `- Proof: ${proof}`,
  ].join('\n');
}
