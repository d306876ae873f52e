import type { Goal } from '../goal/goal.ts';
import { timelineOf } from '../goal/proof.ts';
import type { RecordedEvent } from '../goal/event.ts';
import { renderTime, renderWait } from '../goal/report/words.ts';
import { standing, type Slice } from '../goal/slice.ts';
import { html, type Html } from './html.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d1d9e0;vertical-align:top}
code{font:14px ui-monospace,monospace;background:#f6f8fa;padding:.1rem .3rem;border-radius:4px}.need{border-left:4px solid #bf8700;background:#fff8c5;padding:.5rem 1rem;white-space:pre-wrap}
a{color:#0969da}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}code{background:#161b22}.need{background:#272115}a{color:#4493f8}}`;

/** A whole page. No script, nothing from elsewhere. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.html;
}

export type GoalRow = {
  id: string;
  owner: string;
  name: string;
  issue: number;
  title: string;
  status: string;
  createdAt: Date;
};

/** The list of goals, newest first. */
export function goalsPage(goals: readonly GoalRow[]): string {
  const rows = goals.map(
    (goal) =>
      html`<tr>
        <td><a href="/goals/${goal.id}">${goal.title}</a></td>
        <td>${goal.owner}/${goal.name}#${goal.issue}</td>
        <td><code>${goal.status}</code></td>
        <td>${goal.createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC</td>
      </tr>`,
  );
  const head = html`<tr>
    <th>Goal</th>
    <th>Issue</th>
    <th>Status</th>
    <th>Asked</th>
  </tr>`;
  const table = html`<table>
    ${head}${rows}
  </table>`;
  return page(
    'Goals',
    html`<h1>Goals</h1>
      ${goals.length > 0 ? table : html`<p>No goal yet. Write /omk run on an issue.</p>`}`,
  );
}

/** One goal: where it stands, what it needs, its slices and its timeline. */
export function goalPage(goal: Goal, events: readonly RecordedEvent[]): string {
  const { repository } = goal;
  const lines = timelineOf(events).map(
    ({ at, text }) =>
      html`<tr>
        <td>${at.slice(0, 19).replace('T', ' ')}</td>
        <td>${text.replaceAll('`', '')}</td>
      </tr>`,
  );
  return page(
    goal.ask.title,
    html`<p><a href="/goals">All goals</a></p>
      <h1>${goal.ask.title}</h1>
      <p>
        <code>${goal.status}</code> · ${repository.owner}/${repository.name}#${goal.issue} · asked by
        ${goal.requester.login} · ${goal.spend.usd.toFixed(2)} USD · <a href="/goals/${goal.id}/proof.json">proof</a>
      </p>
      ${goal.reason && html`<p class="need">${goal.reason.text} Next: ${goal.reason.next}</p>`}
      ${goal.reason?.output && html`<pre>${goal.reason.output}</pre>`}
      <h2>Slices</h2>
      <table>
        <tr>
          <th>Slice</th>
          <th>Scope</th>
          <th>State</th>
          <th>Gates</th>
          <th>Pull request</th>
        </tr>
        ${goal.slices.map((slice) => sliceRow(slice, goal))}
      </table>
      <h2>Timeline</h2>
      <table>
        ${lines}
      </table>`,
  );
}

/** Where it is, and what it waits for or who must move it on. */
function stateOf(slice: Slice, goal: Goal): string {
  const { status, wait } = standing(slice, goal);
  const { reason } = slice;
  if (reason && !['merged', 'cancelled'].includes(status)) {
    const since = reason.since ? ` Since ${renderTime(reason.since)}.` : '';
    return `${status}, stands still: ${reason.text}${since} Next: ${reason.next}`;
  }
  return wait ? `${status}, waits: ${renderWait(wait)}` : status;
}

function sliceRow(slice: Slice, goal: Goal): Html {
  const gates = slice.gates.map((gate) => `${gate.name}: ${gate.status}`).join(', ');
  return html`<tr>
    <td><code>${slice.id}</code> ${slice.title}</td>
    <td>${slice.writeScope.join(', ')}</td>
    <td>${stateOf(slice, goal)}</td>
    <td>${gates}</td>
    <td>${slice.pull && html`<a href="${slice.pull.url}">#${slice.pull.number}</a>`}</td>
  </tr>`;
}
