import { posix } from 'node:path';
import { nearCopies } from './near-copies.ts';
import { programs } from './size.ts';
import { areParallel, twins } from './twins.ts';
import { roleOf } from '../read/file-role.ts';
import { hashOf } from '../read/hash.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { HeadFile, Reading, SourceFile } from '../read/reading.ts';
import type { Hit, Rule } from '../rules.ts';

const COPY_LINES = 12;

const copies: Rule = {
  id: 'architect/copy',
  severity: 'medium',
  remedy: 'Keep it in one place and use it from both.',
  languages: 'all',
  async find(reading) {
    const sources = programs(reading).filter((source) => !source.partial);
    const runs = sources.map((source) => ({ source, windows: windowsOf(source.lines, source) }));
    const beside = await unchangedNear(sources, reading);
    const firsts = chained([
      ...runs.map(({ windows }) => windows),
      ...beside.map((file) => windowsOf(file.lines(), file)),
    ]);
    const hits: Hit[] = [];
    for (const { source, windows } of runs) {
      let reported = 0;
      for (const window of windows) {
        if (window.line <= reported) continue;
        const twin = twinOf(window, source, firsts.get(window.key));
        if (!twin || !isAllAdded(window, source)) continue;
        reported = window.telling[window.from + COPY_LINES - 1]?.number ?? 0;
        hits.push({
          file: source.path,
          line: window.line,
          severity: twin.file === source || areParallel(source, twin.file) ? 'low' : 'medium',
          message: `At least ${COPY_LINES} lines are a copy of ${twin.file.path}:${twin.line}`,
          text: textOf(window).slice(0, 200),
        });
      }
    }
    return mergeRuns(hits);
  },
};

/** Twelve telling lines that follow each other; `key` is made of their words without spaces, `next` the next one of the same key. */
type Window = {
  key: number;
  line: number;
  telling: readonly SourceLine[];
  from: number;
  file: SourceFile | HeadFile;
  next: Window | undefined;
};

const UNCHANGED_FILES = 40;

/** Files that stand beside those which gain enough lines to hold a copy. */
async function unchangedNear(sources: readonly SourceFile[], reading: Reading): Promise<HeadFile[]> {
  const changed = new Set(reading.change.files.map(({ path }) => path));
  const folders = new Map<string, SourceFile>();
  for (const source of sources)
    if (source.added.length >= COPY_LINES) folders.set(posix.dirname(source.path) + posix.extname(source.path), source);
  const near = [...reading.paths].filter(
    (path) =>
      !changed.has(path) && folders.has(posix.dirname(path) + posix.extname(path)) && roleOf(path) === 'product',
  );
  const found: HeadFile[] = [];
  for (const path of near.slice(0, UNCHANGED_FILES)) {
    const file = await reading.peek(path);
    if (file) found.push(file);
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
function windowsOf(lines: readonly SourceLine[], file: SourceFile | HeadFile): Window[] {
  const telling = lines.filter(({ code }) => TELLING.test(code) && !IMPORTING.test(code));
  const hashes = telling.map((line) => hashOf(line.text));
  const acts = telling.map((line) => (ACTING.test(line.code) ? 1 : 0));
  const windows: Window[] = [];
  let [acting, key] = [0, 0];
  for (let end = 0; end < telling.length; end += 1) {
    acting += (acts[end] ?? 0) - (acts[end - COPY_LINES] ?? 0);
    key = (Math.imul(key, 31) + (hashes[end] ?? 0) - Math.imul(OLDEST, hashes[end - COPY_LINES] ?? 0)) | 0;
    const from = end - COPY_LINES + 1;
    if (from >= 0 && acting >= COPY_LINES * 0.6)
      windows.push({ key, line: telling[from]?.number ?? 0, telling, from, file, next: undefined });
  }
  return windows;
}

const TELLING = /\w.*\w/;
/** The weight that a line's hash has gained when its window has moved past it. */
const OLDEST = Array.from({ length: COPY_LINES }).reduce((weight: number) => Math.imul(weight, 31), 1);

const IMPORTING = /^\s*(import|export \*|export \{|from|use|package|#include|using)\b/;
const ACTING = /[=(]|\b(return|if|for|while)\b/;

/** What the key was made of: two windows may share a key by accident. */
function textOf({ telling, from }: Window): string {
  return telling
    .slice(from, from + COPY_LINES)
    .map((line) => line.text.replace(/\s+/g, ''))
    .join('\n');
}

/** The first window of each key; the others hang on it in their order. */
function chained(runs: readonly Window[][]): Map<number, Window> {
  const firsts = new Map<number, Window>();
  for (const windows of runs.toReversed())
    for (let at = windows.length - 1; at >= 0; at -= 1) {
      const window = windows[at];
      if (!window) continue;
      window.next = firsts.get(window.key);
      firsts.set(window.key, window);
    }
  return firsts;
}

/** The first place that holds the same. */
function twinOf(window: Window, source: SourceFile, first: Window | undefined): Window | undefined {
  let other = first;
  while (other && (other === window || !isElsewhere(other, source, window))) other = other.next;
  return other;
}

/** The other place is not this one, and of two new copies only the second is told. A build's twin of another module kind is no copy. */
function isElsewhere(other: Window, source: SourceFile, window: Window): boolean {
  if (other.file === source) return other.line + COPY_LINES <= window.line && textOf(other) === textOf(window);
  if (stem(other.file.path) === stem(source.path)) return false;
  const isNew = 'change' in other.file && other.file.isAdded(other.line);
  return (!isNew || other.file.path < source.path) && textOf(other) === textOf(window);
}

function stem(path: string): string {
  return path.replace(/\.\w+$/, '');
}

/** Windows of one long copy that follow each other are one finding. */
function mergeRuns(hits: Hit[]): Hit[] {
  return hits.filter((hit, index) => {
    const before = hits[index - 1];
    return before?.file !== hit.file || hit.line - before.line > 3 * COPY_LINES;
  });
}

/** Code that stands twice. */
export const copyRules: readonly Rule[] = [copies, twins, nearCopies];
