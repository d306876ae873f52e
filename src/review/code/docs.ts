import type { Block } from '../read/blocks.ts';
import { lineNear } from '../read/diff.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

/** A parameter that a comment speaks of, and the line that does so. */
type Told = { name: string; line: number };

const LANGUAGES = [...SCRIPTS, 'java', 'kotlin', 'python', 'rust', 'php'] as const;

const staleDoc: Rule = {
  id: 'code/stale-doc',
  severity: 'medium',
  remedy: 'Let the comment name the parameters that there are.',
  languages: LANGUAGES,
  *find(reading) {
    for (const source of sourcesOf(reading, LANGUAGES)) {
      for (const block of source.blocks().all) {
        if (block.kind !== 'function' || !headerLines(block).some((line) => source.isAdded(line))) continue;
        // The end of a list of types: where the function begins is not known.
        if (/^\s*[>)\]}]/.test(block.header)) continue;
        const declared = parametersOf(block, source);
        if (declared === undefined) continue;
        const told = toldParameters(block, source);
        const stale = told.find(({ name }) => !declared.includes(name));
        const untold = stale ? undefined : newParameter(block, { source, declared, told });
        if (stale)
          yield {
            file: source.path,
            line: source.isAdded(stale.line) ? stale.line : firstAdded(block, source),
            ...(wasStale(stale, block, source) ? { severity: 'low' as const } : {}),
            message: `The comment speaks of the parameter \`${stale.name}\`, which is not there`,
            text: `${block.header} ${stale.name}`,
          } satisfies Hit;
        else if (untold !== undefined)
          yield {
            file: source.path,
            line: firstAdded(block, source),
            message: `The comment names every parameter but the new one, \`${untold}\``,
            severity: 'low',
            text: `${block.header} ${untold}`,
          } satisfies Hit;
      }
    }
  },
};

/** The comment stood so, and the change takes no parameter of that name away. */
function wasStale({ name, line }: Told, block: Block, source: SourceFile): boolean {
  const word = new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`);
  return !source.isAdded(line) && !oldHeader(block, source).some((text) => word.test(text));
}

/** What the header of a function was, on as many lines as its list took; all that was removed if it had another name. */
function oldHeader({ header }: Block, { change: { removed } }: SourceFile): string[] {
  const texts = removed.map(({ text }) => text);
  const name = /([\w$]+)\s*(?:<[^()]*>)?\s*(?:=[^=(]*)?\(/.exec(header)?.[1];
  const call = name === undefined ? undefined : new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\s*\\(`);
  const at = call === undefined ? -1 : texts.findIndex((text) => call.test(text));
  if (at === -1) return texts;
  const end = texts.findIndex((text, index) => index >= at && text.includes(')'));
  return texts.slice(at, end === -1 ? undefined : end + 1);
}

function headerLines({ start, open }: Block): number[] {
  return Array.from({ length: open - start + 1 }, (_, index) => start + index);
}

function firstAdded(block: Block, source: SourceFile): number {
  return headerLines(block).find((line) => source.isAdded(line)) ?? block.start;
}

/** The names in the header's list; undefined if it takes values apart or takes whatever comes. */
function parametersOf({ header }: Block, { language }: SourceFile): string[] | undefined {
  const list = listOf(header, language.name === 'java' ? 'last' : 'first');
  if (list === undefined || /\{|\[(?!\])|\.\.\.|\*|\barguments\b/.test(list.replace(/\w+\[[^\]]*\]/g, '')))
    return undefined;
  const names = split(list).map((part) => nameOf(part, language.name));
  if (names.length === 0 && language.name !== 'java' && language.name !== 'python') return undefined;
  return names;
}

/** What stands between the brackets of the first or the last list at the top of a header. */
function listOf(header: string, which: 'first' | 'last'): string | undefined {
  let [depth, from, found] = [0, 0, undefined as string | undefined];
  for (let at = 0; at < header.length; at += 1) {
    if (header[at] === '(' && (depth += 1) === 1) from = at + 1;
    else if (header[at] === ')' && (depth -= 1) === 0) {
      found = header.slice(from, at);
      if (which === 'first') return found;
    }
  }
  return found;
}

/** Parts between commas that stand in no bracket. */
function split(list: string): string[] {
  let depth = 0;
  let part = '';
  const parts: string[] = [];
  for (const char of list) {
    if ('([{<'.includes(char)) depth += 1;
    if (')]}>'.includes(char)) depth -= 1;
    if (char === ',' && depth <= 0) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part].map((text) => text.trim()).filter((text) => text !== '' && text !== '/');
}

function nameOf(part: string, language: SourceFile['language']['name']): string {
  const bare = part.replace(/\s*=[^>].*$/, '').replace(/@\w+(?:\([^)]*\))?\s*/g, '');
  if (language === 'java' || language === 'php') return /\$?(\w+)(?:\[\])?\s*$/.exec(bare)?.[1] ?? bare;
  return (
    /^(?:(?:public|private|protected|readonly|mut|override|val|var|vararg)\s+)*&?(?:mut\s+)?([\w$]+)/.exec(bare)?.[1] ??
    bare
  );
}

function toldParameters(block: Block, source: SourceFile): Told[] {
  return source.language.name === 'python' ? toldInside(block, source) : toldAbove(block, source);
}

const TOLD = /@param\s+(?:\{[^}]*(?:\}[^}]*)?\}\s+)?(?:[\w\\|[\]]+\s+\$)?\[?([A-Za-z_$][\w$]*)(?![\w$.[<])/;
const RUST_TOLD = /^\s*\/\/\/\s*[*-]\s*`(\w+)`\s*[-–—:]/;

function toldAbove(block: Block, source: SourceFile): Told[] {
  const told: Told[] = [];
  const isBlank = source.lineAt(block.start - 1)?.raw.trim() === '';
  for (let number = block.start - (isBlank ? 2 : 1); number > 0; number -= 1) {
    const line = source.lineAt(number);
    if (!line || (line.code.trim() !== '' && !/^\s*[@#][\w[]/.test(line.code)) || line.raw.trim() === '') break;
    const name = (source.language.name === 'rust' ? RUST_TOLD.exec(line.raw) : TOLD.exec(line.comment))?.[1];
    if (name !== undefined) told.unshift({ name, line: number });
  }
  return told;
}

const SECTION = /^\s*(?:Args|Arguments|Parameters|Params)\s*:?\s*$/;
const OTHER_SECTION =
  /^\s*(?:Returns?|Yields?|Raises|Notes?|Examples?|See Also|Attributes|Warnings?|References|Keyword Args|Other Parameters)\s*:?\s*$/;

/** `:param name:`, Google's `Args:` and numpy's `Parameters` in the text under a Python header. */
function toldInside(block: Block, source: SourceFile): Told[] {
  const told: Told[] = [];
  const first = source.lineAt(block.open + 1);
  const quote = /^\s*[rRuU]?("""|''')/.exec(first?.raw ?? '')?.[1];
  if (!first || quote === undefined) return [];
  let section = -1;
  for (let number = block.open + 1; number <= block.end; number += 1) {
    const raw = source.lineAt(number)?.raw ?? '';
    const field = /^\s*:param\s+(?:[^:]*\s)?\*{0,2}(\w+)\s*:/.exec(raw)?.[1];
    if (field !== undefined) told.push({ name: field, line: number });
    if (SECTION.test(raw)) section = raw.search(/\S/);
    else if (OTHER_SECTION.test(raw)) section = -1;
    else if (section >= 0) {
      const indent = raw.search(/\S/);
      const entry = /^\s*(\w+)\s*(?:\([^)]*\))?\s*:(?:\s|$)/.exec(raw)?.[1];
      const numpy = indent === section && /^\s*\w+ : /.test(raw);
      if (entry !== undefined && (numpy || (indent > section && indent <= section + 4)))
        told.push({ name: entry, line: number });
    }
    if (number > first.number ? raw.includes(quote) : raw.split(quote).length > 2) break;
  }
  return told;
}

type Docs = { source: SourceFile; declared: string[]; told: Told[] };

/** A parameter that the old header lacks, where the comment tells all the others. */
function newParameter(block: Block, { source, declared, told }: Docs): string | undefined {
  const own = declared.filter((name) => !/^(self|cls|this|_.*)$/.test(name));
  const untold = own.filter((name) => !told.some((other) => other.name === name));
  if (told.length === 0 || untold.length !== 1 || own.length < 2) return undefined;
  const name = /([\w$]+)\s*(?:<[^>]*>)?\s*\(/.exec(block.header)?.[1];
  const old = source.change.removed.find(({ text }) => name !== undefined && text.includes(`${name}(`));
  return old && !new RegExp(`(?<![\\w$])${untold[0]?.replaceAll('$', '\\$')}(?![\\w$])`).test(old.text)
    ? untold[0]
    : undefined;
}

/** A name between the marks that comments put around names of code. */
const MARKED = /`+(\w+)`+|``(\w+)``|\{@code (\w+)\}|\*(\w+)\*|(?<![\w])'(\w+)'(?![\w])/g;

/** The comment speaks of a parameter by the name that it had before the change. */
const formerName: Rule = {
  id: 'code/stale-doc',
  severity: 'medium',
  remedy: 'Let the comment use the name that the parameter has now.',
  languages: [...LANGUAGES, 'go', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, formerName.languages)) {
      if (source.change.removed.length === 0) continue;
      for (const block of source.blocks().all) {
        if (block.kind !== 'function' || !headerLines(block).some((line) => source.isAdded(line))) continue;
        const gone = formerNames(block, source);
        const told = gone.size === 0 ? undefined : spokenOf(block, source).find(({ name }) => gone.has(name));
        if (told)
          yield {
            file: source.path,
            line: firstAdded(block, source),
            message: `The comment still speaks of \`${told.name}\`, which the parameter is not called any more`,
            text: `${block.header} ${told.name}`,
          } satisfies Hit;
      }
    }
  },
};

/** Names of parameters on the removed lines at a header that the function does not hold any more. */
function formerNames({ start, open, end }: Block, source: SourceFile): Set<string> {
  const removed = source.change.hunks.flatMap((hunk) =>
    hunk.lines.filter((line) => {
      const at = line.kind === 'removed' ? lineNear(hunk, line) : -1;
      return at >= start - 1 && at <= open;
    }),
  );
  const names = removed.flatMap(({ text }) =>
    [...text.matchAll(/(?:^\s+|[(,]\s*)(?:[\w<>[\]?]+\s)?\*{0,2}([A-Za-z_]\w*)\??(?=\s*[:=,)]|\s+\w+[,)])/g)].map(
      ([, name = '']) => name,
    ),
  );
  const code = source.lines.slice(start - 1, end).map((line) => line.code);
  return new Set(names.filter((name) => !code.some((text) => new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text))));
}

/** The names that a comment over a function, or the text under its header, marks as such, or that are no words of a language. */
function spokenOf(block: Block, source: SourceFile): Told[] {
  return proseOf(block, source).flatMap(({ raw, number }) => {
    const marked = [...raw.matchAll(MARKED)].map((match) => match.slice(1).find(Boolean) ?? '');
    const odd = raw.match(/(?<![\w.])(?:[a-z]+(?:_[a-z\d]+)+|[a-z]+(?:[A-Z][a-z\d]+)+)(?![\w(])/g) ?? [];
    return [...marked, ...odd].map((name) => ({ name, line: number }));
  });
}

function proseOf(block: Block, source: SourceFile): SourceLine[] {
  const found: SourceLine[] = [];
  if (source.language.name === 'python') {
    const first = source.lineAt(block.open + 1);
    const quote = /^\s*[rRuU]?("""|''')/.exec(first?.raw ?? '')?.[1];
    if (quote === undefined) return found;
    for (let at = block.open + 1; at <= block.end; at += 1) {
      const line = source.lineAt(at);
      if (!line) break;
      found.push(line);
      if (at > block.open + 1 ? line.raw.includes(quote) : line.raw.split(quote).length > 2) break;
    }
    return found;
  }
  for (let at = block.start - 1; at > 0; at -= 1) {
    const line = source.lineAt(at);
    if (!line || line.raw.trim() === '' || (line.code.trim() !== '' && !/^\s*[@#][\w[]/.test(line.code))) break;
    found.push(line);
  }
  return found;
}

/** Comments against the headers they stand at. */
export const docRules: readonly Rule[] = [staleDoc, formerName];
