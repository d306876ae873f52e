import type { Policy } from '../policy.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY = 1_440;
const WEEK = 7 * DAY;
const MINUTE_MS = 60_000;
/** Clocks are put forward or back by less. */
const SHIFT = 180;

export type Freeze =
  { kind: 'open' } | { kind: 'frozen'; until: Date; entry: string } | { kind: 'unreadable'; entry: string };

/** Whether one of the weekly freezes such as `Fri 16:00` to `Mon 07:00` holds now, and until when. An entry that cannot be read holds too. */
export function scheduledFreeze(entries: Policy['freeze'], now: Date): Freeze {
  let last: { kind: 'frozen'; until: Date; entry: string } | undefined;
  for (const { from, to, zone } of entries) {
    const span = { start: minuteOfWeek(from), end: minuteOfWeek(to), minuteAt: clockOf(zone) };
    const entry = `${from} to ${to}, ${zone}`;
    if (!isSpan(span)) return { kind: 'unreadable', entry };
    if (!holds(span, now.getTime())) continue;
    const until = new Date(endOf(span, now.getTime()));
    if (!last || until > last.until) last = { kind: 'frozen', until, entry };
  }
  return last ?? { kind: 'open' };
}

/** Who ordered a freeze, and why. */
export type OrderedFreeze = { by: string; reason: string };

/** By whom or since when all merging is frozen now, and until when, as the rest of a sentence; undefined if it is free. */
export function describeFreeze(
  ordered: OrderedFreeze | undefined,
  entries: Policy['freeze'],
  now: Date,
): string | undefined {
  if (ordered) {
    const why = ordered.reason === '' ? '' : ` (${ordered.reason})`;
    return `by ${ordered.by}${why} until \`/omk unfreeze\``;
  }
  const freeze = scheduledFreeze(entries, now);
  return freeze.kind === 'frozen' ? `from ${freeze.entry}, this time until ${timeOf(freeze.until)}` : undefined;
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A freeze by the clocks of its zone: `minuteAt` is what they show at a time, in minutes since Sunday 00:00. */
type Span = { start: number; end: number; minuteAt: (time: number) => number };

function isSpan(span: { [key in keyof Span]: Span[key] | undefined }): span is Span {
  return span.start !== undefined && span.end !== undefined && span.minuteAt !== undefined;
}

function holds({ start, end, minuteAt }: Span, time: number): boolean {
  return mod(minuteAt(time) - start) < mod(end - start);
}

/** The minute in which its clocks first show a time outside of it, though they may be put forward or back before. */
function endOf(span: Span, now: number): number {
  const left = mod(span.end - span.minuteAt(now));
  const whole = now - (now % MINUTE_MS);
  let time = whole + Math.max(1, left - SHIFT) * MINUTE_MS;
  while (time < whole + (left + SHIFT) * MINUTE_MS && holds(span, time)) time += MINUTE_MS;
  return time;
}

function mod(minutes: number): number {
  return ((minutes % WEEK) + WEEK) % WEEK;
}

/** Minutes since Sunday 00:00 of a text such as `Fri 16:00`; undefined if it is none. */
export function minuteOfWeek(text: string): number | undefined {
  const match = /^(sun|mon|tue|wed|thu|fri|sat)[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)$/i.exec(text.trim());
  if (!match?.[1]) return undefined;
  return DAYS.indexOf(match[1].toLowerCase()) * DAY + Number(match[2]) * 60 + Number(match[3]);
}

/** The clocks of a time zone; undefined if there is no such zone. */
function clockOf(timeZone: string): Span['minuteAt'] | undefined {
  try {
    const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    const format = new Intl.DateTimeFormat('en-GB', options);
    return (time) => {
      const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
      return minuteOfWeek(`${parts['weekday']} ${parts['hour']}:${parts['minute']}`) ?? 0;
    };
  } catch {
    return undefined;
  }
}
