import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { launch } from '../src/process.ts';

const BRIDGE = fileURLToPath(new URL('../src/bridge.ts', import.meta.url));
let folder: string;
let socket: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omk-bridge-'));
  socket = join(folder, 'model.sock');
  server = createServer({ allowHalfOpen: true }, (client) =>
    client.on('data', (data) => client.end(`heard ${String(data)}`)),
  );
  await once(server.listen(socket), 'listening');
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const bridged = (command: string[], env: Record<string, string> = {}) =>
  launch([process.execPath, BRIDGE, socket, '--', ...command], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
const node = (source: string) => [process.execPath, '-e', source];

test('the program reaches the socket at the port that its environment names, and keeps its standard streams', async () => {
  const program = bridged(
    node(`const [, host, port] = /\\/\\/(.*):(\\d+)/.exec(process.env.URL);
          process.stdin.on('data', (line) => require('node:net').connect(port, host).on('data', (d) => { process.stdout.write(d); process.exit(7) }).write(line));`),
    { URL: 'http://127.0.0.1:%PORT%/v1' },
  );
  program.stdin.write('hello');
  expect(await text(program.stdout)).toBe('heard hello');
  expect(await program.exited).toMatchObject({ exitCode: 7 });
});

test('a big stream passes intact both ways', async () => {
  server.removeAllListeners('connection').on('connection', (client) => client.pipe(client));
  const program = bridged(
    node(`const sent = require('node:crypto').randomBytes(8 << 20); const got = [];
          const c = require('node:net').connect(process.env.AT, '127.0.0.1').on('data', (d) => got.push(d));
          c.on('end', () => { console.log(Buffer.concat(got).equals(sent)); process.exit(0) }); c.end(sent);`),
    { AT: '%PORT%' },
  );
  expect(await text(program.stdout)).toBe('true\n');
});

test('a connection that the program drops is dropped at the socket too', async () => {
  const closed = new Promise((resolve) => server.on('connection', (client) => client.on('close', resolve)));
  const program = bridged(
    node(`const c = require('node:net').connect(process.env.AT, '127.0.0.1');
          c.on('data', () => { c.destroy(); setInterval(() => {}, 1000) }).write('x')`),
    { AT: '%PORT%' },
  );
  await closed;
  await program.kill();
});

test('a socket that is not there closes the connection, not the program', async () => {
  server.close();
  await rm(socket, { force: true });
  const program = bridged(
    node(
      `require('node:net').connect(process.env.AT, '127.0.0.1').on('close', () => console.log('closed')).on('error', () => {}); setTimeout(() => process.exit(), 500)`,
    ),
    {
      AT: '%PORT%',
    },
  );
  expect(await text(program.stdout)).toBe('closed\n');
  expect(await program.exited).toMatchObject({ exitCode: 0 });
});

test('a signal is passed on to the program', async () => {
  const program = bridged(
    node(`process.on('SIGTERM', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')`),
  );
  await once(program.stdout, 'data');
  process.kill(program.pid ?? 0, 'SIGTERM');
  expect(await program.exited).toMatchObject({ exitCode: 42 });
});

test('a program that a signal ends gives 128 and its number', async () => {
  expect(await bridged(node('process.kill(process.pid, "SIGKILL")')).exited).toMatchObject({ exitCode: 137 });
});

test('a program that is not there gives 127, a wrong call 2', async () => {
  const missing = bridged(['/nowhere/kimi']);
  expect(await text(missing.stderr)).toContain('cannot run /nowhere/kimi');
  expect(await missing.exited).toMatchObject({ exitCode: 127 });
  const wrong = launch([process.execPath, BRIDGE, socket, 'kimi'], { cwd: folder, env: {} });
  expect(await text(wrong.stderr)).toContain('usage: node bridge.ts');
  expect(await wrong.exited).toMatchObject({ exitCode: 2 });
});
