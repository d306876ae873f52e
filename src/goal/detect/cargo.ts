import type { Gate } from '../gate.ts';
import type { Kind } from './kind.ts';
import { hasTable, readStrings, readTables, dependencyText } from './toml.ts';
import {
  type FoundPackage,
  foldersWith,
  gateOf,
  isWithin,
  nameIn,
  pathIn,
  type RepositoryView,
  setupOf,
} from './view.ts';

type Crate = { dir: string; name: string | undefined; tables: Map<string, string> };

/**
 * Cargo: a crate, or each member of a workspace by its name from the root. `cargo fmt --check` always, as rustfmt comes with Rust and has one
 * style; a repository that does not keep it is red on its base and is not held up. Clippy has opinions, so only where it is configured.
 */
export const cargo: Kind = {
  manifests: ['Cargo.toml'],
  spans: false,
  find(view) {
    const crates = foldersWith(view, ['Cargo.toml']).map((dir) => readCrate(view, dir));
    const roots = crates.filter((crate) => hasTable(crate.tables, 'workspace'));
    const rootOf = (crate: Crate) => (roots.includes(crate) ? crate : roots.findLast((root) => isMember(crate, root)));
    const alone = crates.filter((crate) => !rootOf(crate)).map((crate) => findIn(view, crate, [crate]));
    const joined = roots.map((root) =>
      findIn(
        view,
        root,
        crates.filter((crate) => rootOf(crate) === root),
      ),
    );
    return [...joined, ...alone].flat();
  },
  read(view, dir) {
    const { name, tables } = readCrate(view, dir);
    return { names: name ? [name] : [], mentions: dependencyText(tables), place: !tables.has('package') };
  },
};

function readCrate(view: RepositoryView, dir: string): Crate {
  const tables = readTables(view.read(pathIn(dir, 'Cargo.toml')) ?? '');
  const name = /^\s*name\s*=\s*"([^"]+)"/m.exec(tables.get('package') ?? '')?.[1];
  return { dir, name, tables };
}

function isMember({ dir }: Crate, root: Crate): boolean {
  const excluded = readStrings(root.tables.get('workspace') ?? '', 'exclude').map((path) => pathIn(root.dir, path));
  return root.dir !== dir && isWithin(dir, root.dir) && !excluded.some((path) => isWithin(dir, path));
}

/** The members share what is fetched, and what is known of the workspace. */
function findIn(view: RepositoryView, root: Crate, members: readonly Crate[]): FoundPackage[] {
  const has = (...names: string[]) => names.some((name) => view.files.includes(pathIn(root.dir, name)));
  const locked = has('Cargo.lock') ? ' --locked' : '';
  const needsFetch = members.some(({ tables }) =>
    [...tables.keys()].some((header) => /(^|\.)(dev-|build-)?dependencies(\.|$)/.test(header)),
  );
  const setup = needsFetch ? [setupOf(root.dir, `cargo fetch${locked}`)] : [];
  const isLinted = [root, ...members].some(({ tables }) =>
    ['workspace.lints.clippy', 'lints.clippy'].some((it) => hasTable(tables, it)),
  );
  const commands = COMMANDS.filter(({ kind }) => kind !== 'lint' || isLinted || has('clippy.toml', '.clippy.toml'));
  const crates = members.filter(({ tables }) => tables.has('package'));
  const [only] = crates;
  if (only && crates.length === 1) {
    const gates = commands.map(({ kind, command, rest }) =>
      gateOf(only.dir, kind, `cargo ${command}${rest(locked)}`, { name: `cargo ${command}` }),
    );
    return [{ tool: 'cargo', dir: only.dir, setup, gates }];
  }
  const all = commands.map(({ kind, command, all: scope, rest }) =>
    gateOf(root.dir, kind, `cargo ${command} ${scope}${rest(locked)}`, { name: `cargo ${command} ${scope}` }),
  );
  const each = crates.map(({ dir, name }): FoundPackage => {
    const gates = commands.map(({ kind, command, all: scope, rest }) =>
      gateOf(dir, kind, `cargo ${command} -p ${name}${rest(locked)}`, {
        name: `cargo ${command}`,
        at: root.dir,
        whole: nameIn(root.dir, `cargo ${command} ${scope}`),
      }),
    );
    return { tool: 'cargo', dir, setup: [], gates };
  });
  return [{ tool: 'cargo', dir: root.dir, setup, gates: all, whole: true }, ...each];
}

type Command = { kind: Gate['kind']; command: string; all: string; rest: (locked: string) => string };
const COMMANDS: Command[] = [
  { kind: 'format', command: 'fmt', all: '--all', rest: () => ' --check' },
  { kind: 'build', command: 'check', all: '--workspace', rest: (locked) => ` --all-targets${locked}` },
  { kind: 'lint', command: 'clippy', all: '--workspace', rest: (locked) => ` --all-targets${locked} -- -D warnings` },
  { kind: 'test', command: 'test', all: '--workspace', rest: (locked) => locked },
];
