import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { AcpError, type AcpHandlers, CONNECTION_ENDED, methodNotFound, openAcp } from '../../src/kimi/acp.ts';

/** An agent's end of the line, in our hands. */
function connect(handlers: Partial<AcpHandlers> = {}) {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const notified: string[] = [];
  const acp = openAcp(
    { stdin, stdout },
    {
      onRequest: (method) => {
        throw methodNotFound(method);
      },
      onNotification: (method, params) => notified.push(`${method} ${JSON.stringify(params)}`),
      onMessage: () => {},
      ...handlers,
    },
  );
  const say = (message: object) => stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const heard = async (): Promise<unknown> => JSON.parse(String((await once(stdin, 'data'))[0]));
  return { acp, stdin, stdout, say, heard, notified };
}

test('an answer reaches its request, in whatever order they come', async () => {
  const { acp, say } = connect();
  const answers = [acp.request('one', {}), acp.request('two', {})];
  say({ id: 2, result: 'second' });
  say({ id: 1, result: 'first' });
  expect(await Promise.all(answers)).toEqual(['first', 'second']);
});

test('a refusal rejects with its code', async () => {
  const { acp, say } = connect();
  const answer = acp.request('one', {});
  say({ id: 1, error: { code: -32000, message: 'Authentication required' } });
  await expect(answer).rejects.toMatchObject({ name: 'AcpError', code: -32000, message: 'Authentication required' });
});

test('a message may come byte by byte, cut within a character', async () => {
  const { acp, stdout, notified } = connect();
  for (const byte of Buffer.from('{"jsonrpc":"2.0","method":"n","params":"zażółć 😀"}\r\n'))
    stdout.write(Buffer.of(byte));
  stdout.end();
  expect(await acp.ended).toBeUndefined();
  expect(notified).toEqual(['n "zażółć 😀"']);
});

test('a message of 8 MB is read, several in one chunk too', async () => {
  const { acp, stdout, notified } = connect();
  const long = 'x'.repeat(8 * 1024 * 1024);
  stdout.end(`{"jsonrpc":"2.0","method":"a","params":"${long}"}\n\n{"jsonrpc":"2.0","method":"b"}\n`);
  expect(await acp.ended).toBeUndefined();
  expect(notified.map((line) => line.length)).toEqual([long.length + 4, 'b undefined'.length]);
});

test('a line of more than 16 MiB ends the connection, before it is over', async () => {
  const { acp, stdout } = connect();
  const answer = acp.request('one', {});
  stdout.write('x'.repeat(16 * 1024 * 1024 + 1));
  await expect(answer).rejects.toMatchObject({ code: CONNECTION_ENDED });
  expect(await acp.ended).toContain('more than 16777216 characters');
});

test('more than 256 MiB in all end the connection', async () => {
  const { acp, stdout } = connect();
  const line = Buffer.from(`{"jsonrpc":"2.0","method":"x"${' '.repeat(8 * 1024 * 1024)}}\n`);
  for (let sent = 0; sent < 40; sent += 1)
    if (!stdout.write(line)) await Promise.race([once(stdout, 'drain'), acp.ended]);
  expect(await acp.ended).toMatch(/more than 268435456/);
});

test('a first line that is no message ends the connection, a later one is passed over', async () => {
  const first = connect();
  first.stdout.write('Debugger listening\n');
  expect(await first.acp.ended).toBe('it does not speak ACP, it said: Debugger listening');

  const later = connect();
  later.say({ method: 'a' });
  later.stdout.end('Debugger listening\n[1]\n"x"\n{"jsonrpc":"2.0","method":"b"}\n');
  expect(await later.acp.ended).toBeUndefined();
  expect(later.notified).toEqual(['a undefined', 'b undefined']);
});

test('the end of the connection rejects what waits and what is asked later', async () => {
  const { acp, stdout } = connect();
  const waiting = acp.request('one', {});
  stdout.end();
  await expect(waiting).rejects.toMatchObject({ code: CONNECTION_ENDED });
  await expect(acp.request('two', {})).rejects.toMatchObject({ code: CONNECTION_ENDED });
});

test('what the agent asks is answered, with our refusal if we refuse', async () => {
  const { say, heard } = connect({
    onRequest: (method) => {
      if (method === 'known') return { outcome: 'yes' };
      throw methodNotFound(method);
    },
  });
  say({ id: 'a', method: 'known' });
  expect(await heard()).toEqual({ jsonrpc: '2.0', id: 'a', result: { outcome: 'yes' } });
  say({ id: 0, method: 'fs/write_text_file' });
  expect(await heard()).toMatchObject({
    id: 0,
    error: { code: -32601, message: 'omk does not offer fs/write_text_file' },
  });
});

test('a fault of our own handler is not hidden', async () => {
  const { acp, say } = connect({
    onNotification: () => {
      throw new TypeError('a bug');
    },
  });
  say({ method: 'n' });
  await expect(acp.ended).rejects.toThrow('a bug');
  await expect(acp.request('one', {})).rejects.toThrow(AcpError);
});
