import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEgressProxy, type EgressProxy } from '../../src/sandbox/egress.ts';

const seen: string[] = [];
const registry = createServer((incoming, response) => {
  seen.push(`${incoming.method} ${incoming.headers.host}${incoming.url}`);
  response.end('a package');
});
/** The host's own proxy: it answers in place of everybody, so that names of the internet can be asked for. */
const corporate = createServer((_, response) => response.end('by the proxy'));
corporate.on('connect', ({ url, headers }: IncomingMessage, socket: Duplex) => {
  seen.push(`CONNECT ${url} ${headers['proxy-authorization'] ?? ''}`);
  socket.write('HTTP/1.1 200 OK\r\n\r\nearly ');
  socket.once('data', () => socket.end('words'));
});

const addresses: Record<string, string[]> = {
  'registry.npmjs.org': ['104.16.0.1'],
  'pypi.org': ['10.0.0.7'],
  'crates.io': ['104.16.0.2', '127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  localhost: ['127.0.0.1'],
  '127.0.0.1': ['127.0.0.1'],
};
const resolve = async (name: string): Promise<string[]> => addresses[name] ?? Promise.reject(new Error('no such name'));

let dir: string;
let proxy: EgressProxy;
let chained: EgressProxy;
let port: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'omk-egress-'));
  await Promise.all([registry, corporate].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  port = (registry.address() as AddressInfo).port;
  const corporatePort = (corporate.address() as AddressInfo).port;
  const hosts = [
    'registry.npmjs.org',
    'pypi.org',
    'crates.io',
    'mapped.example',
    `localhost:${port}`,
    `127.0.0.1:${port}`,
  ];
  proxy = await startEgressProxy({ socketPath: join(dir, 'a.sock'), hosts, env: {}, resolve });
  chained = await startEgressProxy({
    socketPath: join(dir, 'b.sock'),
    hosts,
    env: { HTTPS_PROXY: `http://me:pw@127.0.0.1:${corporatePort}`, NO_PROXY: '127.0.0.1' },
    resolve,
  });
});

afterAll(async () => {
  await Promise.all([proxy.close(), chained.close()]);
  registry.close();
  corporate.close();
  await rm(dir, { recursive: true });
});

type Reply = { status: number | undefined; body: string };

/** Through the tunnel goes one request to whoever is at its end. */
async function connectTo(authority: string, socketPath = join(dir, 'a.sock')): Promise<Reply> {
  const asked = request({ socketPath, method: 'CONNECT', path: authority }).end();
  const [reply, socket, head] = (await once(asked, 'connect')) as [IncomingMessage, Duplex, Buffer];
  socket.unshift(head);
  if (reply.statusCode === 200) socket.write('GET /left-pad HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n');
  return { status: reply.statusCode, body: await text(socket) };
}

async function get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
  const asked = request({ socketPath: join(dir, 'a.sock'), path, headers }).end();
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: reply.statusCode, body: await text(reply) };
}

describe('the egress proxy lets through', () => {
  test.each(['localhost', '127.0.0.1'])('a registry that the operator named with its port: %s', async (host) => {
    expect(await connectTo(`${host}:${port}`)).toEqual({ status: 200, body: expect.stringContaining('a package') });
  });

  test('plain http to such a registry, without what was meant for the proxy', async () => {
    expect(await get(`http://localhost:${port}/left-pad?v=1`, { 'proxy-authorization': 'x' })).toEqual({
      status: 200,
      body: 'a package',
    });
    expect(seen).toContain(`GET localhost:${port}/left-pad?v=1`);
  });

  test("a public registry through the host's own proxy, with its credentials and by name", async () => {
    expect(await connectTo('Registry.NPMjs.org:443', join(dir, 'b.sock'))).toEqual({
      status: 200,
      body: 'early words',
    });
    expect(seen).toContain('CONNECT registry.npmjs.org:443 Basic bWU6cHc=');
  });

  test("what the host's NO_PROXY names straight", async () => {
    expect(await connectTo(`127.0.0.1:${port}`, join(dir, 'b.sock'))).toMatchObject({ status: 200 });
  });
});

describe('the egress proxy refuses', () => {
  test.each([
    ['a host that is not on the list', 'evil.example:443'],
    ['a name below one of the list', 'evil.registry.npmjs.org:443'],
    ['a name that ends like one of the list', 'evilpypi.org:443'],
    ['another port of an allowed name', 'registry.npmjs.org:22'],
    ['port 80 of an allowed name', 'registry.npmjs.org:80'],
    ['an allowed name that resolves to a private address', 'pypi.org:443'],
    ['an allowed name of which one address is private', 'crates.io:443'],
    ['an allowed name that resolves to a v4-mapped loopback', 'mapped.example:443'],
    ['another port of the loopback', '127.0.0.1:22'],
    ['a trailing dot', 'registry.npmjs.org.:443'],
    ['a user before the name', 'registry.npmjs.org:443@evil.example:443'],
    ['an allowed name as the user', 'registry.npmjs.org@evil.example:443'],
    ['the metadata service', '169.254.169.254:443'],
    ['a decimal address', '2130706433:443'],
    ['an octal address', '0177.0.0.1:443'],
    ['a hexadecimal address', '0x7f000001:443'],
    ['a short address', '127.1:443'],
    ['zero', '0:443'],
    ['the IPv6 loopback', '[::1]:443'],
    ['a v4-mapped loopback', '[::ffff:127.0.0.1]:443'],
    ['a v4-mapped loopback in hexadecimal', '[::ffff:7f00:1]:443'],
    ['an IPv6 address without brackets', '::1:443'],
    ['an international name', 'xn--rgistry-bya.npmjs.org:443'],
    ['no port', 'registry.npmjs.org'],
    ['an empty port', 'registry.npmjs.org:'],
    ['a port with a sign', 'registry.npmjs.org:+443'],
    ['a port out of range', 'registry.npmjs.org:65979'],
    ['a path', 'registry.npmjs.org:443/x'],
    ['a percent sign', 'registry%2enpmjs.org:443'],
    ['a wildcard', '*:443'],
    ['no name', ':443'],
  ])('CONNECT to %s: %s', async (_, authority) => {
    expect(await connectTo(authority)).toMatchObject({ status: 403 });
    expect(proxy.denied.some((line) => line.startsWith(`${authority}: `))).toBe(true);
  });

  test.each([
    ['plain http to a public registry', 'http://registry.npmjs.org/'],
    ['plain http elsewhere', 'http://evil.example/'],
    ['a user in the address', 'http://localhost@evil.example/'],
    ['https in the plain', 'https://registry.npmjs.org/'],
    ['another scheme', 'ftp://registry.npmjs.org/'],
    ['a request to the proxy itself', '/'],
  ])('%s: %s', async (_, url) => {
    expect(await get(url)).toMatchObject({ status: 403, body: expect.stringContaining('package registries only') });
  });

  test('a user in an allowed plain address', async () => {
    expect(await get(`http://me:pw@localhost:${port}/`)).toMatchObject({ status: 403 });
  });

  test('a private address even when the host is behind a proxy', async () => {
    expect(await connectTo('pypi.org:443', join(dir, 'b.sock'))).toMatchObject({ status: 403 });
  });

  test('more than a hundred targets without remembering them all', async () => {
    for (let index = 0; index < 120; index++) await connectTo(`evil-${index}.example:443`, join(dir, 'b.sock'));
    expect(chained.denied).toHaveLength(100);
  });
});

test('more than 256 connections of a room are not taken', async () => {
  const socketPath = join(dir, 'd.sock');
  const own = await startEgressProxy({ socketPath, hosts: [], env: {}, resolve });
  const sockets = Array.from({ length: 300 }, () => connect(socketPath).on('error', () => {}));
  await Promise.all(sockets.slice(256).map((socket) => once(socket, 'close')));
  expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(256);
  await own.close();
});

test('a registry that does not answer is a bad gateway, not a crash', async () => {
  const closed = createServer();
  await once(closed.listen(0, '127.0.0.1'), 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const socketPath = join(dir, 'c.sock');
  const proxy = await startEgressProxy({ socketPath, hosts: [`127.0.0.1:${port}`], env: {}, resolve });
  expect(await connectTo(`127.0.0.1:${port}`, socketPath)).toMatchObject({ status: 502 });
  await proxy.close();
});
