import type { Language, LanguageName, Quote } from './language.ts';

/** What stands in for a character inside a string, so that columns stay and no rule matches there by accident. */
export const MASK = '·';

/** One line in the views that rules look at. All views but `comment` are as long as `raw`. */
export type SourceLine = {
  number: number;
  raw: string;
  /** Without comments, strings masked but for their quotes. */
  code: string;
  /** Without comments, strings kept. */
  text: string;
  /** What comments on this line say, without their marks. */
  comment: string;
  startsIn: 'code' | 'string' | 'comment';
  /** Brackets open at the start of the line, counted from the innermost brace where braces make blocks. */
  depth: number;
};

type Mode =
  | { kind: 'code'; braces: number[] }
  | { kind: 'comment'; open: string; close: string }
  | { kind: 'string'; quote: Quote }
  | { kind: 'heredoc'; end: string };

/** Splits a text into lines and tells code, strings and comments apart by the language's table. Linear in the text. */
export function lex(text: string, language: Language): SourceLine[] {
  const lines: SourceLine[] = [];
  const state: State = {
    language,
    marks: marksOf(language),
    stack: [{ kind: 'code', braces: [] }],
    depth: 0,
    heredoc: undefined,
    lines,
  };
  for (const [index, ended] of text.split('\n').entries()) {
    const raw = ended.endsWith('\r') ? ended.slice(0, -1) : ended;
    lines.push(lexLine(raw, index + 1, state));
  }
  if (lines.length > 1 && lines.at(-1)?.raw === '') lines.pop();
  return lines;
}

type State = {
  language: Language;
  /** Which characters are a bracket, or may begin a comment, a string or an oddity. */
  marks: Uint8Array;
  stack: Mode[];
  depth: number;
  heredoc: string | undefined;
  /** The lines so far. */
  lines: readonly SourceLine[];
};

const BRACKETS = '()[]{}';
const knownMarks = new Map<LanguageName, Uint8Array>();
/** Values of the table: nothing, a bracket, something to look at. */
const [PLAIN, BRACKET, MARK] = [0, 1, 2];

/** Most characters mean nothing to the lexer; the table leaps over them. */
function marksOf(language: Language): Uint8Array {
  const known = knownMarks.get(language.name);
  if (known) return known;
  const begins = [
    ...BRACKETS.split(''),
    ...language.lineComments,
    ...language.blockComments.map(([open]) => open),
    ...language.quotes.map(({ open }) => open),
    ...language.quirks.flatMap((quirk) => QUIRK_MARKS[quirk] ?? []),
  ];
  const marks = new Uint8Array(128);
  for (const begin of begins) marks[begin.charCodeAt(0)] = BRACKETS.includes(begin) ? BRACKET : MARK;
  knownMarks.set(language.name, marks);
  return marks;
}

const QUIRK_MARKS: Partial<Record<Language['quirks'][number], string>> = {
  regex: '/',
  lifetimes: "'",
  'raw-hash': '#',
  heredoc: '<',
  'hash-word': '\\',
};

/** Part of a line that no rule should take for code. */
type Span = { from: number; to: number; kind: 'string' | 'comment' };
type Out = { raw: string; spans: Span[]; comment: string };

function lexLine(raw: string, number: number, state: State): SourceLine {
  const out: Out = { raw, spans: [], comment: '' };
  const mode = top(state);
  const startsIn = mode.kind === 'heredoc' ? 'string' : mode.kind;
  const depth = state.depth;
  let at = mode.kind === 'code' ? plain(raw, 0, state) : 0;
  while (at < raw.length) at = step(raw, at, state, out);
  endLine(raw, state);
  return { number, raw, code: codeOf(out), text: textOf(out), comment: out.comment, startsIn, depth };
}

function codeOf({ raw, spans }: Out): string {
  return spans.length === 0 ? raw : covered(raw, spans);
}

function textOf({ raw, spans }: Out): string {
  if (spans.length === 0) return raw;
  const comments = spans.filter(({ kind }) => kind === 'comment');
  return comments.length === 0 ? raw : covered(raw, comments);
}

/** A line with its spans made blank, or masked where they are strings; as long as it was. */
function covered(raw: string, spans: readonly Span[]): string {
  let [text, at] = ['', 0];
  for (const { from, to, kind } of spans) {
    text += raw.slice(at, from) + (kind === 'string' ? MASK : ' ').repeat(to - from);
    at = to;
  }
  return text + raw.slice(at);
}

function top(state: State): Mode {
  return state.stack[state.stack.length - 1] ?? { kind: 'code', braces: [] };
}

function step(raw: string, at: number, state: State, out: Out): number {
  const mode = top(state);
  switch (mode.kind) {
    case 'code':
      return stepCode(raw, at, state, out);
    case 'comment': {
      const found = raw.indexOf(mode.close, at);
      const nested = state.language.quirks.includes('nested-comments') ? raw.indexOf(mode.open, at) : -1;
      if (nested !== -1 && (found === -1 || nested < found)) {
        state.stack.push(mode);
        return blank(out, at, nested + mode.open.length);
      }
      const end = found === -1 ? raw.length : found + mode.close.length;
      if (found !== -1) state.stack.pop();
      out.comment += `${raw.slice(at, found === -1 ? raw.length : found)} `;
      return blank(out, at, end);
    }
    case 'heredoc':
      return string(raw, at, raw.length, out);
    case 'string':
      return stepString(raw, at, mode.quote, { state, out });
    default:
      throw new Error(`no such mode: ${JSON.stringify(mode satisfies never)}`);
  }
}

function stepString(raw: string, at: number, quote: Quote, { state, out }: { state: State; out: Out }): number {
  const [close, escapes] = [quote.close.charCodeAt(0), quote.escapes !== false];
  let end = at;
  while (end < raw.length) {
    const char = raw.charCodeAt(end);
    if (escapes && char === BACKSLASH) end += 2;
    else if (char === close && raw.startsWith(quote.close, end)) {
      string(raw, at, end, out);
      state.stack.pop();
      return end + quote.close.length;
    } else if (quote.interpolates && char === DOLLAR && raw[end + 1] === '{') {
      string(raw, at, end, out);
      state.stack.push({ kind: 'code', braces: [] });
      return end + 2;
    } else end += 1;
  }
  return string(raw, at, raw.length, out);
}

const [BACKSLASH, DOLLAR] = [92, 36];

/** Where the code stops that needs no second look; brackets on the way are counted. */
function plain(raw: string, from: number, state: State): number {
  const { marks } = state;
  for (let at = from; at < raw.length; at += 1) {
    const mark = marks[raw.charCodeAt(at)] ?? PLAIN;
    if (mark === MARK) return at;
    if (mark === BRACKET && count(raw[at] ?? '', state) === 'left') return at + 1;
  }
  return raw.length;
}

function stepCode(raw: string, at: number, state: State, out: Out): number {
  const { language } = state;
  const to = plain(raw, at, state);
  if (to > at) return to;
  const comment = language.lineComments.find((mark) => raw.startsWith(mark, at));
  if (comment !== undefined && opensComment(raw, at, language)) {
    out.comment += raw.slice(at + comment.length);
    return blank(out, at, raw.length);
  }
  const block = language.blockComments.find(([open]) => raw.startsWith(open, at));
  if (block) {
    state.stack.push({ kind: 'comment', open: block[0], close: block[1] });
    return blank(out, at, at + block[0].length);
  }
  const special = quirk(raw, at, state, out);
  if (special !== undefined) return special;
  const quote = language.quotes.find(({ open }) => raw.startsWith(open, at));
  if (quote && opensString(raw, at, language)) {
    state.stack.push({ kind: 'string', quote });
    return at + quote.open.length;
  }
  return at + 1;
}

/** Brackets, and the brace that ends an interpolation: then the code is left for the string around it. */
function count(char: string, state: State): 'left' | undefined {
  const nests = state.language.blocks === 'braces';
  if (char === '(' || char === '[' || (char === '{' && !nests)) state.depth += 1;
  else if (char === ')' || char === ']' || (char === '}' && !nests)) state.depth = Math.max(0, state.depth - 1);
  else {
    const mode = top(state);
    if (mode.kind !== 'code') return undefined;
    if (char === '{') {
      mode.braces.push(state.depth);
      state.depth = 0;
    } else if (mode.braces.length === 0 && state.stack.length > 1) {
      state.stack.pop();
      return 'left';
    } else state.depth = mode.braces.pop() ?? 0;
  }
  return undefined;
}

function opensComment(raw: string, at: number, language: Language): boolean {
  if (language.quirks.includes('line-start')) return raw.slice(0, at).trim() === '';
  return !language.quirks.includes('hash-word') || at === 0 || /[\s;(]/.test(raw[at - 1] ?? '');
}

function opensString(raw: string, at: number, language: Language): boolean {
  return !language.quirks.includes('value-quotes') || /(^|[:\-[,{(=!|?>])\s*$/.test(raw.slice(0, at));
}

function quirk(raw: string, at: number, state: State, out: Out): number | undefined {
  const { quirks } = state.language;
  const rest = (length: number) => raw.slice(at, at + length);
  if (quirks.includes('regex') && raw[at] === '/' && mayOpenPattern(covered(raw.slice(0, at), out.spans), state)) {
    const pattern = /^\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*/.exec(rest(1_000))?.[0];
    if (pattern === undefined) return undefined;
    const end = at + pattern.lastIndexOf('/');
    string(raw, at + 1, end, out);
    return at + pattern.length;
  }
  if (quirks.includes('lifetimes') && raw[at] === "'") {
    const literal = /^'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'/su.exec(rest(16))?.[0];
    if (literal === undefined) return at + 1;
    string(raw, at + 1, at + literal.length - 1, out);
    return at + literal.length;
  }
  if (quirks.includes('raw-hash') && /(?:^|\W)[bc]?r$/.test(raw.slice(Math.max(0, at - 3), at))) {
    const open = /^(#*)"/.exec(rest(40));
    if (!open) return undefined;
    state.stack.push({
      kind: 'string',
      quote: { open: open[0], close: `"${open[1]}`, multiline: true, escapes: false },
    });
    return at + open[0].length;
  }
  if (quirks.includes('heredoc') && raw.startsWith('<<', at)) {
    const open = /^<<[-~]?\s*(["']?)([A-Za-z_]\w*)\1/.exec(rest(80));
    if (!open || raw[at + 2] === '<') return undefined;
    state.heredoc = open[2];
    return at + open[0].length;
  }
  if (quirks.includes('hash-word') && raw[at] === '\\') return Math.min(raw.length, at + 2);
  return undefined;
}

/** Whether `/` opens a pattern, by the last thing of code before it. */
function mayOpenPattern(code: string, { lines }: State): boolean {
  let before = code.trimEnd();
  for (let index = lines.length - 1; before === '' && index >= 0; index -= 1)
    before = lines[index]?.code.trimEnd() ?? '';
  const last = /[\w$]+$/.exec(before.slice(-40))?.[0] ?? before.at(-1) ?? '';
  return (
    last === '' ||
    /^([(,=:[!&|?{};+\-*%<>~^]|return|typeof|case|in|of|delete|void|throw|await|yield|else|do)$/.test(last)
  );
}

function endLine(raw: string, state: State): void {
  const mode = top(state);
  if (mode.kind === 'heredoc' && raw.trim() === mode.end) state.stack.pop();
  const continued = raw.endsWith('\\') && mode.kind === 'string';
  if (mode.kind === 'string' && !mode.quote.multiline && !continued) state.stack.pop();
  if (state.heredoc !== undefined) {
    state.stack.push({ kind: 'heredoc', end: state.heredoc });
    state.heredoc = undefined;
  }
}

function string(raw: string, from: number, to: number, out: Out): number {
  if (from < raw.length && to > from) out.spans.push({ from, to: Math.min(to, raw.length), kind: 'string' });
  return to;
}

function blank(out: Out, from: number, to: number): number {
  if (to > from) out.spans.push({ from, to, kind: 'comment' });
  return to;
}
