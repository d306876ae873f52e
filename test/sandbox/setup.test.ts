import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Room } from '../../src/process.ts';
import { startEgressProxy, type EgressProxy } from '../../src/sandbox/egress.ts';
import { omkFolder } from '../../src/sandbox/host.ts';
import { inSandbox, LIMITS, makeStage, run } from './stage.ts';

const stage = await makeStage();
const registry = createServer((incoming, response) => response.end(`package ${incoming.url}`));
const other = createServer((_, response) => response.end('secret'));
let proxy: EgressProxy;
let address: string;
let forbidden: string;
let setup: () => Room;

beforeAll(async () => {
  await Promise.all([registry, other].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  address = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  forbidden = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const socket = join(stage.dir, 'net.sock');
  proxy = await startEgressProxy({ socketPath: socket, hosts: [address] });
  const registries = { hosts: [address], env: { npm_config_registry: `http://${address}/` }, folders: [] };
  setup = () => stage.open({ profile: 'setup', egress: { socket, registries }, limits: { ...LIMITS, processes: 200 } });
});

afterAll(async () => {
  await proxy.close();
  registry.close();
  other.close();
  await stage.remove();
});

const fetching = (url: string): string[] => [
  process.execPath,
  '-e',
  `fetch('${url}').then((r) => r.text()).then((t) => console.log(t), (e) => { console.error(e.cause ?? e); process.exit(1) })`,
];

describe('a setup step', () => {
  inSandbox('reaches a registry of the list through the proxy', async () => {
    expect(await run(setup(), fetching(`http://${address}/left-pad`))).toMatchObject({ stdout: 'package /left-pad\n' });
  });

  inSandbox('reaches it with npm, which was told the registry', async () => {
    const { stdout, stderr } = await run(setup(), ['npm', 'ping']);
    expect(`${stdout}${stderr}`).toContain(`PONG`);
  });

  inSandbox('reaches nothing else: the proxy says no and remembers it', async () => {
    const { exitCode, stdout } = await run(setup(), fetching(`http://${forbidden}/`));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(proxy.denied).toEqual([expect.stringContaining(forbidden)]);
  });

  inSandbox('reaches not even the registry without the proxy', async () => {
    const direct = ['env', '-u', 'NODE_USE_ENV_PROXY', ...fetching(`http://${address}/`)];
    const { exitCode, stderr } = await run(setup(), direct);
    expect({ exitCode, refused: stderr.includes('ECONNREFUSED') }).toEqual({ exitCode: 1, refused: true });
  });

  inSandbox('is the only one that has the way out: a gate has not', async () => {
    const { exitCode } = await run(stage.open({ profile: 'gate' }), ['sh', '-c', 'ls /room/egress.sock']);
    expect(exitCode).not.toBe(0);
  });
});

describe('the bridge', () => {
  const bridge = (...command: string[]): string[] => [
    process.execPath,
    `${omkFolder}/src/bridge.ts`,
    '/nowhere',
    '--',
    ...command,
  ];
  const place = (): Room => stage.open({}, { kind: 'none', why: 'the bridge alone' });

  test('puts its port into the environment and passes input and output on', async () => {
    const { stdout } = await run(place(), bridge('sh', '-c', 'echo "$A"; cat'), 'input', {
      A: 'http://[%PORT%]/%PORT%',
    });
    expect(stdout).toMatch(/^http:\/\/\[(\d+)\]\/\1\ninput$/);
  });

  test.each([
    ['the exit code of the command', ['sh', '-c', 'exit 7'], 7],
    ['128 and the number of the signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 for a command that is not there', ['no-such-command'], 127],
  ])('ends with %s', async (_, command, expected) => {
    expect(await run(place(), bridge(...command))).toMatchObject({ exitCode: expected });
  });

  test('hands a signal on and waits for the command to end', async () => {
    const launched = place().launch(
      bridge('sh', '-c', "trap 'echo ended; exit 3' TERM; echo ready; while :; do sleep 0.05; done"),
    );
    await once(launched.stdout, 'data');
    process.kill(launched.pid!, 'SIGTERM');
    expect(await launched.exited).toMatchObject({ exitCode: 3 });
  });

  test('explains itself when it is called wrongly', async () => {
    const { exitCode, stderr } = await run(place(), [process.execPath, `${omkFolder}/src/bridge.ts`, 'x']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'bridge: usage: node bridge.ts <socket> -- <command…>\n',
    });
  });
});
