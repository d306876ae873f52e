import { SCRIPTS } from '../read/language.ts';
import { lineRule, type LineRule, type Rule } from '../rules.ts';

const silence = (languages: Rule['languages'], pattern: RegExp, more: Partial<LineRule> = {}): Rule =>
  lineRule({
    id: 'anti-slop/suppressed-check',
    severity: 'low',
    languages,
    roles: ['product', 'script'],
    view: 'raw',
    pattern,
    unless: (line) => REASON.test(line.raw),
    message: 'A check is silenced and nobody says why: `$&`',
    remedy: 'Mend what it speaks of, or name the one rule and the reason.',
    ...more,
  });

/** Words after the mark that give a reason. */
const REASON = /(?:--|:\s|—|–|because|since|\(#\d+)\s*\w+(?:\s+\w+){2,}|#\d{2,}|https?:/;

/** Checks of others that are told to look away, and types that say nothing. */
export const suppressedRules: readonly Rule[] = [
  silence(
    SCRIPTS,
    /@ts-(?:ignore|nocheck)\b|(?:\/\*|\/\/)\s*eslint-disable(?!-next-line\s+\S|-line\s+\S)\b(?!\s+[\w@/-]+)|biome-ignore-all/,
    { severity: 'medium', severityAt: (line) => (/@ts-ignore/.test(line.raw) ? 'low' : undefined) },
  ),
  silence(SCRIPTS, /(?<![\w$])as any\b/, {
    view: 'code',
    languages: ['typescript', 'tsx'],
    unless: (line, source) => source.path.endsWith('.d.ts') || /catch|\.\.\.args/.test(line.code),
    message: 'The type says nothing: `$&`',
    remedy: 'Name the type, or unknown and ask.',
  }),
  silence(
    ['python'],
    /#\s*type:\s*ignore(?!\[)|#\s*noqa(?!\s*:)\b|#\s*pylint:\s*disable=all|#\s*mypy:\s*ignore-errors|#\s*flake8:\s*noqa/,
  ),
  silence(['go'], /\/\/\s*nolint(?!:)\b/),
  silence(['rust'], /#!?\[allow\((?:warnings|dead_code|unused\w*|clippy::all|clippy::pedantic)\b/, {
    severityAt: (line) => (/#!\[allow\((?:warnings|clippy::all|unused)/.test(line.raw) ? 'medium' : undefined),
  }),
  silence(['java', 'kotlin'], /@SuppressWarnings\(\s*"all"\s*\)|@Suppress\("all"\)|\/\/\s*NOSONAR\b|CHECKSTYLE:OFF/),
  silence(['shell'], /#\s*shellcheck\s+disable=(?:all|SC\d+(?:,SC\d+){3,})/, { severity: 'medium' }),
  silence(['dockerfile'], /#\s*hadolint\s+(?:global\s+)?ignore=\S+(?:,\S+){3,}/),
];
