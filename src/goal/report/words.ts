import type { Spend } from '../budget.ts';
import type { Command } from '../command.ts';
import type { Goal, Reason } from '../goal.ts';
import type { Wait } from '../slice.ts';
import { clip, encodeCode, encodeInline, fenceBlock } from '../text.ts';
import type { PassVerdict } from '../wall.ts';

/** Encoded words as a sentence that has its full stop once. */
export function asSentence(encoded: string): string {
  return /[.!?…]$/.test(encoded) ? encoded : `${encoded}.`;
}

/** A command as a text names it: in a code span, so that nothing hears it. */
export function commandCode(command: Command['kind']): string {
  return `\`/omk ${command}\``;
}

/** The goal's place in the queue, of which `ahead` is how many wait before it; nothing when it goes on at once. */
export function renderPlace({ status }: Pick<Goal, 'status'>, ahead: number | undefined): string {
  const waits = ahead !== undefined && (ahead > 0 || status === 'queued');
  return waits ? `place ${ahead + 1} in the queue` : '';
}

/** The numbers of the goal's own pull requests, which may be named as links. */
export function pullsOf(goal: Goal): number[] {
  return goal.slices.flatMap((slice) => (slice.pull ? [slice.pull.number] : []));
}

/** A duration as people say it: seconds below two minutes, else minutes, else hours and minutes, rounded down. */
export function renderDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 10) return `${(ms / 1_000).toFixed(1)} s`;
  return seconds < 120 ? `${seconds} s` : renderMinutes(ms);
}

/** Whole minutes, or hours and minutes. It changes once a minute. */
export function renderMinutes(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The status of a pass as people say it. */
export function renderPassStatus(status: PassVerdict['status']): string {
  return status === 'not-applicable' ? 'not applicable' : status;
}

/** A count of tokens in few characters, such as `120k` or `1.5M`. */
export function renderCount(count: number): string {
  if (count < 1_000) return String(count);
  return count < 999_500 ? `${Math.round(count / 1_000)}k` : `${(count / 1_000_000).toFixed(1).replace('.0', '')}M`;
}

/** What was spent, in words for a pull request. */
export function renderSpend(spend: Spend): string {
  const tokens = renderCount(spend.inputTokens + spend.outputTokens);
  return `${spend.usd.toFixed(2)} USD, ${tokens} tokens, ${renderMinutes(spend.kimiMs)} of agent time`;
}

/**
 * Encoded text with the goal's own pull requests as links again: `pulls` are numbers that omk itself opened, so that
 * naming them reaches nobody else. After a closing keyword they stay dead.
 */
export function linkPulls(encoded: string, pulls: readonly number[]): string {
  return encoded.replaceAll(
    /(?<![\w/`])(?<!\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s{1,3})`#`(\d{1,9})(?!\w)/gi,
    (whole, number) => (pulls.includes(Number(number)) ? `#${number}` : whole),
  );
}

/** A time to the minute, such as `2026-11-22 12:00 UTC`. */
export function renderTime(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What is waited for, since when, when it is looked at again at the latest or the model is asked again, and when waiting ends. Not encoded. */
export function renderWait({ reason, since, until, askedAt, tries }: Wait): string {
  const end = askedAt ? `, a person is asked at ${renderTime(askedAt)}` : '';
  const again = tries ? 'tried again at' : 'looked at again by';
  return `${reason}; since ${renderTime(since)}, ${again} ${renderTime(until)}${end}`;
}

const MOST_LINES = 12;

/** A reason as lines of prose, and the next thing to do. A command stands in a code span, where no one hears it. */
export function renderReason(reason: Reason, pulls: readonly number[] = []): { lines: string[]; next: string } {
  const { text, next, output, since } = reason;
  const lines = text.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  const shown = lines.slice(0, MOST_LINES).map((line) => linkPulls(encodeInline(clip(line, 500)), pulls));
  const left = lines.length - shown.length;
  const more = left > 0 ? [`${left} more lines are on the page of the goal.`] : [];
  return {
    lines: [
      ...shown,
      ...more,
      ...(since ? [`It stands still since ${renderTime(since)}.`] : []),
      ...(output?.trim() ? renderOutput(output) : []),
    ],
    next: renderNext(next, pulls),
  };
}

const LAST_LINES = 4;
const TELLS =
  /\b(?:errors?|fatal|fail(?:ed|s|ure)?|exception|panic(?:ked)?|denied|cannot|could not|not found|no such|no matching|unable)\b/i;

/** What a program says went wrong: its last lines, and before them those that name it rather than those in between. */
function renderOutput(output: string): string[] {
  const lines = output.split(/\r\n?|\n/).filter((line) => line.trim() !== '');
  const rank = (index: number) => (index >= lines.length - LAST_LINES ? 2 : Number(TELLS.test(lines[index] ?? '')));
  const shown = [...lines.keys()]
    .toSorted((one, other) => rank(other) - rank(one) || other - one)
    .slice(0, MOST_LINES)
    .toSorted((one, other) => one - other);
  const text = shown.flatMap((index, place) => {
    const line = clip(lines[index] ?? '', 500);
    return index === (shown[place - 1] ?? index - 1) + 1 ? [line] : ['…', line];
  });
  return fenceBlock(text.join('\n')).split('\n');
}

function renderNext(next: string, pulls: readonly number[]): string {
  if (next.trim().startsWith('/omk')) return encodeCode(clip(next, 300));
  return linkPulls(encodeInline(clip(next, 300).replaceAll(/(?<!`)\/omk(?: [a-z]+)?/g, '`$&`')), pulls);
}
