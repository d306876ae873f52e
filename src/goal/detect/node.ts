import picomatch from 'picomatch';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import {
  type FoundPackage,
  foldersWith,
  gateOf,
  isWithin,
  nameIn,
  pathIn,
  type Place,
  relativeTo,
  type RepositoryView,
  setupOf,
} from './view.ts';
import type { Gate } from '../gate.ts';
import type { Kind } from './kind.ts';
import { type ChosenScript, chooseScripts, findScript, type Spread, spreadOf } from './script.ts';

const names = z.record(z.string(), z.unknown()).catch({});
const manifestSchema = z.object({
  name: z.string().catch(''),
  packageManager: z.string().catch(''),
  scripts: z.record(z.string(), z.string().catch('')).catch({}),
  workspaces: z
    .union([z.array(z.string()), z.object({ packages: z.array(z.string()) }).transform((it) => it.packages)])
    .optional()
    .catch(undefined),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  main: z.unknown().optional(),
  module: z.unknown().optional(),
  exports: z.unknown().optional(),
  bin: z.unknown().optional(),
});

type Manifest = z.output<typeof manifestSchema>;
type NodePackage = { dir: string; manifest: Manifest };
type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

const LOCKS: [string, Manager][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

/**
 * npm, pnpm, yarn and bun. A workspace is installed once, at its root; each package brings the gates it has scripts for, also those that a
 * script of the root runs in all of them. Where one tool of the root goes through all, that is the gate.
 */
export const node: Kind = {
  manifests: ['package.json'],
  spans: true,
  find: detectNode,
  read(view, dir) {
    const manifest = readManifest(view, dir);
    const { name, scripts, main, module, exports, bin } = manifest;
    const mentions = JSON.stringify([scripts, dependenciesOf({ dir, manifest })]);
    const place = [main, module, exports, bin].every((it) => it === undefined);
    return { names: name === '' ? [] : [name], mentions, place };
  },
};

function detectNode(view: RepositoryView): FoundPackage[] {
  const packages = foldersWith(view, ['package.json']).map((dir) => ({ dir, manifest: readManifest(view, dir) }));
  const isMemberOf = packages.map((root) => ({ root, includes: membership(root.dir, workspacesOf(view, root)) }));
  const owners = new Map(packages.map((it) => [it, isMemberOf.find(({ includes }) => includes(it.dir))?.root]));
  const roots = packages.filter((it) => !owners.get(it));
  return roots.flatMap((root) => {
    const members = packages.filter((it) => owners.get(it) === root);
    return detectProject(view, { root, members: inBuildOrder(members), lockRoot: lockRootOf(view, root, roots) });
  });
}

/** An unreadable manifest is one that asks for nothing: its package is named without gates. */
function readManifest(view: RepositoryView, dir: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(view.read(pathIn(dir, 'package.json')) ?? ''));
  } catch {
    return manifestSchema.parse({});
  }
}

/** The folder patterns of a workspace's members; none for a package that is no workspace root. */
function workspacesOf(view: RepositoryView, { dir, manifest }: NodePackage): string[] {
  const text = view.read(pathIn(dir, 'pnpm-workspace.yaml'));
  if (text === undefined) return manifest.workspaces ?? lernaPackages(view, dir);
  try {
    return z.object({ packages: z.array(z.string()) }).parse(parseYaml(text)).packages;
  } catch {
    return [];
  }
}

function lernaPackages(view: RepositoryView, dir: string): string[] {
  const schema = z.object({ packages: z.array(z.string()).catch(['packages/*']) });
  try {
    return schema.parse(JSON.parse(view.read(pathIn(dir, 'lerna.json')) ?? '')).packages;
  } catch {
    return [];
  }
}

function membership(root: string, workspaces: readonly string[]): (dir: string) => boolean {
  const patterns = workspaces.map((pattern) => pattern.replace(/^(!?)(\.\/)?/, '$1').replace(/\/+$/, ''));
  const isIn = picomatch(patterns.filter((it) => !it.startsWith('!')));
  const isOut = picomatch(patterns.filter((it) => it.startsWith('!')).map((it) => it.slice(1)));
  return (dir) => {
    if (patterns.length === 0 || dir === root || !isWithin(dir, root)) return false;
    const path = relativeTo(dir, root);
    return isIn(path) && !isOut(path);
  };
}

/** Dependencies before those who need them, as far as there is no circle. */
function inBuildOrder(members: readonly NodePackage[]): NodePackage[] {
  const ordered = new Set<NodePackage>();
  const visit = (member: NodePackage, path: readonly NodePackage[]) => {
    if (path.includes(member) || ordered.has(member)) return;
    const dependencies = dependenciesOf(member);
    const needed = members.filter(({ manifest }) => manifest.name !== '' && manifest.name in dependencies);
    for (const other of needed) visit(other, [...path, member]);
    ordered.add(member);
  };
  for (const member of members) visit(member, []);
  return [...ordered];
}

function dependenciesOf({ manifest }: NodePackage): Record<string, unknown> {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  return { ...peerDependencies, ...optionalDependencies, ...devDependencies, ...dependencies };
}

/** A package and the members of its workspace; `lockRoot` is the package that says which manager is used. */
type Project = { root: NodePackage; members: readonly NodePackage[]; lockRoot: NodePackage };

function detectProject(view: RepositoryView, { root, members, lockRoot }: Project): FoundPackage[] {
  const manager = managerOf(view, lockRoot);
  const own = chooseScripts(root.manifest.scripts);
  const spreads = own.flatMap((chosen) => {
    const spread = members.length > 0 ? spreadOf(chosen.script, root.manifest.scripts) : undefined;
    return spread ? [{ chosen, spread }] : [];
  });
  const ofMembers = members.map((member) => ({ member, gates: memberGates(manager, { root, member, spreads }) }));
  const passedOn = spreads.flatMap(({ chosen, spread }) => {
    const isTaken = members.some(({ manifest }) => spread.by === 'packages' && spread.script in manifest.scripts);
    return isTaken ? [chosen] : [];
  });
  const asPackage = ({ dir }: NodePackage, gates: Gate[]): FoundPackage => ({
    tool: manager,
    dir,
    setup: [],
    gates,
    feeds: true,
  });
  const ofRoot = own.filter((chosen) => !passedOn.includes(chosen)).map((chosen) => scriptGate(manager, root, chosen));
  const found = [asPackage(root, ofRoot), ...ofMembers.map(({ member, gates }) => asPackage(member, gates))];
  const whole = {
    ...asPackage(
      root,
      passedOn.map((chosen) => scriptGate(manager, root, chosen)),
    ),
    whole: true,
  };
  const isInstalled = [root, ...members].some((it) => Object.keys(dependenciesOf(it)).length > 0);
  const isNeeded = isInstalled && found.some(({ gates }) => gates.length > 0);
  const setup = isNeeded ? [setupOf(root.dir, installCommand(view, root.dir, manager))] : [];
  const needed = found
    .filter(({ dir, gates }) => dir === '.' || gates.length > 0 || (dir === root.dir && isNeeded))
    .map((it) => (it.dir === root.dir ? { ...it, setup } : it));
  return passedOn.length > 0 ? [...needed, whole] : needed;
}

function scriptGate(
  manager: Manager,
  { dir }: NodePackage,
  { kind, script, extra }: ChosenScript,
  place: Place = {},
): Gate {
  return gateOf(dir, kind, runScript(manager, script, extra), { name: runScript(manager, script, ''), ...place });
}

type Member = { root: NodePackage; member: NodePackage; spreads: { chosen: ChosenScript; spread: Spread }[] };

/** What a member has scripts for, without what a tool of the root does for it, and the scripts that the root has run in it. */
function memberGates(manager: Manager, { root, member, spreads }: Member): Gate[] {
  const { scripts } = member.manifest;
  const left = chooseScripts(scripts).filter(
    ({ script, kind }) =>
      !spreads.some(({ chosen, spread }) =>
        spread.by === 'tree'
          ? chosen.script === script
          : chosen.kind === kind && [chosen.script, spread.script].includes(script),
      ),
  );
  const asked = spreads.flatMap(({ chosen, spread }) => {
    const found = spread.by === 'packages' ? findScript(chosen.kind, spread.script, scripts) : undefined;
    if (!found || spread.by !== 'packages') return [];
    const name = runScript(manager, chosen.script, '');
    const whole = nameIn(root.dir, name);
    if (!spread.filter) return [scriptGate(manager, member, found, { whole })];
    const filter = `--filter=${member.manifest.name || `./${relativeTo(member.dir, root.dir)}`}`;
    const run = runScript(manager, chosen.script, filter);
    return [gateOf(member.dir, chosen.kind, run, { name, at: root.dir, whole })];
  });
  return [...asked, ...left.map((chosen) => scriptGate(manager, member, chosen))];
}

/** The nearest package upwards with a lock file or a `packageManager` field, else the package itself. */
function lockRootOf(view: RepositoryView, root: NodePackage, roots: readonly NodePackage[]): NodePackage {
  return roots.findLast((it) => isWithin(root.dir, it.dir) && hasOwnManager(view, it)) ?? root;
}

function hasOwnManager(view: RepositoryView, { dir, manifest }: NodePackage): boolean {
  return manifest.packageManager !== '' || LOCKS.some(([file]) => view.files.includes(pathIn(dir, file)));
}

/** The `packageManager` field decides, then the lock file, then npm. */
function managerOf(view: RepositoryView, { dir, manifest }: NodePackage): Manager {
  const field = /^(npm|pnpm|yarn|bun)@/.exec(manifest.packageManager)?.[1] as Manager | undefined;
  const workspace: Manager = view.files.includes(pathIn(dir, 'pnpm-workspace.yaml')) ? 'pnpm' : 'npm';
  return field ?? LOCKS.find(([file]) => view.files.includes(pathIn(dir, file)))?.[1] ?? workspace;
}

/** With a lock file exactly what it says; a manifest that has run ahead of its lock file fails. */
function installCommand(view: RepositoryView, dir: string, manager: Manager): string {
  const has = (file: string) => view.files.includes(pathIn(dir, file));
  const locked = LOCKS.some(([file, owner]) => owner === manager && has(file));
  if (manager === 'npm') return locked ? 'npm ci' : 'npm install';
  if (!locked) return `${manager} install`;
  const field = /"packageManager"\s*:\s*"yarn@(\d+)/.exec(view.read(pathIn(dir, 'package.json')) ?? '')?.[1];
  const isModernYarn = manager === 'yarn' && (field === undefined ? has('.yarnrc.yml') : Number(field) >= 2);
  return `${manager} install ${isModernYarn ? '--immutable' : '--frozen-lockfile'}`;
}

function runScript(manager: Manager, script: string, extra: string): string {
  // `bun test` is a test runner of its own, not the script.
  const command = script === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${script}`;
  if (extra === '') return command;
  return manager === 'npm' ? `${command} -- ${extra}` : `${command} ${extra}`;
}
