/** How often each line of each file was run, by path inside the repository. */
export type Coverage = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Where the usual tools leave their reports, in the order in which they are looked for. */
export const COVERAGE_FILES = [
  'coverage/lcov.info',
  'lcov.info',
  'coverage.lcov',
  'coverage/cobertura-coverage.xml',
  'coverage.xml',
  'cobertura.xml',
  'coverage.json',
  'coverage.out',
  'cover.out',
  'c.out',
] as const;

/**
 * Reads reports: lcov, Cobertura's XML, coverage.py's JSON and Go's cover profile, told apart by what they say.
 * A path of a report that is longer or shorter than the repository's is matched by its end. What cannot be read says nothing.
 */
export function readCoverage(reports: readonly string[], paths: ReadonlySet<string>): Coverage {
  const found = new Map<string, Map<number, number>>();
  const placed = new Map<string, string | undefined>();
  for (const report of reports)
    for (const { path, line, hits } of recordsOf(report)) {
      if (!placed.has(path)) placed.set(path, placeOf(path, paths));
      const own = placed.get(path);
      if (own === undefined) continue;
      const lines = found.get(own) ?? new Map<number, number>();
      found.set(own, lines.set(line, Math.max(hits, lines.get(line) ?? 0)));
    }
  return found;
}

type Record = { path: string; line: number; hits: number };

function recordsOf(report: string): Iterable<Record> {
  const head = report.slice(0, 2_000);
  if (/^mode: (set|count|atomic)/.test(head)) return fromGo(report);
  if (/^\s*\{/.test(head)) return fromJson(report);
  if (/<coverage\b/.test(head)) return fromCobertura(report);
  return /^SF:/m.test(report) ? fromLcov(report) : [];
}

function* fromLcov(report: string): Iterable<Record> {
  let path = '';
  for (const row of report.split('\n')) {
    if (row.startsWith('SF:')) path = row.slice(3).trim();
    const match = /^DA:(\d+),(\d+)/.exec(row);
    if (match) yield { path, line: Number(match[1]), hits: Number(match[2]) };
  }
}

function* fromCobertura(report: string): Iterable<Record> {
  let path = '';
  for (const [, file, line] of report.matchAll(/<class\b[^>]*\bfilename="([^"]*)"|(<line\b[^>]*>)/g)) {
    if (file !== undefined) path = file;
    const [number, hits] = ['number', 'hits'].map((name) => new RegExp(`\\b${name}="(\\d+)"`).exec(line ?? '')?.[1]);
    if (number !== undefined && hits !== undefined) yield { path, line: Number(number), hits: Number(hits) };
  }
}

/** `file.go:3.14,5.2 1 0`: a block of lines and how often it ran. */
function* fromGo(report: string): Iterable<Record> {
  for (const [, path = '', from, to, hits] of report.matchAll(/^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm))
    for (let line = Number(from); line <= Math.min(Number(to), Number(from) + 1_000); line += 1)
      yield { path, line, hits: Number(hits) };
}

function* fromJson(report: string): Iterable<Record> {
  let files: unknown;
  try {
    files = (JSON.parse(report) as { files?: unknown } | null)?.files;
  } catch {
    // No report of coverage.py, or a broken one: it says nothing.
    return;
  }
  if (typeof files !== 'object' || files === null) return;
  for (const [path, entry] of Object.entries(files as { [path: string]: unknown })) {
    const { executed_lines: ran, missing_lines: missed } = (entry ?? {}) as { [key: string]: unknown };
    for (const line of numbers(ran)) yield { path, line, hits: 1 };
    for (const line of numbers(missed)) yield { path, line, hits: 0 };
  }
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((entry): entry is number => typeof entry === 'number') : [];
}

/** The file of the repository that a report means: the same path, or the only one of which either is the other's end. */
function placeOf(path: string, paths: ReadonlySet<string>): string | undefined {
  const plain = path.replaceAll('\\', '/').replace(/^\.\//, '');
  if (paths.has(plain)) return plain;
  let longest: string | undefined;
  for (const own of paths)
    if ((plain.endsWith(`/${own}`) || own.endsWith(`/${plain}`)) && own.length > (longest?.length ?? 0)) longest = own;
  return longest;
}
