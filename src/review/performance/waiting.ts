import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { collectionLoop } from '../read/loops.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

const HANDLES: LineRule['unless'] = (line, source) => {
  const header = functionAround({ line: line.number, source })?.header ?? '';
  return !/http\.ResponseWriter|\*gin\.Context|echo\.Context|HttpServletRequest|\brequest\b|\breq\b|\bctx\b/.test(
    header,
  );
};

/** What is read whole, however much there is. */
const reads: Rule[] = [
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['java', 'kotlin'],
    pattern:
      /\.getInputStream\(\)\.(?:readAllBytes|readNBytes\(Integer\.MAX)\b|\bIOUtils\.to(?:ByteArray|String)\(\s*\w*[rR]eq\w*\.get|\bByteStreams\.toByteArray\(\s*\w*[rR]eq/,
    message: 'A request of any size is read into memory',
    remedy: 'Read at most as many bytes as are allowed.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: ['java', 'kotlin'],
    pattern: /\b\w*(?:[rR]epository|[rR]epo|[dD]ao)\.(?:findAll|getAll|listAll)\(\s*\)/,
    message: 'The whole table is read: `$&`',
    remedy: 'Ask for a page.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: SCRIPTS,
    pattern:
      /\bawait\s+[A-Z]\w+\.(?:find|findAll)\(\s*(?:\{\s*\})?\s*\)(?!\s*\.(?:limit|skip|lean\(\)\.limit|take|cursor))/,
    message: 'The whole table is read: `$&`',
    remedy: 'Ask for a page.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: ['python'],
    pattern:
      /\b(?:list\()?[A-Z]\w+\.objects\.all\(\)\s*\)|\bsession\.query\([A-Z]\w+\)\.all\(\)|\bfor \w+ in \w+\.readlines\(\)|\.read\(\)\.(?:split|splitlines)\(/,
    message: 'All of it is read into memory: `$&`',
    remedy: 'Go through it piece by piece.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /\b(?:await\s+)?(?:fs\.)?(?:promises\.)?readFile\(/,
    unless: (line, source) =>
      !/\(\s*(?:_?req(?:uest)?|ctx|context)\b[^)]*\)/.test(
        functionAround({ line: line.number, source })?.header ?? '',
      ) || /config|template|\.json['"`]/i.test(line.text),
    message: 'A whole file is read into memory for each request',
    remedy: 'Send it as a stream.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin'],
    pattern: /\b\w*(?:[rR]edis|[jJ]edis|[vV]alkey|\brdb)\w*(?:\.\w+\(\))?\.[kK]eys\(\s*(?=[^\s)])/,
    message: 'The whole store is walked, and answers nobody else meanwhile: `$&…)`',
    remedy: 'Use SCAN, or keep the names in a set.',
  }),
  lineRule({
    id: 'performance/unbounded-read',
    severity: 'medium',
    languages: ['rust'],
    pattern: /(?<![\w.])(\w+)\.read_to_(?:end|string)\(/,
    unless: (line, source) => {
      const name = /(\w+)\.read_to_/.exec(line.code)?.[1] ?? '';
      return (
        !new RegExp(
          `\\b${name}\\s*:\\s*(?:&mut )?(?:TcpStream|UnixStream|TlsStream|impl Read|BufReader<TcpStream)|\\b(?:mut )?${name}\\b[^;]*\\.accept\\(`,
        ).test(functionAround({ line: line.number, source })?.header ?? '') || /\.take\(/.test(line.code)
      );
    },
    message: 'What comes over the network is read whole, however much it is',
    remedy: 'Bound it with take.',
  }),
];

/** Work that is started without a bound, or never ends. */
const started: Rule[] = [
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['go'],
    pattern: /^\s*go (?:func\(|[\w.]+\()/,
    unless: (line, source) =>
      !collectionLoop(line, source) ||
      /\bsem\w*\b|errgroup|SetLimit|worker|pool|chan struct|limiter|WaitGroup/i.test(source.text),
    message: 'One goroutine for each element, however many there are',
    remedy: 'Bound them with errgroup.SetLimit or a channel.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['go'],
    pattern: /\bcase <-time\.After\(/,
    unless: (line, source) =>
      !source
        .blocks()
        .around(line.number)
        .some(({ kind }) => kind === 'loop'),
    message: 'A new timer for each turn, which stays until it ends',
    remedy: 'Make one timer and reset it.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['go'],
    pattern: /&?http\.Client\{\s*\}|\bhttp\.DefaultClient\b/,
    message: 'A request that is never answered waits for ever',
    remedy: 'Give the client a Timeout.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'low',
    languages: ['python'],
    pattern: /\brequests\.(?:get|post|put|delete|head|patch)\((?![^()]*(?:\([^()]*\)[^()]*)*\btimeout\b)/,
    spans: true,
    unless: (line) => /timeout|\*\*/.test(line.code),
    message: 'A request that is never answered waits for ever',
    remedy: 'Give it a timeout.',
  }),
  lineRule({
    id: 'performance/unbounded-work',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /^\s*setInterval\(/,
    unless: (line, source) => HANDLES(line, source) || /clearInterval/.test(source.text),
    message: 'Each request starts a timer that never ends',
    remedy: 'Keep the timer and clear it.',
  }),
  lineRule({
    id: 'performance/query-in-loop',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /^\s*await\s+[\w$.]*(?:mailer|client|service|api|queue|notifier|sender|gateway)\w*\.\w+\(/i,
    unless: (line, source) => !collectionLoop(line, source),
    message: 'One after the other, each waited for: `$&…)`',
    remedy: 'Ask once for all, or run them together with a bound.',
  }),
  lineRule({
    id: 'performance/object-in-loop',
    severity: 'low',
    languages: ['java', 'kotlin'],
    pattern: /\bnew (?:ObjectMapper|Gson|XmlMapper|OkHttpClient|RestTemplate|SecureRandom)\(\)\s*\./,
    message: 'Something dear is made for each call: `$&`',
    remedy: 'Make it once in a field.',
  }),
  lineRule({
    id: 'performance/copy-in-loop',
    severity: 'low',
    languages: ['rust'],
    pattern: /^\s*let \w+ = &?(\w+)\.(?:clone|to_vec|to_owned|to_string)\(\);/,
    unless: (line, source) => {
      const name = /= &?(\w+)\./.exec(line.code)?.[1] ?? '';
      const loop = collectionLoop(line, source);
      return (
        !loop ||
        new RegExp(`\\b${name}\\b`).test(loop.header) ||
        /spawn|move \|/.test(
          source.lines
            .slice(loop.open, loop.end)
            .map(({ code }) => code)
            .join(' '),
        ) ||
        !/:\s*&/.test(functionAround({ line: line.number, source })?.header ?? '') ||
        /Arc|Rc</.test(source.text)
      );
    },
    message: 'The whole is copied for each element: `$&`',
    remedy: 'Borrow it.',
  }),
];

const IDLE = /^(?:for|while)\b/;
/** Calls that only ask how things stand; others may do something each time. */
const STATE =
  /\b(?:is\w+|[dD]one|[rR]eady|[lL]oad|get|finished|closed|now|time|currentTimeMillis|nanoTime|alive|exists|available|has\w*|elapsed)\(\)/g;

/** A loop that asks again and again, and does nothing between. */
const spinning: Rule = {
  id: 'performance/polling',
  severity: 'medium',
  remedy: 'Wait for the event itself, or sleep between the tries.',
  languages: ['go', 'java', 'kotlin', 'javascript', 'typescript', 'tsx', 'rust', 'python', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, spinning.languages))
      for (const block of source.blocks().all) {
        if (
          block.kind !== 'loop' ||
          !IDLE.test(block.header) ||
          !source.isAdded(block.start) ||
          /;.*;|\b(?:of|in|range)\b|:|\(\)/.test(block.header.replace(STATE, ''))
        )
          continue;
        const body = source.lines
          .slice(block.open, source.language.blocks === 'indent' ? block.end : block.end - 1)
          .map(({ code }) => code.trim())
          .join('');
        const asks =
          /^while \(?\s*!|^for !|^while not\b|^while !/.test(block.header) ||
          /\b(?:now|time|currentTimeMillis|nanoTime|elapsed)\(\)/.test(block.header);
        if (asks && /^(?:pass|continue;?|;)?$/.test(body))
          yield {
            file: source.path,
            line: block.start,
            message: `This loop takes a whole processor while it waits: \`${shorten(block.header)}\``,
          } satisfies Hit;
      }
  },
};

const BOXED = /^\s*(Long|Integer|Double|Float)\s+(\w+)\s*=\s*[-\d.]+[LlFfDd]?\s*;/;
const boxes = linesLike(BOXED);

const ENDLESS = /^(?:for|loop|while \(?\s*(?:true|True|1)\s*\)?|while \(?\s*(?:!|not )\s*[\w.]+\)?)$/;
/** What may wait, end or move on, and so gives the processor away. */
const MAY_WAIT =
  /sleep|wait|<-|select|\bawait\b|[rR]ead|recv|[rR]eceive|accept|poll|take\w*\(|next|[lL]ock|Scan|park|yield|Gosched|spin|onSpin|join|pop|step|tick|\.(?:run|process|work|handle|advance)|[+-]{2}|[+-]=/i;

/** A loop without an end that does nothing but ask whether it may leave. */
const askingOnly: Rule = {
  id: 'performance/polling',
  severity: 'low',
  remedy: 'Wait for the event itself, or sleep between the tries.',
  languages: spinning.languages,
  *find(reading) {
    for (const source of sourcesOf(reading, spinning.languages))
      for (const { kind, header, start, open, end } of source.blocks().all) {
        if (kind !== 'loop' || end - open > 5 || !ENDLESS.test(header.trim()) || !source.isAdded(start)) continue;
        const body = source.lines
          .slice(open, source.language.blocks === 'indent' ? end : end - 1)
          .map(({ code }) => code.trim())
          .filter(Boolean);
        const leaves = /^if\b.*\b(?:break|return)\b|^if\b[^]*\n(?:break|return\b.*);?\n?\}?$/.test(body.join('\n'));
        const asks =
          body.length === 1 &&
          /^(?:this\.|self\.)?(?:check|refresh|update|is[A-Z])\w*\([^()]*\);?$/.test(body[0] ?? '');
        if ((leaves || asks) && !MAY_WAIT.test(header + body.join('\n')))
          yield {
            file: source.path,
            line: start,
            message: `This loop takes a whole processor while it waits: \`${shorten(header)}\``,
          } satisfies Hit;
      }
  },
};

/** A boxed number that a loop adds to: each turn makes a new object. */
const boxedSum: Rule = {
  id: 'performance/object-in-loop',
  severity: 'medium',
  remedy: 'Use the plain number.',
  languages: ['java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java']))
      for (const line of boxes(source)) {
        const name = BOXED.exec(line.code)?.[2];
        const fn = functionAround({ line: line.number, source });
        if (name === undefined || !fn) continue;
        const adds = source.lines
          .slice(line.number, fn.end)
          .find(({ code }) => new RegExp(`(?<![\\w.])${name}\\s*(?:\\+=|\\+\\+|-=)`).test(code));
        if (
          adds &&
          source
            .blocks()
            .around(adds.number)
            .some(({ kind }) => kind === 'loop')
        )
          yield {
            file: source.path,
            line: line.number,
            message: `Each turn of the loop makes a new object of \`${name}\``,
          } satisfies Hit;
      }
  },
};

const KEEPS =
  /^\s*(?:(?:private|public|protected|final) )*static (?:final )?(?:\w*Map|\w*Set|\w*List)<[^=]*>\s+(\w*(?:CACHE|[cC]ache|MEMO|[mM]emo|SEEN|[sS]een)\w*)\s*=|^var (\w*(?:[cC]ache|[mM]emo|[sS]een)\w*)\s*(?:=\s*(?:map\[|make\(map)|sync\.Map)|^(?:export )?(?:const|let|var) (\w*(?:[cC]ache|CACHE)\w*|\w*[mM]emo\w*)\s*(?::[^=]+)?= (?:new Map|new Set|\{\})|^(\w*(?:[cC]ache|CACHE)\w*|_\w*[mM]emo\w*)\s*(?::[^=]+)?= (?:\{\}|dict\(\))/;
const keeps = linesLike(KEEPS);

/** A store of the whole program that nothing is ever taken out of. */
const endlessCache: Rule = {
  id: 'performance/unbounded-work',
  severity: 'low',
  remedy: 'Bound it, or let entries grow old.',
  languages: [...SCRIPTS, 'python', 'java', 'go'] as readonly LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, endlessCache.languages))
      for (const line of keeps(source)) {
        const name = KEEPS.exec(line.code)?.slice(1).find(Boolean);
        if (
          name === undefined ||
          /WeakMap|lru|LRU|\bdelete\(|\.clear\(|\bdel \w|popitem|maxsize|\.pop\(|delete \w|\bdelete\(|\.remove\w*\(|\.Delete\(|Caffeine|CacheBuilder|removeEldest|WeakHashMap/.test(
            source.text,
          )
        )
          continue;
        if (
          new RegExp(
            `\\b${name}(?:\\.(?:set|put\\w*|computeIfAbsent|add|Store|LoadOrStore)\\(|\\[[^\\]]+\\]\\s*=)`,
          ).test(source.text) &&
          (['java', 'go'].includes(source.language.name) || /\b(?:req|request|ctx|url|user\w*)\b/.test(source.text))
        )
          yield { file: source.path, line: line.number, message: `\`${name}\` only ever grows` } satisfies Hit;
      }
  },
};

/** What is read, started, kept or waited for without a bound. */
export const waitingRules: readonly Rule[] = [...reads, ...started, spinning, askingOnly, boxedSum, endlessCache];
