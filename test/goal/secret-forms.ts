import { createHash } from 'node:crypto';

const random = (seed: string, length: number) => {
  let text = '';
  for (let at = 0; text.length < length; at += 1)
    text += createHash('sha256').update(`${seed}${at}`).digest('base64url');
  return text.slice(0, length);
};

/** Secrets of every kind that omk has. None is real. */
export const SECRETS: Record<string, string> = {
  'model key': `sk-${random('model', 48)}`,
  'webhook secret': 'correct "horse" battery & staple',
  'private key': (random('key', 1_600).match(/.{1,64}/g) ?? []).join('\n'),
  'old installation token': `ghs_${random('old', 36).replaceAll(/[-_]/g, 'x')}`,
  'installation token of 520 characters': `ghs_${random('new', 200)}.${random('mid', 200)}.${random('end', 114)}`,
};

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');

/** The forms in which a secret may leave. The text around it is innocent. */
export const FORMS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'base64, first alignment': (secret) => base64(secret),
  'base64, second alignment': (secret) => base64(`:${secret}\n`),
  'base64, third alignment': (secret) => base64(`a=${secret};b`),
  'base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'base64 twice': (secret) => base64(base64(secret)),
  'base64 in lines of 76': (secret) => (base64(`x${secret}`).match(/.{1,76}/g) ?? []).join('\n'),
  'Basic header': (secret) => `Authorization: Basic ${base64(`x-access-token:${secret}`)}`,
  'escaped for a URL': (secret) => encodeURIComponent(secret),
  'a password in a URL': (secret) => `https://x-access-token:${encodeURIComponent(secret)}@github.com/o/r.git`,
  hex: (secret) => hex(secret),
  'hex in capitals': (secret) => hex(secret).toUpperCase(),
  'escaped for JSON': (secret) => JSON.stringify({ value: secret }),
  'escaped for JSON twice': (secret) => JSON.stringify(JSON.stringify({ value: secret })),
  'escaped for HTML': (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  backwards: (secret) => secret.split('').toReversed().join(''),
  'one character a line': (secret) => secret.split('').join('\n'),
  'cut off at the start, as the tail of a log is': (secret) => secret.slice(Math.ceil(secret.length / 3)),
};
