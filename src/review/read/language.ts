import { posix } from 'node:path';

export type LanguageName =
  | 'typescript'
  | 'tsx'
  | 'javascript'
  | 'python'
  | 'go'
  | 'rust'
  | 'java'
  | 'kotlin'
  | 'csharp'
  | 'c'
  | 'swift'
  | 'php'
  | 'ruby'
  | 'shell'
  | 'yaml'
  | 'dockerfile'
  | 'toml'
  | 'ini'
  | 'json'
  | 'sql'
  | 'css'
  | 'html'
  | 'prose';

/** A kind of string. One that is not `multiline` ends with its line, so that one odd quote cannot swallow a file. */
export type Quote = { open: string; close: string; multiline?: true; escapes?: false; interpolates?: true };

/** What the lexer and the block reader must know of a language. */
export type Language = {
  name: LanguageName;
  lineComments: readonly string[];
  blockComments: readonly (readonly [string, string])[];
  quotes: readonly Quote[];
  /** How blocks are written; `none` for data, markup and prose. */
  blocks: 'braces' | 'indent' | 'none';
  /** Whether functions and statements are written in it. */
  programs: boolean;
  quirks: readonly Quirk[];
};

/**
 * `regex`: `/…/` literals. `lifetimes`: `'a` is no string. `hash-word`: a comment mark counts only at the start of a word.
 * `heredoc`: `<<END` texts. `value-quotes`: a quote opens a string only where a value starts. `raw-hash`: `r#"…"#`.
 * `line-start`: a comment mark counts only where a line begins. `nested-comments`: block comments hold others.
 */
type Quirk =
  'regex' | 'lifetimes' | 'hash-word' | 'heredoc' | 'value-quotes' | 'raw-hash' | 'line-start' | 'nested-comments';

const double: Quote = { open: '"', close: '"' };
const single: Quote = { open: "'", close: "'" };
const backtick: Quote = { open: '`', close: '`', multiline: true };
const slashes = { lineComments: ['//'], blockComments: [['/*', '*/']] as const };
const hashes = { lineComments: ['#'], blockComments: [] };

type Shape = Partial<Omit<Language, 'name'>>;

const braces = { ...slashes, quotes: [double, single], blocks: 'braces', programs: true } as const satisfies Shape;
const script = {
  ...slashes,
  quotes: [double, single, { ...backtick, interpolates: true }],
  blocks: 'braces',
  programs: true,
  quirks: ['regex'],
} as const satisfies Shape;
const textBlock: Quote = { open: '"""', close: '"""', multiline: true };

const SHAPES: Record<LanguageName, Shape> = {
  typescript: script,
  tsx: script,
  javascript: script,
  python: {
    ...hashes,
    quotes: [textBlock, { open: "'''", close: "'''", multiline: true }, double, single],
    blocks: 'indent',
    programs: true,
  },
  go: { ...braces, quotes: [double, single, { ...backtick, escapes: false }] },
  rust: { ...braces, quotes: [{ ...double, multiline: true }], quirks: ['lifetimes', 'raw-hash', 'nested-comments'] },
  java: { ...braces, quotes: [textBlock, double, single] },
  kotlin: { ...braces, quotes: [{ ...textBlock, escapes: false }, double, single], quirks: ['nested-comments'] },
  csharp: braces,
  c: braces,
  swift: { ...braces, quotes: [textBlock, double], quirks: ['nested-comments'] },
  php: {
    ...braces,
    lineComments: ['//', '#'],
    quotes: [
      { ...double, multiline: true },
      { ...single, multiline: true },
    ],
  },
  ruby: { ...hashes, quotes: [double, single, backtick], programs: true, quirks: ['hash-word', 'heredoc'] },
  shell: {
    ...hashes,
    quotes: [
      { ...double, multiline: true },
      { ...single, multiline: true, escapes: false },
    ],
    programs: true,
    quirks: ['hash-word', 'heredoc'],
  },
  yaml: { ...hashes, quotes: [double, { ...single, escapes: false }], quirks: ['hash-word', 'value-quotes'] },
  dockerfile: { ...hashes, quirks: ['line-start'] },
  toml: { ...hashes, quotes: [textBlock, double, { ...single, escapes: false }] },
  ini: { lineComments: ['#', ';'], quirks: ['line-start'] },
  json: { quotes: [double] },
  sql: { lineComments: ['--'], blockComments: [['/*', '*/']], quotes: [{ ...single, multiline: true }, double] },
  css: { blockComments: [['/*', '*/']], quotes: [double, single] },
  html: { blockComments: [['<!--', '-->']] },
  prose: {},
};

const EXTENSIONS: Record<string, LanguageName> = {
  ...named('typescript', 'ts mts cts'),
  ...named('tsx', 'tsx jsx'),
  ...named('javascript', 'js mjs cjs'),
  ...named('python', 'py pyi pyw'),
  ...named('go', 'go'),
  ...named('rust', 'rs'),
  ...named('java', 'java'),
  ...named('kotlin', 'kt kts scala groovy gradle dart'),
  ...named('csharp', 'cs'),
  ...named('c', 'c h cc cpp cxx hpp hh m mm'),
  ...named('swift', 'swift'),
  ...named('php', 'php'),
  ...named('ruby', 'rb rake gemspec'),
  ...named('shell', 'sh bash zsh ksh bats'),
  ...named('yaml', 'yml yaml'),
  ...named('dockerfile', 'dockerfile'),
  ...named('toml', 'toml'),
  ...named('ini', 'ini cfg conf properties env'),
  ...named('json', 'json jsonc json5 webmanifest'),
  ...named('sql', 'sql'),
  ...named('css', 'css scss less'),
  ...named('html', 'html htm xml svg vue svelte'),
};

const FILES: Record<string, LanguageName> = {
  Dockerfile: 'dockerfile',
  Containerfile: 'dockerfile',
  Gemfile: 'ruby',
  Rakefile: 'ruby',
  Pipfile: 'toml',
  '.npmrc': 'ini',
  '.bashrc': 'shell',
  '.zshrc': 'shell',
};

function named(name: LanguageName, extensions: string): Record<string, LanguageName> {
  return Object.fromEntries(extensions.split(' ').map((extension) => [extension, name]));
}

function shaped(name: LanguageName): Language {
  const none = {
    lineComments: [],
    blockComments: [],
    quotes: [],
    blocks: 'none',
    programs: false,
    quirks: [],
  } as const;
  return { name, ...none, ...SHAPES[name] };
}

const LANGUAGES = new Map((Object.keys(SHAPES) as LanguageName[]).map((name) => [name, shaped(name)]));

/** The language of a file by its name; `prose` if it is none that we know. `firstLine` tells scripts without extension. */
export function languageOf(path: string, firstLine = ''): Language {
  const base = posix.basename(path);
  const name = FILES[base] ?? byPrefix(base) ?? EXTENSIONS[extensionOf(base)] ?? byShebang(firstLine) ?? 'prose';
  return LANGUAGES.get(name) ?? shaped('prose');
}

function byPrefix(base: string): LanguageName | undefined {
  if (/^\.env(\.|$)/.test(base)) return 'ini';
  return /^(Dockerfile|Containerfile)\./.test(base) ? 'dockerfile' : undefined;
}

function byShebang(firstLine: string): LanguageName | undefined {
  const program = /^#!.*?\b(bash|sh|zsh|node|python|ruby)[\d.]*\b/.exec(firstLine)?.[1];
  if (program === undefined) return undefined;
  return ({ node: 'javascript', python: 'python', ruby: 'ruby' } as Record<string, LanguageName>)[program] ?? 'shell';
}

function extensionOf(base: string): string {
  return base.includes('.') ? base.slice(base.lastIndexOf('.') + 1).toLowerCase() : '';
}

/** The languages of the JavaScript family, of which many rules speak together. */
export const SCRIPTS = ['typescript', 'tsx', 'javascript'] as const satisfies readonly LanguageName[];
