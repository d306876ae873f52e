import { describe, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** `runs`: it is there at run time; an import of types alone makes no circle. */
type Import = { from: string; to: string; runs: boolean };

/** Who may import whom: the table of docs/design.md. A folder stands for its files, a name for one file. */
const MAY: Record<string, string[]> = {
  main: ['app', 'run', 'github', 'git', 'kimi', 'sandbox', 'store', 'review', 'web', 'goal', 'base'],
  app: ['store', 'goal', 'base'],
  cli: [
    'cli',
    'main',
    'app',
    'run',
    'github',
    'git',
    'kimi',
    'sandbox',
    'store',
    'review',
    'web',
    'goal',
    'base',
    'world',
  ],
  web: ['web', 'store', 'goal', 'base'],
  run: ['run', 'github', 'git', 'kimi', 'sandbox', 'store', 'review', 'goal', 'base'],
  github: ['github', 'goal', 'base'],
  git: ['git', 'goal', 'base'],
  kimi: ['kimi', 'goal', 'base'],
  sandbox: ['sandbox', 'goal', 'base'],
  store: ['store', 'goal', 'base'],
  review: ['review', 'goal', 'base'],
  goal: ['goal', 'errors'],
  base: ['base', 'errors'],
};
const BASE = ['errors', 'config', 'process', 'bridge', 'kill-point'];
/** Pure libraries: data in, data out. */
const GOAL_PACKAGES = new Set([
  'zod',
  'yaml',
  'picomatch',
  'string-argv',
  'markdown-table',
  'node:crypto',
  'node:util',
]);

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

type Found = { name: string; runs: boolean };

async function importsOf(file: string): Promise<Found[]> {
  const text = await readFile(file, 'utf8');
  const statics = [...text.matchAll(/^(?:import|export)\b([^'"]*?)from\s+['"]([^'"]+)['"]/gm)];
  const dynamics = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)];
  return [
    ...statics.map(([, what = '', name = '']) => ({ name, runs: !/^\s*type\b/.test(what) })),
    ...dynamics.map(([, name = '']) => ({ name, runs: true })),
  ];
}

function partOf(file: string): string {
  if (file.startsWith('test/')) return 'world';
  const [first = '', ...rest] = relative('src', file).split('/');
  if (rest.length > 0) return first;
  const name = first.replace(/\.ts$/, '');
  return BASE.includes(name) ? (name === 'errors' ? 'errors' : 'base') : name;
}

const files = await sources('src');
const edges: Import[] = [];
const packages: { file: string; name: string }[] = [];
for (const file of files) {
  for (const { name, runs } of await importsOf(file)) {
    if (name.startsWith('.')) edges.push({ from: file, to: join(dirname(file), name), runs });
    else packages.push({ file, name });
  }
}

describe('the house', () => {
  test('no arrow outside the table', () => {
    const strange = edges.filter(({ from, to }) => {
      const part = partOf(from);
      if (part === 'errors') return true;
      const allowed = MAY[part] ?? [];
      const target = partOf(to);
      return !allowed.includes(target) && !(allowed.includes('base') && target === 'errors');
    });
    expect(strange).toEqual([]);
  });

  test('no circle', () => {
    const next = new Map(
      files.map((file) => [file, edges.filter((edge) => edge.from === file && edge.runs).map((edge) => edge.to)]),
    );
    const done = new Set<string>();
    const circles: string[][] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
      if (path.includes(file) || done.has(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test('goal/ is pure: its packages take data and give data', () => {
    const strange = packages.filter(({ file, name }) => file.startsWith('src/goal/') && !GOAL_PACKAGES.has(name));
    expect(strange).toEqual([]);
  });

  test('goal/ reads no clock and rolls no dice', async () => {
    const found: string[] = [];
    for (const file of files.filter((name) => name.startsWith('src/goal/'))) {
      const text = await readFile(file, 'utf8');
      if (/\bnew Date\(\)|\bDate\.now\(|\bMath\.random\(|\brandom(Bytes|UUID)\b|\bprocess\.|\bfetch\(/.test(text))
        found.push(file);
    }
    expect(found).toEqual([]);
  });

  test('no default export, no drawer', async () => {
    const drawers = files.filter((file) => /\/(utils?|helpers?|common|lib|types|manager|service)\.ts$/.test(file));
    expect(drawers).toEqual([]);
    for (const file of files) expect(await readFile(file, 'utf8')).not.toMatch(/^export default/m);
  });

  test('only git.ts of git/ starts git', () => {
    const strange = packages.filter(({ file, name }) => name === 'simple-git' && file !== 'src/git/git.ts');
    expect(strange).toEqual([]);
  });

  test('only run/room.ts opens a room for an agent or a repository’s commands', async () => {
    const stages = files.filter((file) => file.startsWith('src/run/'));
    const opening = stages.map(async (file) => [file, /\bopenRoom\b/.test(await readFile(file, 'utf8'))] as const);
    expect((await Promise.all(opening)).flatMap(([file, opens]) => (opens ? [file] : []))).toEqual(['src/run/room.ts']);
  });

  test('what to do next is a command that can be copied as it is, or words with a command in them', async () => {
    const acting = files.filter((file) => !/goal\/(report\/|(parse-)?command\.ts)/.test(file));
    const texts = await Promise.all(acting.map((file) => readFile(file, 'utf8')));
    const commands = texts.flatMap((text) =>
      [...text.matchAll(/(?<!\\)(['`])(\/omk [^'`\\]*)\1/g)].map(([, , command = '']) => command),
    );
    const mixed = commands.filter(
      (command) => !/^\/omk [a-z]+( add)?( --[a-z-]+)*( <[^>]+>| \$\{[^}]+\}| [a-z-]+)?$/.test(command),
    );
    expect(commands.length).toBeGreaterThan(30);
    expect(mixed).toEqual([]);
  });
});
