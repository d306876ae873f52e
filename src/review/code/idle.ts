import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, type Rule } from '../rules.ts';

/** Statements whose answer nobody uses. */
export const idleRules: readonly Rule[] = [
  lineRule({
    id: 'code/idle-statement',
    severity: 'medium',
    languages: ['rust', 'go'],
    pattern:
      /^\s*[a-z][\w.]*\.(?:trim|trim_start|trim_end|to_lowercase|to_uppercase|replace|to_string|clone|abs)\((?:[^()]|\([^()]*\))*\);\s*$|^\s*strings\.(?:Trim\w*|ToLower|ToUpper|Replace\w*|Title|Repeat)\(.*\)\s*$/,
    unless: (line, source) => line.depth > 0 || isContinued(line, source),
    message: 'The text stays as it was; what this returns is dropped: `$&`',
    remedy: 'Assign what it returns.',
  }),
  lineRule({
    id: 'code/idle-statement',
    severity: 'medium',
    languages: [...SCRIPTS, 'python', 'java', 'php', 'c'],
    pattern: /^\s*[\w$.[\]]+ ===? [\w$.'"·[\]-]+;?\s*$/,
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
