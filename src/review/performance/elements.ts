import { functionAround, givenTo } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import { turnsAround, type Turn } from '../read/loops.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** One use of something inside of a loop, a callback or a comprehension. */
type Use = { match: RegExpExecArray; line: SourceLine; source: SourceFile; turns: readonly Turn[] };

type Cost = {
  id: Rule['id'];
  languages: readonly LanguageName[];
  /** What is dear when it is done for each element; the first group names what it is done to, if anything. */
  pattern: RegExp;
  message: string;
  remedy: string;
  /** How bad it is here; undefined if it is right after all. Medium by default. */
  weigh?: (use: Use) => Rule['severity'] | undefined;
};

/** A rule about what stands in a loop, however the loop is written. What each turn makes anew is no strike. */
function costRule({ id, languages, pattern, message, remedy, weigh = () => 'medium' }: Cost): Rule {
  const likely = linesLike(pattern);
  const each = new RegExp(pattern, 'g');
  return {
    id,
    severity: 'medium',
    remedy,
    languages,
    ignoresMoves: true,
    *find(reading) {
      for (const source of sourcesOf(reading, languages, ['product', 'script']))
        for (const line of likely(source)) {
          if (line.startsIn !== 'code' || source.isTestLine(line.number)) continue;
          for (const match of line.code.matchAll(each)) {
            const turns = turnsAround(line, match.index + match[0].length - 1, source);
            const severity = turns.length > 0 ? weigh({ match, line, source, turns }) : undefined;
            if (severity === undefined || isAnew(match[1], { line, turns, source })) continue;
            if (isModule(match[1], source) || wasAsked(match[1], line.number, source)) continue;
            yield {
              file: source.path,
              line: line.number,
              severity: source.role === 'script' ? 'low' : severity,
              message: message.replace('$1', shorten(match[1] ?? match[0])),
            } satisfies Hit;
            break;
          }
        }
    },
  };
}

/** The name is that of a module, which has no elements. */
function isModule(name: string | undefined, { text }: SourceFile): boolean {
  if (name === undefined || !/^[\w$]+$/.test(name)) return false;
  const word = name.replaceAll('$', '\\$');
  return new RegExp(
    `^\\s*import (?:\\* as )?${word}\\b|\\b${word} = require\\(|^\\s*import \\w[\\w.]* as ${word}\\b`,
    'm',
  ).test(text);
}

/** The lines whose place it takes searched the same thing. */
function wasAsked(name: string | undefined, number: number, { change }: SourceFile): boolean {
  if (name === undefined) return false;
  const hunk = change.hunks.find(({ lines }) => lines.some(({ newLine }) => newLine === number));
  const word = name.replace(/[.$]/g, '\\$&');
  const asks = new RegExp(
    `(?<![\\w$.])${word}\\.(?:index|indexOf|lastIndexOf|find\\w*|filter|some|includes|contains|count|remove)\\(|\\bin ${word}\\b`,
  );
  return hunk?.lines.some(({ kind, text }) => kind === 'removed' && asks.test(text)) ?? false;
}

/** The turn gives it, or makes it before it is used. */
function isAnew(
  name: string | undefined,
  { line, turns, source }: { line: SourceLine; turns: readonly Turn[]; source: SourceFile },
): boolean {
  const root = name?.replace(/^(?:this|self)\./, '').split(/[.[(]/)[0];
  if (root === undefined || root === '') return false;
  if (turns.some(({ names }) => names.includes(root))) return true;
  const start = Math.min(...turns.map((turn) => turn.start));
  const given = start < line.number ? givenTo(root, { line: line.number, source }) : undefined;
  return given !== undefined && given.line >= start;
}

const LIST: Partial<Record<LanguageName, string>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [name, String.raw`\bNAME\??\s*:\s*(?:readonly )?(?:[\w<>.]+\[\]|(?:Readonly)?Array<)`]),
  ),
  python: String.raw`\bNAME\s*:\s*(?:list|List|Sequence|typing\.List|t\.List|tuple|Tuple)\b`,
  go: String.raw`\bNAME(?:, \w+)* \[\]`,
  rust: String.raw`\bNAME\s*:\s*&?(?:mut )?(?:Vec<|\[)`,
  java: String.raw`\b(?:Array|Linked)?List<[^()]*>\s+NAME\b`,
};
const MADE_LIST =
  /^\[[^\]]*\bfor\b|^(?:list|sorted)\(|\.(?:split|splitlines|readlines|values|keys|toList|collect|map|filter|to_vec|flatMap)\(|^new ArrayList|^Array\.from|^Object\.(?:keys|values|entries)/;

/** Whether a name is known to hold a list that may be long: by its type, or by what it was given. */
function isList(name: string, { line, source }: Pick<Use, 'line' | 'source'>): boolean {
  const kind = LIST[source.language.name]?.replaceAll('NAME', name.replaceAll('$', '\\$'));
  const place = { line: line.number, source };
  if (kind !== undefined && new RegExp(kind).test(functionAround(place)?.header ?? '')) return true;
  const given = givenTo(name, place);
  if (given === undefined || !MADE_LIST.test(given.code.trim())) return false;
  return !HASHED.test(given.code) && !HASHED.test(chainAt(given.line, source));
}

/** The lines of a statement with what stands further in below it, as chains of calls with closures do. */
function chainAt(start: number, source: SourceFile): string {
  const indent = (source.lineAt(start)?.code ?? '').search(/\S/);
  const parts = [source.lineAt(start)?.code ?? ''];
  for (let at = start + 1; at < start + 30; at += 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (code.search(/\S/) <= indent && !/^\s*[)}\].]/.test(code)) break;
    parts.push(code);
  }
  return parts.join('\n');
}

/** Something that finds an element without a walk. */
const HASHED =
  /\b(?:Hash|BTree|Tree|Index|Linked|FxHash|AHash|Enum)?(?:Hash)?(?:Set|Map)\b\s*(?:<|::|\(|>|$)|\btoSet\(|\btoMap\(|^\s*(?:set|frozenset|dict)\(|^\s*\{/;

const searched = (use: Use) => (isList(use.match[1] ?? '', use) ? 'medium' : undefined);
/** The test that looks for one element reads an element of the other collection. */
const joins = ({ match, line, turns }: Use) => {
  const asked = line.code.slice(match.index + match[0].length);
  const names = turns.flatMap(({ names: given }) => given).map((name) => name.replaceAll('$', '\\$'));
  return names.some((name) => new RegExp(`(?<![\\w$.])${name}(?![\\w$])`).test(asked)) ? 'medium' : undefined;
};

const SEARCH = { id: 'performance/nested-search', remedy: 'Make a set or a map of it before the loop.' } as const;
const WALKED = '`$1` is walked once for each element of another collection';

const searches: readonly Cost[] = [
  {
    ...SEARCH,
    languages: SCRIPTS,
    pattern: /(?<![\w$.])((?:this\.)?[a-z$_][\w$]*(?:\.[a-z]\w*)?)\.(?:find|findIndex|filter|some|findLast)\(/,
    message: WALKED,
    weigh: joins,
  },
  {
    ...SEARCH,
    languages: SCRIPTS,
    pattern: /(?<![\w$.])([a-z$_][\w$]*)\.(?:includes|indexOf|lastIndexOf)\(/,
    message: WALKED,
    weigh: searched,
  },
  { ...SEARCH, languages: ['python'], pattern: /\bin ([a-z_]\w*)(?![\w.(])/, message: WALKED, weigh: searched },
  { ...SEARCH, languages: ['python'], pattern: /(?<![\w.])([a-z_]\w*)\.count\(/, message: WALKED, weigh: counted },
  { ...SEARCH, languages: ['go'], pattern: /\bslices\.(?:Contains|Index)\(\s*(\w+)/, message: WALKED, weigh: searched },
  { ...SEARCH, languages: ['rust'], pattern: /(?<![\w.])(\w+)\.contains\(/, message: WALKED, weigh: searched },
  {
    ...SEARCH,
    languages: ['rust'],
    pattern: /\b(\w+)\.iter\(\)\.(?:find|any|position|filter)\(/,
    message: WALKED,
    weigh: joins,
  },
  {
    ...SEARCH,
    languages: ['rust'],
    pattern: /\b(\w+)\.chars\(\)\.nth\(/,
    message: '`$1` is walked from its start for each element',
  },
  {
    ...SEARCH,
    languages: ['java'],
    pattern: /(?<![\w.])(\w+)\.(?:contains|indexOf)\(/,
    message: WALKED,
    weigh: searched,
  },
  {
    ...SEARCH,
    languages: ['java'],
    pattern: /(?<![\w.])(\w+)\.stream\(\)\.(?:filter|anyMatch|noneMatch|allMatch)\(/,
    message: WALKED,
    weigh: joins,
  },
  {
    ...SEARCH,
    languages: ['rust'],
    pattern: /(?<![\w.])(\w+)\.insert\(\s*0\s*,/,
    message: 'All elements of `$1` move for each one',
  },
  {
    ...SEARCH,
    languages: SCRIPTS,
    pattern: /(?<![\w.])(\w+)\.unshift\(/,
    message: 'All elements of `$1` move for each one',
    weigh: () => 'low',
  },
];

/** `[x for x in items if items.count(x) > 1]`. */
function counted({ match, turns }: Use): Rule['severity'] | undefined {
  const own = new RegExp(`\\bin ${match[1]}\\b`);
  return turns.some(({ head }) => own.test(head)) ? 'medium' : undefined;
}

const anew: readonly Cost[] = [
  {
    ...SEARCH,
    languages: SCRIPTS,
    pattern:
      /\bObject\.(?:keys|values|entries)\(\s*([a-z$_][\w$]*)\s*\)\.(?:(?:includes|indexOf|find|some)\(|filter\((?![\w$]+\)))/,
    message: WALKED,
  },
  {
    ...SEARCH,
    languages: ['python'],
    pattern: /\b(?:any|next|all)\(.*\bfor \w+ in ([a-z_]\w*)\b.*\) *(?:\]|\)|for\b|$)/,
    message: WALKED,
    weigh: ({ turns, match }) => (turns.some(({ head }) => !head.includes(` in ${match[1]}`)) ? 'low' : undefined),
  },
  {
    id: 'performance/object-in-loop',
    languages: ['go', 'python', ...SCRIPTS],
    pattern: /\b(?:json\.Marshal|json\.dumps|JSON\.stringify)\(\s*([a-z_$][\w$]*)\s*[,)]/,
    message: 'The same is written out again for each element: `$1`',
    remedy: 'Do it once before the loop.',
    weigh: () => 'low',
  },
  {
    id: 'performance/copy-in-loop',
    languages: ['rust'],
    pattern: /=\s*([a-z_]\w*)\.iter\(\)[^;]*\.collect\b/,
    message: '`$1` is collected anew for each element',
    remedy: 'Collect it once before the loop.',
  },
];

const PATTERN = { id: 'performance/pattern-in-loop', remedy: 'Compile it once before the loop.' } as const;
const COMPILED = 'The same pattern is compiled again for each element';

const patterns: readonly Cost[] = [
  { ...PATTERN, languages: SCRIPTS, pattern: /\bnew RegExp\(\s*([a-z$_][\w$.]*)\s*[,)]/, message: COMPILED },
  { ...PATTERN, languages: ['python'], pattern: /\bre\.compile\(\s*([a-z_]\w*)\s*[,)]/, message: COMPILED },
  {
    ...PATTERN,
    languages: ['go'],
    pattern: /\bregexp\.(?:MustCompile|Compile)\(\s*([a-z]\w*)\s*\)/,
    message: COMPILED,
  },
  {
    ...PATTERN,
    languages: ['go'],
    pattern: /\bregexp\.Match(?:String|Reader)?\(\s*(["`]|[A-Za-z]\w*)/,
    message: COMPILED,
  },
  { ...PATTERN, languages: ['rust'], pattern: /\bRegex::new\(\s*&?([a-z]\w*)\s*\)/, message: COMPILED },
  { ...PATTERN, languages: ['rust'], pattern: /\bRegex::new\(\s*r?#*"/, message: COMPILED },
  {
    ...PATTERN,
    languages: ['java'],
    pattern: /\.(?:matches|replaceAll|replaceFirst)\(\s*([a-z]\w*)\s*[,)]/,
    message: COMPILED,
    weigh: patternWeight,
  },
  { ...PATTERN, languages: ['java'], pattern: /\bPattern\.(?:compile|matches)\(\s*([a-z]\w*|")/, message: COMPILED },
];

/** Methods of these names are of texts only if a text is handed over. */
function patternWeight({ match, source }: Use): Rule['severity'] | undefined {
  return new RegExp(`\\bString ${match[1]}\\b`).test(source.text) ? 'medium' : undefined;
}

const QUERY = {
  id: 'performance/query-in-loop',
  remedy: 'Ask once for all elements, or run the requests together with a bound.',
} as const;
const ASKED = 'One query or request for each element: `$1`';
const STORE = String.raw`\w*(?:[dD]b|[dD]atabase|[pP]ool|[cC]onn(?:ection)?|[rR]epo(?:sitory)?|[kK]nex|[pP]risma(?:\.\w+)?|[dD]ao)`;

const queries: readonly Cost[] = [
  {
    ...QUERY,
    languages: SCRIPTS,
    pattern: new RegExp(
      String.raw`(?<![\w$])((?:this\.)?${STORE}\.(?:query|execute|find\w*|select|insert\w*|update\w*|delete\w*|save|create|count|findOne)|fetch|axios(?:\.\w+)?|got(?:\.\w+)?)\(`,
    ),
    message: ASKED,
    weigh: asksInside,
  },
  {
    ...QUERY,
    languages: SCRIPTS,
    pattern:
      /\bawait (?:this\.)?[\w$.]*?(?:load|fetch|get|find|save|send|request|query|read|create|update|delete|insert|upload|download|resolve|call|restore|look_?[uU]p|check|exists|list|post|put|search|publish|store|scan|invoke|verify|notify)[A-Z]?\w*\(/,
    message: 'One after the other, each waited for: `$1`',
    weigh: ({ turns, line }) =>
      /^\s*(?:return|break)\b/.test(line.code) || turns.every(({ head }) => !/^for\b/.test(head)) ? undefined : 'low',
  },
  {
    ...QUERY,
    languages: ['python'],
    pattern:
      /\bawait (?:self\.)?[\w.]*?(?:load|fetch|get|find|save|send|request|query|read|create|update|delete|insert|upload|download|call|restore|look_?up|check|exists|list|post|put|search|publish|store|scan|invoke|verify|notify)\w*\(/,
    message: 'One after the other, each waited for: `$1`',
    weigh: () => 'low',
  },
  {
    ...QUERY,
    languages: ['python'],
    pattern:
      /(?<![\w.])(?:[\w.]+\.objects\.(?:get|filter|create|exclude|get_or_create|update_or_create)|(?:self\.)?\w*(?:session|client|http)\.(?:get|post|put|patch|delete|request|execute|query|scalars?))\((?!\s*f?["'][\w.-]*["']\s*[,)])/,
    message: ASKED,
    weigh: ({ line }) => (/\b(?:return|break)\b/.test(line.code) ? 'low' : 'medium'),
  },
  {
    ...QUERY,
    languages: ['python'],
    pattern: /^\s*for \w+ in \w+\.\w+\.(?:all|filter|exclude|order_by)\(/,
    message: 'One query for each element: `$1`',
    weigh: ({ match, turns }) => {
      const root = /in (\w+)\./.exec(match[0])?.[1] ?? '';
      return turns.some(({ names }) => names.includes(root)) ? 'medium' : undefined;
    },
  },
  {
    ...QUERY,
    languages: ['go'],
    pattern: /(?<![\w.])((?:\w+\.)?\w+)\.(?:Get|Post|Head|Do|PostForm)\(/,
    message: ASKED,
    weigh: ({ match, source }) =>
      new RegExp(
        `\\b${match[1]?.split('.').at(-1)}\\b[ \\t]+\\*?http\\.Client\\b|\\b${match[1]?.split('.').at(-1)} :?= &?http\\.(?:Client|DefaultClient)`,
      ).test(source.text)
        ? 'medium'
        : undefined,
  },
  {
    ...QUERY,
    languages: SCRIPTS,
    pattern:
      /(?<![\w$])((?:this\.)?\w*(?:[rR]edis|[mM]emcached?|[vV]alkey)(?:[cC]lient)?\.(?:get|set|h[gs]et|hgetall|exists|del|lrange|smembers|incr|expire))\(/,
    message: ASKED,
    weigh: asksInside,
  },
  {
    ...QUERY,
    languages: ['python'],
    pattern:
      /(?<![\w.])((?:self\.|g\.)?_?\w*(?:redis|memcached?|valkey|rdb)(?:_client|_conn)?\.(?:get|set|h[gs]et|hgetall|exists|delete|lrange|smembers|incr|expire)|\w+\.(?:get_item|put_item|delete_item))\(/,
    message: ASKED,
    weigh: ({ line }) => (/\b(?:return|break)\b/.test(line.code) ? 'low' : 'medium'),
  },
  {
    ...QUERY,
    languages: ['go'],
    pattern:
      /(?<![\w.])((?:\w+\.)?\w+\.(?:Get|Set|HGet|HGetAll|Exists|Del|Incr|Expire|SMembers))\(\s*(?:\w*ctx|context\.\w+\(\)|\w+\.Context\(\))\s*,|\b\w*(?:[cC]onn|rc)\.Do\(\s*"/,
    message: ASKED,
    weigh: ({ source, line }) =>
      /\bredis|valkey|memcache/i.test(source.text) && !/[pP]ipe/.test(line.code) ? 'medium' : undefined,
  },
  {
    ...QUERY,
    languages: ['java'],
    pattern:
      /(?<![\w.])(\w*[jJ]edis\w*\.(?:get|h[gs]et\w*|exists|smembers|set)|\w*[rR]edisTemplate\.opsFor\w+\(\)\.(?:get|set))\(/,
    message: ASKED,
  },
  {
    ...QUERY,
    languages: ['rust'],
    pattern: /(?<![\w.])(\w*(?:con|conn|connection|redis)\.(?:get|hget|exists|smembers|set))(?:::<[^(]*>)?\(/,
    message: ASKED,
    weigh: ({ source }) => (/\bredis::/.test(source.text) ? 'medium' : undefined),
  },
  {
    id: 'performance/object-in-loop',
    languages: [...SCRIPTS, 'python', 'go', 'java'],
    pattern:
      /\b(?:sqlite3|psycopg2?|pymysql|MySQLdb|asyncpg)\.connect\(|\bcreate_engine\(|\brequests\.Session\(\)|\bboto3\.(?:client|resource)\(|\bsql\.Open\(|\bDriverManager\.getConnection\(|\bnew (?:Client|Pool|MongoClient|PrismaClient|S3Client|HttpClient)\(|\bcreateConnection\(|\bmongoose\.connect\(|\b(?:http|httpx)\.(?:Async)?Client\(/,
    message: 'A connection is opened for each element: `$1`',
    remedy: 'Open it once before the loop.',
  },
];

/** A loop of `for` waits for each; a callback that asks stands for as many requests as there are elements. */
function asksInside({ line, match, turns }: Use): Rule['severity'] | undefined {
  const awaited = /\bawait\b/.test(line.code.slice(0, match.index));
  if (turns[0]?.start === line.number) return 'medium';
  return awaited || /\b(?:return|=>)\s*$/.test(line.code.slice(0, match.index)) ? 'low' : undefined;
}

const GROWN = {
  id: 'performance/copy-in-loop',
  message: 'Everything collected so far is copied for each element',
  remedy: 'Collect the parts and join them once.',
} as const;

const copied: readonly Cost[] = [
  {
    ...GROWN,
    languages: SCRIPTS,
    pattern:
      /^\s*(?:this\.)?(\w+) = (?:Buffer\.concat\(\s*\[\s*(?:this\.)?\1\b|(?:Uint8Array\.from|new Uint8Array)\(\s*\[\s*\.\.\.\1\b|Object\.assign\(\s*\{\s*\}\s*,\s*\1\b|new (?:Set|Map)\(\s*\[\s*\.\.\.\1\b|new Blob\(\s*\[\s*\1\b)/,
  },
  {
    ...GROWN,
    languages: ['go'],
    pattern:
      /^\s*(\w+) = (?:append\(\s*\[\][\w.*]+\{[^}]*\},\s*\1\.\.\.|bytes\.Join\(\s*\[\]\[\]byte\{\s*\1\b|strings\.Join\(\s*\[\]string\{\s*\1\b|fmt\.Sprintf\(\s*"·*",\s*\1\b)/,
  },
  {
    ...GROWN,
    languages: ['java'],
    pattern:
      /^\s*(\w+) = (?:Arrays\.copyOf\(\s*\1,|\1\.concat\(|Stream\.concat\(\s*(?:Arrays\.stream\()?\1\b|new (?:ArrayList|HashSet|LinkedList)<[^>]*>\(\s*\1\b|String\.format\(\s*"·*",\s*\1\b|ArrayUtils\.add(?:All)?\(\s*\1\b|Bytes\.concat\(\s*\1\b)/,
  },
  {
    ...GROWN,
    languages: ['rust'],
    pattern: /^\s*(\w+) = (?:\[\s*&?\1\b[^\]]*\]\.concat\(\)|\1\.(?:iter|into_iter|clone)\(\)(?:\.\w+\(\))*\.chain\()/,
  },
  {
    ...GROWN,
    languages: ['python'],
    pattern:
      /^\s*(\w+) = (?:\1 \+ \(|b?["']·*["']\.join\(\s*[[(]\s*\1\b|(?:torch\.cat|tf\.concat|np\.\w*stack|np\.concatenate|np\.append|pd\.concat)\(\s*[[(]?\s*\1\b)/,
  },
  {
    id: 'performance/copy-in-loop',
    languages: SCRIPTS,
    pattern: /\bJSON\.parse\(\s*JSON\.stringify\(\s*([a-z$_][\w$.]*)|\bstructuredClone\(\s*([a-z$_][\w$.]*)/,
    message: 'Everything is copied for each element',
    remedy: 'Copy once before the loop, or change what changes alone.',
  },
  {
    id: 'performance/copy-in-loop',
    languages: ['python'],
    pattern:
      /^\s*(\w+) = \{\s*\*\*\1\s*,|^\s*(\w+) = \[\s*\*\2\s*,|^\s*(\w+) = \3 \| |^\s*(\w+) = copy\.deepcopy\(\s*\4/,
    message: 'Everything collected so far is copied for each element',
    remedy: 'Add to one list or dict: append, extend, update.',
    weigh: () => 'medium',
  },
  {
    id: 'performance/copy-in-loop',
    languages: ['python'],
    pattern: /\bcopy\.deepcopy\(\s*([a-z_]\w*)\s*\)/,
    message: 'Everything is copied for each element',
    remedy: 'Copy once before the loop, or change what changes alone.',
    weigh: () => 'low',
  },
  {
    id: 'performance/copy-in-loop',
    languages: ['python'],
    pattern: /^\s*(\w+) = \1 \+ [a-z[]/,
    message: 'Everything collected so far is copied for each element',
    remedy: 'Use append or extend.',
    weigh: ({ match, line, source }) =>
      /^(?:\[|list\()/.test(givenTo(match[1] ?? '', { line: line.number, source })?.code.trim() ?? '')
        ? 'medium'
        : undefined,
  },
  {
    id: 'performance/concat-in-loop',
    languages: ['rust'],
    pattern: /^\s*(\w+) = format!\("\{(?:\}[^"]*",\s*\1\b|\1\})|^\s*(\w+) = format!\("·*",\s*&?\2\b/,
    message: 'The whole text is copied for each element',
    remedy: 'Use push_str or write!.',
  },
  {
    id: 'performance/concat-in-loop',
    languages: SCRIPTS,
    pattern: /^\s*(\w+) = \1 \+ .*['"`]/,
    message: 'The whole text is made anew for each element',
    remedy: 'Collect the parts and join them once.',
    weigh: () => 'low',
  },
];

/** What is worked out of a whole collection gives the same for each of its elements. */
const reckoned: readonly Cost[] = [
  {
    ...SEARCH,
    languages: [...SCRIPTS, 'python', 'rust', 'java', 'go'],
    pattern:
      /\b(?:\w*(?:median|mean|average|avg|sum|total|variance|std(?:dev|ev)?|percentile|quantile|sort(?:ed)?)|max|min)\w*\(\s*(?:\.\.\.|&(?:mut )?)?([a-z_]\w*)(?:\.iter\(\))?\s*\)/i,
    message: '`$1` is gone through once for each of its own elements',
    remedy: 'Work it out once, before.',
    weigh: ({ match, turns, source }) => {
      const own = new RegExp(
        `\\b(?:of|in|:|range) &?${match[1]}(?:\\.iter\\(\\))?(?![\\w.(])|(?<![\\w.])${match[1]}(?:\\.(?:iter|into_iter|stream)\\(\\))?\\.(?:map|filter|forEach|flatMap|some|every|any|all|for_each|filter_map)\\(`,
      );
      if (!turns.some(({ head }) => own.test(head))) return undefined;
      return source.language.name === 'python' ? 'low' : 'medium';
    },
  },
];

/** What is dear when it is done for each element, in loops, callbacks and comprehensions alike. */
export const elementRules: readonly Rule[] = [
  ...searches,
  ...reckoned,
  ...anew,
  ...patterns,
  ...queries,
  ...copied,
].map(costRule);
