import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Store } from '../../src/store/store.ts';
import { intake } from '../../src/web/intake.ts';
import { goalPage, goalsPage } from '../../src/web/pages.ts';
import { routes } from '../../src/web/routes.ts';
import { serve } from '../../src/web/server.ts';
import { someGoal, someSlice } from '../goal/goals.ts';

const errors: unknown[] = [];
const goal = someGoal();
const store = {
  listGoals: () => Promise.resolve([]),
  findGoal: (id: string) => Promise.resolve(id === goal.id ? goal : undefined),
  listEvents: () => Promise.resolve([]),
  counts: () => Promise.resolve({ goals: {}, jobs: {} }),
} as unknown as Store;

let site: { url: string; stop(): Promise<void> };
let port: number;
let received = 0;

beforeAll(async () => {
  const pages = routes({ store, isReady: () => true, onlyHealth: false, hosts: ['localhost', '127.0.0.1'] });
  const verify = () => Promise.resolve(false);
  const receive = () => Promise.resolve(void (received += 1));
  const log = { error: (details: object) => void errors.push(details) };
  site = await serve({ HOST: '127.0.0.1', PORT: 0 }, { handlers: [intake({ verify, receive }), pages], log });
  port = Number(new URL(site.url).port);
});
afterAll(() => site.stop());

/** Sends the very bytes, as no client library would. */
function send(head: string, body: string | Buffer = ''): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(`${head}\r\n\r\n`);
  socket.write(body);
  return socket;
}

/** The whole answer to such a request. */
function raw(head: string): Promise<string> {
  return text(send(`${head}\r\nConnection: close`));
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('the pages', () => {
  const targets = [
    '//',
    '///',
    '//evil.example',
    '/\\',
    '/%',
    '/%00',
    '/goals/%',
    '/goals/..%2f..',
    '/goals/goal-1/../../etc/passwd',
    'http://',
    'http://[',
    'http://[::1',
    '*',
    '/goals/goal-<script>',
    '/goals/goal-1%27--',
    '/goals?x',
    '/metrics?x=//',
    '/api/github/webhooks//',
    '/goals/__proto__',
    '/goals/constructor',
    '/é',
    `/${'a'.repeat(8_000)}`,
    'evil:x',
    '/..//',
  ];
  test.each(['GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS'])(
    'are asked for with %s by odd names, and nothing breaks',
    async (method) => {
      for (const target of targets) {
        const answer = await raw(`${method} ${target} HTTP/1.1\r\nHost: localhost`);
        expect({ target, fine: statusOf(answer) < 500 }).toEqual({ target, fine: true });
      }
      expect(errors).toEqual([]);
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:80',
    '[',
    '169.254.169.254',
    'localhost:x',
    '',
  ])('are not shown under the name %j, which leads here from elsewhere', async (host) => {
    for (const path of ['/goals', `/goals/${goal.id}`, `/goals/${goal.id}/proof.json`, '/metrics']) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: ${host}`);
      expect([400, 421]).toContain(statusOf(answer));
      expect(answer).not.toContain(goal.ask.title);
    }
  });

  test('are shown under their own name, and run and load nothing', async () => {
    const response = await fetch(`${site.url}/goals/${goal.id}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(goal.ask.title);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/script|https?:|\*/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('webhooks that nobody signed', () => {
  test('hold no more memory than eight of the largest, and those after them come through', async () => {
    const fields = [
      ['Content-Type', 'application/json'],
      ['X-GitHub-Event', 'push'],
      ['X-GitHub-Delivery', '1'],
      ['X-Hub-Signature-256', 'sha256=0'],
    ];
    const length = 24 * 1024 * 1024;
    const lines = [...fields, ['Host', 'localhost'], ['Content-Length', length]].map(
      ([name, value]) => `${name}: ${value}`,
    );
    const head = ['POST /api/github/webhooks HTTP/1.1', ...lines].join('\r\n');
    const part = Buffer.alloc(length - 1, ' ');
    const senders = Array.from({ length: 10 }, () => send(head, part));
    const [answer] = await Promise.race(senders.map((socket) => once(socket, 'data') as Promise<[Buffer]>));
    expect(statusOf(String(answer))).toBe(503);
    for (const socket of senders) socket.destroy();
    const small = { method: 'POST', body: '{}', headers: Object.fromEntries(fields) };
    const statuses = async () => (await fetch(`${site.url}/api/github/webhooks`, small)).status;
    expect(await statuses()).toBe(401);
    expect(received).toBe(0);
  }, 60_000);
});

describe('what others wrote', () => {
  const HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='alert(1)",
    '</title><svg onload=alert(1)>',
    '</style><script>1</script>',
    'javascript:alert(1)',
    '&lt;script&gt;',
    '<!--',
    '${7*7}',
    '\u2028<b>',
    ']]><script>',
  ];

  test.each(HOSTILE)('is text on every page: %s', (evil) => {
    const slice = someSlice({
      id: evil,
      title: evil,
      writeScope: [evil],
      pull: { number: 1, url: `https://x/${evil}`, head: 'a', draft: false },
      wait: { reason: evil, since: new Date(0), until: new Date(0) },
      gates: [{ ...someSlice().gates[0]!, name: evil }],
    });
    const asked = { ...goal.ask, title: evil, text: evil };
    const hostile = someGoal({
      id: evil,
      ask: asked,
      slices: [slice],
      reason: { text: evil, next: evil, output: evil },
      requester: { id: 1, login: evil },
      repository: { ...goal.repository, owner: evil, name: evil },
    });
    const event = {
      kind: 'asked',
      id: evil,
      repository: hostile.repository,
      issue: 1,
      requester: hostile.requester,
    } as const;
    const events = [{ seq: 1, at: new Date(0), event: { ...event, commentId: 1, ask: asked, options: goal.options } }];
    const row = { id: evil, owner: evil, name: evil, issue: 1, title: evil, status: evil, createdAt: new Date(0) };
    const plain =
      goalPage(someGoal({ slices: [someSlice()] }), []) +
      goalsPage([{ ...row, id: 'x', owner: 'x', name: 'x', title: 'x', status: 'x' }]);
    const own = new Set(plain.match(TAG)?.map(shapeOf));
    for (const page of [goalPage(hostile, events), goalsPage([row])]) {
      const strange = page
        .match(TAG)
        ?.map(shapeOf)
        .filter((shape) => !own.has(shape) && !['pre', '/pre', 'p class'].includes(shape));
      expect(strange).toEqual([]);
    }
  });

  /** A tag as a browser reads it. */
  const TAG = /<!--|<\/?[a-z][^\s/>]*(?:\s+[^\s=>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?|[\s/])*>?/gi;
  const shapeOf = (tag: string) =>
    tag
      .replaceAll(/=\s*("[^"]*"|'[^']*')/g, '')
      .replaceAll(/[<>]|\/$/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
});
