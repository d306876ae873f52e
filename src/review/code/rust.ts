import { lineRule, type Rule } from '../rules.ts';

/** Values of Rust that may not be there, and numbers that lose what they were about. */
export const rustRules: readonly Rule[] = [
  lineRule({
    id: 'code/missing-result',
    severity: 'low',
    languages: ['rust'],
    pattern: /\b(?:self\.)?\w*(?:map|cache|index|table|registry|by_\w+|lookup)\[&\w+(?:\.\w+)*\]/,
    unless: ({ number }, source) =>
      source.lines
        .slice(Math.max(0, number - 5), number)
        .some(({ code }) => /\b(?:contains_key|insert|entry)\(/.test(code)),
    message: 'Without such a key this panics: `$&`',
    remedy: 'Use get, and say what happens when there is none.',
  }),
  lineRule({
    id: 'code/inexact-number',
    severity: 'low',
    languages: ['rust', 'go', 'java', 'c'],
    pattern: /(?<![\w.])[a-z]\w*(?:\.\w+(?:\(\))?)*\s*\/\s*[a-z]\w*(?:\.\w+(?:\(\))?)*\s*\*\s*100\b(?!\.)/,
    unless: ({ code }) => /\bf(?:32|64)\b|float|double|\bas f|\d\.\d/.test(code),
    message: 'Of whole numbers the rest is lost before it is multiplied: `$&`',
    remedy: 'Multiply first.',
  }),
];
