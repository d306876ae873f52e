import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { octokitForQueue } from '../../src/github/client.ts';
import { proofOf } from '../../src/goal/proof.ts';
import { launch, runToEnd } from '../../src/process.ts';
import { keepSecrets } from '../../src/run/secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { goalPage, goalsPage } from '../../src/web/pages.ts';
import { FORMS } from '../goal/secret-forms.ts';
import { openAt, testClock } from '../store/engines.ts';
import { asked } from '../store/samples.ts';
import { freshDataDir } from '../store/template.ts';

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const SECRETS = {
  'private key': key.toString(),
  'webhook secret': 'correct "horse" battery & staple',
  'model key': 'sk-Vb7q2LkXw9Zr4TnYp1Ds8GmHc3JfKe6A',
  'database password': 'p4ss/w0rd&of+the=base that/is&as+long=as the others',
  'installation token': `ghs_${'a1B2.c_D'.repeat(65).slice(0, 516)}`,
};
const SINKS = [
  'log',
  'comment',
  'pull request',
  'check run',
  'event',
  'goal',
  'reason',
  'effect',
  'webhook',
  'progress',
  'gate log',
  'page',
  'proof',
  'freeze',
] as const;

/** What each sink holds after everything that may hold a secret was put into it, by form. */
const kept = new Map<string, Record<(typeof SINKS)[number], string>>();
let store: Store;
let server: Server;
let folder: string;
let dataDir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omk-sinks-'));
  dataDir = await freshDataDir();
  let received = '';
  server = createServer((request, response) => {
    void readText(request).then((body) => {
      received = `${request.url} ${body}`;
      response.setHeader('content-type', 'application/json');
      response.end(
        request.url?.includes('access_tokens') ? JSON.stringify({ token: SECRETS['installation token'] }) : '{}',
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const password = encodeURIComponent(SECRETS['database password']);
  const read = readConfig({
    APP_ID: '1',
    PRIVATE_KEY: SECRETS['private key'],
    WEBHOOK_SECRET: SECRETS['webhook secret'],
    KIMI_API_KEY: SECRETS['model key'],
    DATABASE_URL: `postgres://omk:${password}@db.test/omk`,
  });
  if (read.kind === 'faults') throw new Error(read.faults.join());
  const sinks = keepSecrets(read.config);
  const logged: string[] = [];
  const log = sinks.log(pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }));
  const told: string[] = [];
  const tell = sinks.tell((progress) => void told.push(JSON.stringify(progress)));
  const embedded = await openAt({ databaseUrl: undefined, dataDir, remove: async () => {} }, testClock());
  store = sinks.store(embedded);
  const Client = sinks.octokit(octokitForQueue());
  const github = new Client({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  await github.request('POST /app/installations/{installation_id}/access_tokens', { installation_id: 1 });
  const at = { owner: 'o', repo: 'r' };

  let count = 0;
  for (const [form, write] of Object.entries(FORMS)) {
    count += 1;
    const text = Object.values(SECRETS)
      .map((secret) => `found ${write(secret)} there`)
      .join('\n\n');
    const id = `g${count}`;
    logged.length = 0;
    told.length = 0;
    log.info({ err: new Error(text), deep: { text } }, text);
    tell({ goal: id, slice: '', stage: 'build', text });
    await github.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...at,
      issue_number: 1,
      body: text,
    });
    const comment = received;
    await github.request('POST /repos/{owner}/{repo}/pulls', { ...at, title: text, body: text, head: 'x', base: 'y' });
    const pull = received;
    await github.request('POST /repos/{owner}/{repo}/check-runs', {
      ...at,
      name: 'wall',
      head_sha: 'x',
      output: { title: text, summary: text },
    });
    const check = received;
    await store.createGoal(asked(id, { issue: count, ask: { title: text, text, hash: 'x' } }), {
      trigger: id,
      decide: () => ({ jobs: [], waits: [] }),
    });
    const reason = { text, next: text };
    await store.record(id, [{ kind: 'finished', status: 'failed_infra', reason }]);
    await store.intendEffect({ key: id, goalId: id, kind: 'push', detail: { text } });
    const effect = await store.settleEffect(id, { text });
    await store.saveWebhook({
      id,
      event: 'issue_comment',
      action: 'created',
      payload: payload(text),
      receivedAt: new Date(0),
    });
    await store.setFreeze(1, { reason: text, by: { id: 1, login: 'ada' }, at: new Date(0) });
    const logPath = join(folder, `${count}.log`);
    const running = launch([process.execPath, '-e', 'process.stdout.write(process.env.TEXT)'], {
      cwd: folder,
      env: { TEXT: text },
    });
    await runToEnd(running, {
      timeoutMs: 60_000,
      logPath,
      signal: new AbortController().signal,
      clean: sinks.cleaner(),
    });
    const goal = await store.getGoal(id);
    const events = await store.listEvents(id);
    kept.set(form, {
      log: logged.join('\n'),
      comment,
      'pull request': pull,
      'check run': check,
      event: JSON.stringify(events),
      goal: JSON.stringify(goal),
      reason: JSON.stringify(goal.reason),
      effect: JSON.stringify(effect),
      webhook: JSON.stringify(await store.loadWebhook(id)),
      progress: told.join('\n'),
      'gate log': await readFile(logPath, 'utf8'),
      page: goalPage(goal, events) + goalsPage(await store.listGoals({ limit: 200 })),
      proof: JSON.stringify(proofOf(goal, events)),
      freeze: JSON.stringify(await store.getFreeze(1)),
    });
  }
});
afterAll(async () => {
  await store.close();
  server.close();
  await Promise.all([folder, dataDir].map((dir) => rm(dir, { recursive: true, force: true })));
});

const payload = (text: string) => ({
  comment: { id: 1, body: text },
  issue: { title: text, body: text, labels: [{ name: 'bug', description: text }] },
  repository: { name: 'words', full_name: 'acme/words' },
});

/** Without what may be said of a text on its way: white space, escapes and marks. */
const bare = (text: string) => text.replaceAll(/\\+[nrt]|[\s\\]|&quot;|&amp;|&#39;|"/g, '');

describe.each(Object.entries(FORMS))('secrets written as: %s', (form, write) => {
  test.each(SINKS)('none in the sink %s', (sink) => {
    const text = bare(kept.get(form)?.[sink] ?? '');
    expect(text).toContain('(redacted)');
    for (const [name, secret] of Object.entries(SECRETS)) {
      const dense = bare(write(secret));
      // The head and foot of a key are no secret.
      const margin = dense.length > 1_000 ? 80 : dense.length > 60 ? 24 : 12;
      const inner = dense.slice(margin, -margin);
      const pieces = Array.from({ length: Math.max(0, inner.length - 15) }, (_, at) => inner.slice(at, at + 16));
      expect({ name, shown: pieces.some((piece) => text.includes(piece)) }).toEqual({ name, shown: false });
    }
  });
});

test('what a webhook names is kept as it is, so that it can be found', async () => {
  const known = keepSecrets(testConfig('postgres-is-no-secret'));
  const saved: unknown[] = [];
  const fake = known.store({
    ...store,
    saveWebhook: async (webhook) => (saved.push(webhook.payload), 'stored' as const),
  });
  const names = {
    repository: { name: 'postgres-is-no-secret' },
    ref: 'refs/heads/postgres-is-no-secret',
    sha: 'a'.repeat(40),
  };
  await fake.saveWebhook({ id: 'x', event: 'push', action: undefined, payload: names, receivedAt: new Date(0) });
  expect(saved).toEqual([names]);
});

function testConfig(KIMI_API_KEY: string) {
  const read = readConfig({
    APP_ID: '1',
    PRIVATE_KEY: SECRETS['private key'],
    WEBHOOK_SECRET: 'x'.repeat(8),
    KIMI_API_KEY,
  });
  if (read.kind === 'faults') throw new Error(read.faults.join());
  return read.config;
}
