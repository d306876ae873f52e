import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { pathOf, type Handler } from './server.ts';

/** A webhook whose signature fits. */
type SignedWebhook = { id: string; name: string; payload: object };

export type Intake = {
  verify: (body: string, signature: string) => Promise<boolean>;
  /** Resolves when the webhook is stored. */
  receive: (webhook: SignedWebhook) => Promise<void>;
};

const WEBHOOK_PATH = '/api/github/webhooks';

/** The most that GitHub sends: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap */
const MAX_BODY_BYTES = 25 * 1024 * 1024;
/** So much of bodies is held at once that nobody has signed for yet. */
const MAX_HELD_BYTES = 8 * MAX_BODY_BYTES;

/** What is looked at before a webhook is stored: Octokit fails on another action or installation. */
const headSchema = z.looseObject({
  action: z.string().nullish(),
  installation: z.looseObject({ id: z.number().optional() }).nullish(),
});

type Answer = { status: number; says: string };

/**
 * Takes GitHub's webhooks: 202 once one is stored, 4xx for what is not GitHub's, 503 for more at once than omk holds.
 * Throws when it could not be stored: GitHub then sees a failed delivery, which is fetched again later.
 */
export function intake(parts: Intake): Handler {
  const held = { bytes: 0 };
  return async (request, response) => {
    if (pathOf(request) !== WEBHOOK_PATH) return false;
    const { status, says } = await take(request, parts, held);
    const isCut = status === 413 || status === 503;
    response.writeHead(status, { 'content-type': 'text/plain', ...(isCut && { connection: 'close' }) });
    response.end(`${says}\n`);
    return true;
  };
}

async function take(request: IncomingMessage, { verify, receive }: Intake, held: Held): Promise<Answer> {
  if (request.method !== 'POST') return { status: 405, says: 'Webhooks are posted.' };
  const [type, name, id, signature] = [
    'content-type',
    'x-github-event',
    'x-github-delivery',
    'x-hub-signature-256',
  ].map((header) => String(request.headers[header] ?? ''));
  if (!type?.startsWith('application/json')) return { status: 415, says: 'The content type is application/json.' };
  if (!name || !id) return { status: 400, says: 'X-GitHub-Event and X-GitHub-Delivery are needed.' };
  if (!signature) return { status: 401, says: 'X-Hub-Signature-256 is needed.' };
  const body = await readBody(request, held);
  if (body.kind === 'no-room')
    return { status: 503, says: 'Too much is being received. GitHub is asked for it again later.' };
  if (body.kind === 'too-long') return { status: 413, says: 'The payload is larger than GitHub sends.' };
  if (!(await verify(body.text, signature).catch(() => false)))
    return { status: 401, says: 'The signature does not fit the payload.' };
  const payload = parseObject(body.text);
  if (!payload) return { status: 400, says: 'The payload is no JSON object.' };
  if (!headSchema.safeParse(payload).success) return { status: 400, says: 'The payload is none that GitHub sends.' };
  await receive({ id, name, payload });
  return { status: 202, says: 'accepted' };
}

type Held = { bytes: number };

type Body = { kind: 'whole'; text: string } | { kind: 'too-long' } | { kind: 'no-room' };

async function readBody(request: IncomingMessage, held: Held): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      held.bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) return { kind: 'too-long' };
      if (held.bytes > MAX_HELD_BYTES) return { kind: 'no-room' };
      chunks.push(chunk);
    }
    return { kind: 'whole', text: Buffer.concat(chunks).toString() };
  } finally {
    held.bytes -= bytes;
  }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
