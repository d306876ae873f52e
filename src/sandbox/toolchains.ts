import { delimiter, dirname, join } from 'node:path';

/** Folders to show read-only at their own paths, and the search path and variables that make programs find them. */
export type Toolchains = { folders: string[]; path: string[]; env: Record<string, string> };

/**
 * Where version managers put what they install. Only the parts named here are shown: what lies beside them may be
 * credentials (`~/.cargo/credentials.toml`). `tell` means that programs need the variable to find the folder.
 */
const MANAGERS: readonly { folder: string; variable: string; parts: readonly string[]; tell?: true }[] = [
  { folder: '.cargo', variable: 'CARGO_HOME', parts: ['bin'] },
  { folder: '.rustup', variable: 'RUSTUP_HOME', parts: ['settings.toml', 'toolchains', 'update-hashes'], tell: true },
  {
    folder: '.pyenv',
    variable: 'PYENV_ROOT',
    // Without `pyenv.d`, whose hook fails every `pip install` where it may not write the shims.
    parts: ['bin', 'libexec', 'plugins', 'shims', 'version', 'versions'],
    tell: true,
  },
  {
    folder: '.rbenv',
    variable: 'RBENV_ROOT',
    parts: ['bin', 'libexec', 'plugins', 'shims', 'version', 'versions'],
    tell: true,
  },
  { folder: '.nvm', variable: 'NVM_DIR', parts: ['versions'] },
  { folder: '.local/share/fnm', variable: 'FNM_DIR', parts: ['node-versions'] },
  { folder: '.volta', variable: 'VOLTA_HOME', parts: ['bin', 'tools'], tell: true },
  { folder: '.asdf', variable: 'ASDF_DATA_DIR', parts: ['bin', 'installs', 'lib', 'plugins', 'shims'], tell: true },
  { folder: '.local/share/mise', variable: 'MISE_DATA_DIR', parts: ['installs', 'shims'], tell: true },
  { folder: '.local/share/uv', variable: 'UV_DATA_DIR', parts: ['python', 'tools'] },
  { folder: '.local', variable: 'PIPX_DIR', parts: ['bin'] },
  { folder: '.sdkman', variable: 'SDKMAN_DIR', parts: ['candidates'], tell: true },
  { folder: '.bun', variable: 'BUN_INSTALL', parts: ['bin'] },
  { folder: '.deno', variable: 'DENO_INSTALL', parts: ['bin'] },
  { folder: 'go', variable: 'GOPATH', parts: ['bin'] },
];

/** Variables by which an operator names the home of one tool. */
const TOOL_HOMES = ['JAVA_HOME', 'GOROOT', 'GRADLE_HOME', 'MAVEN_HOME', 'M2_HOME', 'DOTNET_ROOT'] as const;
const SYSTEM = ['/usr', '/bin', '/sbin'];

/** What `findToolchains` looks at: omk's own environment, its home folder, the Node it runs on, and which paths exist. */
export type ToolchainSearch = {
  env: Record<string, string | undefined>;
  home: string;
  node: string;
  exists: (path: string) => boolean;
};

/**
 * Which programs of the host a room gets: the system's, the known version managers', those under `/opt` that are on the
 * operator's search path, and the Node that runs omk. Never a whole home folder, and never a `node_modules/.bin`, which
 * would be omk's own tools.
 */
export function findToolchains({ env, home, node, exists }: ToolchainSearch): Toolchains {
  const managers = MANAGERS.map((manager) => ({
    ...manager,
    root: env[manager.variable] ?? join(home, manager.folder),
  }));
  const homes = TOOL_HOMES.filter(
    (name) => env[name] !== undefined && exists(env[name]) && !holdsOthers(env[name], home),
  );
  const search = (env.PATH ?? '').split(delimiter).filter((entry) => entry.startsWith('/'));
  const folders = new Set(
    [
      ...managers.flatMap(({ root, parts }) => parts.map((part) => join(root, part))),
      ...homes.map((name) => env[name]!),
      ...search.filter((entry) => entry.startsWith('/opt/')).map((entry) => installation(entry, home)),
      installation(dirname(node), home),
    ].filter((folder) => exists(folder) && !isWithin(folder, SYSTEM) && !holdsOthers(folder, home)),
  );
  const visible = [...SYSTEM, ...folders];
  const path = search.filter((entry) => isWithin(entry, visible) && !entry.includes('node_modules') && exists(entry));
  const told = managers.filter(({ root, tell, parts }) => tell && parts.some((part) => exists(join(root, part))));
  return {
    folders: [...folders],
    path: [...new Set([...path, ...(path.some((entry) => exists(join(entry, 'node'))) ? [] : [dirname(node)])])],
    env: Object.fromEntries([
      ...told.map(({ variable, root }) => [variable, root] as const),
      ...homes.map((name) => [name, env[name]!] as const),
    ]),
  };
}

/** The folder that an installation with this `bin` folder lives in, unless more than that lives there. */
function installation(bin: string, home: string): string {
  const folder = dirname(bin);
  return /\/s?bin$/.test(bin) && !holdsOthers(folder, home) ? folder : bin;
}

function holdsOthers(folder: string, home: string): boolean {
  return folder === '/opt' || isWithin(home, [folder]) || folder === '/';
}

function isWithin(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}
