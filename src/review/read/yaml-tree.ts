import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Node, type Pair } from 'yaml';
import type { SourceFile } from './reading.ts';

/** A value of a YAML file with its place: the keys that lead to it (a number for an entry of a list), and its lines. */
export type Entry = {
  path: readonly (string | number)[];
  key: string;
  /** The text of a scalar; undefined for maps and lists. */
  text: string | undefined;
  node: Node | null;
  /** 1-based: the line of the key, or where the entry of a list begins, and the last one. */
  start: number;
  end: number;
  parent: Entry | undefined;
  children: Entry[];
};

/** The documents of a YAML file as a tree; none for a text that does not parse or is a template. */
export function treesOf(source: { text: string; partial?: boolean }): readonly Entry[] {
  const found = known.get(source) ?? (source.partial === true ? [] : read(source.text));
  known.set(source, found);
  return found;
}

const known = new WeakMap<object, readonly Entry[]>();
const CHARS = 300_000;

function read(text: string): Entry[] {
  if (text.length > CHARS) return [];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return [];
  const lineOf = (offset: number) => lines.linePos(offset).line;
  return documents.map(({ contents }) => {
    const root: Entry = {
      path: [],
      key: '',
      text: undefined,
      node: contents,
      start: 1,
      end: 1,
      parent: undefined,
      children: [],
    };
    if (contents?.range) Object.assign(root, { start: lineOf(contents.range[0]), end: lastLine(contents, lineOf) });
    grow(root, lineOf);
    return root;
  });
}

function grow(entry: Entry, lineOf: (offset: number) => number): void {
  const add = (key: string | number, node: Node | null, from: number) => {
    const child: Entry = {
      path: [...entry.path, key],
      key: String(key),
      text: isScalar(node)
        ? typeof node.value === 'string'
          ? node.value
          : (node.source ?? String(node.value))
        : undefined,
      node,
      start: lineOf(from),
      end: Math.max(lineOf(from), lastLine(node, lineOf)),
      parent: entry,
      children: [],
    };
    entry.children.push(child);
    grow(child, lineOf);
  };
  if (isMap(entry.node))
    for (const pair of entry.node.items as Pair<Node, Node | null>[])
      add(isScalar(pair.key) ? String(pair.key.value) : '', pair.value, pair.key.range?.[0] ?? 0);
  else if (isSeq(entry.node))
    for (const [index, item] of (entry.node.items as (Node | null)[]).entries())
      add(index, item, item?.range?.[0] ?? 0);
}

/** Blank lines and comments that follow a value are no part of it. */
function lastLine(node: Node | null, lineOf: (offset: number) => number): number {
  if (!node?.range || isAlias(node)) return node?.range ? lineOf(node.range[0]) : 0;
  const [start, end] = node.range;
  return lineOf(Math.max(start, end - 1));
}

/** Every entry below one, itself last. */
export function* within(entry: Entry): Iterable<Entry> {
  for (const child of entry.children) yield* within(child);
  yield entry;
}

/** The entry under a key, if there is one. */
export function under(entry: Entry | undefined, ...keys: readonly string[]): Entry | undefined {
  return keys.reduce<Entry | undefined>((at, key) => at?.children.find((child) => child.key === key), entry);
}

/** Some line of it is new. */
export function isTouched(entry: Entry, source: SourceFile): boolean {
  for (let line = entry.start; line <= entry.end; line += 1) if (source.isAdded(line)) return true;
  return false;
}

/** Its first line is new: the key, or the entry of a list. */
export function isNew(entry: Entry, source: SourceFile): boolean {
  return source.isAdded(entry.start);
}
