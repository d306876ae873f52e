import { assertNever } from '../errors.ts';
import type { Sha } from './goal.ts';

/** The six passes, in the order of the table in the pull request. */
export const PASSES = ['architect', 'code', 'test', 'security', 'performance', 'anti-slop'] as const;
export type PassName = (typeof PASSES)[number];

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One thing that is wrong at one place. */
export type Finding = {
  /** Stable over rounds: rule, file and the offending text decide it, the line number does not. 8 hex. */
  id: string;
  /** `<pass>/<rule>`, such as `anti-slop/todo`; `<pass>/reviewer` for what the Kimi reviewer found. */
  rule: string;
  /** Path inside the repository; empty when the finding concerns the change as a whole. */
  file: string;
  /** 1-based line in the new file; 0 when it concerns the file as a whole. */
  line: number;
  severity: Severity;
  message: string;
  /** How to put it right, one sentence. */
  remedy: string;
};

export type PassStatus = 'passed' | 'failed' | 'not-applicable';

/** What one pass says of one diff. `feedback` is one line: the reason, the count, or why it does not apply. */
export type PassVerdict = {
  pass: PassName;
  status: PassStatus;
  severity: Severity;
  feedback: string;
  findings: Finding[];
};

/** The verdicts on the diff `base`..`head`; the wall is about this head and no other. */
export type Wall = {
  head: Sha;
  base: Sha;
  passes: PassVerdict[];
  /** Upstream's weights, 0 to 1; above `ANTI_SLOP_THRESHOLD` blocks. */
  antiSlopConfidence: number;
};

export const ANTI_SLOP_THRESHOLD = 0.5;

export type WallVerdict =
  { kind: 'passed' } | { kind: 'blocked'; by: PassName[]; missing: PassName[]; findings: Finding[] };

/** Whether the wall lets the slice through. A missing pass blocks: all six must have spoken and none failed. */
export function wallVerdict(wall: Wall): WallVerdict {
  const spoken = new Map(wall.passes.map((verdict) => [verdict.pass, verdict]));
  const missing = PASSES.filter((pass) => !spoken.has(pass));
  const failed = wall.passes.filter((verdict) => isBlocking(verdict));
  const slop = wall.antiSlopConfidence > ANTI_SLOP_THRESHOLD;
  if (missing.length === 0 && failed.length === 0 && !slop) return { kind: 'passed' };
  const by = failed.map((verdict) => verdict.pass);
  return { kind: 'blocked', by, missing, findings: failed.flatMap((verdict) => verdict.findings) };
}

/** The wall without the findings that people let through; a pass that fails for nothing else passes. */
export function waive(wall: Wall, waivers: readonly { finding: string; reason: string }[]): Wall {
  if (waivers.length === 0) return wall;
  const waived = new Set(waivers.map((waiver) => waiver.finding));
  const passes = wall.passes.map((verdict): PassVerdict => {
    const findings = verdict.findings.filter((finding) => !waived.has(finding.id));
    const count = verdict.findings.length - findings.length;
    if (count === 0) return verdict;
    const feedback = `${verdict.feedback} (${count} let through by a person)`;
    const open = findings.some((finding) => finding.severity !== 'low');
    return { ...verdict, findings, feedback, ...(open ? {} : { status: 'passed', severity: 'low' }) };
  });
  return { ...wall, passes };
}

/**
 * The wall after the last round: only what is high or critical still blocks, the rest is listed. A pass that failed
 * without a finding, for want of a verdict, stays failed.
 */
export function relent(wall: Wall): Wall {
  const isGrave = ({ severity }: Finding) => severity === 'high' || severity === 'critical';
  const passes = wall.passes.map((verdict): PassVerdict => {
    if (verdict.status !== 'failed' || verdict.findings.length === 0 || verdict.findings.some(isGrave)) return verdict;
    return {
      ...verdict,
      status: 'passed',
      feedback: `${verdict.feedback}; listed, and let through after the last round`,
    };
  });
  const grave = passes.some(({ status }) => status === 'failed');
  const antiSlopConfidence = grave ? wall.antiSlopConfidence : Math.min(wall.antiSlopConfidence, ANTI_SLOP_THRESHOLD);
  return { ...wall, passes, antiSlopConfidence };
}

function isBlocking(verdict: PassVerdict): boolean {
  switch (verdict.status) {
    case 'passed':
    case 'not-applicable':
      return false;
    case 'failed':
      return true;
    default:
      return assertNever(verdict.status);
  }
}

/** What is wrong and how to put it right, as sentences. */
export function adviceOf({ message, remedy }: Pick<Finding, 'message' | 'remedy'>): string {
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return `${sentence} ${remedy}`.trim();
}
