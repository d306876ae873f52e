import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Policy } from './policy.ts';
import { isSliceId } from './naming.ts';
import { globsOverlap } from './scope.ts';
import { RISKS, type PlannedSlice, type Slice } from './slice.ts';
import { clip, stripInvisible } from './text.ts';

export { oracleQuestion } from './oracle.ts';

/** What a model's answer to the plan prompt holds. Slices come in an order in which they can be built. */
export type ParsedPlan =
  | { kind: 'plan'; slices: PlannedSlice[]; notes: string[] }
  | { kind: 'question'; text: string }
  | { kind: 'faults'; faults: string[] };

type PlanLimits = { limits: Pick<Policy['limits'], 'slices'> };

/** Slices that are there already: a plan may build on those that are not cancelled, and changes none. */
type Existing = readonly Pick<Slice, keyof PlannedSlice | 'status'>[];

/** Reads a plan out of a model's answer; prose and fences around the JSON are tolerated. Every fault is named at once. */
export function parsePlan(answer: string, { limits }: PlanLimits, existing: Existing = []): ParsedPlan {
  const found = findPlan(answer);
  if (found === undefined)
    return { kind: 'faults', faults: ['The answer holds no JSON object with "slices" or "question".'] };
  if ('question' in found && !('slices' in found)) {
    const text = typeof found['question'] === 'string' ? tidy(found['question'], 1_000) : '';
    return text ? { kind: 'question', text } : { kind: 'faults', faults: ['"question" must be a text.'] };
  }
  const read = planSchema.safeParse(found);
  if (!read.success) return { kind: 'faults', faults: read.error.issues.map(describeIssue) };
  const slices = read.data.slices.map(toSlice);
  const alive = existing.filter(({ status }) => status !== 'cancelled');
  const all = [...alive, ...slices];
  const used = slices.filter(({ id }) => existing.some((other) => other.status === 'cancelled' && other.id === id));
  const faults = [
    ...slices.flatMap(judgeSlice),
    ...used.map(({ id }) => `The id "${id}" belongs to a cancelled slice. Choose another.`),
    ...judgeSlices(all, limits.slices),
  ];
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'plan', ...serialize(inOrder(all), alive) };
}

/** A builder's closing words and the further slices it proposes, judged like any plan; undefined if it proposes none. */
export function parseProposal(
  answer: string,
  limits: PlanLimits,
  existing: Existing,
): { words: string; proposed: ParsedPlan | undefined } {
  const start = answer.search(/(?:^```\w*[ \t]*\n)?^[ \t]*\{\s*"slices"/m);
  if (start < 0) return { words: answer, proposed: undefined };
  const proposed = parsePlan(answer.slice(start), limits, existing);
  return { words: answer.slice(0, start).trimEnd(), proposed };
}

const texts = z.array(z.string().max(2_000)).max(100);

const planSchema = z.object({
  slices: z
    .array(
      z.object({
        id: z.string(),
        title: z.string().max(1_000),
        description: z.string().max(20_000).default(''),
        read_scope: texts.default([]),
        write_scope: texts,
        depends_on: z.array(z.string()).max(100).default([]),
        risk: z.enum(RISKS).default('medium'),
        acceptance: texts.default([]),
      }),
    )
    .min(1, 'must hold at least one slice'),
});

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${place.replace(/^\./, '') || 'The plan'}: ${message}`;
}

const MOST_ANSWER = 200_000;
const MOST_STARTS = 50;

/** The last JSON object with `slices` or `question` in the answer: an earlier one may be a quotation of the question. */
function findPlan(answer: string): Record<string, unknown> | undefined {
  const text = answer.slice(0, MOST_ANSWER);
  let found: Record<string, unknown> | undefined;
  const starts = /\{\s*"/g;
  for (let tries = 0; tries < MOST_STARTS; tries += 1) {
    const start = starts.exec(text)?.index;
    if (start === undefined) break;
    const end = findClosing(text, start);
    const value = end === undefined ? undefined : parseObject(text.slice(start, end));
    if (value && ('slices' in value || 'question' in value)) found = value;
    if (value && end !== undefined) starts.lastIndex = end;
  }
  return found;
}

/** Where the object that begins at `start` ends, braces in strings aside. */
function findClosing(text: string, start: number): number | undefined {
  let depth = 0;
  // A string that nothing closes reaches to the end: whoever looks for its end again and again never comes to one.
  const tokens = /"(?:\\.|[^"\\])*(?:"|\\?$)|[{}]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    if (token[0] === '{') depth += 1;
    if (token[0] === '}') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function tidy(text: string, max: number): string {
  return clip(stripInvisible(text).text.trim(), max);
}

type RawSlice = z.output<typeof planSchema>['slices'][number];

function toSlice(raw: RawSlice): PlannedSlice {
  return {
    id: raw.id.trim(),
    title: tidy(raw.title.replaceAll(/\s+/g, ' '), 200),
    description: tidy(raw.description, 4_000),
    readScope: [...new Set(raw.read_scope.map(tidyGlob))],
    writeScope: [...new Set(raw.write_scope.map(tidyGlob))],
    dependsOn: [...new Set(raw.depends_on.map((id) => id.trim()))],
    risk: raw.risk,
    acceptance: raw.acceptance.map((line) => tidy(line, 500)).filter(Boolean),
  };
}

function tidyGlob(glob: string): string {
  const tidied = glob
    .trim()
    .replace(/^(?:\.\/)+/, '')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '');
  return tidied === '.' ? '**' : tidied;
}

function judgeSlices(slices: readonly PlannedSlice[], most: number): string[] {
  const faults: string[] = [];
  const ids = slices.map((slice) => slice.id);
  const twice = new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
  if (slices.length > most) faults.push(`The plan has ${slices.length} slices; at most ${most} are allowed.`);
  faults.push(...[...twice].map((id) => `The id "${id}" is used more than once.`));
  for (const { id, dependsOn } of slices) {
    const unknown = dependsOn.filter((other) => !ids.includes(other));
    faults.push(...unknown.map((other) => `Slice "${id}" depends on "${other}", which is not in the plan.`));
  }
  const circle = findCircle(slices);
  if (circle) faults.push(`The slices depend on each other in a circle: ${circle.join(' -> ')}.`);
  return faults;
}

function judgeSlice({ id, title, writeScope, readScope }: PlannedSlice): string[] {
  const faults = [];
  const name = clip(id, 60);
  if (!isSliceId(id))
    faults.push(`"${name}" is not a slice id: lower-case letters, digits and hyphens, at most 40 characters.`);
  if (title === '') faults.push(`Slice "${name}" has no title.`);
  if (writeScope.length === 0) faults.push(`Slice "${name}" has an empty write_scope.`);
  for (const glob of [...writeScope, ...readScope]) {
    const why = judgeGlob(glob);
    if (why) faults.push(`Slice "${name}": the scope "${clip(glob, 120)}" ${why}.`);
  }
  return faults;
}

function judgeGlob(glob: string): string | undefined {
  if (glob === '') return 'is empty';
  if (stripInvisible(glob).dropped > 0 || /[\r\n\t]/.test(glob)) return 'holds control or invisible characters';
  if (/^(?:\/|~|[A-Za-z]:)/.test(glob)) return 'is absolute; paths start at the root of the repository';
  if (glob.includes('\\')) return 'holds a backslash; folders are separated by /';
  if (glob.split(/[/{},]/).includes('..')) return 'leads outside the repository';
  if (glob.startsWith('!')) return 'excludes; a scope can only include';
  if (/^\.git(?:\/|$)/i.test(glob)) return "is git's own folder";
  return glob.length > 300 ? 'is too long' : undefined;
}

/** The ids around a circle of dependencies, the first again at the end. */
function findCircle(slices: readonly PlannedSlice[]): string[] | undefined {
  const placed = new Set(inOrder(slices).map((slice) => slice.id));
  const left = slices.filter((slice) => !placed.has(slice.id));
  const path: string[] = [];
  let current = left.find((slice) => left.some((other) => slice.dependsOn.includes(other.id)));
  while (current && !path.includes(current.id)) {
    path.push(current.id);
    const needs: string[] = current.dependsOn;
    current = left.find((slice) => needs.includes(slice.id));
  }
  return current && [...path.slice(path.indexOf(current.id)), current.id];
}

/** The slices in an order in which they can be built, otherwise as the plan has them. Those in or behind a circle are left out. */
function inOrder(slices: readonly PlannedSlice[]): PlannedSlice[] {
  const known = new Set(slices.map((slice) => slice.id));
  const ordered: PlannedSlice[] = [];
  const done = new Set<string>();
  for (;;) {
    const next = slices.find(
      ({ id, dependsOn }) => !done.has(id) && dependsOn.every((other) => done.has(other) || !known.has(other)),
    );
    if (!next) return ordered;
    done.add(next.id);
    ordered.push(next);
  }
}

/** Adds an edge between slices that overlap and are not ordered yet. Edges only lead back in the given order, so no circle can arise. */
function serialize(
  ordered: readonly PlannedSlice[],
  fixed: readonly PlannedSlice[],
): { slices: PlannedSlice[]; notes: string[] } {
  const notes: string[] = [];
  const before = new Map<string, Set<string>>();
  const stay = new Set(fixed.map(({ id }) => id));
  const slices = ordered.map((slice, index) => {
    if (stay.has(slice.id)) return slice;
    const dependsOn = [...slice.dependsOn];
    const earlier = new Set(dependsOn.flatMap((id) => [id, ...(before.get(id) ?? [])]));
    for (const other of ordered.slice(0, index).toReversed()) {
      const overlap = earlier.has(other.id) ? undefined : findOverlap(slice, other);
      if (!overlap) continue;
      dependsOn.push(other.id);
      for (const id of [other.id, ...(before.get(other.id) ?? [])]) earlier.add(id);
      notes.push(`\`${slice.id}\` waits for \`${other.id}\`: ${overlap}`);
    }
    before.set(slice.id, earlier);
    return { ...slice, dependsOn };
  });
  return { slices: slices.filter(({ id }) => !stay.has(id)), notes };
}

function findOverlap(later: PlannedSlice, earlier: PlannedSlice): string | undefined {
  const meet = (a: readonly string[], b: readonly string[]) =>
    a.flatMap((left) => b.filter((right) => globsOverlap(left, right)).map((right) => [left, right] as const))[0];
  const both = meet(later.writeScope, earlier.writeScope);
  if (both) return `both write ${shown(both)}`;
  const reads = meet(later.readScope, earlier.writeScope);
  if (reads) return `it reads what the other writes, ${shown(reads)}`;
  const writes = meet(later.writeScope, earlier.readScope);
  return writes && `it writes what the other reads, ${shown(writes)}`;
}

function shown([left, right]: readonly [string, string]): string {
  return left === right ? `\`${left}\`` : `\`${left}\` and \`${right}\``;
}

/** Twelve hex digits that stand for all a plan says. Approval is bound to it. */
export function planHash(slices: readonly PlannedSlice[]): string {
  const rows = slices.map((slice) => [
    slice.id,
    slice.title,
    slice.description,
    slice.risk,
    slice.readScope,
    slice.writeScope,
    slice.dependsOn,
    slice.acceptance,
  ]);
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 12);
}
