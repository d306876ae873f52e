import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where packages come from: `hosts` for the egress proxy, `env` for package managers, `folders` to show read-only. */
export type Registries = { hosts: string[]; env: Record<string, string>; folders: string[] };

/**
 * npm and yarn, Python, Cargo, Go, Maven, Gradle. Where they are is for the host's resolver to say: many machines reach them
 * through a mirror with a private address.
 */
const PUBLIC_HOSTS = [
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'repo.yarnpkg.com',
  'pypi.org',
  'files.pythonhosted.org',
  'index.crates.io',
  'static.crates.io',
  'crates.io',
  'static.rust-lang.org',
  'proxy.golang.org',
  'sum.golang.org',
  'repo.maven.apache.org',
  'repo1.maven.org',
  'plugins.gradle.org',
  'plugins-artifacts.gradle.org',
  'services.gradle.org',
  'downloads.gradle.org',
];

/** Variables of the operator that name registries, beside npm's and pip's own settings. */
const REGISTRY_VARIABLE = /^(UV_(DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL)|CARGO_REGISTRIES_\w+_INDEX|GOPROXY|GOSUMDB)$/;
const PIP_SETTINGS = ['index-url', 'extra-index-url', 'find-links'];
const CERTIFICATES = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'GIT_SSL_CAINFO',
];

/**
 * The public registries and those that the operator has configured on this machine for npm, pip, uv, Cargo and Go. User
 * names and passwords in their addresses are left out, and no token is read.
 */
export async function findRegistries(env: Record<string, string | undefined> = process.env): Promise<Registries> {
  const settings = { ...(await npmSettings(env)), ...(await pipSettings(env)), ...variables(env) };
  const clean = Object.entries(settings).map(([name, value]) => [name, withoutCredentials(value)] as const);
  const certificates = CERTIFICATES.flatMap((name) =>
    env[name] && existsSync(env[name]) ? [[name, env[name]] as const] : [],
  );
  const places = clean.flatMap(([, value]) => value.split(/[\s,|]+/));
  const folders = [...places.flatMap(localFolder), ...certificates.map(([, path]) => path)];
  return {
    hosts: [...new Set([...PUBLIC_HOSTS.map((host) => `${host}:443`), ...places.flatMap(operatorHost)])],
    env: Object.fromEntries([...clean, ...certificates]),
    folders: [...new Set(folders)].filter((folder) => !/^\/(usr|etc\/ssl\/certs|etc\/pki)(\/|$)/.test(folder)),
  };
}

/** npm itself knows best which of its files and variables counts. */
async function npmSettings(env: Record<string, string | undefined>): Promise<Record<string, string>> {
  const { stdout, exitCode } = await execa('npm', ['config', 'list', '--json'], {
    cwd: homedir(),
    env,
    extendEnv: false,
    reject: false,
    timeout: 30_000,
  });
  const listed = exitCode === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : {};
  // npm does not list an address that has a password in it.
  const config = { registry: env.npm_config_registry, ...listed };
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) =>
      /^(@[^:]+:)?registry$/.test(name) && typeof value === 'string' ? [[`npm_config_${name}`, value] as const] : [],
    ),
  );
}

async function pipSettings(env: Record<string, string | undefined>): Promise<Record<string, string>> {
  const files = ['/etc/pip.conf', join(homedir(), '.config/pip/pip.conf'), join(homedir(), '.pip/pip.conf')];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const configured = Object.fromEntries(
    [...texts.join('\n').matchAll(/^([a-z-]+)\s*[=:]\s*(\S.*)$/gm)].map(([, name, value]) => [name, value] as const),
  );
  return Object.fromEntries(
    PIP_SETTINGS.flatMap((name) => {
      const variable = `PIP_${name.toUpperCase().replaceAll('-', '_')}`;
      const value = env[variable] ?? configured[name];
      return value === undefined ? [] : [[variable, value] as const];
    }),
  );
}

function variables(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value && REGISTRY_VARIABLE.test(name) ? [[name, value] as const] : [],
    ),
  );
}

function withoutCredentials(value: string): string {
  return value.replace(/:\/\/[^/@\s]*@/g, '://');
}

/** `host:port` of an address the operator named, unless it is a public registry anyway. */
function operatorHost(place: string): string[] {
  const url = URL.parse(place.replace(/^sparse\+/, ''));
  if (url === null || !['http:', 'https:'].includes(url.protocol) || PUBLIC_HOSTS.includes(url.hostname)) return [];
  return [`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`];
}

/** The folder of a local package index. Its pages link to the files beside it (PEP 503: `../../files/…`). */
function localFolder(place: string): string[] {
  const path = place.startsWith('file://') ? fileURLToPath(place) : place;
  if (!path.startsWith('/') || !existsSync(path)) return [];
  return [/\/simple\/?$/.test(path) ? dirname(path.replace(/\/$/, '')) : path];
}
