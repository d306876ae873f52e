import { posix } from 'node:path';
import type { Block } from '../read/blocks.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shellFunctions } from '../read/shell-functions.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

const NEIGHBOURS = 20;
const ADDED_FOR_FILE = 200;
const LONG_FUNCTION = 150;
/** Shorter ones are told and do not block. */
const TOLD_FUNCTION = 80;
const LONG_FILE = 800;

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
    const text = (await reading.peek(path))?.text;
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
    // Of a shell the program itself often stands among scripts.
    const scripts = sourcesOf(reading, ['shell'], ['script']).filter(({ change }) => change.status !== 'deleted');
    const all = [...programs(reading), ...scripts].flatMap((source) =>
      functionsOf(source).map((block) => ({ source, block })),
    );
    const usual =
      all.length > 4
        ? percentile(
            all.map(({ block }) => lengthOf(block)),
            0.5,
          )
        : 15;
    for (const { source, block } of all) {
      const length = lengthOf(block);
      if (length < TOLD_FUNCTION || length < 4 * usual) continue;
      const added = addedIn(block, source);
      const blocks = length >= LONG_FUNCTION && added >= (LONG_FUNCTION * 2) / 3;
      if (added < (TOLD_FUNCTION * 2) / 3 || added < length / 2) continue;
      yield {
        file: source.path,
        line: block.start,
        ...(blocks && source.role !== 'script' ? {} : { severity: 'low' as const }),
        message: `The function has ${length} lines; half of those around it have at most ${usual}`,
        text: block.header,
      } satisfies Hit;
    }
  },
};

type Sized = Pick<Block, 'header' | 'start' | 'end'>;

/** Functions that are no mere frame around other functions, such as a module or a suite. */
function functionsOf(source: SourceFile): Sized[] {
  if (source.language.name === 'shell')
    return shellFunctions(source.lines.map(({ raw }) => raw)).map(({ name, ...place }) => ({ header: name, ...place }));
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

function lengthOf(block: Sized): number {
  return block.end - block.start + 1;
}

function addedIn(block: Sized, source: SourceFile): number {
  return source.added.filter(
    (line) => line.number >= block.start && line.number <= block.end && line.code.trim() !== '',
  ).length;
}

/** Product code that is there. */
export function programs(reading: Reading): SourceFile[] {
  return sourcesOf(reading, 'all').filter(
    (source) =>
      source.language.programs &&
      source.change.status !== 'deleted' &&
      !/\.d\.ts$|(^|\/)(locales?|i18n|lang|translations?|migrations)\//.test(source.path),
  );
}

/** Sizes against the neighbourhood. */
export const sizeRules: readonly Rule[] = [fileGrowth, functionGrowth];
