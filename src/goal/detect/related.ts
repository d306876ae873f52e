import { z } from 'zod';
import type { GatePackages } from '../gate.ts';
import { readTables } from './toml.ts';
import { foldersWith, isWithin, pathIn, type RepositoryView } from './view.ts';

const MANIFESTS = ['package.json', 'pyproject.toml', 'setup.cfg', 'setup.py', 'Cargo.toml', 'go.mod'];

/** Builds without names for others: they reach one another by folder, and one has all that lies below it. */
const BUILDS = [
  ...['settings', 'build'].flatMap((name) => [`${name}.gradle`, `${name}.gradle.kts`]),
  'pom.xml',
  'GNUmakefile',
  'makefile',
  'Makefile',
];
/** What they read from above says more than can be seen. */
const READS_ABOVE = /^\s*-?s?include\s.*\.\.|\bapply\b.*\bfrom\b.*\.\./m;

/** A package by its folder, the names others know it by, and the text in small letters in which it names others. */
type Package = { dir: string; names: string[]; mentions: string; isBuild: boolean; isKnown: boolean };

/**
 * Which folders the gates of the package in `dir` need and which they have nothing to do with, read from what manifests say of each
 * other. Undefined where that is not known, and for the root, whose gates are due for every change.
 */
export function relatePackages(view: RepositoryView): (dir: string) => GatePackages | undefined {
  const files = new Set(view.files);
  const packages = foldersWith(view, [...MANIFESTS, ...BUILDS]).map((dir) => readPackage(view, dir, files));
  const inner = packages.filter(({ dir }) => dir !== '.');
  const direct = new Map<Package, Package[]>();
  const mentionedBy = (from: Package): Package[] => {
    const known = direct.get(from) ?? inner.filter((to) => mentions(from, to));
    direct.set(from, known);
    return known;
  };
  return (dir) => {
    const own = inner.find((candidate) => candidate.dir === dir);
    if (!own) return undefined;
    const all = needsOf(own, mentionedBy);
    if (all.some(({ isKnown }) => !isKnown)) return undefined;
    const needs = all.map((needed) => needed.dir);
    const others = packages.map((other) => other.dir).filter((other) => other !== '.' && !needs.includes(other));
    return { needs, others: others.filter((other) => !isWithin(other, dir) && !isWithin(dir, other)) };
  };
}

/** The package and all it depends on, directly or through others. */
function needsOf(own: Package, mentionedBy: (from: Package) => Package[]): Package[] {
  const found = new Set([own]);
  for (const needed of found) for (const other of mentionedBy(needed)) found.add(other);
  return [...found];
}

/** In doubt a package is mentioned: a gate too many does no harm. */
function mentions(from: Package, to: Package): boolean {
  if (from === to) return false;
  if (from.isBuild && isWithin(to.dir, from.dir)) return true;
  const paths = [...pathsFrom(from.dir, to.dir), ...(from.isBuild ? [to.dir] : [])];
  return [...to.names, ...paths].some((word) => holdsWord(from.mentions, word));
}

/** Whether the text has the word by itself. Hyphen, underscore and dot are one, as registries of packages have it. */
function holdsWord(text: string, word: string): boolean {
  const [all, wanted] = [flat(text), flat(word.toLowerCase())];
  if (wanted === '') return false;
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) {
    if (![text[at - 1], text[at + wanted.length]].some((neighbour) => /[\w-]/.test(neighbour ?? ' '))) return true;
  }
  return false;
}

function flat(text: string): string {
  return text.replaceAll(/[_.]/g, '-');
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

function readPackage(view: RepositoryView, dir: string, files: ReadonlySet<string>): Package {
  const read = (name: string) => view.read(pathIn(dir, name)) ?? '';
  const node = readNode(read('package.json'));
  const [rust, python] = [readTables(read('Cargo.toml')), readTables(read('pyproject.toml'))];
  const tables = [rust.get('package'), python.get('project'), python.get('tool.poetry')];
  const named = tables.map((table) => /^\s*name\s*=\s*["']([^"']+)["']/m.exec(table ?? '')?.[1]);
  const setup = /^\s*name\s*=\s*["']?([\w.-]+)/m.exec(`${read('setup.cfg')}\n${read('setup.py')}`)?.[1];
  const go = /^module\s+(\S+)/m.exec(read('go.mod'))?.[1];
  const rest = MANIFESTS.filter((name) => name !== 'package.json').map((name) => withoutNoise(read(name)));
  const builds = BUILDS.map((name) => pathIn(dir, name)).filter((path) => files.has(path));
  const built = builds.map((path) => view.read(path));
  return {
    dir,
    isBuild: builds.length > 0,
    isKnown: built.every((text) => text !== undefined && !READS_ABOVE.test(text)),
    names: [node.name, ...named, setup, go].flatMap((name) => (name ? [name] : [])),
    mentions: [node.mentions, ...rest, ...built].join('\n').toLowerCase(),
  };
}

/** Tables and lines of a manifest that name a project, where it lives and what is in it, and never what it depends on. */
const NO_DEPENDENCY =
  /^(project\.(urls|scripts|gui-scripts|entry-points)|tool\.(setuptools|ruff|mypy|pytest|coverage|black|isort|pyright|hatch\.build)|badges)\b/;
const ABOUT =
  /^\s*(name|description|keywords|categories|authors|maintainers|license|readme|classifiers|homepage|repository|documentation)\s*=.*$/gm;

function withoutNoise(text: string): string {
  const tables = [...readTables(text)].filter(([header]) => !NO_DEPENDENCY.test(header));
  const kept = tables.map(([header, lines]) => `[${header}]\n${lines}`).join('\n');
  return kept.replaceAll(/https?:\/\/\S+/g, '').replaceAll(ABOUT, '');
}

function readNode(text: string): { name: string; mentions: string } {
  try {
    const { name, scripts, ...dependencies } = nodeManifest.parse(JSON.parse(text));
    return { name, mentions: JSON.stringify([scripts, dependencies]) };
  } catch {
    return { name: '', mentions: text };
  }
}
