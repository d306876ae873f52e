import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { wordsOf } from '../read/words.ts';
import { linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** Shorter names are of examples. */
const LEAST = 3;

type Declared = { name: string; what: string };

/** What a line declares for its own file alone. */
const DECLARES: Partial<Record<LanguageName, (line: SourceLine, source: SourceFile) => readonly Declared[]>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, inScript])),
  python: inPython,
  go: inGo,
  java: inJava,
  rust: inRust,
  shell: inShell,
};

const names = (what: string, ...found: (string | undefined)[]): Declared[] =>
  found.flatMap((name) => (name === undefined || name === '' || name.startsWith('_') ? [] : [{ name, what }]));

function inScript({ code, text }: SourceLine, source: SourceFile): readonly Declared[] {
  const imported = /^\s*import\s+(?:type\s+)?([\w$*\s{},]+?)\s+from\b/.exec(text)?.[1];
  if (imported !== undefined)
    return names(
      'import',
      ...imported.split(/[{},]+/).map((part) =>
        /^React$|^h$/.test(part.trim())
          ? undefined
          : part
              .trim()
              .replace(/^type\s+(?!as\b)/, '')
              .split(/\s+as\s+/)
              .at(-1),
      ),
    );
  if (!/\b(?:import|export|require|module)\b/.test(source.text)) return [];
  return [
    ...names('variable', /^\s*(?:const|let|var)\s+([A-Za-z$][\w$]*)\s*(?::[^=]+)?=(?!>)/.exec(code)?.[1]),
    ...names('function', /^(?:async )?function\*? ([A-Za-z$][\w$]*)\s*[(<]/.exec(code)?.[1]),
  ];
}

function inPython({ code, number }: SourceLine, source: SourceFile): readonly Declared[] {
  const [inner] = source.blocks().around(number);
  if (/(^|\/)__init__\.py$/.test(source.path)) return [];
  const from = /^(?:from\s+(?!__future__)[\w.]+\s+)?import\s+\(?([\w.,\s]+?)\)?\s*$/.exec(code.trimEnd())?.[1];
  if (from !== undefined && !/__all__/.test(source.text))
    return names(
      'import',
      ...from.split(',').map(
        (part) =>
          part
            .trim()
            .split(/\s+as\s+/)
            .at(-1)
            ?.split('.')[0],
      ),
    );
  if (
    inner === undefined ||
    source
      .blocks()
      .around(number)
      .every(({ kind }) => kind !== 'function') ||
    inner.kind === 'class'
  )
    return [];
  return names('variable', /^\s+([a-z]\w*)\s*(?::[^=]+)?= (?!=)/.exec(code)?.[1]);
}

function inGo({ code, text }: SourceLine): readonly Declared[] {
  const path = /^\s*(?:import\s+)?"([a-z][\w/]*)"\s*$/.exec(text)?.[1];
  if (path !== undefined)
    return names(
      'import',
      path
        .split('/')
        .at(-1)
        ?.replace(/^v\d+$/, ''),
    );
  return names('variable', /^\s+([a-z]\w*) := /.exec(code)?.[1], /^\s+var ([a-z]\w*)\b/.exec(code)?.[1]);
}

function inJava({ code, number }: SourceLine, source: SourceFile): readonly Declared[] {
  const imported = /^import (?:static )?[\w.]+\.(\w+);/.exec(code)?.[1];
  if (imported !== undefined) return names('import', imported);
  const inFunction = source
    .blocks()
    .around(number)
    .some(({ kind }) => kind === 'function');
  return [
    ...names(
      'variable',
      inFunction
        ? /^\s+(?:final )?(?!return\b|throw\b|new\b|else\b)[A-Za-z][\w<>[\], .?]* ([a-z]\w*) = /.exec(code)?.[1]
        : undefined,
    ),
    ...names('method', /^\s+private (?:static |final )*[\w<>[\], .?]+ ([a-z]\w*)\(/.exec(code)?.[1]),
  ];
}

function inRust({ code, number }: SourceLine, source: SourceFile): readonly Declared[] {
  if (/^\s*#\[(?!allow\(dead_code)/.test(source.lineAt(number - 1)?.code ?? '')) return [];
  return [
    ...names('variable', /^\s+let (?:mut )?([a-z]\w*)\s*(?::[^=]+)?=/.exec(code)?.[1]),
    ...names('function', /^(?:async )?fn ([a-z]\w*)/.exec(code)?.[1]),
  ].filter(({ name }) => name !== 'main');
}

/** Only of a program that reads nothing else: what others source may be for them. */
function inShell({ code }: SourceLine, source: SourceFile): readonly Declared[] {
  if (!source.text.startsWith('#!') || /(?:^|[;&|\s])(?:\.|source|eval|export -p|set -a|envsubst)\s/m.test(source.text))
    return [];
  const name = /^\s*(?:local |readonly )?([a-z]\w*)=/.exec(code)?.[1];
  return /^\s*\w+=\S*\s+\w/.test(code) ? [] : names('variable', name);
}

const RANK: Readonly<Record<string, 'low' | 'medium'>> = { import: 'low' };

/** What is shown need not be used. */
const SHOWS = /(^|\/)(?:examples?|samples?|demos?|playground)\//;

/** Declared here, and named nowhere else in the file. */
const unused: Rule = {
  id: 'code/unused',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Remove it, or use it as it was meant.',
  languages: Object.keys(DECLARES) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, Object.keys(DECLARES) as LanguageName[], ['product', 'script', 'test'])) {
      const declares = DECLARES[source.language.name];
      if (!declares || source.partial || /\.d\.[cm]?ts$|\.pyi$/.test(source.path)) continue;
      for (const line of isScript(source) ? inScripts(source) : source.added) {
        if (line.startsIn !== 'code' || !MAY.test(line.code)) continue;
        for (const { name, what } of declares(line, source)) {
          if (name.length < LEAST || (wordsOf(source).get(name) ?? 0) > timesIn(line, { name, what })) continue;
          if (/noqa|eslint-disable|nolint|allow\(/.test(line.raw)) continue;
          yield {
            file: source.path,
            line: line.number,
            severity: source.role === 'test' || SHOWS.test(source.path) ? 'low' : (RANK[what] ?? 'medium'),
            message: `Nothing uses the ${what} \`${name}\``,
          } satisfies Hit;
        }
      }
    }
  },
};

/** Where a module is imported from may be called as what is taken from it. */
function timesIn({ raw }: SourceLine, { name, what }: Declared): number {
  return what === 'import' ? raw.split(/[^\w$]+/).filter((word) => word === name).length : 1;
}

function isScript({ language }: SourceFile): boolean {
  return SCRIPTS.some((name) => name === language.name);
}

const inScripts = linesLike(/import|const|let |var |function/);
const MAY = /=|\bimport\b|"|\bfn\b|\bfunction\b|\bprivate\b/;

/** What is added and serves nothing. */
export const unusedRules: readonly Rule[] = [unused];
