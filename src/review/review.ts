import type { GateResult } from '../goal/gate.ts';
import type { Sha } from '../goal/goal.ts';
import type { Policy } from '../goal/policy.ts';
import { describePace } from '../goal/pace.ts';
import { mannerOf } from '../goal/manner.ts';
import { PASSES, SEVERITIES, type Finding, type PassName, type PassVerdict, type Wall } from '../goal/wall.ts';
import { antiSlopRules } from './anti-slop.ts';
import { architectRules } from './architect.ts';
import { codeRules } from './code.ts';
import { parsePatch, type Change } from './read/diff.ts';
import { performanceRules } from './performance.ts';
import { readChange, type Reading } from './read/reading.ts';
import type { ReviewerAnswer } from './reviewer.ts';
import { findingId, findingsOf, heeded, type Rule } from './rules.ts';
import { securityRules } from './security.ts';
import { testRules } from './test.ts';
import { antiSlopConfidence, concludePass, notApplicable, weighSlop } from './verdict.ts';

export type ReviewInput = {
  base: Sha;
  head: Sha;
  /** What `git diff -U3 base head` printed, with `a/` and `b/` before the names. */
  patch: string;
  /** The text of a file at the head and at the base; undefined if there is none. */
  readNew(path: string): Promise<string | undefined>;
  readOld(path: string): Promise<string | undefined>;
  /** Every path at the head. */
  paths: readonly string[];
  policy: Policy['review'];
  /** The gates' evidence on the head. */
  gates: GateResult[];
  /** Reports of coverage that the gates of this head left, as they stand. */
  coverage?: readonly string[] | undefined;
  /** What was asked for, in the words of goal and slice. */
  about?: string | undefined;
  /** What a person asked for, in their own words: only they can ask something away. */
  asked?: string | undefined;
};

export const RULES: Record<PassName, readonly Rule[]> = {
  architect: architectRules,
  code: codeRules,
  test: testRules,
  security: securityRules,
  performance: performanceRules,
  'anti-slop': antiSlopRules,
};

/** A larger patch is not even read; of what is read, more than this is not judged. */
const PATCH_CHARS = 64_000_000;
const ADDED_CHARS = 8_000_000;
const FILES = 10_000;

/** The deterministic part of the wall: all six passes on one reading of the change. A change too large to review fails all six. */
export async function reviewChange(input: ReviewInput): Promise<Wall> {
  if (input.patch.length > PATCH_CHARS)
    return tooLarge(input, `the patch has ${input.patch.length} characters, more than ${PATCH_CHARS}`);
  const change = parsePatch(input.patch);
  const size = sizeFault(change);
  if (size !== undefined) return tooLarge(input, size);
  const reading = await readChange({ ...input, change });
  const passes: PassVerdict[] = [];
  for (const pass of PASSES) passes.push(await judge(pass, reading));
  return toWall(input, passes);
}

function sizeFault(change: Change): string | undefined {
  if (change.files.length > FILES) return `the change touches ${change.files.length} files, more than ${FILES}`;
  const chars = change.files.reduce(
    (sum, file) => sum + file.added.reduce((length, line) => length + line.text.length, 0),
    0,
  );
  return chars > ADDED_CHARS ? `the change adds ${chars} characters, more than ${ADDED_CHARS}` : undefined;
}

function toWall({ base, head }: Pick<ReviewInput, 'base' | 'head'>, passes: PassVerdict[]): Wall {
  const weighed = weighSlop(passes);
  return { head, base, passes: weighed, antiSlopConfidence: antiSlopConfidence(weighed) };
}

function tooLarge(input: ReviewInput, why: string): Wall {
  const passes = PASSES.map((pass): PassVerdict => {
    const manner = mannerOf(input.policy.passes[pass]);
    if (manner === 'off') return notApplicable(pass, TURNED_OFF);
    const rule = `${pass}/too-large`;
    const finding: Finding = {
      id: findingId(rule, 0),
      rule,
      file: '',
      line: 0,
      severity: 'high',
      message: `Too large to review: ${why}`,
      remedy: 'Split the change.',
    };
    return {
      ...concludePass(pass, [finding], { manner, quiet: '' }),
      feedback: `too large to review: ${why}`,
    };
  });
  return toWall(input, passes);
}

const TURNED_OFF = 'turned off in .github/omk.yml';

async function judge(pass: PassName, reading: Reading): Promise<PassVerdict> {
  const manner = mannerOf(reading.policy.passes[pass]);
  if (manner === 'off') return notApplicable(pass, TURNED_OFF);
  const findings = await findingsOf(RULES[pass], reading);
  const gates = reading.gates.filter((result) => result.kind === 'performance');
  if (pass === 'performance' && findings.length === 0 && gates.length === 0)
    return notApplicable(pass, 'no added line holds a known trap and no gate of kind performance ran');
  const verdict = concludePass(pass, findings, { manner, quiet: quietly(reading) });
  const held = pass === 'performance' ? gates.map(({ name, pace }) => `; ${describePace(name, pace)}`).join('') : '';
  return { ...verdict, feedback: verdict.feedback + held };
}

function quietly(reading: Reading): string {
  const count = reading.files.length;
  const notes = reading.notes.length > 0 ? ` (${reading.notes.join('; ')})` : '';
  return `nothing found in ${count} ${count === 1 ? 'file' : 'files'} and ${reading.change.addedLines} added lines${notes}`;
}

/**
 * Adds what the Kimi reviewer said. It can add findings and confirm those there are; it cannot take one away.
 * A pass that applies and has no readable answer fails; a pass that is off stays so.
 */
export function mergeReviewer(
  wall: Wall,
  answers: ReadonlyMap<PassName, ReviewerAnswer>,
  policy: Policy['review'],
): Wall {
  const passes = wall.passes.map((verdict) => mergeAnswer(verdict, answers.get(verdict.pass), policy));
  return toWall(wall, passes);
}

function mergeAnswer(verdict: PassVerdict, answer: ReviewerAnswer | undefined, policy: Policy['review']): PassVerdict {
  const manner = mannerOf(policy.passes[verdict.pass]);
  if (manner === 'off' || (answer === undefined && verdict.status === 'not-applicable')) return verdict;
  if (answer?.kind !== 'read') {
    const why = `the reviewer's answer is ${answer ? `unreadable: ${answer.why}` : 'missing'}`;
    const feedback = `${verdict.feedback}; ${why}`;
    return {
      ...verdict,
      feedback,
      ...(manner === 'on'
        ? { status: 'failed', severity: verdict.findings.length > 0 ? verdict.severity : 'high' }
        : {}),
    };
  }
  const findings = answer.findings.flatMap((finding) => heeded(finding, policy) ?? []);
  const news = findings.filter((finding) => !verdict.findings.some((known) => isSame(known, finding)));
  const confirmed = verdict.findings.map((known) =>
    findings.some((finding) => isSame(known, finding))
      ? { ...known, message: `${known.message} (confirmed by the reviewer)` }
      : known,
  );
  if (verdict.status === 'not-applicable' && news.length === 0) return verdict;
  const said = `reviewer: ${answer.verdict}${answer.dropped > 0 ? `, ${answer.dropped} dropped` : ''}`;
  const merged = concludePass(verdict.pass, [...confirmed, ...news], { manner, quiet: verdict.feedback });
  const status =
    manner === 'on' && (verdict.status === 'failed' || merged.status === 'failed') ? 'failed' : merged.status;
  return { ...merged, status, feedback: `${merged.feedback}; ${said}` };
}

/** The reviewer speaks of what is known already. What is worse than that at the same place is news. */
function isSame(known: Finding, found: Finding): boolean {
  const isNear = known.file === found.file && known.line > 0 && Math.abs(known.line - found.line) <= 1;
  return isNear && SEVERITIES.indexOf(found.severity) <= SEVERITIES.indexOf(known.severity);
}
