import { scriptContract } from './architect/script-contract.ts';
import { settingContracts } from './infrastructure/setting-slips.ts';
import picomatch from 'picomatch';
import { posix } from 'node:path';
import { apiRules } from './architect/api.ts';
import { contractRules } from './architect/contract.ts';
import { copyRules } from './architect/copies.ts';
import { dependencyRules } from './architect/dependencies.ts';
import { goPackages } from './architect/go-packages.ts';
import { inputRules } from './architect/inputs.ts';
import { javaParts } from './architect/java.ts';
import { partRules } from './architect/parts.ts';
import { turnedApi } from './architect/turned-api.ts';
import { sizeRules } from './architect/size.ts';
import { importsOf, resolveImport, type Import, type Tree } from './read/imports.ts';
import { SCRIPTS } from './read/language.ts';
import { lex } from './read/lexer.ts';
import { lineNear, type HunkLine } from './read/diff.ts';
import type { Reading, SourceFile } from './read/reading.ts';
import { sourcesOf, type Hit, type Rule } from './rules.ts';

const layers: Rule = {
  id: 'architect/layer',
  severity: 'high',
  remedy: 'Turn the dependency around, or go through the layer that may be used.',
  languages: 'all',
  async find(reading) {
    if (reading.policy.layers.length === 0) return [];
    const tree = await treeOf(reading);
    const hits: Hit[] = [];
    for (const layer of reading.policy.layers) {
      const isFrom = picomatch(layer.from, { dot: true });
      const isTo = picomatch(layer.to, { dot: true });
      for (const source of reading.files.filter((file) => isFrom(file.path)))
        for (const found of addedImports(source)) {
          const target = resolveImport(found.specifier, source.path, tree).find((path) => isTo(path));
          if (target === undefined) continue;
          const why = layer.why === '' ? '' : `: ${layer.why}`;
          hits.push({ file: source.path, line: found.line, message: `${layer.from} must not import ${target}${why}` });
        }
    }
    return hits;
  },
};

async function treeOf(reading: Reading): Promise<Tree> {
  const manifest = reading.paths.has('go.mod') ? await reading.peek('go.mod') : undefined;
  return { paths: reading.paths, goModule: /^module\s+(\S+)/m.exec(manifest?.text ?? '')?.[1] };
}

function addedImports(source: SourceFile): Import[] {
  return importsOf(source.lines, source.language.name).filter((found) => source.isAdded(found.line));
}

const CIRCLE_DEPTH = 8;
const CIRCLE_FILES = 150;

const circle: Rule = {
  id: 'architect/import-circle',
  severity: 'medium',
  remedy: 'Move what both need into a module of its own.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const tree = await treeOf(reading);
    const known = new Map<string, Promise<string[]>>();
    const importsFrom = (path: string) => {
      const found = known.get(path) ?? runtimeImports(path, reading, tree);
      known.set(path, found);
      return found;
    };
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const before = new Set(
        source.oldText === undefined
          ? []
          : importsOf(lex(source.oldText, source.language), source.language.name).map((found) => found.specifier),
      );
      for (const found of addedImports(source)) {
        if (
          found.typeOnly ||
          found.nested ||
          before.has(found.specifier) ||
          posix.basename(source.path) === '__init__.py'
        )
          continue;
        const target = firstSource(resolveImport(found.specifier, source.path, tree));
        if (target !== undefined && (await isOfTypes(found, target, reading))) continue;
        const way =
          target === undefined
            ? undefined
            : target === source.path
              ? [target]
              : await wayBack(target, source.path, importsFrom);
        if (way)
          hits.push({
            file: source.path,
            line: found.line,
            severity: way.length > 3 ? 'low' : 'medium',
            message: `This closes a circle of imports: ${[source.path, ...way].join(' → ')}`,
            text: found.specifier,
          });
      }
    }
    return hits;
  },
};

function firstSource(paths: readonly string[]): string | undefined {
  return paths.find((path) => /\.([cm]?[jt]sx?|py)$/.test(path) && !/\.d\.[cm]?ts$/.test(path));
}

/** The shortest way of imports from one file to another, or none within the bounds. */
async function wayBack(
  from: string,
  to: string,
  importsFrom: (path: string) => Promise<string[]>,
): Promise<string[] | undefined> {
  const cameFrom = new Map<string, string>();
  let wave = [from];
  for (let depth = 0; depth < CIRCLE_DEPTH && wave.length > 0; depth += 1) {
    const next: string[] = [];
    for (const path of wave) {
      for (const target of await importsFrom(path)) {
        if (target === from || cameFrom.has(target) || target.endsWith('/__init__.py')) continue;
        cameFrom.set(target, path);
        if (target === to) return trace(cameFrom, from, to);
        next.push(target);
      }
      if (cameFrom.size > CIRCLE_FILES) return undefined;
    }
    wave = next;
  }
  return undefined;
}

function trace(cameFrom: ReadonlyMap<string, string>, from: string, to: string): string[] {
  const way = [to];
  for (let at = cameFrom.get(to); at !== undefined; at = at === from ? undefined : cameFrom.get(at)) way.unshift(at);
  return way;
}

async function runtimeImports(path: string, reading: Reading, tree: Tree): Promise<string[]> {
  const file = await reading.peek(path);
  if (!file) return [];
  const found: string[] = [];
  for (const one of importsOf(file.lines(), file.language.name)) {
    const target = one.typeOnly || one.nested ? undefined : firstSource(resolveImport(one.specifier, path, tree));
    if (target !== undefined && !(await isOfTypes(one, target, reading))) found.push(target);
  }
  return found;
}

/** All that is imported is a type there, and gone when the program runs. */
async function isOfTypes({ names }: Import, target: string, reading: Reading): Promise<boolean> {
  if (names.length === 0 || !/\.[cm]?tsx?$/.test(target)) return false;
  const text = (await reading.peek(target))?.text ?? '';
  return names.every((name) =>
    new RegExp(`^export (?:declare )?(?:interface|type) ${name.replaceAll('$', '\\$')}\\b`, 'm').test(text),
  );
}

const EXPORTED: readonly (readonly [RegExp, RegExp])[] = [
  [
    /\.[cm]?[jt]sx?$/,
    /^export\s+(?:default\s+)?(?:async\s+)?(?:abstract\s+)?(?:declare\s+)?(?:function\*?|class|const|let|var|interface|type|enum)\s+([A-Za-z_$][\w$]*)/,
  ],
  [/\.py$/, /^(?:async\s+)?(?:def|class)\s+([A-Za-z]\w*)|^([A-Z][A-Z0-9_]+)\s*=/],
];
const SEARCHED_FILES = 200;

const removedExport: Rule = {
  id: 'architect/removed-export',
  severity: 'high',
  remedy: 'Keep the export, or change those who import it as well.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const tree = await treeOf(reading);
    const hits: Hit[] = [];
    for (const source of reading.files) {
      const pattern = EXPORTED.find(([files]) => files.test(source.change.oldPath))?.[1];
      if (!pattern || source.role === 'test') continue;
      const gone = source.change.removed.flatMap((line) => pattern.exec(line.text)?.slice(1).find(Boolean) ?? []);
      const missing = gone.filter((name) => source.change.status === 'deleted' || !isExported(name, source));
      if (missing.length > 0) hits.push(...(await stillImported(source, missing, reading, tree)));
    }
    return hits;
  },
};

/** Python exports what it declares; a script says so. */
function isExported(name: string, { path, text }: SourceFile): boolean {
  const word = `(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`;
  if (path.endsWith('.py')) return new RegExp(word).test(text);
  return new RegExp(
    `\\bexport\\b[^;={(]*${word}|\\bexport\\s+(?:type\\s+)?\\{[^}]*${word}|\\bexport (?:const|let|var) [{[][^=]*${word}|\\bexport \\*|exports\\b.*${word}|\\bmodule\\.exports\\b`,
  ).test(text);
}

async function stillImported(source: SourceFile, missing: string[], reading: Reading, tree: Tree): Promise<Hit[]> {
  const hits: Hit[] = [];
  const python = source.path.endsWith('.py');
  const stem = posix.basename(source.change.oldPath).replace(/\..*$/, '');
  const others = [...reading.paths].filter(
    (path) => path !== source.path && (python ? path.endsWith('.py') : /\.[cm]?[jt]sx?$/.test(path)),
  );
  const near = others.sort((a, b) => distance(a, source.path) - distance(b, source.path)).slice(0, SEARCHED_FILES);
  const withOld: Tree = { ...tree, paths: new Set([...tree.paths, source.change.oldPath]) };
  for (const path of near) {
    const file = await reading.peek(path);
    if (
      !file?.text.includes(stem === 'index' || stem === '__init__' ? posix.basename(posix.dirname(source.path)) : stem)
    )
      continue;
    for (const found of importsOf(file.lines(), file.language.name)) {
      const name = found.names.find((wanted) => missing.includes(wanted));
      if (name === undefined || !resolveImport(found.specifier, path, withOld).includes(source.change.oldPath))
        continue;
      if (source.change.status !== 'modified' && firstSource(resolveImport(found.specifier, path, tree))) continue;
      const isGone = (entry: HunkLine) => entry.kind === 'removed' && entry.text.includes(name);
      const hunk = source.change.hunks.find(({ lines }) => lines.some(isGone));
      const line = lineNear(hunk, hunk?.lines.find(isGone));
      hits.push({
        file: source.path,
        line: source.change.status === 'deleted' ? 0 : line,
        message: `\`${name}\` is gone and ${path} still imports it`,
        text: `${name} ${path}`,
      });
    }
  }
  return hits;
}

/** How many folders lie between two files. */
function distance(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared += 1;
  return left.length + right.length - 2 * shared;
}

/** How the parts of the repository hang together, and how large they grow. */
export const architectRules: readonly Rule[] = [
  layers,
  circle,
  removedExport,
  ...apiRules,
  ...contractRules,
  ...turnedApi,
  ...scriptContract,
  ...inputRules,
  ...dependencyRules,
  ...sizeRules,
  ...copyRules,
  ...partRules,
  ...settingContracts,
  ...javaParts,
  ...goPackages,
];
