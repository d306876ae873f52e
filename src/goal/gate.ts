import picomatch from 'picomatch';
import type { Sha } from './goal.ts';
import type { Pace } from './pace.ts';

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
  /** Of a gate that was detected in one of several packages. */
  packages?: GatePackages | undefined;
};

/** Folders of packages: what the gate proves and builds on, and what it has nothing to do with. */
export type GatePackages = { needs: string[]; others: string[] };

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
  /** Of a gate of kind performance that passed: its figures beside the base's. */
  pace?: Pace | undefined;
};

export type GatesVerdict = { kind: 'passed' } | { kind: 'failed'; failed: GateResult[] };

/** Whether the commit may go on. A gate that is red on the base counts only once it passed; no gates at all is a pass with nothing proven. */
export function gatesVerdict(results: readonly GateResult[]): GatesVerdict {
  const failed = results.filter((result) => result.status !== 'passed' && !result.redOnBase);
  return failed.length === 0 ? { kind: 'passed' } : { kind: 'failed', failed };
}

/** Whether a change of these files calls for the gate. Unknown files (undefined) call for every gate. */
export function isDue(gate: Gate, changed: readonly string[] | undefined): boolean {
  if (!changed) return true;
  const { packages } = gate;
  const concerned = packages ? changed.filter((path) => concerns(path, packages)) : changed;
  if (gate.paths.length === 0) return concerned.length > 0 || changed.length === 0;
  const matches = picomatch(gate.paths, { dot: true });
  return concerned.some((path) => matches(path));
}

/** A file belongs to the innermost package that holds it; one that belongs to none concerns all. */
function concerns(path: string, { needs, others }: GatePackages): boolean {
  const longest = (dirs: readonly string[]) =>
    Math.max(-1, ...dirs.filter((dir) => holds(dir, path)).map((dir) => dir.length));
  return longest(needs) >= longest(others);
}

function holds(dir: string, path: string): boolean {
  return path.startsWith(`${dir}/`);
}

/** The setup steps that the gates want: all of them unless every gate knows its packages. */
export function setupFor(steps: readonly SetupStep[], gates: readonly Gate[]): SetupStep[] {
  const meets = (step: SetupStep, dir: string) =>
    step.dir === '.' || dir === step.dir || holds(step.dir, dir) || holds(dir, step.dir);
  return steps.filter((step) =>
    gates.some(({ packages }) => !packages || packages.needs.some((dir) => meets(step, dir))),
  );
}
