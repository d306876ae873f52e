import { scriptSlips } from './code/script-slips.ts';
import { workflowCalls } from './infrastructure/workflow-calls.ts';
import { settingSlips } from './infrastructure/setting-slips.ts';
import { absentRules } from './code/absent.ts';
import { docRules } from './code/docs.ts';
import { errorRules } from './code/errors.ts';
import { flowRules } from './code/flow.ts';
import { resourceRules } from './code/resources.ts';
import { manifestSlips } from './infrastructure/manifests.ts';
import { imageSlips } from './infrastructure/image-slips.ts';
import { emptyRules } from './code/empties.ts';
import { goValueRules } from './code/go-values.ts';
import { pendingRules } from './code/pending.ts';
import { rustRules } from './code/rust.ts';
import { scriptValueRules } from './code/script-values.ts';
import { goRules } from './code/go.ts';
import { callSlips } from './code/calls.ts';
import { madeOnceRules } from './code/made-once.ts';
import { misspeltRules } from './code/misspelt.ts';
import { undeclaredRules } from './code/undeclared.ts';
import { unusedRules } from './code/unused.ts';
import { comparisonRules } from './code/comparisons.ts';
import { branchRules } from './code/branches.ts';
import { conditionRules } from './code/conditions.ts';
import { declaredRules } from './code/declared.ts';
import { idleRules } from './code/idle.ts';
import { javaThreads } from './code/java-threads.ts';
import { loopRules } from './code/loops.ts';
import { repeatedRules } from './code/repeated.ts';
import { missingRules } from './code/missing.ts';
import { nameRules } from './code/names.ts';
import { slipRules } from './code/slips.ts';
import { awaitedRules } from './code/awaited.ts';
import { pieceRules } from './code/pieces.ts';
import { promiseRules } from './code/promises.ts';
import { reactRules } from './code/react.ts';
import { commandSlips } from './code/commands.ts';
import { goWaits } from './code/go-waits.ts';
import { javaRules } from './code/java.ts';
import { shellRules } from './code/shell.ts';
import { workflowSlips } from './infrastructure/workflows.ts';
import { textRules } from './code/texts.ts';
import { SCRIPTS, type LanguageName } from './read/language.ts';
import type { SourceLine } from './read/lexer.ts';
import type { Reading, SourceFile } from './read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from './rules.ts';
import { undoneRules } from './undone.ts';
import { syntaxRule } from './code/syntax.ts';

const STRINGY = /^\s*(['"`])/;
const DEBUGGING =
  /\b(debug(ging)?|here|got here|reached|xxx+|wtf|asdf|foo ?bar|testing|remove me|delete me)\b|^\d{1,3}$/i;
/** Such words, or a row of signs around what is shown. A script of a shell puts its headlines so. */
const DEBUG_WORDS = new RegExp(String.raw`${DEBUGGING.source}|^(?!---$)\W{0,3}[-=*#>!]{3,}`, 'i');

const conflictMarker: Rule = {
  id: 'code/conflict-marker',
  severity: 'critical',
  remedy: 'Resolve the conflict and remove the markers.',
  languages: 'all',
  *find(reading) {
    for (const source of [...reading.files, ...reading.generated]) {
      const marks = source.change.added.filter((line) => /^(<{7}|>{7})( |$)|^\|{7}( |$)/.test(line.text));
      const opens = marks.some((line) => line.text.startsWith('<'));
      const closes = marks.some((line) => line.text.startsWith('>'));
      if (marks.length > 0 && (opens || closes))
        for (const mark of marks.slice(0, 10))
          yield {
            file: source.path,
            line: mark.number,
            message: `Merge conflict marker \`${shorten(mark.text)}\``,
            text: mark.text,
            ...(source.role === 'docs' || source.role === 'test'
              ? { severity: opens && closes ? 'medium' : 'low' }
              : {}),
          } satisfies Hit;
    }
  },
};

const debugStop = (languages: Rule['languages'], pattern: RegExp): Rule =>
  lineRule({
    id: 'code/debugger',
    severity: 'high',
    languages,
    roles: ['product', 'script', 'test'],
    pattern,
    severityAt: (line, { oldText }) => (oldText?.includes(line.raw.trim()) === true ? 'low' : undefined),
    message: 'A debugger stop was left in: `$&`',
    remedy: 'Remove the debugger statement.',
  });

const debugPrint = (languages: Rule['languages'], pattern: RegExp): Rule =>
  lineRule({
    id: 'code/debug-print',
    severity: 'medium',
    languages,
    view: 'text',
    pattern,
    unless: (line, source) => {
      const match = pattern.exec(line.text);
      const column = match?.index ?? 0;
      const argument = line.text.slice(column + (match?.[0].length ?? 0));
      const quote = STRINGY.exec(argument)?.[1];
      const label = quote === undefined ? '' : (argument.trim().slice(1).split(quote)[0] ?? '');
      const banner = source.language.name === 'shell' && /^\W*[a-z]{2}/i.test(label) && !DEBUGGING.test(label);
      return line.code[column] === '·' || isForFile(line) || banner || !DEBUG_WORDS.test(label.trim());
    },
    message: 'Output for debugging was left in',
    remedy: 'Remove it, or use the project’s logger with a message for its readers.',
  });

/** What a shell writes there is no output. */
function isForFile({ code }: SourceLine): boolean {
  return /^\s*(?:echo|printf)\s.*(?<![\d&>])>>?\s*(?!&|\/dev\/(?:std|tty))\S/.test(code);
}

const PRINTS: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, /(?<![\w.])console\.(?:log|debug|dir|table)\(/])),
  python: /(?<![\w.])p?print\((?!.*\bfile\s*=)/,
  go: /(?<![\w.])fmt\.Print(?:ln|f)?\(|(?<![\w.])println\(/,
  rust: /\be?println!\(/,
  java: /\bSystem\.(?:out|err)\.print(?:ln|f)?\(|\.printStackTrace\(\)/,
};
const SPEAKS =
  /(^|\/)(cli|cmd|bin|main|command|commands|console|logger|logging|log|debug|reporter|output|terminal|repl|play|playground|scratch|sandbox|__main__|examples?|demo)s?(\/|[.\-_\w]*\.\w+$)|^scripts?\//i;
const PROGRAM =
  /^#!|\bfn main\(|\bvoid main\(|^package main\b|__name__ == ['"]__main__|\b(argparse|click|typer|optparse|process\.argv|parseArgs|yargs|commander)\b/m;

/** A program that people run writes to the terminal. */
function speaks(source: SourceFile): boolean {
  return SPEAKS.test(source.path.replace(/(^|\/)src\/main\//, '$1')) || PROGRAM.test(source.text);
}

/** A crate that is a program and no library. */
function isOfProgram(path: string, { paths }: Reading): boolean {
  const crate = /^((?:.*\/)?)src\/.*\.rs$/.exec(path)?.[1];
  return crate !== undefined && paths.has(`${crate}src/main.rs`) && !paths.has(`${crate}src/lib.rs`);
}

/** It takes the place of another output, of a logger as a rule: what is told is told in another way. */
function tookPlace({ number }: SourceLine, { change }: SourceFile): boolean {
  const hunk = change.hunks.find(({ lines: all }) => all.some(({ newLine }) => newLine === number));
  const tells = (kind: 'added' | 'removed') =>
    hunk?.lines.filter((line) => line.kind === kind && TELLS.test(line.text)).length ?? 0;
  return tells('removed') > 0 && tells('removed') >= tells('added');
}

const TELLS = /(?<![\w$])(?:\w*log\w*\.\w+|warn|info|error|debug|trace|e?println?|printf?|console\.\w+)!?\(/i;

/** A library that never wrote to the terminal begins to. */
const strayPrint: Rule = {
  id: 'code/debug-print',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Remove it, or use the project’s logger with a message for its readers.',
  languages: Object.keys(PRINTS) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      const print = PRINTS[source.language.name];
      if (!print || source.oldText === undefined || SPEAKS.test(source.path.replace(/(^|\/)src\/main\//, '$1')))
        continue;
      if (print.test(source.oldText) || PROGRAM.test(source.text) || isOfProgram(source.path, reading)) continue;
      for (const line of source.added)
        if (
          print.test(line.code) &&
          line.startsIn === 'code' &&
          !source.isTestLine(line.number) &&
          !line.comment.trim() &&
          !tookPlace(line, source)
        )
          yield {
            file: source.path,
            line: line.number,
            message: 'This file never wrote to the terminal before',
          } satisfies Hit;
    }
  },
};

/** `console.log('sum', sum)`, `print(rows)`: a bare value, or one beside its own name, is shown to nobody but the author. */
const bareValue = (languages: Rule['languages'], pattern: RegExp): Rule =>
  lineRule({
    id: 'code/debug-print',
    severity: 'medium',
    languages,
    view: 'text',
    pattern,
    unless: (line, source) =>
      line.code[pattern.exec(line.text)?.index ?? 0] === '·' ||
      /\bfor\b/.test(line.code) ||
      /\b(?:verbose|debug|quiet|silent|dry)\b/i.test(`${line.code}${source.lineAt(line.number - 1)?.code ?? ''}`) ||
      source.blocks().around(line.number).length === 0,
    severityAt: (line, source) => (speaks(source) || tookPlace(line, source) ? 'low' : undefined),
    message: 'Output for debugging was left in',
    remedy: 'Remove it, or use the project’s logger with a message for its readers.',
  });

const NAME = String.raw`[A-Za-z_$][\w$]*(?:(?:\.|->)[A-Za-z_$][\w$]*|\[[\w$]+\])*`;

const lines: Rule[] = [
  debugStop(SCRIPTS, /^\s*debugger\s*;?\s*$/),
  debugStop(['python'], /\b(breakpoint\(\)|i?pdb\.(set_trace|post_mortem)\(|pudb\.set_trace\()/),
  debugStop(['rust'], /\bdbg!\(/),
  debugStop(['ruby'], /\b(binding\.(pry|irb|break)|byebug)\b/),
  debugStop(['php'], /\b(var_dump|print_r|dd|dump|xdebug_break)\(/),
  lineRule({
    id: 'code/debugger',
    severity: 'medium',
    languages: SCRIPTS,
    view: 'text',
    pattern: /(?<![\w.$])(?:window\.)?alert\(\s*['"`](?:[^'"`]*\b)?(?:here|debug|test|got|ok|xxx)\b/i,
    message: 'A message for debugging was left in: `$&`',
    remedy: 'Remove it.',
  }),
  debugStop(['java', 'kotlin'], /\bThread\.dumpStack\(\)/),
  debugPrint(SCRIPTS, /\bconsole\.(log|debug|info|trace|dir|table|warn)\(/),
  debugPrint(['python'], /(?<![\w.])print\(/),
  debugPrint(['go'], /\b(?:fmt|log)\.Print(ln|f)?\(|(?<![\w.])println\(/),
  debugPrint(['shell'], /^\s*(?:>&2\s+)?(?:echo|printf)\s+(?:-\w+\s+)*/),
  debugPrint(['rust'], /\be?println!\(/),
  debugPrint(['java', 'kotlin'], /\bSystem\.(out|err)\.print(ln|f)?\(/),
  bareValue(
    SCRIPTS,
    /(?<![\w.$])console\.(?:log|debug|dir|table)\(\s*(?:(['"`])[\w .>=-]{0,30}:?\s*\1\s*,\s*)?(?:JSON\.stringify\()?[A-Za-z_$][\w$.[\]]*(?:,[^()]*)?\)*;?\s*$/,
  ),
  bareValue(
    ['python'],
    /(?<![\w.])p?print\(\s*(?:(['"])[\w .>=-]{0,30}:?\s*\1\s*,\s*)?(?:type\(|repr\(|vars\(|dir\()?[A-Za-z_][\w.[\]]*\)*\s*$|(?<![\w.])print\(\s*f(['"])\{\w+=\}\2\s*\)/,
  ),
  bareValue(
    ['go'],
    /\bfmt\.Print(?:ln|f)\(\s*(?:"[\w .>=-]{0,30}:?\s*(?:%[+#]?v\s*(?:\\n)?)+"\s*,\s*)?[a-z]\w*(?:\.\w+)*\)\s*$/,
  ),
  bareValue(['rust'], /\be?println!\(\s*"[\w .>=-]{0,30}:?\s*\{\w*:#?\?\}"/),
  lineRule({
    id: 'code/self-comparison',
    severity: 'medium',
    languages: 'all',
    roles: ['product', 'script'],
    pattern: new RegExp(
      String.raw`(?<=(?<![\w$.)\]>-])(?<!(?:[^&|][&|]|[+\-*/%^]) )\b(${NAME}) ?)(===?|<=|>=|(?<= )[<>](?= )|&&|\|\|) ?\1(?=\s*(?:[);,\]}:{]|\?(?![.?])|&&|\|\||$))`,
    ),
    unless: (_line, source) => !source.language.programs || source.language.name === 'shell',
    message: '`$1` is compared or combined with itself',
    remedy: 'Compare with the other value that was meant.',
  }),
  lineRule({
    id: 'code/self-assignment',
    severity: 'medium',
    languages: ['javascript', 'typescript', 'tsx', 'java', 'go', 'csharp', 'php', 'rust', 'c', 'python', 'kotlin'],
    pattern: new RegExp(String.raw`(?<=^\s*(${NAME})) = \1;?\s*$`),
    unless: (line, source) =>
      line.depth > 0 ||
      source.blocks().around(line.number)[0]?.kind === 'class' ||
      /^\S/.test(line.raw) ||
      /^\s*[.?]/.test(source.lineAt(line.number + 1)?.code ?? ''),
    message: '`$1` is assigned to itself',
    remedy: 'Assign the value that was meant, or remove the line.',
  }),
  lineRule({
    id: 'code/assignment-in-condition',
    severity: 'medium',
    languages: [...SCRIPTS, 'c', 'php', 'csharp'],
    pattern: /\b(?:if|else if)\s*\(\s*[\w$.[\]]+ ?=(?![=>]) ?[^=()]+\)\s*(\{|$)/,
    message: 'A condition assigns instead of comparing',
    remedy: 'Use a comparison, or assign on a line of its own.',
  }),
  lineRule({
    id: 'code/dead-branch',
    severity: 'medium',
    languages: 'all',
    pattern:
      /^(?=.*(?:false|true|False|True))\s*(?:\}\s*)?(?:else\s+)?(?:if|elif|while)\s*(?:\(\s*(false|true(?=\s*\)\s*\{?\s*$)(?<!while\s*\(\s*true))\s*\)|(False|false|true(?=\s*\{)(?<!while\s+true)|True(?<!while True))\s*[:{])|^\s*if (?:\(0\)|0[ :{])/,
    unless: (_line, source) =>
      !source.language.programs || ['c', 'shell', 'ruby', 'php'].includes(source.language.name),
    message: 'The condition is always the same: `$&`',
    remedy: 'Remove the branch that can never run, or write the condition that was meant.',
  }),
  lineRule({
    id: 'code/dead-branch',
    severity: 'medium',
    languages: 'all',
    pattern: /\bif\s*\(.*(\|\|\s*true|&&\s*false)\s*\)|\bif\s.*\b(or True|and False)\s*:/,
    unless: (_line, source) => !source.language.programs,
    message: 'A constant decides this condition',
    remedy: 'Remove the constant from the condition.',
  }),
  lineRule({
    id: 'code/impossible-comparison',
    severity: 'medium',
    languages: SCRIPTS,
    view: 'text',
    pattern:
      /[!=]==?\s*NaN\b|\btypeof\s+[\w.$]+\s*[!=]==?\s*(['"])(?!(?:undefined|object|boolean|number|bigint|string|symbol|function|unknown)\1)\w*\1|[!=]==\s*(\[\]|\{\})(?!\w)/,
    message: 'This comparison can never be true: `$&`',
    remedy: 'Use Number.isNaN, a valid typeof name, or a comparison of contents.',
  }),
  lineRule({
    id: 'code/identity-comparison',
    severity: 'medium',
    languages: ['python'],
    view: 'text',
    pattern: /^\s*(?:if|elif|while|return|assert)\b[^'"#]*\bis(?: not)? (['"]|\d+\b|\(\)|\[|\{)/,
    message: '`is` compares identity; with a literal the result is an accident',
    remedy: 'Use == or !=.',
  }),
  lineRule({
    id: 'code/null-access',
    severity: 'high',
    languages: ['java', 'kotlin'],
    pattern: /(?<![\w.])[\w.()]+\.equals\(\s*null\s*\)/,
    message: 'This is false, or throws, and never true: `$&`',
    remedy: 'Use == null.',
  }),
  lineRule({
    id: 'code/self-comparison',
    severity: 'medium',
    languages: 'all',
    roles: ['product', 'script'],
    view: 'text',
    pattern:
      /(?<=[(\s!])(?<![!=]==? |[<>]=? )([a-z_$][\w$.]*(?:\(\))?(?: (?:[=!]=?=?|[<>]=?|is|is not) [\w$."']+)?) (\|\||&&|or|and) (?:[^|&;{]+? \2 )?\1(?=\s*(?:[);:,{]|\2|$))/,
    unless: (line, source) =>
      !source.language.programs ||
      source.language.name === 'shell' ||
      line.code[line.text.search(/\|\||&&|\bor\b|\band\b/)] === '·' ||
      /\b(?:read|next|pop|shift|take|poll)\w*\(/.test(line.code),
    message: '`$1` is asked twice',
    remedy: 'Ask the other thing that was meant.',
  }),
  lineRule({
    id: 'code/string-identity',
    severity: 'medium',
    languages: ['java'],
    pattern: /\b[\w.]+(?:\(\))? [!=]= "[^"]*"|"·*" [!=]= [\w.]+/,
    message: 'Strings are compared by identity: `$&`',
    remedy: 'Use equals.',
  }),
  lineRule({
    id: 'code/mutable-default',
    severity: 'medium',
    languages: ['python'],
    pattern: /^\s*(?:async\s+)?def\s+\w+\(.*[\w\]]\s*=\s*(\[\]|\{\}|set\(\)|list\(\)|dict\(\))\s*[,)]/,
    message: 'The default `$1` is made once and shared by all calls',
    remedy: 'Use None as the default and make the value inside.',
  }),
  lineRule({
    id: 'code/out-of-bounds',
    severity: 'high',
    languages: 'all',
    pattern:
      /\b([\w.]+)\[(?:\1\.(?:length|size\(\)|len\(\)|Length|Count)|len\(\1\))\](?!\s*=(?!=))|\b([\w.]+)\.(?:get|at|charAt|codePointAt|elementAt|nth)\(\2\.(?:size\(\)|length(?:\(\))?|len\(\)|count)\)/,
    unless: (_line, source) => !source.language.programs,
    message: '`$&` is one past the end',
    remedy: 'The last index is the length minus one.',
  }),
  lineRule({
    id: 'code/out-of-bounds',
    severity: 'medium',
    languages: 'all',
    pattern:
      /\bfor\s*\(?\s*(?:(?:let|var|int|size_t|auto)\s+)?(\w+)\s*:?=\s*[01]\s*;\s*\1\s*<=\s*(?:[\w.]+\.(?:length|size\(\)|Length|Count)|len\([\w.]+\))\s*;|\bin range\(\s*len\([\w.]+\)\s*\+\s*1\s*\)|\bin 0\.\.=\s*[\w.]+\.len\(\)/,
    unless: (line, source) =>
      !source.language.programs ||
      !usesIndex(source.lineAt(line.number + 1)?.code, source.lineAt(line.number + 2)?.code),
    message: 'The loop runs one past the end: `$&`',
    remedy: 'Use < instead of <=, or iterate over the elements.',
  }),
  lineRule({
    id: 'code/null-access',
    severity: 'high',
    languages: SCRIPTS,
    pattern: /(?<![\w.])!([A-Za-z_$][\w$]*) ?&& ?!?\1\.(?!\w+\?)|\b([\w$]+) ?===? ?(?:null|undefined) ?&& ?!?\2\./,
    message: 'A value is read where it is known to be missing: `$&`',
    remedy: 'Turn the check around.',
  }),
  lineRule({
    id: 'code/null-access',
    severity: 'high',
    languages: ['python', 'go', 'java', 'csharp', 'kotlin'],
    pattern:
      /(?<![\w.])([\w.]+) is None and (?:not )?\1\.|(?<![\w.])\bnot ([\w.]+) and (?:not )?\2\.\w|(?<![\w.])([\w.]+) == n(?:il|ull) && !?\3\./,
    message: 'A value is read where it is known to be missing: `$&`',
    remedy: 'Turn the check around.',
  }),
];

/** A loop to the length is only wrong if it reads the element. */
function usesIndex(...next: (string | undefined)[]): boolean {
  return next.some((code) => code !== undefined && /\[\s*\w+\s*\]|\.(get|charAt|at)\(/.test(code));
}

/** Faults in the code itself: what cannot be parsed, cannot run, hides errors, or was only for debugging. */
export const codeRules: readonly Rule[] = [
  ...commandSlips,
  ...javaRules,
  conflictMarker,
  strayPrint,
  ...lines,
  ...errorRules,
  ...flowRules,
  ...conditionRules,
  ...branchRules,
  ...idleRules,
  ...repeatedRules,
  ...loopRules,
  ...comparisonRules,
  ...promiseRules,
  ...awaitedRules,
  ...reactRules,
  ...madeOnceRules,
  ...undeclaredRules,
  ...scriptSlips,
  ...missingRules,
  ...absentRules,
  ...pieceRules,
  ...declaredRules,
  ...scriptValueRules,
  ...pendingRules,
  ...shellRules,
  ...workflowSlips,
  ...workflowCalls,
  ...settingSlips,
  ...goRules,
  ...goWaits,
  ...javaThreads,
  ...emptyRules,
  ...goValueRules,
  ...rustRules,
  ...resourceRules,
  ...manifestSlips,
  ...imageSlips,
  ...textRules,
  ...docRules,
  ...callSlips,
  ...misspeltRules,
  ...nameRules,
  ...slipRules,
  ...unusedRules,
  ...undoneRules,
  // The last, as another thread parses while the others work.
  syntaxRule,
];
