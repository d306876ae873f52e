const begin = (name: string) => `<!-- omk:begin:${name} -->`;
const end = (name: string) => `<!-- omk:end:${name} -->`;

/** A part of a body that omk keeps up to date; what stands outside belongs to people. `content` must be encoded already. */
export function renderIsland(name: string, content: string): string {
  if (!/^[a-z-]+$/.test(name)) throw new Error(`Not a name for an island: ${name}`);
  return `${begin(name)}\n${content}\n\n${end(name)}`;
}

/** The body with the island's content renewed. If its marks were removed or broken, it is added at the end; nothing else changes. */
export function replaceIsland(body: string, name: string, content: string): string {
  const island = renderIsland(name, content);
  const stop = body.indexOf(end(name), Math.max(0, body.indexOf(begin(name))));
  const start = stop < 0 ? -1 : body.lastIndexOf(begin(name), stop);
  if (start >= 0) return body.slice(0, start) + island + body.slice(stop + end(name).length);
  return body.trim() === '' ? island : `${body.trimEnd()}\n\n${island}`;
}

/** GitHub takes so many characters. */
const GITHUB_BODY = 65_536;

/** The body with the island renewed by what `render` makes of the characters that people's words leave; unchanged where they leave none. */
export function renewIsland(body: string, name: string, render: (max: number) => string): string {
  const left = GITHUB_BODY - replaceIsland(body, name, '').length;
  return left > 0 ? replaceIsland(body, name, render(Math.min(MAX_BODY, left))) : body;
}

/** A part of a body: fixed text, then rows of which the last may be left out, then what closes it. */
export type Section = { text: string; rows?: readonly string[]; close?: string };

/** The rest is left for a person's own words. */
export const MAX_BODY = 60_000;

/**
 * The sections with an empty line between them, at most `max` UTF-16 units. Whole rows are left out, from the longest section
 * first, with a note of how many; if fixed text alone is too long, whole sections are left out from the end.
 */
export function capBody(sections: readonly Section[], max: number = MAX_BODY): string {
  const parts = sections.map(({ text, rows = [], close }): Part => ({ text, rows, close, kept: rows.length }));
  for (;;) {
    const body = parts.map(renderPart).join('\n\n');
    const over = body.length - max;
    if (over <= 0) return body;
    const longest = parts.reduce((a, b) => (keptLength(b) > keptLength(a) ? b : a), parts[0] ?? NO_PART);
    if (longest.kept > 0) longest.kept = cut(longest, over);
    else parts.pop();
    if (parts.length === 0) return '';
  }
}

/** An answer that GitHub takes, as long as it may be: its last lines are left out, and a code block as a whole. */
export function capAnswer(body: string, max: number = MAX_BODY): string {
  if (body.length <= max) return body;
  const [text = '', ...rows] = blocksOf(body);
  return capBody([{ text, rows }], max);
}

/** Its lines; those of a code block are one. */
function blocksOf(body: string): string[] {
  const blocks: string[] = [];
  let fence: string | undefined;
  for (const line of body.split('\n')) {
    const last = fence === undefined ? undefined : blocks.pop();
    blocks.push(last === undefined ? line : `${last}\n${line}`);
    const mark = /^`{3,}/.exec(line)?.[0];
    if (fence === undefined) fence = mark;
    else if (line === fence) fence = undefined;
  }
  return blocks;
}

type Part = { text: string; rows: readonly string[]; close: string | undefined; kept: number };
const NO_PART: Part = { text: '', rows: [], close: undefined, kept: 0 };

const keptLength = (part: Part) => part.rows.slice(0, part.kept).reduce((sum, row) => sum + row.length + 1, 0);

/** How many rows are left when at least one goes and, if they suffice, `over` characters. */
function cut(part: Part, over: number): number {
  let { kept } = part;
  let freed = 0;
  while (kept > 0 && freed < over) {
    kept -= 1;
    freed += (part.rows[kept]?.length ?? 0) + 1;
  }
  return kept;
}

function renderPart({ text, rows, close, kept }: Part): string {
  const left = rows.length - kept;
  const note = left > 0 ? `\n\n${left} more left out here.` : '';
  return `${[text, ...rows.slice(0, kept)].join('\n')}${note}${close === undefined ? '' : `\n\n${close}`}`;
}
