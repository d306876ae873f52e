import { posix } from 'node:path';
import type { Block } from './blocks.ts';
import type { SourceLine } from './lexer.ts';
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
    const windows = new Map<string, { path: string; line: number }[]>();
    for (const source of sources)
      for (const window of windowsOf(source.lines)) add(windows, window.key, { path: source.path, line: window.line });
    const hits: Hit[] = [];
    for (const source of sources) {
      let reported = 0;
      for (const window of windowsOf(source.lines)) {
        if (window.line <= reported || !window.lines.every((line) => source.isAdded(line.number))) continue;
        const twin = (windows.get(window.key) ?? []).find((other) => isElsewhere(other, source, window, sources));
        if (!twin) continue;
        reported = window.lines.at(-1)?.number ?? 0;
        const severity = twin.path === source.path ? 'low' : 'medium';
        hits.push({
          file: source.path,
          line: window.line,
          severity,
          message: `At least ${COPY_LINES} lines are a copy of ${twin.path}:${twin.line}`,
          text: window.key.slice(0, 200),
        });
      }
    }
    return mergeRuns(hits);
  },
};

type Window = { key: string; line: number; lines: SourceLine[] };

/** Every run of twelve lines that hold code; imports, brackets and data alone are nothing to share. */
function windowsOf(lines: readonly SourceLine[]): Window[] {
  const telling = lines.filter(
    (line) =>
      /\w.*\w/.test(line.code) && !/^\s*(import|export \*|export \{|from|use|package|#include|using)\b/.test(line.code),
  );
  const windows: Window[] = [];
  for (let at = 0; at + COPY_LINES <= telling.length; at += 1) {
    const part = telling.slice(at, at + COPY_LINES);
    const statements = part.filter((line) => /[=(]|\b(return|if|for|while)\b/.test(line.code)).length;
    if (statements < COPY_LINES * 0.6) continue;
    windows.push({
      key: part.map((line) => line.text.replace(/\s+/g, '')).join('\n'),
      line: part[0]?.number ?? 0,
      lines: part,
    });
  }
  return windows;
}

/** The other place is not this one, and of two new copies only the second is told. */
function isElsewhere(
  other: { path: string; line: number },
  source: SourceFile,
  window: Window,
  sources: readonly SourceFile[],
): boolean {
  if (other.path === source.path) return other.line + COPY_LINES <= window.line;
  const isNew = sources.find((candidate) => candidate.path === other.path)?.isAdded(other.line) ?? false;
  return !isNew || other.path < source.path;
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
