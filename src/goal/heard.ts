/**
 * Where `/omk` is the first word of a line: in the open, and in the last line of a quote that Markdown reads on (`lazy`). `near`: lines in
 * the open that nearly are commands.
 */
export type Heard = { lines: string[]; commands: number[]; near: number[]; lazy: boolean };

/**
 * Finds the lines of a comment that speak to omk, or nearly by what `isNear` says. Not heard: quotes, code of every kind, HTML comments
 * and tags, and what stands inside `<details>`, `<pre>` and their like. In doubt a line is not heard.
 */
export function heardLines(body: string, isNear: (line: string) => boolean = () => false): Heard {
  const lines = body.replaceAll(/\r\n?/g, '\n').split('\n');
  const commands: number[] = [];
  const near: number[] = [];
  let lazy = false;
  let fence: string | undefined;
  let html: Html = NO_HTML;
  let paragraph = 0;
  let quoted = false;
  for (const [index, line] of lines.entries()) {
    if (commands.length + near.length === MOST) break;
    const mark = /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line);
    if (fence !== undefined) {
      if (mark?.[1]?.startsWith(fence) && mark[2]?.trim() === '') fence = undefined;
      paragraph = index + 1;
      continue;
    }
    if (mark?.[1] !== undefined && html.until === undefined) {
      fence = mark[1];
      continue;
    }
    if (line.trim() === '' || /^[\s>]*>\s*$/.test(line)) {
      paragraph = index + 1;
      quoted = false;
    }
    const open = html.until === undefined && html.inside.length === 0;
    const isOrder = isCommand(line);
    if (open && (isOrder || (!quoted && isNear(line))) && !isInsideInline(lines, paragraph, index)) {
      if (quoted) lazy = true;
      else (isOrder ? commands : near).push(index);
    }
    if (/^ {0,3}>.*[^\s>]/.test(line)) quoted = true;
    html = afterLine(html, line);
  }
  return { lines, commands, near, lazy };
}

/** The lines of a text that would be commands in a comment, or nearly. */
export function commandLines(body: string, isNear?: (line: string) => boolean): string[] {
  const { lines, commands, near } = heardLines(body, isNear);
  return [...commands, ...near].map((index) => (lines[index] ?? '').trim());
}

/** The words of a review without its commands, which nobody hears there. `/omk fix` is what a review says anyway: its words stay. */
export function readReview(body: string): string {
  const { lines, commands } = heardLines(body);
  const kept = lines.map((line, index) => (commands.includes(index) ? FIX.exec(line)?.[1] : line));
  return kept
    .filter((line) => line !== undefined)
    .join('\n')
    .trim();
}

/** Whether a command in a review is more than `/omk fix`. */
export function ordersInReview(body: string): boolean {
  return commandLines(body).some((line) => !FIX.test(line));
}

const FIX = /^\s*\/omk\s+fix\b\s*(.*)$/i;

/** Nobody needs more of them counted. */
const MOST = 20;

function isCommand(line: string): boolean {
  return /^ {0,3}\/omk(?:\s|$)/i.test(line);
}

/** Whether line `index` begins inside a code span or a tag that an earlier line of its paragraph opened. */
function isInsideInline(lines: readonly string[], paragraph: number, index: number): boolean {
  const before = lines.slice(paragraph, index).join('\n');
  if (/<[a-z/][^<>]*$/i.test(before)) return true;
  let after = lines.slice(index).join('\n');
  after = after.slice(0, /\n\s*\n/.exec(after)?.index ?? after.length);
  let rest = before.replaceAll('\\`', '');
  for (;;) {
    const open = /`+/.exec(rest);
    if (!open) return false;
    const tail = rest.slice(open.index + open[0].length);
    const close = new RegExp(`(?<!\`)${open[0]}(?!\`)`);
    const closed = close.exec(tail);
    if (!closed && close.test(after)) return true;
    rest = closed ? tail.slice(closed.index + open[0].length) : tail;
  }
}

/** Raw HTML open at the end of a line: what ends a comment or its like, and the elements whose content is not speech. */
type Html = { until: string | undefined; inside: string[] };
const NO_HTML: Html = { until: undefined, inside: [] };
const UNTIL: Record<string, string> = { '<!--': '-->', '<?': '?>', '<![CDATA[': ']]>', '<!': '>' };
const PIECE =
  /<!--|<\?|<!\[CDATA\[|<!(?=[a-z])|<(\/?)(details|pre|code|blockquote|script|style|textarea|template|xmp|kbd|samp)\b[^>]*>/gi;

function afterLine({ until, inside }: Html, line: string): Html {
  let rest = until === undefined ? line.replaceAll(/(?<!`)(`+)(?!`)[^`]+\1(?!`)/g, '') : line;
  let open = [...inside];
  for (;;) {
    if (until !== undefined) {
      const end = rest.indexOf(until);
      if (end < 0) return { until, inside: open };
      rest = rest.slice(end + until.length);
      until = undefined;
    }
    PIECE.lastIndex = 0;
    const piece = PIECE.exec(rest);
    if (!piece) return { until: undefined, inside: open };
    const [whole, slash, name] = piece;
    rest = rest.slice(piece.index + whole.length);
    if (name === undefined) until = UNTIL[whole.toUpperCase()];
    else if (slash) open = dropLast(open, name.toLowerCase());
    else open.push(name.toLowerCase());
  }
}

function dropLast(open: string[], name: string): string[] {
  const at = open.lastIndexOf(name);
  return at < 0 ? open : open.slice(0, at);
}
