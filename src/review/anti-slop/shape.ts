import { sourcesOf, type Hit, type Rule } from '../rules.ts';
import type { SourceFile } from '../read/reading.ts';

const FEW = 12;
/** So many alone are told, and may be what was asked for. */
const MANY = 40;

/** Formatting is what was asked for. */
const FORMATS = /\b(?:\w*fmt|re-?format\w*|format(?:ting)?|prettier|lint\w*|style|whitespace|indent\w*)\b/i;

/** Formatting that buries a change of another kind. */
const reformatting: Rule = {
  id: 'anti-slop/reformatting',
  severity: 'medium',
  remedy: 'Put the formatting into a change of its own.',
  languages: 'all',
  *find(reading) {
    const sources = sourcesOf(reading, 'all', ['product', 'test', 'script']).filter(
      (source) => source.change.status === 'modified' && source.language.name !== 'prose',
    );
    const shapes = sources.map((source) => ({ source, ...shapeOf(source) }));
    const same = shapes.reduce((sum, shape) => sum + shape.same, 0);
    const lines = reading.files.reduce(
      (sum, { change }) => sum + change.added.filter(({ text }) => text.trim() !== '').length,
      0,
    );
    // Lines that differ in how they end alone are neither: line endings are changed for all at once.
    const real = lines - same - shapes.reduce((sum, { ended }) => sum + ended, 0);
    if (same < (real < 1 ? MANY : FEW) || same < 2 * real) return;
    for (const shape of shapes)
      if (shape.same >= FEW && shape.same > 0.6 * shape.source.change.added.length)
        yield {
          file: shape.source.path,
          line: shape.first,
          ...(real < 1 || FORMATS.test(reading.asked) ? { severity: 'low' as const } : {}),
          message: `${shape.same} lines differ in their formatting only${real < 1 ? '' : `, beside ${real} real ones`}`,
          text: '',
        } satisfies Hit;
  },
};

/** How many added lines say what a removed one said, and the first of them. Lines that only moved in or out count if nearly the whole file did. */
function shapeOf({ change, lines }: SourceFile): { same: number; ended: number; first: number } {
  const left = Map.groupBy(change.removed, ({ text }) => bare(text));
  let [styled, ended, first] = [0, 0, 0];
  const shifts = new Map<string, number>();
  for (const { text, number } of change.added) {
    const key = bare(text);
    const olds = key === '' ? undefined : left.get(key);
    const old = olds?.shift()?.text;
    if (old === undefined) continue;
    if (old === text) {
      ended += 1;
      continue;
    }
    if (first === 0) first = number;
    if (old.trim() === text.trim()) shifts.set(shiftOf(old, text), (shifts.get(shiftOf(old, text)) ?? 0) + 1);
    else styled += 1;
  }
  const indented = [...shifts.values()].reduce((sum, count) => sum + count, 0);
  // What moved in or out as one block stands in another block now.
  if (Math.max(0, ...shifts.values()) > 0.8 * indented) return { same: styled, ended: ended + indented, first };
  const whole = indented + styled > 0.6 * lines.filter(({ raw }) => raw.trim() !== '').length;
  return { same: styled >= FEW / 3 || whole ? styled + indented : styled, ended, first };
}

/** How far a line moved in or out; in another measure of indentation, when it moved as far as it stood in. */
function shiftOf(old: string, now: string): string {
  const [before = '', after = ''] = [old, now].map((text) => /^\s*/.exec(text)?.[0] ?? '');
  const by = after.length - before.length;
  const scaled = by === before.length || -by === after.length;
  return scaled || !(after.startsWith(before) || before.startsWith(after)) ? `scaled ${before.length}` : String(by);
}

function bare(text: string): string {
  return text.replace(/[\s;,]+/g, '').replace(/['"`]/g, '"');
}

/** How a change looks as a whole. */
export const shapeRules: readonly Rule[] = [reformatting];
