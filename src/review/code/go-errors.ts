import { lineRule, type Rule } from '../rules.ts';

/** Errors of Go that hide what they came from, or are held against another one that may be wrapped. */
export const goErrorRules: readonly Rule[] = [
  lineRule({
    id: 'code/lost-cause',
    severity: 'low',
    languages: ['go'],
    view: 'text',
    pattern:
      /\b(?:fmt|errors|xerrors)\.Errorf\(\s*(["`])(?:(?!%w|\1).)*%[vs](?:(?!%w|\1).)*\1,(?:.*,)?\s*\w*[eE]rr(?:\.Error\(\))?\s*\)/,
    message: 'Nobody can ask this error what caused it',
    remedy: 'Wrap it with %w.',
  }),
  lineRule({
    id: 'code/identity-comparison',
    severity: 'medium',
    languages: ['go'],
    pattern: /\b\w*[eE]rr\s*[!=]=\s*((?:\w+\.)?Err[A-Z]\w*)\b/,
    severityAt: ({ code }, { text }) => {
      const name = /[!=]=\s*(?:\w+\.)?(Err[A-Z]\w*)/.exec(code)?.[1] ?? '';
      return new RegExp(String.raw`Errorf\([^\n]*%w[^\n]*\b${name}\b`).test(text) ? undefined : 'low';
    },
    message: 'A wrapped error is not the same: `$&`',
    remedy: 'Use errors.Is.',
  }),
];
