import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import type { Usage } from '../goal/budget.ts';
import { assertSocketPath } from './home.ts';
import { meterAnswer } from './meter.ts';

const BODY_LIMIT = 32 * 1024 * 1024;

/** An agent holds no more of omk's memory and files than this. Calls beyond it wait, so only these can overdraw a budget. */
const MOST_CALLS = 8;
const MOST_CONNECTIONS = 64;

export type ModelProxy = {
  /** When bytes last went either way, in milliseconds since 1970; 0 if none did. */
  lastTrafficAt: () => number;
  close(): Promise<void>;
};

export type ModelProxyOptions = {
  socketPath: string;
  /** Of the real model, with its version: `https://api.moonshot.ai/v1`. */
  baseUrl: string;
  apiKey: string;
  /** The only model that may be asked: another could cost more. */
  model: string;
  onUsage?: (usage: Usage, model: string) => void;
  /** Asked before each request: why it must not go on (402), or undefined. */
  mayAsk?: () => Promise<string | undefined>;
};

/** What an agent may send of its own headers; `accept-encoding` is not among them so that the answer can be metered. */
const REQUEST_HEADERS = ['accept', 'content-type', 'user-agent'];
const RESPONSE_HEADERS = [
  'content-type',
  'content-length',
  'cache-control',
  'retry-after',
  'x-request-id',
  'x-should-retry',
];

/**
 * Lets whoever reaches the unix socket talk to one model: adds the key, forwards `POST /v1/chat/completions` and `GET /v1/models` and nothing else (403),
 * streams the answer as it is, and reports the tokens of each answer. What `mayAsk` refuses is answered 402, another model 403, a request of more than 32 MB 413, a model
 * out of reach 502. What lies at the socket's path is removed: the folder is the agent's. Throws a `ToolError` if the socket's path is too long.
 */
export async function startModelProxy(options: ModelProxyOptions): Promise<ModelProxy> {
  assertSocketPath(options.socketPath);
  const base = options.baseUrl.replace(/\/+$/, '');
  const secure = new URL(base).protocol === 'https:';
  let trafficAt = 0;
  const touch = (): void => {
    trafficAt = Date.now();
  };
  // A connection for each call: one that idled may be closed just when it is used again, and a completion is nothing to repeat.
  const upstream: Upstream = (path, requestOptions) =>
    (secure ? https : http).request(base + path, { ...requestOptions, agent: false });
  const inTurn = turns(MOST_CALLS);
  const server = http.createServer((request, response) => {
    touch();
    inTurn(async () => {
      const over = once(response, 'close');
      await handle(request, response, { ...options, upstream, touch });
      await over;
    }).catch(() => response.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await rm(options.socketPath, { recursive: true, force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socketPath, resolve);
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { lastTrafficAt: () => trafficAt, close };
}

/** Lets so many pieces of work go on at once; the others wait for their turn. */
function turns(most: number): (work: () => Promise<void>) => Promise<void> {
  let under = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (under < most) under += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else under -= 1;
    }
  };
}

type Upstream = (path: string, options: http.RequestOptions) => http.ClientRequest;
type Exchange = Pick<ModelProxyOptions, 'apiKey' | 'model' | 'onUsage' | 'mayAsk'> & {
  upstream: Upstream;
  touch: () => void;
};

async function handle(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
  if (response.destroyed) return;
  const path = allowedPath(request);
  if (path === undefined)
    return refuse(response, 403, 'only POST /v1/chat/completions and GET /v1/models are let through');
  const received = await receive(request, exchange.touch);
  if (received === undefined) return refuse(response, 413, `a request may have at most ${BODY_LIMIT} bytes`);
  const call = path === '/models' ? { body: '', model: '' } : parseCall(received);
  if (call === undefined) return refuse(response, 400, 'the request is not a chat completion in JSON, for one answer');
  if (path !== '/models' && call.model !== exchange.model)
    return refuse(response, 403, `only the model ${exchange.model} may be asked`);
  const refusal = path === '/models' ? undefined : await exchange.mayAsk?.();
  if (refusal !== undefined) return refuse(response, 402, refusal);
  forward({ request, response, path, call }, exchange);
}

function allowedPath(request: IncomingMessage): string | undefined {
  switch (`${request.method} ${request.url?.replace(/^\/v1\//, '/')}`) {
    case 'POST /chat/completions':
      return '/chat/completions';
    case 'GET /models':
      return '/models';
    default:
      return undefined;
  }
}

async function receive(request: IncomingMessage, touch: () => void): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    touch();
    length += (chunk as Buffer).length;
    if (length > BODY_LIMIT) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

type Call = { body: string; model: string };
const callSchema = z.looseObject({
  model: z.string(),
  /** Answers to one question. More would be spent before a budget could say no. */
  n: z.literal(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

/**
 * The call as it goes on: written anew, so that no two readers take it for two calls (keys that come twice, or differ by case alone), and
 * a stream that would not name its usage is made to, so that nothing is spent unseen.
 */
function parseCall(received: Buffer): Call | undefined {
  try {
    const call = callSchema.parse(JSON.parse(received.toString('utf8')));
    if (Object.keys(call).some((key) => key !== key.toLowerCase())) return undefined;
    const options = call.stream ? { stream_options: { ...call.stream_options, include_usage: true } } : {};
    return { body: JSON.stringify({ ...call, ...options }), model: call.model };
  } catch {
    return undefined;
  }
}

function forward(
  { request, response, path, call }: { request: IncomingMessage; response: ServerResponse; path: string; call: Call },
  { apiKey, onUsage, upstream, touch }: Exchange,
): void {
  const headers = {
    ...pick(request.headers, REQUEST_HEADERS),
    'accept-encoding': 'identity',
    'content-length': Buffer.byteLength(call.body),
    authorization: `Bearer ${apiKey}`,
  };
  const outgoing = upstream(path, { method: request.method ?? 'GET', headers });
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, `the model cannot be reached: ${error.code ?? 'the connection broke'}`);
  });
  let used: () => Usage | undefined = () => (response.destroyed ? guess(call, 0) : undefined);
  let charged = path === '/models';
  const charge = (): void => {
    const usage = charged ? undefined : used();
    charged = true;
    if (usage) onUsage?.(usage, call.model);
  };
  outgoing.on('close', charge);
  outgoing.on('response', (answer) => {
    // The request may close while some of its answer waits to be read.
    outgoing.off('close', charge);
    answer.on('close', charge);
    const meter = meterAnswer(answer.headers['content-type']);
    used = () => meter.usage() ?? (answer.statusCode === 200 ? guess(call, meter.events()) : undefined);
    response.writeHead(answer.statusCode ?? 502, pick(answer.headers, RESPONSE_HEADERS));
    answer.on('data', (chunk: Buffer) => {
      touch();
      meter.take(chunk);
    });
    answer.on('error', () => response.destroy());
    // Before the agent sees the end: its next request must find this one counted.
    answer.on('end', charge);
    answer.pipe(response);
  });
  outgoing.end(call.body);
}

const BYTES_PER_TOKEN = 4;

/** The tokens of a call whose usage was never named, as when somebody hangs up first: by the length of the request, and one for each event that was streamed. */
function guess({ body }: Call, events: number): Usage {
  return { inputTokens: Math.ceil(Buffer.byteLength(body) / BYTES_PER_TOKEN), cachedTokens: 0, outputTokens: events };
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string | string[]> {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.destroyed || response.headersSent) return;
  // Without this a client that is still sending never reads the refusal.
  response.req.resume();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: `omk: ${message}`, type: 'omk_model_proxy' } }));
}
