import type { Block } from './blocks.ts';
import { SCRIPTS, type LanguageName } from './language.ts';
import type { SourceFile } from './reading.ts';
import { statementAt } from './statements.ts';

/** Where code stands: its line, and the file around it. */
export type Place = { line: number; source: SourceFile };

/** An expression in two views: with its strings masked, and as it stands. */
export type Value = { code: string; text: string };

/** What a name was last given before a line of the same function, or of the file. */
type Given = Value & { line: number };

const DEPTH = 4;
const FAR = 80;

/** The value that a name was given last; undefined for a parameter and for what comes from elsewhere. */
export function givenTo(name: string, { line, source }: Place): Given | undefined {
  const fn = functionAround({ line, source });
  const top = Math.max(fn?.open ?? 1, line - FAR);
  return searchUp(name, { line: line - 1, source }, top) ?? constantOf(name, source);
}

function searchUp(name: string, { line, source }: Place, top: number): Given | undefined {
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return undefined;
  let patterns: Givings | undefined;
  for (let at = line; at >= top; at -= 1) {
    const code = source.lineAt(at)?.code;
    if (code === undefined || !code.includes(name) || !code.includes('=')) continue;
    const { plain, apart } = (patterns ??= givingsOf(name));
    const taken = apart.exec(code);
    const match = taken ?? plain.exec(code);
    if (!match || /\b(?:if|while|for)\b[^=]*$/.test(code.slice(0, match.index))) continue;
    const { code: whole, text, start } = statementAt(at, source);
    const from = (taken ? apart : plain).exec(whole);
    if (!from) continue;
    const begin = from.index + from[0].length;
    const suffix = taken ? `.${taken[1] ?? name}` : '';
    return {
      code: whole.slice(begin).replace(/[;\s]+$/, '') + suffix,
      text: text.slice(begin).replace(/[;\s]+$/, '') + suffix,
      line: start,
    };
  }
  return undefined;
}

/** How a name is given a value: by itself, or out of an object that is taken apart. */
type Givings = { plain: RegExp; apart: RegExp };

function givingsOf(name: string): Givings {
  const word = name.replaceAll('$', '\\$');
  return {
    plain: new RegExp(
      String.raw`(?<![\w.$])${word}(?:\s*:\s*[\w<>[\]| .,&]+)?(?:, \w+)*\s*(?::=|(?<![=!<>+])=(?![=>]))\s*`,
    ),
    apart: new RegExp(String.raw`[{,]\s*(?:([\w$]+)\s*:\s*)?${word}\s*(?:=[^,}]+)?(?:,[^}]*)?\}\s*=\s*(?!=)`),
  };
}

/** A constant of the file that is set once, at the left edge. */
function constantOf(name: string, source: SourceFile): Given | undefined {
  const known = constants.get(source) ?? constantLines(source);
  constants.set(source, known);
  const start = known.get(name);
  return start === undefined ? undefined : searchUp(name, { line: start, source }, start);
}

const constants = new WeakMap<SourceFile, Map<string, number>>();

/** The first line at the left edge on which each name is given something. */
function constantLines(source: SourceFile): Map<string, number> {
  const found = new Map<string, number>();
  for (const { raw, number, startsIn } of source.lines) {
    if (startsIn !== 'code' || !raw.includes('=')) continue;
    const names = /^(?=\w)([\w$ ]*)[^=(]*=(?![=>])/.exec(raw)?.[1]?.match(/[\w$]+/g) ?? [];
    for (const name of names) if (!found.has(name)) found.set(name, number);
  }
  return found;
}

/** The function, method or callback around a line. */
export function functionAround({ line, source }: Place): Block | undefined {
  return source
    .blocks()
    .around(line)
    .find(({ kind }) => kind === 'function' || kind === 'callback');
}

/** All functions around a line, as callbacks stand inside of others. */
export function functionsAround({ line, source }: Place): Block[] {
  return source
    .blocks()
    .around(line)
    .filter(({ kind }) => kind === 'function' || kind === 'callback');
}

/** A parameter or a variable of a function around the line has the same name. */
export function isShadowed(name: string, { line, source }: Place): boolean {
  const word = name.replaceAll('$', '\\$');
  const taken = new RegExp(
    `(?:\\b(?:const|let|var|as|for|lambda)\\s+|^\\s*|[(,]\\s*)${word}\\s*(?:=>|(?::[^=]*)?=(?!=)|:=|\\bin\\b|:(?!:)|[,)].*=>)`,
  );
  const lines = functionsAround({ line, source }).flatMap(({ open, end }) => source.lines.slice(open, end));
  return (
    functionsAround({ line, source }).some(({ header }) =>
      new RegExp(`[(,\\s*&]${word}\\s*[),:=?]|\\b${word}\\s*=>`).test(header),
    ) || [...lines, source.lineAt(line)].some((other) => other !== undefined && taken.test(other.code))
  );
}

/** Names that an expression reads, those inside of its interpolated strings among them. */
function namesIn({ code, text }: Value): string[] {
  const free = [...code.matchAll(NAME)].map((match) => match[1] ?? '');
  const spoken = [...text.matchAll(/\{([^{}"':]+)(?:[:!][^{}]*)?\}/g)].flatMap(([, inner = '']) =>
    [...inner.matchAll(NAME)].map((match) => match[1] ?? ''),
  );
  return [...new Set([...free, ...spoken])];
}

const NAME = /(?<![\w$.])([A-Za-z_$][\w$]*)(?!\s*\()/g;

const REQUESTS: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      /\b(?:req|request|ctx(?:\.req(?:uest)?)?|c\.req|context\.request)\.(?:query|params?|body|headers?|url|path|cookies|files?|nextUrl|json\(|formData\(|text\()\b|\bsearchParams\.get\(|\bevent\.(?:queryStringParameters|pathParameters|body)\b/,
    ]),
  ),
  python:
    /\brequest\.(?:args|form|values|json|GET|POST|query_params|path_params|cookies|headers|data|files|get_json|match_info|rel_url|query|query_string|body|url)\b/,
  go: /\b(?:r|req|request)\.(?:URL\.(?:Query\(\)|Path|RawQuery)|FormValue\(|PostFormValue\(|PathValue\(|Header\.Get\(|Form\b)|\bc(?:tx)?\.(?:Query|Param|PostForm|DefaultQuery|GetHeader|FormValue|QueryParam|Params)\(|\bmux\.Vars\(|\bchi\.URLParam\(/,
  java: /\.get(?:Parameter(?:Values|Map)?|Header|QueryString|PathInfo|Cookies)\(/,
  kotlin: /\.get(?:Parameter|Header|QueryString|PathInfo)\(|\bcall\.(?:parameters|request\.queryParameters)\b/,
};

/** The value was made harmless, or is none that can carry a text. */
const CLEANED =
  /\b(?:basename|parseInt|parseFloat|Number|Boolean|BigInt|int|float|bool|len|Atoi|ParseInt|ParseUint|parseLong|valueOf|UUID|uuid\w*|encodeURIComponent|quote(?:_plus)?|shlex\.\w+|shellescape|escape\w*|htmlspecialchars|EscapeString|HTMLEscape\w*|QueryEscape|PathEscape|secure_filename|safe_join|filepath\.Base|path\.Base|sanitiz\w*|purify|clean\w*|valid\w*|check\w*|allow\w*|normali[sz]e\w*|safe\w*|encode\w*)\w*\(|\.(?:parse|safeParse|length|size)\b/i;

/** Whether an expression carries what a request says, followed through the names of its function. */
export function isFromRequest(value: Value, place: Place, depth = 0): boolean {
  const asked = REQUESTS[place.source.language.name];
  if (!asked || depth > DEPTH || CLEANED.test(value.code)) return false;
  if (asked.test(value.code) || /\{[^{}]*\brequest\.\w+/.test(value.text)) return true;
  return namesIn(value).some((name) => {
    if (isHanded(name, place)) return !isChecked(name, { from: functionAround(place)?.open ?? 1, place });
    const given = givenTo(name, place);
    if (!given || given.line >= place.line) return false;
    return (
      isFromRequest(given, { ...place, line: given.line }, depth + 1) && !isChecked(name, { from: given.line, place })
    );
  });
}

/** The framework hands the parameter over from the request: by its annotation, its extractor or the route above. */
function isHanded(name: string, place: Place): boolean {
  const fn = functionAround(place);
  if (!fn) return false;
  const word = name.replaceAll('$', '\\$');
  const { source } = place;
  switch (source.language.name) {
    case 'java':
    case 'kotlin':
      return new RegExp(
        String.raw`@(?:RequestParam|PathVariable|RequestHeader|QueryParam|PathParam|FormParam|CookieValue)(?:\([^)]*\))?\s+(?:final\s+)?String\s+${word}\b`,
      ).test(fn.header);
    case 'rust':
      return new RegExp(String.raw`\b(?:Query|Path|Form)\(\s*(?:mut )?${word}\s*\)\s*:`).test(fn.header);
    case 'python':
      return isRouteParameter(word, fn, source);
    default:
      return false;
  }
}

/** `@app.get("/logs/{name}")` above, and `name` or `name: str` among the parameters. */
function isRouteParameter(word: string, fn: Block, source: SourceFile): boolean {
  const decorators: string[] = [];
  for (let at = fn.start - 1; at > 0 && /^\s*[@)]/.test(source.lineAt(at)?.code ?? ''); at -= 1)
    decorators.push(source.lineAt(at)?.text ?? '');
  const route = decorators.find((text) => /@[\w.]+\.(?:get|post|put|delete|patch|route)\(/.test(text));
  return (
    route !== undefined &&
    new RegExp(String.raw`[{<](?:\w+:)?${word}(?::path)?[}>]|\.(?:get|post|put|delete|patch)\(`).test(route) &&
    !new RegExp(String.raw`<(?:int|float|uuid):${word}>`).test(route) &&
    new RegExp(String.raw`[(,]\s*${word}\s*(?::\s*(?:str|Annotated\[str|Optional\[str)[^,]*|=[^,]*)?\s*[,)]`).test(
      fn.header,
    )
  );
}

/** Between where a name is given and where it is used, a condition holds it against what is allowed. */
function isChecked(name: string, { from, place }: { from: number; place: Place }): boolean {
  const word = new RegExp(String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}(?![\w$])`);
  for (let at = from + 1; at <= place.line; at += 1) {
    const code = place.source.lineAt(at)?.code ?? '';
    if (!word.test(code)) continue;
    if (
      /\b(?:if|elif|assert|unless|while|case|switch|match|require|check|invariant)\b|\?/.test(code) &&
      CHECK.test(code)
    )
      return true;
    if (/\b(?:assert|validat|check|ensure|verify|guard)\w*\(/i.test(code)) return true;
  }
  return false;
}

const CHECK =
  /\.(?:includes|has|startsWith|endsWith|test|match\w*|indexOf|contains\w*|HasPrefix|Contains|MatchString|hostname|host|isIn|issubset|resolve|is_relative_to|fullmatch)\b|HasPrefix|\b(?:not )?in\b|[!=]==? ?(?!null|undefined|nil|None|""|'')|\bis\w*\(|\ballow|\bsafe|\bvalid|\bswitch\b|\bcase\b|\bok\b/i;

/** Whether a text is put together from values that are not fixed, followed through the names of its function. */
export function isBuilt(value: Value, place: Place, depth = 0): boolean {
  const { code, text } = value;
  if (depth > DEPTH || QUOTED_FOR.test(code)) return false;
  const bare = BARE.exec(code)?.[1];
  if (bare === undefined) return JOINED.test(code) || (FILLED.test(text) && /\bf["']|\bformat!/.test(code));
  const given = givenTo(bare, place);
  return given !== undefined && given.line < place.line && isBuilt(given, { ...place, line: given.line }, depth + 1);
}

const BARE = /^\s*[&*]?([A-Za-z_$][\w$]*)(?:\.(?:as_str|to_string|toString|strip|trim)\(\))?\s*$/;
/** Interpolated names in capitals are constants, and the number of a process or of elements is no text. */
const JOINED =
  /`[^`]*\$\{\s*(?![A-Z][A-Z0-9_]*\s*\}|[\w$.?!]+\.(?:pid|length|size)\s*\})|["'`]\s*\+\s*[a-z_$(]|[\w$)\]]\s*\+\s*["'`]|["'`]\s*%\s*[\w(]|["'`]\.format\(|\bSprintf\(|\bString\.format\(|\.formatted\(|\bstrings\.Join\(|\bString\.join\(|\]\s*\.join\(|["']\s*\.join\(/;
const FILLED = /\{(?!\s*[A-Z][A-Z0-9_]*\s*\})[^{}]*\}/;
/** Every value was put in quotes for the shell. */
const QUOTED_FOR = /\b(?:shlex\.(?:quote|join)|shellescape|shell_?quote|quoteShell|escapeShell\w*|shq|quote)\(/i;

/** `from` is where it begins in its statement. */
export type Argument = Value & { from: number };

/** The parts of the argument list that opens at an index, between its commas. */
export function argumentsOf({ code, text }: Value, open: number): Argument[] {
  const parts: Argument[] = [];
  let [depth, from] = [0, open + 1];
  const take = (to: number) => parts.push({ from, code: code.slice(from, to), text: text.slice(from, to) });
  for (let at = open; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    if (depth === 0 || (depth === 1 && char === ',')) {
      take(at);
      from = at + 1;
    }
    if (depth === 0) return parts.filter((part) => part.code.trim() !== '');
  }
  take(code.length);
  return parts.filter((part) => part.code.trim() !== '');
}
