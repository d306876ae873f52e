import { SCRIPTS, type LanguageName } from '../read/language.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

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
    unless: (line, source) =>
      !source.language.programs ||
      /\b(?:read|next|pop|poll|shift|peek|take|advance|consume|getc|recv)\w*\(/i.test(line.code) ||
      line.code[pattern.exec(line.text)?.index ?? 0] === '·',
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
    new RegExp(String.raw`(?<![\w$.])(${NAMED}) ===? (${FIXED}) (?:&&|and) \1 ===? (?!\2(?![\w.]))${FIXED}(?![\w.(])`),
    'The two can never be so together: `$&`',
  ),
  always(
    [...SCRIPTS, 'python', 'php', 'c'],
    /(?<![\w$.])[\w$.]+ ===? (['"])[^'"]*\1 (?:\|\||or) (['"])[^'"]+\2\s*(?:[):]|\|\||or\b|$)/,
    'A text alone is always true: `$&`',
  ),
  always(
    [...TYPED, 'python'],
    /(?<![\w.])([\w.]+) (?:\|\| !\1|or not \1|&& !\1|and not \1)(?![\w.([])/,
    'A value and its opposite: `$&`',
  ),
  always(
    ['python'],
    /\b(?:if|elif|while)\b.*[\w)\]"']\s+or\s+(?:(["'])[^"']+\1|[1-9]\d*|True)\s*(?::|\bor\b|\band\b)/,
    'What stands alone behind `or` is always true',
  ),
  always(
    SCRIPTS,
    /\b(?:if|while)\s*\((?:[^()]|\([^()]*\))*\|\|\s*(?:(["'])[^"']+\1|[1-9]\d*|true)\s*(?:\)|\|\||&&)/,
    'What stands alone behind `||` is always true',
  ),
  always(
    SCRIPTS,
    /(?<![\w$.])!\w[\w$.]* (?:in|instanceof) [A-Za-z_$][\w$.]*/,
    'The sign turns the name around, not the question: `$&`',
  ),
  always(
    SCRIPTS,
    /\?\? (?:-?\d+|true|false|(['"])[^'"]*\1) (?:[<>]=?|[!=]==?) /,
    'The comparison belongs to the default alone: `$&`',
  ),
  always(
    SCRIPTS,
    /(?<![\w$.])(\w[\w$.]*) !==? (?:null|undefined) \|\| \1\.[A-Za-z_$]|(?<![\w$.])(\w[\w$.]*) ===? (?:null|undefined) && \2\.[A-Za-z_$]|(?<![\w$.!])!(\w[\w$.]*) && \3\.[A-Za-z_$]/,
    'It is read just where it is missing: `$&`',
  ),
  always(
    ['python'],
    /(?<![\w.])(\w[\w.]*) is not None or \1\.[a-z_]|(?<![\w.])(\w[\w.]*) is None and \2\.[a-z_]|\bnot (\w[\w.]*) and \3\.[a-z_]/,
    'It is read just where it is missing: `$&`',
  ),
  always(
    SCRIPTS,
    /\bif\s*\(\s*!?[\w$.]+\.(?:indexOf|findIndex|lastIndexOf|search)\((?:[^()]|\([^()]*\))*\)\s*\)/,
    'At the first place it is 0, and nowhere is -1: `$&`',
  ),
];

const RANGE =
  /(?<![\w$.])([\w$.]+) (<=?|>=?) (-?\d+(?:\.\d+)?) (&&|\|\||and|or) \1 (<=?|>=?) (-?\d+(?:\.\d+)?)(?![\w.])/;
const BOUND = /[<>]=? -?\d/;
const ranges = linesLike(RANGE);

/** `n < 0 && n > 10`: no number is both. */
const emptyRange: Rule = {
  id: 'code/constant-condition',
  severity: 'medium',
  remedy: 'Write the condition that was meant.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const line of source.language.programs ? ranges(source) : []) {
        const match = BOUND.test(line.code) ? RANGE.exec(line.code) : null;
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

/** Conditions that are always or never so, whatever the values. */
export const conditionRules: readonly Rule[] = [...conditions, emptyRange];
