import { defaultPolicy, type Policy } from '../../src/goal/policy.ts';
import type { GateResult } from '../../src/goal/gate.ts';
import type { Finding, PassName, PassVerdict, Wall } from '../../src/goal/wall.ts';
import { reviewChange } from '../../src/review/review.ts';

export type Files = Record<string, string>;

const CONTEXT = 3;

/** A patch between two sets of files, one hunk a file: what the ends share is context. */
export function patchBetween(base: Files, head: Files): string {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(head)])].sort();
  return paths.map((path) => patchOf(path, base[path], head[path])).join('');
}

function patchOf(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before), linesOf(after)];
  let top = 0;
  while (top < old.length && top < now.length && old[top] === now[top]) top += 1;
  let bottom = 0;
  while (bottom < old.length - top && bottom < now.length - top && old.at(-1 - bottom) === now.at(-1 - bottom))
    bottom += 1;
  const from = Math.max(0, top - CONTEXT);
  const [oldEnd, newEnd] = [old.length - bottom, now.length - bottom];
  const tail = Math.min(CONTEXT, bottom);
  const rows = [
    ...old.slice(from, top).map((line) => ` ${line}`),
    ...old.slice(top, oldEnd).map((line) => `-${line}`),
    ...now.slice(top, newEnd).map((line) => `+${line}`),
    ...now.slice(newEnd, newEnd + tail).map((line) => ` ${line}`),
  ];
  const counts = [oldEnd + tail - from, newEnd + tail - from];
  const mode =
    before === undefined ? 'new file mode 100644\n' : after === undefined ? 'deleted file mode 100644\n' : '';
  const names = `--- ${before === undefined ? '/dev/null' : `a/${path}`}\n+++ ${after === undefined ? '/dev/null' : `b/${path}`}\n`;
  const start = (count: number) => (count === 0 ? 0 : from + 1);
  return `diff --git a/${path} b/${path}\n${mode}${names}@@ -${start(counts[0] ?? 0)},${counts[0]} +${start(counts[1] ?? 0)},${counts[1]} @@\n${rows.join('\n')}\n`;
}

function linesOf(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

export type Review = {
  base?: Files;
  head: Files;
  policy?: Partial<Policy['review']>;
  gates?: GateResult[];
  asked?: string;
};

/** The wall's verdict on the change from `base` to `head`. Files of the base that the head does not name stay. */
export async function review({ base = {}, head, policy = {}, gates = [], asked }: Review): Promise<Wall> {
  const after: Files = { ...base, ...head };
  return await reviewChange({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch: patchBetween(base, after),
    readNew: (path) => Promise.resolve(after[path]),
    readOld: (path) => Promise.resolve(base[path]),
    paths: Object.keys(after),
    policy: { ...defaultPolicy().review, ...policy },
    gates,
    asked,
  });
}

export function findingsIn(wall: Wall): Finding[] {
  return wall.passes.flatMap((verdict) => verdict.findings);
}

export function verdictOf(wall: Wall, pass: PassName): PassVerdict {
  const verdict = wall.passes.find((candidate) => candidate.pass === pass);
  if (!verdict) throw new Error(`no verdict of ${pass}`);
  return verdict;
}

/** `rule:line` of everything found. */
export function struck(wall: Wall): string[] {
  return findingsIn(wall).map(({ rule, line }) => `${rule}:${line}`);
}

/** A text out of its parts, so that no whole secret stands in this repository. */
export function assembled(...parts: string[]): string {
  return parts.join('');
}
