import type { Block } from '../read/blocks.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const JAVA = ['java'] as const;

function linesIn(block: Block, source: SourceFile): SourceLine[] {
  return source.lines.slice(block.open, block.end);
}

function functionAround(line: number, source: SourceFile): Block | undefined {
  return source
    .blocks()
    .around(line)
    .find(({ kind }) => kind === 'function');
}

function javaFiles(reading: Reading): SourceFile[] {
  return sourcesOf(reading, JAVA, ['product', 'script']);
}

/** The outside failed, and the caller gets nothing and does not hear why. */
const answeredWithNothing: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Handle the error, pass it on, or say in a comment why it may be ignored.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const block of source.blocks().all) {
        if (block.kind !== 'catch' || !source.isAdded(block.start)) continue;
        const body = linesIn(block, source);
        const words = body
          .map(({ code }) => code.trim())
          .join('')
          .replace(/\}\s*$/, '');
        const nothing =
          /^return(?: (?:null|false|-1|0|""|Optional\.empty\(\)|Collections\.empty\w+\(\)|(?:List|Set|Map)\.of\(\)|new \w+(?:<.*>)?(?:\[0\]|\(\))))?;$/.test(
            words,
          );
        const printed = /^\w+\.printStackTrace\(\);(?:return null;)?$/.test(words);
        if ((!nothing && !printed) || body.some(({ comment }) => /\w+\s+\w+/.test(comment))) continue;
        yield {
          file: source.path,
          line: block.start,
          severity:
            printed || (OUTSIDE.test(block.header) && !/\b(?:ignored?|expected)\s*\)$/.test(block.header))
              ? 'medium'
              : 'low',
          message: `Nobody hears of this error: \`${shorten(block.header)}\``,
        } satisfies Hit;
      }
  },
};

const OUTSIDE =
  /\b(?:IOException|SQLException|Exception|Throwable|RuntimeException|InterruptedException|ExecutionException|TimeoutException|DataAccessException|GeneralSecurityException|\w*IOException)\b(?=\s+\w+\s*\)|\s*\|)/;

/** What must be closed, however the lines after it end. */
const OPENS =
  /^\s*(?:final\s+)?(?:var|[\w.]+(?:<[^=]*>)?)\s+(\w+)\s*=\s*(?:new\s+(?:java\.\w+\.)*(?:File(?:Input|Output)Stream|File(?:Reader|Writer)|Buffered(?:Reader|Writer|InputStream|OutputStream)|InputStreamReader|OutputStreamWriter|PrintWriter|RandomAccessFile|ZipFile|JarFile|Zip(?:Input|Output)Stream|GZIP(?:Input|Output)Stream|Object(?:Input|Output)Stream|Socket|ServerSocket|DatagramSocket|Scanner)\((?!\s*System\.in)|.*\.getConnection\(|.*\.(?:prepareStatement|createStatement|prepareCall|executeQuery)\(|(?:java\.nio\.file\.)?Files\.(?:lines|list|walk|find|newInputStream|newOutputStream|newBufferedReader|newBufferedWriter|newDirectoryStream|newByteChannel)\(|.*\.openStream\(\)|.*\.open(?:Session|Connection)?\(\)\.getInputStream\()/;

const unclosed: Rule = {
  id: 'code/unclosed-resource',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Open it in the head of a try.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const line of source.added) {
        const name = OPENS.exec(line.code)?.[1];
        const fn = name === undefined ? undefined : functionAround(line.number, source);
        if (
          name === undefined ||
          !fn ||
          line.depth > 0 ||
          /\btry\s*\($/.test(source.lineAt(line.number - 1)?.code.trimEnd() ?? '')
        )
          continue;
        const rest = linesIn(fn, source)
          .filter(({ number }) => number > line.number)
          .map(({ code }) => code)
          .join('\n');
        const word = `(?<![\\w.])${name}\\b`;
        const handed = new RegExp(
          `${word}\\.close\\(|\\breturn\\b[^;]*${word}(?!\\.(?:read|lines|next|get|has|collect|map|count))|\\bclose\\w*\\(\\s*${name}\\b|\\bthis\\.\\w+ = ${name}\\b|(?:=|\\breturn)\\s*[\\w.]*\\w\\((?:[^;]*[(,]\\s*)?${name}\\s*[,)]|\\bnew \\w+\\([^;]*${word}|\\btry\\s*\\([^)]*${word}|\\.(?:add|put|set\\w*|register|accept)\\([^;]*${word}|@Cleanup`,
        ).test(rest);
        if (!handed)
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is opened and never closed`,
          } satisfies Hit;
      }
  },
};

/** Two that are equal must have the same hash. */
const halfEqual: Rule = {
  id: 'code/equals-without-hash',
  severity: 'medium',
  remedy: 'Override both, of the same fields.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const block of source.blocks().all) {
        if (
          block.kind !== 'function' ||
          !/\bboolean equals\(\s*(?:final\s+)?(?:@\w+\s+)?Object\s+\w+\s*\)/.test(block.header)
        )
          continue;
        const owner = source
          .blocks()
          .around(block.start)
          .find(({ kind }) => kind === 'class');
        const body = owner ? linesIn(owner, source) : source.lines;
        const hashes = body.some(({ code }) => /\bint hashCode\(\s*\)/.test(code));
        const lost = source.change.removed.some(({ text }) => /\bint hashCode\(\s*\)/.test(text));
        if (
          !hashes &&
          (source.isAdded(block.start) || lost) &&
          !/@(?:Data|Value|EqualsAndHashCode)\b/.test(source.text)
        )
          yield {
            file: source.path,
            line: block.open,
            message: 'equals is overridden here and hashCode is not',
          } satisfies Hit;
      }
  },
};

/** A value that may not be there is taken without asking. */
const bareGet: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Say what happens when there is none: orElseThrow, orElse, ifPresent.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const line of source.added) {
        const direct =
          /\.(?:findFirst|findAny|findById|findOne|max|min|findBy\w+)\([^;]*\)\s*\.get\(\)/.test(line.code) ||
          (/^\s*\.get\(\)/.test(line.code) &&
            /\.(?:findFirst|findAny|max|min|reduce)\(/.test(source.lineAt(line.number - 1)?.code ?? ''));
        const named = /(?<![\w.])(\w+)\.get\(\)/.exec(line.code)?.[1];
        const fn = functionAround(line.number, source);
        const body = fn ? [fn.header, ...linesIn(fn, source).map(({ code }) => code)].join('\n') : '';
        const optional =
          named !== undefined &&
          new RegExp(`\\bOptional<[^=;]*>\\s+${named}\\b|\\bvar ${named} = .*\\.find(?:First|Any|ById)\\(`).test(body);
        const asked =
          named !== undefined && new RegExp(`\\b${named}\\.(?:isPresent|isEmpty|ifPresent|orElse)`).test(body);
        if (direct || (optional && !asked))
          yield {
            file: source.path,
            line: line.number,
            message: 'If there is none, this throws without saying of what',
          } satisfies Hit;
      }
  },
};

/** Texts and numbers in boxes are other objects though they say the same. */
const sameObject: Rule = {
  id: 'code/string-identity',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Use equals.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const line of source.added)
        for (const [, left = '', , right = ''] of line.code.matchAll(
          /(?<![\w.)\]])([a-z]\w*)\s*([=!]=)\s*([a-z]\w*)\b(?![.([])/g,
        )) {
          if (/^(?:null|true|false|this)$/.test(left) || /^(?:null|true|false|this)$/.test(right) || left === right)
            continue;
          const fn = functionAround(line.number, source);
          const body = fn ? [fn.header, ...linesIn(fn, source).map(({ code }) => code)].join('\n') : '';
          const isBoxed = (name: string) =>
            new RegExp(`\\b(?:String|Integer|Long|Double|Float|Short|BigDecimal|BigInteger)\\s+${name}\\b`).test(body);
          if (isBoxed(left) && isBoxed(right) && !new RegExp(`\\b${left}\\.equals\\(${right}`).test(body))
            yield {
              file: source.path,
              line: line.number,
              message: `\`${left}\` and \`${right}\` are compared as objects, not by what they hold`,
            } satisfies Hit;
        }
  },
};

const slips: Rule[] = [
  lineRule({
    id: 'code/shared-state',
    severity: 'medium',
    languages: JAVA,
    pattern:
      /\bstatic\s+(?:final\s+)?(?:SimpleDateFormat|DateFormat|Calendar|DecimalFormat|NumberFormat|MessageDigest|Matcher)\s+\w+\s*=/,
    message: 'All threads share this, and it is made for one: `$&`',
    remedy: 'Make one for each use, or use DateTimeFormatter and its kin.',
  }),
  lineRule({
    id: 'code/inexact-number',
    severity: 'medium',
    languages: JAVA,
    pattern: /\bnew BigDecimal\(\s*\d+\.\d+[dDfF]?\s*\)/,
    message: 'This holds the nearest binary number, not what is written: `$&`',
    remedy: 'Give the number as a text, or use BigDecimal.valueOf.',
  }),
];

/** `this.size = size` where no `size` was handed over: the field is given to itself. */
const ownField: Rule = {
  id: 'code/self-assignment',
  severity: 'medium',
  remedy: 'Assign the parameter that was meant.',
  languages: ['java', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java', 'csharp']))
      for (const line of source.added) {
        const name = /^\s*this\.(\w+) = \1;\s*$/.exec(line.code)?.[1];
        const fn = name === undefined ? undefined : functionAround(line.number, source);
        if (name === undefined || !fn) continue;
        const known = [
          fn.header,
          ...linesIn(fn, source)
            .filter(({ number }) => number < line.number)
            .map(({ code }) => code),
        ].some((code) => new RegExp(`(?<![\\w.])${name}\\b`).test(code));
        if (!known)
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is given to itself; no parameter is called so`,
          } satisfies Hit;
      }
  },
};

/** What a map may not hold is made a plain number. */
const unboxed: Rule = {
  id: 'code/missing-result',
  severity: 'medium',
  remedy: 'Use getOrDefault.',
  languages: JAVA,
  *find(reading) {
    for (const source of javaFiles(reading))
      for (const line of source.added) {
        const returned = /^\s*return (?:this\.)?(\w+)\.get\([^()]*\);\s*$/.exec(line.code)?.[1];
        const given = /^\s*(?:final )?(?:int|long|double|boolean|char) \w+ = (?:this\.)?(\w+)\.get\([^()]*\);\s*$/.exec(
          line.code,
        )?.[1];
        const name = returned ?? given;
        if (
          name === undefined ||
          !new RegExp(`\\bMap<[^=;]*,\\s*(?:Integer|Long|Double|Boolean|Character)>\\s+${name}\\b`).test(source.text)
        )
          continue;
        const header = functionAround(line.number, source)?.header ?? '';
        const near = [1, 2, 3].map((back) => source.lineAt(line.number - back)?.code ?? '').join(' ');
        if (
          (given === undefined && !/\b(?:int|long|double|boolean|char) \w+\(/.test(header)) ||
          /containsKey|put\w*\(|compute\w*\(|merge\(/.test(near)
        )
          continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${name}\` may hold nothing under that key, and nothing is no number`,
        } satisfies Hit;
      }
  },
};

/** A new error that says nothing of the one that was caught. */
const lostCause: Rule = {
  id: 'code/lost-cause',
  severity: 'low',
  remedy: 'Hand the caught error over as the cause.',
  languages: ['java', 'python', 'javascript', 'typescript', 'tsx'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java', 'python', 'javascript', 'typescript', 'tsx']))
      for (const block of source.blocks().all) {
        const name =
          block.kind === 'catch'
            ? (/(\w+)\s*(?::\s*\w+\s*)?\)$/.exec(block.header)?.[1] ?? / as (\w+)$/.exec(block.header)?.[1])
            : undefined;
        if (name === undefined) continue;
        const body = linesIn(block, source);
        const thrown = body.find(({ code }) => /\b(?:throw new|raise) \w+\(/.test(code));
        if (!thrown || !source.isAdded(thrown.number) || / from\b/.test(thrown.code)) continue;
        if (body.every(({ text }) => !new RegExp(`(?<![\\w.])${name}\\b`).test(text)))
          yield { file: source.path, line: thrown.number, message: `What \`${name}\` says is lost` } satisfies Hit;
      }
  },
};

/** Slips of Java. */
export const javaRules: readonly Rule[] = [
  answeredWithNothing,
  unclosed,
  halfEqual,
  bareGet,
  sameObject,
  ...slips,
  ownField,
  unboxed,
  lostCause,
];
