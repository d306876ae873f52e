import { cargo } from './detect/cargo.ts';
import { go } from './detect/go.ts';
import { gradle } from './detect/gradle.ts';
import type { Kind } from './detect/kind.ts';
import { make } from './detect/make.ts';
import { maven } from './detect/maven.ts';
import { node } from './detect/node.ts';
import { python } from './detect/python.ts';
import { relatePackages } from './detect/related.ts';
import { type FoundPackage, isLeftOut, isWithin, type RepositoryView } from './detect/view.ts';
import { membersOf, type Gate, type GateKind, type GatePackages } from './gate.ts';
import type { Gates } from './goal.ts';

export type { RepositoryView } from './detect/view.ts';

const MANIFEST =
  /(^|\/)((package|lerna)\.json|pnpm-workspace\.yaml|pyproject\.toml|setup\.(py|cfg)|tox\.ini|pytest\.ini|\.?mypy\.ini|Pipfile|Cargo\.toml|go\.mod|(settings|build)\.gradle(\.kts)?|pom\.xml|GNUmakefile|makefile|Makefile|[\w.-]*requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$/;
const MAX_MANIFESTS = 500;

/** The files whose text `detectGates` wants, at most 500, those near the root first. */
export function manifestsToRead(files: readonly string[]): string[] {
  const wanted = files.filter((path) => MANIFEST.test(path) && !isLeftOut(path));
  const depth = (path: string) => path.split('/').length;
  return wanted.sort((a, b) => depth(a) - depth(b)).slice(0, MAX_MANIFESTS);
}

/** Every kind of package, one file each. Make comes last: it is for folders where no other kind has found a gate. */
const KINDS: readonly Kind[] = [node, python, cargo, go, gradle, maven, make];

/** The setup and gates of every package of the repository, in the order in which they are best run, with one note a package. */
export function detectGates(view: RepositoryView): Gates {
  const found: (FoundPackage & { kind: Kind })[] = [];
  for (const kind of KINDS) {
    const taken = kind === make ? found.filter(({ gates }) => gates.length > 0).map(({ dir }) => dir) : [];
    const free = kind
      .find(view)
      .filter(({ dir }) => !taken.some((other) => isWithin(other, dir) || isWithin(dir, other)));
    found.push(...free.map((one) => ({ ...one, kind })));
  }
  const { folders, packagesOf } = relatePackages(view, KINDS, found);
  const own = found
    .filter(({ whole }) => !whole)
    .flatMap(({ dir, kind, feeds, gates }) => {
      const packages = packagesOf(dir, kind);
      return gates.map((gate) => ({ ...gate, packages: packages && feeds ? { ...packages, feeds } : packages }));
    });
  const wholes = found
    .filter(({ whole }) => whole)
    .flatMap(({ gates }) => gates.map((gate) => ({ ...gate, packages: joinPackages(membersOf(own, gate)) })));
  const isTold = ({ setup, gates }: FoundPackage) =>
    gates.length === 0 ? setup.every(({ of }) => of === undefined) : gates.some(({ whole }) => !whole);
  return {
    setup: found.flatMap((it) => it.setup),
    gates: inOrder([...wholes, ...own]),
    folders,
    source: 'detected',
    notes: found.length === 0 ? [NOTHING] : found.filter(isTold).map((one) => describe(one, own)),
  };
}

/** What all of these gates prove and need; undefined where that is not known. */
function joinPackages(gates: readonly Gate[]): GatePackages | undefined {
  const all = gates.map(({ packages }) => packages);
  if (all.includes(undefined)) return undefined;
  const join = (of: 'proves' | 'needs') => [...new Set(all.flatMap((packages) => packages?.[of] ?? []))];
  return { proves: join('proves'), needs: join('needs') };
}

const NOTHING = 'Nothing was found that builds or tests it. Name its gates in `.github/omk.yml`.';

/** A workspace with the number of members that are also proven one by one; a member with what it has besides. */
function describe({ tool, dir, gates, whole }: FoundPackage, own: readonly Gate[]): string {
  const prefix = `${dir}: `;
  const shown = inOrder(gates).filter((gate) => gate.whole === undefined);
  const names = shown.map(({ name }) => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const members = new Set(
    gates.flatMap((gate) => membersOf(own, gate).flatMap(({ packages }) => packages?.proves ?? [])),
  );
  const alone = whole ? `, or for those of its ${members.size} packages that a change concerns` : '';
  return `${tool} (${dir}): ${names.join(', ') || 'no gates'}${alone}`;
}

const ORDER: readonly GateKind[] = ['format', 'build', 'lint', 'test', 'security', 'performance', 'acceptance'];

/** Cheap ones first; builds before what may need what they built, across all packages. */
function inOrder(gates: readonly Gate[]): Gate[] {
  return gates.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}
