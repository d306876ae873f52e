import type { Block } from '../read/blocks.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const swallowedError: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Handle the error, pass it on, or say in a comment why it may be ignored.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script'])) {
      for (const block of source.blocks().all) {
        const empty = block.kind === 'catch' || isGoErrorCheck(block, source) || CATCHES.test(block.header);
        if (!empty || !touches(block, source) || saysWhy(block, source)) continue;
        const narrowly = source.language.name === 'java' && answersNothing(block, source) && !isBroad(block);
        const forgets = narrowly || (answersNothing(block, source) && (isBroad(block) || forgetsMuch(block, source)));
        const mildly = !forgets && (answersNothing(block, source) || answersDefault(block, source));
        if (!isEmpty(block, source) && !forgets && !mildly) continue;
        const narrow =
          source.language.name === 'python' && !/^except(\s*\(?\s*(Base)?Exception\b.*)?$/.test(block.header);
        yield {
          file: source.path,
          line: block.start,
          message: `The error is swallowed: \`${shorten(block.header)}\` does nothing`,
          ...(narrow ||
          narrowly ||
          mildly ||
          source.role === 'script' ||
          NAMED_SO.test(block.header) ||
          isDeliberate(block, source) ||
          isProbe(block, source)
            ? { severity: 'low' as const }
            : {}),
        } satisfies Hit;
      }
      for (const line of caught(source))
        if (SWALLOWED_INLINE.test(line.code) && line.comment === '')
          yield {
            file: source.path,
            line: line.number,
            ...(/=>\s*(?:\[\]|\(\{\}\)|false|''|""|0)\s*\)/.test(line.code) ||
            (/=>\s*(?:undefined|null)\b/.test(line.code) && /\bvoid\b|\.finally\(|^\s*\}\)/.test(line.code))
              ? { severity: 'low' as const }
              : {}),
            message: 'The rejection is swallowed by an empty handler',
          } satisfies Hit;
    }
  },
};

/** A handler of a promise. */
const CATCHES =
  /\.catch\(\s*(?:async )?(?:\(\s*[\w$]*\s*\)|[\w$]+)\s*=>$|\.catch\(\s*(?:async )?function\b[\w$ ]*\(\s*[\w$]*\s*\)$/;

/** The caller gets something made up and does not hear why. */
function answersDefault(block: Block, source: SourceFile): boolean {
  const body = linesOf(block, source)
    .map((line) => line.code.trim())
    .join('')
    .replace(/\}\)?;?$/, '');
  return /^return (?:\(?\{\}\)?|\[\]|[A-Z][A-Z0-9_]*|(?:default|fallback|empty)\w*|new (?:Map|Set)\(\)|["'`]["'`]|Optional\.empty\(\)|\w+\.empty\(\))(?: as [\w<>[\], ]+)?;?$/i.test(
    body,
  );
}

/** Whatever goes wrong, the caller gets nothing and does not hear why. */
function answersNothing(block: Block, source: SourceFile): boolean {
  const body = linesOf(block, source)
    .map((line) => line.code.trim())
    .join('')
    .replace(/\}$/, '');
  return /^return(?: (?:None|null|undefined|nil|False|false|\[\]|\{\}|-1|0|""))?;?$/.test(body);
}

/** In a script every error is caught; several steps are tried, and the name of the error is not read. */
function forgetsMuch(block: Block, source: SourceFile): boolean {
  if (!SCRIPTS.some((name) => name === source.language.name) || !/^\}?\s*catch \(\s*\w+/.test(block.header))
    return false;
  const tried = source.blocks().all.find((other) => other.header.startsWith('try') && other.end === block.start);
  return tried !== undefined && tried.end - tried.open > 3;
}

function isBroad({ header }: Block): boolean {
  return /^except(?:\s*\(?\s*(?:Base)?Exception\b.*)?$|\bcatch \(\s*(?:final )?(?:Exception|Throwable)\b/.test(header);
}

/** The name of the error says that it is left aside on purpose. */
const NAMED_SO =
  /\(\s*(?:@\w+(?:\([^()]*\))?\s+)*(?:final\s+)?(?:[\w.|\s]+\s)?(?:_\w*|ignored?|expected|unused)\s*(?::[^)]*)?\)$/;

/** Not even a name is taken for the error, and a comment says that it is left aside. */
function isDeliberate({ header, start, end }: Block, source: SourceFile): boolean {
  return header === 'catch' && source.lines.slice(start - 1, end).some(({ comment }) => /\w/.test(comment));
}

/** `try { … } catch {}` of a few lines asks whether something works; the failure is the answer. */
function isProbe(block: Block, source: SourceFile): boolean {
  if (block.header !== 'catch') return false;
  const tried = source.blocks().all.find((other) => other.header.startsWith('try') && other.end === block.start);
  return tried !== undefined && tried.end - tried.open <= 4;
}

const SWALLOWED_INLINE =
  /\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{\s*\}|undefined|null|\[\]|\(\{\}\)|false|''|""|0)\s*\)|\.catch\(\s*function\s*\(\w*\)\s*\{\s*\}\s*\)/;
const caught = linesLike(SWALLOWED_INLINE);

function isGoErrorCheck(block: Block, source: SourceFile): boolean {
  return source.language.name === 'go' && /^if (.*; ?)?err != nil$/.test(block.header);
}

function touches(block: Block, source: SourceFile): boolean {
  for (let line = block.start; line <= block.end; line += 1) if (source.isAdded(line)) return true;
  return source.change.hunks.some(({ lines }) =>
    lines.some(
      ({ kind }, at) =>
        kind === 'removed' && isWithin(lines.slice(0, at).findLast(({ newLine }) => newLine > 0)?.newLine ?? 0, block),
    ),
  );
}

function isWithin(line: number, { start, end }: Block): boolean {
  return line >= start && line < end;
}

/** A comment that gives a reason. That nothing is done, the code says itself. */
function saysWhy(block: Block, source: SourceFile): boolean {
  const last = source.language.blocks === 'indent' ? block.end + 1 : block.end;
  for (let line = block.start; line <= last; line += 1) {
    const comment = source.lineAt(line)?.comment.trim() ?? '';
    if (comment !== '' && !NO_REASON.test(comment)) return true;
  }
  return false;
}

const NO_REASON =
  /^\W*(?:(?:silently |just |simply )?(?:ignore[ds]?|swallow(?:ed)?|skip|suppress(?:ed)?|do nothing|no-?op|nothing(?: to do)?|empty|pass)(?: (?:it|this|the|all|any|errors?|exceptions?|failures?|here|for now)){0,3}|handle (?:the |this )?(?:error|exception)s?(?: here)?|error|exception|todo\b.*)\W*$/i;

function isEmpty(block: Block, source: SourceFile): boolean {
  const body = linesOf(block, source)
    .map((line) => line.code.trim())
    .join(' ')
    .trim();
  if (source.language.blocks === 'indent') return /^(pass|\.\.\.|continue)?$/.test(body);
  const last = body.lastIndexOf('}');
  const first = block.open === block.end ? sameLineBody(block, source) : body.slice(0, last === -1 ? undefined : last);
  return /^[\s;]*$/.test(first) || /^\s*\}?\s*$/.test(first);
}

function sameLineBody(block: Block, source: SourceFile): string {
  const code = source.lineAt(block.open)?.code ?? '';
  const at = code.search(/\bcatch\b|\brescue\b|err != nil/);
  return /\{([^{}]*)\}/.exec(at === -1 ? code : code.slice(at))?.[1] ?? 'unknown';
}

/** The lines inside a block, without the line of its opening brace. */
function linesOf(block: Block, source: SourceFile): SourceLine[] {
  const lines: SourceLine[] = [];
  for (let number = block.open + 1; number <= block.end; number += 1) {
    const line = source.lineAt(number);
    if (line) lines.push(line);
  }
  return lines;
}

/** Calls whose last result is an error that matters: what was asked for is not there if it is left aside. */
const GO_FALLIBLE = String.raw`(?:os\.(?!Hostname|Getwd|UserHomeDir|Executable)[A-Z]\w*|io\.(?:ReadAll|ReadFull|Copy\w*)|ioutil\.\w+|(?:json|xml|yaml|toml|gob)\.(?:Marshal\w*|Unmarshal\w*)|strconv\.(?:Atoi|Parse\w+)|http\.(?:Get|Post\w*|Head|NewRequest\w*)|url\.(?:Parse\w*|QueryUnescape)|net\.(?:Dial\w*|Listen\w*)|time\.(?:Parse\w*|LoadLocation)|sql\.Open|\w*(?:[dD][bB]|tx|Tx|stmt|conn)\.(?:Query\w*|Exec\w*|Prepare\w*|Begin\w*)|hex\.DecodeString|base64\.\w+\.DecodeString|template\.Parse\w*|regexp\.Compile|filepath\.(?:Abs|Glob|Rel|Walk\w*)|exec\.LookPath|\w+\.(?:Decode|Encode)|rand\.Read)`;

const discarded = (languages: readonly LanguageName[], pattern: RegExp): Rule =>
  lineRule({
    id: 'code/discarded-error',
    severity: 'medium',
    languages,
    pattern,
    message: 'The error is thrown away: `$&…)`',
    remedy: 'Check it, return it, or say in a comment why it cannot happen.',
    unless: (line, source) =>
      line.comment.trim() !== '' || (source.lineAt(line.number - 1)?.comment.trim() ?? '') !== '',
  });

const discards: Rule[] = [
  discarded(['go'], new RegExp(String.raw`^\s*(?:if )?[\w.\[\]]+(?:, [\w.]+)*, _ :?= ${GO_FALLIBLE}\(`)),
  discarded(
    ['go'],
    /^\s*(?:_ = )?(?:(?:json|xml|yaml|toml)\.Unmarshal|os\.(?:WriteFile|MkdirAll?|Rename|Chdir)|\w*(?:db|DB|tx|Tx)\.(?:Exec|ExecContext|Ping|Commit))\(.*\)\s*$/,
  ),
  discarded(
    ['go'],
    /^\s*(?:_ = )?(?:\w+\.)*(?:(?:json|xml|gob|yaml|toml)\.NewDecoder\(.*\)\.)?Decode\(&?\w+\)\s*$|^\s*(?:http|srv|server)\.ListenAndServe\w*\(.*\)\s*$|^\s*\w*[rR]ows?\.Scan\(.*\)\s*$/,
  ),
  discarded(
    ['rust'],
    /^\s*let _ = (?:std::)?(?:fs::(?!remove|create_dir)\w+|File::\w+|serde_json::\w+)\(|^\s*(?:(?:std::)?fs::(?:write|rename|copy|create_dir_all)|(?:std::fs::|fs::)?File::(?:create|open)|(?:std::)?env::set_current_dir)\(.*\)\.ok\(\);/,
  ),
];

/** A call whose error was handled before the change and is not any more. */
const unhandled: Rule = {
  id: 'code/discarded-error',
  severity: 'medium',
  remedy: 'Keep handling the error.',
  languages: ['go', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go', 'rust']))
      for (const hunk of source.change.hunks) {
        const removed = hunk.lines.filter((line) => line.kind === 'removed').map(({ text }) => text);
        for (const { kind, text, newLine } of hunk.lines) {
          const callee =
            kind === 'added' ? /^\s*(?:let _ =|_ =|[\w.]+, _ :?=) (?:await )?([\w.:]+)\(/.exec(text)?.[1] : undefined;
          if (callee === undefined) continue;
          const call = callOf(text);
          const handled = removed.some(
            (old) => old.includes(`${callee}(`) && callOf(old) === call && !/\b_\b/.test(old) && isHeeded(old, text),
          );
          if (handled && !source.isTestLine(newLine))
            yield {
              file: source.path,
              line: newLine,
              message: `The error of \`${shorten(callee)}\` was handled before`,
              text,
            } satisfies Hit;
        }
      }
  },
};

/** The call gave as much before as it does now: a result that is new was never looked at. */
function isHeeded(old: string, now: string): boolean {
  const taken = (text: string) => /^(.*?):?=/.exec(text)?.[1]?.split(',').length ?? 0;
  return !/^\s*[\w.]+, _ :?=/.test(now) || taken(old) >= taken(now);
}

/** What is called on a line, without the texts and numbers that are handed over. */
function callOf(text: string): string {
  return text
    .replace(/^.*?(?::?=)\s*/, '')
    .replace(/[;\s].*$|\{\s*$/, '')
    .replace(/"[^"]*"|\b\d+\b/g, '')
    .replace(/\(.*$/, '');
}

/** `if err != nil { return nil }`: the caller hears that all went well. */
const nilForError: Rule = {
  id: 'code/swallowed-error',
  severity: 'medium',
  remedy: 'Return the error.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go']))
      for (const block of source.blocks().all) {
        if (!/^if (?:.*; ?)?err != nil$/.test(block.header) || !touches(block, source)) continue;
        const body = linesOf(block, source).map((line) => line.code.trim());
        const fn = source
          .blocks()
          .around(block.start)
          .find(({ kind }) => kind === 'function');
        const reports = /\berror\)?\s*$/.test(fn?.header ?? '');
        if (!reports || !/^return (?:.*, ?)?nil$/.test(body[0] ?? '') || !/^\}?$/.test(body[1] ?? '')) continue;
        if (saysWhy(block, source)) continue;
        yield {
          file: source.path,
          line: block.start,
          message: `The error is swallowed: \`${shorten(body[0] ?? '')}\` says that all went well`,
        } satisfies Hit;
      }
  },
};

const CALLBACK = /\b(cb|callback|done|next|resolve|reject|onDone|onComplete)\b/;

/** `if (err) return;` where a callback waits: whoever asked never hears of it, neither of the error nor of the end. */
const unanswered: Rule = {
  id: 'code/swallowed-error',
  severity: 'medium',
  remedy: 'Hand the error to the callback.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const line of leavesOnError(source)) {
        const [inner, ...outer] = source
          .blocks()
          .around(line.number)
          .filter(({ kind }) => kind === 'function' || kind === 'callback');
        const error = LEAVES_ON_ERROR.exec(line.code)?.[1] ?? '$^';
        if (!inner || !new RegExp(`\\(\\s*${error}\\b`).test(inner.header.slice(inner.header.lastIndexOf('('))))
          continue;
        const waits = outer.map(({ header }) => CALLBACK.exec(header.replace(/^[^(]*/, ''))?.[1]).find(Boolean);
        const calls = source.lines
          .slice(line.number, inner.end)
          .some(({ code }) => waits !== undefined && code.includes(`${waits}(`));
        if (calls && line.comment.trim() === '' && !source.isTestLine(line.number))
          yield {
            file: source.path,
            line: line.number,
            // What answers requests may have been answered by an event.
            ...(waits === 'next' ? { severity: 'low' as const } : {}),
            message: `The error is swallowed: \`${waits}\` is never called when it comes`,
          } satisfies Hit;
      }
  },
};

const LEAVES_ON_ERROR =
  /^\s*if \(\s*(\w*(?:[eE]rr|[eE]rror)|e)(?: !==? (?:null|undefined))?\s*\)\s*(?:return;?|\{\s*return;?\s*\})\s*$/;
const leavesOnError = linesLike(LEAVES_ON_ERROR);

const MILD = {
  id: 'code/swallowed-error',
  severity: 'low',
  remedy: 'Return the error, or say in a comment why it may be ignored.',
} as const;

const quiet: Rule[] = [
  lineRule({
    ...MILD,
    languages: ['go'],
    pattern:
      /^\s*(?:os\.(?:Remove|RemoveAll|Setenv|Chmod|Symlink)|io\.Copy\w*|\w+\.(?:Encode|Execute|ExecuteTemplate))\(.*\)\s*$/,
    unless: (line) => line.comment.trim() !== '' || /\bdefer\b/.test(line.code),
    message: 'Nobody looks at the error of this: `$&`',
  }),
  lineRule({
    ...MILD,
    languages: ['rust'],
    pattern:
      /^\s*let _ = [\w.:]*\b(?:write_all|write|flush|sync_all|sync_data|commit|save|send|execute|remove_file|rename|create_dir_all|persist|join)\(/,
    unless: (line) => line.comment.trim() !== '',
    message: 'The error is thrown away: `$&…)`',
  }),
  lineRule({
    ...MILD,
    languages: ['rust'],
    pattern:
      /^\s*Err\(_\w*\)\s*=>\s*(?:[\w:]+::(?:default|new|empty)\(\)|continue|break|return\b.*|None|false|true|0|""|\(\)),?;?\s*$/,
    unless: (line) => line.comment.trim() !== '',
    message: 'The caller does not hear of the error: `$&`',
  }),
  lineRule({
    ...MILD,
    languages: ['rust'],
    pattern:
      /\b(?:read_to_string|fs::read|File::open|env::var|from_str|from_slice|read_dir|metadata|parse(?:::<[^>]*>)?)\([^()]*\)\.(?:unwrap_or_default\(\)|unwrap_or\(|ok\(\)\.unwrap_or)/,
    message: 'What failed looks like an empty answer: `$&`',
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'low',
    languages: ['rust'],
    pattern: /(?<![\w.])(?:self\.)?[a-z_]\w*(?:\.as_(?:ref|mut|deref)\(\))?\.(?:unwrap\(\)|expect\()/,
    unless: (line) => line.comment.trim() !== '',
    message: 'There may be none, and then the program ends: `$&`',
    remedy: 'Return the error, or say what happens when there is none.',
  }),
  lineRule({
    id: 'code/swallowed-error',
    severity: 'medium',
    languages: ['python'],
    pattern: /\b(?:contextlib\.)?suppress\(\s*(?:Base)?Exception\s*\)/,
    unless: (line) => line.comment.trim() !== '',
    message: 'Every kind of error is swallowed: `$&`',
    remedy: 'Name the errors that may be left aside.',
  }),
  lineRule({
    id: 'code/swallowed-error',
    severity: 'medium',
    languages: ['rust'],
    pattern:
      /^\s*[\w.:]*\.(?:write_all|write|flush|sync_all|commit|save)\(.*\)(?:\.await)?\.ok\(\);|^\s*Err\(_\w*\)\s*=>\s*(?:\{\s*\}|\(\)),?\s*$/,
    unless: (line) => line.comment.trim() !== '',
    message: 'The error is swallowed: `$&`',
    remedy: 'Handle the error, pass it on, or say in a comment why it may be ignored.',
  }),
  lineRule({
    id: 'code/swallowed-error',
    severity: 'medium',
    languages: ['go'],
    pattern: /^\s*(?:_ = )?recover\(\)\s*$|^\s*if \w+ := recover\(\); \w+ != nil \{\s*\}/,
    unless: (line) => line.comment.trim() !== '',
    message: 'Whatever panics is swallowed here',
    remedy: 'Look at what recover gives, and report it.',
  }),
  lineRule({
    id: 'code/discarded-error',
    severity: 'low',
    languages: ['rust'],
    pattern: /^\s*let _ = (?:std::)?fs::(?:remove|create_dir)\w*\(/,
    unless: (line) => line.comment.trim() !== '',
    message: 'The error is thrown away: `$&…)`',
    remedy: 'Check it, or say in a comment why it does not matter.',
  }),
  lineRule({
    id: 'code/missing-result',
    severity: 'low',
    languages: ['rust'],
    pattern:
      /\.(?:parse(?:::<[^>]*>)?\(\)|nth\([^()]*\)|get\([^()]*\)|first\(\)|last\(\)|next\(\)|find\([^()]*\)|to_str\(\)|file_name\(\)|parent\(\))\.(?:unwrap\(\)|expect\()/,
    unless: (line) => line.comment.trim() !== '',
    message: 'There may be none, and then the program ends: `$&`',
    remedy: 'Return the error, or say what happens when there is none.',
  }),
  lineRule({
    id: 'code/swallowed-error',
    severity: 'low',
    languages: ['rust'],
    pattern:
      /^\s*Err\(_\w*\)\s*=>\s*(?:0|None|false|String::new\(\)|Vec::new\(\)|vec!\[\]|Default::default\(\)|Ok\(\(\)\)),?\s*$/,
    message: 'The caller does not hear of the error: `$&`',
    remedy: 'Return the error.',
  }),
  lineRule({
    id: 'code/swallowed-error',
    severity: 'low',
    severityAt: (_line, source) => (/\b(?:LOG|LOGGER|log|logger)\b\s*[=.]/.test(source.text) ? 'medium' : undefined),
    languages: ['java', 'kotlin'],
    pattern: /\.printStackTrace\(\)/,
    message: 'The error is printed where nobody looks',
    remedy: 'Log it, or pass it on.',
  }),
];

const GIVEN =
  /(?:\bfunction\b[\w$ ]*\(|(?<![\w$])\()\s*(err|error|er)\s*(?::\s*[\w<>| .]+)?,\s*[\w$]+[^()]*\)\s*(?::\s*\w+\s*)?(?:=>|\{)|(?<=[\w\])]\(|,\s*)(?:async\s+)?(?:function\s*)?\(\s*(err|error|er)\s*\)\s*(?:=>\s*)?\{\s*$/;
const callbacks = linesLike(GIVEN);
/** They hand over an element and its place. */
const OF_LISTS = /\.(?:map|forEach|filter|find\w*|some|every|flatMap|sort|toSorted)\(\s*\(?$/;

/** They are called when something failed, and need not ask what. */
const OF_FAILURES = /\bcatch\s*\(?\s*$|\.(?:on|once|addListener|addEventListener)\(\s*['"`]|\bonerror\b|\.then\(/i;

/** `readFile(path, (err, text) => use(text))`: the callback is told of a failure and does not look. */
const unheard: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Look at the error before the result.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['product', 'script']))
      for (const line of /\.d\.[cm]?ts$/.test(source.path) ? [] : callbacks(source)) {
        const match = GIVEN.exec(line.code);
        if (!match || match[0].split(',').length > 3 || OF_LISTS.test(line.code.slice(0, match.index + 1))) continue;
        const name = match[1] ?? match[2] ?? '';
        if (match[2] !== undefined && OF_FAILURES.test(line.code.slice(0, match.index))) continue;
        const block = source.blocks().all.find(({ open, start }) => open === line.number || start === line.number);
        const opens = /\{\s*$/.test(line.code) && block?.open === line.number;
        const body = [
          line.code.slice(match.index + match[0].length),
          ...(opens ? linesOf(block, source).map(({ code }) => code) : []),
        ].join('\n');
        if (body.trim() === '' || new RegExp(`(?<![\\w$.])${name}(?![\\w$])`).test(body) || /\barguments\b/.test(body))
          continue;
        yield {
          file: source.path,
          line: line.number,
          message: `The callback is given \`${name}\` and does not look at it`,
        } satisfies Hit;
      }
  },
};

/** Errors that nobody hears of. */
export const errorRules: readonly Rule[] = [
  unanswered,
  swallowedError,
  unheard,
  ...discards,
  unhandled,
  nilForError,
  ...quiet,
];
