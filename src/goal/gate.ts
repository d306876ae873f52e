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
  /** Of a gate of one member of a workspace: the name of the gate that proves all of them at once, in its place when all are due. */
  whole?: string | undefined;
};

/**
 * Folders of packages, `.` for the root: those that the gate `proves`, and those it needs with them. `spans`: it goes through what lies below as
 * well. `feeds`: what its build makes is needed by the gates of packages that need these.
 */
export type GatePackages = { proves: string[]; needs: string[]; spans?: boolean; feeds?: boolean };

/** A package's folder. `place`: it only holds others, so that what lies in it and in no package further down may concern all of them. */
export type PackageFolder = { dir: string; place: boolean };

/** Gates, and the packages of the repository where it has several. */
type Gated = { gates: readonly Gate[]; folders?: readonly PackageFolder[] | undefined };

/**
 * A command that prepares a fresh checkout, such as installing packages. `of`: the member of a workspace that it prepares; empty: all its
 * members at once; absent: what lies in `dir`.
 */
export type SetupStep = { run: string; timeoutMs: number; dir: string; of?: string | undefined };

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

/**
 * The gates that a change of these files calls for: unknown files (undefined) for all, others for those of their packages, and for the builds that
 * these need. Where all members of a workspace are due they are proven at once.
 */
export function dueGates({ gates, folders = [] }: Gated, changed: readonly string[] | undefined): Gate[] {
  const wholes = new Set(gates.map(({ whole }) => whole));
  const single = gates.filter(({ name }) => !wholes.has(name));
  const due = new Set(single.filter((gate) => isDue(gate, folders, changed)));
  const needed = new Set([...due].flatMap(({ packages }) => packages?.needs ?? []));
  const feeds = ({ kind, packages }: Gate) =>
    kind === 'build' && packages?.feeds === true && packages.proves.some((dir) => needed.has(dir));
  const wanted = new Set(single.filter((gate) => due.has(gate) || feeds(gate)));
  const left = new Set(single.filter((gate) => !wanted.has(gate)).map(({ whole }) => whole));
  return gates.filter((gate) => {
    if (wholes.has(gate.name)) return !left.has(gate.name);
    return wanted.has(gate) && (gate.whole === undefined || left.has(gate.whole));
  });
}

/** The gates of members that this one proves at once. */
export function membersOf(gates: readonly Gate[], { name }: Gate): Gate[] {
  return gates.filter(({ whole }) => whole === name);
}

function isDue(gate: Gate, folders: readonly PackageFolder[], changed: readonly string[] | undefined): boolean {
  if (!changed) return true;
  const { packages } = gate;
  const others = packages ? foreignTo(packages, folders) : [];
  const isConcerned = (path: string) =>
    !packages || bringsPackage(path, folders) || concerns(path, packages.needs, others);
  const concerned = changed.filter(isConcerned);
  if (gate.paths.length === 0) return concerned.length > 0 || changed.length === 0;
  const matches = picomatch(gate.paths, { dot: true });
  return concerned.some((path) => matches(path));
}

const MANIFEST = /^(.+)\/(package\.json|pyproject\.toml|setup\.py|Cargo\.toml|go\.mod|pom\.xml|build\.gradle(\.kts)?)$/;

/** A package that the base does not have is proven by what proves all. */
function bringsPackage(path: string, folders: readonly PackageFolder[]): boolean {
  const dir = MANIFEST.exec(path)?.[1];
  return dir !== undefined && !folders.some((folder) => folder.dir === dir);
}

/** The folders whose files are of other packages than the gate proves or needs. */
function foreignTo({ proves, needs, spans }: GatePackages, folders: readonly PackageFolder[]): string[] {
  const isOwn = ({ dir, place }: PackageFolder) =>
    needs.includes(dir) || proves.some((own) => (place && holds(dir, own)) || (spans && holds(own, dir)));
  return folders.filter((folder) => !isOwn(folder)).map(({ dir }) => dir);
}

/** A file belongs to the innermost package that holds it; one that belongs to none concerns all, and so may some in a package that holds others. */
function concerns(path: string, needs: readonly string[], others: readonly string[]): boolean {
  const [own, other] = [innermost(needs, path), innermost(others, path)];
  if (other === undefined || (own !== undefined && depth(own) >= depth(other))) return true;
  return needs.some((dir) => holds(other, dir)) && isShared(other === '.' ? path : path.slice(other.length + 1));
}

function innermost(dirs: readonly string[], path: string): string | undefined {
  return dirs.filter((dir) => holds(dir, path)).toSorted((a, b) => depth(b) - depth(a))[0];
}

function depth(dir: string): number {
  return dir === '.' ? 0 : dir.split('/').length;
}

function holds(dir: string, path: string): boolean {
  return dir === '.' ? path !== '.' : path.startsWith(`${dir}/`);
}

/** Code and prose: they are their package's own. So are the manifests that nobody below reads. */
const OWN =
  /\.(md|mdx|rst|txt|adoc|rs|go|java|kt|scala|groovy|py|pyi|c|h|cc|cpp|hpp|[cm]?[jt]sx?|vue|svelte|css|scss|html|svg|png|jpg|gif)$|^(LICENSE|COPYING|NOTICE|AUTHORS|CODEOWNERS|go\.(mod|sum)|\.git\w+)$/i;
const SETTINGS = /(^|\.)(config|rc|conf)\.[cm]?[jt]s$|^(requirements|constraints)[\w.-]*\.txt$/;
const SETTINGS_FOLDERS = /^(\.(cargo|mvn|config|yarn|changeset)|gradle|config)\//;

/** Whether a file of a package that holds others is for all of them: locks, the workspace's manifest, settings of tools. */
function isShared(path: string): boolean {
  if (path.includes('/')) return SETTINGS_FOLDERS.test(path);
  return SETTINGS.test(path) || !OWN.test(path);
}

/** The setup steps that the gates want: all of them unless every gate knows its packages. Where most members of a workspace are wanted, all are prepared at once. */
export function setupFor(steps: readonly SetupStep[], gates: readonly Gate[]): SetupStep[] {
  const isKnown = gates.every(({ packages }) => packages !== undefined);
  const meets = (step: SetupStep, dir: string) =>
    step.dir === '.' || dir === step.dir || holds(step.dir, dir) || (dir !== '.' && holds(dir, step.dir));
  const isWanted = (step: SetupStep) =>
    gates.some(({ packages }) => {
      if (!packages) return true;
      return step.of === undefined ? packages.needs.some((dir) => meets(step, dir)) : packages.proves.includes(step.of);
    });
  return steps.filter((step) => {
    if (step.of === undefined) return isWanted(step);
    const members = steps.filter(({ of, dir }) => of && dir === step.dir);
    const atOnce = !isKnown || members.filter(isWanted).length * 2 > members.length;
    return step.of === '' ? atOnce : !atOnce && isWanted(step);
  });
}
