import type { Block } from '../read/blocks.ts';
import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { collectionLoop } from '../read/loops.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const WHOLE =
  /\breadFile(?:Sync)?\(|\bos\.ReadFile\(|\bioutil\.ReadFile\(|\bio\.ReadAll\(|\bread_to_string\(|\bFiles\.(?:readString|readAllLines|readAllBytes)\(|\.read_text\(|\.read\(\)/;
const BY_LINE =
  /\.split\(\s*(['"`])\\(?:r\?\\)?n|\.split\(\s*\/\\r\?\\n|\.lines\(\)|\.splitlines\(\)|\bstrings\.Split\([^,]+, "\\n"|\bbytes\.(?:Split|Count)\(|\breadAllLines\b.*\.stream\(\)|\bNewScanner\(/;
const wholes = linesLike(WHOLE);

/** A file is taken into memory whole, and then gone through line by line. */
const wholeForLines: Rule = {
  id: 'performance/unbounded-read',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Read it line by line.',
  languages: [...SCRIPTS, 'python', 'go', 'rust', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, wholeForLines.languages))
      for (const line of wholes(source)) {
        if (!WHOLE.test(line.code) || source.isTestLine(line.number)) continue;
        const near = [0, 1, 2, 3, 4].map((step) => source.lineAt(line.number + step)?.text ?? '').join('\n');
        if (BY_LINE.test(near))
          yield {
            file: source.path,
            line: line.number,
            message: `All of it is read into memory and then gone through by lines: \`${shorten(line.code)}\``,
          } satisfies Hit;
      }
  },
};

const lines: Rule[] = [
  lineRule({
    id: 'performance/copy-in-loop',
    severity: 'medium',
    languages: ['python'],
    pattern: /\bsum\(\s*[^(),]+(?:\([^()]*\))?\s*,\s*\[\]\s*\)/,
    message: 'Everything joined so far is copied for each list: `$&`',
    remedy: 'Use itertools.chain.',
  }),
  lineRule({
    id: 'performance/nested-search',
    severity: 'low',
    languages: ['java'],
    pattern: /(?<![\w.])(\w+)\.get\(\s*(\w+)\s*\)/,
    unless: (line, source) => {
      const [, map = '', key = ''] = /(?<![\w.])(\w+)\.get\(\s*(\w+)\s*\)/.exec(line.code) ?? [];
      return !new RegExp(`\\b${key} : ${map}\\.keySet\\(\\)`).test(collectionLoop(line, source)?.header ?? '');
    },
    message: 'Each value is searched for by its key: `$&`',
    remedy: 'Go through entrySet.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /(?<![\w.])(?:window\.)?setInterval\(/,
    unless: (line, source) =>
      /clearInterval|\.unref\(\)|\bsignal\b/.test(source.text) ||
      source.blocks().around(line.number).length === 0 ||
      /\b(?:return|=)\s*(?:window\.)?setInterval/.test(line.code),
    message: 'Each call starts a timer that nobody can stop',
    remedy: 'Keep the timer and clear it.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['java', 'kotlin', 'python', 'rust'],
    pattern: /\bnew Thread\(|\bthreading\.Thread\(|\bthread::spawn\(/,
    unless: (line, source) => !collectionLoop(line, source),
    message: 'One thread for each element, however many there are',
    remedy: 'Give them to a pool of a fixed size.',
  }),
];

const TWICE =
  /\b(?:return|=>|=)?\s*(?:self\.|this\.)?(\w+)\([^()]*-\s*\d+\)\s*[+*]\s*(?:self\.|this\.)?\1\([^()]*-\s*\d+\)/;
const SMALLER = /-\s*\d+\)\s*[+*]/;
const twices = linesLike(SMALLER);

/** A function that calls itself twice for the same smaller problems. */
const doubled: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Keep the answers, or go up step by step.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const line of source.language.programs ? twices(source) : []) {
        const name = SMALLER.test(line.code) ? TWICE.exec(line.code)?.[1] : undefined;
        const fn = name === undefined ? undefined : functionAround({ line: line.number, source });
        if (name === undefined || !fn || !new RegExp(`\\b${name}\\b`).test(fn.header)) continue;
        const above = [1, 2].map((back) => source.lineAt(fn.start - back)?.code ?? '').join(' ');
        const body = source.lines.slice(fn.open, fn.end).map(({ code }) => code);
        if (/cache|memo/i.test(above + body.join(' '))) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${name}\` works the same out again and again`,
        } satisfies Hit;
      }
  },
};

const COMPARED = /={2,3}|\.equals\(|\bEqual\(/;

/** Each element of one list is held against each of another. */
const crossed: Rule = {
  id: 'performance/nested-search',
  severity: 'low',
  remedy: 'Put the inner list into a map by what is compared, before the loop.',
  languages: [...SCRIPTS, 'python', 'go', 'rust', 'java'] as readonly LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, crossed.languages))
      for (const block of source.blocks().all) {
        if (block.kind !== 'loop' || !source.isAdded(block.start) || source.isTestLine(block.start)) continue;
        const outer = block.parent?.kind === 'loop' ? block.parent : undefined;
        const [inner, around] = [turnOf(block), outer && turnOf(outer)];
        if (!inner || !around || new RegExp(`(?<![\\w.])${around.element}(?![\\w])`).test(inner.list)) continue;
        const asks = source.lines
          .slice(block.open, Math.min(block.open + 3, block.end))
          .find(({ code }) => /\bif\b/.test(code) && COMPARED.test(code));
        if (asks && [inner.element, around.element].every((name) => new RegExp(`\\b${name}\\b`).test(asks.code)))
          yield {
            file: source.path,
            line: block.start,
            message: `\`${shorten(inner.list)}\` is walked once for each element of \`${shorten(around.list)}\``,
          } satisfies Hit;
      }
  },
};

/** What a loop gives each turn, and what it goes through. */
function turnOf({ header }: Block): { element: string; list: string } | undefined {
  const match =
    /^for \(?\s*(?:(?:const|let|var|final)\s+)?(?:[\w<>[\], .]+\s)?&?(\w+)\s*(?:\b(?:of|in)\b|:(?!=)|:= range\b)\s*&?(?:mut )?([\w$.]+(?:\(\))?)\s*\)?\s*$/.exec(
      header,
    );
  return match?.[1] !== undefined && match[2] !== undefined ? { element: match[1], list: match[2] } : undefined;
}

/** Work that grows faster than what it is done to, or is started and left alone. */
export const costlyRules: readonly Rule[] = [wholeForLines, ...lines, doubled, crossed];
