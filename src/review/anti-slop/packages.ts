import { posix } from 'node:path';
import { IMPORTED_AS } from '../architect/dependencies.ts';
import { importsOf } from '../read/imports.ts';
import { PYTHON_MODULES } from '../read/python-modules.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

/** A package of Python or Go that no manifest names and no file of the repository is. */
const invented: Rule = {
  id: 'anti-slop/invented-package',
  severity: 'medium',
  remedy: 'Add the package to the manifest, or use one that is there.',
  languages: ['python', 'go'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, ['python', 'go'])) {
      const added = importsOf(source.lines, source.language.name).filter(
        ({ line, nested }) => source.isAdded(line) && !nested,
      );
      if (added.length === 0) continue;
      const declared = source.language.name === 'go' ? await goModules(source, reading) : await pythonPackages(reading);
      if (!declared) continue;
      for (const { specifier, line } of added) {
        const name = source.language.name === 'go' ? goPackage(specifier) : pythonPackage(specifier, reading);
        if (
          name === undefined ||
          declared.some((known) => isWithin(source.language.name === 'go' ? name : name.toLowerCase(), known)) ||
          (await isKnown(name, specifier, { source, reading }))
        )
          continue;
        hits.push({ file: source.path, line, message: `No manifest names \`${name}\``, text: name });
      }
    }
    return hits;
  },
};

const SEARCHED_FILES = 60;

type Place = { source: SourceFile; reading: Reading };

/** Imported before, here or elsewhere: then it comes with something that is declared. What could not be searched is not held against anybody. */
async function isKnown(name: string, specifier: string, { source, reading }: Place): Promise<boolean> {
  if (source.oldText?.includes(specifier)) return true;
  const plain = name.replace(/[^\w/-]/g, '\\$&');
  const word = new RegExp(`\\b(?:import|from)\\s+["']?${plain}\\b|"${plain}`);
  if (reading.change.files.some(({ removed }) => removed.some(({ text }) => word.test(text)))) return true;
  const changed = new Set(reading.change.files.map(({ path }) => path));
  const kind = posix.extname(source.path);
  const others = [...reading.paths].filter((path) => !changed.has(path) && posix.extname(path) === kind);
  for (const path of others.slice(0, SEARCHED_FILES))
    if (word.test((await reading.peek(path))?.text ?? '')) return true;
  return others.length > 4 * SEARCHED_FILES;
}

function isWithin(name: string, known: string): boolean {
  return name === known || name.startsWith(`${known}/`);
}

/** Only paths of other hosts: the standard library has no dot in its first part. */
function goPackage(specifier: string): string | undefined {
  return (specifier.split('/')[0] ?? '').includes('.') ? specifier : undefined;
}

async function goModules(source: SourceFile, reading: Reading): Promise<string[] | undefined> {
  for (let folder = posix.dirname(source.path); ; folder = posix.dirname(folder)) {
    const path = posix.join(folder, 'go.mod');
    if (reading.paths.has(path)) {
      const text = (await reading.peek(path))?.text;
      return text === undefined || reading.paths.has('go.work')
        ? undefined
        : [...text.matchAll(/^(?:module|\s*(?:require|replace)?)\s+"?([\w.-]+\.[\w.-]+[^\s"]*|[\w./-]+$)/gm)].map(
            (match) => match[1] ?? '',
          );
    }
    if (folder === '.') return undefined;
  }
}

function pythonPackage(specifier: string, { paths }: Reading): string | undefined {
  const name = specifier.split('.')[0] ?? '';
  if (name === '' || PYTHON_MODULES.has(name) || name.startsWith('_')) return undefined;
  for (const path of paths) if (new RegExp(`(^|/)${name}(\\.pyi?|\\.so|\\.c|\\.pyx|/)`).test(path)) return undefined;
  return name;
}

const MANIFESTS =
  /(^|\/)(requirements[^/]*\.(txt|in)|pyproject\.toml|setup\.(py|cfg)|Pipfile|environment\.ya?ml|conda[^/]*\.ya?ml|tox\.ini)$|(^|\/)requirements\/[^/]+\.(txt|in)$/;

/** Every word of every manifest, as imports would spell it; undefined if there is no manifest or one that hides its names. */
async function pythonPackages(reading: Reading): Promise<string[] | undefined> {
  const manifests = [...reading.paths].filter((path) => MANIFESTS.test(path)).slice(0, 20);
  const declared: string[] = [];
  let lists = false;
  for (const path of manifests) {
    const text = (await reading.peek(path))?.text;
    if (text === undefined) return undefined;
    if (/requirements|\bdependencies\b|install_requires|\[packages\]/.test(path + text)) lists = true;
    for (const [word] of text.toLowerCase().matchAll(/[a-z][\w.-]*/g)) {
      const plain = word.replace(/[-.]/g, '_').replace(/_+$/, '');
      declared.push(
        plain,
        plain.replace(/^python_|^py(?=[a-z]{3})|_python$|_client$/, ''),
        (IMPORTED_AS[word] ?? plain).toLowerCase(),
      );
    }
  }
  return lists ? declared : undefined;
}

/** A crate that no Cargo.toml above the file names. */
const inventedCrate: Rule = {
  id: 'anti-slop/invented-package',
  severity: 'medium',
  remedy: 'Add the crate to Cargo.toml, or use one that is there.',
  languages: ['rust'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, ['rust'])) {
      for (const line of source.added) {
        const name =
          line.startsIn === 'code' ? /^(?:pub )?use (?:::)?([a-z][a-z0-9_]*)::/.exec(line.code)?.[1] : undefined;
        if (name === undefined || /^(?:std|core|alloc|crate|self|super|proc_macro|test)$/.test(name)) continue;
        if (
          new RegExp(`\\b(?:mod|extern crate|enum|use|as) [\\w:{ ,]*\\b${name}\\b(?!::)`).test(source.text) ||
          source.oldText?.includes(`${name}::`)
        )
          continue;
        const plain = name.replaceAll('_', '[-_]');
        const manifests = await Promise.all(
          [...reading.paths]
            .filter((path) => posix.basename(path) === 'Cargo.toml')
            .slice(0, 40)
            .map((path) => reading.peek(path)),
        );
        const modules = [...reading.paths].some(
          (path) => path.endsWith(`/${name}.rs`) || path.endsWith(`/${name}/mod.rs`),
        );
        const roots = await Promise.all(
          [...reading.paths]
            .filter((path) => /(^|\/)src\/(?:lib|main)\.rs$/.test(path))
            .map((path) => reading.peek(path)),
        );
        if (
          manifests.length === 0 ||
          modules ||
          roots.some((root) => new RegExp(`\\bmod ${name}\\b`).test(root?.text ?? '')) ||
          manifests.some((manifest) => manifest === undefined || new RegExp(`\\b${plain}\\b`).test(manifest.text))
        )
          continue;
        hits.push({ file: source.path, line: line.number, message: `No Cargo.toml names \`${name}\``, text: name });
      }
    }
    return hits;
  },
};

/** Packages that nobody declared. */
export const packageRules: readonly Rule[] = [invented, inventedCrate];
