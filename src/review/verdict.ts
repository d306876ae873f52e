import {
  ANTI_SLOP_THRESHOLD,
  SEVERITIES,
  type Finding,
  type PassName,
  type PassStatus,
  type PassVerdict,
  type Severity,
} from '../goal/wall.ts';
import type { Manner } from '../goal/manner.ts';
import { AS_ELSEWHERE, SLOP_WEIGHTS } from './anti-slop.ts';
import { ADVISORY } from './rules.ts';

/** As `localeCompare` orders, made once. */
const byName = new Intl.Collator();

/** What one pass says, from its findings. `quiet` is the feedback when there are none. */
export function concludePass(
  pass: PassName,
  findings: Finding[],
  { manner, quiet }: { manner: Manner; quiet: string },
): PassVerdict {
  const sorted = findings.toSorted(
    (a, b) => rank(b.severity) - rank(a.severity) || byName.compare(a.file, b.file) || a.line - b.line,
  );
  const failed = manner === 'on' && sorted.some((finding) => rank(finding.severity) >= rank('medium'));
  const status: PassStatus = failed ? 'failed' : 'passed';
  const counted = sorted.length === 0 ? quiet : countFindings(sorted);
  return {
    pass,
    status,
    severity: sorted[0]?.severity ?? 'low',
    feedback: manner === 'advisory' && sorted.length > 0 ? `advisory: ${counted}` : counted,
    findings: sorted,
  };
}

/** A pass that says nothing, and why. */
export function notApplicable(pass: PassName, why: string): PassVerdict {
  return { pass, status: 'not-applicable', severity: 'low', feedback: why, findings: [] };
}

function countFindings(findings: readonly Finding[]): string {
  const counts = SEVERITIES.toReversed()
    .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0);
  const first = findings[0];
  const place = first && first.file !== '' ? `, first ${first.file}${first.line > 0 ? `:${first.line}` : ''}` : '';
  return `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} (${counts.map(([severity, count]) => `${count} ${severity}`).join(', ')})${place}`;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** What a failed pass adds, after upstream's table. */
const PASS_WEIGHTS: Readonly<Partial<Record<PassName, number>>> = {
  architect: 0.2,
  code: 0.2,
  test: 0.2,
  performance: 0.15,
  security: 0.25,
};

/** Upstream's confidence that a change is slop: weights of findings by file, plus weights of failed passes, at most 1. */
export function antiSlopConfidence(passes: readonly PassVerdict[]): number {
  const failed = passes
    .filter((verdict) => verdict.status === 'failed')
    .map((verdict) => PASS_WEIGHTS[verdict.pass] ?? 0);
  const artifacts = Math.min(
    1,
    failed.reduce((sum, weight) => sum + weight, 0),
  );
  return Math.round(Math.min(1, slopPart(passes) + artifacts) * 1_000) / 1_000;
}

/** A matter of taste: ten in a file weigh no more than one. */
const ONCE = new Set(['anti-slop/emoji']);

function slopPart(passes: readonly PassVerdict[]): number {
  const findings = passes.find((verdict) => verdict.pass === 'anti-slop')?.findings ?? [];
  const advisory = passes.find((verdict) => verdict.pass === 'anti-slop')?.feedback.startsWith('advisory:');
  const weighed = findings.filter(
    (finding) =>
      SLOP_WEIGHTS[finding.rule] !== undefined &&
      !finding.message.includes(ADVISORY) &&
      // A method that others override is written so on purpose.
      !(finding.rule === 'anti-slop/placeholder' && finding.severity === 'low'),
  );
  if (weighed.length === 0 || advisory) return 0;
  const files = new Set(weighed.map((finding) => finding.file)).size;
  const told = new Set<string>();
  const counts = ({ rule, file, message }: Finding) => {
    const once = ONCE.has(rule) || message.endsWith(AS_ELSEWHERE);
    return !once || (!told.has(file) && told.add(file).has(file));
  };
  const weight = weighed.reduce((sum, finding) => sum + (counts(finding) ? (SLOP_WEIGHTS[finding.rule] ?? 0) : 0), 0);
  return Math.min(1, weight / files);
}

/** Fails the anti-slop pass if its own findings weigh more than the threshold, so that what blocks is seen in the table. */
export function weighSlop(passes: readonly PassVerdict[]): PassVerdict[] {
  const part = slopPart(passes);
  if (part <= ANTI_SLOP_THRESHOLD) return [...passes];
  return passes.map((verdict) =>
    verdict.pass === 'anti-slop' && verdict.status === 'passed'
      ? {
          ...verdict,
          status: 'failed',
          feedback: `${verdict.feedback}; together they weigh ${part.toFixed(2)}, above ${ANTI_SLOP_THRESHOLD}`,
        }
      : verdict,
  );
}
