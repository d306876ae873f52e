import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { defaultPolicy } from '../../../src/goal/policy.ts';
import { wallVerdict, type PassName, type Wall } from '../../../src/goal/wall.ts';
import { reviewChange } from '../../../src/review/review.ts';
import { review, type Files } from '../world.ts';
import type { Fault } from './faults.ts';

/** A real change of a well-kept project: see NOTICE.md. */
export type GoodChange = {
  what: string;
  licence: string;
  patch: string;
  before: Files;
  after: Files;
  paths: string[];
};

export async function readGoodChanges(): Promise<GoodChange[]> {
  const packed = await readFile(join(import.meta.dirname, 'good.json.br'));
  return JSON.parse(brotliDecompressSync(packed).toString()) as GoodChange[];
}

/** What the wall says of a good change. */
export async function judgeGood({ patch, before, after, paths }: GoodChange): Promise<Wall> {
  return await reviewChange({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch,
    readNew: (path) => Promise.resolve(after[path]),
    readOld: (path) => Promise.resolve(before[path]),
    paths,
    policy: defaultPolicy().review,
    gates: [],
  });
}

/** Why a good change is blocked: `rule file:line` each; none if it is let through. */
export function blockedBy(wall: Wall): string[] {
  const verdict = wallVerdict(wall);
  if (verdict.kind === 'passed') return [];
  return verdict.findings
    .filter(({ severity }) => severity !== 'low')
    .map(({ rule, file, line, message }) => `${rule} ${file}:${line} ${message}`);
}

/** What the wall does about a planted fault: the right pass blocks it, or tells of it, at its line or the next one; else what it said instead. */
export type Answer = { kind: 'blocked' | 'told' } | { kind: 'missed'; said: string };

/** The answer of a wall to a fault at a place; a finding on line 0 speaks of the whole file. */
export function answerTo({ passes }: Wall, fault: { pass: PassName; file: string; line: number }): Answer {
  const findings = passes.find(({ pass }) => pass === fault.pass)?.findings ?? [];
  const right = findings.filter(
    ({ file, line }) => file === fault.file && (line === 0 || Math.abs(line - fault.line) <= 1),
  );
  if (right.length > 0) return { kind: right.some(({ severity }) => severity !== 'low') ? 'blocked' : 'told' };
  const said = passes.flatMap((verdict) => verdict.findings).map(({ rule, line, severity }) => `${rule}:${line} ${severity}`);
  return { kind: 'missed', said: `${fault.pass} ${fault.file}:${fault.line}, found ${said.join(', ') || 'nothing'}` };
}

/** What the wall does about a fault of the list. */
export async function answerToFault([pass, path, marked, base = {}]: Fault): Promise<Answer> {
  const line = marked.split('\n').findIndex((text) => text.startsWith('§')) + 1;
  return answerTo(await review({ base, head: { [path]: marked.replace('§', '') } }), { pass, file: path, line });
}
