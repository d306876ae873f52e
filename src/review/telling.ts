import type { RuleId } from '../goal/rule-id.ts';
import type { Severity } from '../goal/wall.ts';

/**
 * Rules that speak of taste, or of what no diff shows: who uses a function, how an image is built, whether a helper asserts. On
 * commits of well-kept projects that nobody had seen they were wrong at least as often as they were right on planted faults.
 */
const TELLING: ReadonlySet<string> = new Set<RuleId>([
  'architect/removed-api',
  'architect/changed-api',
  'code/null-access',
  'code/unused',
  'test/no-assertion',
  'test/coverage-hidden',
  'security/unpinned',
  'performance/image-size',
  'performance/image-cache',
  'performance/pipeline',
  'performance/limits',
  'performance/unbounded-work',
  'performance/object-in-loop',
  'anti-slop/retelling',
  'anti-slop/reformatting',
]);

/** How bad it is for the wall: what a telling rule would hold at medium is told and does not block. What is worse blocks. */
export function weighed(rule: string, severity: Severity): Severity {
  return severity === 'medium' && TELLING.has(rule) ? 'low' : severity;
}
