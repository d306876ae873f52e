import { hasTable, readStrings, readTables } from './toml.ts';
import {
  type FoundPackage,
  folderOf,
  foldersWith,
  gateOf,
  isWithin,
  pathIn,
  relativeTo,
  type RepositoryView,
  setupOf,
  topmost,
} from './view.ts';

/**
 * Cargo: a workspace once, at its root. `cargo fmt --check` always, as rustfmt comes with Rust and has one style; a repository that
 * does not keep it is red on its base and is not held up. Clippy has opinions, so only where the repository configured it.
 */
export function detectCargo(view: RepositoryView): FoundPackage[] {
  const crates = foldersWith(view, ['Cargo.toml']).map((dir) => {
    const text = view.read(pathIn(dir, 'Cargo.toml')) ?? '';
    return { dir, text, tables: readTables(text) };
  });
  const workspaces = crates.filter(({ tables }) => hasTable(tables, 'workspace'));
  const isMember = ({ dir }: { dir: string }) =>
    workspaces.some((root) => {
      const excluded = readStrings(root.tables.get('workspace') ?? '', 'exclude').map((path) => pathIn(root.dir, path));
      return root.dir !== dir && isWithin(dir, root.dir) && !excluded.some((path) => isWithin(dir, path));
    });
  const roots = crates.filter((crate) => workspaces.includes(crate) || !isMember(crate));
  return roots.map(({ dir, tables }) => {
    const scope = hasTable(tables, 'workspace') ? ' --workspace' : '';
    const below = crates.filter((crate) => isWithin(crate.dir, dir));
    const needsFetch = below.some((crate) =>
      [...crate.tables.keys()].some((header) => /(^|\.)(dev-|build-)?dependencies(\.|$)/.test(header)),
    );
    const locked = view.files.includes(pathIn(dir, 'Cargo.lock')) ? ' --locked' : '';
    const clippy =
      ['clippy.toml', '.clippy.toml'].some((file) => view.files.includes(pathIn(dir, file))) ||
      below.some(({ tables: own }) => hasTable(own, 'lints.clippy') || hasTable(own, 'workspace.lints.clippy'));
    return {
      tool: 'cargo',
      dir,
      setup: needsFetch ? [setupOf(dir, `cargo fetch${locked}`)] : [],
      gates: [
        gateOf(dir, 'format', 'cargo fmt --all --check', 'cargo fmt'),
        gateOf(dir, 'build', `cargo check${scope} --all-targets${locked}`, 'cargo check'),
        ...(clippy
          ? [gateOf(dir, 'lint', `cargo clippy${scope} --all-targets${locked} -- -D warnings`, 'cargo clippy')]
          : []),
        gateOf(dir, 'test', `cargo test${scope}${locked}`, 'cargo test'),
      ],
    };
  });
}

/** Go: each module, those of a go.work as well; `./...` never reaches into another module. */
export function detectGo(view: RepositoryView): FoundPackage[] {
  return goModules(view).map((dir) => {
    const isVendored = view.files.includes(pathIn(dir, 'vendor/modules.txt'));
    const needsDownload = /^\s*require\b/m.test(view.read(pathIn(dir, 'go.mod')) ?? '') && !isVendored;
    return {
      tool: 'go',
      dir,
      setup: needsDownload ? [setupOf(dir, 'go mod download')] : [],
      gates: [
        gateOf(dir, 'format', gofmtCommand(view, dir), 'gofmt'),
        gateOf(dir, 'lint', 'go vet ./...'),
        gateOf(dir, 'test', 'go test ./...'),
      ],
    };
  });
}

/** Modules with code of their own: an empty one keeps a folder out of another module. */
function goModules(view: RepositoryView): string[] {
  const modules = foldersWith(view, ['go.mod']);
  const owner = (path: string) => modules.findLast((dir) => isWithin(path, dir));
  const owned = new Set(view.files.filter((path) => path.endsWith('.go')).map(owner));
  return modules.filter((dir) => dir === '.' || owned.size === 0 || owned.has(dir));
}

/** `gofmt -l` exits 0 whatever it lists, so the gate asks for an empty list. It would also read vendored code, fixtures and other modules. */
function gofmtCommand(view: RepositoryView, dir: string): string {
  const code = view.files
    .filter((path) => path.endsWith('.go') && isWithin(path, dir))
    .map((path) => relativeTo(path, dir));
  const others = topmost(foldersWith(view, ['go.mod']).filter((other) => other !== dir && isWithin(other, dir)));
  const foreign = code.filter((path) => /(^|\/)(vendor|testdata)\//.test(path)).length > 0 || others.length > 0;
  if (!foreign) return listed('gofmt -l .');
  const apart = others.map((other) => ` -not -path './${relativeTo(other, dir)}/*'`).join('');
  return listed(`find . -name '*.go' -not -path '*/vendor/*' -not -path '*/testdata/*'${apart} -exec gofmt -l {} +`);
}

/** A command that fails when `command` does, or when it prints something. */
function listed(command: string): string {
  return `unformatted=$(${command}) && echo "$unformatted" && test -z "$unformatted"`;
}

/** Gradle and Maven: the outermost build, which knows its parts. Neither can only download, so the setup is a first run that may fail. */
export function detectJvm(view: RepositoryView): FoundPackage[] {
  const gradle = topmost(
    foldersWith(view, ['settings.gradle', 'settings.gradle.kts', 'build.gradle', 'build.gradle.kts']),
  );
  const maven = topmost(foldersWith(view, ['pom.xml'])).filter((dir) => !gradle.includes(dir));
  return [
    ...gradle.map((dir) => {
      const program = view.files.includes(pathIn(dir, 'gradlew')) ? './gradlew' : 'gradle';
      const run = `${program} check --no-daemon`;
      return {
        tool: 'gradle',
        dir,
        setup: [setupOf(dir, `${run} --continue || true`)],
        gates: [gateOf(dir, 'test', run, `${program} check`)],
      };
    }),
    ...maven.map((dir) => {
      const program = view.files.includes(pathIn(dir, 'mvnw')) ? './mvnw' : 'mvn';
      const run = `${program} -B verify`;
      return {
        tool: 'maven',
        dir,
        setup: [setupOf(dir, `${run} --fail-at-end || true`)],
        gates: [gateOf(dir, 'test', run)],
      };
    }),
  ];
}

const MAKE_TARGETS = { all: 'build', lint: 'lint', check: 'test', test: 'test' } as const;

/** Make: its targets `all`, `lint`, `check` and `test`, for folders where no tool above found a package. */
export function detectMake(view: RepositoryView, taken: readonly string[]): FoundPackage[] {
  const makefiles = view.files.filter((path) => /(^|\/)(GNUmakefile|makefile|Makefile)$/.test(path));
  const dirs = foldersWith(view, ['GNUmakefile', 'makefile', 'Makefile']);
  const free = topmost(dirs).filter((dir) => !taken.some((other) => isWithin(other, dir) || isWithin(dir, other)));
  return free.flatMap((dir) => {
    const text = view.read(makefiles.find((path) => folderOf(path) === dir) ?? '') ?? '';
    const gates = Object.entries(MAKE_TARGETS)
      .filter(([name]) => new RegExp(`^${name}\\s*::?(?!=)`, 'm').test(text))
      .map(([name, kind]) => gateOf(dir, kind, `make ${name}`));
    return gates.length > 0 ? [{ tool: 'make', dir, setup: [], gates }] : [];
  });
}
