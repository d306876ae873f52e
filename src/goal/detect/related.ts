import { z } from 'zod';
import type { GatePackages } from '../gate.ts';
import { readTables } from './toml.ts';
import { foldersWith, isWithin, pathIn, type RepositoryView } from './view.ts';

const MANIFESTS = ['package.json', 'pyproject.toml', 'setup.cfg', 'setup.py', 'Cargo.toml', 'go.mod'];

/** A package by its folder, the names others know it by, and the text in which it names others. */
type Package = { dir: string; names: string[]; mentions: string };

/**
 * Which folders the gates of the package in `dir` need and which they have nothing to do with, read from what manifests say of each
 * other. Undefined where that is not known, and for the root, whose gates are due for every change.
 */
export function relatePackages(view: RepositoryView): (dir: string) => GatePackages | undefined {
  const packages = foldersWith(view, MANIFESTS).map((dir) => readPackage(view, dir));
  return (dir) => {
    const own = packages.find((candidate) => candidate.dir === dir);
    if (!own || dir === '.') return undefined;
    const needs = needsOf(own, packages);
    const others = packages.map((other) => other.dir).filter((other) => other !== '.' && !needs.includes(other));
    return { needs, others: others.filter((other) => !isWithin(other, dir) && !isWithin(dir, other)) };
  };
}

/** The folders of the package and of all it depends on, directly or through others. */
function needsOf(own: Package, packages: readonly Package[]): string[] {
  const found = new Set([own]);
  for (const needed of found) {
    for (const other of packages) if (other.dir !== '.' && mentions(needed, other)) found.add(other);
  }
  return [...found].map(({ dir }) => dir);
}

/** In doubt a package is mentioned: a gate too many does no harm. */
function mentions(from: Package, to: Package): boolean {
  if (from === to) return false;
  const words = [...to.names, ...pathsFrom(from.dir, to.dir)];
  return words.some((word) => new RegExp(`(?<![\\w-])${escape(word)}(?![\\w-])`, 'i').test(from.mentions));
}

function escape(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/[-_]/g, '[-_.]');
}

/** How a manifest in one folder writes the path to another: as it is from there. */
function pathsFrom(from: string, to: string): string[] {
  const [left, right] = [from === '.' ? [] : from.split('/'), to.split('/')];
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared += 1;
  return [[...left.slice(shared).map(() => '..'), ...right.slice(shared)].join('/')];
}

const names = z.record(z.string(), z.unknown()).catch({});
const nodeManifest = z.object({
  name: z.string().catch(''),
  scripts: z.record(z.string(), z.string().catch('')).catch({}),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});

function readPackage(view: RepositoryView, dir: string): Package {
  const read = (name: string) => view.read(pathIn(dir, name)) ?? '';
  const node = readNode(read('package.json'));
  const [rust, python] = [readTables(read('Cargo.toml')), readTables(read('pyproject.toml'))];
  const tables = [rust.get('package'), python.get('project'), python.get('tool.poetry')];
  const named = tables.map((table) => /^\s*name\s*=\s*["']([^"']+)["']/m.exec(table ?? '')?.[1]);
  const setup = /^\s*name\s*=\s*["']?([\w.-]+)/m.exec(`${read('setup.cfg')}\n${read('setup.py')}`)?.[1];
  const go = /^module\s+(\S+)/m.exec(read('go.mod'))?.[1];
  const rest = MANIFESTS.filter((name) => name !== 'package.json').map(read);
  return {
    dir,
    names: [node.name, ...named, setup, go].flatMap((name) => (name ? [name] : [])),
    mentions: [node.mentions, ...rest].join('\n'),
  };
}

function readNode(text: string): { name: string; mentions: string } {
  try {
    const { name, scripts, ...dependencies } = nodeManifest.parse(JSON.parse(text));
    return { name, mentions: JSON.stringify([scripts, dependencies]) };
  } catch {
    return { name: '', mentions: text };
  }
}
