import { z } from 'zod';
import { SEVERITIES, type Finding, type PassName } from '../goal/wall.ts';
import type { Change, ChangedFile, HunkLine } from './diff.ts';
import { findingId } from './rules.ts';

export type ReviewerAnswer =
  | { kind: 'read'; verdict: 'passed' | 'failed'; findings: Finding[]; dropped: number }
  | { kind: 'unreadable'; why: string };

const findingSchema = z.object({
  file: z.string().min(1).max(1_000),
  line: z.number().int().min(0).catch(0),
  quote: z.string().min(1).max(2_000),
  severity: z.enum(SEVERITIES),
  message: z.string().min(1).max(2_000),
  remedy: z.string().max(2_000).default(''),
});

const answerSchema = z.object({
  verdict: z.enum(['passed', 'failed']),
  findings: z.array(z.unknown()).max(500).default([]),
});

/** An answer may be long, but not without end. */
const ANSWER_CHARS = 500_000;
const TRIES = 100;

/**
 * Reads the answer of the reviewer of one pass: `{"verdict":"passed"|"failed","findings":[{"file","line","quote","severity","message","remedy"}]}`,
 * alone, in a code fence or in prose; of several such values the last counts. A finding whose `quote` is no added or context line of its file is dropped and counted,
 * and its line is put where the quote stands. "failed" without one finding that holds is unreadable: ask again.
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
  const findings = parsed.findings.flatMap((value) => toFinding(value, { lines, pass, seen }) ?? []);
  const dropped = parsed.findings.length - findings.length;
  if (parsed.verdict === 'failed' && findings.length === 0) {
    return {
      kind: 'unreadable',
      why: `it says "failed" and none of its ${parsed.findings.length} findings quotes a line of the diff`,
    };
  }
  return { kind: 'read', verdict: parsed.verdict, findings, dropped };
}

type Context = { lines: ReadonlyMap<string, ChangedFile>; pass: PassName; seen: Map<string, number> };

function toFinding(value: unknown, { lines, pass, seen }: Context): Finding | undefined {
  const said = findingSchema.safeParse(value).data;
  const file = said && (lines.get(said.file) ?? lines.get(said.file.replace(/^(?:[ab]|\.)\//, '')));
  const place = file && placeOf(said.quote, said.line, file);
  if (!said || !file || !place) return undefined;
  const rule = `${pass}/reviewer`;
  const key = `${rule}\0${file.path}\0${place.text.replace(/\s+/g, ' ').trim()}`;
  const occurrence = seen.get(key) ?? 0;
  seen.set(key, occurrence + 1);
  return {
    id: findingId(key, occurrence),
    rule,
    file: file.path,
    line: place.newLine,
    severity: said.severity,
    message: said.message,
    remedy: said.remedy,
  };
}

/** The line of the new side that holds the first line of the quote, nearest to where the reviewer says it is. */
function placeOf(quote: string, line: number, file: ChangedFile): HunkLine | undefined {
  const wanted = bare(quote.split('\n').find((part) => bare(part).length > 0) ?? '');
  if (wanted.length < 2) return undefined;
  const holding = file.hunks
    .flatMap((hunk) => hunk.lines)
    .filter(
      (candidate) =>
        candidate.kind !== 'removed' &&
        (bare(candidate.text) === wanted || (wanted.length >= 8 && bare(candidate.text).includes(wanted))),
    );
  return holding.sort((a, b) => Math.abs(a.newLine - line) - Math.abs(b.newLine - line))[0];
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
