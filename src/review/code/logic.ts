import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { statementAt } from '../read/statements.ts';

const NAMED = String.raw`[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)*(?:\(\))?`;
const FIXED = String.raw`(?:-?\d[\w.]*|"[^"]*"|'[^']*'|(?:[A-Z]\w*(?:\.|::))+[A-Z_]\w*|[A-Z][A-Z0-9_]+)`;
const TYPED: readonly LanguageName[] = [...SCRIPTS, 'java', 'kotlin', 'csharp', 'go', 'rust', 'c', 'php', 'swift'];

const always = (languages: Rule['languages'], pattern: RegExp, message: string): Rule =>
  lineRule({
    id: 'code/constant-condition',
    severity: 'medium',
    languages,
    roles: ['product', 'script'],
    view: 'text',
    pattern,
    unless: (line, source) => !source.language.programs || line.code[pattern.exec(line.text)?.index ?? 0] === '·',
    message,
    remedy: 'Write the condition that was meant.',
  });

const conditions: Rule[] = [
  always(
    TYPED,
    new RegExp(String.raw`(?<![\w$.])(${NAMED}) !==? (${FIXED}) \|\| \1 !==? (?!\2(?![\w.]))${FIXED}(?![\w.(])`),
    'One of the two is always so: `$&`',
  ),
  always(
    ['python'],
    new RegExp(String.raw`(?<![\w.])(${NAMED}) != (${FIXED}) or \1 != (?!\2(?![\w.]))${FIXED}(?![\w.(])`),
    'One of the two is always so: `$&`',
  ),
  always(
    [...TYPED, 'python'],
    new RegExp(
      String.raw`(?<![\w$.])(${NAMED}) ={2,3} (${FIXED}) (?:&&|and) \1 ={2,3} (?!\2(?![\w.]))${FIXED}(?![\w.(])`,
    ),
    'The two can never be so together: `$&`',
  ),
  always(
    [...SCRIPTS, 'python', 'php', 'c'],
    /(?<![\w$.])[\w$.]+ ={2,3} (['"])[^'"]*\1 (?:\|\||or) (['"])[^'"]+\2\s*(?:[):]|\|\||or\b|$)/,
    'A text alone is always true: `$&`',
  ),
  always(
    [...TYPED, 'python'],
    /(?<![\w.])([\w.]+) (?:\|\||or) (?:!|not )\1(?![\w.(])|(?<![\w.])([\w.]+) (?:&&|and) (?:!|not )\2(?![\w.(])/,
    'A value and its opposite: `$&`',
  ),
  always(
    SCRIPTS,
    /\bif\s*\(\s*!?[\w$.]+\.(?:indexOf|findIndex|lastIndexOf|search)\((?:[^()]|\([^()]*\))*\)\s*\)/,
    'At the first place it is 0, and nowhere is -1: `$&`',
  ),
];

/** `n < 0 && n > 10`: no number is both. */
const emptyRange: Rule = {
  id: 'code/constant-condition',
  severity: 'medium',
  remedy: 'Write the condition that was meant.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const line of source.language.programs ? source.added : []) {
        const match =
          /(?<![\w$.])([\w$.]+) (<=?|>=?) (-?\d+(?:\.\d+)?) (&&|\|\||and|or) \1 (<=?|>=?) (-?\d+(?:\.\d+)?)(?![\w.])/.exec(
            line.code,
          );
        if (!match || source.isTestLine(line.number)) continue;
        const [, , first = '', a, joint = '', second = '', b] = match;
        if (first[0] === second[0]) continue;
        const [above, below] = first.startsWith('>') ? [Number(a), Number(b)] : [Number(b), Number(a)];
        const joined = joint === '&&' || joint === 'and';
        if (joined ? above > below : above < below)
          yield {
            file: source.path,
            line: line.number,
            message: `This is ${joined ? 'never' : 'always'} so: \`${shorten(match[0])}\``,
          } satisfies Hit;
      }
  },
};

const statements: Rule[] = [
  lineRule({
    id: 'code/idle-statement',
    severity: 'medium',
    languages: [...SCRIPTS, 'python', 'java', 'php', 'c'],
    pattern: /^\s*[\w$.[\]]+ ={2,3} [\w$.'"·[\]-]+;?\s*$/,
    unless: (line, source) => line.depth > 0 || source.language.name === 'tsx' || isContinued(line, source),
    message: 'This compares and does nothing with the answer',
    remedy: 'Assign with one equals sign, or use the answer.',
  }),
  lineRule({
    id: 'code/idle-statement',
    severity: 'medium',
    languages: [...SCRIPTS, 'java', 'kotlin'],
    pattern:
      /^\s*[a-z][\w$.]*\.(?:trim|trimStart|trimEnd|strip|toLowerCase|toUpperCase|toLocaleLowerCase|toLocaleUpperCase|substring|slice|concat|replaceAll|replace|padStart|padEnd|plus\w+|minus\w+)\((?:[^()]|\([^()]*\))*\);?\s*$/,
    unless: (line, source) =>
      line.depth > 0 ||
      isContinued(line, source) ||
      /\.replace\((?![^,]*,)|\b(?:router|history|location|navigate|navigation|editor|map|builder|sb|list|this)\b[\w.]*\.|\bcache\b/i.test(
        line.code,
      ) ||
      (source.language.name === 'java' && /\.replace\(|\.concat\(/.test(line.code) && /Map\b/.test(source.text)),
    message: 'The text stays as it was; what this returns is dropped: `$&`',
    remedy: 'Assign what it returns.',
  }),
  lineRule({
    id: 'code/idle-statement',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /^\s*[a-z][\w.]*\.(?:strip|lstrip|rstrip|lower|upper|title|replace|capitalize|format)\((?:[^()]|\([^()]*\))*\)\s*$/,
    unless: (line, source) =>
      line.depth > 0 ||
      isContinued(line, source) ||
      /\.replace\((?![^,]+,)|\b(?:path|os|self\.\w*path|file|tmp|temp\w*)\.replace/i.test(line.code),
    message: 'The text stays as it was; what this returns is dropped: `$&`',
    remedy: 'Assign what it returns.',
  }),
];

function isContinued(line: SourceLine, source: SourceFile): boolean {
  return (
    (source.language.blocks === 'indent' ? /\\\s*$/ : OPEN_END).test(source.lineAt(line.number - 1)?.code ?? '') ||
    /^\s*[.?:&|+*)\]]/.test(source.lineAt(line.number + 1)?.code ?? '')
  );
}

const OPEN_END = /(?:[=(,+\-*/&|?:.[]|=>|\b(?:return|yield|await|in|or|and|not|else|case)|\\)\s*$/;

/** The same case of a switch, the same key of an object, the same name in one scope: the first or the last is dead. */
const repeated: Rule = {
  id: 'code/repeated-name',
  severity: 'medium',
  remedy: 'Keep one of the two, or give the other the name that was meant.',
  languages: [...SCRIPTS, 'python', 'java', 'c'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'c'], ['product', 'script'])) {
      if (source.partial) continue;
      const scopes = new Map<string, number>();
      for (const line of source.lines) {
        if (line.startsIn !== 'code') continue;
        const entry = entryOf(line, source);
        if (!entry) continue;
        const before = scopes.get(entry.key);
        scopes.set(entry.key, line.number);
        if (before === undefined || !(source.isAdded(line.number) || source.isAdded(before))) continue;
        yield {
          file: source.path,
          line: source.isAdded(line.number) ? line.number : before,
          message: `${entry.what} stands twice, the other at line ${source.isAdded(line.number) ? before : line.number}`,
        } satisfies Hit;
      }
    }
  },
};

type Entry = { key: string; what: string };

function entryOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const { name } = source.language;
  const block = source.blocks().around(line.number)[0];
  const label = name === 'python' ? undefined : /^\s*case ((?:["'][^"']*["']|-?\d+|[A-Z][\w.]*)):/.exec(line.text)?.[1];
  if (label !== undefined && block && /^switch\b/.test(block.header))
    return { key: `case ${block.open} ${label}`, what: `The case \`${shorten(label)}\`` };
  if (name === 'python') return definitionOf(line, source) ?? keyOf(line, source);
  if (name === 'java' || name === 'c') return undefined;
  return keyOf(line, source);
}

/** A function or class of Python at the left edge or in a class, unless a decorator or a condition makes it another. */
function definitionOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const name = /^\s*(?:async )?(?:def|class) (\w+)/.exec(line.code)?.[1];
  if (name === undefined || name === '_' || /^\s*@/.test(source.lineAt(line.number - 1)?.code ?? '')) return undefined;
  const [block] = source.blocks().around(line.number);
  if (block && block.kind !== 'class') return undefined;
  if (!block && /^\s/.test(line.raw)) return undefined;
  return { key: `def ${block?.open ?? 0} ${name}`, what: `\`${name}\`` };
}

/** A key of a literal that is written over lines. */
function keyOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const python = source.language.name === 'python';
  const key = (
    python ? /^\s*(["'][^"']+["'])\s*:/ : /^\s*(?:(["'][^"']+["'])|([A-Za-z_$][\w$]*))\s*:\s*[^:].*,\s*$/
  ).exec(line.text);
  const word = key?.[1] ?? key?.[2];
  if (word === undefined || line.code[line.text.indexOf(word) + 1] === undefined) return undefined;
  const opening = openingOf(line, source);
  if (opening === undefined) return undefined;
  return {
    key: `key ${opening} ${line.text.search(/\S/)} ${word.replace(/["']/g, '')}`,
    what: `The key \`${shorten(word)}\``,
  };
}

/** The line that opens the literal: the next one above with less indentation, which must end in a brace. */
function openingOf(line: SourceLine, source: SourceFile): number | undefined {
  const indent = line.raw.search(/\S/);
  for (let at = line.number - 1; at > Math.max(0, line.number - 400); at -= 1) {
    const above = source.lineAt(at);
    if (!above || above.code.trim() === '' || above.startsIn !== 'code') continue;
    const other = above.code.search(/\S/);
    if (other >= indent) {
      if (other === indent && /^\s*(?:case\b|default\b|[)\]}])/.test(above.code) && !/[,]\s*$/.test(above.code))
        return undefined;
      continue;
    }
    return /(?:=|\(|:|return|=>|,|\[)\s*\{\s*$/.test(above.code) || /^\s*\{\s*$/.test(above.code) ? at : undefined;
  }
  return undefined;
}

/** A `return` in `finally` throws away both the answer and the error. */
const finalReturn: Rule = {
  id: 'code/final-return',
  severity: 'medium',
  remedy: 'Return before, and let finally only tidy up.',
  languages: [...SCRIPTS, 'python', 'java', 'csharp', 'kotlin'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'csharp', 'kotlin']))
      for (const line of source.added) {
        if (!/^\s*return\b/.test(line.code)) continue;
        const around = source.blocks().around(line.number);
        const inside = around.findIndex(({ header }) => /^(?:\}?\s*)?finally$/.test(header));
        const fn = around.findIndex(({ kind }) => kind === 'function' || kind === 'callback');
        if (inside !== -1 && (fn === -1 || inside < fn))
          yield {
            file: source.path,
            line: line.number,
            message: 'A return in `finally` hides every error and every other answer',
          } satisfies Hit;
      }
  },
};

/** Taking elements out of the list that the loop goes through skips others, or throws. */
const shrinking: Rule = {
  id: 'code/changed-while-read',
  severity: 'medium',
  remedy: 'Go through a copy, or make a new list of what stays.',
  languages: ['python', 'java', ...SCRIPTS],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'java', ...SCRIPTS]))
      for (const line of source.added) {
        const name =
          /(?<![\w.])([\w.]+)\.(?:remove|pop|splice|add|insert|append|push)\(/.exec(line.code)?.[1] ??
          /^\s*del (\w+)\[/.exec(line.code)?.[1];
        if (name === undefined || source.isTestLine(line.number)) continue;
        const loop = source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'loop' || kind === 'function');
        const over = /(?:\b(?:in|of)|:)\s+([\w.]+)(?:\.(?:items|keys|values|keySet|entrySet)\(\))?\s*\)?\s*$/.exec(
          loop?.header ?? '',
        )?.[1];
        const next = source.lineAt(line.number + 1)?.code ?? '';
        if (
          loop?.kind === 'loop' &&
          over === name &&
          !/^\s*(?:break|return)\b/.test(next) &&
          !/\b(?:break|return)\b/.test(line.code)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${shorten(name)}\` changes while the loop goes through it`,
          } satisfies Hit;
      }
  },
};

/** A case that does something and runs on into the next. */
const fallsThrough: Rule = {
  id: 'code/falls-through',
  severity: 'medium',
  remedy: 'End the case with break or return, or say in a comment that it falls through.',
  languages: [...SCRIPTS, 'java', 'c', 'php'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'java', 'c', 'php']))
      for (const line of source.lines) {
        if (!/^\s*(?:case\b.*|default\s*):\s*(?:\{\s*)?$/.test(line.code) || line.startsIn !== 'code') continue;
        const [before, said] = bodyBefore(line, source);
        if (!before || !(source.isAdded(line.number) || source.isAdded(before.number)) || said) continue;
        if (
          /^\s*(?:case\b|default\b|switch\b)|[{}:,]\s*$|^\s*(?:break|return|throw|continue|goto|yield|exit|process\.exit|System\.exit)\b/.test(
            before.code,
          )
        )
          continue;
        if (before.code.search(/\S/) <= line.code.search(/\S/) || isPartOfJump(before, source)) continue;
        yield {
          file: source.path,
          line: source.isAdded(line.number) ? line.number : before.number,
          message: `The case above runs on into \`${shorten(line.code)}\``,
        } satisfies Hit;
      }
  },
};

function bodyBefore(line: SourceLine, source: SourceFile): [SourceLine | undefined, boolean] {
  let said = false;
  for (let at = line.number - 1; at > Math.max(0, line.number - 6); at -= 1) {
    const above = source.lineAt(at);
    if (!above) return [undefined, said];
    said ||= /fall/i.test(above.comment);
    if (above.code.trim() !== '') return [above, said];
  }
  return [undefined, said];
}

/** `return foo(\n  a,\n);` ends on a line that does not say so. */
function isPartOfJump(before: SourceLine, source: SourceFile): boolean {
  return /^\s*(?:return|throw|break|continue|yield)\b/.test(statementAt(before.number, source).code);
}

const SHELVES = /\b(String|Integer|Long|Double|BigDecimal)\s+/;

/** Two texts or boxed numbers of Java held against each other by identity. */
const identity: Rule = {
  id: 'code/string-identity',
  severity: 'medium',
  remedy: 'Use equals.',
  languages: ['java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java']))
      for (const line of source.added) {
        const match = /(?<![\w.)\]])([a-z]\w*) [!=]= ([a-z]\w*)(?![\w.([])/.exec(line.code);
        if (!match || source.isTestLine(line.number)) continue;
        const kinds = [match[1], match[2]].map(
          (name) => new RegExp(`${SHELVES.source}${name}\\b`).exec(scopeOf(line, source))?.[1],
        );
        if (kinds[0] !== undefined && kinds[0] === kinds[1])
          yield {
            file: source.path,
            line: line.number,
            message: `Two values of \`${kinds[0]}\` are compared by identity: \`${match[0]}\``,
          } satisfies Hit;
      }
  },
};

function scopeOf(line: SourceLine, source: SourceFile): string {
  const fn = source
    .blocks()
    .around(line.number)
    .find(({ kind }) => kind === 'function');
  return fn
    ? `${fn.header}\n${source.lines
        .slice(fn.open, line.number)
        .map(({ code }) => code)
        .join('\n')}`
    : '';
}

/** Numbers sorted as if they were texts: 10 comes before 9. */
const sortedAsText: Rule = {
  id: 'code/sorted-as-text',
  severity: 'medium',
  remedy: 'Pass (a, b) => a - b.',
  languages: ['typescript', 'tsx'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['typescript', 'tsx']))
      for (const line of source.added) {
        const name = /(?:\[\.\.\.)?(?<![\w.])(\w+)\]?\.(?:sort|toSorted)\(\s*\)/.exec(line.code)?.[1];
        if (name === undefined) continue;
        const scope = scopeOf(line, source);
        if (
          new RegExp(
            `\\b${name}\\s*\\??:\\s*(?:readonly )?(?:number\\[\\]|(?:Readonly)?Array<number>)|\\b${name}\\s*=\\s*[^;]*\\.map\\(\\s*(?:Number|parseFloat)\\s*\\)`,
          ).test(scope)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` holds numbers, which sort as texts without a comparison`,
          } satisfies Hit;
      }
  },
};

/** `items[i + 1]` in a loop that goes to the end. */
const onePast: Rule = {
  id: 'code/out-of-bounds',
  severity: 'medium',
  remedy: 'Let the loop end one earlier.',
  languages: ['python', 'go', 'rust', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'go', 'rust', 'java']))
      for (const block of source.blocks().all) {
        const head =
          /\bfor (\w+) in (?:range\(len\((\w+)\)\)|0\.\.(\w+)\.len\(\))\s*$|\bfor (\w+) := range (\w+)$|\bfor \(?(?:int )?(\w+) :?= 0; \6 < (?:len\((\w+)\)|(\w+)\.(?:length|size\(\)));/.exec(
            block.header,
          );
        const [index, list] = (head?.slice(1) ?? []).filter((part) => part !== undefined);
        if (block.kind !== 'loop' || index === undefined || list === undefined) continue;
        const body = source.lines.slice(block.open, block.end);
        const past = body.find(({ code }) =>
          new RegExp(`(?<![\\w.])${list}\\[${index} ?\\+ ?1\\]|(?<![\\w.])${list}\\.get\\(${index} ?\\+ ?1\\)`).test(
            code,
          ),
        );
        const asked = body.some(
          ({ code, number }) =>
            past &&
            number <= past.number &&
            new RegExp(`\\b(?:if|while|elif)\\b.*\\b${index}\\b|\\b(?:try|break)\\b|\\bif\\b`).test(code),
        );
        if (!past || asked || !(source.isAdded(past.number) || source.isAdded(block.start))) continue;
        yield {
          file: source.path,
          line: source.isAdded(block.start) ? block.start : past.number,
          message: `The last turn of the loop reads \`${list}[${index} + 1]\`, which is not there`,
        } satisfies Hit;
      }
  },
};

/** Of two commands of a stage only the last counts. */
const lastCommand: Rule = {
  id: 'code/repeated-name',
  severity: 'medium',
  remedy: 'Keep one of the two.',
  languages: ['dockerfile'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'dockerfile' || source.partial) continue;
      const last = new Map<string, number>();
      for (const line of source.lines) {
        const word = /^\s*(FROM|CMD|ENTRYPOINT|HEALTHCHECK)\s/i.exec(line.code)?.[1]?.toUpperCase();
        if (word === 'FROM') last.clear();
        else if (word !== undefined) {
          const before = last.get(word);
          if (before !== undefined && source.isAdded(line.number))
            yield {
              file: source.path,
              line: line.number,
              message: `${word} stands twice; the one at line ${before} never counts`,
            } satisfies Hit;
          last.set(word, line.number);
        }
      }
    }
  },
};

/** Code that cannot mean what it says. */
export const logicRules: readonly Rule[] = [
  ...conditions,
  emptyRange,
  ...statements,
  repeated,
  finalReturn,
  shrinking,
  fallsThrough,
  identity,
  sortedAsText,
  onePast,
  lastCommand,
];
