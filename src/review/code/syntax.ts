import { stripTypeScriptTypes } from 'node:module';
import { parseAllDocuments } from 'yaml';
import { findBreak } from '../read/grammar.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { lex, type SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

type Fault = { line: number; what: string };

/** Languages in which every bracket that the lexer sees must be closed. */
const BRACKETED: readonly LanguageName[] = [
  'go',
  'rust',
  'java',
  'kotlin',
  'csharp',
  'python',
  'swift',
  'javascript',
  'typescript',
];
/** JSON with comments, by what their readers allow. */
const LENIENT_JSON =
  /(^|\/)(tsconfig|jsconfig|\.eslintrc|\.swcrc|\.babelrc|devcontainer|launch|settings|tasks|extensions|api-extractor|turbo|wrangler|deno|angular|nx|project)[^/]*\.json$|\.vscode\/|\.(jsonc|json5)$|\.code-workspace$/;
const YAML_CHARS = 300_000;

/** What cannot be parsed now and could be before. */
export const syntaxRule: Rule = {
  id: 'code/syntax',
  severity: 'high',
  remedy: 'Make the file parse again.',
  languages: 'all',
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, 'all', ['product', 'test', 'script', 'data'])) {
      if (source.partial || source.change.status === 'deleted' || isBrokenOnPurpose(source)) continue;
      const left = moreOpen(source);
      if (left) {
        hits.push({ file: source.path, line: left.line, message: left.what, text: left.what });
        continue;
      }
      const fault = await faultOf(source, source.text);
      if (!fault || (source.oldText !== undefined && (await faultOf(source, source.oldText)))) continue;
      hits.push({ file: source.path, line: nearest(fault.line, source), message: fault.what, text: fault.what });
    }
    return hits;
  },
};

/** A script whose words the lexer does not read aright is judged by what the change leaves open beyond what was. */
function moreOpen(source: SourceFile): Fault | undefined {
  const { language, lines, oldText } = source;
  if (language.name !== 'shell' || oldText === undefined) return undefined;
  const [now, before] = [openInShell(lines), openInShell(lex(oldText, language))];
  return now.length > before.length ? now.find(({ line }) => source.isAdded(line)) : undefined;
}

/** Fixtures of a parser's tests are often broken, and templates are no files of their language yet. */
function isBrokenOnPurpose(source: SourceFile): boolean {
  const { path } = source;
  if (/(^|\/)(fixtures?|__fixtures__|testdata|test-data|templates?|corpus|conformance|parsing)\//i.test(path))
    return true;
  if (/\.(tmpl|tpl|hbs|ejs|j2|jinja2?|dot|mustache|njk|liquid|erb)\./i.test(path)) return true;
  return ['yaml', 'json'].includes(source.language.name) && /(?<!\$)\{\{|\{%|<%/.test(source.text);
}

async function faultOf(source: SourceFile, text: string): Promise<Fault | undefined> {
  const { name } = source.language;
  if (name === 'json') return LENIENT_JSON.test(source.path) ? undefined : jsonFault(text);
  if (name === 'yaml') return yamlFault(text);
  if (name === 'dockerfile') return dockerFault(text);
  const isNew = text === source.text;
  const lines = isNew ? source.lines : lex(text, source.language);
  const script = SCRIPTS.some((other) => other === name);
  const bracket = !BRACKETED.includes(name) || (script && !isUneven(text)) ? undefined : bracketFault(lines);
  const line = await (isNew ? source.broken : findBreak(text, name));
  if (name === 'shell' && (line === undefined || COMMAND_IN_TEST.test(lines[line - 1]?.code ?? ''))) return undefined;
  const fragment = name === 'shell' && !text.startsWith('#!');
  const broken = line === undefined || fragment ? undefined : { line, what: 'The file no longer parses here' };
  if (!script) return bracket ?? OWN_FAULTS[name]?.(lines) ?? broken;
  const suspect = broken ?? danglingOperator(lines) ?? (isNew ? openGeneric(source) : undefined);
  return suspect && isRefusedByNode(text, name) ? suspect : bracket;
}

/** `[ ! name … ]` runs the program `[` with whatever words: the grammar wants a comparison, the shell does not. */
const COMMAND_IN_TEST = /^\s*(?:(?:if|elif|while|until)\s+)?\[ (?!-).*\](?:\s*;\s*(?:then|do))?\s*$/;

/** Where the grammars forgive what the language does not. */
const OWN_FAULTS: Partial<Record<LanguageName, (lines: readonly SourceLine[]) => Fault | undefined>> = {
  python: pythonFault,
  shell: shellFault,
};

function danglingOperator(lines: readonly SourceLine[]): Fault | undefined {
  const found = lines.find(({ code }) => mayDangle(code) && /(?:(?<!\+)\+|(?<!-)-|[*%=&|?])\s*;/.test(code));
  return found && { line: found.number, what: 'An operator lacks its right side' };
}

/** `new Map<string, number(…)` reads as a comparison to the grammar. */
function openGeneric({ added, language, oldText = '' }: SourceFile): Fault | undefined {
  const found =
    language.name === 'typescript'
      ? added.find(({ code }) => /[\w.]<[\w\s,.|[\]'"·]*[({](?!.*>)/.test(code))
      : undefined;
  return found && !isRefusedByNode(oldText, language.name)
    ? { line: found.number, what: 'The file no longer parses here' }
    : undefined;
}

/** A sign before a semicolon, which few lines have. */
function mayDangle(code: string): boolean {
  for (let at = code.indexOf(';'); at !== -1; at = code.indexOf(';', at + 1)) {
    let before = at - 1;
    while (before >= 0 && code.charCodeAt(before) === 32) before -= 1;
    if ('+-*%=&|?'.includes(code[before] ?? ' ')) return true;
  }
  return false;
}

/** `if` without `fi`, `case` without `esac`, `do` without `done`. */
function openInShell(lines: readonly SourceLine[]): Fault[] {
  const open: { end: string; line: number }[] = [];
  for (const line of lines) {
    if (line.startsIn !== 'code') continue;
    for (const [, word = ''] of line.code.matchAll(
      /(?:^|[;&|(]|\b(?:then|else|do)\s)\s*(if|fi|case|esac|do|done)(?=[\s;)&|]|$)/g,
    )) {
      const end = SHELL_ENDS[word];
      if (end !== undefined) open.push({ end, line: line.number });
      else if (open.at(-1)?.end === word) open.pop();
    }
  }
  return open.map(({ end, line }) => ({ line, what: `The block is never closed by \`${end}\`` }));
}

function shellFault(lines: readonly SourceLine[]): Fault | undefined {
  return openInShell(lines).at(-1);
}

const SHELL_ENDS: Record<string, string> = { if: 'fi', case: 'esac', do: 'done' };

/** The grammar lags behind the language; Node's own parser has the last word, but reads no JSX and expects a module. */
function isRefusedByNode(text: string, name: LanguageName): boolean {
  if (name === 'tsx') return true;
  try {
    stripTypeScriptTypes(text.replace(/^#!.*/, ''));
    return false;
  } catch (error) {
    // What it only cannot strip, such as an enum, it has read.
    return (error as NodeJS.ErrnoException).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
  }
}

/** The lexer guesses where patterns begin: an odd bracket is believed only if the bare count is odd too. */
function isUneven(text: string): boolean {
  let [braces, rounds] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 123) braces += 1;
    else if (char === 125) braces -= 1;
    else if (char === 40) rounds += 1;
    else if (char === 41) rounds -= 1;
  }
  return braces !== 0 || rounds !== 0;
}

function jsonFault(text: string): Fault | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return undefined;
  } catch (error) {
    const message = (error as Error).message;
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    return { line: text.slice(0, position).split('\n').length, what: 'The file is no valid JSON' };
  }
}

function yamlFault(text: string): Fault | undefined {
  if (text.length > YAML_CHARS) return undefined;
  const documents = parseAllDocuments(text, { uniqueKeys: true, logLevel: 'silent', customTags: [] });
  const error = ('empty' in documents ? [] : documents).flatMap((document) => document.errors)[0];
  if (!error)
    return (
      (text.includes('*') ? aliasFault(text) : undefined) ?? (text.includes('${{') ? expressionFault(text) : undefined)
    );
  return (
    error && {
      line: error.linePos?.[0].line ?? 1,
      what: `The file is no valid YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
    }
  );
}

/** An expression of a workflow that is opened and not closed on its line. */
function expressionFault(text: string): Fault | undefined {
  const at = text
    .split('\n')
    .findIndex(
      (line) =>
        line.split('${{').length > line.split('}}').length &&
        !/^\s*#/.test(line) &&
        !/^\s*\$\{\{\s*$/.test(line) &&
        /\$\{\{[^}]*\}?\s*["']?\s*$/.test(line) &&
        !/\$\{\{[^}]*(?:&&|\|\||\()\s*$/.test(line),
    );
  return at === -1 ? undefined : { line: at + 1, what: 'The expression is never closed by `}}`' };
}

/** `*name` where no `&name` stands. */
function aliasFault(text: string): Fault | undefined {
  const anchors = new Set([...text.matchAll(/(?:^|[\s[,])&([\w-]+)/gm)].map(([, name]) => name));
  for (const [index, line] of text.split('\n').entries()) {
    const name = /^[^#'"]*?(?::|-)\s+\*([A-Za-z][\w-]*)\s*(?:#.*)?$/.exec(line)?.[1];
    if (name !== undefined && !anchors.has(name)) return { line: index + 1, what: `Nothing is called \`&${name}\`` };
  }
  return undefined;
}

const INSTRUCTIONS =
  /^(?:FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)(?=\s|$)/i;

/** A line that is no instruction, outside of continued lines and here-documents, or an image that begins with none. */
function dockerFault(text: string): Fault | undefined {
  let [continued, end, began] = [false, '', false];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (end !== '') {
      if (line === end) end = '';
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    const word = /^\S+/.exec(line)?.[0] ?? '';
    if (!continued && !INSTRUCTIONS.test(line))
      return /[{%]/.test(word) ? undefined : { line: index + 1, what: `\`${word}\` is no instruction of a Dockerfile` };
    if (!continued && !began && !/^(?:FROM|ARG)\b/i.test(line))
      return { line: index + 1, what: 'A Dockerfile begins with FROM' };
    began = true;
    const lacking = continued ? undefined : lackingIn(line);
    if (lacking !== undefined) return { line: index + 1, what: lacking };
    continued = /[\\`]$/.test(line);
    end = /<<-?\s*["']?(\w+)["']?/.exec(line)?.[1] ?? '';
  }
  return undefined;
}

/** What an instruction needs and has not. */
function lackingIn(line: string): string | undefined {
  const [word = '', ...rest] = line.split(/\s+/);
  const given = rest.filter((part) => !part.startsWith('--'));
  const name = word.toUpperCase();
  if (given.length === 0) return `\`${name}\` says nothing`;
  if (/[\\`]$/.test(line) || line.includes('<<')) return undefined;
  if (!given[0]?.startsWith('[') && (name === 'COPY' || name === 'ADD') && given.length < 2)
    return `\`${name}\` needs a source and a place`;
  if (name !== 'RUN' && /^\[\s*'/.test(given.join(' ')))
    return 'The list needs double quotes: in single ones it is read by a shell';
  return name === 'EXPOSE' && given.some((port) => !/^\$|^\d+(?:-\d+)?(?:\/\w+)?$/.test(port))
    ? 'A port is a number'
    : undefined;
}

const PAIRS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

function bracketFault(lines: readonly SourceLine[]): Fault | undefined {
  const open: { mark: string; line: number }[] = [];
  for (const line of lines) {
    for (const mark of line.code.match(/[()[\]{}]/g) ?? []) {
      const wanted = PAIRS[mark];
      if (wanted === undefined) open.push({ mark, line: line.number });
      else if (open.pop()?.mark !== wanted)
        return { line: line.number, what: `\`${mark}\` closes nothing that is open` };
    }
  }
  const last = open.at(-1);
  return last && { line: last.line, what: `\`${last.mark}\` is never closed` };
}

const HEADER = /^\s*(?:async\s+)?(def|class|if|elif|else|for|while|try|except|finally|with)\b/;

/** A header without its colon, and a header without a deeper body: the grammar allows neither. */
function pythonFault(lines: readonly SourceLine[]): Fault | undefined {
  let statement: { text: string; line: number; indent: number } | undefined;
  let bodyOf: { line: number; indent: number } | undefined;
  // Where the last statement stands that opens no block; -1 if it may go on.
  let plain = -1;
  for (const line of lines) {
    if (line.startsIn === 'string' || line.code.trim() === '') continue;
    const indent = line.code.search(/\S/);
    const continues = line.depth > 0 || statement !== undefined;
    if (!continues) {
      if (bodyOf && indent <= bodyOf.indent) return { line: bodyOf.line, what: 'The block has no body' };
      if (!bodyOf && indent > plain && plain >= 0) return { line: line.number, what: 'Nothing opens a block here' };
      plain = HEADER.test(line.code) || /\\\s*$|:\s*$/.test(line.code) ? -1 : indent;
      bodyOf = undefined;
      if (HEADER.test(line.code)) statement = { text: '', line: line.number, indent };
    }
    if (!statement) continue;
    statement.text += line.code;
    const depth = (statement.text.match(/[([{]/g)?.length ?? 0) - (statement.text.match(/[)\]}]/g)?.length ?? 0);
    if (depth > 0 || /\\\s*$/.test(line.code)) continue;
    const flat = flatten(statement.text.trimEnd());
    if (!flat.includes(':')) return { line: statement.line, what: 'The statement lacks its colon' };
    bodyOf = flat.endsWith(':') ? { line: statement.line, indent: statement.indent } : undefined;
    statement = undefined;
  }
  return bodyOf && { line: bodyOf.line, what: 'The block has no body' };
}

/** Without what stands in brackets. */
function flatten(text: string): string {
  let depth = 0;
  let flat = '';
  for (const char of text) {
    if ('([{'.includes(char)) depth += 1;
    if (depth === 0) flat += char;
    if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
  }
  return flat;
}

function nearest(line: number, source: SourceFile): number {
  if (source.isAdded(line) || source.added.length === 0) return line;
  const numbers = source.added.map((added) => added.number);
  return numbers.reduce((best, number) => (Math.abs(number - line) < Math.abs(best - line) ? number : best));
}
