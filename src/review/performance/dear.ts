import type { LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import { collectionLoop, turnsAround } from '../read/loops.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';

type Dear = Pick<LineRule, 'languages' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>;

const dear = (id: Rule['id'], severity: Rule['severity'], rule: Dear): Rule => lineRule({ id, severity, ...rule });
const eachTurn = (id: Rule['id'], severity: Rule['severity'], rule: Dear): Rule =>
  dear(id, severity, {
    ...rule,
    unless: (line, source) =>
      !collectionLoop(line, source) ||
      /\b(?:return|break|throw)\b/.test(line.code) ||
      (rule.unless?.(line, source) ?? false),
  });

const NO_LIMIT = { message: 'What never answers is waited for without an end: `$&`', remedy: 'Set a time limit.' };
const hasLimit: LineRule['unless'] = (_line, { text }) => /[tT]imeout|WithDeadline|Duration::/.test(text);

const JVM: readonly LanguageName[] = ['java', 'kotlin'];

/** What the call itself says: nothing bounds it, or each turn pays for it again. */
const calls: Rule[] = [
  dear('performance/unbounded-work', 'low', {
    languages: JVM,
    pattern: /\bExecutors\.newCachedThreadPool\(/,
    message: 'One thread for each task that waits, however many there are',
    remedy: 'Use a pool of a fixed size with a bounded queue.',
  }),
  dear('performance/unbounded-work', 'low', {
    languages: ['rust'],
    pattern:
      /\b(?:unbounded_channel|(?:crossbeam(?:_channel)?|flume|async_channel)(?:::\w+)*::unbounded)(?:::<[^>]*>)?\(/,
    message: 'What is sent faster than it is taken piles up without a bound',
    remedy: 'Use a bounded channel.',
  }),
  dear('performance/unbounded-work', 'low', {
    languages: JVM,
    pattern: /\bHttpClient\.newHttpClient\(\)|\bnew RestTemplate\(\)|\.openConnection\(\)|\bnew Socket\(\s*\w/,
    ...NO_LIMIT,
    unless: hasLimit,
  }),
  dear('performance/unbounded-work', 'low', {
    languages: ['go'],
    pattern: /\bhttp\.(?:Get|Post|PostForm|Head)\(|\bnet\.Dial\(/,
    ...NO_LIMIT,
    unless: hasLimit,
  }),
  dear('performance/unbounded-work', 'low', {
    languages: ['rust'],
    pattern: /\breqwest::(?:blocking::)?(?:get|Client::new)\(/,
    ...NO_LIMIT,
    unless: hasLimit,
  }),
  eachTurn('performance/object-in-loop', 'medium', {
    languages: ['rust'],
    pattern: /\b(?:reqwest::(?:blocking::)?)?Client::(?:new|builder)\(\)|\bPool::(?:new|connect)\(/,
    message: 'This is dear to make and is made for each element: `$&`',
    remedy: 'Make it once before the loop.',
  }),
  eachTurn('performance/object-in-loop', 'low', {
    languages: ['go'],
    pattern: /&http\.(?:Client|Transport)\{|\btemplate\.(?:New|Must|ParseFiles)\(/,
    message: 'This is dear to make and is made for each element: `$&`',
    remedy: 'Make it once before the loop.',
  }),
  eachTurn('performance/pattern-in-loop', 'low', {
    languages: JVM,
    view: 'text',
    pattern: /\.(?:replaceAll|replaceFirst)\(\s*"[^"]*[\\[\](){}*+?|^$.][^"]*"|\.split\(\s*"(?:[^"\\]|\\.){3,}"/,
    message: 'The same pattern is compiled again for each element',
    remedy: 'Compile it once before the loop.',
  }),
  eachTurn('performance/concat-in-loop', 'medium', {
    languages: ['rust'],
    view: 'text',
    pattern: /^\s*(\w+) = format!\("\{\1\}/,
    message: 'The whole text is copied for each element',
    remedy: 'Use push_str or write!.',
  }),
  eachTurn('performance/copy-in-loop', 'medium', {
    languages: JVM,
    pattern: /(?<![\w.])(\w+)\.add(?:All)?\(/,
    unless: ({ code }, { text }) =>
      !new RegExp(`\\bCopyOnWriteArray(?:List|Set)<[^;=]*>\\s+${/(\w+)\.add/.exec(code)?.[1] ?? '$^'}\\b`).test(text),
    message: 'Everything in `$1` is copied for each element that is added',
    remedy: 'Collect the elements first and add them together.',
  }),
];

const COPIES =
  /\bnew (?:ArrayList|LinkedList|HashSet|TreeSet|HashMap|TreeMap)<[^()]*>\(\s*(\w+)\s*\)|\bList\.copyOf\(\s*(\w+)\s*\)|\b(?:slices|maps)\.Clone\(\s*(\w+)\s*\)|\bappend\(\[\][\w.]+(?:\{\}|\(nil\)), (\w+)\.\.\.\)|(?<![\w.])(\w+)\.(?:to_vec|clone|to_owned)\(\)/;
const copying = linesLike(COPIES);

/** The list that a loop goes through is copied whole in each turn. */
const copiedEach: Rule = {
  id: 'performance/copy-in-loop',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Copy it once before the loop, or use it as it is.',
  languages: [...JVM, 'go', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, copiedEach.languages))
      for (const line of copying(source)) {
        const name = COPIES.exec(line.code)?.slice(1).find(Boolean);
        const header = name === undefined ? undefined : collectionLoop(line, source)?.header;
        if (name === undefined || header === undefined || source.isTestLine(line.number)) continue;
        if (
          new RegExp(
            `(?:\\bin\\s+&?(?:mut )?|:\\s*|range\\s+)${name}(?:\\.(?:iter|keys|entrySet|keySet)\\(\\))?\\s*\\)?$`,
          ).test(header.trim())
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${shorten(name)}\` is copied whole for each of its elements`,
          } satisfies Hit;
      }
  },
};

const OUTSIDE: Partial<Record<LanguageName, RegExp>> = {
  java: /\b\w*(?:[cC]lient|[rR]estTemplate)\.(?:send|execute|newCall|exchange|getFor\w+|postFor\w+)\(|\b\w+\.execute(?:Query|Update)\(|\bFiles\.(?:read|write|copy|walk)\w*\(|\.openStream\(/,
  go: /\bhttp\.(?:Get|Post|Head|DefaultClient)\b|\b\w*[cC]lient\.Do\(|\b\w*(?:db|DB|tx|conn)\.(?:Query|QueryRow|Exec)(?:Context)?\(|\bos\.(?:ReadFile|WriteFile)\(|\bexec\.Command/,
};
const outside: Partial<Record<LanguageName, ReturnType<typeof linesLike>>> = Object.fromEntries(
  Object.entries(OUTSIDE).map(([name, pattern]) => [name, linesLike(pattern)]),
);

/** Network, database or disk, while a lock keeps all others out. */
const heldOut: Rule = {
  id: 'performance/blocking-call',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Do it before the lock is taken, and only store the answer under it.',
  languages: Object.keys(OUTSIDE) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, heldOut.languages))
      for (const line of outside[source.language.name]?.(source) ?? [])
        if (OUTSIDE[source.language.name]?.test(line.code) === true && isLocked(line, source))
          yield {
            file: source.path,
            line: line.number,
            message: `Everybody who needs the lock waits for this: \`${shorten(line.code)}\``,
          } satisfies Hit;
  },
};

function isLocked({ number }: SourceLine, source: SourceFile): boolean {
  const around = source.blocks().around(number);
  if (source.language.name === 'java')
    return around.some(({ header, kind }) => kind !== 'class' && /\bsynchronized\b/.test(header));
  const fn = around.find(({ kind }) => kind === 'function');
  if (!fn) return false;
  const before = source.lines.slice(fn.open, number - 1).map(({ code }) => code);
  const locked = before.findLastIndex((code) => /\.R?Lock\(\)/.test(code) && !/\bdefer\b/.test(code));
  return locked !== -1 && !before.slice(locked).some((code) => /\.R?Unlock\(\)/.test(code) && !/\bdefer\b/.test(code));
}

const ASKED =
  /\b\w*(?:[rR]epo(?:sitory)?|[dD]ao|jdbcTemplate|entityManager|restTemplate)\.(?:find|get|query|save|delete|exchange|postFor|update|execute|load|exists|count)\w*\(/;
const asking = linesLike(ASKED);

/** `ids.forEach(id -> repository.save(id))`: the lambda is a loop on one line. */
const askedInLambda: Rule = {
  id: 'performance/query-in-loop',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Ask once for all elements: IN (…), a batch, findAllById, saveAll.',
  languages: JVM,
  *find(reading) {
    for (const source of sourcesOf(reading, JVM))
      for (const line of asking(source)) {
        const match = ASKED.exec(line.code);
        if (!match || source.isTestLine(line.number)) continue;
        const [turn] = turnsAround(line, match.index + match[0].length - 1, source);
        if (turn && /->\s*$/.test(turn.head) && !/[oO]ptional|findFirst|findAny|ifPresent/.test(line.code))
          yield {
            file: source.path,
            line: line.number,
            message: `One query or request for each element: \`${match[0]}\``,
          } satisfies Hit;
      }
  },
};

/** What Java, Go and Rust do dearly, in ways that their calls alone give away. */
export const dearRules: readonly Rule[] = [...calls, copiedEach, heldOut, askedInLambda];
