import { z } from 'zod';
import { GATE_KINDS } from './gate.ts';
import { toggleSchema } from './manner.ts';
import { RULE_IDS } from './rule-id.ts';
import { minuteOfWeek } from './settle/freeze.ts';
import { PASSES } from './wall.ts';

export const DELIVERIES = ['local', 'draft-pr', 'auto-pr'] as const;
export type Delivery = (typeof DELIVERIES)[number];
export const MERGES = ['disabled', 'manual', 'gated'] as const;
export type Merge = (typeof MERGES)[number];

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SIZES = { B: 1, kB: 1_000, KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 } as const;

/** Milliseconds of a duration such as `90s`, `15m` or `2h`; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]) : undefined;
}

/** A count such as `5M`, `200k` or `12000`; undefined if it is none. */
export function parseCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKmM]?)$/.exec(text.trim());
  if (!match) return undefined;
  const factor = { '': 1, k: 1_000, m: 1_000_000 }[(match[2] ?? '').toLowerCase() as '' | 'k' | 'm'];
  return Math.round(Number(match[1]) * factor);
}

/** Bytes of a size such as `1MB`; undefined if it is none. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * SIZES[match[2] as keyof typeof SIZES]) : undefined;
}

function duration(fallback: string, min: string, max: string) {
  const bounds = { min: parseDuration(min) ?? 0, max: parseDuration(max) ?? Infinity };
  const allowed = `a duration from ${min} to ${max}, such as ${fallback}`;
  return z
    .string()
    .default(fallback)
    .describe(allowed)
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      if (ms !== undefined && ms >= bounds.min && ms <= bounds.max) return ms;
      ctx.addIssue({ code: 'custom', message: `"${text}" must be ${allowed}` });
      return z.NEVER;
    });
}

function count(fallback: string) {
  const allowed = `a count above 0, such as ${fallback}`;
  return z
    .union([z.string(), z.number()])
    .default(fallback)
    .describe(allowed)
    .transform((value, ctx) => {
      const number = typeof value === 'number' ? value : parseCount(value);
      if (number !== undefined && number > 0) return number;
      ctx.addIssue({ code: 'custom', message: `"${value}" must be ${allowed}` });
      return z.NEVER;
    });
}

function size(fallback: string) {
  const allowed = `a size, such as ${fallback}`;
  return z
    .string()
    .default(fallback)
    .describe(allowed)
    .transform((text, ctx) => {
      const bytes = parseSize(text);
      if (bytes !== undefined && bytes > 0) return bytes;
      ctx.addIssue({ code: 'custom', message: `"${text}" must be ${allowed}` });
      return z.NEVER;
    });
}

const globs = z.array(z.string().min(1)).default([]).describe('a list of globs from the root of the repository');
const limit = (fallback: number, max: number) =>
  z.number().int().min(1).max(max).default(fallback).describe(`a whole number from 1 to ${max}`);

const dir = z
  .string()
  .default('.')
  .describe('a folder of the repository')
  .refine(
    (path) => !/^[/~]|\\/.test(path) && !path.split('/').includes('..'),
    'must be a folder inside the repository',
  );

const run = z.string().trim().min(1).describe('a shell command that must exit 0');

function hasUniqueNames(gates: readonly { name: string }[]): boolean {
  return new Set(gates.map(({ name }) => name)).size === gates.length;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const moment = z
  .string()
  .describe('a day and a time, such as Fri 16:00')
  .refine((text) => minuteOfWeek(text) !== undefined, 'must be a day and a time, such as Fri 16:00');

/** `.github/omk.yml`, strict: an unknown key is a fault. Every key has its default here and nowhere else. */
export const policySchema = z.strictObject({
  trigger: z
    .strictObject({ label: z.string().min(1).max(50).default('omk').describe('the label that starts a goal') })
    .prefault({}),
  delivery: z.enum(DELIVERIES).default('auto-pr').describe('how far omk brings a slice by itself'),
  merge: z.enum(MERGES).default('gated').describe('who merges'),
  merge_method: z.enum(['auto', 'squash', 'merge', 'rebase']).default('auto').describe('how it is merged'),
  allow_unprotected_base: z
    .boolean()
    .default(false)
    .describe('whether gated merging goes into a base without required checks or reviews'),
  setup: z
    .array(z.strictObject({ run, timeout: duration('10m', '1s', '2h'), dir }))
    .optional()
    .describe('what prepares a fresh checkout; detected from lock files when absent'),
  gates: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60),
        run,
        kind: z.enum(GATE_KINDS).default('test').describe('what the gate proves'),
        timeout: duration('15m', '1s', '6h'),
        dir,
        paths: globs,
      }),
    )
    .refine(hasUniqueNames, 'every gate must have a name of its own')
    .optional()
    .describe('the commands that must pass; detected when absent'),
  review: z
    .strictObject({
      reviewer: z.enum(['kimi', 'off']).default('kimi').describe('whether Kimi reviews besides the rules'),
      rounds: limit(3, 10),
      passes: z.partialRecord(z.enum(PASSES), toggleSchema).default({}).describe('a pass and whether it blocks'),
      rules: z.partialRecord(z.enum(RULE_IDS), toggleSchema).default({}).describe("a rule's id and whether it blocks"),
      ignore: globs,
      layers: z
        .array(z.strictObject({ from: z.string(), to: z.string(), why: z.string().default('') }))
        .default([])
        .describe('files of `from` must not import files of `to`'),
    })
    .prefault({}),
  protected_paths: globs,
  plan: z
    .strictObject({ approval: z.enum(['never', 'auto', 'always']).default('auto').describe('when a plan waits') })
    .prefault({}),
  limits: z
    .strictObject({
      slices: limit(8, 50),
      agents: limit(2, 16),
      builds: limit(3, 10),
      review_batches: limit(5, 20),
      files: limit(100, 5_000),
      patch: size('1MB'),
    })
    .prefault({}),
  budget: z
    .strictObject({
      usd: z.number().positive().default(10).describe('an amount in US dollars above 0'),
      tokens: count('5M'),
      time: duration('2h', '1m', '7d'),
    })
    .prefault({}),
  freeze: z
    .array(
      z.strictObject({
        from: moment,
        to: moment,
        zone: z
          .string()
          .default('UTC')
          .describe('a time zone, such as Europe/Berlin')
          .refine(isZone, 'must be a time zone, such as Europe/Berlin'),
      }),
    )
    .default([])
    .describe('times of the week in which nothing is merged'),
  checks: z
    .strictObject({
      ignore_apps: z
        .array(z.union([z.string(), z.number()]))
        .default([])
        .describe('apps, by slug or id, whose checks do not count'),
      required: z.array(z.string().min(1)).default([]).describe('names of checks that must pass, beyond GitHub’s own'),
      optional_failure: z
        .enum(['block', 'ignore'])
        .default('block')
        .describe('what a failed check does that nobody requires'),
      first_check_grace: duration('120s', '0s', '1h'),
      quiet: duration('30s', '0s', '1h'),
      missing_required_timeout: duration('30m', '1s', '1d'),
      settle_timeout: duration('6h', '1s', '7d'),
    })
    .prefault({}),
});

/** The repository's settings with every default filled in: durations in milliseconds, sizes in bytes. */
export type Policy = z.output<typeof policySchema>;

/** The settings of a repository that has no `.github/omk.yml`. */
export function defaultPolicy(): Policy {
  return policySchema.parse({});
}
