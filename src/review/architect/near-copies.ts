import type { Block } from '../read/blocks.ts';
import { hashOf } from '../read/hash.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { programs } from './size.ts';
import { isNew, othersLike } from './twins.ts';

/** So many telling lines of a new function, one after the other, that say what others say. */
const RUN = 8;
const WORDS = 30;

/** A new function that is for the most part another one: a few lines differ, or the names that the parts go by. */
export const nearCopies: Rule = {
  id: 'architect/copy',
  severity: 'low',
  remedy: 'Keep what both do in one place and use it from both.',
  languages: 'all',
  async find(reading) {
    const sources = programs(reading).filter((source) => !source.partial);
    if (!sources.some((source) => newFunctions(source).length > 0)) return [];
    const standing = await standingLines(sources, reading);
    const fresh = standing.length === 0 ? [] : sources.flatMap((source) => freshRuns(source));
    if (fresh.length === 0) return [];
    const known = placesOf(new Set(fresh.flatMap(({ keys }) => keys)), standing);
    const hits: Hit[] = [];
    for (const { source, line, header, keys } of fresh) {
      const twin = keys.map((key) => known.get(key)).find((place) => place !== undefined);
      if (twin)
        hits.push({
          file: source.path,
          line,
          message: `Much of this function stands at ${twin.path}:${twin.line} already`,
          text: shorten(header),
        });
    }
    return hits;
  },
};

type Fresh = { source: SourceFile; line: number; header: string; keys: Key[] };

function freshRuns(source: SourceFile): Fresh[] {
  return newFunctions(source).flatMap(({ start, open, end, header }) => {
    const keys = runsOf(source.lines.slice(open, end)).map(({ key }) => key);
    return keys.length === 0 ? [] : [{ source, line: start, header, keys }];
  });
}

function newFunctions(source: SourceFile): Block[] {
  return source
    .blocks()
    .all.filter(
      (block) =>
        block.kind === 'function' &&
        block.end - block.open > RUN &&
        !source.isTestLine(block.start) &&
        isNew(block, source),
    );
}

type Place = { path: string; line: number };

/** A run of lines, as a number: two of 2⁵³ are the same by chance. */
type Key = number;

type Standing = { path: string; lines: readonly SourceLine[] };

/** What the change left alone: whole files, and lines of others. */
async function standingLines(sources: readonly SourceFile[], reading: Reading): Promise<Standing[]> {
  const left = sources.map((source) => ({
    path: source.path,
    lines:
      source.added.length < source.lines.length ? source.lines.filter(({ number }) => !source.isAdded(number)) : [],
  }));
  const others = await othersLike(sources, reading);
  return [...left, ...others.map((file) => ({ path: file.path, lines: file.lines() }))].filter(
    ({ lines }) => lines.length >= RUN,
  );
}

/** Where the wanted runs stand. */
function placesOf(wanted: ReadonlySet<Key>, standing: readonly Standing[]): Map<Key, Place> {
  const known = new Map<Key, Place>();
  for (const { path, lines } of standing)
    for (const { key, line } of runsOf(lines)) if (wanted.has(key)) known.set(key, { path, line });
  return known;
}

/** The runs of telling lines, each as one key; too few words say nothing. */
function runsOf(lines: readonly SourceLine[]): { key: Key; line: number }[] {
  const runs: { key: Key; line: number }[] = [];
  let run: (Bare & { number: number })[] = [];
  for (const line of lines) {
    if (!/\w.*\w/.test(line.code) || IMPORTING.test(line.code)) continue;
    run = [...run.slice(1 - RUN), { ...bareOnce(line), number: line.number }];
    const words = run.reduce((sum, { count }) => sum + count, 0);
    if (run.length === RUN && words >= WORDS) runs.push({ key: keyOf(run), line: run[0]?.number ?? line.number });
  }
  return runs;
}

function keyOf(run: readonly Bare[]): Key {
  let [high, low] = [7, 11];
  for (const { hash } of run) {
    high = (Math.imul(high, 31) + hash) | 0;
    low = (Math.imul(low, 131) + hash) | 0;
  }
  return (high >>> 0) * 2 ** 21 + (low & (2 ** 21 - 1));
}

const IMPORTING = /^\s*(?:import|from|use|package|#include|using)\b/;

/** `hash` is of what the line says, `count` how many words that is. */
type Bare = { hash: number; count: number };

/** A line of a function in a function is asked for by both. */
function bareOnce(line: SourceLine): Bare {
  const found = bares.get(line) ?? bareOf(line.text);
  bares.set(line, found);
  return found;
}

const bares = new WeakMap<SourceLine, Bare>();

/** A line without the names of packages and owners, its own names numbered in their order. */
function bareOf(text: string): Bare {
  const own = new Map<string, string>();
  const bare = text
    .replace(/(?<![\w.)\]"'])[a-z_]\w*(?:\.|->|::)(?=[A-Za-z_])/g, '')
    .replace(/(?<![\w."'])[a-z_]\w*(?![\w(!"'])/g, (name) => {
      if (KEYWORDS.test(name)) return name;
      if (!own.has(name)) own.set(name, `§${own.size}`);
      return own.get(name) ?? name;
    })
    .replaceAll(';', '');
  return { hash: hashOf(bare), count: bare.match(/\w+|§/g)?.length ?? 0 };
}

const KEYWORDS =
  /^(?:if|else|elif|for|while|return|switch|match|case|break|continue|new|await|const|let|mut|var|fn|func|def|in|of|try|catch|except|throw|raise|true|false|null|nil|self|this|not|and|or|is|as|with|yield)$/;
