import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { assertNever, ToolError } from '../errors.ts';
import { launch, type Room } from '../process.ts';
import { bwrapArgv, type Bind, type Box } from './bwrap.ts';
import { endExcess } from './excess.ts';
import { getHost, omkFolder, systemPath, type Host } from './host.ts';
import { withKill } from './kill.ts';
import { limitsArgv, type Limits } from './limits.ts';
import { asOrdinaryUser } from './ordinary-user.ts';
import type { Registries } from './registries.ts';

/** How well programs are held on this machine, as `probeSandbox` found it. `missing` names what does not hold. */
export type SandboxLevel = { kind: 'bwrap' } | { kind: 'partial'; missing: string[] } | { kind: 'none'; why: string };

/**
 * What a room is for. `agent`: the Kimi CLI, which finds omk's packages at their own paths. `gate`: the repository's
 * commands. `setup`: the same, and registries through the egress proxy.
 */
export type RoomSpec = {
  profile: 'agent' | 'gate' | 'setup';
  /** Folders of the host for the work and for the home; the home is always writable. */
  work: string;
  writable: boolean;
  home: string;
  readOnly: { host: string; inside: string }[];
  readWrite?: { host: string; inside: string }[];
  limits: Limits;
  /** For `setup`: the egress proxy's socket, and what package managers must be told. */
  egress?: { socket: string; registries: Registries };
};

/** No host has these folders, so nothing that must keep its own path can lie under them. */
const WORK = '/room/work';
const HOME = '/room/home';
const EGRESS = '/room/egress.sock';
const BRIDGE = `${omkFolder}/src/bridge.ts`;

/** Node's own `fetch` reads the proxy variables only when told to; the bridge, a Node itself, would stumble over `%PORT%`. */
const BEHIND_BRIDGE = ['env', 'NODE_USE_ENV_PROXY=1'];

/** What each profile sees of omk itself, at the same paths as outside. */
const OWN_PROGRAMS: Record<RoomSpec['profile'], readonly string[]> = {
  agent: ['package.json', 'node_modules', 'src/bridge.ts'],
  gate: [],
  setup: ['package.json', 'src/bridge.ts'],
};

/**
 * A room as `spec` describes it. At level `none` programs run on the host itself: with the same cleared environment,
 * but at the host's paths (so give `inside` the host's path where a program must find it) and without any limit.
 * Throws ToolError if a folder of `spec` does not exist. When omk is root, the work, the home and `readWrite` come to
 * belong to an ordinary user at each launch.
 */
export function openRoom(level: SandboxLevel, spec: RoomSpec): Room {
  const missing = [spec.work, spec.home, ...[...spec.readOnly, ...(spec.readWrite ?? [])].map(({ host }) => host)].find(
    (folder) => !existsSync(folder),
  );
  if (missing !== undefined) throw sandboxError(`The sandbox cannot show ${missing}: there is no such file or folder.`);
  switch (level.kind) {
    case 'bwrap':
    case 'partial':
      return sandboxedRoom(spec, getHost());
    case 'none':
      return openPlace(spec, getHost());
    default:
      return assertNever(level);
  }
}

/** The level in the words of the pull request body: `bwrap`, `partial (…)` or `none`. */
export function renderSandbox(level: SandboxLevel): string {
  return level.kind === 'partial' ? `partial (not held: ${level.missing.join(', ')})` : level.kind;
}

function sandboxedRoom(spec: RoomSpec, host: Host): Room {
  const env = { ...baseEnv(host, HOME), TMPDIR: '/tmp', ...(spec.egress ? setupEnv(spec.egress.registries) : {}) };
  return {
    work: WORK,
    home: HOME,
    hostWork: spec.work,
    hostHome: spec.home,
    env,
    launch: (command, extraEnv = {}) => {
      const argv = roomArgv({ spec, host }, command, { ...env, ...extraEnv });
      const launched = withKill(launch(argv, { cwd: '/', env: { PATH: systemPath } }));
      return endExcess(launched, writableFolders(spec), spec.limits);
    },
  };
}

/** The whole command line that starts `command` in the room, from what is known of the room and of the host alone. */
export function roomArgv(
  { spec, host }: { spec: RoomSpec; host: Host },
  command: readonly string[],
  env: Record<string, string>,
): string[] {
  const box: Box = {
    binds: [...host.system, ...programBinds(spec, host), ...specBinds(spec)],
    links: host.links,
    tmpBytes: spec.limits.tmpBytes,
    disableUserns: host.disableUserns,
    cwd: WORK,
  };
  const bridged = spec.egress ? [process.execPath, BRIDGE, EGRESS, '--', ...BEHIND_BRIDGE, ...command] : command;
  const limited = [...limitsArgv(spec.limits, host.hardLimits), ...bridged];
  if (!host.isRoot) return bwrapArgv(box, limited, env);
  const ordinary = asOrdinaryUser(box);
  return [...ordinary.prefix, ...bwrapArgv(ordinary.box, limited, env)];
}

function programBinds(spec: RoomSpec, host: Host): Bind[] {
  const own = OWN_PROGRAMS[spec.profile].map((name) => `${omkFolder}/${name}`);
  const registries = spec.egress?.registries.folders ?? [];
  return [...host.toolchains.folders, ...own, ...registries].map((path) => ({ host: path, inside: path }));
}

function specBinds({ work, writable, home, readOnly, readWrite = [], egress }: RoomSpec): Bind[] {
  return [
    ...readOnly,
    { host: work, inside: WORK, writable, own: true },
    { host: home, inside: HOME, writable: true, own: true },
    ...readWrite.map((bind) => ({ ...bind, writable: true, own: true })),
    ...(egress ? [{ host: egress.socket, inside: EGRESS, writable: true, own: true }] : []),
  ];
}

function writableFolders(spec: RoomSpec): string[] {
  return specBinds(spec).flatMap(({ host, writable }) => (writable ? [host] : []));
}

function openPlace(spec: RoomSpec, host: Host): Room {
  const env = { ...baseEnv(host, spec.home), ...spec.egress?.registries.env };
  return {
    work: spec.work,
    home: spec.home,
    hostWork: spec.work,
    hostHome: spec.home,
    env,
    launch: (command, extraEnv = {}) => launch(command, { cwd: spec.work, env: { ...env, ...extraEnv } }),
  };
}

function baseEnv({ toolchains }: Host, home: string): Record<string, string> {
  return { PATH: toolchains.path.join(delimiter), HOME: home, LANG: 'C.UTF-8', CI: 'true', ...toolchains.env };
}

/** The bridge replaces `%PORT%`. Java reads no proxy variable. */
function setupEnv(registries: Registries): Record<string, string> {
  const proxy = 'http://127.0.0.1:%PORT%';
  return {
    ...registries.env,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    npm_config_https_proxy: proxy,
    npm_config_proxy: proxy,
    YARN_HTTPS_PROXY: proxy,
    YARN_HTTP_PROXY: proxy,
    JAVA_TOOL_OPTIONS: ['https', 'http'].map((p) => `-D${p}.proxyHost=127.0.0.1 -D${p}.proxyPort=%PORT%`).join(' '),
  };
}

function sandboxError(message: string): ToolError {
  return new ToolError(message, { tool: 'sandbox', args: [], exitCode: undefined, stderrTail: '' });
}
