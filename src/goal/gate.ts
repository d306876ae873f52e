import picomatch from 'picomatch';
import type { Sha } from './goal.ts';

export const GATE_KINDS = ['format', 'lint', 'build', 'test', 'security', 'performance', 'acceptance'] as const;
export type GateKind = (typeof GATE_KINDS)[number];

/** A command of the repository that must exit 0. `dir` is the package's folder inside the repository, `.` for the root. */
export type Gate = {
  name: string;
  run: string;
  kind: GateKind;
  timeoutMs: number;
  dir: string;
  /** Globs; the gate is run when the slice touches one of them. Empty: always. */
  paths: string[];
};

/** A command that prepares a fresh checkout, such as installing packages. */
export type SetupStep = { run: string; timeoutMs: number; dir: string };

/** The evidence of one gate at one commit. `logPath` is the full log on omk's disk, `outputTail` the last 4,000 characters. */
export type GateResult = {
  name: string;
  run: string;
  kind: GateKind;
  status: 'passed' | 'failed' | 'timed-out' | 'could-not-start';
  exitCode: number | null;
  signal: string | null;
  durationMs: number;
  tree: Sha;
  outputTail: string;
  logPath: string;
  /** The gate fails on the base commit too. */
  redOnBase: boolean;
};

export type GatesVerdict = { kind: 'passed' } | { kind: 'failed'; failed: GateResult[] };

/** Whether the commit may go on. A gate that is red on the base counts only once it passed; no gates at all is a pass with nothing proven. */
export function gatesVerdict(results: readonly GateResult[]): GatesVerdict {
  const failed = results.filter((result) => result.status !== 'passed' && !result.redOnBase);
  return failed.length === 0 ? { kind: 'passed' } : { kind: 'failed', failed };
}

/** Whether a change of these files calls for the gate. Unknown files (undefined) call for every gate. */
export function isDue(gate: Gate, changed: readonly string[] | undefined): boolean {
  if (!changed || gate.paths.length === 0) return true;
  const matches = picomatch(gate.paths, { dot: true });
  return changed.some((path) => matches(path));
}
