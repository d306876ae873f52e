import { collectionLoop } from '../read/loops.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from '../rules.ts';

const JAVA = ['java'] as const;

const CLIENT =
  'PreparedStatement|Statement|CallableStatement|Connection|EntityManager|JdbcTemplate|NamedParameterJdbcTemplate|JdbcClient|MongoTemplate|RedisTemplate|Jedis|RestTemplate|RestClient|WebClient|HttpClient|OkHttpClient|CloseableHttpClient|DSLContext|SqlSession|Session|\\w*Repository|\\w*Dao|\\w*DAO|\\w*Mapper';
const ASKS =
  /(?<![\w.])(?:this\.)?(\w+)\.(?:execute(?:Query|Update)?|query\w*|find\w*|get(?:One|ById|ForObject|ForEntity|Reference|For\w+)|load\w*|save(?:AndFlush)?|persist|merge|delete(?:ById)?|send|exchange|newCall|postFor\w*|fetch\w*|select\w*|insert\w*|update\w*|exists\w*|count\w*)\(/;

/** A statement, a repository or a client asked once for each element, by the type it was declared with. */
const queries: Rule = {
  id: 'performance/query-in-loop',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Ask once for all elements: IN (…), a batch, findAllById, saveAll.',
  languages: JAVA,
  *find(reading) {
    for (const source of sourcesOf(reading, JAVA))
      for (const line of source.added) {
        const name = ASKS.exec(line.code)?.[1];
        if (
          name === undefined ||
          !new RegExp(
            `\\b(?:${CLIENT})(?:<[^;=]*>)?\\s+${name}\\b|\\bvar ${name} = [^;]*\\.(?:prepare(?:Statement|Call)|createStatement|getConnection)\\(`,
          ).test(source.text)
        )
          continue;
        const inside = collectionLoop(line, source) ?? lambdaAround(line.number);
        if (inside && !/^\s*(?:return|break)\b/.test(line.code))
          yield {
            file: source.path,
            line: line.number,
            message: `One query or request for each element: \`${ASKS.exec(line.code)?.[0] ?? ''}\``,
          } satisfies Hit;
        function lambdaAround(number: number): boolean {
          return /\.(?:forEach|map|flatMap|peek|filter|mapToObj)\(\s*\(?\w+\)?\s*->/.test(
            source.blocks().around(number)[0]?.header ?? '',
          );
        }
      }
  },
};

const inEach = (
  pattern: RegExp,
  words: { message: string; remedy: string },
  id: Rule['id'] = 'performance/object-in-loop',
  severity: Rule['severity'] = 'medium',
): Rule =>
  lineRule({
    id,
    severity,
    languages: JAVA,
    pattern,
    ...words,
    unless: (line, source) => !collectionLoop(line, source) || /\b(?:return|throw)\b/.test(line.code),
  });

const lines: Rule[] = [
  inEach(
    /\bnew (?:ObjectMapper|XmlMapper|JsonMapper|YAMLMapper|SimpleDateFormat|DecimalFormat|SecureRandom|OkHttpClient|RestTemplate|Gson(?:Builder)?|HttpClient)\(|\b(?:DocumentBuilderFactory|TransformerFactory|HttpClient|JAXBContext|Validation)\.(?:newInstance|newHttpClient|newBuilder|buildDefaultValidatorFactory)\(/,
    {
      message: 'This is dear to make and is made for each element: `$&`',
      remedy: 'Make it once before the loop.',
    },
  ),
  inEach(
    /\b\w+\.remove\(\s*0\s*\)|\b\w+\.add\(\s*0\s*,/,
    {
      message: 'All elements move for each one: `$&`',
      remedy: 'Use an ArrayDeque, or go through the list the other way.',
    },
    'performance/nested-search',
  ),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: JAVA,
    pattern:
      /\b\w*(?:[rR]epository|[dD]ao)\.findAll\(\s*\)\s*\.stream\(\)|\bfor\s*\([^:]+:\s*\w*(?:[rR]epository|[dD]ao)\.findAll\(\s*\)\s*\)/,
    message: 'The whole table is read, and then looked through here',
    remedy: 'Let the database filter, with a query or pages.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: JAVA,
    pattern: /@(?:OneToMany|ManyToMany|ElementCollection)\b[^)]*\bfetch\s*=\s*(?:FetchType\.)?EAGER/,
    message: 'Everything that hangs on an entity is read with it, each time',
    remedy: 'Leave it lazy, and fetch it in the query that needs it.',
  }),
  lineRule({
    id: 'performance/polling',
    severity: 'low',
    languages: JAVA,
    pattern: /\bThread\.sleep\(/,
    unless: (line, source) => source.blocks().around(line.number)[0]?.kind !== 'loop',
    message: 'This looks again and again instead of being told',
    remedy: 'Wait on a latch, a future or a queue.',
  }),
];

/** A loop that goes through a linked list, or the keys of a map, by asking for each again. */
const walks: Rule = {
  id: 'performance/nested-search',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Go through the elements with an iterator.',
  languages: JAVA,
  *find(reading) {
    for (const source of sourcesOf(reading, JAVA))
      for (const line of source.added) {
        const [, list = '', index = ''] = /(?<![\w.])(\w+)\.get\(\s*(\w+)\s*\)/.exec(line.code) ?? [];
        const loop = list === '' ? undefined : collectionLoop(line, source);
        if (!loop || !new RegExp(`\\bint ${index}\\b`).test(loop.header)) continue;
        if (new RegExp(`\\bLinkedList<[^;=]*>\\s+${list}\\b|\\b${list}\\s*=\\s*new LinkedList\\b`).test(source.text))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${list}\` is a linked list and is walked from its start for each element`,
          } satisfies Hit;
      }
  },
};

/** What takes time in Java. */
export const javaCosts: readonly Rule[] = [queries, ...lines, walks];
