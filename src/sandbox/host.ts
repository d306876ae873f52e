import { spawnSync } from 'node:child_process';
import { accessSync, constants, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bind, Box } from './bwrap.ts';
import { findToolchains, type Toolchains } from './toolchains.ts';

/** What this machine contributes to every room. */
export type Host = {
  isRoot: boolean;
  disableUserns: boolean;
  /** The operating system: `/usr`, the links or folders beside it, and the few files of `/etc` that programs read. */
  system: readonly Bind[];
  links: Box['links'];
  toolchains: Toolchains;
  /** The text of `/proc/self/limits`. */
  hardLimits: string;
};

/** Where bubblewrap and what sets it up are looked for: never in the search path omk was started with. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where omk itself is installed. */
export const omkFolder = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** Files of `/etc` without secrets: certificates, the loader's cache, names of ports, and what Java and Maven link to. */
const ETC = [
  'alternatives',
  'ca-certificates',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'timezone',
  'os-release',
  'mime.types',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'pki/ca-trust',
  'pki/tls/certs',
  'fonts',
  'java-8-openjdk',
  'java-11-openjdk',
  'java-17-openjdk',
  'java-21-openjdk',
  'java-25-openjdk',
  'maven/m2.conf',
  'maven/logging',
];

/** Our own in place of the host's: they name no person and no name server. */
const OWN_ETC = ['passwd', 'group', 'hosts', 'nsswitch.conf'];
const TOP = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

let known: Host | undefined;

/** Looks at the machine once; later calls return the same answer. */
export function getHost(): Host {
  return (known ??= readHost());
}

function readHost(): Host {
  const top = TOP.map((name) => `/${name}`).filter(exists);
  const links = top.filter((path) => lstatSync(path).isSymbolicLink());
  const folders = ['/usr', ...top.filter((path) => !links.includes(path)), '/nix/store'].filter(exists);
  const etc = ETC.map((name) => `/etc/${name}`).filter(exists);
  return {
    isRoot: process.getuid?.() === 0,
    disableUserns: canDisableUserns(),
    system: [
      ...[...folders, ...etc].map((path) => ({ host: path, inside: path })),
      ...OWN_ETC.map((name) => ({ host: `${omkFolder}/src/sandbox/etc/${name}`, inside: `/etc/${name}` })),
    ],
    links: links.map((path) => ({ target: readlinkSync(path), inside: path })),
    toolchains: findToolchains({ env: process.env, home: homedir(), node: process.execPath, exists }),
    hardLimits: exists('/proc/self/limits') ? readFileSync('/proc/self/limits', 'utf8') : '',
  };
}

function canDisableUserns(): boolean {
  const { stdout } = spawnSync('bwrap', ['--version'], { encoding: 'utf8', env: { PATH: systemPath } });
  const [major = 0, minor = 0] = (stdout?.match(/\d+/g) ?? []).map(Number);
  return major > 0 || minor >= 8;
}

/** Whether programs in a room find this one. */
export function hasProgram(name: string): boolean {
  return getHost().toolchains.path.some((folder) => exists(join(folder, name)));
}

/** Whether there is something that omk's user may read. */
function exists(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
