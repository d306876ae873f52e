import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { Rule } from '../rules.ts';
import { isBuilt, isFromRequest, type Place, type Value } from '../read/flow.ts';
import { callRules, sinkRules } from './sinks.ts';

const JVM: readonly LanguageName[] = ['java', 'kotlin'];
const SQL = String.raw`(?:select\b.{1,200}?\bfrom|insert\s+into|update\s+[\w."\x60]+\s+set|delete\s+from|drop\s+table|alter\s+table|truncate\s+table|create\s+(?:table|user|database|role)|where\s+[\w.]+\s*(?:=|like)|set\s+(?:local\s+|session\s+)?(?:search_path|role|schema|session\s+authorization)|grant\s+\w+.{0,80}?\bto|revoke\s+\w+.{0,80}?\bfrom|(?:create|drop|alter)\s+(?:schema|view|index|sequence|role|user|database))\b`;
/** Interpolated names in capitals are constants. */
const DYNAMIC = String.raw`\$\{(?!(?-i:\s*[A-Z][A-Z0-9_]*\s*\}))`;

const sql = sinkRules(
  { id: 'security/sql-injection', severity: 'high', remedy: 'Use parameters of the database driver instead of text.' },
  [
    {
      languages: SCRIPTS,
      view: 'text',
      pattern: new RegExp(
        String.raw`(?<![\w)\]])\x60\s*${SQL}[^\x60]*${DYNAMIC}|(?<!\w)(["'])\s*${SQL}(?:(?!\1).)*\1\s*\+|\.(?:query|execute|raw|\$queryRawUnsafe)\(\s*\x60[^\x60]*${DYNAMIC}`,
        'i',
      ),
      unless: (line) => !new RegExp(SQL, 'i').test(line.text),
      message: 'A query is put together from values',
    },
    {
      languages: ['python'],
      view: 'text',
      pattern: new RegExp(
        String.raw`\bf(["'])\s*${SQL}(?:(?!\1).)*\{(?!(?-i:\s*[A-Z][A-Z0-9_]*\s*\}))|(["'])\s*${SQL}(?:(?!\2).)*\2\s*(?:%(?!\()|\+|\.format\()|\bf"""\s*${SQL}.*\{`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: ['go'],
      view: 'text',
      pattern: new RegExp(
        String.raw`\bSprintf\(\s*["\x60]\s*${SQL}[^"\x60]*%[svdq]|["\x60]\s*${SQL}[^"\x60]*["\x60]\s*\+\s*\w`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: [...JVM, 'csharp', 'c', 'swift'],
      view: 'text',
      pattern: new RegExp(
        String.raw`"\s*${SQL}[^"]*"\s*\+\s*(?!")[\w(]|\bformat\(\s*"\s*${SQL}[^"]*%s|\$"\s*${SQL}[^"]*\{`,
        'i',
      ),
      message: 'A query is put together from values',
    },
    {
      languages: ['rust'],
      view: 'text',
      pattern: new RegExp(String.raw`\bformat!\(\s*"\s*${SQL}[^"]*\{`, 'i'),
      message: 'A query is put together from values',
    },
    {
      languages: ['php'],
      view: 'text',
      pattern: new RegExp(String.raw`"\s*${SQL}[^"]*(?:\$\w|\{\$|"\s*\.\s*\$)|'\s*${SQL}[^']*'\s*\.\s*\$`, 'i'),
      message: 'A query is put together from values',
    },
    {
      languages: ['ruby'],
      view: 'text',
      pattern: new RegExp(String.raw`"\s*${SQL}[^"]*#\{`, 'i'),
      message: 'A query is put together from values',
    },
  ],
);

/** A text put together of which a part is what the request says. */
const isGrown = (value: Value, place: Place): boolean =>
  !/^\s*[\w$.]+`/.test(value.code) &&
  (isBuilt(value, place) || /[\w)\]"'`]\s*\+\s*[\w"'`]/.test(value.code)) &&
  isFromRequest(value, place);

/** Where a text is run as a query, whatever it says: the words may stand elsewhere. */
const RUNS: readonly (readonly [languages: readonly LanguageName[], call: RegExp, from?: number])[] = [
  [
    SCRIPTS,
    /\.(?:query|execute|raw|prepare|\$queryRawUnsafe|\$executeRawUnsafe|whereRaw|orderByRaw|havingRaw|selectRaw|unsafe)\(/,
  ],
  [
    ['python'],
    /\.(?:execute|executemany|executescript|raw|extra|fetch(?:all|one|val|row)?|read_sql(?:_query)?)\(|(?<![\w.])(?:sa\.)?text\(/,
  ],
  [['go'], /\.(?:Query|QueryRow|Exec|Prepare|Raw|Order|Where)\(/],
  [['go'], /\.(?:Query|QueryRow|Exec|Prepare)Context\(/, 1],
  [
    JVM,
    /\.(?:executeQuery|executeUpdate|prepareStatement|createQuery|createNativeQuery|queryForObject|queryForList)\(|\b\w*[jJ]dbc\w*\.(?:query|update|execute)\(/,
  ],
  [['rust'], /\bsqlx::query\w*(?:::<[^>]*>)?\(|\.(?:query_one|query_opt|batch_execute|query_row|prepare)\(/],
];

const grown = callRules(
  { id: 'security/sql-injection', severity: 'high', remedy: 'Use parameters of the database driver instead of text.' },
  RUNS.map(([languages, call, from = 0]) => ({
    languages,
    call,
    from,
    many: 1,
    is: isGrown,
    message: 'What the request says becomes part of a query',
  })),
);

/** Queries put together from values. */
export const queryRules: readonly Rule[] = [...sql, ...grown];
