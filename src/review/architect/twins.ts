import { posix } from 'node:path';
import { programs } from './size.ts';
import type { Block } from '../read/blocks.ts';
import { roleOf } from '../read/file-role.ts';
import { MASK, type SourceLine } from '../read/lexer.ts';
import type { HeadFile, Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

/** Shorter functions are alike by nature. */
const BODY_LINES = 3;
/** A copy of so few lines is told and does not block. */
const SMALL_LINES = 5;
const BODY_WORDS = 15;
const SMALL_WORDS = 20;
/** So many files hold it already that the project copies it on purpose. */
const USUAL_COPIES = 2;
const SEARCHED_FILES = 120;
/** In one file small functions are often alike. */
const OWN_FILE_LINES = 8;

/** A whole function, new here, whose body stands elsewhere but for the names of its parameters and variables. */
export const twins: Rule = {
  id: 'architect/copy',
  severity: 'medium',
  remedy: 'Keep it in one place and use it from both.',
  languages: 'all',
  async find(reading) {
    const sources = programs(reading).filter((source) => !source.partial);
    const changed = sources.flatMap((source) =>
      outlinesOf(source, source.lines)
        .filter(({ block }) => !source.isTestLine(block.start))
        .map((outline) => ({ ...outline, isNew: isNew(outline.block, source) })),
    );
    const fresh = changed.filter((outline) => outline.isNew);
    if (fresh.length === 0) return [];
    const alike = new Map<number, Outline[]>();
    const note = (outline: Outline) => {
      const list = alike.get(outline.key);
      if (list) list.push(outline);
      else alike.set(outline.key, [outline]);
    };
    for (const outline of changed) if (!outline.isNew) note(outline);
    for (const file of await othersLike(sources, reading)) outlinesOf(file, file.lines()).forEach(note);
    const hits: Hit[] = [];
    for (const outline of fresh) {
      const { path, block } = outline;
      const all = alike.get(outline.key)?.filter((other) => isTwin(other, outline)) ?? [];
      const twin = all.at(-1);
      const usual = all.filter((other) => other.path !== path).length >= USUAL_COPIES;
      const inside = twin?.path === path && block.end - block.open >= OWN_FILE_LINES;
      if (twin && (inside || bareName(twin.path) !== bareName(path)))
        hits.push({
          file: path,
          line: block.start,
          ...(usual || isSmall(outline) || areParallel(outline.file, twin.file) ? { severity: 'low' as const } : {}),
          message: `This function is a copy of the one at ${twin.path}:${twin.block.start}`,
          text: shorten(block.header),
        });
      else if (!twin) note(outline);
    }
    return hits;
  },
};

/** A function and what is quickly seen of its body: two that differ in their keys are no twins. */
type Outline = { file: Holder; path: string; block: Block; body: readonly SourceLine[]; key: number; shape?: string };

type Holder = Pick<HeadFile, 'path' | 'blocks'>;

/** So many functions of the same names make of two files two forms of one thing: backends, plugins, versions. */
const SHARED_NAMES = 3;

/** The files stand beside each other on purpose: what is alike in them is not told apart by who reads only one. */
export function areParallel(one: Holder, other: Holder): boolean {
  if (one.path === other.path) return false;
  const names = namesOf(other);
  return [...namesOf(one)].filter((name) => names.has(name)).length >= SHARED_NAMES;
}

const namesKnown = new WeakMap<Holder, ReadonlySet<string>>();

function namesOf(file: Holder): ReadonlySet<string> {
  const known = namesKnown.get(file) ?? new Set(file.blocks().all.flatMap(({ kind, header }) => nameIn(kind, header)));
  namesKnown.set(file, known);
  return known;
}

function nameIn(kind: Block['kind'], header: string): string[] {
  const name = kind === 'function' ? /([A-Za-z_$][\w$]*)\s*(?:<[^()]*>)?\s*(?:=[^=]*)?\(/.exec(header)?.[1] : undefined;
  return name === undefined || name.length < 5 || /^__\w+__$|^(?:constructor|toString|equals|hashCode)$/.test(name)
    ? []
    : [name];
}

/** All of a function is new, and not only moved. */
export function isNew(block: Block, source: SourceFile): boolean {
  for (let line = block.start; line <= block.end; line += 1)
    if (!source.isAdded(line) && source.lineAt(line)?.code.trim() !== '') return false;
  return !source.isMoved(block.open + 1);
}

/** Unchanged files of the same languages, the nearest first; as many as the reading allows. */
export async function othersLike(sources: readonly SourceFile[], reading: Reading): Promise<HeadFile[]> {
  const changed = new Set(reading.change.files.flatMap(({ path, oldPath }) => [path, oldPath]));
  const kinds = new Set(sources.map(({ path }) => posix.extname(path)));
  const folders = new Set(sources.map(({ path }) => posix.dirname(path)));
  const alike = [...reading.paths].filter(
    (path) => kinds.has(posix.extname(path)) && !changed.has(path) && ['product', 'script'].includes(roleOf(path)),
  );
  const near = alike.sort((a, b) => Number(folders.has(posix.dirname(b))) - Number(folders.has(posix.dirname(a))));
  const found: HeadFile[] = [];
  for (const path of near.slice(0, SEARCHED_FILES)) {
    const file = await reading.peek(path);
    if (file) found.push(file);
  }
  return found;
}

/** Each function that is long enough to be compared. */
function outlinesOf(file: Holder, lines: readonly SourceLine[]): Outline[] {
  return file.blocks().all.flatMap((block) => {
    if (block.kind !== 'function' || block.end - block.open <= BODY_LINES) return [];
    const body = lines.slice(block.open, block.end).filter(({ code }) => /\w/.test(code));
    return body.length < BODY_LINES ? [] : [{ file, path: file.path, block, body, key: keyOf(body) }];
  });
}

/** A method and a function may do the same. */
const OWNER = /\b(?:this|self)\./g;

/** A number of all that is neither a name, a point nor space, since twins differ in names alone. */
function keyOf(body: readonly SourceLine[]): number {
  let key = body.length;
  for (const { text } of body)
    for (let at = 0; at < text.length; at += 1) {
      const char = text.charCodeAt(at);
      if (SIGNS[char] === 1) key = (Math.imul(key, 33) + char) | 0;
    }
  return key;
}

const SIGNS = Uint8Array.from({ length: 128 }, (_, char) => (/[^\w$\s;.]/.test(String.fromCharCode(char)) ? 1 : 0));

function isSmall({ body }: Outline): boolean {
  const words = body.reduce((sum, { text }) => sum + (text.match(/[\w$]+/g)?.length ?? 0), 0);
  return body.length < SMALL_LINES || words < SMALL_WORDS;
}

function isTwin(one: Outline, other: Outline): boolean {
  for (const outline of [one, other]) outline.shape ??= shapeOf(outline);
  if (one.shape !== '' && one.shape === other.shape) return true;
  const [a, b] = [looseShapeOf(one), looseShapeOf(other)];
  return a !== '' && a === b;
}

/** The words of a body: what is its own is numbered in order of appearance, what it uses of others keeps its name. Empty if they are few. */
function shapeOf({ block, body }: Outline): string {
  const text = body.map((line) => line.text.trim().replace(OWNER, '')).join('\n');
  const own = new Map<string, string>();
  const called = /([A-Za-z_$][\w$]*)\s*(?:<[^()]*>)?\s*(?:=[^=]*)?\(/.exec(block.header)?.[1];
  if (called !== undefined) own.set(called, '');
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
  return words < BODY_WORDS ? '' : shape.replace(/[\s;]+/g, ' ').replace(/§\d+\./g, '§');
}

/** The same for a longer body, whatever functions and constants it uses under other names. What stands in texts counts as it is. */
function looseShapeOf({ body }: Outline): string {
  const code = body.map((line) => line.code.trim().replace(OWNER, '')).join('\n');
  const text = body.map((line) => line.text.trim().replace(OWNER, '')).join('\n');
  const known = new Map<string, number>();
  let words = 0;
  const shape = text.replace(/(?<![\w$.])[A-Za-z_$][\w$]*/g, (word, at: number) => {
    if (code[at] === MASK) return word;
    words += 1;
    if (!known.has(word)) known.set(word, known.size);
    return KEYWORDS.test(word) ? word : `§${known.get(word)}`;
  });
  return words < LOOSE_WORDS ? '' : shape.replace(/[\s;]+/g, ' ');
}

const LOOSE_WORDS = 30;
const KEYWORDS =
  /^(?:if|else|for|while|return|switch|match|case|break|continue|new|await|const|let|var|fn|func|def|in|of|try|catch|throw|raise|true|false|null|None|nil|self|this)$/;

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
