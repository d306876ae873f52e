import { assertNever } from '../../errors.ts';
import { withoutSaid } from '../batch.ts';
import type { GateResult } from '../gate.ts';
import type { Goal } from '../goal.ts';
import { capBody, MAX_BODY, renderIsland } from '../island.ts';
import { summaryLines } from '../naming.ts';
import type { Slice } from '../slice.ts';
import { clip, encodeCell, encodeCode, encodeCodeCell, encodeInline, renderTable } from '../text.ts';
import { describeRound, standingIn } from '../ledger.ts';
import { ANTI_SLOP_THRESHOLD, PASSES, type Finding, type PassName, type Wall } from '../wall.ts';
import { linkPulls, pullsOf, renderDuration, renderPassStatus, renderSpend } from './words.ts';

export type PullView = {
  /** What the sandbox holds, such as `bwrap`. */
  sandbox: string;
  /** The page of the goal. */
  pageUrl?: string | undefined;
};

/** The name of the island in a pull request's body that belongs to omk. */
export const PULL_ISLAND = 'slice';

/** The body of a slice's pull request as it is opened: one island. `renewIsland` with `renderPullContent` renews it. */
export function renderPullBody(goal: Goal, slice: Slice, view: PullView): string {
  return renderIsland(PULL_ISLAND, renderPullContent(goal, slice, view));
}

/** What stands in the island, in at most `max` characters: upstream's lines, what changed, the wall and the gates of this head, and how it was made. */
export function renderPullContent(goal: Goal, slice: Slice, view: PullView, max: number = MAX_BODY): string {
  const sections = [
    { text: upstreamLines(goal, slice) },
    { text: whatChanged(goal, slice) },
    { text: placeInGoal(goal, slice) },
    ...(slice.wall ? [{ text: wallSection(slice, slice.wall) }] : []),
    { text: gatesSection(slice.gates) },
    { text: madeHow(goal, view) },
  ];
  return capBody(sections, max);
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

function whatChanged(goal: Goal, slice: Slice): string {
  const said = summaryLines(withoutSaid(slice.summary));
  const lines = said.map((line) => `- ${linkPulls(encodeInline(line), pullsOf(goal))}`);
  const people = slice.stem
    ? [`- Commits of people up to ${encodeCode(slice.stem.slice(0, 12))} are in it as they were pushed.`]
    : [];
  const shown = lines.length > 0 ? lines : [`- ${encodeInline(slice.title)}`];
  return ['**What changed**', '', ...shown, ...people].join('\n');
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
  const table = renderTable(['Pass', 'Status', 'Severity', 'Feedback'], rows);
  return ['## Review Wall', table, `${stale} ${slop}`, ...roundLines(slice)].join('\n\n');
}

const MOST_FINDINGS = 20;

/** What became of the findings: counted, then what stands, what is fixed and what a person let through. */
function roundLines({ round, accepted }: Slice): string[] {
  if (!round) return [];
  const waived = new Set(accepted.map(({ finding }) => finding));
  const rows = [
    ...standingIn(round).map((finding) => `- open: ${findingLine(finding)}`),
    ...round.fixed.filter(({ id }) => !waived.has(id)).map((finding) => `- fixed: ${findingLine(finding)}`),
    ...accepted.map(
      ({ finding, reason, by }) =>
        `- let through: ${encodeCode(finding)} by ${encodeCode(by.login)}: ${encodeInline(clip(reason, 200))}`,
    ),
  ];
  const left = rows.length - MOST_FINDINGS;
  const shown = [...rows.slice(0, MOST_FINDINGS), ...(left > 0 ? [`- and ${left} more`] : [])];
  const counted = describeRound(round, accepted);
  return [...(counted === undefined ? [] : [`Review ${counted}.`]), ...(rows.length === 0 ? [] : [shown.join('\n')])];
}

function findingLine({ id, rule, file, line, severity, message }: Finding): string {
  const place = file === '' ? '' : ` at ${encodeCode(clip(line > 0 ? `${file}:${line}` : file, 200))}`;
  return `${encodeCode(id)} ${encodeCode(rule)}${place} (${severity}): ${encodeInline(clip(message, 200))}`;
}

function passRow(wall: Wall, pass: PassName): string[] {
  const verdict = wall.passes.find((candidate) => candidate.pass === pass);
  if (!verdict) return [pass, 'missing', '', 'No verdict was given, so the wall blocks.'];
  return [pass, renderPassStatus(verdict.status), verdict.severity, encodeCell(clip(verdict.feedback, 300))];
}

function gatesSection(results: readonly GateResult[]): string {
  if (results.length === 0) return '## Gates\n\nNo gate ran on this commit: nothing is proven by running it.';
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
    '**How it was made, and how to change it**\n',
    `- Sandbox: ${encodeCode(sandbox)}`,
    `- Spend of the goal so far: ${renderSpend(goal.spend)}`,
    `- Proof: ${proof}`,
    '- To change it, submit a review, push to the branch, or write `/omk fix <text>`; `/omk help` shows the rest',
  ].join('\n');
}
