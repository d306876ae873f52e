import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const REMEDY = 'Say what happens when there is none.';

/** What a search returns may be nothing; whoever reads from it at once does not ask. */
const searchResult: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'medium',
  remedy: REMEDY,
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      for (const line of searches(source)) {
        const found = source.isTestLine(line.number) ? undefined : readFromSearch(line);
        if (found === undefined || isAsked(line, source)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${found}\` may find nothing, and its result is read at once`,
        } satisfies Hit;
      }
    }
  },
};

const SEARCH = /(?<![$\w]\))\.(find|match|exec)\(/g;
const searches = linesLike(SEARCH);

function readFromSearch({ code, text }: SourceLine): string | undefined {
  for (const match of code.matchAll(SEARCH)) {
    const open = match.index + match[0].length - 1;
    const close = closingOf(code, open);
    if (close === -1) continue;
    const after = code.slice(close + 1);
    const searched = code.slice(open + 1, close);
    if (match[1] === 'find' && /=>|\bfunction\b/.test(searched) && /^(?:\.(?!\.)[A-Za-z_$]|\[)/.test(after))
      return shorten(text.slice(match.index, close + 1));
    if (match[1] !== 'find' && /^\[\s*\d/.test(after)) return shorten(text.slice(match.index, close + 1));
  }
  return undefined;
}

/** Where a bracket closes on its own line; -1 if it does not. */
function closingOf(code: string, open: number): number {
  let depth = 0;
  for (let at = open; at < code.length; at += 1) {
    if ('([{'.includes(code[at] ?? '')) depth += 1;
    else if (')]}'.includes(code[at] ?? '') && (depth -= 1) === 0) return at;
  }
  return -1;
}

/** Something nearby asked first whether there is a match. */
function isAsked(line: SourceLine, source: SourceFile): boolean {
  const above = [0, 1, 2, 3].map((back) => source.lineAt(line.number - back)?.code ?? '').join('\n');
  return /\.(?:test|some|has|includes|match|startsWith)\(|\bassert/.test(above.replace(SEARCH, ''));
}

const unasked: Rule[] = [
  lineRule({
    id: 'code/missing-result',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /\b(?:re\.(?:match|search|fullmatch)|\w*(?:_re|RE|regex|pattern|PATTERN)\.(?:match|search|fullmatch))\((?:[^()]|\([^()]*\))*\)\.(?:group|groups|start|end|span|groupdict)\(|\bos\.(?:environ\.get|getenv)\(\s*['"]·*['"]\s*\)[.[]|\b(?:int|float)\(\s*os\.(?:environ\.get|getenv)\(\s*['"]·*['"]\s*\)\s*\)|\bshutil\.which\([^()]*\)\./,
    // Who silences the checker of types there has thought of it.
    unless: ({ comment }) => /\btype: ignore\[[^\]]*union-attr/.test(comment),
    message: 'There may be no match: `$&`',
    remedy: REMEDY,
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'medium',
    languages: ['python'],
    view: 'text',
    pattern: /(?<!session|client|requests|http|httpx|api|app)\.get\(\s*(['"])[\w-]+\1\s*\)(?:\.\w|\[)/,
    message: 'There may be no such key: `$&`',
    remedy: REMEDY,
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'medium',
    languages: SCRIPTS,
    pattern:
      /\bprocess\.env\.[A-Z]\w*\.(?:split|trim|toLowerCase|toUpperCase|replace\w*|startsWith|endsWith|includes|slice|match)\(/,
    unless: ({ code }, source) =>
      new RegExp(
        `${/process\.env\.\w+/.exec(code)?.[0].replaceAll('.', '\\.') ?? '$^'}\\s*(?:\\?|&&|\\|\\||[!=]==?|\\))`,
      ).test(source.text),
    message: 'The environment may not have it: `$&`',
    remedy: REMEDY,
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'low',
    languages: [...SCRIPTS, 'python'],
    pattern:
      /\.filter\((?:[^()]|\([^()]*\))*\)(?:\[0\]|\.(?:pop|shift)\(\))\.\w|\[\w+ for [^\]]* if [^\]]*\]\[0\]|\blist\(filter\((?:[^()]|\([^()]*\))*\)\)\[0\]|\.fetchone\(\)\[|\.split\(\s*(?:['"]·*['"]|\/[^/]+\/)\s*\)\[[1-9]\](?:\.\w|\)?\s*;?\s*$)/,
    message: 'There may be none: `$&`',
    remedy: REMEDY,
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'medium',
    languages: ['java', 'kotlin'],
    pattern: /\.(?:findFirst|findAny|findById|findOne|max|min)\((?:[^()]|\([^()]*\))*\)\.get\(\)/,
    message: 'There may be none: `$&`',
    remedy: 'Use orElseThrow, orElse or ifPresent.',
  }),
];

/** `r, err := f()` and then `r` before `err`. */
const unchecked: Rule = {
  id: 'code/unchecked-result',
  severity: 'high',
  remedy: 'Look at the error first: on failure there is no result.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go'], ['product', 'script'])) {
      for (const line of source.lines) {
        const name = /^\s*(\w+), err :?= .*[)}]\s*$/.exec(line.code)?.[1];
        if (name === undefined || name === '_' || line.startsIn !== 'code') continue;
        const next = following(line.number, source);
        if (!next || !(source.isAdded(line.number) || source.isAdded(next.number)) || /\berr\b/.test(next.code))
          continue;
        if (new RegExp(`(?<![\\w.])${name}\\.\\w`).test(next.code) && !/^\s*\/\//.test(next.raw))
          yield {
            file: source.path,
            line: next.number,
            message: `\`${name}\` is used before its error is looked at`,
          } satisfies Hit;
      }
    }
  },
};

function following(number: number, source: SourceFile): SourceLine | undefined {
  for (let at = number + 1; at <= number + 4; at += 1) {
    const line = source.lineAt(at);
    if (line && line.code.trim() !== '') return line;
  }
  return undefined;
}

/** A parameter whose default is nothing, read from without a question. */
const defaultNone: Rule = {
  id: 'code/missing-default',
  severity: 'medium',
  remedy: REMEDY,
  languages: ['python', 'javascript'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'javascript'])) {
      for (const block of source.blocks().all) {
        if (block.kind !== 'function') continue;
        for (const [, name = ''] of block.header.matchAll(/[(,]\s*(\w+)(?:\s*:[^=,]+)?\s*=\s*(?:None|null)\b/g)) {
          const word = new RegExp(`(?<![\\w.])${name}(?!\\w)`);
          let first: SourceLine | undefined;
          for (let at = block.open + 1; at <= block.end && !first; at += 1) {
            const line = source.lineAt(at);
            if (line && word.test(line.code)) first = line;
          }
          const bare = first && new RegExp(`(?<![\\w.])${name}(?:\\.\\w|\\[)`).test(first.code);
          if (!first || !bare || !source.isAdded(first.number)) continue;
          if (new RegExp(`\\b(?:if|not|and|or|is|in|assert|isinstance)\\b|\\?|&&|\\|\\||${name}\\s*=`).test(first.code))
            continue;
          yield {
            file: source.path,
            line: first.number,
            message: `\`${name}\` is nothing unless the caller gives it, and is read without asking`,
          } satisfies Hit;
        }
      }
    }
  },
};

/** Values that may not be there and are used as if they were. */
export const missingRules: readonly Rule[] = [searchResult, ...unasked, unchecked, defaultNone];
