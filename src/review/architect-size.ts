import { posix } from 'node:path';
import type { Block } from './blocks.ts';
import { roleOf } from './file-role.ts';
import { languageOf } from './language.ts';
import { lex, type SourceLine } from './lexer.ts';
import type { Reading, SourceFile } from './reading.ts';
import { sourcesOf, type Hit, type Rule } from './rules.ts';

const NEIGHBOURS = 20;
const ADDED_FOR_FILE = 200;
const ADDED_FOR_FUNCTION = 100;
const LONG_FUNCTION = 150;
const LONG_FILE = 800;
const COPY_LINES = 12;

const fileGrowth: Rule = {
  id: 'architect/file-growth',
  severity: 'medium',
  remedy: 'Split the file by what its parts are for.',
  languages: 'all',
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of programs(reading)) {
      if (source.change.added.length < ADDED_FOR_FILE || source.lines.length < LONG_FILE) continue;
      const lengths = (await neighbourTexts(source, reading)).map((text) => text.split('\n').length);
      const usual = percentile(lengths, 0.9);
      const before = source.oldText?.split('\n').length ?? 0;
      if (lengths.length < 4 || source.lines.length < 3 * usual || before >= 3 * usual) continue;
      hits.push({
        file: source.path,
        line: 0,
        message: `The file has ${source.lines.length} lines now; nine in ten of its neighbours have at most ${usual}`,
        text: '',
      });
    }
    return hits;
  },
};

/** Files of the same kind, from the same folder first. */
async function neighbourTexts(source: SourceFile, reading: Reading): Promise<string[]> {
  const extension = posix.extname(source.path);
  const folder = posix.dirname(source.path);
  const alike = [...reading.paths].filter(
    (path) =>
      path !== source.path &&
      posix.extname(path) === extension &&
      !/(^|\/)(tests?|node_modules|vendor|dist)\//.test(path),
  );
  const near = alike.filter((path) => posix.dirname(path) === folder);
  const texts: string[] = [];
  for (const path of [...near, ...alike.filter((other) => posix.dirname(other) !== folder)].slice(0, NEIGHBOURS)) {
    const text = await reading.peek(path);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

function percentile(numbers: number[], share: number): number {
  const sorted = numbers.sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const functionGrowth: Rule = {
  id: 'architect/function-growth',
  severity: 'medium',
  remedy: 'Give its parts names of their own.',
  languages: 'all',
  *find(reading) {
    const all = programs(reading).flatMap((source) => functionsOf(source).map(lengthOf));
    for (const source of programs(reading)) {
      for (const block of functionsOf(source)) {
        const added = addedIn(block, source);
        if (lengthOf(block) < LONG_FUNCTION || added < ADDED_FOR_FUNCTION || added < lengthOf(block) / 2) continue;
        const others = all.length > 4 ? percentile(all.slice(), 0.5) : 15;
        if (lengthOf(block) < 4 * others) continue;
        yield {
          file: source.path,
          line: block.start,
          message: `The function has ${lengthOf(block)} lines; half of those around it have at most ${others}`,
          text: block.header,
        } satisfies Hit;
      }
    }
  },
};

/** Functions that are no mere frame around other functions, such as a module or a suite. */
function functionsOf(source: SourceFile): Block[] {
  const { all } = source.blocks();
  const inner = new Map<Block, number>();
  for (const block of all) {
    if (block.kind !== 'function' || source.isTestLine(block.start)) continue;
    for (let parent = block.parent; parent; parent = parent.parent)
      inner.set(parent, (inner.get(parent) ?? 0) + lengthOf(block));
  }
  return all.filter(
    (block) =>
      block.kind === 'function' && !source.isTestLine(block.start) && (inner.get(block) ?? 0) < lengthOf(block) / 2,
  );
}

function lengthOf(block: Block): number {
  return block.end - block.start + 1;
}

function addedIn(block: Block, source: SourceFile): number {
  return source.added.filter(
    (line) => line.number >= block.start && line.number <= block.end && line.code.trim() !== '',
  ).length;
}

function programs(reading: Reading): SourceFile[] {
  return sourcesOf(reading, 'all').filter(
    (source) => source.language.programs && source.change.status !== 'deleted' && !source.path.endsWith('.d.ts'),
  );
}

const copies: Rule = {
  id: 'architect/copy',
  severity: 'medium',
  remedy: 'Keep it in one place and use it from both.',
  languages: 'all',
  async find(reading) {
    const sources = programs(reading).filter((source) => !source.partial);
    const runs = sources.map((source) => ({ source, windows: windowsOf(source.lines) }));
    const places = new Map<number, Place[]>();
    for (const { source, windows } of runs)
      for (const window of windows) add(places, window.key, { path: source.path, window, source });
    for (const { path, lines } of await unchangedNear(sources, reading))
      for (const window of windowsOf(lines)) add(places, window.key, { path, window, source: undefined });
    const hits: Hit[] = [];
    for (const { source, windows } of runs) {
      let reported = 0;
      for (const window of windows) {
        if (window.line <= reported || !isAllAdded(window, source)) continue;
        const twin = places.get(window.key)?.find((other) => isElsewhere(other, source, window));
        if (!twin) continue;
        reported = window.telling[window.from + COPY_LINES - 1]?.number ?? 0;
        hits.push({
          file: source.path,
          line: window.line,
          severity: twin.source === source ? 'low' : 'medium',
          message: `At least ${COPY_LINES} lines are a copy of ${twin.path}:${twin.window.line}`,
          text: textOf(window).slice(0, 200),
        });
      }
    }
    return mergeRuns(hits);
  },
};

/** Twelve telling lines that follow each other; `key` is made of their words without spaces. */
type Window = { key: number; line: number; telling: readonly SourceLine[]; from: number };
/** `source` is undefined for a file that the change leaves alone. */
type Place = { path: string; window: Window; source: SourceFile | undefined };

const UNCHANGED_FILES = 40;

/** Files that stand beside those which gain enough lines to hold a copy. */
async function unchangedNear(
  sources: readonly SourceFile[],
  reading: Reading,
): Promise<{ path: string; lines: SourceLine[] }[]> {
  const changed = new Set(reading.change.files.map(({ path }) => path));
  const folders = new Map<string, SourceFile>();
  for (const source of sources)
    if (source.added.length >= COPY_LINES) folders.set(posix.dirname(source.path) + posix.extname(source.path), source);
  const near = [...reading.paths].filter(
    (path) =>
      !changed.has(path) && folders.has(posix.dirname(path) + posix.extname(path)) && roleOf(path) === 'product',
  );
  const found: { path: string; lines: SourceLine[] }[] = [];
  for (const path of near.slice(0, UNCHANGED_FILES)) {
    const text = await reading.peek(path);
    if (text !== undefined) found.push({ path, lines: lex(text, languageOf(path)) });
  }
  return found;
}

function isAllAdded(window: Window, source: SourceFile): boolean {
  if (source.change.status === 'added') return true;
  for (let at = window.from; at < window.from + COPY_LINES; at += 1)
    if (!source.isAdded(window.telling[at]?.number ?? 0)) return false;
  return true;
}

/** Every run of twelve lines that hold code; imports, brackets and data alone are nothing to share. */
function windowsOf(lines: readonly SourceLine[]): Window[] {
  const telling = lines.filter((line) => TELLING.test(line.code) && !IMPORTING.test(line.code));
  const hashes = telling.map((line) => hashOf(line.text));
  const acts = telling.map((line) => (ACTING.test(line.code) ? 1 : 0));
  const windows: Window[] = [];
  let acting = 0;
  for (let end = 0; end < telling.length; end += 1) {
    acting += (acts[end] ?? 0) - (acts[end - COPY_LINES] ?? 0);
    const from = end - COPY_LINES + 1;
    if (from < 0 || acting < COPY_LINES * 0.6) continue;
    let key = 0;
    for (let at = from; at <= end; at += 1) key = (Math.imul(key, 31) + (hashes[at] ?? 0)) | 0;
    windows.push({ key, line: telling[from]?.number ?? 0, telling, from });
  }
  return windows;
}

const TELLING = /\w[^]*?\w/;
const IMPORTING = /^\s*(import|export \*|export \{|from|use|package|#include|using)\b/;
const ACTING = /[=(]|\b(return|if|for|while)\b/;

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char > 32) hash = (Math.imul(hash, 33) + char) | 0;
  }
  return hash;
}

/** What the key was made of: two windows may share a key by accident. */
function textOf({ telling, from }: Window): string {
  return telling
    .slice(from, from + COPY_LINES)
    .map((line) => line.text.replace(/\s+/g, ''))
    .join('\n');
}

/** The other place is not this one, and of two new copies only the second is told. A build's twin of another module kind is no copy. */
function isElsewhere(other: Place, source: SourceFile, window: Window): boolean {
  if (other.source === source)
    return other.window.line + COPY_LINES <= window.line && textOf(other.window) === textOf(window);
  if (stem(other.path) === stem(source.path)) return false;
  const isFirst = !other.source?.isAdded(other.window.line) || other.path < source.path;
  return isFirst && textOf(other.window) === textOf(window);
}

function stem(path: string): string {
  return path.replace(/\.\w+$/, '');
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Windows of one long copy that follow each other are one finding. */
function mergeRuns(hits: Hit[]): Hit[] {
  return hits.filter((hit, index) => {
    const before = hits[index - 1];
    return before?.file !== hit.file || hit.line - before.line > 3 * COPY_LINES;
  });
}

/** Sizes against the neighbourhood, and code that stands twice. */
export const sizeRules: readonly Rule[] = [fileGrowth, functionGrowth, copies];
