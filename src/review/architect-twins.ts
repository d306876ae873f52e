import { posix } from 'node:path';
import { programs } from './architect-size.ts';
import { readBlocks, type Block } from './blocks.ts';
import { roleOf } from './file-role.ts';
import { languageOf } from './language.ts';
import { lex, type SourceLine } from './lexer.ts';
import type { Reading, SourceFile } from './reading.ts';
import { shorten, type Hit, type Rule } from './rules.ts';

/** Shorter functions are alike by nature. */
const BODY_LINES = 5;
const BODY_WORDS = 20;
const SEARCHED_FILES = 120;

/** A whole function, new here, whose body stands elsewhere but for the names of its parameters and variables. */
export const twins: Rule = {
  id: 'architect/copy',
  severity: 'medium',
  remedy: 'Keep it in one place and use it from both.',
  languages: 'all',
  async find(reading) {
    const sources = programs(reading).filter((source) => !source.partial);
    const fresh = sources.flatMap((source) => newFunctions(source));
    if (fresh.length === 0) return [];
    const known = new Map<string, { path: string; line: number; source?: SourceFile }>();
    for (const source of sources)
      for (const [key, block] of shapesOf(source.lines, source.blocks().all))
        if (!isNew(block, source) && !source.isTestLine(block.start))
          known.set(key, { path: source.path, line: block.start, source });
    for (const { path, text } of await others(sources, reading)) {
      const language = languageOf(path);
      const lines = lex(text, language);
      for (const [key, block] of shapesOf(lines, readBlocks(lines, language).all))
        known.set(key, { path, line: block.start });
    }
    const hits: Hit[] = [];
    for (const { key, block, source } of fresh) {
      const twin = known.get(key);
      if (twin && bareName(twin.path) !== bareName(source.path))
        hits.push({
          file: source.path,
          line: block.start,
          message: `This function is a copy of the one at ${twin.path}:${twin.line}`,
          text: shorten(block.header),
        });
      else if (!twin) known.set(key, { path: source.path, line: block.start, source });
    }
    return hits;
  },
};

type Fresh = { key: string; block: Block; source: SourceFile };

function newFunctions(source: SourceFile): Fresh[] {
  return shapesOf(source.lines, source.blocks().all).flatMap(([key, block]) =>
    isNew(block, source) && !source.isTestLine(block.start) ? [{ key, block, source }] : [],
  );
}

function isNew(block: Block, source: SourceFile): boolean {
  for (let line = block.start; line <= block.end; line += 1)
    if (!source.isAdded(line) && source.lineAt(line)?.code.trim() !== '') return false;
  return !source.isMoved(block.open + 1);
}

/** Unchanged files of the same languages, the nearest first; as many as the reading allows. */
async function others(sources: readonly SourceFile[], reading: Reading): Promise<{ path: string; text: string }[]> {
  const changed = new Set(reading.change.files.flatMap(({ path, oldPath }) => [path, oldPath]));
  const kinds = new Set(sources.map(({ path }) => posix.extname(path)));
  const folders = new Set(sources.map(({ path }) => posix.dirname(path)));
  const alike = [...reading.paths].filter(
    (path) => kinds.has(posix.extname(path)) && !changed.has(path) && roleOf(path) === 'product',
  );
  const near = alike.sort((a, b) => Number(folders.has(posix.dirname(b))) - Number(folders.has(posix.dirname(a))));
  const found: { path: string; text: string }[] = [];
  for (const path of near.slice(0, SEARCHED_FILES)) {
    const text = await reading.peek(path);
    if (text !== undefined) found.push({ path, text });
  }
  return found;
}

/** The shape of each function that is long enough to be compared. */
function shapesOf(lines: readonly SourceLine[], blocks: readonly Block[]): [key: string, block: Block][] {
  return blocks.flatMap((block): [string, Block][] => {
    if (block.kind !== 'function' || block.end - block.open < BODY_LINES) return [];
    const key = shapeOf(lines, block);
    return key === undefined ? [] : [[key, block]];
  });
}

/** The words of a body: what is its own is numbered in order of appearance, what it uses of others keeps its name. */
function shapeOf(lines: readonly SourceLine[], block: Block): string | undefined {
  const body = lines.slice(block.open, block.end).filter(({ code }) => /\w/.test(code));
  if (body.length < BODY_LINES) return undefined;
  const text = body.map((line) => line.text.trim()).join('\n');
  const own = new Map<string, string>();
  for (const [name] of block.header.slice(block.header.indexOf('(')).matchAll(/[A-Za-z_$][\w$]*/g)) own.set(name, '');
  for (const line of body) for (const name of declaredIn(line.code)) own.set(name, '');
  let words = 0;
  const shape = text.replace(
    /(?<![\w$.])([A-Za-z_$][\w$]*)|(?<=[\w)\]]\.)[A-Za-z_$][\w$]*|\d+/g,
    (word, free?: string) => {
      words += 1;
      if (free === undefined || !own.has(free)) return word;
      const known = own.get(free);
      if (known !== undefined && known !== '') return known;
      const mark = `§${own.size}.${[...own.values()].filter((value) => value !== '').length}`;
      own.set(free, mark);
      return mark;
    },
  );
  return words < BODY_WORDS ? undefined : shape.replace(/[\s;]+/g, ' ').replace(/§\d+\./g, '§');
}

function declaredIn(code: string): string[] {
  const match =
    /\b(?:const|let|var|val)\s+(?:mut\s+)?(?:\{([^}]*)\}|\[([^\]]*)\]|([\w$]+))|^\s*([\w, ]+?)\s*(?::=|(?<![=!<>+\-*/])=(?!=))|\bfor\s*\(?\s*(?:const|let|var)?\s*([\w, ]+?)\s+(?:in|of)\b|^\s*(?:final\s+)?[A-Z][\w<>[\]]*\s+(\w+)\s*[=;:]|\b(?:int|long|double|float|boolean|char|byte)\s+(\w+)\s*=/.exec(
      code,
    );
  return (match?.slice(1).find((group) => group !== undefined) ?? '').match(/[A-Za-z_$][\w$]*/g) ?? [];
}

function bareName(path: string): string {
  return path.replace(/\.\w+$/, '');
}
