import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';
import { settleAutoMerges } from './merge-pull.ts';
import { readLog } from './routes-check-details.ts';
import { answerGit, isGitRequest, type RawRequest } from './serve-git.ts';
import { answerGraphql } from './serve-graphql.ts';
import { answerRest, nameRestRoute } from './serve-rest.ts';
import type { Exchange, Site } from './site.ts';

/** Serves the site on a free port of the loopback interface. */
export async function serve(site: Site): Promise<Server> {
  const server = createServer((request, response) => {
    // A client that goes away in the middle of its request, killed perhaps, is no fault of this server.
    handle(site, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site.state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}

async function handle(site: Site, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = await readRequest(site, incoming);
  const { method, url } = request;
  const exchange: Exchange = {
    method,
    path: `${url.pathname}${url.search}`,
    route: nameRoute(request),
    status: 0,
    body: parse(request.body),
    caller: 'nobody',
  };
  site.requests.push(exchange);
  await site.before?.(exchange);
  const fault = site.faults.take(exchange);
  if (fault === 'hang') return;
  if (fault === 'reset') return void incoming.socket.destroy();
  const answer = isReply(fault) ? replyOf(fault) : await answerSafely(site, request, exchange);
  if (fault === 'apply-then-reset') return void incoming.socket.destroy();
  exchange.status = answer.status;
  send(site, response, answer);
}

function nameRoute(request: RawRequest): string {
  const { pathname } = request.url;
  if (pathname === '/api/graphql') return 'POST /graphql';
  if (isGitRequest(request.url)) return `git ${pathname.replace(/^\/[^/]+\/[^/]+\//, '')}`;
  return pathname.startsWith('/api/v3') ? nameRestRoute(request) : '?';
}

async function readRequest(site: Site, incoming: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', site.state.url);
  return { method: incoming.method ?? 'GET', url, headers: incoming.headers, body: Buffer.concat(chunks) };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function isReply(fault: Fault | undefined): fault is Exclude<Fault, string> {
  return typeof fault === 'object';
}

function replyOf({ status, body, headers }: Exclude<Fault, string>): Answer {
  return {
    status,
    headers: headers ?? {},
    body: typeof body === 'string' ? Buffer.from(body) : (body ?? { message: 'Injected fault' }),
  };
}

async function answerSafely(site: Site, request: RawRequest, exchange: Exchange): Promise<Answer> {
  try {
    const answer = await route(site, request, exchange);
    if (request.method !== 'GET') await settleAutoMerges(site.state);
    return answer;
  } catch (error) {
    site.drift.push(`${request.method} ${exchange.path} threw ${(error as Error).stack ?? String(error)}`);
    return { status: 500, body: { message: 'The fake GitHub is broken' } };
  }
}

function route(site: Site, request: RawRequest, exchange: Exchange): Promise<Answer> {
  const { pathname } = request.url;
  if (pathname === '/api/graphql') return answerGraphql(site, request, exchange);
  if (pathname.startsWith('/api/v3')) return answerRest(site, request, exchange);
  const log = readLog(site.state, pathname);
  if (log) return Promise.resolve(log);
  if (isGitRequest(request.url)) return answerGit(site, request, exchange);
  site.refused.push(`${request.method} ${pathname}: outside of the API`);
  return Promise.resolve({ status: 404, body: { message: 'Not Found' } });
}

const hourlyLimit = 5000;

function send(site: Site, response: ServerResponse, { status, body, headers }: Answer): void {
  const raw = Buffer.isBuffer(body);
  const used = site.requests.length % hourlyLimit;
  response.writeHead(status, {
    ...(!raw && { 'content-type': 'application/json; charset=utf-8' }),
    date: site.state.clock.now().toUTCString(),
    'x-github-request-id': `FAKE:${site.requests.length}`,
    'x-ratelimit-limit': hourlyLimit,
    'x-ratelimit-remaining': hourlyLimit - used,
    'x-ratelimit-used': used,
    'x-ratelimit-reset': Math.floor(site.state.clock.now().getTime() / 1000) + 3600,
    ...headers,
  });
  response.end(raw ? body : body === undefined || status === 204 || status === 304 ? undefined : JSON.stringify(body));
}
