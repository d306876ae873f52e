import { argumentsOf, givenTo } from '../read/flow.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { statementAt } from '../read/statements.ts';

const go = (
  rule: Pick<Rule, 'id' | 'severity' | 'remedy' | 'ignoresMoves'>,
  find: (source: SourceFile) => Iterable<Omit<Hit, 'file'>>,
): Rule => ({
  ...rule,
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go'], ['product', 'script']))
      for (const hit of find(source)) yield { file: source.path, ...hit };
  },
});

const deferInLoop = go(
  { id: 'code/defer-in-loop', severity: 'medium', remedy: 'Put the body of the loop into a function of its own.' },
  function* (source) {
    for (const line of source.added) {
      if (!/^\s*defer\s/.test(line.code)) continue;
      const around = source
        .blocks()
        .around(line.number)
        .filter(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
      if (around[0]?.kind === 'loop')
        yield {
          line: line.number,
          message: 'This is put off to the end of the function, once for each turn of the loop',
        };
    }
  },
);

const lateAdd = go(
  { id: 'code/late-add', severity: 'medium', remedy: 'Call Add before the go statement.' },
  function* (source) {
    for (const line of source.added) {
      if (!/\b\w*[wW](?:g|ait\w*)\.Add\(/.test(line.code)) continue;
      const header = source.blocks().around(line.number)[0]?.header ?? '';
      if (/^go func\b/.test(header))
        yield { line: line.number, message: 'Wait may return before this goroutine has begun' };
    }
  },
);

const copiedLock = go({ id: 'code/copied-lock', severity: 'medium', remedy: 'Take a pointer.' }, function* (source) {
  for (const line of source.added) {
    const type = /^func \(\w+ ([A-Z]?\w+)\) /.exec(line.code)?.[1];
    const body =
      type === undefined ? undefined : source.blocks().all.find(({ header }) => header === `type ${type} struct`);
    const locks =
      body &&
      source.lines.slice(body.open, body.end).some(({ code }) => /^\s*(?:\w+\s+)?sync\.(?:RW)?Mutex\b/.test(code));
    if (locks) yield { line: line.number, message: `The lock of \`${type}\` is copied with it, and locks nothing` };
  }
});

const nilMap = go({ id: 'code/nil-map', severity: 'high', remedy: 'Make the map first.' }, function* (source) {
  for (const line of source.added) {
    const name = /^\s*(\w+)\[[^\]]+\](?:\s*[+-]?=(?!=)|\+\+|--)/.exec(line.code)?.[1];
    const fn = source
      .blocks()
      .around(line.number)
      .find(({ kind }) => kind === 'function');
    if (name === undefined || !fn) continue;
    const before = source.lines.slice(fn.open, line.number - 1);
    const declared = before.some(({ code }) => new RegExp(`^\\s*var ${name} map\\[[^=]*$`).test(code));
    if (
      declared &&
      !before.some(({ code }) => new RegExp(`(?<![\\w.])&?${name}\\b(?:, \\w+)* :?= |&${name}\\b`).test(code))
    )
      yield { line: line.number, message: `\`${name}\` is nil here, and a nil map cannot be written to` };
  }
});

const unheardWrite = go(
  { id: 'code/discarded-error', severity: 'medium', remedy: 'Look at the error.', ignoresMoves: true },
  function* (source) {
    for (const line of source.added) {
      const name = /^\s*(\w+)\.(?:Write|WriteString|Flush|Sync|Truncate)\(.*\)\s*$/.exec(line.code)?.[1];
      const given = name === undefined ? undefined : givenTo(name, { line: line.number, source });
      if (
        given &&
        /^(?:os\.(?:Create|OpenFile)|bufio\.NewWriter|gzip\.NewWriter)\w*\(/.test(given.code) &&
        line.comment === ''
      )
        yield { line: line.number, message: 'Nobody hears when this write fails' };
    }
  },
);

const skippedError = go(
  { id: 'code/swallowed-error', severity: 'medium', remedy: 'Collect the errors, or return the first.' },
  function* (source) {
    for (const block of source.blocks().all) {
      if (!/^if (?:.*; ?)?err != nil$/.test(block.header) || !source.isAdded(block.start)) continue;
      const body = source.lines
        .slice(block.open, block.end)
        .map(({ code, comment }) => code.trim() + comment)
        .join('');
      const fn = source
        .blocks()
        .around(block.start)
        .find(({ kind }) => kind === 'function');
      if (/^continue\}$/.test(body) && /\berror\)?\s*$/.test(fn?.header ?? ''))
        yield { line: block.start, message: 'The error is swallowed: the loop goes on and the caller hears nothing' };
    }
  },
);

const VERB = /%(?:%|[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?[a-zA-Z])/g;

const wrongArguments = go(
  { id: 'code/format-arguments', severity: 'medium', remedy: 'Give one value for each verb.' },
  function* (source) {
    for (const line of source.added) {
      const call = /\b(?:fmt\.(?:Sprintf|Printf|Errorf|Fprintf)|log\.(?:Printf|Fatalf|Panicf))\(/.exec(line.code);
      if (!call) continue;
      const statement = statementAt(line.number, source);
      const open = statement.code.indexOf(call[0]) + call[0].length - 1;
      const all = argumentsOf(statement, open).slice(call[0].includes('Fprintf') ? 1 : 0);
      const format = /^\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(all[0]?.text ?? '')?.[1];
      if (format === undefined || /%\[|\*/.test(format) || all.some(({ code }) => code.includes('...'))) continue;
      const wanted = (format.match(VERB) ?? []).filter((verb) => verb !== '%%').length;
      if (wanted !== all.length - 1)
        yield {
          line: line.number,
          message: `The format asks for ${wanted} values and gets ${all.length - 1}: \`${shorten(format)}\``,
        };
    }
  },
);

const bareAssertion = go(
  { id: 'code/type-assertion', severity: 'low', remedy: 'Ask with `value, ok :=`.' },
  function* (source) {
    for (const line of asserts(source)) {
      const match = ASSERTED.exec(line.code);
      if (
        !match ||
        /, ?\w+ :?=|\.\(type\)|\bMust\w*\(/.test(line.code) ||
        line.comment.trim() !== '' ||
        source.isTestLine(line.number)
      )
        continue;
      yield { line: line.number, message: `Another type ends the program here: \`${shorten(match[0])}\`` };
    }
  },
);

const ASSERTED = /[\w)\]]\.\((?!type\))\*?[\w.[\]]+(?:\{\})?\)/;
const asserts = linesLike(/\.\(/);

/** `// Load reads …` above a function that is called otherwise now. */
const wrongName = go(
  { id: 'code/stale-doc', severity: 'medium', remedy: 'Let the comment begin with the name of what it is about.' },
  function* (source) {
    const removed = new Set(source.change.removed.flatMap(({ text }) => DECLARED.exec(text)?.[1] ?? []));
    for (const line of source.added) {
      const name = DECLARED.exec(line.code)?.[1];
      let at = line.number - 1;
      while (source.lineAt(at - 1)?.raw.startsWith('//') ?? false) at -= 1;
      const told = /^\/\/ ([A-Za-z]\w*) /.exec(source.lineAt(at)?.raw ?? '')?.[1];
      if (name !== undefined && told !== undefined && told !== name && removed.has(told))
        yield { line: at, message: `The comment is about \`${told}\`, and this is \`${name}\`` };
    }
  },
);

const DECLARED = /^(?:func (?:\([^)]*\) )?|type )(\w+)/;

/** Slips of Go that its compiler lets through. */
export const goRules: readonly Rule[] = [
  deferInLoop,
  lateAdd,
  copiedLock,
  nilMap,
  unheardWrite,
  skippedError,
  wrongArguments,
  bareAssertion,
  wrongName,
];
