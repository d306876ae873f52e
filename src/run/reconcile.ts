import { randomUUID } from 'node:crypto';
import type { AppAuth } from '../github/client.ts';
import { listDeliveries, redeliver, type Delivery } from '../github/deliveries.ts';
import { glanceAtArmed, type Memory } from './glance.ts';
import { REMEMBERED_MS } from './say.ts';
import type { Tools } from './tools.ts';

const MINUTE_MS = 60_000;
const EVERY_MS = 5 * MINUTE_MS;
const LEASE_MS = 45_000;
const TICK_MS = 15_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** GitHub keeps its deliveries for three days. */
const FIRST_LOOK_MS = 3 * DAY_MS;
const LOOK_MS = 2 * HOUR_MS;
/** A delivery younger than this may be on its way. */
const ON_ITS_WAY_MS = MINUTE_MS;

/** `events`: those that omk stores; GitHub sends some to every App that nobody asked for. */
type Needs = {
  tools: Pick<Tools, 'store' | 'clock' | 'log' | 'config' | 'connect'>;
  app: AppAuth;
  events: readonly string[];
};

/**
 * Reconciles at once and then every five minutes, in one process: the one that has the lease. Another takes it over within a minute
 * of its death. Returns how to stop it.
 */
export function startReconciling(needs: Needs): () => Promise<void> {
  const { store, clock, log, config } = needs.tools;
  // Who has the embedded database is alone: the lease of a process that was killed is its own.
  const holder = config.DATABASE_URL === undefined ? 'alone' : randomUUID();
  const memory: Memory = new Map();
  let next = { at: 0, lookMs: FIRST_LOOK_MS };
  const round = async () => {
    const now = clock.now().getTime();
    if (!(await store.takeLease({ name: 'reconcile', holder, until: new Date(now + LEASE_MS) }))) return;
    if (now < next.at) return;
    next = { ...next, at: now + MINUTE_MS };
    await reconcile(needs, next.lookMs, memory);
    next = { at: now + EVERY_MS, lookMs: LOOK_MS };
  };
  const tryRound = () => round().catch((err: unknown) => log.warn({ err }, 'could not reconcile with GitHub'));
  let running = tryRound();
  const timer = setInterval(() => {
    running = running.then(tryRound);
  }, TICK_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
    await store.endLease({ name: 'reconcile', holder, until: clock.now() });
  };
}

/**
 * Finds what no webhook told: asks GitHub to deliver again what was never stored, has every armed pull request that changed read again,
 * and forgets webhooks that are too old to come twice. Harmless to call twice. Throws TransientError.
 */
async function reconcile({ tools, app, events }: Needs, lookMs: number, memory: Memory): Promise<void> {
  const { store, clock, log } = tools;
  const now = clock.now().getTime();
  await store.sweepWebhooks(new Date(now - REMEMBERED_MS));
  await glanceAtArmed(tools, memory);
  const deliveries = await listDeliveries(app, new Date(now - lookMs));
  const newest = new Map<string, Delivery>();
  const ripe = deliveries.filter(({ ok, deliveredAt }) => ok === false || deliveredAt.getTime() <= now - ON_ITS_WAY_MS);
  for (const delivery of ripe.filter(({ event }) => events.includes(event))) {
    if (!newest.has(delivery.guid)) newest.set(delivery.guid, delivery);
  }
  const lost = await store.listUnknownWebhooks([...newest.keys()]);
  // Oldest first, as they happened.
  for (const guid of [...newest.keys()].filter((candidate) => lost.includes(candidate)).toReversed()) {
    const delivery = newest.get(guid);
    const again = delivery !== undefined && (await redeliver(app, delivery.id));
    log.warn({ guid, event: delivery?.event, again }, 'a webhook was lost');
  }
}
