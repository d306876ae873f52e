import { sql, type NotNull } from 'kysely';
import { decodeJson, encodeJson } from './json.ts';
import type { Executor, Tx } from './schema.ts';
import type { Hold } from './wait.ts';

/** One delivery from GitHub; `id` is its `X-GitHub-Delivery`. */
export type Webhook = { id: string; event: string; action: string | undefined; payload: unknown; receivedAt: Date };

/** Stores them, and says for each whether this delivery was stored before. */
export async function insertWebhooks(tx: Tx, webhooks: readonly Webhook[]): Promise<('stored' | 'seen')[]> {
  const rows = webhooks.map((webhook) => ({
    id: webhook.id,
    event: webhook.event,
    action: webhook.action ?? null,
    payload: encodeJson(webhook.payload),
    received_at: webhook.receivedAt,
    status: 'waiting' as const,
    retry_at: null,
    failures: 0,
  }));
  const inserted = await tx
    .insertInto('webhook')
    .values(rows)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  const fresh = new Set(inserted.map(({ id }) => id));
  // Of two with the same id the first is the one that was stored.
  return webhooks.map(({ id }) => (fresh.delete(id) ? 'stored' : 'seen'));
}

/** Those of these delivery ids that were never stored, in their order. */
export async function listUnknownWebhooks(db: Executor, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string }>`select id from webhook where id = any(${ids})`.execute(db);
  const known = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !known.has(id));
}

/** The deliveries, each undefined if it is unknown or done. */
export async function findWebhooks(db: Executor, ids: readonly string[]): Promise<(Webhook | undefined)[]> {
  const rows = await db
    .selectFrom('webhook')
    .selectAll()
    .where('id', 'in', ids)
    .where('payload', 'is not', null)
    .$narrowType<{ payload: NotNull }>()
    .execute();
  const known = new Map(
    rows.map(({ id, event, action, payload, received_at }) => [
      id,
      { id, event, action: action ?? undefined, payload: decodeJson(payload), receivedAt: received_at },
    ]),
  );
  return ids.map((id) => known.get(id));
}

/** Nothing is left to do for them; only the ids are kept, so that a repeated delivery is known. */
export async function finishWebhooks(db: Executor, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('webhook')
    .set({ status: 'done', payload: null, retry_at: null })
    .where('id', 'in', ids)
    .execute();
}

/** It was given up after too many failures; the payload stays until it is swept. */
export async function failWebhook(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('webhook').set({ status: 'failed', retry_at: null }).where('id', '=', id).execute();
}

/** It is handled again at `hold.until`. */
export async function holdWebhook(tx: Tx, id: string, hold: Hold): Promise<void> {
  const row = { retry_at: hold.until, failures: hold.failures };
  await tx.updateTable('webhook').set(row).where('id', '=', id).execute();
}

/** Takes at most `limit` held deliveries whose time has come. Two processes never get the same one. */
export async function takeDueWebhooks(tx: Tx, now: Date, limit: number): Promise<{ id: string; failures: number }[]> {
  const { rows } = await sql<{ id: string; failures: number }>`
    update webhook set retry_at = null where id in (
      select id from webhook where retry_at <= ${now} order by retry_at limit ${limit} for update skip locked
    ) returning id, failures
  `.execute(tx);
  return rows;
}

/** Forgets what arrived before `before` and is not waiting. Returns how many. */
export async function sweepWebhooks(db: Executor, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook')
    .where('received_at', '<', before)
    .where('status', '!=', 'waiting')
    .executeTakeFirst();
  return Number(numDeletedRows);
}
