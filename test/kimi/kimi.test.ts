import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ToolError } from '../../src/errors.ts';
import type { Usage } from '../../src/goal/budget.ts';
import { type KimiFailure, runKimi } from '../../src/kimi/kimi.ts';
import { type ModelProxy, startModelProxy } from '../../src/kimi/model-proxy.ts';
import { launch } from '../../src/process.ts';
import { type Failure, type ScriptedModel, startScriptedModel } from '../world/scripted-model.ts';
import { makeRoom, makeTask, type TestRoom } from './room.ts';

const KEY = 'sk-the-real-key';
const LIMIT_MS = 60_000;

let model: ScriptedModel;
let place: TestRoom;
let proxy: ModelProxy;
let metered: Usage[];

beforeAll(async () => {
  model = await startScriptedModel({ key: KEY });
});
afterAll(() => model.close());

beforeEach(async () => {
  place = await makeRoom();
  metered = [];
  const onUsage = (usage: Usage) => metered.push(usage);
  proxy = await startModelProxy({
    socketPath: join(place.room.hostHome, 'model.sock'),
    baseUrl: model.url,
    apiKey: KEY,
    model: 'kimi-scripted',
    onUsage,
  });
  model.requests.length = 0;
});
afterEach(async () => {
  await proxy.close();
  await place.remove();
});

const done = (word: string) => ({
  name: word,
  when: (prompt: string) => prompt.includes(word),
  turns: [{ say: `${word} is done.` }],
});
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
const sum = (usages: (Usage | undefined)[]) =>
  usages.reduce<Usage>(
    (total, usage) => ({
      inputTokens: total.inputTokens + (usage?.inputTokens ?? 0),
      cachedTokens: total.cachedTokens + (usage?.cachedTokens ?? 0),
      outputTokens: total.outputTokens + (usage?.outputTokens ?? 0),
    }),
    { inputTokens: 0, cachedTokens: 0, outputTokens: 0 },
  );

describe('the real Kimi CLI', () => {
  test(
    'writes a file, with a helper agent, from a prompt of 300 kB that begins with a slash, and its usage is what the model said',
    async () => {
      const { room } = place;
      model.will({
        name: 'helper',
        when: (prompt) => prompt.startsWith('HELP'),
        turns: [
          { tools: [{ name: 'Write', args: { path: join(room.work, 'helper.txt'), content: 'helped\n' } }] },
          { say: 'Helped.' },
        ],
      });
      model.will({
        name: 'build',
        when: (prompt) => prompt.includes('BUILD'),
        turns: [
          {
            think: 'A file.',
            say: 'Writing the file.',
            tools: [{ name: 'Write', args: { path: 'hello.txt', content: 'hello\n' } }],
          },
          { tools: [{ name: 'Agent', args: { description: 'help', prompt: 'HELP', subagent_type: 'coder' } }] },
          { tools: [{ name: 'Bash', args: { command: 'env > environment.txt' } }] },
          { say: 'Done: {"files": ["hello.txt"]}' },
        ],
      });
      const long = 'ä€😀 '.repeat(30_000);
      const task = makeTask({ prompt: `/goal BUILD ${long}` });
      const outcome = await runKimi(room, task);

      expect(outcome).toMatchObject({ kind: 'completed', text: 'Done: {"files": ["hello.txt"]}' });
      expect(Buffer.byteLength(task.prompt)).toBeGreaterThan(300_000);
      expect(model.requests[0]?.prompt).toContain(task.prompt);
      expect(await readFile(join(room.hostWork, 'hello.txt'), 'utf8')).toBe('hello\n');
      expect(await readFile(join(room.hostWork, 'helper.txt'), 'utf8')).toBe('helped\n');
      expect(model.requests.map((request) => request.script)).toEqual([
        'build',
        'build',
        'helper',
        'helper',
        'build',
        'build',
      ]);
      expect(outcome.usage).toEqual(sum(model.requests.map((request) => request.usage)));
      expect(sum(metered)).toEqual(outcome.usage);
      expect(outcome.usage.cachedTokens).toBeGreaterThan(0);
      expect(task.progress).toContainEqual({ kind: 'says', text: 'Writing the file.' });
      expect(task.progress).toContainEqual({ kind: 'tool', tool: 'Write', text: 'Writing hello.txt' });
      expect(task.progress).toContainEqual({ kind: 'tool', tool: 'Bash', text: 'Running: env > environment.txt' });

      expect(model.requests[0]?.tools).toEqual([
        'Agent',
        'Bash',
        'Edit',
        'Glob',
        'Grep',
        'Read',
        'ReadMediaFile',
        'TodoList',
        'Write',
      ]);
      expect(model.requests.every((request) => request.authorization === `Bearer ${KEY}`)).toBe(true);
      expect(await readFile(join(room.hostWork, 'environment.txt'), 'utf8')).not.toContain(KEY);
      expect(place.processes()).toEqual([]);
      console.info(`Kimi took ${outcome.durationMs} ms for six model calls`);
    },
    LIMIT_MS,
  );

  test(
    'resumes a session, and begins a new one if it is gone',
    async () => {
      model.will(done('FIRST'));
      model.will(done('SECOND'));
      model.will(done('THIRD'));
      const first = await runKimi(place.room, makeTask({ prompt: 'FIRST' }));
      const second = await runKimi(place.room, makeTask({ prompt: 'SECOND', session: first.session }));
      expect(second).toMatchObject({ kind: 'completed', session: first.session, text: 'SECOND is done.' });
      expect(model.requests[1]?.messages.map((message) => message.content)).toEqual(
        expect.arrayContaining(['FIRST', 'FIRST is done.', 'SECOND']),
      );
      expect(second.usage).toEqual(model.requests[1]?.usage);

      await rm(join(place.room.hostHome, 'sessions'), { recursive: true });
      const task = makeTask({ prompt: 'THIRD', session: first.session });
      const third = await runKimi(place.room, task);
      expect(third).toMatchObject({ kind: 'completed', text: 'THIRD is done.' });
      expect(third.session).not.toBe(first.session);
      expect(task.progress[0]).toMatchObject({ kind: 'says', text: expect.stringContaining('cannot be resumed') });
    },
    LIMIT_MS,
  );

  test(
    'has with read-only tools nothing that writes or runs a command, even if the model asks for it',
    async () => {
      const { room } = place;
      await writeFile(join(room.hostWork, 'seen.txt'), 'what is in it\n');
      const outside = join(room.hostWork, '..', 'outside.toml');
      await symlink(outside, join(room.hostHome, 'config.toml'));
      model.will({
        name: 'look',
        when: (prompt) => prompt.includes('LOOK'),
        turns: [
          {
            tools: [
              { name: 'Read', args: { path: 'seen.txt' } },
              { name: 'Write', args: { path: 'seen.txt', content: 'written' } },
              { name: 'Bash', args: { command: 'echo run > seen.txt' } },
              { name: 'Edit', args: { path: 'seen.txt', old_string: 'what', new_string: 'edited' } },
              { name: 'Agent', args: { description: 'x', prompt: 'x', subagent_type: 'coder' } },
            ],
          },
          { say: 'Seen.' },
        ],
      });
      const outcome = await runKimi(room, makeTask({ prompt: 'LOOK', tools: 'read-only' }));
      expect(outcome).toMatchObject({ kind: 'completed', text: 'Seen.' });
      expect(model.requests[0]?.tools).toEqual(['Glob', 'Grep', 'Read', 'ReadMediaFile']);
      const results = model.requests[1]?.messages
        .filter((message) => message.role === 'tool')
        .map((message) => message.content);
      expect(results?.filter((result) => result.includes('what is in it'))).toHaveLength(1);
      expect(results?.filter((result) => result.includes('disabled by the active tool policy'))).toHaveLength(4);
      expect(await readFile(join(room.hostWork, 'seen.txt'), 'utf8')).toBe('what is in it\n');
      expect(await exists(outside)).toBe(false);
    },
    LIMIT_MS,
  );

  const failures: [Failure['fail'], KimiFailure][] = [
    [401, 'auth'],
    [429, 'rate-limit'],
    ['quota', 'quota'],
    [500, 'provider'],
    ['context', 'context'],
  ];
  test.each(failures)(
    'fails a task whose model answers %s with the cause %s, though Kimi says that it went well',
    async (fail, cause) => {
      model.will({ name: `fails ${fail}`, when: (prompt) => prompt === `FAIL ${fail}`, turns: [{ fail }] });
      const outcome = await runKimi(place.room, makeTask({ prompt: `FAIL ${fail}` }));
      expect(outcome).toMatchObject({ kind: 'failed', cause, session: expect.stringContaining('session_') });
      expect(outcome.usage).toEqual(sum([]));
    },
    LIMIT_MS,
  );

  test(
    'stops at the step limit of our configuration',
    async () => {
      const again = { tools: [{ name: 'Read', args: { path: 'again.txt' } }] };
      model.will({
        name: 'endless',
        when: (prompt) => prompt === 'ENDLESS',
        turns: Array.from({ length: 20 }, () => again),
      });
      const outcome = await runKimi(place.room, makeTask({ prompt: 'ENDLESS', maxSteps: 2 }));
      expect(outcome).toMatchObject({ kind: 'failed', cause: 'max-steps' });
      expect(model.requests).toHaveLength(2);
      expect(outcome.usage).toEqual(sum(model.requests.map((request) => request.usage)));
    },
    LIMIT_MS,
  );

  test(
    'is ended when the model never answers, and leaves no process',
    async () => {
      model.will({ name: 'hangs', when: (prompt) => prompt === 'HANG', turns: [{ fail: 'hang' }] });
      // However slowly Kimi starts, the silence begins when the model is asked.
      const modelTrafficAt = () => (model.requests.length === 0 ? Date.now() : proxy.lastTrafficAt());
      const outcome = await runKimi(place.room, makeTask({ prompt: 'HANG', silenceMs: 1_500, modelTrafficAt }));
      expect(outcome).toMatchObject({ kind: 'failed', cause: 'silent' });
      expect(model.requests).toHaveLength(1);
      expect(place.processes()).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    'is cancelled in the middle of a tool call within 10 s, and leaves no process, not even one in a session of its own',
    async () => {
      const command = 'setsid sleep 600 & sleep 600';
      model.will({
        name: 'sleeps',
        when: (prompt) => prompt === 'SLEEP',
        turns: [{ tools: [{ name: 'Bash', args: { command } }] }],
      });
      const cancel = new AbortController();
      const running = runKimi(place.room, makeTask({ prompt: 'SLEEP', signal: cancel.signal }));
      while (place.processes('sleep').length < 2) await delay(50);
      const cancelledAt = performance.now();
      cancel.abort();
      const outcome = await running;
      expect(outcome).toMatchObject({
        kind: 'failed',
        cause: 'cancelled',
        session: expect.stringContaining('session_'),
      });
      expect(outcome.usage).toEqual(model.requests[0]?.usage);
      expect(performance.now() - cancelledAt).toBeLessThan(10_000);
      expect(place.processes()).toEqual([]);
      console.info(`a cancel took ${Math.round(performance.now() - cancelledAt)} ms`);
    },
    LIMIT_MS,
  );
});

/** A program that opens a session as Kimi does and then does something else with the prompt. */
const agent = (onPrompt: string) => [
  process.execPath,
  '-e',
  `const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
   const answers = { initialize: { protocolVersion: 1 }, 'session/new': { sessionId: 'session_1' } };
   require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
     const { id, method } = JSON.parse(line);
     if (answers[method]) say({ id, result: answers[method] });
     if (method === 'session/prompt') { ${onPrompt} }
   });`,
];
const script = (source: string) => [process.execPath, '-e', source];

describe('a program that is not the Kimi we know', () => {
  const programs: [string, readonly string[], KimiFailure, RegExp][] = [
    [
      'exits at once',
      script('process.stderr.write("no\\n\\u001b[31m such luck"); process.exit(3)'),
      'not-started',
      /^Kimi ended with code 3: no \[31m such luck$/,
    ],
    ['is missing', ['/nowhere/kimi'], 'not-started', /cannot run \/nowhere\/kimi/],
    [
      'prints garbage and stays',
      script('console.log("Welcome!"); setInterval(() => {}, 1000)'),
      'not-started',
      /does not speak ACP, it said: Welcome!/,
    ],
    [
      'has no idea of sessions',
      script(
        'process.stdin.on("data", (d) => console.log(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32601, message: "what?" } })))',
      ),
      'not-started',
      /what\?/,
    ],
    [
      'asks for a login',
      script(
        'process.stdin.on("data", (d) => console.log(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32000, message: "log in" } })))',
      ),
      'auth',
      /log in/,
    ],
    ['dies in the middle of the turn', agent('process.exit(9)'), 'exited', /with code 9/],
    ['is killed in the middle of the turn', agent('process.kill(process.pid, "SIGKILL")'), 'exited', /137/],
    [
      'writes a line without an end',
      agent('const x = "x".repeat(1 << 20); const more = () => process.stdout.write(x, more); more()'),
      'exited',
      /more than 16777216/,
    ],
    [
      'says that it went well but recorded nothing',
      agent('say({ id, result: { stopReason: "end_turn" } })'),
      'exited',
      /no record/,
    ],
    [
      'talks on for ever',
      agent('setInterval(() => say({ method: "session/update", params: {} }), 20)'),
      'timeout',
      /4000 ms/,
    ],
  ];
  test.each(programs)(
    'a program that %s is an outcome, and nothing of it is left',
    async (_, command, cause, message) => {
      const outcome = await runKimi(
        place.room,
        makeTask({ prompt: 'x', command, timeoutMs: cause === 'timeout' ? 4_000 : LIMIT_MS }),
      );
      expect(outcome).toMatchObject({ kind: 'failed', cause, message: expect.stringMatching(message), usage: sum([]) });
      expect(place.processes()).toEqual([]);
    },
    LIMIT_MS,
  );

  test('a room that cannot launch anything is an outcome', async () => {
    const room = { ...place.room, launch: () => launch(['/nowhere/bwrap'], { cwd: place.room.work, env: {} }) };
    const outcome = await runKimi(room, makeTask({ prompt: 'x' }));
    expect(outcome).toMatchObject({
      kind: 'failed',
      cause: 'not-started',
      message: expect.stringContaining('/nowhere/bwrap'),
    });
  });

  test('a task that is cancelled before it starts does nothing', async () => {
    const outcome = await runKimi(place.room, makeTask({ prompt: 'x', signal: AbortSignal.abort() }));
    expect(outcome).toMatchObject({ kind: 'failed', cause: 'cancelled', session: undefined });
    expect(model.requests).toEqual([]);
    expect(place.processes()).toEqual([]);
  });
});

describe('a home that cannot be prepared', () => {
  test('is our fault, not an outcome: its path is too long for a socket', async () => {
    const home = join(place.room.hostHome, 'a'.repeat(100));
    await mkdir(home);
    const room = { ...place.room, home, hostHome: home };
    await expect(runKimi(room, makeTask({ prompt: 'x' }))).rejects.toThrow(/bytes, 107 is the most/);
  });

  test('is our fault, not an outcome: it is a file', async () => {
    const home = join(place.room.hostHome, 'file');
    await writeFile(home, '');
    const room = { ...place.room, home, hostHome: home };
    await expect(runKimi(room, makeTask({ prompt: 'x' }))).rejects.toThrow(ToolError);
  });
});
