import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Usage } from '../../src/goal/budget.ts';
import { type ModelProxy, startModelProxy } from '../../src/kimi/model-proxy.ts';

const KEY = 'sk-the-real-key';
const CHAT = '/v1/chat/completions';
const JSON_TYPE = { 'content-type': 'application/json' };

type Upstream = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };
let folder: string;
let socketPath: string;
let model: Server;
let received: Upstream[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let proxy: ModelProxy;
let metered: [Usage, string][];
let heardUsage: (args: [Usage, string]) => void;
let mayAsk: () => string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omk-proxy-'));
  socketPath = join(folder, 'model.sock');
  received = [];
  metered = [];
  heardUsage = (args) => metered.push(args);
  mayAsk = () => undefined;
  answer = (_, response) => response.end('{}');
  model = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      answer(request, response);
    });
  });
  await once(model.listen(0, '127.0.0.1'), 'listening');
  proxy = await start();
});
afterEach(async () => {
  await proxy.close();
  model.closeAllConnections();
  model.close();
  await rm(folder, { recursive: true });
});

function start(): Promise<ModelProxy> {
  const baseUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1/`;
  return startModelProxy({
    socketPath,
    baseUrl,
    apiKey: KEY,
    model: 'm',
    onUsage: (...args) => heardUsage(args),
    mayAsk: async () => mayAsk(),
  });
}

/** What is metered first. */
function firstUsage(): Promise<[Usage, string]> {
  return new Promise((resolve) => {
    heardUsage = resolve;
  });
}

type Call = { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer };
async function open({
  method = 'POST',
  path = CHAT,
  headers = JSON_TYPE,
  body = '{"model":"m"}',
}: Call = {}): Promise<IncomingMessage> {
  const request = httpRequest({ socketPath, method, path, headers: { authorization: 'Bearer dummy', ...headers } });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}
async function call(
  options?: Call,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> {
  const response = await open(options);
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
const usage = { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 60 } };
const counted: Usage = { inputTokens: 100, cachedTokens: 60, outputTokens: 7 };
const sse = (...events: object[]) =>
  `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
const streams = (body: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.end(body);
};

describe('the key', () => {
  test('is added in place of the one the agent has, and nothing else of the agent is', async () => {
    await call({
      headers: { ...JSON_TYPE, cookie: 'c', 'x-canary': 'secret', 'accept-encoding': 'gzip', 'user-agent': 'kimi' },
    });
    expect(received[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'user-agent': 'kimi',
      'accept-encoding': 'identity',
    });
    expect(JSON.stringify(received[0]?.headers)).not.toMatch(/dummy|canary|cookie/);
  });

  test('never comes back to the agent', async () => {
    answer = (request, response) =>
      response.writeHead(200, { 'x-echo': request.headers.authorization, 'set-cookie': 'a=b' }).end('{}');
    const { headers } = await call();
    expect(JSON.stringify(headers)).not.toMatch(/sk-the-real-key|a=b/);
  });
});

describe('what is let through', () => {
  test('is a completion and the list of models', async () => {
    const answers = [
      await call(),
      await call({ path: '/chat/completions' }),
      await call({ method: 'GET', path: '/v1/models', body: '' }),
    ];
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${CHAT}`,
      `POST ${CHAT}`,
      'GET /v1/models',
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  const others: [string, string][] = [
    ['GET', CHAT],
    ['PUT', CHAT],
    ['DELETE', '/v1/models'],
    ['POST', '/v1/models'],
    ['POST', '/v1/files'],
    ['POST', '/v1/embeddings'],
    ['POST', `${CHAT}/`],
    ['POST', `${CHAT}?stream=1`],
    ['POST', `/v1/v1/chat/completions`],
    ['POST', `/v1/files/..${CHAT}`],
    ['POST', '/v1/%63hat/completions'],
    ['POST', `//evil.example${CHAT}`],
    ['POST', `http://evil.example${CHAT}`],
    ['GET', '/v1/models/../files'],
    ['OPTIONS', '*'],
  ];
  test.each(others)('is not %s %s', async (method, path) => {
    expect(await call({ method, path })).toMatchObject({ status: 403, body: expect.stringContaining('only POST') });
    expect(received).toEqual([]);
  });

  test('is no tunnel', async () => {
    const request = httpRequest({ socketPath, method: 'CONNECT', path: 'evil.example:443' });
    await new Promise((resolve) => request.on('error', resolve).on('connect', resolve).end());
    expect(received).toEqual([]);
  });

  test('is no other model than the one that is paid for', async () => {
    for (const body of ['{"model":"dear"}', '{"model":"m","model":"dear"}'])
      expect(await call({ body })).toMatchObject({ status: 403, body: expect.stringContaining('only the model m') });
    expect(received).toEqual([]);
    await call({ body: '{"model":"dear","n":5,"n":1,"model":"m"}' });
    expect(String(received[0]?.body)).toBe('{"model":"m","n":1}');
  });

  test('is one answer to one question, and one reading of it', async () => {
    for (const body of ['{"model":"m","n":2}', '{"model":"m","MODEL":"dear"}', '{"model":"m","N":5}'])
      expect(await call({ body })).toMatchObject({ status: 400 });
    expect(received).toEqual([]);
  });

  test.each(['', 'no JSON', '[]', '{}', '{"model":7}', '{"model":"m"'.repeat(100_000)])(
    'is no body like %.20j',
    async (body) => {
      expect(await call({ body })).toMatchObject({ status: 400 });
      expect(received).toEqual([]);
    },
  );

  test('is at most 32 MB, announced or not', async () => {
    const fits = `{"model":"m","x":"${'x'.repeat(32 * 1024 * 1024 - 23)}"}`;
    expect(await call({ body: fits })).toMatchObject({ status: 200 });
    expect(received[0]?.body.length).toBe(fits.length);
    expect(await call({ body: `${fits}${' '.repeat(10_000)}` })).toMatchObject({ status: 413 });
    const chunked = { ...JSON_TYPE, 'transfer-encoding': 'chunked' };
    expect(await call({ body: `${fits}${' '.repeat(10_000)}`, headers: chunked })).toMatchObject({ status: 413 });
    expect(received).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('is streamed as it comes, byte for byte', async () => {
    const events = sse({ choices: [{ delta: { content: 'zażółć 😀' } }] }, { choices: [], usage });
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events.slice(0, 20));
      void goOn.then(() => response.end(events.slice(20)));
    };
    const response = await open();
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(String(first)).toBe(events.slice(0, 20));
    expect(proxy.lastTrafficAt()).toBeGreaterThan(0);
    resolve();
    expect(String(first) + (await text(response))).toBe(events);
    expect(metered).toEqual([[counted, 'm']]);
  });

  test.each([401, 402, 403, 404, 429, 500, 503])(
    'of %d keeps its status, its body and when to try again',
    async (status) => {
      answer = (_, response) =>
        response.writeHead(status, { ...JSON_TYPE, 'retry-after': '7' }).end('{"error":{"message":"no"}}');
      expect(await call()).toMatchObject({
        status,
        body: '{"error":{"message":"no"}}',
        headers: { 'retry-after': '7' },
      });
      expect(metered).toEqual([]);
    },
  );

  test('that breaks off breaks off for the agent too', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n', () => response.destroy());
    };
    await expect(text(await open())).rejects.toThrow('aborted');
  });

  test('of a model out of reach is 502, without a word of the key', async () => {
    await new Promise((resolve) => model.close(resolve));
    const { status, body } = await call();
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({
      status: 502,
      body: { error: { message: 'omk: the model cannot be reached: ECONNREFUSED', type: 'omk_model_proxy' } },
    });
  });

  test('that nobody waits for any more is cancelled at the model', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    answer = (_, response) => {
      response.on('close', resolve);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {}\n\n');
    };
    (await open()).destroy();
    await gone;
  });

  test.each([
    ['before the answer', ''],
    ['in the middle of the answer', 'data: {"choices":[]}\n\ndata: {"choices":[]}\n\n'],
  ])('is paid for when somebody hangs up %s, by a guess', async (_, heard) => {
    answer = (_request, response) => {
      if (heard === '') client.destroy();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(heard);
    };
    const client = httpRequest({ socketPath, method: 'POST', path: CHAT, headers: JSON_TYPE });
    client
      .on('error', () => {})
      .on('response', (response) => response.on('error', () => {}).once('data', () => client.destroy()));
    client.end('{"model":"m"}');
    const usage = { inputTokens: 4, cachedTokens: 0, outputTokens: heard === '' ? 0 : 2 };
    expect(await firstUsage()).toEqual([usage, 'm']);
  });
});

describe('the budget', () => {
  test('is asked before each completion; what it refuses never reaches the model', async () => {
    answer = streams(sse({ usage }));
    mayAsk = () => (metered.length < 2 ? undefined : 'the budget is used up');
    const answers = [
      await call(),
      await call(),
      await call(),
      await call({ method: 'GET', path: '/v1/models', body: '' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 402, 200]);
    expect(JSON.parse(answers[2]?.body ?? '')).toEqual({
      error: { message: 'omk: the budget is used up', type: 'omk_model_proxy' },
    });
    expect(received).toHaveLength(3);
  });
});

describe('a flood of calls', () => {
  test('overdraws a budget by no more than eight, and goes on when they have ended', async () => {
    const held: ServerResponse[] = [];
    const { promise: full, resolve } = Promise.withResolvers<void>();
    answer = (_, response) => {
      held.push(response);
      if (held.length === 8) resolve();
    };
    mayAsk = () => (metered.length === 0 ? undefined : 'the budget is used up');
    const answers = Array.from({ length: 40 }, () => call());
    await full;
    // A call that hung up while it waited takes nobody's turn.
    const gone = httpRequest({ socketPath, method: 'POST', path: CHAT, headers: JSON_TYPE }).on('error', () => {});
    gone.end('{"model":"m"}', () => gone.destroy());
    for (const response of held) streams(sse({ usage }))(response.req, response);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 402)).toHaveLength(32);
    expect(received).toHaveLength(8);
  });

  test('opens no more files of omk than 64', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(socketPath).on('error', () => {}));
    const closed = sockets.slice(64).map((socket) => once(socket, 'close'));
    await Promise.all(closed);
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(64);
    for (const socket of sockets) socket.destroy();
  });
});

describe('the meter', () => {
  test('counts the last usage of a stream once, in chunks of any size', async () => {
    const events = sse(
      { choices: [{ finish_reason: 'stop' }], usage: { ...usage, completion_tokens: 6 } },
      { choices: [], usage },
      { usage: null },
    );
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const character of events) response.write(character);
      response.end();
    };
    await call();
    expect(metered).toEqual([[counted, 'm']]);
  });

  test('counts an answer that is no stream, and Moonshot’s way to say what was cached', async () => {
    answer = (_, response) =>
      response
        .writeHead(200, JSON_TYPE)
        .end(JSON.stringify({ usage: { prompt_tokens: 100, completion_tokens: 7, cached_tokens: 60 } }));
    await call();
    expect(metered).toEqual([[counted, 'm']]);
  });

  test('believes in no more cached tokens than there were', async () => {
    answer = streams(sse({ usage: { prompt_tokens: 5, completion_tokens: 1, cached_tokens: 50 } }));
    await call();
    expect(metered).toEqual([[{ inputTokens: 5, cachedTokens: 5, outputTokens: 1 }, 'm']]);
  });

  test.each([
    'data: {"usage":\n\n',
    'data: {"usage":{"prompt_tokens":-1,"completion_tokens":0}}\n\n',
    `data: "usage"\n\n`,
    `data: ${'x'.repeat(3_000_000)}\n\n`,
  ])('guesses at what it does not understand: %.40s', async (body) => {
    answer = streams(body);
    expect((await call()).body).toBe(body);
    expect(metered).toEqual([[{ inputTokens: 4, cachedTokens: 0, outputTokens: 1 }, 'm']]);
  });

  test('counts all that was streamed before the server hung up, however late the agent reads', async () => {
    for (let size = 100_000; size < 600_000; size += 10_000) {
      answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
        response.end(`data: ${'x'.repeat(size)}\n\n`);
      };
      const response = await open();
      for (let turn = 0; turn < 50; turn += 1) await immediate();
      await text(response);
    }
    expect(metered.map(([{ outputTokens }]) => outputTokens)).toEqual(Array.from({ length: 50 }, () => 1));
  });

  test('makes a stream name its usage, and leaves what is asked as it is', async () => {
    const silent = '{ "stream": true, "model": "m", "messages": ["ä"], "seed": 1 }';
    await call({ body: silent });
    expect(JSON.parse(String(received[0]?.body))).toEqual({
      ...(JSON.parse(silent) as object),
      stream_options: { include_usage: true },
    });
    for (const body of [
      '{ "model": "m",  "seed": 1 }',
      '{ "stream": true, "stream_options": { "include_usage": true }, "model": "m" }',
    ]) {
      await call({ body });
      expect(JSON.parse(String(received.at(-1)?.body))).toEqual(JSON.parse(body));
    }
  });
});

describe('the socket', () => {
  const options = { baseUrl: 'http://127.0.0.1:1', apiKey: KEY, model: 'm' };

  test('of a proxy that died is replaced, and so is whatever the agent put in its place', async () => {
    const dead = createServer();
    const other = join(folder, 'other.sock');
    await once(dead.listen(other), 'listening');
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    const plants = [
      () => undefined,
      () => writeFile(other, 'a file'),
      () => mkdir(join(other, 'a/folder'), { recursive: true }),
      () => symlink(victim, other),
    ];
    for (const plant of plants) {
      await plant();
      await (await startModelProxy({ socketPath: other, ...options })).close();
    }
    dead.close();
    expect(await readFile(victim, 'utf8')).toBe('precious');
  });

  test('with a path that the system would cut is refused', async () => {
    const long = join(folder, 'x'.repeat(107 - folder.length));
    await expect(startModelProxy({ socketPath: long, ...options })).rejects.toThrow('has 108 bytes');
    await (await startModelProxy({ socketPath: long.slice(0, -1), ...options })).close();
  });
});
