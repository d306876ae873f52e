import { posix } from 'node:path';
import { importsOf } from '../read/imports.ts';
import type { Reading } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

/** A module of Go: the name that imports begin with, and the folder of its `go.mod`. */
type Module = { name: string; root: string };

const CIRCLE_FILES = 120;

/** A package of Go that imports one which imports it, straight or through others: its compiler takes neither. */
const packageCircle: Rule = {
  id: 'architect/import-circle',
  severity: 'medium',
  remedy: 'Move what both need into a package of its own, or turn one dependency around by an interface.',
  languages: ['go'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, ['go'])) {
      const fresh = importsOf(source.lines, 'go').filter(({ line }) => source.isAdded(line) && !source.isMoved(line));
      const module = fresh.length === 0 ? undefined : await moduleOf(source.path, reading);
      const own = posix.dirname(source.path);
      for (const { specifier, line } of module ? fresh : []) {
        const target = module && folderOf(specifier, module);
        if (target === undefined || target === own || !module) continue;
        const way = await wayBack(target, own, { module, reading });
        if (way)
          hits.push({
            file: source.path,
            line,
            message: `This closes a circle of packages: ${[own, ...way].join(' → ')}`,
            text: specifier,
          });
      }
    }
    return hits;
  },
};

/** The module that a file is part of, by the nearest `go.mod` above it. */
async function moduleOf(path: string, reading: Reading): Promise<Module | undefined> {
  for (let root = posix.dirname(path); ; root = posix.dirname(root)) {
    const manifest = posix.join(root, 'go.mod');
    if (reading.paths.has(manifest)) {
      const name = /^module\s+(\S+)/m.exec((await reading.peek(manifest))?.text ?? '')?.[1];
      return name === undefined ? undefined : { name, root };
    }
    if (root === '.') return undefined;
  }
}

/** The folder of a package of the module; undefined for a package from elsewhere. */
function folderOf(specifier: string, { name, root }: Module): string | undefined {
  return `${specifier}/`.startsWith(`${name}/`) ? posix.join(root, specifier.slice(name.length + 1)) : undefined;
}

/** The shortest way of imports from one package to another, or none within the bounds. */
async function wayBack(
  from: string,
  to: string,
  { module, reading }: { module: Module; reading: Reading },
): Promise<string[] | undefined> {
  const ways = new Map([[from, [from]]]);
  let seen = 0;
  for (const [folder, way] of ways) {
    for (const path of filesIn(folder, reading)) {
      if ((seen += 1) > CIRCLE_FILES) return undefined;
      const file = await reading.peek(path);
      for (const { specifier } of file ? importsOf(file.lines(), 'go') : []) {
        const next = folderOf(specifier, module);
        if (next === to) return [...way, to];
        if (next !== undefined && !ways.has(next)) ways.set(next, [...way, next]);
      }
    }
  }
  return undefined;
}

function filesIn(folder: string, { paths }: Reading): string[] {
  return [...paths].filter(
    (path) => path.endsWith('.go') && !path.endsWith('_test.go') && posix.dirname(path) === folder,
  );
}

/** How the packages of Go hang together. */
export const goPackages: readonly Rule[] = [packageCircle];
