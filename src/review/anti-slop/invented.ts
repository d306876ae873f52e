import { posix } from 'node:path';
import { moduleRules } from './module-members.ts';
import { ownRules } from './own-members.ts';
import { all, PYTHON_CLASSES } from './python-members.ts';
import { functionAround, givenTo, isShadowed } from '../read/flow.ts';
import { importsOf, resolveImport } from '../read/imports.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const ownOf = (...prototypes: object[]): ReadonlySet<string> =>
  new Set(
    prototypes
      .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
      .concat(Object.getOwnPropertyNames(Object.prototype)),
  );

/** What the kinds of values that come with a language can do. */
const KINDS: Partial<
  Record<
    LanguageName,
    readonly (readonly [what: string, declared: string, made: RegExp, members: ReadonlySet<string>])[]
  >
> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      [
        [
          'an array',
          String.raw`(?::\s*(?:readonly )?(?:[\w<>.]+\[\]|(?:Readonly)?Array<[^()=]*>))(?=\s*[,)=])`,
          /^\[|^Array\.|\.split\(.*\)$/,
          ownOf(Array.prototype),
        ],
        [
          'a text',
          String.raw`:\s*string(?=\s*[,)=])`,
          /^["'`]|^String\(|\.(?:trim|toLowerCase|toUpperCase)\(\)$/,
          ownOf(String.prototype),
        ],
        ['a Map', String.raw`:\s*(?:Readonly)?Map<[^()=]*>(?=\s*[,)=])`, /^new Map\b/, ownOf(Map.prototype)],
        ['a Set', String.raw`:\s*(?:Readonly)?Set<[^()=]*>(?=\s*[,)=])`, /^new Set\b/, ownOf(Set.prototype)],
      ] as const,
    ]),
  ),
  python: [
    [
      'a list',
      String.raw`\s*:\s*(?:list|List)\b(?!\s*\|)(?:\[[^=|]*\])?(?=\s*[,)=])`,
      /^\[|^list\(|^sorted\(/,
      all('append clear copy count extend index insert pop remove reverse sort'),
    ],
    [
      'a text',
      String.raw`\s*:\s*str(?=\s*[,)=])`,
      /^[fr]?["']|^str\(/,
      all(
        'capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill',
      ),
    ],
    [
      'a Path',
      String.raw`\s*:\s*(?:pathlib\.)?Path(?=\s*[,)=])`,
      /^(?:pathlib\.)?Path\([^()]*\)$/,
      PYTHON_CLASSES['Path'] ?? all(''),
    ],
    [
      'a dict',
      String.raw`\s*:\s*(?:dict|Dict)\b(?!\s*\|)(?:\[[^=|]*\])?(?=\s*[,)=])`,
      /^\{(?:\s*\}|[^}]*:)|^dict\(/,
      all('clear copy fromkeys get items keys pop popitem setdefault update values'),
    ],
  ],
  java: [
    [
      'a text',
      String.raw`\bString NAME(?=\s*[,)=;])`,
      /^"|^String\.(?:valueOf|format|join)\(/,
      all(
        'charAt chars codePointAt codePointBefore codePointCount codePoints compareTo compareToIgnoreCase concat contains contentEquals describeConstable endsWith equals equalsIgnoreCase formatted getBytes getChars getClass hashCode indent indexOf intern isBlank isEmpty lastIndexOf length lines matches notify notifyAll offsetByCodePoints regionMatches repeat replace replaceAll replaceFirst resolveConstantDesc split splitWithDelimiters startsWith strip stripIndent stripLeading stripTrailing subSequence substring toCharArray toLowerCase toString toUpperCase transform translateEscapes trim wait',
      ),
    ],
  ],
};

/** What other languages and libraries call their methods, which is what is believed to be there. */
const CALLS =
  /(?<![\w$.)\]])([a-z_]\w*)\.(contains\w*|append|prepend|isEmpty|isBlank|size|count|len|length|add|addAll|remove\w*|insert\w*|unique|uniq|distinct|capitali[sz]e|first|last|reverse\w*|sum|average|max|min|any|all|exists|empty|clear|get|put|set|has|hasKey|has_key|push\w*|pop|extend|each|groupBy|group_by|chunk|flatten|compact|title|titleCase|upper|lower|toUpper|toLower|strip|trim\w*|lstrip|rstrip|startswith|endswith|starts_with|ends_with|replaceAll|replace_all|format|equals|compareTo|toArray|toList|to_list|to_s|sortBy|sort_by|sorted|filter|map|find|findAll|substr\w*|isNumeric|isDigit|parse|merge|clone|copy|iteritems|delete|update|join|split|index|indexOf|shuffle|sample|take|skip|where|select|reduce|fold|zip|drop\w*|head|tail|init|first\w+|last\w*|nth|elementAt|without|difference\w*|intersect\w*|union|partition|keyBy|indexBy|sumBy|maxBy|minBy|countBy|toSet|toMap|asList|insertAt|swap|rotate|ltrim|rtrim|chars|bytes|lines|orElse|getOr\w+|containsKey|keySet|entrySet|toDict|camelCase|snakeCase|slugify|truncate|words|toInt\w*|toFloat|toNumber|hasPrefix|hasSuffix|beginsWith|matches|occurrences|read_\w+|write_\w+|is_directory|basename|dirname)\(/;
/** A list that is written down there and then, and asked for what lists of other languages can do. */
const ofLiteral = lineRule({
  id: 'anti-slop/invented-member',
  severity: 'medium',
  languages: SCRIPTS,
  roles: ['product', 'script', 'test'],
  pattern:
    /(?:[=(,:?&|!]|\breturn)\s*\[(?:[^[\]]|\[[^[\]]*\])*\]\.(?:contains\w*|append|prepend|add\w*|isEmpty|size|len|length\(|remove\w*|unique|distinct|first|last|sum|max|min|any|all|each)\b\(?/,
  unless: (line, source) => /\blength\b(?!\()/.test(line.code) || addsMembers(source),
  message: 'A list has no such method: `$&`',
  remedy: 'Call what there is.',
});

/** `items.contains(x)` of an array: the value is known, and it can do no such thing. */
const inventedMethod: Rule = {
  id: 'anti-slop/invented-member',
  severity: 'medium',
  remedy: 'Call what there is.',
  languages: Object.keys(KINDS) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, inventedMethod.languages, ['product', 'script', 'test'])) {
      const unknown = UNKNOWN.get(source.language.name);
      for (const line of unknown?.lines(source) ?? [])
        for (const [, name = '', method = ''] of line.code.matchAll(unknown?.each ?? CALLS)) {
          const kind = line.startsIn === 'code' && !isKnown(method, source) ? kindOf(name, line, source) : undefined;
          if (kind && !addsMembers(source))
            yield {
              file: source.path,
              line: line.number,
              message: `\`${name}\` is ${kind[0]} and has no \`${method}\``,
            } satisfies Hit;
        }
    }
  },
};

/** The file itself gives members to what the language has. */
function addsMembers({ text }: SourceFile): boolean {
  return /\b(?:Array|String|Map|Set)\.prototype\.\w+\s*=|declare global/.test(text);
}

type Kind = readonly [what: string, declared: string, made: RegExp, members: ReadonlySet<string>];

const ALL = new Map(
  Object.entries(KINDS).map(([name, kinds]) => [name, new Set(kinds.flatMap(([, , , members]) => [...members]))]),
);

/** Some kind of value of the language can do it: which one it is here is asked of the rest alone. */
function isKnown(method: string, { language }: SourceFile): boolean {
  return ALL.get(language.name)?.has(method) ?? true;
}

/** The calls of a language that no kind of its values can do, as far as that is seen by their names. */
function unknownCalls(members: ReadonlySet<string>): { lines: ReturnType<typeof linesLike>; each: RegExp } {
  const [head = '', names = ''] = /^(.*\\\.\()(.*)\)\\\($/.exec(CALLS.source)?.slice(1) ?? [];
  const left = names.split('|').filter((name) => !members.has(name));
  const pattern = new RegExp(`${head}${left.join('|')})\\(`);
  return { lines: linesLike(pattern), each: new RegExp(pattern, 'g') };
}

const UNKNOWN = new Map([...ALL].map(([language, members]) => [language, unknownCalls(members)]));

/** The kind of a parameter by its type, or of a name by what it was given once. */
function kindOf(name: string, line: SourceLine, source: SourceFile): Kind | undefined {
  const place = { line: line.number, source };
  const kinds = KINDS[source.language.name] ?? [];
  const fn = functionAround(place);
  const given = givenTo(name, place);
  if (given && given.line >= (fn?.start ?? 1)) {
    const text = given.text.trim();
    const times = source.lines
      .slice((fn?.open ?? 1) - 1, fn?.end)
      .filter(({ code }) => new RegExp(`(?<![\\w.])${name}\\s*(?::[^=]+)?=(?!=)`).test(code)).length;
    const plain = new RegExp(`^\\s*(?:(?:const|let|var|final|String) )*${name}\\s*(?::[^=]+)?=(?!=)`).test(
      source.lineAt(given.line)?.code ?? '',
    );
    return plain && times === 1 && given.line !== line.number
      ? kinds.find(([, , made]) => made.test(text) && !/[)\]}"'`]\s*[.[(+%]|\.\w+\($/.test(text.slice(1)))
      : undefined;
  }
  const header = fn?.header ?? '';
  return kinds.find(([, declared]) =>
    new RegExp(declared.includes('NAME') ? declared.replace('NAME', name) : `(?<![\\w.])${name}\\??${declared}`).test(
      header,
    ),
  );
}

/** How a file of the repository is bound whole to a name, or in pieces. */
const BOUND =
  /^\s*(?:const|let|var)\s+(?:([\w$]+)|\{([^}]*)\})\s*=\s*require\(\s*['"](\.[^'"]+)['"]\s*\)|^\s*import\s+\*\s+as\s+([\w$]+)\s+from\s*['"](\.[^'"]+)['"]/;

/** What is read from another file of the repository, by its name, and stands nowhere in that file. */
const inventedOwn: Rule = {
  id: 'anti-slop/invented-member',
  severity: 'medium',
  remedy: 'Use what the file offers, or add it there.',
  languages: [...SCRIPTS, 'python', 'java', 'rust'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'rust'], ['product', 'test', 'script']))
      for (const { line, path, member, of } of membersIn(source, reading)) {
        if (of !== undefined && isShadowed(of, { line, source })) continue;
        const text = path === source.path ? undefined : (await reading.peek(path))?.text;
        if (
          text === undefined ||
          OPEN.test(text) ||
          new RegExp(`(?<![\\w$])${member.replaceAll('$', '\\$')}(?![\\w$])`).test(text)
        )
          continue;
        hits.push({ file: source.path, line, message: `\`${posix.basename(path)}\` has nothing called \`${member}\`` });
      }
    return hits;
  },
};

/** Files that hand on what stands elsewhere. */
const OPEN =
  /\bexport \*|module\.exports\s*=\s*(?!\{|function\b|class\b|[A-Za-z_$]+;?\s*$)|Object\.assign\((?:module\.)?exports|__getattr__|\bimport \*|globals\(\)|@(?:Data|Value|Getter|Setter|Builder|SuperBuilder|UtilityClass|Accessors)\b|\bextends\b|macro_rules!|\bpub use\b|\binclude!/;

/** `of` is the name that the file is bound to, if the member is read from it. */
type Member = { line: number; path: string; member: string; of?: string };

function membersIn(source: SourceFile, reading: Reading): Member[] {
  switch (source.language.name) {
    case 'python':
      return ofModules(source, reading);
    case 'java':
      return ofClasses(source, reading);
    case 'rust':
      return source.added.flatMap(({ code, number }) => {
        const [, path = '', member = ''] = /^\s*(?:pub )?use (crate::[\w:]+)::([a-z_]\w*);/.exec(code) ?? [];
        const [target] =
          path === '' ? [] : resolveImport(`${path}::x`, source.path, { paths: reading.paths, goModule: undefined });
        return target === undefined || !target.includes(`${path.split('::').at(-1)}`)
          ? []
          : [{ line: number, path: target, member }];
      });
    default:
      return ofScripts(source, reading);
  }
}

function ofScripts(source: SourceFile, { paths }: Reading): Member[] {
  const found: Member[] = [];
  if (!/require\(|\* as /.test(source.text)) return found;
  for (const line of source.lines) {
    const [, whole, pieces, required, star, starred] = BOUND.exec(line.text) ?? [];
    const [target] = resolveImport(required ?? starred ?? '', source.path, { paths, goModule: undefined });
    if (target === undefined || !/\.[cm]?[jt]sx?$/.test(target) || (required ?? starred) === undefined) continue;
    if (pieces !== undefined && source.isAdded(line.number))
      for (const piece of pieces.split(',')) {
        const member = /^\s*([\w$]+)/.exec(piece)?.[1];
        if (member !== undefined) found.push({ line: line.number, path: target, member });
      }
    const name = whole ?? star;
    if (name !== undefined)
      for (const { code, number } of source.added)
        for (const [, member = ''] of code.matchAll(
          new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}\\.([A-Za-z_$][\\w$]*)`, 'g'),
        ))
          if (!/^(?:call|apply|bind|prototype|name|length|toString|default)$/.test(member))
            found.push({ line: number, path: target, member, of: name });
  }
  return found;
}

function ofModules(source: SourceFile, { paths }: Reading): Member[] {
  const found: Member[] = [];
  for (const { text } of source.lines) {
    const [, from, name, plain] =
      /^from\s+([.\w]+)\s+import\s+(\w+)\s*$|^import\s+([\w.]+)\s*$/.exec(text.trimEnd()) ?? [];
    const specifier = from === undefined ? plain : `${from}${from.endsWith('.') ? '' : '.'}${name}`;
    if (specifier === undefined) continue;
    const target = resolveImport(specifier, source.path, { paths, goModule: undefined }).find(
      (path) => !path.endsWith('__init__.py'),
    );
    if (target === undefined || (!specifier.startsWith('.') && isSibling(target, specifier, paths))) continue;
    const word = (name ?? plain ?? '').replaceAll('.', '\\.');
    for (const { code, number } of source.added)
      for (const [, member = ''] of code.matchAll(new RegExp(`(?<![\\w.])${word}\\.([A-Za-z]\\w*)`, 'g')))
        found.push({ line: number, path: target, member, of: name ?? plain ?? '' });
  }
  return found;
}

/** A file beside the importing one in a package of the same name as a module from elsewhere: only a dot leads to it. */
function isSibling(target: string, specifier: string, paths: ReadonlySet<string>): boolean {
  const folder = posix.dirname(target);
  return !specifier.includes('.') && paths.has(posix.join(folder, '__init__.py'));
}

/** Static calls of classes that stand beside the file or are imported from the same sources. */
function ofClasses(source: SourceFile, { paths }: Reading): Member[] {
  const imported = new Map(
    importsOf(source.lines, 'java').map(({ specifier }) => [specifier.split('.').at(-1) ?? '', specifier]),
  );
  return source.added.flatMap(({ code, number }) =>
    [...code.matchAll(/(?<![\w.])([A-Z]\w*)\.([a-z]\w*)\(/g)].flatMap(([, name = '', member = '']) => {
      const specifier = imported.get(name);
      const target =
        specifier === undefined
          ? `${posix.dirname(source.path)}/${name}.java`
          : resolveImport(specifier, source.path, { paths, goModule: undefined })[0];
      return target !== undefined && paths.has(target) && !/^(?:valueOf|values|builder|ordinal|name)$/.test(member)
        ? [{ line: number, path: target, member }]
        : [];
    }),
  );
}

/** A class of a package of one's own that is not there. */
const inventedClass: Rule = {
  id: 'anti-slop/invented-import',
  severity: 'high',
  remedy: 'Import what exists, or add it.',
  languages: ['java'],
  *find(reading) {
    const classes = new Set(
      [...reading.paths]
        .filter((path) => /\.(?:java|kt)$/.test(path))
        .map((path) => posix.basename(path).replace(/\.\w+$/, '')),
    );
    const folders = new Set(
      [...reading.paths]
        .filter((path) => path.endsWith('.java'))
        .map((path) => posix.dirname(path).replace(/^.*?src\/(?:main|test)\/java\//, '')),
    );
    for (const source of sourcesOf(reading, ['java'], ['product', 'test'])) {
      const own = /^package ([\w.]+);/m.exec(source.text)?.[1];
      if (own === undefined) continue;
      const root = own
        .split('.')
        .slice(0, Math.max(1, own.split('.').length - 1))
        .join('.');
      for (const { specifier, line } of importsOf(source.lines, 'java')) {
        const name = specifier.split('.').find((part) => /^[A-Z]/.test(part));
        const folder = specifier.split('.').slice(0, -1).join('/');
        if (
          name !== undefined &&
          source.isAdded(line) &&
          folders.has(folder) &&
          `${specifier}.`.startsWith(`${root}.`) &&
          !classes.has(name) &&
          !/generated|proto|grpc|Q[A-Z]\w+$/i.test(specifier) &&
          !isNested(name, reading)
        )
          yield { file: source.path, line, message: `There is no class \`${specifier}\`` } satisfies Hit;
      }
    }
  },
};

/** Other languages and builds may make classes of a package that no file is named after. */
function isNested(name: string, { paths, files }: Reading): boolean {
  return (
    files.some(({ text }) => new RegExp(`\\b(?:class|interface|enum|record) ${name}\\b`).test(text)) ||
    [...paths].some((path) =>
      /\.(?:proto|g4|avsc|xsd|thrift|scala|groovy|kt)$|module-info|annotation.?processor/i.test(path),
    )
  );
}

/** What values, modules and files of one's own do not have. */
export const inventedRules: readonly Rule[] = [
  inventedMethod,
  ofLiteral,
  ...moduleRules,
  ...ownRules,
  inventedOwn,
  inventedClass,
];
