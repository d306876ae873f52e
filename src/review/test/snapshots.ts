import type { Hit, Rule } from '../rules.ts';
import type { Reading, SourceFile } from '../read/reading.ts';

const MANY_ROWS = 60;
const MANY_HUNKS = 10;
const FEW_ROWS = 4;
const SNAPSHOT =
  /\.snap$|(^|\/)__snapshots__\/|\.(?:ambr|golden|approved\.\w+|expected|snapshot)$|(^|\/)(?:golden|goldens|snapshots)\//;

/** One or two snapshots are soon explained; all of many, beside product code that hardly moved, are not. */
const snapshotRewrite: Rule = {
  id: 'test/snapshot-rewrite',
  severity: 'medium',
  remedy: 'Update only the snapshots that this change explains.',
  languages: 'all',
  *find(reading) {
    const moved = productLines(reading);
    for (const source of [...reading.generated, ...reading.files]) {
      if (!SNAPSHOT.test(source.path) || source.change.status !== 'modified') continue;
      const { removed, added, hunks } = source.change;
      const rows = Math.min(removed.length, added.length);
      const many = hunks.length >= MANY_HUNKS || rows >= MANY_ROWS;
      const all = isWholesale(source);
      const most = moved < 3 && rows >= FEW_ROWS && isMostly(source);
      if (!many && !all && !most && (moved > 0 || rows === 0)) continue;
      const quiet = moved === 0 || (all && moved < 3);
      yield {
        file: source.path,
        line: added[0]?.number ?? 0,
        severity: quiet && (many || all || most) ? 'medium' : 'low',
        message: `${rows} lines of snapshots are rewritten${moved === 0 ? ' and no product code changed' : ''}`,
        text: '',
      } satisfies Hit;
    }
  },
};

/** More of what the hunks show is new than stayed. */
function isMostly({ change }: SourceFile): boolean {
  const kept = change.hunks
    .flatMap(({ lines }) => lines)
    .filter(({ kind, text }) => kind === 'context' && /\w/.test(text));
  return change.added.filter(({ text }) => /\w/.test(text)).length > kept.length;
}

/** Three entries or more, and next to nothing of what they held is still there. */
function isWholesale({ change }: SourceFile): boolean {
  const rows = change.hunks.flatMap(({ lines }) => lines).filter(({ text }) => text.trim() !== '');
  const entries = new Set(rows.filter(({ text }) => ENTRY.test(text)).map(({ text }) => text.replace(/ = .*$/, '')))
    .size;
  const kept = rows.filter(
    ({ kind, text }) => kind === 'context' && !ENTRY.test(text) && !text.startsWith('//'),
  ).length;
  return entries >= 3 && change.removed.length >= entries && kept <= entries;
}

const ENTRY = /^exports\[/;

function productLines(reading: Reading): number {
  return reading.files
    .filter(({ role, path }) => ['product', 'script', 'data'].includes(role) && !SNAPSHOT.test(path))
    .reduce((sum, { change }) => sum + change.added.length + change.removed.length, 0);
}

/** Snapshots that were accepted without a look. */
export const snapshotRules: readonly Rule[] = [snapshotRewrite];
