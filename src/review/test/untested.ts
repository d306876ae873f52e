import { posix } from 'node:path';
import { isLockFile, roleOf } from '../read/file-role.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';
import { sum } from './assertions.ts';
import { isNamedInTests } from './named-in-tests.ts';

/** New lines of behaviour from which on a change without any test is more than a trifle, where files usually have tests. */
const UNTESTED_LINES = 40;

/** Types, words of a language and steps of a database have no tests of their own. */
const UNPROVEN =
  /\.d\.ts$|\.pyi$|^(?:build|release)\/|^bin\/.*\.\w+$|(^|\/)(locales?|i18n|lang|translations?|migrations)\//;

const LOGIC =
  /\b(if|else|elif|for|while|switch|case|match|catch|except|throw|raise|return|await|yield|loop|when|unless|rescue|panic!?)\b|=>|\?\?|&&|\|\||\w\(|[+\-*/%|&^]?=(?!=)/;
const DECLARATION =
  /^\s*(?:import\b|export \{|export \* |export type\b|(?:export )?(?:declare|interface|type)\b|use\b|from\b|package\b|#\[|@\w+(?:\(.*\))?$|[)}\]]+[;,]?$|(?:const|let|var|final|static|public static final)\s+[A-Z_]+\b)/;

const untested: Rule = {
  id: 'test/untested-change',
  severity: 'medium',
  remedy: 'Add a test that fails without this change.',
  languages: 'all',
  async find(reading) {
    if (!hasTests(reading) || touchesTests(reading)) return [];
    const removed = new Set(reading.files.flatMap((source) => source.change.removed.map((line) => shapeOf(line.text))));
    const changed = [...sourcesOf(reading, 'all'), ...sourcesOf(reading, ['shell'], ['script'])]
      .filter(({ language, path }) => language.programs && language.name !== 'c' && !UNPROVEN.test(path))
      .map((source) => ({ source, statements: newStatements(source, removed), turns: turnsIn(source) }))
      .map((change) => (weightOf(change) === 0 ? { ...change, statements: reworded(change.source, removed) } : change));
    const [largest] = changed.sort((a, b) => weightOf(b) - weightOf(a));
    if (!largest || weightOf(largest) === 0) return [];
    const total = sum(changed.map(({ statements }) => statements.length));
    const [turn] = largest.turns;
    const small = total < 3 && turn === undefined;
    const line = largest.statements[0]?.number ?? turn ?? 0;
    const script = largest.source.role === 'script';
    const tested = (!small && !script) || hasOwnTest(largest.source.path, reading) || holdsTests(largest.source);
    if (!tested && !(await isNamedInTests(line, largest.source, reading))) return [];
    const hit: Hit = {
      file: largest.source.path,
      line,
      severity: !script && isGrave(changed, reading) ? 'medium' : 'low',
      message:
        total === 0
          ? 'A condition or a value changed and no test did'
          : `${total} line${total === 1 ? '' : 's'} of new behaviour and no test changed`,
      text: '',
    };
    return [hit];
  },
};

type Changed = { source: SourceFile; statements: SourceFile['added']; turns: number[] };

function weightOf({ statements, turns }: Changed): number {
  return statements.length + turns.length;
}

/** Much that is new where files have tests. What a few lines need no diff shows: they are told. */
function isGrave(changed: readonly Changed[], reading: Reading): boolean {
  const total = sum(changed.map(({ statements }) => statements.length));
  return total >= UNTESTED_LINES && areTestedHere(changed, reading);
}

/** At least half of the files beside the changed ones have tests of their own. */
function areTestedHere(changed: readonly Changed[], reading: Reading): boolean {
  const kinds = new Set(changed.map(({ source }) => posix.extname(source.path)));
  const tested = new Set<string>();
  for (const path of reading.paths)
    if (kinds.has(posix.extname(path)) && roleOf(path) === 'test') tested.add(bareStem(path));
  let [all, own] = [0, 0];
  for (const path of reading.paths) {
    if (!kinds.has(posix.extname(path)) || roleOf(path) !== 'product') continue;
    all += 1;
    if (tested.has(bareStem(path)) || changed.some(({ source }) => source.path === path && holdsTests(source)))
      own += 1;
  }
  return own >= all / 2;
}

/** Lines that say the same of the same names, with another operator, number or truth: a condition or a value turned. */
function turnsIn(source: SourceFile): number[] {
  return source.change.hunks.flatMap(({ lines }) => {
    const removed = lines.filter(({ kind, text }) => kind === 'removed' && isLogic(text)).map(({ text }) => text);
    return lines
      .filter(
        ({ kind, text, newLine }) =>
          kind === 'added' && isLogic(text) && !DECLARATION.test(text) && !source.isTestLine(newLine),
      )
      .filter(({ text }) => removed.some((old) => isTurned(old, text)))
      .map(({ newLine }) => newLine);
  });
}

function isLogic(text: string): boolean {
  return LOGIC.test(text) || /[\w)] [-+*/%<>] [\w(]/.test(text);
}

function isTurned(old: string, now: string): boolean {
  const [before, after] = [old, now].map((text) =>
    text
      .replace(/(?:\/\/|#).*$/, '')
      .replace(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/g, '""')
      .trim(),
  );
  if (before === undefined || after === undefined || before.replace(/[\s;,]/g, '') === after.replace(/[\s;,]/g, ''))
    return false;
  const names = (text: string) =>
    text
      .replace(/\b(?:true|false|True|False|not|and|or|is)\b|\b\d[\w.]*/g, '')
      .match(/[A-Za-z_$][\w$]*/g)
      ?.join(' ') ?? '';
  return names(before) === names(after) && names(before) !== '';
}

/** `tax.test.ts` for `tax.ts`, `test_tax.py`, `tax_test.go`, `TaxTest.java`. */
function hasOwnTest(path: string, reading: Reading): boolean {
  const stem = bareStem(path);
  if (/^(?:index|mod|lib|init|utils?|helpers?|common|types?)$/.test(stem)) return false;
  for (const other of reading.paths)
    if (other !== path && roleOf(other) === 'test' && bareStem(other) === stem) return true;
  return false;
}

function bareStem(path: string): string {
  return posix
    .basename(path)
    .replace(/\..*$/, '')
    .replace(/^test_|_tests?$|(?:Tests?|Spec|IT|TestCase)$/, '')
    .replace(/[_-]/g, '')
    .toLowerCase();
}

/** Rust keeps tests beside what they test. */
function holdsTests({ language, text }: SourceFile): boolean {
  return language.name === 'rust' && /#\[(?:cfg\(test\)|test)\]/.test(text);
}

function hasTests(reading: Reading): boolean {
  if (reading.files.some(holdsTests)) return true;
  for (const path of reading.paths)
    if (
      /(^|\/)(tests?|__tests__|spec)\/|[._-](test|spec)\.|_test\.|(^|\/)test_|Test\.(java|kt|cs)$/.test(path) &&
      !isLockFile(path)
    )
      return true;
  return false;
}

function touchesTests(reading: Reading): boolean {
  return [...reading.files, ...reading.generated].some(
    (source) =>
      source.role === 'test' ||
      source.path.endsWith('.snap') ||
      source.added.some((line) => source.isTestLine(line.number)) ||
      (source.language.name === 'rust' && source.added.some(({ raw }) => /^\s*\/\/[/!]\s*```/.test(raw))),
  );
}

/** Added statements that the change did not merely move or rename: their words are not among the removed ones. */
function newStatements(source: SourceFile, removed: ReadonlySet<string>): SourceFile['added'] {
  return source.added.filter(
    (line) =>
      line.startsIn === 'code' &&
      // Of a shell the braces of a function count too.
      (line.depth === 0 || source.language.blocks === 'none') &&
      LOGIC.test(line.code) &&
      !DECLARATION.test(line.code) &&
      !isOldHead(line.code, source) &&
      !source.isTestLine(line.number) &&
      !removed.has(shapeOf(line.raw)),
  );
}

const HEADER = /^\s*(?:export\s+)?(?:async\s+)?(?:def|func|fn|function)\s+(\w+)\s*\(/;

/** The head of a function that was there: with other types, or on lines of its own, it does the same. */
function isOldHead(text: string, { change }: SourceFile): boolean {
  const name = HEADER.exec(text)?.[1];
  return name !== undefined && change.removed.some((line) => HEADER.exec(line.text)?.[1] === name);
}

/** Where no statement is new: a part of one that asks or calls another thing than the line whose place it took. */
function reworded(source: SourceFile, removed: ReadonlySet<string>): SourceFile['added'] {
  const old = source.change.removed.filter(({ text }) => isLogic(text)).map(({ text }) => new Set(wordsOf(text)));
  return source.added.filter(
    (line) =>
      line.startsIn === 'code' &&
      /\b(?:and|or|not|if|is)\b|&&|\|\||[<>!=]=|\w\(/.test(line.code) &&
      !DECLARATION.test(line.code) &&
      !source.isTestLine(line.number) &&
      !removed.has(shapeOf(line.raw)) &&
      old.some((words) => wordsOf(line.code).filter((word) => words.has(word)).length >= 2),
  );
}

function wordsOf(text: string): string[] {
  return text.match(/[A-Za-z_$][\w$]{2,}/g) ?? [];
}

/** A line with every name replaced by one mark, so that a rename keeps its shape. */
function shapeOf(text: string): string {
  return text.replace(/[\w$]+/g, 'a').replace(/\s+/g, '');
}

/** Behaviour that no test follows. */
export const untestedRules: readonly Rule[] = [untested];
