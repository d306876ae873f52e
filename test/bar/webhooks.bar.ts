import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { seeded } from '../goal/seeded.ts';
import { openSmallWorld } from '../run/small.ts';
import type { World } from '../world/world.ts';
import type { Figure, Measure } from './figure.ts';

const SEED = 77;
const SIZES = { short: { fuzzed: 300, forged: 100 }, long: { fuzzed: 5_000, forged: 100 } };

/** One request as an enemy or a broken network sends it. */
type Shot = { id: string; body: Buffer; headers: Record<string, string>; signed: boolean };
type Outcome = Shot & { status: number };

/** Forged and mutilated webhooks: none makes a row or a 5xx, and what is signed but makes no sense does no harm either. */
export const measure: Measure = async (form) => {
  const world = await openSmallWorld();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const random = seeded(SEED);
    const sample = takeSample(world);
    const { fuzzed, forged } = SIZES[form];
    const shots = [
      ...Array.from({ length: forged }, (_, index) => forge(sample, index)),
      ...Array.from({ length: fuzzed }, () => fuzz(sample, random)),
    ];
    const outcomes: Outcome[] = [];
    for (const shot of shots) outcomes.push({ ...shot, status: await send(world, shot) });
    await world.idle();
    return await judge(world, outcomes, unhandled);
  } finally {
    process.off('unhandledRejection', note);
    await world.close();
  }
};

type Sample = { body: string; headers: Record<string, string>; secret: string };

/** A webhook as GitHub sends it, and what signs it. */
function takeSample(world: World): Sample {
  world.github.deliveries.hold();
  const issue = world.github.openIssue('ada', { title: 'Add a file', body: 'Acceptance: it is there.' });
  world.github.comment('ada', issue.number, '/omk help');
  const delivery = world.github.deliveries.list.findLast(({ event }) => event === 'issue_comment');
  const headers = { 'content-type': 'application/json', 'x-github-event': 'issue_comment' };
  return { body: JSON.stringify(delivery?.payload), headers, secret: world.config.WEBHOOK_SECRET };
}

function sign(secret: string, body: string | Buffer, algorithm = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
}

/** Signatures that nobody with the secret made for this body. */
const FORGERIES: ((sample: Sample) => Record<string, string>)[] = [
  () => ({}),
  () => ({ 'x-hub-signature-256': '' }),
  () => ({ 'x-hub-signature-256': 'sha256=' }),
  () => ({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }),
  ({ body }) => ({ 'x-hub-signature-256': sign('another secret', body) }),
  ({ body }) => ({ 'x-hub-signature-256': sign('', `${body} `) }),
  ({ body, secret }) => ({ 'x-hub-signature': sign(secret, body, 'sha1') }),
  ({ body, secret }) => ({ 'x-hub-signature-256': sign(secret, body, 'sha1') }),
  ({ body, secret }) => ({ 'x-hub-signature-256': sign(secret, `${body} `) }),
  ({ body, secret }) => ({ 'x-hub-signature-256': sign(secret, body).slice(0, -1) }),
  ({ body, secret }) => ({ 'x-hub-signature-256': `${sign(secret, body)}0` }),
  ({ body, secret }) => ({ 'x-hub-signature-256': sign(secret, body).replace('sha256=', '') }),
  ({ body, secret }) => ({ 'x-hub-signature-256': sign(secret, body).replace('sha256', 'sha512') }),
  ({ body, secret }) => ({ authorization: `Bearer ${secret}`, 'x-hub-signature-256': sign('x', body) }),
];

function forge(sample: Sample, index: number): Shot {
  const id = randomUUID();
  const signature = FORGERIES[index % FORGERIES.length]?.(sample) ?? {};
  const headers = { ...sample.headers, 'x-github-delivery': id, ...signature };
  return { id, body: Buffer.from(sample.body), headers, signed: false };
}

/** Bytes changed after signing, cut bodies, missing and odd headers, and signed bodies that are no sense. */
function fuzz(sample: Sample, random: () => number): Shot {
  const id = randomUUID();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const kind = pick(['flip', 'cut', 'headers', 'shape', 'noise'] as const);
  const whole = Buffer.from(sample.body);
  const at = Math.floor(random() * whole.length);
  const headers: Record<string, string> = { ...sample.headers, 'x-github-delivery': id };
  let body = whole;
  if (kind === 'flip')
    body = Buffer.from(whole.map((byte, index) => (index === at ? byte ^ (1 + Math.floor(random() * 255)) : byte)));
  if (kind === 'cut') body = whole.subarray(0, at);
  if (kind === 'noise')
    body = Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)));
  if (kind === 'shape') body = Buffer.from(misshape(sample.body, random));
  if (kind === 'headers') {
    headers[pick(['x-github-event', 'x-github-delivery', 'content-type'])] = pick([
      '',
      ' ',
      'x'.repeat(4_000),
      '../..',
      'null',
    ]);
  }
  const signed = kind === 'shape' || (kind !== 'headers' && random() < 0.3);
  headers['x-hub-signature-256'] = sign(sample.secret, signed ? body : whole);
  return { id, body, headers, signed: signed || kind === 'headers' };
}

/** The payload with one value replaced by one of another kind, or one key gone. */
function misshape(body: string, random: () => number): string {
  const payload = JSON.parse(body) as Record<string, unknown>;
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(payload);
  const place = places[Math.floor(random() * places.length)];
  const others: unknown[] = [
    null,
    -1,
    1e300,
    '',
    'x'.repeat(70_000),
    [],
    {},
    true,
    undefined,
    '\u0000',
    { toString: 1 },
  ];
  if (place) place.holder[place.key] = others[Math.floor(random() * others.length)];
  return JSON.stringify(payload);
}

/** The status of the answer; 0 if there was none. */
function send(world: World, { body, headers }: Shot): Promise<number> {
  const url = `http://127.0.0.1:${world.config.PORT}/api/github/webhooks`;
  return new Promise((resolve) => {
    const call = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.length } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    call.on('error', () => resolve(0));
    call.end(body);
  });
}

async function judge(world: World, outcomes: Outcome[], unhandled: unknown[]): Promise<Figure[]> {
  const { store, url } = world.omk;
  const unsigned = outcomes.filter(({ signed }) => !signed).map(({ id }) => id);
  const rows = unsigned.length - (await store.listUnknownWebhooks(unsigned)).length;
  const failed = outcomes.filter(({ status }) => status >= 500 || status === 0);
  for (const { status, body, headers } of failed.slice(0, 5))
    process.stderr.write(`${status}: ${JSON.stringify(headers).slice(0, 300)} ${body.toString('latin1', 0, 200)}\n`);
  const alive = await fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
  const { jobs } = await store.counts();
  const figure = (name: string, count: number): Figure => ({
    name,
    target: '0',
    measured: `${count} of ${outcomes.length} (seed ${SEED})`,
    met: count === 0,
  });
  return [
    figure('Forged and fuzzed webhooks: answers 5xx or none', failed.length),
    { ...figure('Rows of webhooks whose signature is not right', rows), measured: `${rows} of ${unsigned.length}` },
    figure('Unhandled rejections', unhandled.length),
    {
      name: 'Alive afterwards, with no job stuck',
      target: 'yes',
      measured: alive && jobs.webhook.active === 0 ? 'yes' : 'no',
      met: alive && jobs.webhook.active === 0,
    },
  ];
}
