import { findNeeds } from '../needs.ts';
import type { Goal } from '../goal.ts';
import { standing, type Slice } from '../slice.ts';
import { termsOf } from '../terms.ts';
import { clip, encodeCode, encodeCodeCell, encodeInline, renderTable } from '../text.ts';
import { PASSES } from '../wall.ts';
import { commandCode, linkPulls, pullsOf, renderMinutes, renderPlace, renderReason, renderWait } from './words.ts';

/*
 * What omk tells of a goal to whoever asks: how it stands, why it is not further, what happened, and the proof.
 */

/** The state in two lines; the status comment has all of it. */
export function status(goal: Goal, now: Date, ahead?: number): string {
  const { slices, spend } = goal;
  const merged = slices.filter((slice) => slice.status === 'merged').length;
  const facts = [
    `The goal is ${encodeCode(goal.status)}`,
    slices.length > 0 ? `${merged} of ${slices.length} slices merged` : '',
    `${renderMinutes((goal.endedAt ?? now).getTime() - goal.createdAt.getTime())} so far`,
    `${spend.usd.toFixed(2)} of ${termsOf(goal).budget.usd.toFixed(2)} USD spent`,
    renderPlace(goal, ahead),
  ];
  const needs = findNeeds(goal).map((need) => `Next: ${renderReason(need, pullsOf(goal)).next}`);
  const more = `The status comment on #${goal.issue} has the details; see also ${commandCode('why')}.`;
  return [`${facts.filter(Boolean).join(', ')}.`, ...new Set(needs), more].join('\n\n');
}

/** Why the goal is not further: what people must do, then what each open slice is at. */
export function why(goal: Goal): string {
  const needs = findNeeds(goal);
  const asked = needs.map((need) => {
    const { lines, next } = renderReason(need, pullsOf(goal));
    return [...lines, `Next: ${next}`].join('\n');
  });
  const told = (slice: Slice) =>
    slice.reason !== undefined && needs.some(({ text }) => text.includes(slice.reason?.text ?? ''));
  const open = goal.slices.filter(
    (slice) => !['merged', 'cancelled'].includes(standing(slice, goal).status) && !told(slice),
  );
  const lines = open.map((slice) => {
    const place = slice.pull ? ` (#${slice.pull.number})` : '';
    return `- ${encodeCode(slice.id)}${place}: ${linkPulls(encodeInline(clip(holdUp(goal, slice), 600)), pullsOf(goal))}`;
  });
  const rest = needs.length > 0 ? [] : [nothingAsked(goal)];
  const delay = goal.delay ? encodeInline(renderWait(goal.delay)) : '';
  return [`The goal is ${encodeCode(goal.status)}.`, delay, ...asked, lines.join('\n'), ...rest]
    .filter(Boolean)
    .join('\n\n');
}

/** What an open slice is at, or waits for. */
function holdUp(goal: Goal, { status: at, dependsOn, reason, wait, attempts }: Slice): string {
  if (reason) return reason.text;
  if (wait) return renderWait({ ...wait, reason: clip(wait.reason, 500) });
  if (at !== 'planned') return `is at \`${at}\`, attempt ${Math.max(1, attempts.total)}`;
  const missing = dependsOn.filter((id) => goal.slices.some((other) => other.id === id && other.status !== 'merged'));
  return missing.length > 0 ? `comes after ${missing.map((id) => `\`${id}\``).join(', ')}` : 'comes next';
}

function nothingAsked({ status: now, reason }: Goal): string {
  if (now === 'ready') return `Every slice is merged: nothing is left to do. See ${commandCode('proof')}.`;
  const why = reason ? renderReason(reason).lines.join('\n') : '';
  if (now === 'cancelled') return `${why}\nStart another goal on an issue with ${commandCode('run')}.`.trim();
  return `Nothing is asked of you. Hold it with ${commandCode('pause')}.`;
}

const MOST_EVENTS = 200;

/** The timeline, the last 200 events of it. */
export function replay(goal: Goal, events: readonly { at: Date; text: string }[]): string {
  const shown = events.slice(-MOST_EVENTS);
  const left = events.length - shown.length;
  const lines = shown.map(({ at, text }) => {
    const time = at.toISOString().slice(0, 19).replace('T', ' ');
    return `- ${time} UTC: ${linkPulls(encodeInline(clip(text, 200)), pullsOf(goal))}`;
  });
  const title = `Timeline of ${encodeCode(goal.id)}${left > 0 ? `, without the first ${left} events` : ''}:`;
  return `${title}\n\n${lines.join('\n') || '- nothing yet'}\n\nSee also ${commandCode('proof')}.`;
}

/** The proof in one table, and where the whole bundle is; `pageUrl` is the page of the goal. */
export function proof(goal: Goal, pageUrl: string | undefined): string {
  const bundle =
    pageUrl === undefined
      ? `Whoever runs this omk gets the whole bundle with ${encodeCode(`npx omk proof ${goal.id}`)}.`
      : `The whole bundle: [Proof of ${goal.id}](${pageUrl}/proof.json).`;
  const table = renderTable(
    ['Slice', 'Pull', 'State', 'Commit', 'Tree', 'Gates', 'Wall', 'Let through'],
    goal.slices.map((slice) => proofRow({ ...slice, ...standing(slice, goal) })),
  );
  return [
    `Proof of a goal that is ${encodeCode(goal.status)}:`,
    goal.slices.length > 0 ? table : 'No slice is planned yet, so there is nothing to prove.',
    `${bundle} See also ${commandCode('replay')}.`,
  ].join('\n\n');
}

/** Evidence is about the tree that it was made of; another one has none. */
function proofRow({ id, pull, status: at, head, mergedSha, tree, gates, wall, accepted }: Slice): string[] {
  const passed = gates.filter((result) => result.status === 'passed' && result.tree === tree).length;
  const good = wall?.passes.filter((verdict) => verdict.status !== 'failed').length ?? 0;
  return [
    encodeCodeCell(id),
    pull ? `#${pull.number}` : '',
    encodeCodeCell(at),
    encodeCodeCell((mergedSha ?? head ?? '').slice(0, 12)),
    encodeCodeCell((tree ?? '').slice(0, 12)),
    gates.length === 0 ? '' : `${passed}/${gates.length}`,
    wall && wall.head === head ? `${good}/${PASSES.length}` : '',
    accepted.length === 0 ? '' : accepted.map(({ finding }) => encodeCodeCell(finding)).join(', '),
  ];
}
