import { z } from 'zod';
import { callGitHub, ONCE, parseReply, statusOf, type AppAuth } from './client.ts';

/** One try of GitHub to deliver a webhook. Tries of the same event share `guid`; `ok` says whether our server said 2xx, undefined as long as it said nothing. */
export type Delivery = {
  /** Digits: GitHub's numbers here are too large for a number of ours. */
  id: string;
  guid: string;
  deliveredAt: Date;
  ok: boolean | undefined;
  event: string;
  action: string | undefined;
  repositoryId: number | undefined;
};

const deliverySchema = z
  .object({
    id: z.union([z.number(), z.bigint()]).transform(String),
    guid: z.string(),
    delivered_at: z.coerce.date(),
    status_code: z.number(),
    event: z.string(),
    action: z.string().nullish(),
    repository_id: z.number().nullish(),
  })
  .transform((row): Delivery => ({
    id: row.id,
    guid: row.guid,
    deliveredAt: row.delivered_at,
    ok: row.status_code === 0 ? undefined : row.status_code >= 200 && row.status_code < 300,
    event: row.event,
    action: row.action ?? undefined,
    repositoryId: row.repository_id ?? undefined,
  }));

/** Every delivery to the App since then, newest first. GitHub keeps three days. */
export async function listDeliveries(app: AppAuth, since: Date): Promise<Delivery[]> {
  const octokit = await app.auth();
  return callGitHub('list deliveries', async () => {
    const deliveries: Delivery[] = [];
    const pages = octokit.paginate.iterator(octokit.rest.apps.listWebhookDeliveries, { per_page: 100 });
    for await (const { data } of pages) {
      const page = parseReply('list deliveries', z.array(deliverySchema), data);
      deliveries.push(...page.filter((delivery) => delivery.deliveredAt >= since));
      if (page.some((delivery) => delivery.deliveredAt < since)) break;
    }
    return deliveries;
  });
}

/** Asks GitHub to deliver once more. The event keeps its guid, so that a second copy is known as one. False if GitHub has dropped it. */
export async function redeliver(app: AppAuth, id: string): Promise<boolean> {
  const octokit = await app.auth();
  const route: string = 'POST /app/hook/deliveries/{delivery_id}/attempts';
  try {
    await callGitHub('redeliver', () => octokit.request(route, { delivery_id: id, ...ONCE }));
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 422) return false;
    throw error;
  }
}
