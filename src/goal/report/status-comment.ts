import type { Goal, Reason } from '../goal.ts';
import { capBody, type Section } from '../island.ts';
import { kindOf } from '../kind.ts';
import { findNeeds } from '../needs.ts';
import { shortId } from '../naming.ts';
import { standing, type Slice } from '../slice.ts';
import { policyOf, termsOf } from '../terms.ts';
import { clip, encodeCell, encodeCode, encodeCodeCell, encodeInline, marker, renderTable } from '../text.ts';
import { describeRound } from '../ledger.ts';
import { PASSES } from '../wall.ts';
import { linkPulls, pullsOf, renderCount, renderMinutes, renderPlace, renderReason, renderWait } from './words.ts';

export type StatusView = {
  now: Date;
  /** How many wait in the queue before the goal; undefined when it does not wait. */
  ahead?: number | undefined;
  /** The page of the goal. */
  pageUrl?: string | undefined;
  /** What the sandbox holds, such as `bwrap`. */
  sandbox: string;
};

/** The one comment that says where a goal stands, rendered from its state alone. Time alone changes it once a minute. */
export function renderStatus(goal: Goal, view: StatusView): string {
  const needs = findNeeds(goal);
  return capBody([
    { text: `${marker('status', shortId(goal))}\n${stateLine(goal, view)}` },
    ...(goal.delay ? [{ text: encodeInline(renderWait(goal.delay)) }] : []),
    ...(goal.slices.length > 0 ? [sliceTable(goal)] : []),
    ...needs.map((reason) => needsYou(goal, reason)),
    { text: '**Last events**\n', rows: goal.recent.map((event) => eventLine(goal, event)) },
    ...(goal.plan ? [planSection(goal)] : []),
    ...(goal.gates ? [gatesSection(goal)] : []),
    fold('Configuration used', configuration(goal, view)),
    fold('How to steer', STEERING),
  ]);
}

function stateLine(goal: Goal, { now, ahead, pageUrl }: StatusView): string {
  const { budget } = termsOf(goal);
  const { slices, spend } = goal;
  const open = slices.findIndex(({ status }) => status !== 'merged' && status !== 'cancelled');
  const place = open < 0 ? slices.length : open + 1;
  const tokens = renderCount(spend.inputTokens + spend.outputTokens);
  return [
    `\`${goal.status}\``,
    slices.length > 0 ? `slice ${place} of ${slices.length}` : '',
    renderMinutes((goal.endedAt ?? now).getTime() - goal.createdAt.getTime()),
    `${spend.usd.toFixed(2)} of ${budget.usd.toFixed(2)} USD, ${tokens} of ${renderCount(budget.tokens)} tokens`,
    renderPlace(goal, ahead),
    pageUrl === undefined ? '' : `[page of the goal](${pageUrl})`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function sliceTable(goal: Goal): Section {
  const header = ['#', 'Slice', 'Scope', 'After', 'State', 'Gates', 'Wall', 'Pull'];
  const table = renderTable(
    header,
    goal.slices.map((slice, index) => sliceRow(goal, slice, index)),
  );
  const [head = '', rule = '', ...rows] = table.split('\n');
  const waits = waitLines(goal);
  return { text: `${head}\n${rule}`, rows, ...(waits !== '' && { close: waits }) };
}

function sliceRow(goal: Goal, slice: Slice, index: number): string[] {
  const { gates, wall } = slice;
  const { status } = standing(slice, goal);
  const isTakenBack = goal.slices.some((other) => other.reverts?.slice === slice.id && other.status === 'merged');
  const passed = gates.filter((result) => result.status === 'passed').length;
  const open = wall?.passes.filter((verdict) => verdict.status !== 'failed').length;
  return [
    String(index + 1),
    `${encodeCodeCell(slice.id)} ${encodeCell(clip(slice.title, 100))}`,
    encodeCodeCell(clip(slice.writeScope.join(', '), 120)),
    slice.dependsOn.map(encodeCodeCell).join(', '),
    `${encodeCodeCell(status)}${isTakenBack ? ', taken back' : ''}`,
    gates.length === 0 ? '' : `${passed}/${gates.length}`,
    wallCell(slice, open),
    slice.pull ? `#${slice.pull.number}` : '',
  ];
}

/** What each slice waits for, below the table, where a sentence has room. */
function waitLines(goal: Goal): string {
  const standings = goal.slices.map((slice) => ({ id: slice.id, wait: standing(slice, goal).wait }));
  const lines = standings.flatMap(({ id, wait }) =>
    wait ? [`- ${encodeCode(id)}: ${encodeInline(renderWait({ ...wait, reason: clip(wait.reason, 300) }))}`] : [],
  );
  return lines.join('\n');
}

/** Passes that do not fail on this head, and what became of the findings since the round before. */
function wallCell({ wall, head, round, accepted }: Slice, open: number | undefined): string {
  const passed = open === undefined || wall?.head !== head ? '' : `${open}/${PASSES.length}`;
  const told = round && (round.number > 1 || passed === '') ? describeRound(round, accepted) : undefined;
  return [passed, told].filter(Boolean).join(', ');
}

function needsYou(goal: Goal, reason: Reason): Section {
  const { lines, next } = renderReason(reason, pullsOf(goal));
  const [first = '', ...others] = lines;
  return { text: [`**Needs you.** ${first}`, ...others, `Next: ${next}`].map((line) => `> ${line}`).join('\n') };
}

function eventLine(goal: Goal, { at, text }: Goal['recent'][number]): string {
  const time = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `- ${time}: ${linkPulls(encodeInline(clip(text, 300)), pullsOf(goal))}`;
}

function fold(title: string, rows: readonly string[], isOpen = false): Section {
  return { text: `<details${isOpen ? ' open' : ''}>\n<summary>${title}</summary>\n`, rows, close: '</details>' };
}

/** Open while somebody is to judge it. */
function planSection({ plan, slices, status }: Goal): Section {
  const approved = plan?.approvedBy ? `, approved by ${encodeInline(plan.approvedBy.login)}` : '';
  const rows = [
    `- Plan ${encodeCode(plan?.hash ?? '')}${approved}`,
    ...(plan?.notes ?? []).map((note) => `- Note: ${encodeInline(clip(note, 300))}`),
    ...slices.flatMap((slice) => [
      `- ${encodeCode(slice.id)}, risk ${slice.risk}: ${encodeInline(clip(slice.title, 200))}`,
      ...slice.acceptance.map((line) => `  - ${encodeInline(clip(line, 300))}`),
    ]),
  ];
  return fold('Plan', rows, status === 'awaiting_approval');
}

function gatesSection({ gates, redOnBase, plan }: Goal): Section {
  const found = gates?.gates.filter(({ whole }) => whole === undefined) ?? [];
  const isGreen = plan !== undefined && found.length > 0 && redOnBase.length === 0;
  const from = {
    config: 'from `.github/omk.yml`',
    organisation: "from the organisation's `.github/omk.yml`",
    detected: 'detected',
  }[gates?.source ?? 'detected'];
  const count = found.length === 1 ? '1 gate' : `${found.length} gates`;
  return fold('Gates', [
    found.length === 0 ? '- No gates: nothing is proven by running it' : `- ${count}, ${from}`,
    ...(gates?.notes ?? []).map((note) => `- ${encodeInline(clip(note, 300))}`),
    ...(isGreen ? ['- On the base every one passes'] : []),
    ...redOnBase.map((result) => `- Fails on the base already: ${encodeCode(clip(result.run, 200))}`),
    ...(found.length > 0 && redOnBase.length === found.length
      ? ['- None passes there: nothing is proven by running it']
      : []),
  ]);
}

function configuration(goal: Goal, { sandbox }: StatusView): string[] {
  const asked = `- Goal: ${encodeCode(goal.id)}, kind \`${kindOf(goal.ask)}\`, asked by ${encodeInline(goal.requester.login)}`;
  if (!goal.base) return [asked, '- The settings of the repository are not read yet'];
  const { delivery, merge, budget, agents } = termsOf(goal);
  const { limits, review } = policyOf(goal);
  return [
    asked,
    `- Base: ${encodeCode(goal.base.branch)} at ${encodeCode(goal.base.sha.slice(0, 7))}`,
    `- Delivery: \`${delivery}\`, merge: \`${merge}\`${goal.options.dryRun ? ', dry run' : ''}`,
    `- Budget: ${budget.usd.toFixed(2)} USD, ${renderCount(budget.tokens)} tokens, ${renderMinutes(budget.timeMs)} of agent time`,
    `- Limits: ${agents} agents, ${limits.slices} slices, ${limits.builds} builds, ${review.rounds} rounds of review`,
    `- Reviewer: \`${review.reviewer}\``,
    `- Sandbox: ${encodeCode(sandbox)}`,
  ];
}

const STEERING = [
  '- `/omk pause`, `/omk resume`, `/omk cancel`: hold, go on, end',
  '- `/omk answer <text>`: answer a question, or tell the agent at work something; `/omk retry [slice]`: try again',
  '- `/omk budget add --usd 5`: extend the budget; `/omk why`: say what it waits for',
  '- On a pull request of a slice: submit a review, or write `/omk fix <text>`',
  '- `/omk help`: all commands',
];
