import { SCRIPTS } from '../read/language.ts';
import { functionAround } from '../read/flow.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, type LineRule, type Rule } from '../rules.ts';

type Slip = Pick<LineRule, 'id' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>;

const removedText = ({ change }: SourceFile): string => change.removed.map(({ text }) => text).join('\n');
const after = (line: SourceLine, source: SourceFile, count: number): string =>
  source.lines
    .slice(line.number, line.number + count)
    .map(({ code }) => code)
    .join('\n');

const SLIPS: readonly Slip[] = [
  {
    id: 'code/dead-branch',
    pattern: /\b(\w[\w.]*) !== (['"`][^'"`]*['"`]|\w+) \|\| \1 !== (?!\2)/,
    view: 'text',
    message: 'This always holds: `$&`',
    remedy: 'Use && between what must not be.',
  },
  {
    id: 'code/dead-branch',
    pattern: /\b(\w[\w.]*) === (['"`][^'"`]*['"`]|\d+) && \1 === (?!\2)/,
    view: 'text',
    message: 'This never holds: `$&`',
    remedy: 'Use || between what may be.',
  },
  {
    id: 'code/dead-branch',
    pattern: /===? (?:['"`][^'"`]*['"`]|\w+) \|\| (?:['"`][^'"`]+['"`]|[1-9]\d*)\s*\)/,
    view: 'text',
    message: 'A text always holds: `$&`',
    remedy: 'Compare with each of them.',
  },
  {
    id: 'code/dead-branch',
    pattern: /\(\s*!\s*[\w.]+ (?:in|instanceof) [\w.]+\s*\)/,
    message: 'The ! belongs to the name alone: `$&`',
    remedy: 'Put brackets around the comparison.',
  },
  {
    id: 'code/impossible-comparison',
    pattern: /\btypeof\s+[\w.$]+\s*[!=]==?\s*(?:undefined|null|Object|String|Number|Function|Array)\b/,
    message: 'typeof gives a text: `$&`',
    remedy: 'Compare with the text.',
  },
  {
    id: 'code/assignment-in-condition',
    pattern:
      /\bif\s*\(\s*[\w$.[\]]+ = (?:['"`]·*['"`]|\d+|true|false|null|[\w.]+)\s*\)|\b(?:if|while)\s*\(\(\s*[\w$.[\]]+ = (?:['"`]·*['"`]|-?\d+|true|false|null|undefined)\s*\)\s*\)/,
    message: 'A condition assigns instead of comparing: `$&`',
    remedy: 'Use a comparison.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\.indexOf\([^()]*\)\s*>\s*0(?!\.)|\bif\s*\(\s*!?[\w.]+\.indexOf\([^()]*\)\s*\)/,
    message: 'The first place is 0, and this takes it for none: `$&`',
    remedy: 'Use includes, or compare with -1.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\.sort\(\s*\(?(\w+),\s*(\w+)\)?\s*=>\s*\1(?:\.\w+)* [<>]=? \2(?:\.\w+)*\s*\)/,
    message: 'A comparison of two values gives true or false, and sort wants a number: `$&`',
    remedy: 'Subtract them, or use localeCompare.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\.map\(\s*(?:Number\.)?parseInt\s*\)/,
    message: 'map hands the place over as the base: `$&`',
    remedy: 'Use (x) => parseInt(x, 10), or Number.',
  },
  {
    id: 'code/wrong-call',
    pattern:
      /\.(?:map|filter|find|some|every|reduce)\(\s*(?:\(?[\w, ]*\)?)\s*=>\s*\{\s*(?!return\b)(?:\w+:\s*[\w.]+(?:,\s*\w+:\s*[\w.]+)*|[\w.]+;?|[\w.]+ [=!<>]==? [\w.'"·]+;?)\s*\}\s*\)/,
    message: 'This callback gives nothing: `$&`',
    remedy: 'Return the value, or put the object in brackets.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\b(?:new )?Array\([^()]*\)\.fill\(\s*(?:\[\s*\]|\{\s*\}|new \w+\(\))\s*\)/,
    message: 'All places hold the same object: `$&`',
    remedy: 'Use Array.from with a function.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\bnew Date\(\s*\d{4},\s*12\b/,
    message: 'Months begin with 0, so this is the next January: `$&`',
    remedy: 'Use 11 for December.',
  },
  {
    id: 'code/wrong-call',
    pattern: /^\s*delete [\w.]+\[(?:i|j|index|idx|n|\d+)\];?\s*$/,
    message: 'This leaves a hole in the list: `$&`',
    remedy: 'Use splice or filter.',
  },
  {
    id: 'code/wrong-call',
    pattern: /(?<![\w$.])([A-Z_]\w*|\w+[rR](?:e|egex|egExp))\.test\(/,
    unless: (line, source) => {
      const name = /(?<![\w$.])([A-Za-z_]\w*)\.test\(/.exec(line.code)?.[1] ?? '\0';
      return (
        !new RegExp(`^(?:export )?const ${name} = /.*/[a-z]*g[a-z]*;?\\s*$`, 'm').test(source.text) ||
        source.text.includes('lastIndex')
      );
    },
    message: 'A pattern with the flag g remembers where it stopped: `$&`',
    remedy: 'Leave the flag out.',
  },
  {
    severity: 'low',
    id: 'code/swallowed-error',
    pattern:
      /\.(?:on|once|addEventListener)\(\s*['"](?:error|uncaughtException|unhandledRejection)['"]\s*,\s*(?:\(\w*\)|\w+)\s*=>\s*\{\s*\}\s*\)/,
    view: 'text',
    message: 'Nobody hears of this error: `$&`',
    remedy: 'Handle it, or say in a comment why it may be ignored.',
  },
  {
    id: 'code/swallowed-error',
    pattern: /\.then\([^,]+(?:\([^()]*\)[^,]*)?,\s*(?:noop|\(\)\s*=>\s*(?:\{\s*\}|undefined|null))\s*\)/,
    message: 'Nobody hears of this failure: `$&`',
    remedy: 'Handle it, or let it pass.',
  },
  {
    id: 'code/swallowed-error',
    pattern: /\bPromise\.allSettled\(/,
    unless: (line, source) =>
      !/\bPromise\.all\(/.test(removedText(source)) ||
      /\brejected\b|\breason\b/.test(source.text) ||
      /[=.]\s*await|return/.test(line.code),
    message: 'A failure was heard of here, and is not any more',
    remedy: 'Look at what was rejected, or use Promise.all.',
  },
  {
    id: 'code/swallowed-error',
    pattern: /\(\s*(?:_\w*|err|error|e),\s*\w+\s*\)\s*=>/,
    unless: (line, source) => {
      const name = /\(\s*(_\w*|err|error|e),/.exec(line.code)?.[1] ?? '';
      const call =
        /\b(?:readFile|writeFile|readdir|stat|exec|execFile|query|lookup|mkdir|unlink|rename|access|get|post)\([^()]*,?\s*\(/.test(
          line.code,
        );
      const uses = new RegExp(`\\b${name}\\b`).test(line.code.slice(line.code.indexOf('=>')) + after(line, source, 6));
      return !call || uses;
    },
    message: 'The error of this call is not looked at: `$&`',
    remedy: 'Look at it first.',
  },
  {
    id: 'code/debug-print',
    pattern: /\bprocess\.std(?:out|err)\.write\(\s*[`'"](?:DEBUG|debug|>>>|---|here|###)/,
    view: 'text',
    message: 'Output for debugging was left in: `$&`',
    remedy: 'Remove it.',
  },
  {
    id: 'code/debug-print',
    pattern: /\bconsole\.\w+\(\s*util\.inspect\(/,
    unless: (_line, source) => /\bconsole\./.test(source.oldText ?? 'console.'),
    message: 'Output for debugging was left in: `$&`',
    remedy: 'Remove it.',
  },
  {
    id: 'code/lost-this',
    pattern:
      /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame|process\.nextTick)\(\s*this\.\w+\s*[,)]/,
    message: 'The method is called without its object: `$&`',
    remedy: 'Hand over an arrow function.',
  },
  {
    id: 'code/lost-this',
    pattern:
      /\.(?:forEach|map|filter|then|on|once|some|every|addEventListener|setTimeout)\([^()]*\bfunction\s*\w*\([^()]*\)\s*\{\s*$/,
    unless: (line, source) => {
      const end = source.lines.find(
        ({ number, code }) =>
          number > line.number && code.search(/\S/) === line.code.search(/\S/) && /^\s*\}/.test(code),
      );
      const body = source.lines
        .slice(line.number, (end?.number ?? line.number) - 1)
        .map(({ code }) => code)
        .join('\n');
      const around = functionAround({ line: line.number, source })?.parent?.kind;
      return (
        !/\bthis\./.test(body) ||
        around !== 'class' ||
        /\}\s*,\s*this\s*\)|\.bind\(this\)/.test(end?.code ?? '') ||
        /\.(?:on|once|addEventListener)\(/.test(line.code)
      );
    },
    message: 'Inside of this function `this` is something else',
    remedy: 'Use an arrow function.',
  },
  {
    id: 'code/lost-this',
    pattern: /\.(?:removeEventListener|removeListener|off)\([^()]*(?:\.bind\(|=>)/,
    message: 'This is another function than the one that was added: `$&`',
    remedy: 'Keep the function that was added.',
  },
  {
    id: 'code/unclosed-resource',
    pattern: /^\s*set(?:Interval)\(/,
    unless: (line, source) =>
      !/\buse(?:Layout)?Effect\(/.test(functionAround({ line: line.number, source })?.header ?? '') ||
      /clearInterval/.test(source.text),
    message: 'Nothing stops this when the component is gone: `$&`',
    remedy: 'Return a function that clears it.',
  },
  {
    id: 'code/unclosed-resource',
    pattern: /\b(?:const|let)\s+(\w+)\s*=\s*await\s+(?:fs\.|fsp\.|promises\.)?open\(/,
    unless: (line, source) =>
      new RegExp(
        `\\b${/\b(?:const|let)\s+(\w+)/.exec(line.code)?.[1] ?? ''}\\.close\\(|return ${/\b(?:const|let)\s+(\w+)/.exec(line.code)?.[1] ?? ''}\\b`,
      ).test(source.text),
    message: 'This file is opened and never closed: `$&`',
    remedy: 'Close it in a finally.',
  },
  {
    id: 'code/idle-statement',
    pattern: /^\s*(?:if\s*\([^{}]*\)\s*)?new \w*Error\(/,
    unless: (line, source) =>
      line.depth > 0 || /(?:throw|[=(,[?:])\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: 'The error is made and not thrown: `$&`',
    remedy: 'Throw it.',
  },
  {
    id: 'code/idle-statement',
    pattern: /\bthrow\s+(?:['"`]|\{)/,
    severity: 'low',
    message: 'What is thrown tells nothing of where: `$&`',
    remedy: 'Throw an Error.',
  },
  {
    id: 'code/falls-through',
    pattern: /^\s*if\s*\(.*\)\s*(?:next\(.*\)|(?:res|reply)\.(?:status|sendStatus|send|json|end|redirect)\(.*\));?\s*$/,
    unless: (line, source) => !/^\s*(?:next\(|(?:res|reply|await|return\b|const|let)\b)/.test(after(line, source, 1)),
    message: 'The answer is given here, and the code goes on: `$&`',
    remedy: 'Return.',
  },
  {
    id: 'code/changed-while-read',
    pattern: /\b(\w+)\.splice\(/,
    unless: (line, source) => {
      const name = /\b(\w+)\.splice\(/.exec(line.code)?.[1] ?? '';
      return !source
        .blocks()
        .around(line.number)
        .some(({ header }) => new RegExp(`\\b${name}\\.(?:forEach|map)\\(|\\bof ${name}\\)`).test(header));
    },
    message: 'The list loses entries while it is walked: `$&`',
    remedy: 'Filter it into a new list.',
  },
  {
    id: 'code/lost-this',
    pattern: /\bfor\s*\(\s*var\s+(\w+)/,
    unless: (line, source) => {
      const name = /\bvar\s+(\w+)/.exec(line.code)?.[1] ?? '';
      return !new RegExp(`(?:=>|function\\b).*\\b${name}\\b`).test(after(line, source, 4));
    },
    message: 'All functions that are made here see the last value: `$&`',
    remedy: 'Use let.',
  },
  {
    id: 'code/wrong-call',
    pattern: /\bMath\.(?:min|max)\(\s*([\w.]+)\s*,\s*\1\s*\)/,
    message: 'The same value twice: `$&`',
    remedy: 'Use the other value that was meant.',
  },
  {
    id: 'code/inexact-number',
    pattern: /\b\d*\.\d+\s*===|===\s*\d*\.\d*[1-9]\b|[*+]\s*0\.\d+\b[^=]*===/,
    severity: 'low',
    message: 'Decimal numbers are rarely the same: `$&`',
    remedy: 'Compare within a bound.',
  },
];

/** Slips of JavaScript that its tools let pass. */
const slips: readonly Rule[] = SLIPS.map((slip) =>
  lineRule({ severity: 'medium', languages: SCRIPTS, roles: ['product', 'script'], ...slip }),
);

/** A line that lost one piece, by what it was and what it is: the rest is the same. */
const LOST: readonly (readonly [id: Rule['id'], before: RegExp, after: string, message: string, severity?: 'low'])[] = [
  ['code/null-access', /\?\./g, '.', 'What may be missing is read as if it were there'],
  ['code/null-access', /\s*\?\?\s*(?:\{\}|\[\]|''|"")/g, '', 'What may be missing is read as if it were there'],
  ['code/wrong-call', /\?\?/g, '||', 'Zero and the empty text count as missing now', 'low'],
  ['code/wrong-call', /\.replaceAll\(/g, '.replace(', 'Only the first is replaced now'],
  [
    'code/wrong-call',
    /\.sort\(\([^()]*\)\s*=>[^()]*(?:\([^()]*\))?[^()]*\)/g,
    '.sort()',
    'Numbers are sorted as texts now',
  ],
  [
    'code/wrong-call',
    /\[\.\.\.([\w.]+)\](?=\.(?:sort|reverse|splice)\()/g,
    '$1',
    'The list of the caller is changed now',
  ],
  ['code/wrong-call', /\.slice\(\)(?=\.(?:sort|reverse|splice)\()/g, '', 'The list of the caller is changed now'],
  ['code/missing-result', /,\s*(?:0|''|""|\[\]|\{\})(?=\s*\);?\s*$)/g, '', 'An empty list makes reduce throw now'],
  ['code/floating-promise', /\breturn await /g, 'return ', 'The failure is not caught here any more'],
];

/** One rule for each kind of piece that may be lost. */
const losses: readonly Rule[] = [...new Set(LOST.map(([id]) => id))].map((id) => ({
  id,
  severity: 'medium',
  remedy: 'Keep it, or show why it is not needed.',
  languages: SCRIPTS,
  *find(reading) {
    const kinds = LOST.filter(([own]) => own === id);
    for (const source of reading.files) {
      if (!SCRIPTS.some((name) => name === source.language.name) || source.role !== 'product') continue;
      for (const { lines } of source.change.removed.length === 0 ? [] : source.change.hunks) {
        const gone = lines.filter(({ kind }) => kind === 'removed').toReversed();
        for (const [, before, then, message, severity] of gone.length === 0 ? [] : kinds) {
          const without = new Map(gone.map(({ text }) => [text.replace(before, then).trim(), text]));
          for (const now of lines.filter(({ kind }) => kind === 'added')) {
            const old = without.get(now.text.trim());
            if (
              old === undefined ||
              old.trim() === now.text.trim() ||
              (message.startsWith('The failure') && !isInTry(now.newLine, source)) ||
              (id === 'code/null-access' && isAskedAround(old, now.newLine, source)) ||
              (id === 'code/missing-result' && !/\.reduce\(/.test(now.text))
            )
              continue;
            yield { file: source.path, line: now.newLine, message, text: now.text, ...(severity ? { severity } : {}) };
          }
        }
      }
    }
  },
}));

/** What may be missing is asked for by the condition around. */
function isAskedAround(old: string, line: number, source: SourceFile): boolean {
  const name = /([\w$.]+)(?:\?\.|\s*\?\?)/.exec(old)?.[1];
  return (
    name !== undefined &&
    source
      .blocks()
      .around(line)
      .some(
        ({ kind, header }) =>
          kind === 'condition' && new RegExp(`(?<![!\\w$.])${name.replace(/[$.]/g, '\\$&')}(?![\\w$])`).test(header),
      )
  );
}

function isInTry(line: number, source: SourceFile): boolean {
  return source
    .blocks()
    .around(line)
    .some(({ header }) => /^try\b/.test(header));
}

/** What goes wrong in JavaScript without a word, and what a line lost that kept it right. */
export const scriptSlips: readonly Rule[] = [...slips, ...losses];
