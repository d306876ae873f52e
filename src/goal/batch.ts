import { assertNever } from '../errors.ts';
import type { Sha } from './goal.ts';
import { clip } from './text.ts';

/** One conversation on the lines of a pull request. `root` is the id of its first comment; `line` is undefined for a whole file. */
export type Thread = { root: number; path: string; line: number | undefined; by: string; text: string };

/**
 * What people said in their reviews since the last answer: one round of work. `from` is the head they looked at, `said` what the agent
 * answered to a thread, by its place in `threads`. `open`: people know that it waits for one of them.
 */
export type Batch = {
  by: string[];
  words: string[];
  threads: Thread[];
  from: Sha | undefined;
  said: Record<number, Said>;
  open?: true | undefined;
};

/** What the agent says it did about a thread, with its words. */
export type Said = { kind: 'fixed' | 'answered' | 'declined'; text: string };

/** What became of a thread, judged by the diff and not by what the agent says. */
export type Outcome =
  | { kind: 'fixed'; text: string }
  /** The agent says so, and the lines that were spoken of are as they were. */
  | { kind: 'elsewhere'; text: string }
  | { kind: 'answered'; text: string }
  | { kind: 'declined'; text: string }
  | { kind: 'needs-you' };

/** Two rounds of reviews that were not answered yet as one. */
export function joinBatches(old: Batch | undefined, next: Batch): Batch {
  if (!old) return next;
  return {
    by: [...new Set([...old.by, ...next.by])],
    words: [...old.words, ...next.words],
    threads: [...old.threads, ...next.threads],
    from: old.from ?? next.from,
    said: old.said,
  };
}

/** The points of a batch as the agent reads them; threads are numbered from `first`. */
export function renderPoints({ threads, words, by }: Batch, first: number): string[] {
  const whole = words.map((text) => `${by.join(', ')} in the review: ${clip(text, 4_000)}`);
  const lines = threads.map(({ path, line, by: who, text }, index) => {
    const place = line === undefined ? path : `${path}:${line}`;
    return `[T${first + index}] ${who} at ${place}: ${clip(text, 4_000)}`;
  });
  return [...whole, ...lines];
}

const SAYS = /^[\s>*-]*\[?T(\d{1,3})\]?\s*[:.-]?\s*(fixed|answered|declined)\b[\s:.,–—-]*(.*)$/i;

/** The lines of a closing answer in which the agent says what it did about thread `T<n>`. */
export function readSaid(answer: string): Record<number, Said> {
  const said: Record<number, Said> = {};
  for (const line of answer.split(/\r\n?|\n/)) {
    const [, number, kind, text = ''] = SAYS.exec(line) ?? [];
    if (number === undefined || kind === undefined) continue;
    said[Number(number)] = { kind: kind.toLowerCase() as Said['kind'], text: clip(text.trim(), 500) };
  }
  return said;
}

/** A closing answer without those lines. */
export function withoutSaid(answer: string): string {
  return answer
    .split(/\r\n?|\n/)
    .filter((line) => !SAYS.test(line))
    .join('\n');
}

/** What became of a thread. `covered`: the diff since the review touches the lines it speaks of. */
export function judgeThread(said: Said | undefined, covered: boolean): Outcome {
  switch (said?.kind) {
    case undefined:
      return covered ? { kind: 'fixed', text: '' } : { kind: 'needs-you' };
    case 'fixed':
      return { kind: covered ? 'fixed' : 'elsewhere', text: said.text };
    case 'answered':
    case 'declined':
      return said.text === '' ? { kind: 'needs-you' } : { kind: said.kind, text: said.text };
    default:
      return assertNever(said as never);
  }
}

/** How near to its line a change must be to speak of the same thing. */
const NEAR = 3;

/** Whether these changed lines of the old file, removed ones or those beside an added one, meet the thread's. */
export function isCovered({ line }: Pick<Thread, 'line'>, changedLines: readonly number[]): boolean {
  if (line === undefined) return changedLines.length > 0;
  return changedLines.some((changed) => Math.abs(changed - line) <= NEAR);
}
