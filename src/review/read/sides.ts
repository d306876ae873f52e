import type { HunkLine } from './diff.ts';

/** One statement of what stood before or stands now. `line` is the first line that the change touched, `start` where it begins: both 0 if gone. */
export type SideStatement = { text: string; line: number; start: number };

const LONGEST = 12;
/** Here the body of a function begins, which is no part of the statement. */
const OPENS_BODY = /(?:=>|->|\bfunction\b.*|\bfunc\b.*|\)|\b(?:else|try|do|finally)) \{\s*$/;

/** What stood before or stands now in a hunk, statement by statement, as far as the change touched it. */
export function sideOf(lines: readonly HunkLine[], kind: 'added' | 'removed'): SideStatement[] {
  const side = lines.filter((line) => line.kind === kind || line.kind === 'context');
  const found: SideStatement[] = [];
  for (let at = 0; at < side.length; at += 1) {
    const end = endOf(at, side);
    const part = side.slice(at, end + 1);
    const touched = part.find((line) => line.kind === kind);
    if (touched) found.push({ text: joined(part), line: touched.newLine, start: part[0]?.newLine ?? 0 });
    at = end;
  }
  return found;
}

/** Where a statement ends that begins here: brackets stay open, or the next line goes on with a dot. One that does not end is its first line alone. */
function endOf(at: number, side: readonly HunkLine[]): number {
  let [end, text] = [at, side[at]?.text ?? ''];
  for (let next = side[end + 1]; next && end - at < LONGEST; next = side[end + 1]) {
    const goesOn = /^\s*\.\w/.test(next.text) || (!isClosed(text) && !OPENS_BODY.test(text));
    if (!goesOn) break;
    text = `${text.trimEnd()} ${next.text.trim()}`;
    end += 1;
  }
  return isClosed(text) ? end : at;
}

function joined(part: readonly HunkLine[]): string {
  const [first, ...more] = part.map(({ text }) => text);
  if (more.length === 0) return first ?? '';
  return [first?.trimEnd() ?? '', ...more.map((text) => text.trim())]
    .join(' ')
    .replace(/([([{]) /g, '$1')
    .replace(/ \.(?=\w)/g, '.');
}

function isClosed(text: string): boolean {
  return text.split('(').length <= text.split(')').length;
}
