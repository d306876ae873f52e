import { describe, expect, test } from '@jest/globals';
import { createRedactor } from '../../src/goal/redact.ts';
import { FORMS, SECRETS } from './secret-forms.ts';

const redactor = createRedactor(Object.values(SECRETS));

describe.each(Object.entries(SECRETS))('the %s', (_, secret) => {
  test.each(Object.entries(FORMS))('%s', (form, write) => {
    const text = redactor.redact(`before ${write(secret)} after`);
    expect(text).toContain('(redacted)');
    expect(text).toMatch(/^before /);
    const rest = text.replaceAll('(redacted)', '').replaceAll(/\s/g, '');
    const room = form === 'one character a line' ? 20 : 70;
    expect(rest.length).toBeLessThan(room);
    const dense = write(secret).replaceAll(/\s/g, '');
    const inner = dense.length > 60 ? dense.slice(24, -24) : dense.slice(12, 28);
    expect(rest).not.toContain(inner.slice(0, 16));
  });
});

const FOREIGN = [
  `ghs_${'a1B2'.repeat(9)}`,
  `ghs_${'a1B2.c_D'.repeat(65).slice(0, 516)}`,
  `github_pat_${'a1B2'.repeat(15)}`,
  `sk-ant-${'a1B2'.repeat(10)}`,
  `AKIA${'ABCD1234'.repeat(2)}`,
  `npm_${'a1B2'.repeat(9)}`,
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA and cut off here',
  `eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.${'a1B2'.repeat(10)}`,
  'xoxb-123456789012-abcdefghij',
];

test.each(FOREIGN)('a secret of somebody else is known by its looks: %j', (secret) => {
  expect(createRedactor([]).redact(`x ${secret} y`)).not.toContain(secret.slice(-12));
});

const INNOCENT = [
  'The median of an even count is the mean of two.',
  'goal-20261122-180000-000-deadbeef',
  'a'.repeat(40),
  'https://github.com/o/r/pull/12',
  'sk-ip this one',
  'diff --git a/x b/x',
];

test.each(INNOCENT)('%j stays as it is', (text) => {
  expect(redactor.redact(text)).toBe(text);
});

test('what is too short to be a secret is none', () => {
  expect(createRedactor(['', 'short']).redact('a short text')).toBe('a short text');
});

test('every string of plain data is redacted, and nothing else is touched', () => {
  const at = new Date(0);
  const key = SECRETS['model key'] ?? '';
  const value = { at, list: [key, 1, undefined], deep: { text: `a ${key}` }, none: null };
  expect(redactor.redactAll(value)).toEqual({
    at,
    list: ['(redacted)', 1, undefined],
    deep: { text: 'a (redacted)' },
    none: null,
  });
});

test('a token is known from the moment it is given, and many later ones are too', () => {
  const fresh = createRedactor([]);
  const token = (at: number) => `v${at}.${String(at).padStart(4, '0').repeat(10)}`;
  for (let at = 1; at <= 30; at += 1) {
    fresh.knowToken(token(at));
    expect(fresh.redact(Buffer.from(token(at)).toString('base64'))).toMatch(/^\(redacted\).{0,4}$/);
  }
});

test('a long text is read in a moment', () => {
  const text = `${'An ordinary line of a log, of ordinary length.\n'.repeat(20_000)}${SECRETS['model key']}`;
  const began = performance.now();
  expect(redactor.redact(text).endsWith('(redacted)')).toBe(true);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test.each([1, 7, 1_000, 100_000])(
  'a stream in parts of %d characters holds no secret that its text does not',
  (size) => {
    const line = 'An ordinary line of a log, of ordinary length.\n';
    const words = Object.values(SECRETS).flatMap((secret) => [
      line.repeat(90),
      secret,
      line.repeat(211),
      `\n${secret}`,
    ]);
    const text = words.join('');
    const stream = redactor.stream();
    let kept = '';
    for (let at = 0; at < text.length; at += size) kept += stream.take(text.slice(at, at + size));
    kept += stream.end();
    expect(kept.replaceAll('(redacted)', '').replaceAll(line, '').trim()).toBe('');
    expect(kept.split(line)).toHaveLength(text.split(line).length);
  },
);

test('a stream that never ends its line, or its private key, is kept in bounds', () => {
  for (const begin of ['', '-----BEGIN PRIVATE KEY-----\n']) {
    const stream = redactor.stream();
    let [given, kept] = [0, 0];
    for (let part = 0; part < 300; part += 1) {
      given += 1_000;
      kept += stream.take(begin && part === 0 ? begin : 'x '.repeat(500)).length;
    }
    expect(given - kept).toBeLessThan(150_000);
  }
});
