import { lookup } from 'node:dns/promises';
import { isPublicAddress } from './address.ts';

/** What a client asked for. */
export type Target = { host: string; port: number };

/** How an allowed target is reached: at the address that was judged, or through the proxy that the host itself uses. */
export type Way = Target & ({ kind: 'direct'; address: string } | { kind: 'chained'; proxy: URL });
export type Verdict = Way | { kind: 'denied'; reason: string };

export type EgressRules = {
  /**
   * What may be reached. A bare name means its port 443 at a public address. `name:port` is what the operator has
   * configured: any address, and plain http too.
   */
  hosts: readonly string[];
  /** Where the host's own proxy is named (`HTTPS_PROXY`, `NO_PROXY`); default: omk's environment. */
  env?: Record<string, string | undefined>;
  /** All addresses of a name; throws if there is none. Default: the host's resolver. */
  resolve?: (name: string) => Promise<string[]>;
};

/** The target of a CONNECT: only `name:port` or `[v6]:port`. No user, no path, no letter beyond ASCII. */
export function parseAuthority(authority: string): Target | undefined {
  const match = /^([a-z0-9.-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(authority);
  return match ? { host: match[1]!.toLowerCase(), port: Number(match[2]) } : undefined;
}

/** The target of a plain request, which names its whole address. */
export function parseHttpUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url?.protocol === 'http:' && url.username === '' && url.password === '' ? url : undefined;
}

/** Decides on one target. A name is resolved once, and one address that is not public is enough to refuse it. */
export async function judgeEgress(target: Target | undefined, rules: EgressRules): Promise<Verdict> {
  if (target === undefined) return { kind: 'denied', reason: 'it is not a plain host and port' };
  const { host, port } = target;
  const hosts = rules.hosts.map((name) => name.toLowerCase());
  const byOperator = hosts.includes(`${host}:${port}`);
  if (!byOperator && !(port === 443 && hosts.includes(host)))
    return { kind: 'denied', reason: 'it is not on the list' };
  const resolve = rules.resolve ?? resolveAll;
  const addresses = await resolve(host.replace(/^\[|\]$/g, '')).catch(() => []);
  if (!byOperator && !addresses.every((address) => isPublicAddress(address)))
    return { kind: 'denied', reason: 'its address is not public' };
  const proxy = findProxy(rules.env ?? process.env, target);
  if (proxy) return { kind: 'chained', proxy, ...target };
  const [address] = addresses;
  return address === undefined
    ? { kind: 'denied', reason: 'it has no address' }
    : { kind: 'direct', address, ...target };
}

async function resolveAll(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function findProxy(env: Record<string, string | undefined>, { host, port }: Target): URL | undefined {
  const proxy = env.HTTPS_PROXY ?? env.https_proxy ?? env.HTTP_PROXY ?? env.http_proxy ?? '';
  const exceptions = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((entry) => entry.trim().toLowerCase());
  const isException = exceptions.some(
    (entry) =>
      entry === '*' ||
      entry === `${host}:${port}` ||
      (entry !== '' && `.${host}`.endsWith(`.${entry.replace(/^\*?\./, '')}`)),
  );
  return isException ? undefined : (URL.parse(proxy) ?? undefined);
}
