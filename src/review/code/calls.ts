import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { asyncNames } from './promises.ts';

const slip = (
  languages: Rule['languages'],
  pattern: RegExp,
  words: { message: string; remedy: string } & Partial<Parameters<typeof lineRule>[0]>,
): Rule =>
  lineRule({ id: 'code/wrong-call', severity: 'medium', languages, roles: ['product', 'script'], pattern, ...words });

/** Calls that do something else than they say. */
const lines: Rule[] = [
  slip(SCRIPTS, /\.map\(\s*(?:Number\.)?parseInt\s*\)/, {
    message: '`$&` takes the index for the base of the number',
    remedy: 'Write map(Number), or map((text) => parseInt(text, 10)).',
  }),
  slip(
    SCRIPTS,
    /\bset(?:Timeout|Interval|Immediate)\(\s*(?!.*\b(?:bind|create\w*|make\w*|wrap\w*|debounce|throttle|partial|curry|once|get\w*)\()[\w$.]+\([^()]*\)\s*(?:,|\)\s*;?\s*$)/,
    {
      message: 'This calls at once and not later: `$&`',
      remedy: 'Hand over a function: () => ….',
    },
  ),
  slip(SCRIPTS, /^\s*throw\s+(?:['"`]|\{)/, {
    view: 'text',
    message: 'What is thrown is no Error and has no stack',
    remedy: 'Throw new Error(…).',
  }),
  slip(SCRIPTS, /\.(?:indexOf|lastIndexOf|findIndex|search)\((?:[^()]|\([^()]*\))*\)\s*>\s*0(?!\.)/, {
    severity: 'low',
    message: 'What stands first has the place 0: `$&`',
    remedy: 'Compare with -1, or use includes.',
  }),
  slip(SCRIPTS, /\bnew Promise\(\s*async\b/, {
    message: 'What an asynchronous executor throws, nobody hears',
    remedy: 'Await outside of the promise.',
  }),
  slip(['python'], /\braise NotImplemented\b(?!Error)/, {
    message: '`NotImplemented` is no error and cannot be raised',
    remedy: 'Raise NotImplementedError.',
  }),
  slip(['python'], /^\s*assert\s*\((?:[^()]|\([^()]*\))+,\s*[rf]?["'].*\)\s*$/, {
    view: 'text',
    message: 'A tuple is always true, so this asserts nothing',
    remedy: 'Leave the brackets out.',
  }),
  slip(['java', 'kotlin', ...SCRIPTS], /^\s*new \w*(?:Exception|Error)\(.*\);?\s*$/, {
    unless: (line, source) =>
      line.depth > 0 || /(?:throw|return|=|\(|,|=>|\?|:)\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: 'The error is made and not thrown: `$&`',
    remedy: 'Throw it.',
  }),
  slip(['python'], /^\s*[A-Z]\w*(?:Error|Exception)\(.*\)\s*$/, {
    unless: (line, source) => line.depth > 0 || /[=(,\\]\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: 'The error is made and not raised: `$&`',
    remedy: 'Raise it.',
  }),
  slip(['java'], /\((?:double|float)\)\s*\(\s*[\w.]+(?:\(\))?\s*\/\s*[\w.]+(?:\(\))?\s*\)/, {
    message: 'The division has thrown the rest away before the number is made a fraction: `$&`',
    remedy: 'Convert one side before dividing.',
  }),
  slip(['python'], /\.get\(\s*[a-z_]\w*\s*\)\.(?=[a-z_])/, {
    severity: 'low',
    unless: (line) =>
      /\b(?:session|client|requests|http\w*|api|app|queue|self|cls|api\w*|ur[il]\w*)\.get\(|\.get\(\s*\w*(?:ur[il]|path|endpoint|timeout)\w*\s*\)|objects\.get|await/i.test(
        line.code,
      ),
    message: 'There may be no such key: `$&`',
    remedy: 'Say what happens when there is none.',
  }),
  slip(
    SCRIPTS,
    /\.(?:find|findLast|get|match|exec|querySelector|closest|getElementById|pop|shift|at)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)!(?=[.[(;,)]|$)/,
    {
      id: 'code/missing-result',
      // Who writes it says that there is one.
      severity: 'low',
      message: 'There may be none, and the `!` only hides that: `$&`',
      remedy: 'Say what happens when there is none.',
    },
  ),
];

const CONDITION = /\bif\s*\(\s*!?((?:this\.)?[A-Za-z_$][\w$]*)\((?:[^()]|\([^()]*\))*\)\s*(?:\)|&&|\|\|)/;
const conditions = linesLike(CONDITION);

/** `if (exists(path))`, where `exists` is asynchronous: a promise is always true. */
const promisedCondition: Rule = {
  id: 'code/floating-promise',
  severity: 'high',
  remedy: 'Await the call.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      const lines = conditions(source);
      const names = lines.length === 0 ? new Set<string>() : asyncNames(source.lines, false);
      for (const line of names.size === 0 ? [] : lines) {
        const name = CONDITION.exec(line.code)?.[1] ?? '';
        if (names.has(name) && !/\bawait\b/.test(line.code))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is asynchronous: its promise is always true`,
          } satisfies Hit;
      }
    }
  },
};

/** `await` where nothing may wait. */
const strayAwait: Rule = {
  id: 'code/stray-await',
  severity: 'high',
  remedy: 'Make the function async.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'], ['product', 'script', 'test']))
      for (const line of awaits(source)) {
        if (!/(?<![\w$.'"])await\s/.test(line.code) || /\basync\b/.test(line.code) || line.startsIn !== 'code')
          continue;
        const fn = functionAround({ line: line.number, source });
        const header = fn?.header ?? '';
        const plain = source.language.name === 'python' ? /^def\b/ : /^(?:export )?(?:default )?function\b/;
        if (fn && plain.test(header) && !fn.isAsync && source.blocks().around(line.number)[0] === fn)
          yield {
            file: source.path,
            line: line.number,
            message: `\`${shorten(header)}\` is not asynchronous, so nothing can be awaited in it`,
          } satisfies Hit;
      }
  },
};

const awaits = linesLike(/await /);

const EACH =
  /\.(?:map|filter|find|findIndex|some|every|flatMap|sort|toSorted|reduce)\(\s*(?:async\s+)?(?:\([^()]*\)|[\w$]+)\s*=>\s*$/;

/** A callback whose answer is used gives none. */
const silentCallback: Rule = {
  id: 'code/missing-return',
  severity: 'medium',
  remedy: 'Return the value, or use forEach.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['product', 'script', 'test']))
      for (const block of source.blocks().all) {
        if (block.kind !== 'callback' || !EACH.test(block.header) || block.open === block.end) continue;
        const body = source.lines.slice(block.open, block.end);
        if (
          !body.some(({ number }) => source.isAdded(number)) ||
          body.some(({ code }) => /\breturn\b|\bthrow\b/.test(code))
        )
          continue;
        if (/^\s*(?:await )?[\w$.[\]]+$/.test(block.header.split('.map(')[0] ?? '') && /\.map\(/.test(block.header))
          continue;
        yield {
          file: source.path,
          line: block.start,
          message: `The callback returns nothing: \`${shorten(block.header)}\``,
        } satisfies Hit;
      }
  },
};

const DECLARED: readonly LanguageName[] = SCRIPTS;

/** A constant is given another value. */
const reassigned: Rule = {
  id: 'code/constant-assigned',
  severity: 'high',
  remedy: 'Declare it with let, or make another one.',
  languages: DECLARED,
  *find(reading) {
    for (const source of sourcesOf(reading, DECLARED, ['product', 'script', 'test']))
      for (const line of source.added) {
        const name =
          line.depth > 0 || line.startsIn !== 'code'
            ? undefined
            : /^\s*([A-Za-z_$][\w$]*)(?![\w$])(?:\s*(?:[+\-*/%|&^]|\?\?|&&|\|\|)?=(?![=>])|(?:\+\+|--);?\s*$)/.exec(
                line.code,
              )?.[1];
        if (name === undefined) continue;
        const fn = functionAround({ line: line.number, source });
        if (fn && declarationOf(name, { from: fn.open, line, source }) === 'const' && !named(name).test(fn.header))
          yield { file: source.path, line: line.number, message: `\`${name}\` is a constant` } satisfies Hit;
      }
  },
};

function named(name: string): RegExp {
  return new RegExp(String.raw`(?<![\w$])${name.replaceAll('$', '\\$')}(?![\w$])`);
}

/** How the function around a line declares a name that the line can see. */
function declarationOf(
  name: string,
  { from, line, source }: { from: number; line: SourceLine; source: SourceFile },
): string | undefined {
  const declares = new RegExp(
    String.raw`\b(const|let|var)\s+(?:[^=;]*[{,[]\s*)?${name.replaceAll('$', '\\$')}(?![\w$])`,
  );
  const around = source.blocks().around(line.number);
  for (let at = line.number - 1; at >= from; at -= 1) {
    const code = source.lineAt(at)?.code ?? '';
    const how = code.includes(name) ? declares.exec(code)?.[1] : undefined;
    const [inner] = how === undefined ? [] : source.blocks().around(at);
    if (how !== undefined && inner && around.includes(inner)) return how;
  }
  return undefined;
}

/** Calls and callbacks that do not do what they seem to. */
export const callSlips: readonly Rule[] = [...lines, promisedCondition, strayAwait, silentCallback, reassigned];
