/** One run of a performance gate: how long it took, and the end of what it printed. */
export type PaceRun = { durationMs: number; output: string };

/** One figure on base and head, each the median of its runs. `times` is how much worse the head is; below 1 it is better. */
export type Measure = { name: string; unit: string; base: number; head: number; times: number; isWorse: boolean };

/** What a performance gate's runs on base and head say beside each other. */
export type Pace = { kind: 'compared'; runs: number; measures: Measure[] } | { kind: 'not-compared'; why: string };

/** Up to so many times worse is noise; and even beyond it every run of the head must be worse than every run of the base. */
export const PACE_TOLERANCE = 1.25;

/** Compares the figures that every run printed; if there is none, how long the runs took. */
export function comparePace(base: readonly PaceRun[], head: readonly PaceRun[]): Pace {
  const printed = [base, head].map((runs) => runs.map(({ output }) => readFigures(output)));
  const [first] = printed.flat();
  const shared = [...(first?.keys() ?? [])].filter((name) => printed.flat().every((figures) => figures.has(name)));
  const seriesOf = (name: string) => printed.map((runs) => runs.flatMap((figures) => figures.get(name) ?? []));
  const durations = [base, head].map((runs) =>
    runs.map(({ durationMs }): Figure => ({ value: durationMs, unit: 'ms', step: DURATION_STEP_MS })),
  );
  const series =
    shared.length > 0 ? shared.map((name) => [name, seriesOf(name)] as const) : [['duration', durations] as const];
  const measures = series.map(([name, [before = [], after = []]]) => measure(name, before, after));
  return { kind: 'compared', runs: Math.min(base.length, head.length), measures };
}

/** A start of a process may take so much more or less. */
const DURATION_STEP_MS = 20;

/** `step` is the smallest difference that the figure, as it is written, can show. */
type Figure = { value: number; unit: string; step: number };

const UNITS =
  'ns|µs|μs|us|ms|s|secs?|seconds?|[kKMG]i?B|B|bytes|(?:ops?|req|requests|it|iterations|runs|calls|[kKMG]i?B|rows|lines)/(?:s|sec|second)|(?:ns|µs|μs|us|ms|s|B|bytes|allocs)/(?:op|iter|run|call)';
const FIGURE = new RegExp(`(?<![\\w.,])(\\d[\\d,_]*(?:\\.\\d+)?) ?(${UNITS})(?![\\w/])`, 'g');

/** The figures with a unit that a program printed, each by the words of its line and its place in it. Spreads such as `± 2 ms` are none. */
export function readFigures(output: string): Map<string, Figure> {
  const found = new Map<string, Figure>();
  for (const raw of output.split('\n')) {
    const line = raw.replace(/\u001b\[[\d;]*m/g, '');
    const label = line
      .replace(/\d[\d,_]*(?:\.\d+)?/g, '#')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 80);
    for (const [place, match] of [...line.matchAll(FIGURE)].entries()) {
      if (/(?:±|\+\/?-)\s*$/.test(line.slice(0, match.index))) continue;
      const [, digits = '', unit = ''] = match;
      const decimals = /\.(\d+)$/.exec(digits)?.[1]?.length ?? 0;
      const name = place === 0 ? label : `${label} (${place + 1})`;
      if (!found.has(name))
        found.set(name, { value: Number(digits.replace(/[,_]/g, '')), unit, step: 10 ** -decimals });
    }
  }
  return found;
}

function measure(name: string, base: readonly Figure[], head: readonly Figure[]): Measure {
  const unit = head[0]?.unit ?? '';
  const isRate = /\/s/.test(unit);
  const [before, after] = [median(base), median(head)];
  const times = isRate ? ratio(before, after) : ratio(after, before);
  const apart = head.every((later) =>
    base.every((earlier) => (isRate ? later.value < earlier.value : later.value > earlier.value)),
  );
  const seen = Math.abs(after - before) >= 3 * Math.max(...[...base, ...head].map(({ step }) => step));
  return { name, unit, base: before, head: after, times, isWorse: times > PACE_TOLERANCE && apart && seen };
}

/** A figure that was nothing has no proportion. */
const MOST_TIMES = 1_000;

function ratio(a: number, b: number): number {
  return a === b ? 1 : Math.min(MOST_TIMES, a / b);
}

function median(figures: readonly Figure[]): number {
  const sorted = figures.map(({ value }) => value).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** One line for the wall: what was held against the base, or why nothing was. */
export function describePace(gate: string, pace: Pace | undefined): string {
  if (pace === undefined) return `${gate}: not held against the base`;
  if (pace.kind === 'not-compared') return `${gate}: not held against the base, ${pace.why}`;
  const worst = pace.measures.toSorted((a, b) => b.times - a.times)[0];
  const count = `${pace.measures.length} ${pace.measures.length === 1 ? 'figure' : 'figures'}`;
  return `${gate}: ${count} held against the base, the worst ${worst?.times.toFixed(2)} times of it (${PACE_TOLERANCE} is tolerated, median of ${pace.runs} runs each)`;
}

/** `parse: # ms: 12 ms on the base, 31 ms now`. */
export function describeMeasure({ name, unit, base, head, times }: Measure): string {
  return `\`${name.replaceAll('`', "'")}\`: ${base} ${unit} on the base, ${head} ${unit} now, ${times.toFixed(2)} times worse`;
}
