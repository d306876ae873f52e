import { posix } from 'node:path';
import type { LanguageName } from './language.ts';
import type { SourceLine } from './lexer.ts';

/** One import: what is asked for and where. `names` are the named imports, as far as one line shows them. */
export type Import = { specifier: string; line: number; names: string[]; typeOnly: boolean; nested: boolean };

/** The imports of a lexed text: JavaScript family, Python, Go, Rust and Java. Other languages have none that we read. */
export function importsOf(lines: readonly SourceLine[], language: LanguageName): Import[] {
  const known = read.get(lines);
  if (known) return known;
  const found = readImports(lines, language);
  read.set(lines, found);
  return found;
}

/** Several rules ask for the same text's imports. */
const read = new WeakMap<readonly SourceLine[], Import[]>();

function readImports(lines: readonly SourceLine[], language: LanguageName): Import[] {
  switch (language) {
    case 'typescript':
    case 'tsx':
    case 'javascript':
      return scriptImports(lines);
    case 'python':
      return lines.flatMap((line) => (line.startsIn === 'code' ? pythonImports(line) : []));
    case 'go':
      return goImports(lines);
    case 'rust':
      return simple(lines, /^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+(crate::[\w:]+)/);
    case 'java':
    case 'kotlin':
      return simple(lines, /^\s*import\s+(?:static\s+)?([\w.]+)\s*;?\s*$/);
    default:
      return [];
  }
}

const FROM =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|^[^'"]*\}\s*from\s*['"]([^'"]+)['"]/;
const CALLED = /\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/;

const TAKEN_APART = /\{([^{}]*)\}\s*=\s*require\(/;
const IMPORTS = /from|import|require/;

function scriptImports(lines: readonly SourceLine[]): Import[] {
  const found: Import[] = [];
  for (const [index, line] of lines.entries()) {
    const { text } = line;
    if (line.startsIn !== 'code' || !(text.includes("'") || text.includes('"')) || !IMPORTS.test(text)) continue;
    const from = FROM.exec(text);
    const called = CALLED.exec(text);
    const specifier = from?.[1] ?? from?.[2] ?? from?.[3] ?? called?.[1];
    if (specifier === undefined || (called && !from && line.code[called.index] === '·')) continue;
    const statement = statementTo(index, lines);
    found.push({
      specifier,
      line: line.number,
      names: ((from ? /\{([^}]*)\}\s*from/.exec(statement) : TAKEN_APART.exec(text))?.[1] ?? '')
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type '))
        .map((name) => name.split(/\s+as\s+|\s*[:=]/)[0] ?? name),
      typeOnly: /^\s*(import|export)\s+type\b/.test(statement),
      nested: called !== null && !from && /^\s/.test(line.raw),
    });
  }
  return found;
}

const STATEMENT_LINES = 200;

/** The statement that a line ends: back to its first word, or to the end of the one before. */
function statementTo(index: number, lines: readonly SourceLine[]): string {
  const parts: string[] = [];
  for (let at = index; at >= 0 && index - at < STATEMENT_LINES; at -= 1) {
    const line = lines[at];
    if (line?.startsIn !== 'code' || !/\S/.test(line.code)) continue;
    if (at < index && /[;'"]\s*;?\s*$/.test(line.text)) break;
    parts.unshift(line.text.trim());
    if (/^\s*(import|export)\b/.test(line.code)) break;
  }
  return parts.join(' ');
}

function pythonImports(line: SourceLine): Import[] {
  const nested = /^\s/.test(line.raw);
  const from = /^\s*from\s+(\.*[\w.]*)\s+import\s+(.*)$/.exec(line.code);
  if (from) {
    const names = (from[2] ?? '').replace(/[()\\]/g, '').split(',');
    const first = names.map((name) => name.trim().split(/\s+as\s+/)[0] ?? '').filter((name) => /^\w+$/.test(name));
    const specifier = from[1] ?? '';
    const place = { line: line.number, typeOnly: false, nested };
    if (/^\.+$/.test(specifier)) return first.map((name) => ({ ...place, specifier: specifier + name, names: [] }));
    return [{ ...place, specifier, names: first }];
  }
  const plain = /^\s*import\s+([\w., ]+)$/.exec(line.code.trimEnd());
  return (plain?.[1]?.split(',') ?? []).map((name) => ({
    specifier: name.trim().split(/\s+as\s+/)[0] ?? '',
    line: line.number,
    names: [],
    typeOnly: false,
    nested,
  }));
}

function goImports(lines: readonly SourceLine[]): Import[] {
  const found: Import[] = [];
  let inBlock = false;
  for (const line of lines) {
    if (/^import\s*\(/.test(line.code)) inBlock = true;
    else if (inBlock && /^\s*\)/.test(line.code)) inBlock = false;
    const match = inBlock
      ? /^\s*(?:[\w.]+\s+)?"([^"]+)"/.exec(line.text)
      : /^import\s+(?:[\w.]+\s+)?"([^"]+)"/.exec(line.text);
    if (match?.[1] !== undefined)
      found.push({ specifier: match[1], line: line.number, names: [], typeOnly: false, nested: false });
  }
  return found;
}

function simple(lines: readonly SourceLine[], pattern: RegExp): Import[] {
  return lines.flatMap((line) => {
    const specifier = pattern.exec(line.code)?.[1];
    return specifier === undefined ? [] : [{ specifier, line: line.number, names: [], typeOnly: false, nested: false }];
  });
}

/** What is known of a repository when imports are resolved. `goModule` is the module path of `go.mod`. */
export type Tree = { paths: ReadonlySet<string>; goModule: string | undefined };

/** The files an import may mean, in order of likelihood; none if it leaves the repository or does not exist. */
export function resolveImport(specifier: string, from: string, tree: Tree): string[] {
  const known = resolved.get(tree.paths) ?? new Map<string, string[]>();
  resolved.set(tree.paths, known);
  const key = `${from}\0${specifier}`;
  const found = known.get(key) ?? findImport(specifier, from, tree);
  known.set(key, found);
  return found;
}

/** Several rules ask for the same import, and each answer tries dozens of names. */
const resolved = new WeakMap<ReadonlySet<string>, Map<string, string[]>>();

function findImport(specifier: string, from: string, tree: Tree): string[] {
  const folder = posix.dirname(from);
  if (/\.(py|pyi)$/.test(from)) return resolvePython(specifier, folder, tree);
  if (from.endsWith('.go')) return resolveGo(specifier, tree);
  if (from.endsWith('.rs')) return resolveRust(specifier, from, tree);
  if (/\.(java|kt)$/.test(from)) return resolveJava(specifier, from, tree);
  if (!specifier.startsWith('.')) return [];
  return scriptsAt(posix.join(folder, specifier.replace(/[?#].*$/, '')).replace(/(?<=.)\/$/, ''), tree);
}

/** Many files import the same one, and each by its own way there. */
function scriptsAt(target: string, tree: Tree): string[] {
  if (tree.paths.has(target)) return [target];
  const known = resolved.get(tree.paths) ?? new Map<string, string[]>();
  const found = known.get(target) ?? named(target, tree);
  known.set(target, found);
  return found;
}

function named(target: string, tree: Tree): string[] {
  const bare = target.replace(/\.[cm]?[jt]sx?$/, '');
  return [...ENDINGS.map((ending) => target + ending), ...ENDINGS.map((ending) => bare + ending)]
    .concat(ENDINGS.map((ending) => `${target === '.' ? '' : `${target}/`}index${ending}`))
    .filter((path) => tree.paths.has(path));
}

/** What a specifier may leave out, likeliest first. */
const ENDINGS = [
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.json',
  '.vue',
  '.svelte',
  '.d.mts',
  '.d.cts',
];

function resolvePython(specifier: string, folder: string, tree: Tree): string[] {
  const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
  const rest = specifier.slice(dots).replaceAll('.', '/');
  const roots = dots > 0 ? [posix.join(folder, '../'.repeat(dots - 1))] : ['.', 'src', folder.split('/')[0] ?? '.'];
  return roots
    .flatMap((root) => [`${posix.join(root, rest)}.py`, posix.join(root, rest, '__init__.py')])
    .filter((path) => tree.paths.has(path));
}

function resolveGo(specifier: string, tree: Tree): string[] {
  if (tree.goModule === undefined || !`${specifier}/`.startsWith(`${tree.goModule}/`)) return [];
  const folder = specifier.slice(tree.goModule.length + 1);
  return [...tree.paths].filter(
    (path) => path.endsWith('.go') && !path.endsWith('_test.go') && posix.dirname(path) === (folder || '.'),
  );
}

function resolveRust(specifier: string, from: string, tree: Tree): string[] {
  const parts = specifier.split('::').slice(1);
  const root = from.includes('src/') ? from.slice(0, from.lastIndexOf('src/') + 4) : '';
  return parts
    .map((_, index) => root + parts.slice(0, parts.length - index).join('/'))
    .flatMap((path) => [`${path}.rs`, `${path}/mod.rs`])
    .filter((path) => tree.paths.has(path))
    .slice(0, 1);
}

function resolveJava(specifier: string, from: string, tree: Tree): string[] {
  const root = /^(.*?(?:src\/(?:main|test)\/(?:java|kotlin)|src)\/)/.exec(from)?.[1] ?? '';
  const path = root + specifier.replaceAll('.', '/');
  return [`${path}.java`, `${path}.kt`].filter((candidate) => tree.paths.has(candidate));
}
