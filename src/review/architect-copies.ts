import { posix } from 'node:path';
import { programs } from './architect-size.ts';
import { twins } from './architect-twins.ts';
import { roleOf } from './file-role.ts';
import { languageOf } from './language.ts';
import { lex, type SourceLine } from './lexer.ts';
import type { Reading, SourceFile } from './reading.ts';
import type { Hit, Rule } from './rules.ts';

const COPY_LINES = 12;

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

/** Code that stands twice. */
export const copyRules: readonly Rule[] = [copies, twins];
