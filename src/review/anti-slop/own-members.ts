import { posix } from 'node:path';
import type { Block } from '../read/blocks.ts';
import { importsOf, resolveImport } from '../read/imports.ts';
import { SCRIPTS } from '../read/language.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { wordsOf } from '../read/words.ts';
import { linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const OWN = /(?<![\w$.])(?:this|self)\.([A-Za-z][\w$]*)\(/g;
const calls = linesLike(/\b(?:this|self)\.[A-Za-z]/);
/** Members come from elsewhere than the text of the class. */
const OPEN =
  /__getattr|__dict__|\bsetattr\(|\bglobals\(\)|Object\.(?:assign|defineProperty|defineProperties)\(|\bthis\[|\.prototype\b|\bnew Proxy\(|\bimport \*|\bmixin/i;

/** `this.refund()` in a class that extends nothing, where the word stands nowhere else in the file. */
const inventedOwn: Rule = {
  id: 'anti-slop/invented-member',
  severity: 'low',
  remedy: 'Call what there is, or add it.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, inventedOwn.languages)) {
      if (source.partial) continue;
      for (const line of calls(source)) {
        if (line.startsIn !== 'code' || source.isTestLine(line.number)) continue;
        for (const [, name = ''] of line.code.matchAll(OWN)) {
          if (wordsOf(source).get(name) !== 1 || OPEN.test(source.text)) continue;
          const around = source
            .blocks()
            .around(line.number)
            .find(({ kind }) => kind === 'class');
          if (around && isClosed(around, source))
            yield { file: source.path, line: line.number, message: `The class has no \`${name}\`` } satisfies Hit;
        }
      }
    }
  },
};

/** The class takes nothing from another, from a decorator or from an interface of the same name. */
function isClosed({ header, start }: Block, source: SourceFile): boolean {
  const name = /\bclass\s+([\w$]+)/.exec(header)?.[1];
  if (name === undefined || /^\s*@/.test(source.lineAt(start - 1)?.code ?? '')) return false;
  if (source.language.name === 'python') return /\bclass\s+\w+\s*(?:\(\s*(?:object)?\s*\))?\s*:?\s*$/.test(header);
  return !/\bextends\b/.test(header) && !new RegExp(`\\binterface ${name}\\b`).test(source.text);
}

/** A module of a package of the repository that is not there. */
const inventedModule: Rule = {
  id: 'anti-slop/invented-import',
  severity: 'medium',
  remedy: 'Import what exists, or add it.',
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python']))
      for (const { specifier, line, nested } of importsOf(source.lines, 'python')) {
        if (nested || !source.isAdded(line) || specifier.startsWith('.') || !specifier.includes('.')) continue;
        if (isMissing(specifier, source, reading))
          yield { file: source.path, line, message: `There is no module \`${specifier}\`` } satisfies Hit;
      }
  },
};

function isMissing(specifier: string, source: SourceFile, { paths }: Reading): boolean {
  if (/(?:^|\.)_|version|_pb2|generated|proto|compiled|vendor/i.test(specifier)) return false;
  if (resolveImport(specifier, source.path, { paths, goModule: undefined }).length > 0) return false;
  const parent = specifier.split('.').slice(0, -1).join('.');
  const init = resolveImport(parent, source.path, { paths, goModule: undefined }).find((path) =>
    path.endsWith('/__init__.py'),
  );
  if (init === undefined) return false;
  const place = `${posix.dirname(init)}/`;
  const last = specifier.split('.').at(-1) ?? '';
  return ![...paths].some(
    (path) =>
      path.startsWith(place) &&
      (posix.basename(path).startsWith(`${last}.`) ||
        path.startsWith(`${place}${last}/`) ||
        /\.(?:pyx|so|pyd|c|cpp|rs|pyi)$/.test(path)),
  );
}

/** Members of classes and modules of one's own that are not there. */
export const ownRules: readonly Rule[] = [inventedOwn, inventedModule];
