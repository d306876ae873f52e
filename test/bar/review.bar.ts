import { Lang, parse } from '@ast-grep/napi';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { parsePatch } from '../../src/review/read/diff.ts';
import { reviewChange } from '../../src/review/review.ts';
import { FAULTS } from '../review/corpus/faults.ts';
import { answerToFault, blockedBy, judgeGood, readGoodChanges } from '../review/corpus/judge.ts';
import { answerToPlanted, readPlanted } from '../review/corpus/planted.ts';
import { SECRETS } from '../review/corpus/secrets.ts';
import { patchBetween, type Files } from '../review/world.ts';
import type { Figure, Measure } from './figure.ts';

/** The review wall: what it finds, what it lets through, and how long it takes. */
export const measure: Measure = async (form) => [...(await precision(form)), ...(await speed(form))];

/** The short form takes one of so many, spread over all kinds; of secrets it takes all. */
const ONE_OF = { short: 4, long: 1 };

async function precision(form: 'short' | 'long'): Promise<Figure[]> {
  const sample = <T>(list: readonly T[]) => list.filter((_, at) => at % ONE_OF[form] === 0);
  const good = sample(await readGoodChanges());
  const faults = sample(FAULTS);
  const walls = await each(good, judgeGood);
  const batches = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'] as const;
  const planted = sample((await Promise.all(batches.map(readPlanted))).flat());
  const answers = [...(await each(faults, answerToFault)), ...(await each(planted, answerToPlanted))];
  const clothed = await readPlanted('secrets');
  const secrets = [...(await each(SECRETS, answerToFault)), ...(await each(clothed, answerToPlanted))];
  return [
    share('good changes blocked', {
      part: walls.filter((wall) => blockedBy(wall).length > 0).length,
      of: walls.length,
      most: 0.03,
      target: 'at most 3 % of 100 or more',
    }),
    share('planted faults missed', {
      part: answers.filter(({ kind }) => kind === 'missed').length,
      of: answers.length,
      most: 0.1,
      target: 'at most 10 % of 150 or more',
    }),
    share('planted faults not blocked', {
      part: answers.filter(({ kind }) => kind !== 'blocked').length,
      of: answers.length,
      most: 0.1,
      target: 'at most 10 %',
    }),
    share('planted secrets missed', {
      part: secrets.filter(({ kind }) => kind !== 'blocked').length,
      of: secrets.length,
      most: 0,
      target: 'none',
    }),
  ];
}

/** Four lanes: most of the time goes to git processes that make the patches. */
const LANES = 4;

async function each<T, R>(list: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    for (let at = lane; at < list.length; at += LANES) answers.push(await ask(list[at] as T));
  });
  await Promise.all(lanes);
  return answers;
}

type Share = { part: number; of: number; most: number; target: string };

function share(name: string, { part, of, most, target }: Share): Figure {
  const percent = ((part / of) * 100).toFixed(1);
  return { name: `review: ${name}`, target, measured: `${part} of ${of} (${percent} %)`, met: part <= most * of };
}

/** Times more than the patch and one parse of the changed files; ten times the time for ten times the lines would be 10. */
const TIMES = 3;
const GROWTH = 5;

async function speed(form: 'short' | 'long'): Promise<Figure[]> {
  const target = `at most ${TIMES} times`;
  if (form === 'short')
    return [{ name: 'review: time', target, measured: 'the long form measures it', met: 'not run' }];
  const sizes = [1_000, 10_000, 40_000];
  const pool = await sourcesToReview();
  const timings: Timing[] = [];
  await timeOf(changeOf(pool, 1_000), 5);
  for (const lines of sizes) timings.push(await timeOf(changeOf(pool, lines), 7));
  const ratios = timings.map(({ lines, wallMs, baseMs }): Figure => {
    const ratio = wallMs / baseMs;
    const measured = `${ratio.toFixed(1)} times (${Math.round(wallMs)} ms, ${Math.round(baseMs)} ms)`;
    return { name: `review: time for ${lines} lines`, target, measured, met: ratio <= TIMES };
  });
  const [small, large] = [timings.find(({ lines }) => lines === 10_000), timings.find(({ lines }) => lines === 40_000)];
  if (!small || !large) return ratios;
  const growth = large.wallMs / small.wallMs;
  const name = 'review: time for 40,000 lines against 10,000';
  return [
    ...ratios,
    { name, target: `at most ${GROWTH} times`, measured: `${growth.toFixed(1)} times`, met: growth <= GROWTH },
  ];
}

/** TypeScript of our own, as it is written. */
async function sourcesToReview(): Promise<string[]> {
  const root = join(import.meta.dirname, '../../src');
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts')).toSorted();
  return await Promise.all(names.map((name) => readFile(join(root, name), 'utf8')));
}

/** Words that must stay for a copy to be TypeScript still. */
const RESERVED =
  /^(?:async|await|break|catch|class|const|continue|declare|default|delete|export|extends|false|finally|function|import|instanceof|interface|keyof|readonly|return|satisfies|static|super|switch|throw|typeof|while|yield)$/;

/** New files of at least so many lines together, each whole. Copies differ in their names, so that they are no copies to the wall. */
function changeOf(pool: readonly string[], lines: number): { lines: number; files: Files } {
  const files: Files = {};
  for (let at = 0, total = 0; total < lines; at += 1) {
    const round = Math.floor(at / pool.length);
    const text = (pool[at % pool.length] ?? '').replace(/\b[a-z]\w{4,}\b/g, (word) =>
      round === 0 || RESERVED.test(word) ? word : `${word}${round}`,
    );
    files[`src/round${round}/file${at}.ts`] = text;
    total += text.split('\n').length;
  }
  return { lines, files };
}

type Timing = { lines: number; wallMs: number; baseMs: number };

/** The middle of several runs, each beside its own base, so that a busy machine slows both. */
async function timeOf({ lines, files }: { lines: number; files: Files }, runs: number): Promise<Timing> {
  const patch = patchBetween({}, files);
  const timings: { wallMs: number; baseMs: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    parsePatch(patch);
    for (const text of Object.values(files)) parse(Lang.TypeScript, text);
    const between = performance.now();
    await reviewChange({
      base: 'a'.repeat(40),
      head: 'b'.repeat(40),
      patch,
      readNew: (path) => Promise.resolve(files[path]),
      readOld: () => Promise.resolve(undefined),
      paths: Object.keys(files),
      policy: defaultPolicy().review,
      gates: [],
    });
    timings.push({ baseMs: between - started, wallMs: performance.now() - between });
  }
  const middle = timings.sort((a, b) => a.wallMs / a.baseMs - b.wallMs / b.baseMs)[Math.floor(runs / 2)];
  return { lines, wallMs: middle?.wallMs ?? 0, baseMs: middle?.baseMs ?? 1 };
}
