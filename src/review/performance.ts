import { scriptCosts } from './performance/script-costs.ts';
import { settingCosts } from './infrastructure/setting-slips.ts';
import { describeMeasure } from '../goal/pace.ts';
import type { Block } from './read/blocks.ts';
import { SCRIPTS, type LanguageName } from './read/language.ts';
import type { SourceLine } from './read/lexer.ts';
import type { SourceFile } from './read/reading.ts';
import { collectionLoop, emptyingLoop } from './read/loops.ts';
import { statementAt } from './read/statements.ts';
import { commandCosts } from './performance/commands.ts';
import { manifestCosts } from './infrastructure/manifests.ts';
import { imageCosts } from './infrastructure/images.ts';
import { workflowCosts } from './infrastructure/workflows.ts';
import { javaCosts } from './performance/java.ts';
import { walkRules } from './performance/walks.ts';
import { costlyRules } from './performance/costly.ts';
import { dearRules } from './performance/dear.ts';
import { elementRules } from './performance/elements.ts';
import { growthRules } from './performance/growth.ts';
import { undoneBounds } from './undone.ts';
import { waitingRules } from './performance/waiting.ts';
import { perCallRules } from './performance/per-call.ts';
import { throughOwn } from './performance/through.ts';
import { unboundedRules } from './performance/unbounded.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from './rules.ts';

const gate: Rule = {
  id: 'performance/gate',
  severity: 'high',
  remedy: 'Make the gate pass again; it passes on the base.',
  languages: 'all',
  *find(reading) {
    for (const result of reading.gates)
      if (result.kind === 'performance' && result.status !== 'passed' && !result.redOnBase)
        yield {
          file: '',
          line: 0,
          message: `The gate ${result.name} did not pass: ${result.status}`,
          text: result.name,
        } satisfies Hit;
  },
};

/** Beyond this nobody calls it noise or a price worth paying without saying so. */
const GRAVE_TIMES = 2;

const pace: Rule = {
  id: 'performance/pace',
  severity: 'high',
  remedy: 'Make it as quick as it was, or say why it must cost more.',
  languages: 'all',
  *find(reading) {
    for (const result of reading.gates)
      for (const measure of result.pace?.kind === 'compared' ? result.pace.measures : [])
        if (measure.isWorse)
          yield {
            file: '',
            line: 0,
            message: `The gate ${result.name} is slower than on the base: ${describeMeasure(measure)}`,
            severity: measure.times >= GRAVE_TIMES ? 'high' : 'medium',
            text: `${result.name} ${measure.name}`,
          } satisfies Hit;
  },
};

const inLoop = (
  id: Rule['id'],
  severity: Rule['severity'],
  rules: readonly (Pick<LineRule, 'languages' | 'pattern'> & Partial<LineRule>)[],
  words: Pick<Rule, 'remedy'> & { message: string },
): Rule[] =>
  rules.map((rule) =>
    lineRule({
      id,
      severity,
      ...words,
      roles: ['product', 'script'],
      ...rule,
      severityAt: (line, source) =>
        source.role === 'script' || !collectionLoop(line, source) ? 'low' : rule.severityAt?.(line, source),
      unless: (line, source) =>
        !(collectionLoop(line, source) ?? emptyingLoop(line, source)) ||
        /\b(return|break)\b/.test(line.code) ||
        endsLoop(line, source) ||
        (rule.unless?.(line, source) ?? false),
    }),
  );

/** The loop is left right after: it runs at most once to here. */
function endsLoop(line: SourceLine, source: SourceFile): boolean {
  const next = source.lineAt(line.number + 1)?.code ?? '';
  const deeper = next.search(/\S/) - line.code.search(/\S/);
  return /^\s*(break|return)\b/.test(next) && (deeper === 0 || (deeper > 0 && !/\{\s*$/.test(line.code)));
}

const DATABASE = String.raw`(?:\w*(?:[dD]b|[dD]atabase|[cC]lient|[pP]ool|[cC]onn(?:ection)?|[rR]epo(?:sitory)?|[kK]nex|[cC]ursor|[pP]risma(?:\.\w+)?|[dD]ao)|[A-Z]\w*Model|this\.\w*(?:[rR]epository|[mM]odel))`;

const queries = inLoop(
  'performance/query-in-loop',
  'medium',
  [
    {
      languages: SCRIPTS,
      pattern: new RegExp(
        String.raw`\bawait\s+(?:fetch|axios(?:\.\w+)?|got(?:\.\w+)?|request(?:\.\w+)?|\$?http\.(?:get|post|request))\(|\bawait\s+${DATABASE}\.(?:query|execute|find\w*|select|insert\w*|update\w*|delete\w*|save|create|count|one|all|first|raw)\(|\bawait\s+[A-Z]\w+\.(?:find\w*|create|update\w*|delete\w*|save|count\w*)\(`,
      ),
    },
    {
      languages: ['python'],
      pattern:
        /\b(?:requests|httpx)\.(?:get|post|put|delete|patch|request)\(|\burlopen\(|\b(?:\w*(?:cursor|conn|connection|db|session)|cur|c)\.(?:execute|query|scalar|scalars)\(|\b[A-Z]\w+\.objects\.(?:get|filter|create|exclude|update_or_create|get_or_create)\(|\b[A-Z]\w+\.query\.(?:get|filter\w*)\(/,
    },
    {
      languages: ['go'],
      pattern:
        /\b\w*(?:db|DB|tx|conn|pool)\.(?:Query|QueryRow|Exec|QueryContext|QueryRowContext|ExecContext|Select|First|Find)\(|\b\w*(?:db|DB|tx)\.Get\(|\bhttp\.(?:Get|Post|Head)\(|\b\w*[cC]oll(?:ection)?\.(?:Find(?:One)?|InsertOne|UpdateOne|DeleteOne|CountDocuments)\(|\bhttp\.DefaultClient\.\w+\(/,
    },
    {
      languages: ['java', 'kotlin', 'csharp'],
      pattern:
        /\b\w*(?:[rR]epository|[dD]ao|jdbcTemplate|entityManager|restTemplate|httpClient)\.(?:find\w*|get\w*|query\w*|save|delete\w*|exchange|send|postFor\w*|update|execute)\(/,
    },
    {
      languages: ['java', 'kotlin', 'csharp'],
      pattern: /\b(\w+)\.(?:find\w*|get\w*|save\w*|delete\w*|query\w*|load\w*|fetch\w*|execute\w*|exists\w*)\(/,
      unless: (line, source) => {
        const name =
          /\b(\w+)\.(?:find|get|save|delete|query|load|fetch|execute|exists)\w*\(/.exec(line.code)?.[1] ?? '';
        return !new RegExp(
          `\\b\\w*(?:Repository|Dao|DAO|Mapper|EntityManager|JdbcTemplate|RestTemplate|HttpClient|Session|DbContext)\\s+${name}\\b`,
        ).test(source.text);
      },
    },
    {
      languages: ['rust'],
      pattern:
        /\bsqlx::query\w*!?\(|\breqwest::(?:blocking::)?get\(|\.(?:fetch_one|fetch_all|fetch_optional)\(|\b\w*(?:client|conn|connection|tx|transaction|db|pool)\.(?:query(?:_one|_opt|_raw|_row|_map)?|execute|batch_execute|prepare)\(|\.(?:load|first|get_results?|execute)(?:::<[^>]*>)?\(\s*&?(?:mut )?\w*conn\b|\.(?:get|post|put|delete|patch)\([^()]*\)(?:\.\w+\([^()]*\))*\.send\(\)/,
    },
    {
      languages: ['python'],
      pattern: /^\s*(\w+)\.save\(\s*(?:update_fields=.*)?\)\s*$/,
      unless: (line, source) => {
        const name = /^\s*(\w+)\./.exec(line.code)?.[1] ?? '';
        return (
          !new RegExp(`\\bfor (?:\\w+, )?${name}\\b`).test(collectionLoop(line, source)?.header ?? '') ||
          /\bPIL\b|\bopenpyxl\b|\bmatplotlib\b|\bdocx\b/.test(source.text)
        );
      },
    },
    {
      languages: ['java', 'kotlin'],
      pattern: /\b\w+\.execute(?:Query|Update)?\((?!\s*\w+\s*->)/,
      unless: (line, source) => !/PreparedStatement|\bStatement\b/.test(source.text) || /[bB]atch/.test(line.code),
    },
    {
      languages: ['java', 'kotlin'],
      pattern: /\b\w*[cC]lient\.(?:send|execute|newCall|exchange)\(|\b\w+\.(?:prepareStatement|createStatement)\(/,
      unless: (line) => /[bB]atch/.test(line.code),
    },
    { languages: ['ruby'], pattern: /\b[A-Z]\w+\.(?:find|find_by|where|create!?)\b/ },
    { languages: ['php'], pattern: /->(?:query|execute|prepare|find|findOneBy)\(|\bmysqli_query\(/ },
  ],
  {
    message: 'One query or request for each element of a loop: `$&`',
    remedy: 'Ask once for all elements, or run the requests together with a bound.',
  },
);

/** The text of the pattern is another one in each turn. */
const isChanging: LineRule['unless'] = (line, source) => {
  const name = /(?:RegExp|compile|Compile|Regex::new)\(\s*&?([a-z_$][\w$]*)\s*[,)]/i.exec(line.code)?.[1];
  const loop = name === undefined ? undefined : collectionLoop(line, source);
  if (name === undefined || !loop) return false;
  const word = new RegExp(`(?<![\\w.])${name.replaceAll('$', '\\$')}(?![\\w])`);
  return (
    word.test(loop.header) ||
    source.lines.slice(loop.open, line.number - 1).some(({ code }) => word.test(code) && /=/.test(code))
  );
};

const patterns = inLoop(
  'performance/pattern-in-loop',
  'medium',
  [
    { languages: SCRIPTS, pattern: /\bnew RegExp\(\s*(?:(['"`])·*\1|[a-z_$][\w$]*\s*[,)])/i, unless: isChanging },
    { languages: ['python'], pattern: /\bre\.compile\(\s*(?:[rbf]*['"]|[a-z_]\w*\s*[,)])/i, unless: isChanging },
    { languages: ['go'], pattern: /\bregexp\.(?:MustCompile|Compile)\(\s*(?:["`]|[a-z]\w*\s*\))/, unless: isChanging },
    { languages: ['java', 'kotlin'], pattern: /\bPattern\.compile\(\s*(?:"|[a-z]\w*\s*[,)])/, unless: isChanging },
    { languages: ['java', 'kotlin'], pattern: /\.matches\(\s*"[^"]{2,}"\s*\)/ },
    { languages: ['rust'], pattern: /\bRegex::new\(\s*(?:r?#*"|&?[a-z]\w*\s*\))/, unless: isChanging },
  ],
  { message: 'The same pattern is compiled again for each element', remedy: 'Compile it once before the loop.' },
);

/** The keys of an object are seldom many. */
const isOfKeys: LineRule['severityAt'] = ({ number }, source) =>
  /\bObject\.(?:entries|keys|values)\(/.test(statementAt(number, source).code) ? 'low' : undefined;

const COPIED = {
  id: 'performance/copy-in-loop',
  severity: 'medium',
  roles: ['product', 'script'],
  message: 'Everything collected so far is copied for each element',
  remedy: 'Add to one array, object or Map.',
} as const;

const spreads: Rule = lineRule({
  ...COPIED,
  languages: SCRIPTS,
  pattern:
    /\.reduce(?:<.*?>)?\(\s*\(?\s*\(?(\w+)[^=]*=>\s*(?:\(\{|\[|\{)\s*\.\.\.\1\b|^\s*(\w+) = \[\s*\.\.\.\2,|^\s*(\w+) = \{\s*\.\.\.\3,|^\s*(\w+) = \4\.concat\(/,
  unless: (line, source) => !/\.reduce\b/.test(line.code) && !collectionLoop(line, source),
  severityAt: (line, source) =>
    source.role === 'script'
      ? 'low'
      : /\.reduce\b/.test(line.code)
        ? isOfKeys(line, source)
        : source.blocks().around(line.number)[0]?.kind === 'condition'
          ? 'low'
          : undefined,
});

/** The name of what a reduction has collected so far, if its callback begins here. */
const COLLECTED = /\.reduce(?:<.*?>)?\(\s*(?:async )?(?:function\b[^(]*)?\(?\s*\(?([A-Za-z_$][\w$]*)/;

const reduced: Rule[] = [
  lineRule({
    ...COPIED,
    languages: SCRIPTS,
    pattern:
      /\.reduce(?:<.*?>)?\(\s*\(?\s*\(?(\w+)[^=]*=>\s*(?:\1\.concat\(|Object\.assign\(\s*\{\s*\}\s*,\s*\1\b|new (?:Set|Map)\(\s*\[\s*\.\.\.\1\b)/,
    severityAt: (line, source) => (source.role === 'script' ? 'low' : isOfKeys(line, source)),
  }),
  lineRule({
    ...COPIED,
    languages: SCRIPTS,
    pattern:
      /^\s*return\s*\(?\s*(?:(?:\{|\[)\s*\.\.\.(\w+)\b|(\w+)\.concat\(|Object\.assign\(\s*\{\s*\}\s*,\s*(\w+)\b)/,
    unless: (line, source) => {
      const name = /\.\.\.(\w+)|(\w+)\.concat|,\s*(\w+)/.exec(line.code)?.slice(1).find(Boolean);
      const around = source
        .blocks()
        .around(line.number)
        .find(({ kind }) => kind === 'callback');
      return around === undefined || COLLECTED.exec(around.header)?.[1] !== name;
    },
    severityAt: (_line, source) => (source.role === 'script' ? 'low' : undefined),
  }),
  lineRule({
    ...COPIED,
    languages: ['python'],
    pattern: /\breduce\(\s*lambda (\w+),[^:]*:\s*(?:\1 \+ \[|\{\s*\*\*\1\b|\[\s*\*\1\b|\1 \| )/,
    severityAt: (_line, source) => (source.role === 'script' ? 'low' : undefined),
  }),
];

const ASKED: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [name, /\b([\w$.]+)\.(?:find|findIndex|includes|indexOf|lastIndexOf|filter|some)\(/]),
  ),
  python: /\b([\w.]+)\.(?:index|count|remove)\(/,
  ruby: /\b([\w.@]+)\.(?:include\?|index|find|select|count)\b/,
  java: /\b([\w.]+)\.(?:contains|indexOf|remove)\(/,
};

const ASKS = Object.fromEntries(Object.entries(ASKED).map(([name, asked]) => [name, linesLike(asked)]));

const nestedSearch: Rule = {
  id: 'performance/nested-search',
  severity: 'medium',
  remedy: 'Make a Set or Map of the collection before the loop.',
  languages: Object.keys(ASKED) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      const asked = ASKED[source.language.name];
      if (!asked) continue;
      for (const line of ASKS[source.language.name]?.(source) ?? []) {
        if (/\b(throw|raise)\b/.test(line.code)) continue;
        const name = asked.exec(line.code)?.[1];
        const loop = name === undefined ? undefined : collectionLoop(line, source);
        const own =
          /\b([\w$.]+)\.(?:filter|map|forEach|some|every|flatMap)\(\s*(?:\(?[\w$, ]+\)?)\s*=>.*\b\1\.(?:find|findIndex|includes|indexOf|filter|some)\(/.exec(
            line.code,
          );
        if (own || (loop && loopsOver(loop) === name))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${shorten(own?.[1] ?? name ?? '')}\` is searched once for each of its own elements`,
          } satisfies Hit;
      }
    }
  },
};

function loopsOver(loop: Block): string {
  return (
    /\b(?:of|in|:)\s+([\w$.@]+)\s*\)?\s*$/.exec(loop.header)?.[1] ??
    /([\w$.]+)\.(?:forEach|map|flatMap|each)\(/.exec(loop.header)?.[1] ??
    ''
  );
}

const isInServer: LineRule['unless'] = (line, source) => {
  const fn = source
    .blocks()
    .around(line.number)
    .find((block) => block.kind === 'function' || block.kind === 'callback');
  return (
    fn !== undefined &&
    /\.(?:get|post|put|delete|patch|all|use)\(\s*['"`/].*=>\s*$|\(\s*(?:_?req(?:uest)?\b|ctx\b|context\b)[^)]*(?:_?res(?:ponse)?\b|reply\b|next\b|\))|\basync\b.*\b(?:req|request|ctx)\b/.test(
      fn.header,
    )
  );
};

/** Programs that answer requests stand still with the thread that does. */
const HANDLER =
  /http\.ResponseWriter|\*gin\.Context|echo\.Context|HttpServletRequest|@(?:Get|Post|Request)Mapping|^def \w+\(\s*(?:self, ?)?request\b|\bsynchronized\b/;

const isInAsync: LineRule['unless'] = (line, source) =>
  source
    .blocks()
    .around(line.number)
    .find((block) => block.kind === 'function' || block.kind === 'callback')?.isAsync ?? false;

/** What was waited for without keeping the thread, and keeps it now. */
const blockingNow: Rule = {
  id: 'performance/blocking-call',
  severity: 'medium',
  remedy: 'Keep the asynchronous call.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const { lines: all } of source.change.hunks) {
        const awaited = all.flatMap(({ kind, text }) =>
          kind === 'removed' ? [...text.matchAll(/\bawait (?:[\w$]+\.)*([\w$]+)\(/g)].map(([, name = '']) => name) : [],
        );
        const now = all.find(
          ({ kind, text }) => kind === 'added' && awaited.some((name) => new RegExp(`\\b${name}Sync\\(`).test(text)),
        );
        if (now)
          yield {
            file: source.path,
            line: now.newLine,
            message: `This was waited for, and stops everything else now: \`${shorten(now.text)}\``,
            text: now.text,
          } satisfies Hit;
      }
  },
};

const blocking = [
  blockingNow,
  lineRule({
    id: 'performance/blocking-call',
    severity: 'medium',
    languages: ['go', 'java', 'kotlin', 'python'],
    pattern: /\btime\.Sleep\(|\bThread\.sleep\(|\btime\.sleep\(|\bTimeUnit\.\w+\.sleep\(/,
    unless: (line, source) =>
      !source
        .blocks()
        .around(line.number)
        .some(({ kind, header }) => kind !== 'class' && HANDLER.test(header)),
    severityAt: (line, source) =>
      source
        .blocks()
        .around(line.number)
        .some(({ header }) => /\w*(?:delay|sleep|slow|throttle|backoff|latency|tarpit)\w*\s*\(/i.test(header))
        ? 'low'
        : undefined,
    message: '`$&…)` keeps the caller, and whoever waits behind it, waiting',
    remedy: 'Answer at once, and do the rest later or elsewhere.',
  }),
  lineRule({
    id: 'performance/blocking-call',
    severity: 'medium',
    languages: SCRIPTS,
    roles: ['product', 'script'],
    pattern: /\b[a-z]\w*(?<!\bf)Sync\(/,
    unless: (line, source) => !isInServer(line, source),
    message: '`$&…)` stops the whole server while it works',
    remedy: 'Use the asynchronous call.',
  }),
  lineRule({
    id: 'performance/blocking-call',
    severity: 'low',
    languages: SCRIPTS,
    pattern:
      /\b(?:exec|spawn|execFile|pbkdf2|scrypt|readFile|writeFile|appendFile|readdir|cp|rm|hash|compare|gzip|gunzip|brotliCompress)Sync\(/,
    unless: (line, source) => !isInAsync(line, source) || (isInServer(line, source) ?? false),
    message: '`$&…)` stops everything else while it works',
    remedy: 'Use the asynchronous call.',
  }),
  lineRule({
    id: 'performance/blocking-call',
    severity: 'low',
    languages: ['python'],
    pattern: /(?<![\w.])open\(|\.(?:read_text|write_text|read_bytes)\(/,
    unless: (line, source) => !isInAsync(line, source) || /\bdef\b|aiofiles|anyio/.test(line.code),
    message: 'Reading a file stops the event loop while it works',
    remedy: 'Use anyio or aiofiles, or run it in a thread.',
  }),
  lineRule({
    id: 'performance/blocking-call',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /(?<![\w.])(?:time\.sleep|requests\.(?:get|post|put|delete|patch|request)|urllib\.request\.urlopen|subprocess\.(?:run|call|check_output|check_call))\(/,
    unless: (line, source) => !isInAsync(line, source),
    message: '`$&…)` stops the event loop while it works',
    remedy: 'Use the asynchronous call, or run it in a thread.',
  }),
  lineRule({
    id: 'performance/blocking-call',
    severity: 'medium',
    languages: ['rust'],
    pattern:
      /\bstd::thread::sleep\(|(?<![\w:])thread::sleep\(|\breqwest::blocking::|\bstd::fs::(?:read|write|read_to_string)\(/,
    unless: (line, source) => !isInAsync(line, source),
    message: '`$&…` stops the executor’s thread while it works',
    remedy: 'Use the asynchronous call, or spawn_blocking.',
  }),
];

/** One query or request for each element, written on one line: a comprehension, a lambda. */
const inlineQueries: Rule[] = [
  lineRule({
    id: 'performance/query-in-loop',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /\b(?:requests|httpx)\.(?:get|post|put|delete|head)\(.*\) *[.\w()[\]'"·]* for \w+ in\b|\b[A-Z]\w+\.objects\.get\(.* for \w+ in\b|\b(?:session|cursor|conn|db)\.(?:execute|query|get)\(.* for \w+ in\b/,
    message: 'One query or request for each element: `$&`',
    remedy: 'Ask once for all elements, or run the requests together with a bound.',
  }),
  lineRule({
    id: 'performance/query-in-loop',
    severity: 'medium',
    languages: ['java', 'kotlin'],
    pattern:
      /\.(?:map|forEach|flatMap|mapToObj|peek)\(\s*\(?\w+\)?\s*->.*\b\w*(?:[rR]epository|[dD]ao|jdbcTemplate|entityManager|restTemplate|httpClient)\.(?:find|get|query|save|delete|exchange|load)\w*\(|\.(?:map|forEach|flatMap)\(\s*\w*(?:[rR]epository|[dD]ao)::(?:find|get|save|delete)\w*/,
    message: 'One query or request for each element: `$&`',
    remedy: 'Ask once for all elements.',
  }),
];

/** One program started, one request sent, for each turn of a loop of the shell. */
const shellRequests: Rule = {
  id: 'performance/query-in-loop',
  severity: 'low',
  remedy: 'Ask once for all, or let one curl take many addresses.',
  languages: ['shell', 'dockerfile', 'yaml'],
  *find(reading) {
    for (const source of reading.files) {
      if (!['shell', 'dockerfile', 'yaml'].includes(source.language.name)) continue;
      for (const line of source.added) {
        if (!/\b(?:curl|wget|gh api|psql|mysql)\b.*\$|\bgrep\b.*<|\bgrep -\w+ "?\$\w+"? "?\$/.test(line.text)) continue;
        if (isInShellLoop(line.number, source))
          yield {
            file: source.path,
            line: line.number,
            message: 'One request or program for each turn of the loop',
          } satisfies Hit;
      }
    }
  },
};

function isInShellLoop(number: number, source: SourceFile): boolean {
  let depth = 0;
  for (let at = number; at > Math.max(0, number - 30); at -= 1) {
    const text = source.lineAt(at)?.text ?? '';
    if (at < number && /^\s*done\b/.test(text)) depth += 1;
    if (/(?:^|[\s;&|])(?:for \w+ in\b|while (?:IFS=\S* )?read\b)/.test(text)) {
      if (depth === 0) return true;
      depth -= 1;
    }
  }
  return false;
}

/** Known traps on added lines, and the gates of kind performance. */
export const performanceRules: readonly Rule[] = [
  gate,
  pace,
  ...commandCosts,
  ...javaCosts,
  ...dearRules,
  ...queries,
  ...inlineQueries,
  shellRequests,
  nestedSearch,
  spreads,
  ...reduced,
  ...patterns,
  ...elementRules,
  throughOwn,
  ...perCallRules,
  ...scriptCosts,
  ...costlyRules,
  ...growthRules,
  ...walkRules,
  ...blocking,
  ...unboundedRules,
  ...waitingRules,
  ...undoneBounds,
  ...imageCosts,
  ...manifestCosts,
  ...workflowCosts,
  ...settingCosts,
];
