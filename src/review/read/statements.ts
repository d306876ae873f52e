import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';

/** A statement that may span lines, as one text: what continues a line is set behind it with one space between. */
export type Statement = { start: number; end: number; code: string; text: string; lineAt: (index: number) => number };

const LONGEST = 16;
/** The line goes on: an operator or an opening bracket waits for its other side. */
const OPEN_END = /(?:[([,=+\-*/%&|?:.\\]|=>|->|\b(?:return|await|and|or|in|not))$/;
const CONTINUES = /^(?:\.(?!\.)|\?\.|[+*/%&|?:](?!\+)|-(?!-)|[)\],;]|and\b|or\b|in\b|instanceof\b)/;
/** Here a block begins, which is no part of the statement. */
const BLOCK = /(?:[)\w]|=>|->|\|)\s*\{$|\bfunc\b.*\{$/;

/** The statement around a line, at most sixteen lines of it. */
export function statementAt(number: number, source: SourceFile): Statement {
  const read = known.get(source) ?? [];
  known.set(source, read);
  return (read[number] ??= statementFrom(number, source, read));
}

/** Many rules ask for the same statement, and for it by each of its lines. */
const known = new WeakMap<SourceFile, Statement[]>();

function statementFrom(number: number, source: SourceFile, read: Statement[]): Statement {
  let start = number;
  while (start > number - LONGEST && goesOn(source.lineAt(start - 1), source.lineAt(start), source)) start -= 1;
  let end = number;
  while (end < start + LONGEST && goesOn(source.lineAt(end), source.lineAt(end + 1), source)) end += 1;
  const statement = joined(start, end, source);
  if (end - start < LONGEST) for (let line = start; line <= end; line += 1) read[line] = statement;
  return statement;
}

function goesOn(line: SourceLine | undefined, next: SourceLine | undefined, source: SourceFile): boolean {
  if (!line || !next) return false;
  if (next.startsIn === 'string') return true;
  if (source.language.blocks === 'none') return line.raw.trimEnd().endsWith('\\');
  const [code, following] = [line.code.trimEnd(), next.code.trimStart()];
  if (code === '' || following === '') return false;
  if (source.language.blocks === 'indent') return next.depth > 0 || code.endsWith('\\');
  const opens = code.endsWith('{');
  if (opens && BLOCK.test(code)) return false;
  if (next.depth > 0) return true;
  if (/[;}]$/.test(code) && !/^[)\]]/.test(following)) return following.startsWith('.');
  return opens || OPEN_END.test(code) || CONTINUES.test(following);
}

function joined(start: number, end: number, source: SourceFile): Statement {
  let [code, text] = ['', ''];
  const starts: number[] = [];
  for (let number = start; number <= end; number += 1) {
    const line = source.lineAt(number);
    const indent = number === start ? 0 : Math.max(0, line?.raw.search(/\S/) ?? 0);
    starts.push(code.length);
    code += `${line?.code.slice(indent) ?? ''} `;
    text += `${line?.text.slice(indent) ?? ''} `;
  }
  const lineAt = (index: number) => start + starts.findLastIndex((from) => from <= index);
  return { start, end, code, text, lineAt };
}
