import type { Policy } from '../policy.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY = 1_440;
const WEEK = 7 * DAY;

export type Freeze = { kind: 'open' } | { kind: 'frozen'; until: Date } | { kind: 'unreadable'; entry: string };

/** Whether one of the weekly freezes such as `Fri 16:00` to `Mon 07:00` holds now, and until when. An entry that cannot be read holds too. */
export function scheduledFreeze(entries: Policy['freeze'], now: Date): Freeze {
  let until = 0;
  for (const { from, to, zone } of entries) {
    const [start, end, minute] = [minuteOfWeek(from), minuteOfWeek(to), minuteIn(zone, now)];
    if (start === undefined || end === undefined || minute === undefined) {
      return { kind: 'unreadable', entry: `${from} to ${to}, ${zone}` };
    }
    if (mod(minute - start) >= mod(end - start)) continue;
    const left = mod(end - minute) * 60_000;
    until = Math.max(until, now.getTime() - (now.getTime() % 60_000) + left);
  }
  return until > 0 ? { kind: 'frozen', until: new Date(until) } : { kind: 'open' };
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

function minuteIn(zone: string, now: Date): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
    return minuteOfWeek(`${parts['weekday']} ${parts['hour']}:${parts['minute']}`);
  } catch {
    return undefined;
  }
}
