import { expect, test } from '@jest/globals';
import { scheduledFreeze } from '../../../src/goal/settle/freeze.ts';
import { seeded } from '../seeded.ts';

const WEEKEND = { from: 'Fri 16:00', to: 'Mon 07:00' };
const at = (text: string) => new Date(text);

test.each([
  // Berlin is at UTC+2 until Sunday, 25 October 2026, 03:00, then at UTC+1; it goes forward on 28 March 2027.
  ['Berlin, an ordinary weekend', 'Europe/Berlin', '2026-11-28T12:00:00Z', '2026-11-30T06:00:00.000Z'],
  ['Berlin, clocks go back meanwhile', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-26T06:00:00.000Z'],
  ['Berlin, clocks go forward meanwhile', 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T05:00:00.000Z'],
  ['New York, clocks go back meanwhile', 'America/New_York', '2026-10-31T12:00:00Z', '2026-11-02T12:00:00.000Z'],
  ['Lord Howe, by half an hour', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z', '2026-10-04T20:00:00.000Z'],
  ['Kathmandu, a quarter past', 'Asia/Kathmandu', '2026-11-28T12:00:00Z', '2026-11-30T01:15:00.000Z'],
])('a weekend in %s ends when the clocks there say so', (_name, zone, now, end) => {
  expect(scheduledFreeze([{ ...WEEKEND, zone }], at(now))).toMatchObject({ kind: 'frozen', until: at(end) });
});

test('an end that the clocks skip is the moment they skip it', () => {
  const night = [{ from: 'Sat 22:00', to: 'Sun 02:30', zone: 'Europe/Berlin' }];
  expect(scheduledFreeze(night, at('2027-03-28T00:30:00Z'))).toMatchObject({
    kind: 'frozen',
    until: at('2027-03-28T01:00:00Z'),
  });
});

test('it begins by the clocks of its zone, whatever the season', () => {
  const entry = [{ ...WEEKEND, zone: 'Europe/Berlin' }];
  expect(scheduledFreeze(entry, at('2026-10-23T13:59:59Z')).kind).toBe('open');
  expect(scheduledFreeze(entry, at('2026-10-23T14:00:00Z')).kind).toBe('frozen');
  expect(scheduledFreeze(entry, at('2026-10-30T14:59:59Z')).kind).toBe('open');
  expect(scheduledFreeze(entry, at('2026-10-30T15:00:00Z')).kind).toBe('frozen');
});

test('of several the last end counts', () => {
  const two = [
    { ...WEEKEND, zone: 'UTC' },
    { from: 'Sat 00:00', to: 'Mon 09:00', zone: 'UTC' },
  ];
  expect(scheduledFreeze(two, at('2026-11-28T12:00:00Z'))).toMatchObject({ until: at('2026-11-30T09:00:00Z') });
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Africa/Casablanca',
];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

test('at its end it is open, a minute before it is not, and it always ends ahead of now', () => {
  const random = seeded(20_261_122);
  const pick = (count: number) => Math.floor(random() * count);
  const time = () => `${DAYS[pick(7)]} ${String(pick(24)).padStart(2, '0')}:${String(pick(60)).padStart(2, '0')}`;
  let frozen = 0;
  for (let n = 0; n < 2_000; n += 1) {
    const entries = [{ from: time(), to: time(), zone: ZONES[pick(ZONES.length)] ?? 'UTC' }];
    const now = new Date(at('2026-01-01T00:00:00Z').getTime() + pick(3 * 365 * 1_440) * 60_000 + pick(60_000));
    const freeze = scheduledFreeze(entries, now);
    if (freeze.kind !== 'frozen') continue;
    frozen += 1;
    const before = Math.max(now.getTime(), freeze.until.getTime() - 60_000);
    const seen = [
      freeze.until > now,
      scheduledFreeze(entries, freeze.until).kind,
      scheduledFreeze(entries, new Date(before)).kind,
    ];
    if (JSON.stringify(seen) !== '[true,"open","frozen"]')
      throw new Error(JSON.stringify([entries, now, freeze, seen]));
  }
  expect(frozen).toBeGreaterThan(500);
});
