import { posix } from 'node:path';
import { importsOf, resolveImport } from '../read/imports.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import type { Hit, Rule } from '../rules.ts';

/** A file whose change has nothing in common with the rest: no folder, no import, no word of its changed lines or its name. */
const unrelated: Rule = {
  id: 'anti-slop/unrelated',
  severity: 'low',
  remedy: 'Leave it to a change of its own, or say what it has to do with this one.',
  languages: 'all',
  *find(reading) {
    const code = reading.files.filter(isCode);
    if (code.length > MOST_FILES) return;
    const parts = code.map((source) => partOf(source, reading));
    const groups = grouped(parts);
    const asked = wordsOf(reading.about);
    const isAsked = (group: readonly Part[]) =>
      group.some(({ words, names }) => shares(words, asked) || shares(names, asked));
    const [main, ...others] = groups.toSorted(
      (a, b) => Number(isAsked(b)) - Number(isAsked(a)) || sizeOf(b) - sizeOf(a),
    );
    if (!main || sizeOf(main) <= sizeOf(groups.flat()) / 2) return;
    const spoken = new Set(everyWord(reading));
    for (const group of others) {
      if (isAsked(group) || group.some(({ names }) => shares(names, spoken))) continue;
      const [first] = group;
      if (!first || sizeOf(group) < FEW_LINES) continue;
      const isTest = group.every(({ source }) => source.role === 'test');
      const apart =
        reading.about !== '' &&
        !isTest &&
        !SWEEP.test(reading.about) &&
        group.every(({ root }) => main.every((other) => other.root !== root));
      yield {
        file: first.source.path,
        line: first.source.added[0]?.number ?? 0,
        message: `Nothing ties this to the rest of the change${reading.about === '' ? '' : ' or to what was asked for'}`,
        severity: apart ? 'medium' : 'low',
        text: '',
      } satisfies Hit;
    }
  },
};

/** What was asked for goes through everything. */
const SWEEP =
  /\b(?:style|lint\w*|clippy|fmt|format\w*|prettier|eslint|ruff|typos?|spelling|clean(?: ?ups?|ing)?|chores?|renam\w*|moderni[sz]\w*|everywhere|warnings?|deprecat\w*|licen[cs]e|headers?)\b/i;

/** What touches more is a sweep, in which each file stands for itself. */
const MOST_FILES = 60;

/** Smaller strays are typing errors mended in passing. */
const FEW_LINES = 5;

/** Notes, settings and pictures go along with anything. */
function isCode({ role, language, change }: SourceFile): boolean {
  return (
    language.programs && (role === 'product' || role === 'test' || role === 'script') && change.status !== 'renamed'
  );
}

type Part = {
  source: SourceFile;
  root: string;
  words: ReadonlySet<string>;
  names: ReadonlySet<string>;
  imports: ReadonlySet<string>;
};

function partOf(source: SourceFile, reading: Reading): Part {
  const tree = { paths: reading.paths, goModule: undefined };
  const targets = importsOf(source.lines, source.language.name).flatMap(({ specifier }) => [
    ...resolveImport(specifier, source.path, tree),
    `*/${posix.basename(specifier.replaceAll('.', '/'))}`,
  ]);
  const changed = [...source.change.added, ...source.change.removed].map(({ text }) => text).join('\n');
  return {
    source,
    root: packageOf(source.path, reading.paths),
    words: wordsOf(changed),
    names: wordsOf(source.path.replace(/^.*\/(?=[^/]*\/)/, '')),
    imports: new Set(targets),
  };
}

const MANIFEST = [
  'package.json',
  'pyproject.toml',
  'setup.py',
  'go.mod',
  'Cargo.toml',
  'pom.xml',
  'build.gradle',
  'composer.json',
];

/** The folder of the nearest manifest. */
function packageOf(path: string, paths: ReadonlySet<string>): string {
  for (let folder = posix.dirname(path); ; folder = posix.dirname(folder))
    if (folder === '.' || MANIFEST.some((name) => paths.has(`${folder}/${name}`))) return folder;
}

/** Words of names, as they are written together: `readFile` and `read_file` are two each. Short ones and those of every language say nothing. */
function wordsOf(text: string): Set<string> {
  const parts = [...new Set(text.match(/[A-Za-z\d]{4,}/g))].flatMap(partsOf);
  return new Set(parts.filter((word) => !COMMON.has(word)).map((word) => word.replace(/(?:ies|es|s)$/, '')));
}

function partsOf(name: string): readonly string[] {
  const apart = name.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();
  return apart.match(/[a-z]{4,}/g) ?? [];
}

const COMMON = new Set(
  'const return function import export from async await class public private static void null true false undefined this self else elif while break continue switch case default throw throws catch finally except raise assert string number boolean object array type interface enum struct impl match with pass lambda yield print package main test tests spec expect describe should equal index item data then that when value values name error errors test_ func defer range make append super extend implement final init args kwargs none typeof instanceof delete require module'.split(
    ' ',
  ),
);

function everyWord(reading: Reading): string[] {
  return reading.change.files
    .filter(({ path }) => !reading.files.some((source) => source.path === path && isCode(source)))
    .flatMap(({ added }) => [...wordsOf(added.map(({ text }) => text).join('\n'))]);
}

/** Files that something ties, directly or through others, stand in one group. */
function grouped(parts: readonly Part[]): Part[][] {
  let groups: Part[][] = [];
  for (const part of parts) {
    const tied = groups.filter((group) => group.some((other) => isTied(part, other)));
    groups = [...groups.filter((group) => !tied.includes(group)), [...tied.flat(), part]];
  }
  return groups;
}

function isTied(a: Part, b: Part): boolean {
  return (
    posix.dirname(a.source.path) === posix.dirname(b.source.path) ||
    importsOther(a, b) ||
    importsOther(b, a) ||
    shares(a.words, b.words) ||
    shares(a.names, b.words) ||
    shares(b.names, a.words) ||
    shares(a.names, b.names)
  );
}

function importsOther({ imports }: Part, { source }: Part): boolean {
  return imports.has(source.path) || imports.has(`*/${posix.basename(source.path).replace(/\..*$/, '')}`);
}

function shares(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const word of a) if (b.has(word)) return true;
  return false;
}

function sizeOf(group: readonly Part[]): number {
  return group.reduce((sum, { source }) => sum + source.change.added.length + source.change.removed.length, 0);
}

/** What belongs into another change. */
export const unrelatedRules: readonly Rule[] = [unrelated];
