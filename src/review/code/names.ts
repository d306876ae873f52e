import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lonelyWords } from '../read/words.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

/** Where no compiler says so before the program runs; and TypeScript, whose slices are not always compiled. */
const LANGUAGES: readonly LanguageName[] = ['python', ...SCRIPTS];

/** A name that an added line reads and that the file gives nowhere: no declaration, parameter, import or assignment. */
const unknownName: Rule = {
  id: 'code/unknown-name',
  severity: 'medium',
  remedy: 'Write the name as it is declared, or declare or import it.',
  languages: LANGUAGES,
  *find(reading) {
    const findsByItself = [...reading.paths].some((path) => IMPORTS_BY_ITSELF.test(path));
    for (const source of sourcesOf(reading, LANGUAGES, ['product', 'script', 'test'])) {
      if (source.partial || !isKnown(source)) continue;
      const python = source.language.name === 'python';
      if (!python && findsByItself) continue;
      if (!python) yield* lonelyReads(source);
      if (!python && source.language.name !== 'javascript') continue;
      let bound: Bound | undefined;
      for (const line of source.added) {
        if (line.startsIn !== 'code' || line.code.length > 300 || line.raw.startsWith('#!')) continue;
        if (/\bnoqa\b(?!:)|\bF821\b/.test(line.comment)) continue;
        for (const name of namesRead(line, python)) {
          if (name.length < LEAST || isGlobal(name, python)) continue;
          bound ??= python ? boundInPython(source.lines) : boundInScript(source.lines);
          const places = bound.get(name);
          if (places && (!python || places.some((place) => isSeen(place, line.number, source)))) continue;
          yield {
            file: source.path,
            line: line.number,
            message: `Nothing in this file is called \`${name}\``,
          } satisfies Hit;
          break;
        }
      }
    }
  },
};

/** Where this stands, files use names that no line of theirs imports. */
const IMPORTS_BY_ITSELF = /(^|\/)(?:nuxt\.config\.[cm]?[jt]s|auto-imports?\.d\.ts)$/;

/** Shorter names are of examples. */
const LEAST = 3;

/** A word that stands once in its file is declared nowhere in it. */
function* lonelyReads(source: SourceFile): Iterable<Hit> {
  const { path, text, lines } = source;
  for (const [name, at] of lonelyWords(source)) {
    if (
      name.length < LEAST ||
      name < 'Z' ||
      !isReadAt(at, name.length, text) ||
      isGlobal(name, false) ||
      isParameter(at, text)
    )
      continue;
    const number = text.slice(0, at).split('\n').length;
    const line = lines[number - 1];
    if (line?.startsIn === 'code' && source.isAdded(number) && namesRead(line, false).includes(name))
      yield { file: path, line: number, message: `Nothing in this file is called \`${name}\`` };
  }
}

const REACH = 400;

/** The word stands in a list of parameters: its brackets are followed by a body. */
function isParameter(at: number, text: string): boolean {
  if (text[at] === '_') return true;
  let [depth, open] = [0, at];
  for (; open > at - REACH && depth >= 0; open -= 1) depth += text[open] === ')' ? 1 : text[open] === '(' ? -1 : 0;
  if (/\b(?:if|while|switch|for|with)\s*$/.test(text.slice(Math.max(0, open - 8), open + 1))) return false;
  let close = at;
  for (depth = 0; close < at + REACH && depth >= 0; close += 1)
    depth += text[close] === '(' ? 1 : text[close] === ')' ? -1 : 0;
  return /^\s*(?:\{|=>|:)/.test(text.slice(close, close + 40));
}

/** What stands around a word says that its value is used: most words are refused by one sign. */
function isReadAt(at: number, length: number, text: string): boolean {
  let before = at - 1;
  while (text[before] === ' ') before -= 1;
  const sign = text[before] ?? '';
  if (!'(,=!+-*%<>&|?'.includes(sign) && !/\b(?:return|await)$/.test(text.slice(Math.max(0, before - 6), before + 1)))
    return false;
  let after = at + length;
  while (text[after] === ' ') after += 1;
  return '.([),;+-*/%<>!&|\n'.includes(text[after] ?? '\n');
}

/** The lines on which each name is given something; line 0 is everywhere. */
type Bound = ReadonlyMap<string, readonly number[]>;

/** What a function of Python binds, its parameters among it, is seen inside of it alone. */
function isSeen(place: number, from: number, source: SourceFile): boolean {
  if (place === 0) return true;
  const fn = source
    .blocks()
    .all.findLast(({ kind, start, end }) => kind === 'function' && start <= place && place <= end);
  return !fn || /\blambda\b/.test(source.lineAt(place)?.code ?? '') || (fn.start <= from && from <= fn.end);
}

const TEST_MODULE = /(^|\/)(?:(?:tests?|conftest|helpers?|utils?)(?:_\w*)?|\w+_tests?)\.py$/;

/** Files whose names may come from elsewhere unseen, and pieces that import nothing, are left alone. */
function isKnown({ text, language, path, role }: SourceFile): boolean {
  // What tests of a formatter or a parser read is no program.
  if (role === 'test' && language.name === 'python' && !TEST_MODULE.test(path)) return false;
  if (language.name === 'python')
    return /^\s*(?:import|from)\s/m.test(text) && !/^\s*from [\w.]+ import \*|\bglobals\(\)\[|\bexec\(/m.test(text);
  const module =
    language.name === 'javascript' ? /^\s*import\b|\brequire\(|\bmodule\.exports\b|\bexports\.\w/m : /^\s*import\b/m;
  return (
    language.name !== 'tsx' &&
    !/\.d\.[cm]?ts$|(^|\/)(?:test|spec|public|static|assets|e2e)\//.test(path) &&
    module.test(text) &&
    !/\bwith\s*\(|\/[*/]\s*globals?\b|declare global|\beslint-env\b/.test(text)
  );
}

const PYTHON_READ = /(?<![\w.'"@])([A-Za-z_]\w*)(?!\w|\s*=(?!=)|["'])/g;

/** The names that a line reads; a script's are believed only where they are called, read from, returned or handed over. */
function namesRead({ code }: SourceLine, python: boolean): string[] {
  if (python)
    return /^\s*(?:import|from|global|nonlocal|def|class|async def|@)\b/.test(code)
      ? []
      : [...code.replace(/[fFrRbBuU]{1,2}(?=["'])/g, '').matchAll(PYTHON_READ)].map(([, name = '']) => name);
  if (/^\s*(?:import|export \{|export \*|type|interface|declare|case|\*|\/)/.test(code)) return [];
  return [
    ...code.matchAll(
      /(?:[(,=]|\breturn|\bawait|=>|[+\-*%<>!&|?])\s*([a-z_$][\w$]*)(?=\s*(?:[.([),;]|$|[+\-*/%<>!&|]))/g,
    ),
  ]
    .filter(
      ({ index }) =>
        !/\b(?:type|interface|as|extends|implements|infer|keyof)\b|[<:]\s*$/.test(
          code.slice(Math.max(0, index - 12), index + 1),
        ),
    )
    .map(([, name = '']) => name)
    .filter((name) => name.length > 1);
}

/** Every name that stands where a value is given: over-generous, as a forgotten one would be a false alarm. */
function boundInPython(lines: readonly SourceLine[]): Bound {
  const bound = new Map<string, number[]>();
  let header = '';
  let goesOn = false;
  for (const { code, startsIn, depth, number } of lines) {
    const note = (text: string | undefined, at = number) => {
      for (const [name] of (text ?? '').matchAll(/[A-Za-z_]\w*/g)) bound.set(name, [...(bound.get(name) ?? []), at]);
    };
    if (startsIn !== 'code') continue;
    if (/^\s*(?:async )?def\b|\blambda\b/.test(code)) header = 'def';
    else if (depth === 0) header = '';
    if (/^\s*(?:global|nonlocal)\b/.test(code)) note(code, 0);
    const named = /^\s*(?:async )?(?:def|class)\s+(\w+)/.exec(code)?.[1];
    if (named !== undefined) note(named, 0);
    const binds: boolean =
      goesOn ||
      header !== '' ||
      /^\s*(?:import|from|class|global|nonlocal|with|async with|except|case|async for|for|del|type)\b/.test(code);
    if (binds) note(code);
    goesOn = binds && /\\\s*$/.test(code);
    if (/^\s*[\w.,()[\]* :]+?(?:[-+*/%|&^@]|\/\/|<<|>>|\*\*)?=(?!=)/.test(code)) note(code.slice(0, code.indexOf('=')));
    for (const [, target] of code.matchAll(/\bfor\s+(.+?)\s+in\b/g)) note(target);
    for (const [, target] of code.matchAll(/\(?(\w+)\s*:=/g)) note(target);
    for (const [, target] of code.matchAll(/\bas\s+(\(?[\w, ]+)/g)) note(target);
    for (const [, target] of code.matchAll(/(\w+)\s*=(?!=)/g)) note(target);
    if (/^\s*\w+\s*:/.test(code)) note(/^\s*(\w+)/.exec(code)?.[1]);
    if (depth > 0 && /^\s*[\w, ]+,?\s*\)?\s*$/.test(code)) note(code);
  }
  return bound;
}

function boundInScript(lines: readonly SourceLine[]): Bound {
  const bound = new Map<string, number[]>();
  const note = (text: string | undefined) => {
    for (const [name] of (text ?? '').matchAll(/[A-Za-z_$][\w$]*/g)) bound.set(name, [0]);
  };
  const code = lines.map((line) => line.code).join('\n');
  for (const [, names] of code.matchAll(/\b(?:const|let|var|using)\s+([^=;]*?)(?==(?!=|>)|;|\n\s*\n|\bof\b|\bin\b)/g))
    note(names);
  for (const [, names] of code.matchAll(/^[ \t]*import\b([^;(]*?)(?:\bfrom\b|;|=)/gm)) note(names);
  for (const [, name] of code.matchAll(
    /\b(?:function\*?|class|enum|namespace|module|import|type|interface)\s+([A-Za-z_$][\w$]*)/g,
  ))
    note(name);
  for (const [names] of code.matchAll(
    /\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)(?=\s*(?::[^=;]{0,200}?)?\s*(?:=>|\{))/g,
  ))
    note(names);
  for (const [, name] of code.matchAll(/([A-Za-z_$][\w$]*)\s*=>/g)) note(name);
  for (const [, name] of code.matchAll(/(?:^|[,{(])\s*([A-Za-z_$][\w$]*)\s*(?::[^,=;)]*)?=(?![=>])/gm)) note(name);
  for (const [names] of code.matchAll(/(?:^|[,;({])\s*(?:\[[^\]]*\]|\{[^{}]*\})\s*=(?!=)/gm)) note(names);
  // Signatures over lines, overloads and the heads of methods.
  for (const [names] of code.matchAll(
    /\b(?:function\b[^(]*|constructor|[\w$]+)\s*\([^()]*\n[^;{}]*?\)\s*(?::[^{;]*)?[{;]/g,
  ))
    note(names);
  return bound;
}

const words = (text: string) => new Set(text.split(' '));
const PYTHON_WORDS = words(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case type _ __name__ __file__ __doc__ __package__ __spec__ __path__ __loader__ __builtins__ __debug__ __class__ __dict__ __module__ __qualname__ __all__ __version__ abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning WindowsError ZeroDivisionError unicode xrange basestring raw_input long reduce unichr cmp file reload reveal_type self cls',
);
const SCRIPT_WORDS = words(
  'abstract any arguments as asserts async await bigint boolean break case catch class const constructor continue debugger declare default delete do else enum eval export extends false finally for from function get global if implements import in infer instanceof interface is keyof let module namespace never new null number object of out override package private protected public readonly require return satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown using var void while with yield accessor alert atob btoa cancelAnimationFrame cancelIdleCallback caches clearImmediate clearInterval clearTimeout close closed confirm console crypto customElements document event exports external fetch focus frames getComputedStyle getSelection globalThis history indexedDB innerHeight innerWidth isFinite isNaN jest vi localStorage location matchMedia navigator onmessage open opener origin outerHeight outerWidth parent parseFloat parseInt performance postMessage print process prompt queueMicrotask requestAnimationFrame requestIdleCallback screen screenX screenY scroll scrollTo scrollX scrollY self sessionStorage setImmediate setInterval setTimeout status stop structuredClone top window describe it test expect beforeEach afterEach beforeAll afterAll before after suite assert escape unescape encodeURI encodeURIComponent decodeURI decodeURIComponent encodeURIComponent module __dirname __filename __non_webpack_require__ define chrome browser importScripts addEventListener removeEventListener dispatchEventListener dispatchEvent name length jQuery $ _ angular cy page sinon chai inject by element protractor context specify setup teardown xit xdescribe fit fdescribe fail pending spyOn done req res next',
);

function isGlobal(name: string, python: boolean): boolean {
  return (python ? PYTHON_WORDS : SCRIPT_WORDS).has(name) || name.startsWith('__');
}

/** Names that mean nothing. */
export const nameRules: readonly Rule[] = [unknownName];
