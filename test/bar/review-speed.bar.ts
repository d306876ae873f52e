import { Lang, parse } from '@ast-grep/napi';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { git } from '../../src/git/git.ts';
import { withTrees } from '../../src/git/tree.ts';
import { defaultPolicy } from '../../src/goal/policy.ts';
import { parsePatch } from '../../src/review/read/diff.ts';
import { reviewChange } from '../../src/review/review.ts';
import { commitFiles, plainGit } from '../git/remote.ts';
import type { Files } from '../review/world.ts';
import type { Figure, Measure } from './figure.ts';

/** Times more than taking the patch, reading the changed files and parsing each once; ten times the time for ten times the lines would be 10. */
const TIMES = 3;
const GROWTH = 5;
/** The longest that others in the process wait while a large change is reviewed. */
const HELD_MS = 250;

/** How long the review wall takes beside what any look at the change takes. */
export const measure: Measure = async () => {
  const target = `at most ${TIMES} times`;
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
  const held: Figure = {
    name: 'review: longest that 40,000 lines keep the process from other work',
    target: `at most ${HELD_MS} ms`,
    measured: `${Math.round(large.heldMs)} ms`,
    met: large.heldMs <= HELD_MS,
  };
  return [
    ...ratios,
    held,
    { name, target: `at most ${GROWTH} times`, measured: `${growth.toFixed(1)} times`, met: growth <= GROWTH },
  ];
};

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

type Timing = { lines: number; wallMs: number; baseMs: number; heldMs: number };

/** The middle of several runs in a real repository, each beside its own base, so that a busy machine slows both. */
async function timeOf({ lines, files }: { lines: number; files: Files }, runs: number): Promise<Timing> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-speed-'));
  await plainGit(folder, 'init', '-q');
  const base = await commitFiles(folder, {});
  const head = await commitFiles(folder, files);
  const gitDir = join(folder, '.git');
  const takePatch = () => git(['diff-tree', '-r', '-p', '-M', '-U3', base, head], { gitDir });
  const timings: Omit<Timing, 'lines'>[] = [];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    const change = parsePatch(await takePatch());
    await withTrees({ gitDir }, { base, head }, async ({ after }) => {
      for (const { path } of change.files) parse(Lang.TypeScript, (await after.read(path)) ?? '');
    });
    const between = performance.now();
    delay.reset();
    delay.enable();
    const patch = await takePatch();
    await withTrees({ gitDir }, { base, head }, ({ before, after }) =>
      reviewChange({
        base,
        head,
        patch,
        readNew: (path) => after.read(path),
        readOld: (path) => before.read(path),
        paths: after.paths,
        policy: defaultPolicy().review,
        gates: [],
      }),
    );
    delay.disable();
    const wallMs = performance.now() - between;
    timings.push({ baseMs: between - started, wallMs, heldMs: delay.max / 1e6 });
  }
  await rm(folder, { recursive: true, force: true });
  const middle = timings.sort((a, b) => a.wallMs / a.baseMs - b.wallMs / b.baseMs)[Math.floor(runs / 2)];
  return { lines, wallMs: middle?.wallMs ?? 0, baseMs: middle?.baseMs ?? 1, heldMs: middle?.heldMs ?? 0 };
}
