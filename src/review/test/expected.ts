import { lineNear, type Hunk, type HunkLine } from '../read/diff.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { ASSERTION, TEST_START, testChanges } from './assertions.ts';

/** What was expected is another now; it is grave if nothing that could have changed the answer does. */
const expectation: Rule = {
  id: 'test/expectation-changed',
  severity: 'medium',
  remedy: 'Say why the old value was wrong, or put it back.',
  languages: 'all',
  *find(reading) {
    const alone = onlyTests(reading);
    const found = testChanges(reading).flatMap(({ source, hunks }) =>
      source.change.status === 'modified'
        ? hunks.flatMap((hunk) => pairsOf(hunk).map(([old, now]) => ({ source, old, now })))
        : [],
    );
    const grave =
      alone && found.length <= FEW && isAll(found, reading) && !isRetitled(found) && !UPDATES.test(reading.asked);
    for (const { source, old, now } of alone ? found : found.slice(0, FEW))
      yield {
        file: source.path,
        line: now.newLine,
        severity: grave ? 'medium' : 'low',
        message: `${alone ? 'Only what' : 'What'} is expected changed: \`${shorten(old.text)}\` before`,
        text: now.text,
      } satisfies Hit;
  },
};

/** A person asked for other expectations. */
const UPDATES = /\b(?:updat|adapt|adjust|revert)\w*\b[^.\n]*\b(?:tests?|specs?|expectations?|expected|snapshots?)\b/i;

/** The title of a test says the new thing too. */
function isRetitled(found: readonly { source: SourceFile }[]): boolean {
  return found.some(({ source }) =>
    source.change.hunks.some(({ lines }) => {
      const titles = (kind: 'added' | 'removed') =>
        lines.filter((line) => line.kind === kind && TEST_START.test(line.text)).length;
      return titles('added') > 0 && titles('added') === titles('removed');
    }),
  );
}

/** Hardly anything else changed: no helper, no other line of the tests. */
function isAll(found: readonly unknown[], { files }: Reading): boolean {
  const changed = files
    .filter(({ role }) => role === 'test')
    .flatMap(({ change }) => change.added)
    .filter(({ text }) => /\w/.test(text));
  return changed.length <= found.length + 2;
}

const FEW = 2;

function onlyTests({ files, change }: Reading): boolean {
  return (
    files.length > 0 &&
    change.files.length === files.length &&
    files.every(({ role, language }) => (role === 'test' && language.programs) || role === 'docs')
  );
}

/** Removed and added lines that differ in a literal alone, where something is asserted. */
function pairsOf(hunk: Hunk): [HunkLine, HunkLine][] {
  const removed = hunk.lines.filter(({ kind }) => kind === 'removed');
  const added = hunk.lines.filter(({ kind }) => kind === 'added');
  if (removed.length !== added.length) return [];
  return removed.flatMap((old, at): [HunkLine, HunkLine][] => {
    const now = added[at];
    if (!now || /^\s*t\.Run\(/.test(now.text) || old.text.replace(/\s+/g, '') === now.text.replace(/\s+/g, ''))
      return [];
    if (WANTED.test(old.text) && WANTED.test(now.text)) return [[old, now]];
    if (bare(old.text) !== bare(now.text)) return [];
    return ASSERTION.test(now.text) || ROW.test(now.text) || ASKS.test(now.text) ? [[old, now]] : [];
  });
}

const LITERAL =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\b\d[\w.]*(?:(?<=e)-\d+)?\b|\b(?:true|false|True|False|null|None|nil|undefined)\b/g;
/** A row of a table of cases. */
const ROW = /^\s*[[({].*[\])}],?\s*$/;

/** A field of a table of cases that says what must come. */
const WANTED = /^\s*["']?(?:expected|expect|wanted?|wantErr|output|result)["']?\s*[:=](?!=)/;
/** In Go a condition that ends in a complaint is the assertion. */
const ASKS = /^\s*if .*\{$/;
/** Words by which an assertion says the opposite. */
const POLARITY =
  /(?<=\bassert\.?)(?:True|False|Null|NotNull|Nil|NotNil|Contains|NotContains|Empty|NotEmpty)\b|\.not\b|\bnot\b|(?<=\bif )!|(?<=\bassert!?\(?)!|[!=]==?|\bis_(?:some|none|ok|err)\b|(?<=\btoBe)(?:Truthy|Falsy)\b|\bis(?:True|False|Null|NotNull|Empty|NotEmpty)\b|\bassert_(?:eq|ne)\b/g;

function bare(text: string): string {
  return text.replace(POLARITY, '').replace(LITERAL, '§').replace(/\s+/g, '');
}

/** Rows of a table of cases go, and the code they are about stays as it is. */
const casesRemoved: Rule = {
  id: 'test/cases-removed',
  severity: 'medium',
  remedy: 'Keep the cases.',
  languages: 'all',
  *find(reading) {
    const quiet = !reading.files.some(({ role, change }) => role === 'product' && change.removed.length > 0);
    for (const source of reading.files) {
      if (source.role !== 'test' || !source.language.programs || source.change.status !== 'modified') continue;
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.filter(({ kind, text }) => kind === 'removed' && text.trim() !== '');
        const rows = gone.filter(({ text }) => ROW.test(text) && /["'\d]/.test(text));
        if (rows.length < 2 || rows.length < gone.length || hunk.lines.some(({ kind }) => kind === 'added')) continue;
        yield {
          file: source.path,
          line: lineNear(hunk, rows[0]),
          severity: quiet ? 'medium' : 'low',
          message: `${rows.length} cases of a test are gone, such as \`${shorten(rows[0]?.text ?? '')}\``,
          text: rows[0]?.text ?? '',
        } satisfies Hit;
      }
    }
  },
};

/** What tests ask for. */
export const expectedRules: readonly Rule[] = [expectation, casesRemoved];
