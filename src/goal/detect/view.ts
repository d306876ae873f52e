import type { Gate, GateKind, SetupStep } from '../gate.ts';

/**
 * The tracked files of a commit by path, and the text of those that `manifestsToRead` names. `has`: whether the machine has
 * a program; left out, it has them all.
 */
export type RepositoryView = {
  files: readonly string[];
  read: (path: string) => string | undefined;
  has?: (program: string) => boolean;
};

/**
 * What one package of the repository asks for. `tool` is what runs it, such as `npm`. `feeds`: packages that need it need what its build
 * makes. `whole`: it is a workspace, whose gates prove all its members.
 */
export type FoundPackage = {
  tool: string;
  dir: string;
  setup: SetupStep[];
  gates: Gate[];
  feeds?: boolean;
  whole?: boolean;
};

const MINUTE_MS = 60_000;

/** A gate of the package in `dir`, which runs there unless it is started `at` another folder; its name is told apart from other packages by the folder. */
export function gateOf(dir: string, kind: GateKind, run: string, { name = run, at = dir, whole }: Place = {}): Gate {
  const gate = { name: nameIn(dir, name), run, kind, dir: at, timeoutMs: 15 * MINUTE_MS, paths: [] };
  return whole === undefined ? gate : { ...gate, whole };
}

/** `whole`: the name of the gate for all members of the workspace. */
export type Place = { name?: string; at?: string; whole?: string };

/** The name of a gate of the package in `dir`. */
export function nameIn(dir: string, name: string): string {
  return dir === '.' ? name : `${dir}: ${name}`;
}

export function setupOf(dir: string, run: string): SetupStep {
  return { run, dir, timeoutMs: 10 * MINUTE_MS };
}

/** The folder of a path, `.` for the root. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
}

/** The path of a name in a folder. */
export function pathIn(dir: string, name: string): string {
  return dir === '.' ? name : `${dir}/${name}`;
}

/** Whether `dir` is `root` or lies below it. */
export function isWithin(dir: string, root: string): boolean {
  return root === '.' || dir === root || dir.startsWith(`${root}/`);
}

/** `root` as seen from `dir` below it: `packages/api` in `packages` is `api`. */
export function relativeTo(dir: string, root: string): string {
  return root === '.' ? dir : dir.slice(root.length + 1);
}

/** How a manifest in one folder writes the path to another: as it is from there. */
export function pathFrom(from: string, to: string): string {
  const [left, right] = [from, to].map((dir) => (dir === '.' ? [] : dir.split('/'))) as [string[], string[]];
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared += 1;
  return [...left.slice(shared).map(() => '..'), ...right.slice(shared)].join('/');
}

/** The folders that hold one of these file names, parents first. */
export function foldersWith(view: RepositoryView, names: readonly string[]): string[] {
  const held = view.files.filter((path) => names.includes(path.slice(path.lastIndexOf('/') + 1)) && !isLeftOut(path));
  return [...new Set(held.map(folderOf))].sort((a, b) => depth(a) - depth(b) || a.localeCompare(b));
}

function depth(dir: string): number {
  return dir === '.' ? 0 : dir.split('/').length;
}

/** Those folders that lie below none of the others. */
export function topmost(dirs: readonly string[]): string[] {
  return dirs.filter((dir) => !dirs.some((other) => other !== dir && isWithin(dir, other)));
}

/** Not the repository's own code, or code that is only looked at: what others wrote, what tools made, what tests and readers are shown. */
const LEFT_OUT = new Set(
  [
    'node_modules bower_components vendor vendored third_party third-party thirdparty site-packages',
    'testdata test-data test_data fixture fixtures __fixtures__ __snapshots__ __mocks__ fuzz',
    'test tests __tests__ spec example examples sample samples demo demos playground',
    'template templates boilerplate cookiecutter dist out target venv env',
  ].flatMap((names) => names.split(' ')),
);

/** The same in the last words of a longer name, such as `js-examples` or `v4-test-suite`. */
const SHOWN = /[-_.](examples?|samples?|demos?|fixtures?|playground|templates?|test[-_]suite)$/;

/**
 * Whether a manifest at this path belongs to none of the repository's own packages: a folder above it is vendored, generated, for fixtures,
 * tests, examples or templates, hidden, or has a placeholder for a name.
 */
export function isLeftOut(path: string): boolean {
  const folders = path.split('/').slice(0, -1);
  return folders.some((folder) => {
    const name = folder.toLowerCase();
    return LEFT_OUT.has(name) || SHOWN.test(name) || folder.startsWith('.') || /[{}<>]/.test(folder);
  });
}
