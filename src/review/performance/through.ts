import type { Block } from '../read/blocks.ts';
import { importsOf, resolveImport } from '../read/imports.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import { turnsAround } from '../read/loops.ts';
import type { HeadFile, Reading, SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** What leaves the program: a request, a query. */
const ASKS =
  /\b(?:fetch|axios(?:\.\w+)?|got(?:\.\w+)?|urlopen|superagent\.\w+)\(|\bhttps?\.(?:get|request)\(|\b(?:requests|httpx)\.(?:get|post|put|patch|delete|head|request|Client|AsyncClient)\(|\baiohttp\.|\.perform\(\)|\bobjects\.(?:get|filter|create|exclude|update_or_create|get_or_create)\(|\b(?:\w*(?:[cC]ursor|[cC]onn|[cC]onnection|[dD]b|[dD]atabase|[pP]ool|[sS]ession|[pP]risma\.\w+|[kK]nex)|cur)\.(?:execute|query|scalars?|fetch\w*|find\w*|findMany|create|update|select|insert\w*)\(/;
const DEPTH = 2;
const CALL = /(?<![\w$.])(?:(\w+)\.)?([A-Za-z_$][\w$]*)\(/g;
const WORDS =
  /^(?:if|for|while|switch|return|print|range|len|str|int|list|dict|set|tuple|map|filter|sorted|super|isinstance|enumerate|zip|append|push|log|format|join|get|keys|values|items)$/;

/** A function of the repository, by the file it stands in. */
type Known = { file: HeadFile | SourceFile; name: string };

/** A function of one's own that sends a request or a query, called once for each element. */
export const throughOwn: Rule = {
  id: 'performance/query-in-loop',
  severity: 'low',
  remedy: 'Ask once for all elements, or run the requests together with a bound.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, throughOwn.languages, ['product', 'script'])) {
      let taken: ReadonlyMap<string, string> | undefined;
      for (const line of source.added) {
        if (line.startsIn !== 'code' || !line.code.includes('(') || source.isTestLine(line.number)) continue;
        if (!mayRepeat(line, source)) continue;
        for (const match of line.code.matchAll(CALL)) {
          const [whole, owner, name = ''] = match;
          if (
            WORDS.test(owner === undefined ? name : '') ||
            /\b(?:def|function)\s+$/.test(line.code.slice(0, match.index))
          )
            continue;
          const at = match.index + whole.length - 1;
          taken ??= takenFrom(source, reading);
          const known = taken.has(owner ?? name) || (owner === undefined && declaredIn(source).has(name));
          const isOwn = owner === undefined && !taken.has(name);
          if (!known || (isOwn && !mayAsk(source)) || turnsAround(line, at, source).length === 0) continue;
          const found = await functionOf({ owner, name }, { source, taken, reading });
          if (!found || !asks(found, DEPTH)) continue;
          hits.push({
            file: source.path,
            line: line.number,
            message: `\`${shorten(whole)}…)\` sends a request or a query, once for each element`,
          });
          break;
        }
      }
    }
    return hits;
  },
};

/** Something on the line or around it goes through elements. */
function mayRepeat({ code, number }: SourceLine, source: SourceFile): boolean {
  if (REPEATS.test(code)) return true;
  return source
    .blocks()
    .around(number)
    .some(({ kind, header }) => kind === 'loop' || REPEATS.test(header));
}

const REPEATS =
  /\bfor\b|\.(?:map|flatMap|filter|forEach|some|every|find\w*|reduce\w*|sort|each|apply)\(|\bmap\(|\bfilter\(/;

/** The names that a file takes from others of its repository, and where from. */
function takenFrom(source: SourceFile, { paths }: Reading): Map<string, string> {
  const tree = { paths, goModule: undefined };
  const found = new Map<string, string>();
  for (const { specifier, names } of importsOf(source.lines, source.language.name)) {
    const [file] = resolveImport(specifier, source.path, tree);
    for (const name of names) {
      const dotted = `${specifier}${specifier.endsWith('.') ? '' : '.'}${name}`;
      const module = source.language.name === 'python' ? resolveImport(dotted, source.path, tree)[0] : undefined;
      const target = module ?? file;
      if (target !== undefined) found.set(name, target);
    }
    if (names.length === 0 && file !== undefined) {
      const bound = boundTo(specifier, source);
      if (bound !== undefined) found.set(bound, file);
    }
  }
  return found;
}

function boundTo(specifier: string, { text, language }: SourceFile): string | undefined {
  const word = specifier.replace(/[^\w/]/g, '\\$&');
  if (language.name === 'python') return new RegExp(`^\\s*import ${word} as (\\w+)`, 'm').exec(text)?.[1];
  return new RegExp(
    `\\bimport\\s+(?:\\*\\s+as\\s+)?(\\w+)\\s+from\\s*['"]${word}['"]|\\b(\\w+)\\s*=\\s*require\\(\\s*['"]${word}['"]`,
  )
    .exec(text)
    ?.slice(1)
    .find(Boolean);
}

async function functionOf(
  { owner, name }: { owner: string | undefined; name: string },
  { source, taken, reading }: { source: SourceFile; taken: ReadonlyMap<string, string>; reading: Reading },
): Promise<Known | undefined> {
  const path = taken.get(owner ?? name);
  if (path === undefined) return owner === undefined ? { file: source, name } : undefined;
  const file = await reading.peek(path);
  return file && { file, name };
}

const DECLARED =
  /\b(?:def|function\*?)\s+([\w$]+)|\b(?:const|let|var)\s+([\w$]+)\s*(?::[^=\n]+)?=\s*(?:async\b|function\b|\(|[\w$]+\s*=>)/g;
const declared = new WeakMap<Known['file'], ReadonlySet<string>>();

/** The functions that a file declares, whatever stands around them. */
function declaredIn(file: Known['file']): ReadonlySet<string> {
  const names =
    declared.get(file) ?? new Set([...file.text.matchAll(DECLARED)].map(([, plain, given]) => plain ?? given ?? ''));
  declared.set(file, names);
  return names;
}

const askingLines = linesLike(ASKS);
const asking = new WeakMap<Known['file'], boolean>();

/** Something in the file asks. */
function mayAsk(file: Known['file']): boolean {
  const isAllAdded = 'added' in file && file.added.length === file.lines.length;
  const answer = asking.get(file) ?? (isAllAdded ? askingLines(file).length > 0 : ASKS.test(file.text));
  asking.set(file, answer);
  return answer;
}

const answers = new WeakMap<Known['file'], Map<string, boolean>>();

/** The body of the function asks, or calls one of its own file that does. */
function asks(known: Known, depth: number): boolean {
  if (!mayAsk(known.file)) return false;
  const given = answers.get(known.file) ?? new Map<string, boolean>();
  answers.set(known.file, given);
  const key = `${known.name} ${depth}`;
  const answer = given.get(key) ?? bodyAsks(known, depth);
  given.set(key, answer);
  return answer;
}

function bodyAsks({ file, name }: Known, depth: number): boolean {
  const block = blockOf(name, file);
  if (!block) return false;
  const body = linesOf(file)
    .slice(block.open - 1, block.end)
    .map(({ code }) => code);
  if (body.some((code) => ASKS.test(code))) return true;
  if (depth === 0) return false;
  const called = body.flatMap((code) =>
    [...code.matchAll(CALL)].map(([, owner, other = '']) => (owner === undefined ? other : '')),
  );
  return [...new Set(called)].some(
    (other) => other !== '' && other !== name && !WORDS.test(other) && asks({ file, name: other }, depth - 1),
  );
}

function linesOf(file: Known['file']): readonly SourceLine[] {
  return typeof file.lines === 'function' ? file.lines() : file.lines;
}

function blockOf(name: string, file: Known['file']): Block | undefined {
  const word = name.replaceAll('$', '\\$');
  if (!declaredIn(file).has(name)) return undefined;
  const declares = new RegExp(`\\b(?:def|function\\*?)\\s+${word}\\s*[(<]|\\b(?:const|let|var)\\s+${word}\\b.*=`);
  return file.blocks().all.find(({ kind, header, start }) => {
    if (kind !== 'function' && kind !== 'callback') return false;
    return declares.test(header) || declares.test(linesOf(file)[start - 1]?.code ?? '');
  });
}
