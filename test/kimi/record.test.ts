import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSessionName, NO_RECORD, readRecord } from '../../src/kimi/record.ts';
import { launch } from '../../src/process.ts';

const SINCE = 1_000;
let home: string;
let agents: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'omk-record-'));
  agents = join(home, 'sessions', 'wd_work_0123456789ab', 'session_1', 'agents');
  await mkdir(join(agents, 'main'), { recursive: true });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const spent = (usage: object, time = SINCE) => ({ type: 'usage.record', usage, time });
const tokens = { inputOther: 70, inputCacheRead: 30, inputCacheCreation: 5, output: 7 };
const ended = (reason: string, error?: object) => ({ type: 'turn.ended', reason, error, time: SINCE });
const step = (event: object) => ({ type: 'context.append_loop_event', event, time: SINCE });
const begins = step({ type: 'step.begin' });
const says = (text: string) => step({ type: 'content.part', part: { type: 'text', text } });

async function record(agent: string, entries: (object | string)[]): Promise<void> {
  await mkdir(join(agents, agent), { recursive: true });
  const lines = entries.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)));
  await writeFile(join(agents, agent, 'wire.jsonl'), lines.join('\n'));
}
const read = () => readRecord(home, 'session_1', SINCE);

test('the usage of a turn is that of all agents, cache included', async () => {
  await record('main', [spent(tokens), spent(tokens)]);
  await record('agent-0', [spent(tokens)]);
  expect((await read()).usage).toEqual({ inputTokens: 315, cachedTokens: 90, outputTokens: 21 });
});

test('what a former turn recorded does not count', async () => {
  await record('main', [
    spent(tokens, SINCE - 1),
    { ...ended('completed'), time: SINCE - 1 },
    { ...says('before'), time: 1 },
  ]);
  expect(await read()).toEqual(NO_RECORD);
});

test('the text is what the main agent said in the last step in which it said anything', async () => {
  await record('main', [begins, says('I look.'), begins, says('Here '), says('it is.'), begins]);
  await record('agent-0', [begins, says('I help.')]);
  expect((await read()).text).toBe('Here it is.');
});

test('of an endless text the end counts, which holds the answer', async () => {
  const parts = Array.from({ length: 40 }, () => says('x'.repeat(100_000)));
  await record('main', [begins, ...parts, says('{"the":"answer"}')]);
  const { text } = await read();
  expect(text.length).toBe(2 ** 20);
  expect(text.endsWith('x{"the":"answer"}')).toBe(true);
});

test('the end is the last end of the main agent, with its error', async () => {
  const error = { code: 'provider.api_error', message: '500 boom', details: { statusCode: 500 } };
  await record('main', [ended('completed'), ended('failed', error)]);
  await record('agent-0', [ended('completed')]);
  expect((await read()).end).toEqual({
    reason: 'failed',
    code: 'provider.api_error',
    message: '500 boom',
    statusCode: 500,
  });
});

describe('a record that the agent forged', () => {
  const forged: [string, (object | string)[]][] = [
    ['no JSON', ['{"type":"usage.record"', 'usage.record', '"turn.ended"', '\u0000"turn.ended"\u0000']],
    ['other JSON', ['null "turn.ended"', '["turn.ended"]', '{"turn.ended":1}', '"usage.record"']],
    ['negative tokens', [spent({ ...tokens, inputOther: -1_000_000 })]],
    [
      'fractions, giants and words for tokens',
      [spent({ output: 1.5 }), spent({ output: 1e300 }), spent({ output: '7' }), spent({ output: null })],
    ],
    [
      'a time that is none',
      [
        { ...spent(tokens), time: 'now' },
        { ...ended('completed'), time: null },
      ],
    ],
    ['a reason that is none', [{ ...ended('x'), reason: { toString: 'completed' } }]],
    ['an end within a text', [step({ type: 'tool.result', text: '"turn.ended"', reason: 'completed' })]],
    ['a prototype', ['{"__proto__":{"type":"turn.ended","reason":"completed","time":9999},"x":"turn.ended"}']],
    ['a line of 5 MB', [JSON.stringify({ ...ended('completed'), filler: 'x'.repeat(5_000_000) })]],
    ['deep nesting', [`${'['.repeat(100_000)}"turn.ended"`]],
  ];
  test.each(forged)('with %s is passed over, and the honest lines around it count', async (_, entries) => {
    await record('main', entries);
    expect(await read()).toEqual(NO_RECORD);
    await record('main', [spent(tokens), ...entries, spent(tokens), ended('cancelled')]);
    expect(await read()).toMatchObject({ usage: { inputTokens: 210 }, end: { reason: 'cancelled' } });
  });

  test('with an error of the wrong shape is still a failure', async () => {
    await record('main', [ended('failed', { code: 7, details: 'none' })]);
    expect((await read()).end).toEqual({ reason: 'failed', code: '', message: '', statusCode: undefined });
  });
});

describe('a folder that the agent arranged', () => {
  const honest = [spent(tokens), ended('completed')];

  test('with a link in place of the file is not followed', async () => {
    await record('elsewhere', honest);
    await rename(join(agents, 'elsewhere', 'wire.jsonl'), join(home, 'wire.jsonl'));
    await symlink(join(home, 'wire.jsonl'), join(agents, 'main', 'wire.jsonl'));
    expect(await read()).toEqual(NO_RECORD);
  });

  const links = [
    'sessions',
    'sessions/wd_work_0123456789ab',
    'sessions/wd_work_0123456789ab/session_1',
    'sessions/wd_work_0123456789ab/session_1/agents',
  ];
  test.each(links)('with a link in place of %s is not followed', async (folder) => {
    await record('main', honest);
    expect((await read()).end?.reason).toBe('completed');
    await rename(join(home, folder), join(home, 'moved'));
    await symlink(join(home, 'moved'), join(home, folder));
    expect(await read()).toEqual(NO_RECORD);
  });

  test('with a pipe in place of the file does not hang', async () => {
    const made = launch(['mkfifo', join(agents, 'main', 'wire.jsonl')], {
      cwd: home,
      env: { PATH: process.env['PATH'] ?? '' },
    });
    expect((await made.exited).exitCode).toBe(0);
    expect(await read()).toEqual(NO_RECORD);
  });

  test('with a folder in place of the file, or no session at all, has no record', async () => {
    await mkdir(join(agents, 'main', 'wire.jsonl'));
    expect(await read()).toEqual(NO_RECORD);
    expect(await readRecord(home, 'session_2', SINCE)).toEqual(NO_RECORD);
    expect(await readRecord(join(home, 'nowhere'), 'session_1', SINCE)).toEqual(NO_RECORD);
  });

  test('with a file of 1 GB has no record', async () => {
    await record('main', honest);
    await truncate(join(agents, 'main', 'wire.jsonl'), 1_000_000_000);
    expect(await read()).toEqual(NO_RECORD);
  });
});

test.each([
  ['session_7b71ddf2-4279-4e6a-9efc-e69ccfc505bb', true],
  ['', false],
  ['..', false],
  ['../../etc', false],
  ['a/b', false],
  ['-rf', false],
  ['x'.repeat(101), false],
  ['a\n', false],
])('whether %j may be a part of a path: %j', (name, safe) => {
  expect(isSessionName(name)).toBe(safe);
});
