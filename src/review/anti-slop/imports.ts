import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { importsOf, resolveImport, type Import } from '../read/imports.ts';
import { SCRIPTS } from '../read/language.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

const inventedImport: Rule = {
  id: 'anti-slop/invented-import',
  severity: 'high',
  remedy: 'Import what exists, or add it.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const hits: Hit[] = [];
    const tree = { paths: reading.paths, goModule: undefined };
    const folders = foldersOf(reading.paths);
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'], ['product', 'test'])) {
      for (const found of importsOf(source.lines, source.language.name)) {
        if (
          !source.isAdded(found.line) ||
          !(found.specifier.startsWith('.') || source.language.name === 'python') ||
          /(^|\/)(fixtures?|__fixtures__|testdata)\/|\.d\.[cm]?ts$/.test(source.path)
        )
          continue;
        const targets = resolveImport(found.specifier, source.path, tree);
        const missing =
          targets[0] !== undefined
            ? await missingName(found, targets, reading)
            : found.specifier.startsWith('.')
              ? (await isOfPackage(found.specifier, source, reading))
                ? undefined
                : isMissing(found, source, folders)
              : undefined;
        if (missing !== undefined)
          hits.push({ file: source.path, line: found.line, message: missing, text: `${found.specifier} ${missing}` });
      }
    }
    return hits;
  },
};

function foldersOf(paths: ReadonlySet<string>): Set<string> {
  const folders = new Set<string>(['.']);
  for (const path of paths)
    for (let folder = posix.dirname(path); folder !== '.' && !folders.has(folder); folder = posix.dirname(folder))
      folders.add(folder);
  return folders;
}

/** `from .. import name`: the file of the package itself speaks of it. */
async function isOfPackage(specifier: string, { path, language }: SourceFile, reading: Reading): Promise<boolean> {
  const [, dots = '', name = ''] = (language.name === 'python' && /^(\.+)(\w+)$/.exec(specifier)) || [];
  const own = posix.join(posix.dirname(path), '../'.repeat(Math.max(0, dots.length - 1)), '__init__.py');
  if (name === '' || !reading.paths.has(own)) return false;
  return new RegExp(`\\b${name}\\b|import \\*|__getattr__`).test((await reading.peek(own))?.text ?? name);
}

/** Files that a build makes are not in the repository; nor are assets behind loaders. */
function isMissing(found: Import, source: SourceFile, folders: ReadonlySet<string>): string | undefined {
  if (
    /(^|\/)(dist|build|lib|out|generated|gen|\.\w+|types?|node_modules|coverage|__generated__|pkg|target|package\.json)(\/|$)|generated|version|[?!#*]|\.(css|scss|less|svg|png|wasm|node|json|graphql|proto)$/i.test(
      found.specifier,
    )
  )
    return undefined;
  const folder = posix.dirname(source.path);
  if (source.language.name === 'python') {
    const dots = /^\.+/.exec(found.specifier)?.[0].length ?? 1;
    const target = posix.join(folder, '../'.repeat(dots - 1), found.specifier.slice(dots).replaceAll('.', '/'));
    return folders.has(target) || found.nested ? undefined : `There is no module \`${found.specifier}\``;
  }
  const target = posix.join(folder, found.specifier).replace(/(?<=.)\/$/, '');
  return folders.has(target) || target.startsWith('..') ? undefined : `There is no file \`${found.specifier}\``;
}

/** What a module of CommonJS offers name by name. */
const PLAIN_EXPORTS = /^module\.exports = \{[\w$\s:,]*\};?$|^(?:module\.)?exports\.[\w$]+ = /gm;

/** What a module offers beside what it names. */
const OPEN_EXPORTS = /\bexport \*(?! as)|\bexports\b|import \*|^def __getattr__|globals\(\)|\bexport =/m;

async function missingName(found: Import, targets: string[], reading: Reading): Promise<string | undefined> {
  const target = targets[0] ?? '';
  if (found.names.length === 0 || !/\.([cm]?[jt]sx?|py)$/.test(target) || /\.d\.[cm]?ts$/.test(target))
    return undefined;
  const text = (await reading.peek(target))?.text;
  if (text === undefined) return undefined;
  const folder = target.replace(/\/?__init__\.py$/, '');
  const name = found.names.find(
    (wanted) =>
      wanted !== 'default' &&
      !new RegExp(`(?<![\\w$])${wanted.replaceAll('$', '\\$')}(?![\\w$])`).test(text) &&
      ![...reading.paths].some(
        (path) => path === `${folder}/${wanted}.py` || path === `${folder}/${wanted}/__init__.py`,
      ),
  );
  if (name === undefined || OPEN_EXPORTS.test(text.replace(PLAIN_EXPORTS, ''))) return undefined;
  return `\`${found.specifier}\` has nothing called \`${name}\``;
}

const NATIVE = new Set([...builtinModules, 'bun', 'deno', 'electron', 'vscode', 'obsidian', 'react', 'jest', 'vitest']);

/** A package that no manifest above the file names. */
const inventedPackage: Rule = {
  id: 'anti-slop/invented-package',
  severity: 'medium',
  remedy: 'Add the package to package.json, or use one that is there.',
  languages: SCRIPTS,
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, SCRIPTS)) {
      for (const found of importsOf(source.lines, source.language.name)) {
        const name = packageOf(found);
        if (
          name === undefined ||
          !source.isAdded(found.line) ||
          source.oldText?.includes(`'${found.specifier}'`) ||
          source.oldText?.includes(`"${found.specifier}"`)
        )
          continue;
        if (await isDeclared(name, source, reading)) continue;
        hits.push({ file: source.path, line: found.line, message: `No package.json names \`${name}\``, text: name });
      }
    }
    return hits;
  },
};

function packageOf({ specifier, typeOnly }: Import): string | undefined {
  if (typeOnly || /^[./~#$]|^@\/|:|^@[^/]*$|^virtual|^[A-Z]/.test(specifier)) return undefined;
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return NATIVE.has(name) ? undefined : name;
}

async function isDeclared(name: string, source: SourceFile, reading: Reading): Promise<boolean> {
  let seen = false;
  for (let folder = posix.dirname(source.path); ; folder = posix.dirname(folder)) {
    for (const manifest of [
      'package.json',
      'tsconfig.json',
      'jsconfig.json',
      'deno.json',
      'vite.config.ts',
      'tsconfig.base.json',
      'pnpm-workspace.yaml',
    ]) {
      const path = posix.join(folder, manifest);
      if (!reading.paths.has(path)) continue;
      const text = (await reading.peek(path))?.text ?? '"paths"';
      if (manifest === 'package.json') seen = true;
      if (
        text.includes(`"${name}"`) ||
        text.includes(`"@types/${name.replace('@', '').replace('/', '__')}"`) ||
        /"(paths|baseUrl|imports|workspaces)"\s*:/.test(text) ||
        /\balias\b|^packages:/m.test(text)
      )
        return true;
    }
    if (folder === '.') return !seen;
  }
}

/** `import { readFileAsync } from 'node:fs'`: the module that comes with Node has no such function. */
const inventedMember: Rule = {
  id: 'anti-slop/invented-import',
  severity: 'high',
  remedy: 'Import what exists.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['product', 'test', 'script']))
      for (const found of importsOf(source.lines, source.language.name)) {
        if (
          !source.isAdded(found.line) ||
          found.typeOnly ||
          // What is taken out of a module at run time may be there in a newer Node alone.
          /\brequire\(/.test(source.lineAt(found.line)?.code ?? '') ||
          !builtinModules.includes(found.specifier.replace(/^node:/, ''))
        )
          continue;
        const known = process.getBuiltinModule(found.specifier);
        const name =
          known && found.names.find((wanted) => /^[a-z]/.test(wanted) && wanted !== 'default' && !(wanted in known));
        if (name !== undefined)
          yield {
            file: source.path,
            line: found.line,
            message: `\`${found.specifier}\` has nothing called \`${name}\``,
            text: `${found.specifier} ${name}`,
          } satisfies Hit;
      }
  },
};

/** Imports of files, names and packages that do not exist. */
export const importRules: readonly Rule[] = [inventedImport, inventedMember, inventedPackage];
