import { detectCargo, detectGo, detectJvm, detectMake } from './detect/compiled.ts';
import { detectNode } from './detect/node.ts';
import { detectPython } from './detect/python.ts';
import { relatePackages } from './detect/related.ts';
import { type FoundPackage, isLeftOut, type RepositoryView } from './detect/view.ts';
import type { Gate, GateKind } from './gate.ts';
import type { Gates } from './goal.ts';

export type { RepositoryView } from './detect/view.ts';

const MANIFEST =
  /(^|\/)(package\.json|pnpm-workspace\.yaml|pyproject\.toml|setup\.(py|cfg)|tox\.ini|pytest\.ini|\.?mypy\.ini|Pipfile|Cargo\.toml|go\.mod|(settings|build)\.gradle(\.kts)?|pom\.xml|GNUmakefile|makefile|Makefile|[\w.-]*requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$/;
const MAX_MANIFESTS = 500;

/** The files whose text `detectGates` wants, at most 500, those near the root first. */
export function manifestsToRead(files: readonly string[]): string[] {
  const wanted = files.filter((path) => MANIFEST.test(path) && !isLeftOut(path));
  const depth = (path: string) => path.split('/').length;
  return wanted.sort((a, b) => depth(a) - depth(b)).slice(0, MAX_MANIFESTS);
}

/** The setup and gates of every package of the repository, in the order in which they are best run, with one note a package. */
export function detectGates(view: RepositoryView): Gates {
  const better = [detectNode, detectPython, detectCargo, detectGo, detectJvm].flatMap((detect) => detect(view));
  const taken = better.filter((it) => it.gates.length > 0).map(({ dir }) => dir);
  const found = [...better, ...detectMake(view, taken)];
  const gates = found.flatMap((it) => it.gates);
  const packagesOf = relatePackages(view);
  return {
    setup: found.flatMap((it) => it.setup),
    gates: inOrder(gates).map((gate) => ({ ...gate, packages: packagesOf(gate.dir) })),
    source: 'detected',
    notes: found.length === 0 ? [NOTHING] : found.map(describe),
  };
}

const NOTHING = 'Nothing was found that builds or tests it. Name its gates in `.github/omk.yml`.';

function describe({ tool, dir, gates }: FoundPackage): string {
  const prefix = `${dir}: `;
  const names = inOrder(gates).map(({ name }) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  return `${tool} (${dir}): ${names.join(', ') || 'no gates'}`;
}

const ORDER: readonly GateKind[] = ['format', 'build', 'lint', 'test', 'security', 'performance', 'acceptance'];

/** Cheap ones first; builds before what may need what they built, across all packages. */
function inOrder(gates: readonly Gate[]): Gate[] {
  return gates.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}
