import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { PassName, Wall } from '../../../src/goal/wall.ts';
import { defaultPolicy, policySchema } from '../../../src/goal/policy.ts';
import { reviewChange } from '../../../src/review/review.ts';
import type { Files } from '../world.ts';
import { answerTo, type Answer } from './judge.ts';

/** A change with one planted fault: the pass that must find it, and where. Line 0 is the file as a whole. */
export type Planted = { title: string; pass: PassName; base: Files; head: Files; file: string; line: number; patch: string };

/**
 * Reads `planted/<name>.txt`: `=== pass title`, then files, each after `--- base PATH`, `--- head PATH` or `--- gone PATH`.
 * `§` opens the faulty line; `·` keeps a secret from being one in this repository and is dropped. Written from what the
 * issue asks for, before the rules that find them.
 */
export async function readPlanted(name: 'first' | 'second' | 'third' | 'fourth' | 'fifth' | 'sixth' | 'seventh' | 'eighth' | 'secrets'): Promise<Planted[]> {
  const text = await readFile(join(import.meta.dirname, 'planted', `${name}.txt`), 'utf8');
  const planted = text
    .split(/^=== /m)
    .slice(1)
    .map(toPlanted);
  const patches = await gitPatches(planted);
  return planted.map((one, index) => ({ ...one, patch: patches[index] ?? '' }));
}

function toPlanted(block: string): Planted {
  const title = block.slice(0, block.indexOf('\n'));
  const planted: Planted = { title, pass: title.split(' ')[0] as PassName, base: {}, head: {}, file: '', line: 0, patch: '' };
  const gone: string[] = [];
  for (const part of block.split(/^--- (?=(?:base|head|gone) \S+$)/m).slice(1)) {
    const [kind, path = ''] = part.slice(0, part.indexOf('\n')).split(' ');
    const text = part.slice(part.indexOf('\n') + 1).replaceAll('·', '');
    const at = text.split('\n').findIndex((line) => line.startsWith('§'));
    if (at >= 0 || kind === 'gone') Object.assign(planted, { file: path, line: at + 1 });
    if (kind === 'base') planted.base[path] = text;
    else if (kind === 'gone') gone.push(path);
    else planted.head[path] = text.replace('§', '');
  }
  const kept = Object.entries(planted.base).filter(([path]) => !gone.includes(path));
  return { ...planted, head: { ...Object.fromEntries(kept), ...planted.head } };
}

/** What the wall does about a planted fault. */
export async function answerToPlanted(planted: Planted): Promise<Answer> {
  return answerTo(await judge(planted), planted);
}

async function judge({ base, head, patch }: Planted): Promise<Wall> {
  const settings = base['.github/omk.yml'];
  return await reviewChange({
    base: 'a'.repeat(40),
    head: 'b'.repeat(40),
    patch,
    readNew: (path) => Promise.resolve(head[path]),
    readOld: (path) => Promise.resolve(base[path]),
    paths: Object.keys(head),
    policy: settings === undefined ? defaultPolicy().review : policySchema.parse(parse(settings)).review,
    gates: [],
  });
}

/** What git says of the trees of each, in one go, so that the hunks are those of real changes. */
async function gitPatches(all: readonly Planted[]): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'omk-planted-'));
  try {
    await mkdir(join(root, 'a'));
    await mkdir(join(root, 'b'));
    for (const [index, { base, head }] of all.entries())
      for (const [side, files] of [['a', base] as const, ['b', head] as const])
        for (const [path, text] of Object.entries(files)) {
          const place = join(root, side, String(index), path);
          await mkdir(dirname(place), { recursive: true });
          await writeFile(place, text);
        }
    const whole = await new Promise<string>((resolve) => {
      const plain = ['diff', '--no-index', '--no-prefix', '-U3', 'a', 'b'];
      execFile('git', plain, { cwd: root, maxBuffer: 64_000_000 }, (_differs, out) => resolve(out));
    });
    const patches = all.map(() => '');
    for (const part of whole.split(/^(?=diff --git )/m)) {
      const index = Number(/^diff --git "?[ab]\/(\d+)\//.exec(part)?.[1]);
      patches[index] += part.replaceAll(new RegExp(`(?<=^(?:diff --git |--- |\\+\\+\\+ |diff --git \\S+ )"?[ab]/)${index}/`, 'gm'), '');
    }
    return patches;
  } finally {
    await rm(root, { recursive: true });
  }
}
