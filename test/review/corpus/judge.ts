import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { defaultPolicy } from '../../../src/goal/policy.ts';
import { wallVerdict, type Wall } from '../../../src/goal/wall.ts';
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

/** Undefined if the right pass blocks the fault at its line or the next one; else what was found instead. */
export async function missedIn([pass, path, marked, base = {}]: Fault): Promise<string | undefined> {
  const lines = marked.split('\n');
  const at = lines.findIndex((line) => line.startsWith('§')) + 1;
  const wall = await review({ base, head: { [path]: marked.replace('§', '') } });
  const findings = wall.passes.find((verdict) => verdict.pass === pass)?.findings ?? [];
  const right = findings.some(
    ({ file, line, severity }) => file === path && severity !== 'low' && (line === 0 || Math.abs(line - at) <= 1),
  );
  if (right) return undefined;
  const found = wall.passes.flatMap((verdict) => verdict.findings);
  return `${pass} ${path}:${at}, found ${found.map(({ rule, line, severity }) => `${rule}:${line} ${severity}`).join(', ') || 'nothing'}`;
}
