import { rm } from 'node:fs/promises';
import { createServer, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { judgeEgress, parseAuthority, parseHttpUrl, type EgressRules, type Way } from './egress-rule.ts';

/** `denied` holds, once each, the targets refused and the reason, at most 100 of them. */
export type EgressProxy = { denied: readonly string[]; close(): Promise<void> };

const CONNECT_TIMEOUT_MS = 30_000;
/** Each takes two open files of omk; package managers open some dozens. */
const MOST_CONNECTIONS = 256;

/**
 * Starts the only way out of a setup room, on a unix socket: a proxy that passes `CONNECT`, and plain http where the
 * rules allow it, to the hosts of its list and to nothing else. What an earlier process left at `socketPath` is removed.
 */
export async function startEgressProxy({
  socketPath,
  ...rules
}: EgressRules & { socketPath: string }): Promise<EgressProxy> {
  const denied = new Set<string>();
  const open = new Set<Duplex>();
  const refuse = (target: string, reason: string): string => {
    const line = `${target.slice(0, 200)}: ${reason}`;
    if (denied.size < 100) denied.add(line);
    return `omk lets setup steps reach package registries only. Refused ${line}\n`;
  };

  const plain = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = parseHttpUrl(incoming.url ?? '');
    const verdict = await judgeEgress(url && { host: url.hostname, port: Number(url.port || 80) }, rules);
    if (!url || verdict.kind === 'denied')
      response.writeHead(403).end(refuse(incoming.url ?? '', verdict.kind === 'denied' ? verdict.reason : ''));
    else forward(incoming, response, { url, way: verdict });
  };
  const connected = async (url: string, client: Duplex, head: Buffer): Promise<void> => {
    open.add(client);
    client.on('error', () => client.destroy()).on('close', () => open.delete(client));
    const verdict = await judgeEgress(parseAuthority(url), rules);
    if (verdict.kind === 'denied') answer(client, '403 Forbidden', refuse(url, verdict.reason));
    else await tunnel(client, head, verdict);
  };

  const server = createServer((incoming, response) => {
    plain(incoming, response).catch(() => response.destroy());
  });
  server.on('connect', ({ url = '' }: IncomingMessage, client: Duplex, head: Buffer) => {
    connected(url, client, head).catch(() => client.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await rm(socketPath, { recursive: true, force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
  return {
    get denied() {
      return [...denied];
    },
    close: async () => {
      for (const client of open) client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function tunnel(client: Duplex, head: Buffer, way: Way): Promise<void> {
  const outside = await dial(way).catch(() => undefined);
  if (!outside) {
    answer(client, '502 Bad Gateway', `${way.host} did not answer\n`);
    return;
  }
  outside.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => outside.destroy());
  if (client.destroyed) outside.destroy();
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  outside.write(head);
  client.pipe(outside).pipe(client);
}

function answer(client: Duplex, status: string, body: string): void {
  client.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** A connection to the target, straight or through the host's own proxy. Rejects if there is none. */
async function dial(way: Way): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    if (way.kind === 'direct') {
      const socket = connect({ host: way.address, port: way.port, timeout: CONNECT_TIMEOUT_MS });
      socket.on('connect', () => resolve(socket.setTimeout(0))).on('error', reject);
      socket.on('timeout', () => socket.destroy(new Error(`no answer in ${CONNECT_TIMEOUT_MS} ms`)));
      return;
    }
    const authority = `${way.host}:${way.port}`;
    const asked = askProxy(way.proxy, { method: 'CONNECT', path: authority, headers: { host: authority } });
    asked.on('connect', (reply, socket, head) => {
      if (reply.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`the host's proxy answered ${reply.statusCode}`));
        return;
      }
      socket.unshift(head);
      resolve(socket);
    });
    asked
      .on('error', reject)
      .setTimeout(CONNECT_TIMEOUT_MS, () => asked.destroy(new Error('no answer')))
      .end();
  });
}

function forward(incoming: IncomingMessage, response: ServerResponse, { url, way }: { url: URL; way: Way }): void {
  const outgoing = askPlainly(url, way, incoming);
  outgoing.on('response', (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.on('error', () => response.destroy()).pipe(response);
  });
  outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'upgrade'];

function askPlainly(url: URL, way: Way, { method = 'GET', headers }: IncomingMessage): ClientRequest {
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
  const wanted = { method, headers: { ...passed, host: url.host } };
  if (way.kind === 'chained') return askProxy(way.proxy, { ...wanted, path: url.href });
  return request({ ...wanted, host: way.address, port: way.port, path: url.pathname + url.search });
}

type ProxyRequest = { method: string; path: string; headers: Record<string, string | string[] | undefined> };

function askProxy(proxy: URL, { headers, ...wanted }: ProxyRequest): ClientRequest {
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const isSecure = proxy.protocol === 'https:';
  return (isSecure ? secureRequest : request)({
    ...wanted,
    host: proxy.hostname,
    port: proxy.port || (isSecure ? 443 : 80),
    headers: { ...headers, ...(proxy.username === '' ? {} : { 'proxy-authorization': authorization }) },
  });
}
