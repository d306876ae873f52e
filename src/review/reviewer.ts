import { z } from 'zod';
import { SEVERITIES, type Finding, type PassName } from '../goal/wall.ts';
import type { Change, ChangedFile, Hunk } from './read/diff.ts';
import { findingId } from './rules.ts';

export type ReviewerAnswer =
  | { kind: 'read'; verdict: 'passed' | 'failed'; findings: Finding[]; dropped: number }
  | { kind: 'unreadable'; why: string };

const findingSchema = z.object({
  file: z.string().min(1).max(1_000),
  line: z.coerce.number().int().min(0).catch(0),
  quote: z.string().min(1).max(2_000),
  severity: z.string().trim().toLowerCase().pipe(z.enum(SEVERITIES)),
  message: z.string().min(1).max(2_000),
  remedy: z.string().max(2_000).default(''),
});

const answerSchema = z.object({
  verdict: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum(['passed', 'failed'])),
  findings: z.array(z.unknown()).max(500).default([]),
});

/** An answer may be long, but not without end. */
const ANSWER_CHARS = 500_000;
const TRIES = 100;

/**
 * Reads the answer of the reviewer of one pass: `{"verdict":"passed"|"failed","findings":[{"file","line","quote","severity","message","remedy"}]}`,
 * alone, in a code fence or in prose; of several such values the last counts. A finding whose `quote` is no line of the diff of its file is dropped and counted,
 * and its line is put where the quote stands. "failed" without one finding that holds is unreadable, with the reasons: ask again.
 */
export function parseReviewerAnswer(text: string, change: Change, pass: PassName): ReviewerAnswer {
  if (text.length > ANSWER_CHARS)
    return { kind: 'unreadable', why: `it has ${text.length} characters, more than ${ANSWER_CHARS}` };
  const values = jsonObjects(text);
  const parsed = values.map((value) => answerSchema.safeParse(value)).findLast((result) => result.success)?.data;
  if (!parsed)
    return {
      kind: 'unreadable',
      why: values.length === 0 ? 'it holds no JSON' : 'its JSON has no "verdict" of "passed" or "failed"',
    };
  const lines = new Map(change.files.map((file) => [file.path, file]));
  const seen = new Map<string, number>();
  const read = parsed.findings.map((value) => toFinding(value, { lines, pass, seen }));
  const findings = read.filter((finding) => typeof finding !== 'string');
  const dropped = read.filter((finding) => typeof finding === 'string');
  if (parsed.verdict === 'failed' && findings.length === 0) {
    const reasons = dropped.slice(0, MOST_REASONS).map((why, index) => `findings[${index}]: ${why}`);
    return { kind: 'unreadable', why: ['it says "failed" without a finding that holds', ...reasons].join('; ') };
  }
  return { kind: 'read', verdict: parsed.verdict, findings, dropped: dropped.length };
}

const MOST_REASONS = 10;

type Context = { lines: ReadonlyMap<string, ChangedFile>; pass: PassName; seen: Map<string, number> };

/** The finding, or why it is void. */
function toFinding(value: unknown, { lines, pass, seen }: Context): Finding | string {
  const { data: said, error } = findingSchema.safeParse(value);
  if (!said) return `${error?.issues[0]?.path.join('.') ?? ''}: ${error?.issues[0]?.message ?? ''}`;
  const file = lines.get(said.file) ?? lines.get(said.file.replace(/^(?:[ab]|\.)\//, ''));
  if (!file) return `the diff does not change the file ${said.file.slice(0, 200)}`;
  const place = placeOf(said.quote, said.line, file);
  if (!place) return `its quote is no line of the diff of ${file.path}`;
  const rule = `${pass}/reviewer`;
  const key = `${rule}\0${file.path}\0${place.text.replace(/\s+/g, ' ').trim()}`;
  const occurrence = seen.get(key) ?? 0;
  seen.set(key, occurrence + 1);
  return {
    id: findingId(key, occurrence),
    rule,
    file: file.path,
    line: place.line,
    severity: said.severity,
    message: said.message,
    remedy: said.remedy,
  };
}

type Place = { text: string; line: number; stands: boolean };

/** Where the first line of the quote is: the nearest to where the reviewer says, and a line that stands before a removed one. */
function placeOf(quote: string, line: number, file: ChangedFile): Place | undefined {
  const wanted = bare(quote.split('\n').find((part) => bare(part).length > 0) ?? '');
  if (wanted.length < 2) return undefined;
  const holding = file.hunks.flatMap(placesOf).filter(({ text }) => {
    return bare(text) === wanted || (wanted.length >= 8 && bare(text).includes(wanted));
  });
  const distance = (place: Place) => Math.abs(place.line - line);
  return holding.sort((a, b) => Number(b.stands) - Number(a.stands) || distance(a) - distance(b))[0];
}

/** A removed line is at the line that took its place; 0 where nothing of the file is left. */
function placesOf({ lines }: Hunk): Place[] {
  const numbers = lines.map(({ newLine }) => newLine);
  const near = (at: number) => numbers.slice(at).find((number) => number > 0) ?? Math.max(0, ...numbers.slice(0, at));
  return lines.map(({ kind, text }, at) => ({ text, line: near(at), stands: kind !== 'removed' }));
}

function bare(text: string): string {
  return text.replace(/^\s*[+ ](?=\s|\S)/, ' ').replace(/\s+/g, '');
}

/** Every JSON object that stands at the top of the text, in order. */
function jsonObjects(text: string): unknown[] {
  const found: unknown[] = [];
  for (let at = text.indexOf('{'), tries = 0; at !== -1 && tries < TRIES; tries += 1) {
    const end = closingBrace(text, at);
    const value = end === undefined ? undefined : tryJson(text.slice(at, end + 1));
    if (value !== undefined) found.push(value);
    at = text.indexOf('{', value !== undefined && end !== undefined ? end + 1 : at + 1);
  }
  return found;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Prose in braces is no answer; the next brace may open one.
    return undefined;
  }
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}' && --depth === 0) return at;
  }
  return undefined;
}
