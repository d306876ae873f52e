import type { Block } from '../read/blocks.ts';
import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { asyncNames } from './promises.ts';

const SLIP = { severity: 'low', remedy: 'Say what happens when it is otherwise.' } as const;

const lines: Rule[] = [
  lineRule({
    ...SLIP,
    id: 'code/missing-result',
    languages: ['rust'],
    pattern: /\)\.(?:unwrap\(\)|expect\()|^\s*_\s*=>\s*(?:panic|unreachable)!\(/,
    unless: (line) => line.comment.trim() !== '' || /lock\(\)|Regex::new|Mutex/.test(line.code),
    message: 'When there is none, the program ends: `$&`',
    remedy: 'Return the error, or say what happens when there is none.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/out-of-bounds',
    languages: ['rust'],
    pattern: /\b[a-z_]\w*(?:\.len\(\))? as (?:u8|i8|u16|i16)\b/,
    message: 'What does not fit is cut off: `$&`',
    remedy: 'Use try_from.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/out-of-bounds',
    languages: ['rust'],
    pattern: /&(\w+)\[\d*\.\.=?\d+\]/,
    unless: (line, source) =>
      !new RegExp(`\\b${/&(\w+)\[/.exec(line.code)?.[1] ?? '$^'}: &(?:mut )?(?:str|\\[|String|Vec)`).test(
        functionAround({ line: line.number, source })?.header ?? '',
      ),
    message: 'A shorter text ends the program, and so does one that is cut inside of a letter: `$&`',
    remedy: 'Use get.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/lost-cause',
    languages: ['rust'],
    pattern: /\.map_err\(\s*\|_\w*\|/,
    message: 'What the error says is lost: `$&`',
    remedy: 'Keep it as the source of the new one.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/identity-comparison',
    languages: ['python'],
    pattern: /[!=]= None\b/,
    unless: (_line, source) => /sqlalchemy|peewee|django\.db|pandas|numpy/.test(source.text),
    message: 'An object may say that it equals None: `$&`',
    remedy: 'Use is None.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/missing-result',
    languages: ['python'],
    pattern: /\bnext\(\s*[\w.]+ for [^,()]*(?:\([^()]*\)[^,()]*)*\)/,
    message: 'If there is none, this ends with StopIteration: `$&`',
  }),
  lineRule({
    id: 'code/mutable-default',
    severity: 'medium',
    languages: ['python'],
    pattern: /^\s+\w+(?:\s*:\s*[^=]+)?\s*=\s*(\[\]|\{\}|set\(\)|list\(\)|dict\(\)),?\s*$/,
    unless: (line, source) => line.depth === 0 || !isInHeader(line, source),
    message: 'The default `$1` is made once and shared by all calls',
    remedy: 'Use None as the default and make the value inside.',
  }),
  lineRule({
    id: 'code/wrong-call',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /\bisinstance\(\s*(?:str|int|float|bool|list|dict|set|tuple|bytes|object)\s*,\s*(?!(?:type|object|str|int|float|bool|list|dict|set|tuple|bytes)\b)[a-z]\w*\s*\)/,
    message: 'The value comes first, and then the type: `$&`',
    remedy: 'Swap the two.',
  }),
  lineRule({
    id: 'code/wrong-call',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /\.[gs]etYear\(/,
    message: 'This counts the years since 1900: `$&`',
    remedy: 'Use getFullYear or setFullYear.',
  }),
  lineRule({
    id: 'code/wrong-call',
    severity: 'medium',
    languages: ['go'],
    pattern: /\berr\.Error\(\) [!=]= "/,
    message: 'An error is known by its words, which change: `$&`',
    remedy: 'Use errors.Is with an error of its own.',
  }),
  lineRule({
    id: 'code/wrong-call',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /\bthrow\s+["'`]·/,
    message: 'What is thrown is no Error and has no stack',
    remedy: 'Throw new Error(…).',
  }),
  lineRule({
    id: 'code/impossible-comparison',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /[!=]=\s*(?:\[\]|\{\})(?!\w)(?=\s*[);&|?])/,
    message: 'A new object is never the same as another: `$&`',
    remedy: 'Compare what they hold.',
  }),
  lineRule({
    ...SLIP,
    id: 'code/null-access',
    languages: ['typescript', 'tsx', 'javascript'],
    pattern: /(?<![\w$.])([a-z_$][\w$]*)\?\.(?:(?!&&|\|\||\?[^.]|=>|[;,]).)*(?<![\w$.?])\1\.[A-Za-z_$]/,
    message: '`$1` may be missing, and is read without asking later on the line',
  }),
  lineRule({
    ...SLIP,
    id: 'code/idle-statement',
    languages: SCRIPTS,
    pattern: /^\s*(?!return\b|await\b|yield\b)[a-z][\w$.]*\.(?:map|filter|toSorted|toReversed|flatMap)\(.*\);\s*$/,
    unless: (line, source) =>
      line.depth > 0 || /=>\s*\{/.test(line.code) || /[=(,:?&|>[]\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: 'What this returns is dropped: `$&`',
    remedy: 'Use what it returns, or a loop.',
  }),
  lineRule({
    id: 'code/inexact-number',
    severity: 'medium',
    languages: ['java'],
    pattern: /^\s*return (\w+) \/ (\w+);\s*$/,
    unless: (line, source) => {
      const [, a = '', b = ''] = /return (\w+) \/ (\w+);/.exec(line.code) ?? [];
      const header = functionAround({ line: line.number, source })?.header ?? '';
      return (
        !/\b(?:double|float) \w+\(/.test(header) ||
        ![a, b].every((name) => new RegExp(`\\b(?:int|long|short) ${name}\\b`).test(header))
      );
    },
    message: 'The division has thrown the rest away before the number is made a fraction',
    remedy: 'Convert one side before dividing.',
  }),
];

function isInHeader(line: SourceLine, source: SourceFile): boolean {
  for (let at = line.number - 1; at > line.number - 16; at -= 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (/^\s*(?:async )?def \w+\($/.test(code.trimEnd())) return true;
    if (/\)\s*(?:->.*)?:\s*$/.test(code)) return false;
  }
  return false;
}

const bodyOf = (block: Block, source: SourceFile) =>
  source.lines
    .slice(block.open, source.language.blocks === 'indent' ? block.end : block.end - 1)
    .filter(({ code }) => code.trim() !== '');
const LEAVES = /^\s*(?:return\b|throw\b|raise\b|continue\b|break\b|panic\()/;

/** Both ways of a condition leave, so that what stands behind it never runs. */
const afterBoth: Rule = {
  id: 'code/unreachable',
  severity: 'medium',
  remedy: 'Remove the code that cannot run, or move it before the jump.',
  languages: [...SCRIPTS, 'java', 'go', 'python', 'rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, afterBoth.languages)) {
      const blocks = source.blocks().all;
      for (const [at, block] of blocks.entries()) {
        if (!/^(?:\}\s*)?else$/.test(block.header) || block.open === block.end) continue;
        let [index, before] = [at - 1, blocks[at - 1]];
        while (before && before.parent !== block.parent) before = blocks[(index -= 1)];
        if (!before || !/^(?:\}\s*)?if\b/.test(before.header) || block.start - before.end > 1) continue;
        if (
          ![before, block].every((one) => LEAVES.test(bodyOf(one, source).at(-1)?.code ?? '') && endsLevel(one, source))
        )
          continue;
        const next = source.lines.find(({ number, code }) => number > block.end && code.trim() !== '');
        if (
          next &&
          next.code.search(/\S/) === (source.lineAt(before.start)?.code.search(/\S/) ?? -1) &&
          (source.isAdded(next.number) || source.isAdded(block.start)) &&
          !/^\s*[})\]]|^\s*(?:case|default|def|class|@|fn|func|function|async)\b|^\s*\w+:/.test(next.code)
        )
          yield {
            file: source.path,
            line: next.number,
            message: 'This never runs: both ways above leave',
          } satisfies Hit;
      }
    }
  },
};

/** The last line of a block stands at its own level, in no other block. */
function endsLevel(block: Block, source: SourceFile): boolean {
  const body = bodyOf(block, source);
  return body.at(-1)?.code.search(/\S/) === body[0]?.code.search(/\S/);
}

const ASSIGNED = /^\s*(?:const|let|var)\s+([\w$]+)\s*(?::[^=]+)?=\s*((?:this\.)?[\w$]+)\([^;]*\);?\s*$/;
const assigned = linesLike(/(?:const|let|var) /);

/** `const user = load(id)`, where `load` is asynchronous: a promise, read from as if it had come. */
const unsettled: Rule = {
  id: 'code/floating-promise',
  severity: 'high',
  remedy: 'Await the call.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      const names = asyncNames(source.lines, false);
      for (const line of names.size === 0 ? [] : assigned(source)) {
        const [, name, call] = ASSIGNED.exec(line.code) ?? [];
        const fn =
          name === undefined || call === undefined || !names.has(call)
            ? undefined
            : functionAround({ line: line.number, source });
        if (!fn || name === undefined) continue;
        const rest = source.lines
          .slice(line.number, fn.end)
          .map(({ code }) => code)
          .join('\n');
        if (
          new RegExp(`(?<![\\w$.])${name}\\.(?!then\\b|catch\\b|finally\\b)[a-z]|\\.\\.\\.${name}\\b`).test(rest) &&
          !new RegExp(`await ${name}\\b|\\[[^\\]]*\\b${name}\\b[^\\]]*\\]|\\b${name} = `).test(rest)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is a promise here and is read from as if it had come`,
          } satisfies Hit;
      }
    }
  },
};

/** Slips of Go and Rust that look at the lines around. */
const around: Rule = {
  id: 'code/wrong-call',
  severity: 'medium',
  remedy: 'Write what was meant.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go']))
      for (const line of source.added) {
        if (/^\s*break\s*$/.test(line.code)) {
          const [inner, outer] = source.blocks().around(line.number);
          if (/^select\b/.test(inner?.header ?? '') && outer?.kind === 'loop')
            yield {
              file: source.path,
              line: line.number,
              message: 'This leaves the select and not the loop',
            } satisfies Hit;
        }
        const into = /^\s*copy\((\w+),/.exec(line.code)?.[1];
        const fn = into === undefined ? undefined : functionAround({ line: line.number, source });
        if (
          fn &&
          source.lines
            .slice(fn.open, line.number - 1)
            .some(({ code }) => new RegExp(`^\\s*var ${into} \\[\\]`).test(code)) &&
          !source.lines.slice(fn.open, line.number - 1).some(({ code }) => new RegExp(`\\b${into} = `).test(code))
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${into}\` has no room, so nothing is copied`,
          } satisfies Hit;
      }
  },
};

/** A callback of Go is given an error and does not look at it. */
const unheard: Rule = {
  id: 'code/swallowed-error',
  severity: 'medium',
  remedy: 'Look at the error before the rest.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go']))
      for (const block of source.blocks().all) {
        const name = /\bfunc\([^()]*, (err) error\)[^{]*$/.exec(block.header)?.[1];
        if (
          name !== undefined &&
          source.isAdded(block.start) &&
          bodyOf(block, source).length > 0 &&
          !bodyOf(block, source).some(({ code }) => /\berr\b/.test(code))
        )
          yield {
            file: source.path,
            line: block.start,
            message: `The function is given \`err\` and does not look at it: \`${shorten(block.header)}\``,
          } satisfies Hit;
      }
  },
};

const GUARD = /^\s*let (?:mut )?(\w+) = .*\.(?:lock|write|read)\(\)\.(?:unwrap\(\)|expect\()/;
const guards = linesLike(/\.(?:lock|write|read)\(\)\./);

/** A lock of a thread that is held while a task waits. */
const heldOverAwait: Rule = {
  id: 'code/held-lock',
  severity: 'medium',
  remedy: 'Let it go before waiting, or use the lock of the runtime.',
  languages: ['rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['rust']))
      for (const line of guards(source)) {
        const name = GUARD.exec(line.code)?.[1];
        const inner = source.blocks().around(line.number)[0];
        if (name === undefined || !inner) continue;
        const rest = source.lines.slice(line.number, inner.end);
        const waits = rest.findIndex(({ code }) => /\.await\b/.test(code));
        if (waits !== -1 && !rest.slice(0, waits).some(({ code }) => new RegExp(`\\bdrop\\(${name}\\)`).test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is held while the task waits`,
          } satisfies Hit;
      }
  },
};

/** What compiles and does something else than it says. */
export const slipRules: readonly Rule[] = [...lines, afterBoth, unsettled, around, unheard, heldOverAwait];
