import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { collectionLoop } from '../read/loops.ts';
import { lineRule, type LineRule, type Rule } from '../rules.ts';

/** A function that answers one request, or is called for one. */
const isForRequest = (line: number, source: Parameters<NonNullable<LineRule['where']>>[0]): boolean =>
  /[(,]\s*_?(?:req|request|ctx|context)\b/.test(functionAround({ line, source })?.header ?? '');

/** What each call makes anew, keeps for ever, or reads without a bound. */
export const perCallRules: readonly Rule[] = [
  lineRule({
    id: 'performance/object-in-loop',
    severity: 'low',
    languages: [...SCRIPTS, 'python'],
    pattern:
      /\bcreate_(?:async_)?engine\(|\bMongoClient\(|\bnew (?:PrismaClient|Pool|Sequelize|S3Client|DynamoDBClient|Redis|Kafka)\(|\bredis\.(?:Redis|StrictRedis)\(|\bboto3\.(?:client|resource)\(|\bpsycopg2?\.connect\(|\bcreatePool\(|\bhttpx\.(?:Async)?Client\(|\baiohttp\.ClientSession\(/,
    unless: (line, source) => !isForRequest(line.number, source),
    message: 'Each request opens a connection of its own: `$&`',
    remedy: 'Open it once, when the program starts.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /^\s*(?:process|\w*[eE]mitter|\w*[bB]us|window|document)\.(?:on|once|addListener|addEventListener)\(/,
    unless: (line, source) =>
      !isForRequest(line.number, source) || /\b(?:off|removeListener|removeEventListener|signal)\b/.test(source.text),
    message: 'Each request adds a listener that stays: `$&`',
    remedy: 'Listen once, or take the listener away again.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['python'],
    pattern: /^\s*@(?:functools\.)?(?:lru_cache\(\s*(?:maxsize\s*=\s*)?None\s*\)|cache)\s*$/,
    unless: (line, source) =>
      !/\bdef \w+\(.*\b(?:self|request|user\w*|url|text|body|query|data|path|key)\b/.test(
        source.lineAt(line.number + 1)?.code ?? '',
      ),
    message: 'What is kept here only ever grows: `$&`',
    remedy: 'Bound it with maxsize.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: SCRIPTS,
    pattern:
      /\bPromise\.all\(\s*[\w.]+\.map\(\s*(?:async\s*)?\(?\w+\)?\s*=>\s*(?:await\s*)?(?:[\w$]+\.)*(?:upload|download|send|save|request|post|publish|insert|fetch|crawl|scrape)\w*\(/,
    message: 'As many at once as there are elements: `$&…)`',
    remedy: 'Run them with a bound.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust', 'php'],
    view: 'text',
    pattern: /(["'`])\s*select\s+(?:\*|[\w.,\s]+?)\s+from\s+\w+\s*;?\s*\1/i,
    unless: ({ text }) =>
      /\bcount\(|\b(?:fetchone|fetchmany|queryRow|query_one|first|limit|iterator|cursor|stream)\b/i.test(text),
    message: 'The whole table is read: `$&`',
    remedy: 'Ask for a page.',
  }),
  lineRule({
    id: 'performance/query-in-loop',
    severity: 'low',
    languages: ['python'],
    pattern:
      /(?<![\w.])(\w+)\.(?!objects\b|_meta\b|created|updated|date|time|start|end)(\w+)\.(?:name|title|email|username|id|pk|slug|owner|user|profile|description)\b(?!\()/,
    unless: (line, source) => {
      const name =
        /(?<![\w.])(\w+)\.\w+\.(?:name|title|email|username|id|pk|slug|owner|user|profile|description)\b/.exec(
          line.code,
        )?.[1] ?? '';
      const loop = `${line.code} ${collectionLoop(line, source)?.header ?? ''}`;
      const rows = new RegExp(`\\bfor ${name} in ([^\\]})]*\\.objects\\..*)`).exec(loop)?.[1];
      return rows === undefined || /select_related|prefetch_related|values|annotate/.test(rows);
    },
    message: 'One query for each element: `$&`',
    remedy: 'Use select_related.',
  }),
  lineRule({
    id: 'performance/nested-search',
    severity: 'low',
    languages: ['python'],
    pattern: /\bfor (\w+) in ([a-z_][\w.]*) for \w+ in \2\b/,
    message: 'Each element is held against each other one: `$&`',
    remedy: 'Put them into a dict by what is compared.',
  }),
];
