import { posix } from 'node:path';
import { shorten, type Hit, type Rule } from '../rules.ts';
import type { SourceFile } from '../read/reading.ts';

const BAR =
  /^\s*["']?(?:--)?(fail[-_]under|cov[-_]fail[-_]under|check-coverage|branches|functions|lines|statements|minimum|threshold|target|perFile|min[-_]?coverage|coverage[-_]?threshold|fail_under|MIN_?COVERAGE|COVERAGE_MIN\w*)["']?\s*[:=]\s*["']?(\d+(?:\.\d+)?)\s*%?/i;
const INLINE =
  /--(?:cov-fail-under|fail-under|lines|branches|functions|statements|fail-under-lines)[= ](\d+(?:\.\d+)?)/;
const SETTINGS =
  /(^|\/)(pyproject\.toml|setup\.cfg|tox\.ini|\.coveragerc|package\.json|(jest|vitest|vite|nyc|c8|karma)\.config\.\w+|\.nycrc[\w.]*|\.c8rc[\w.]*|codecov\.ya?ml|\.codecov\.ya?ml|pom\.xml|build\.gradle(\.kts)?|Makefile|tarpaulin\.toml|noxfile\.py|justfile|Dockerfile|.*\.ya?ml|.*\.sh|.*\.mk)$/;

/** The bar of coverage is set lower than it was. */
const lowered: Rule = {
  id: 'test/coverage-lowered',
  severity: 'medium',
  remedy: 'Keep the bar, and test what is new.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      if (!SETTINGS.test(source.path) || !speaksOfCoverage(source)) continue;
      for (const hunk of source.change.hunks) {
        const before = hunk.lines.filter((line) => line.kind === 'removed').flatMap(({ text }) => barsOf(text));
        for (const line of hunk.lines) {
          const bars = line.kind === 'added' ? barsOf(line.text) : [];
          const fallen = bars
            .map((bar) => ({ bar, old: before.find(({ name }) => name === bar.name) }))
            .find(({ bar, old }) => old && bar.value < old.value);
          if (fallen)
            yield {
              file: source.path,
              line: line.newLine,
              message: `The bar of coverage falls from ${fallen.old?.value} to ${fallen.bar.value}: \`${shorten(line.text)}\``,
              text: line.text,
            } satisfies Hit;
        }
      }
    }
  },
};

function barsOf(text: string): { name: string; value: number }[] {
  const match = BAR.exec(text);
  if (match) return [{ name: match[1] ?? '', value: Number(match[2]) }];
  const inline = INLINE.exec(text);
  if (inline) return [{ name: 'option', value: Number(inline[1]) }];
  return [...text.matchAll(/\b(branches|functions|lines|statements)["']?\s*:\s*(\d+(?:\.\d+)?)/g)].map(
    ([, name = '', value]) => ({
      name,
      value: Number(value),
    }),
  );
}

function speaksOfCoverage({ path, text }: SourceFile): boolean {
  return /cover|fail.under|jacoco|tarpaulin|nyc|c8/i.test(posix.basename(path) + text);
}

/** Added lines that no test runs, where a report says so. */
const uncovered: Rule = {
  id: 'test/uncovered-lines',
  severity: 'medium',
  remedy: 'Add a test that runs these lines.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      const hits = source.role === 'product' ? reading.coverage.get(source.path) : undefined;
      if (!hits) continue;
      const told = source.added.filter(({ number }) => hits.has(number) && !source.isTestLine(number));
      const missed = told.filter(({ number }) => hits.get(number) === 0);
      const [first] = missed;
      if (!first) continue;
      yield {
        file: source.path,
        line: first.number,
        severity: missed.length >= FEW && missed.length > told.length / 5 ? 'medium' : 'low',
        message: `${missed.length} of ${told.length} added lines are run by no test: ${ranges(missed.map(({ number }) => number))}`,
        text: first.raw,
      } satisfies Hit;
    }
  },
};

/** So few missed lines are told and block nobody. */
const FEW = 3;

/** `3, 5-8, 12`, at most five parts. */
function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else parts.push([number, number]);
  }
  const shown = parts.slice(0, 5).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return `${shown.join(', ')}${parts.length > 5 ? ' and more' : ''}`;
}

/** What reports of coverage, and the bar set for them, say of the change. */
export const coverageRules: readonly Rule[] = [lowered, uncovered];
