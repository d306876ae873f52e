import { Gauge, register, Registry } from 'prom-client';
import { proofOf } from '../goal/proof.ts';
import type { Store } from '../store/store.ts';
import { goalPage, goalsPage, page } from './pages.ts';
import { html } from './html.ts';
import { pathOf, type Handler } from './server.ts';

type Reply = { status: number; type: string; body: string };

const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** `hosts`: by which names it is reached, where being out of reach for others is what protects the pages. */
type Site = { store: Store; isReady: () => boolean; onlyHealth: boolean; hosts: readonly string[] | undefined };

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** Answers health and metrics and, unless it is `onlyHealth`, the goal pages. */
export function routes(site: Site): Handler {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    const path = pathOf(request);
    const reply = isForeign(request.headers.host, path, site) ? MISDIRECTED : await route(path, site);
    if (!reply) return false;
    response.writeHead(reply.status, { 'content-type': reply.type, ...HEADERS });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
    return true;
  };
}

const MISDIRECTED: Reply = { status: 421, type: 'text/plain', body: 'This host name is not in OMK_PUBLIC_URL.\n' };

/** A page of somebody else's that a browser was made to look for here, under a name of theirs (DNS rebinding), reads nothing. */
function isForeign(host: string | undefined, path: string, { hosts }: Site): boolean {
  if (hosts === undefined || path === '/healthz' || path === '/readyz') return false;
  return !hosts.includes(URL.parse(`http://${host ?? ''}`)?.hostname ?? '');
}

async function route(path: string, { store, isReady, onlyHealth }: Site): Promise<Reply | undefined> {
  if (path === '/healthz') return { status: 200, type: 'text/plain', body: 'alive\n' };
  if (path === '/readyz') return readiness(isReady());
  if (path === '/metrics') return { status: 200, type: 'text/plain; version=0.0.4', body: await metrics(store) };
  if (onlyHealth) return undefined;
  if (path === '/goals' || path === '/goals/') {
    return { status: 200, type: HTML, body: goalsPage(await store.listGoals({ limit: 200 })) };
  }
  const match = /^\/goals\/(goal-[0-9a-f-]+)(\/proof\.json)?$/.exec(path);
  return match?.[1] ? goalReply(match[1], match[2] !== undefined, store) : undefined;
}

function readiness(ready: boolean): Reply {
  return { status: ready ? 200 : 503, type: 'text/plain', body: ready ? 'ready\n' : 'starting or stopping\n' };
}

async function goalReply(id: string, proof: boolean, store: Store): Promise<Reply> {
  const goal = await store.findGoal(id);
  if (!goal) return { status: 404, type: HTML, body: page('No such goal', html`<p>There is no goal ${id}.</p>`) };
  const events = await store.listEvents(id);
  return proof
    ? { status: 200, type: JSON_TYPE, body: JSON.stringify(proofOf(goal, events), undefined, 2) }
    : { status: 200, type: HTML, body: goalPage(goal, events) };
}

async function metrics(store: Store): Promise<string> {
  const registry = new Registry();
  const goals = new Gauge({
    name: 'omk_goals',
    help: 'Goals by status',
    labelNames: ['status'],
    registers: [registry],
  });
  const jobs = new Gauge({
    name: 'omk_jobs',
    help: 'Jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers: [registry],
  });
  const counts = await store.counts();
  for (const [status, count] of Object.entries(counts.goals)) goals.set({ status }, count);
  for (const [queue, states] of Object.entries(counts.jobs)) {
    for (const [state, count] of Object.entries(states)) jobs.set({ queue, state }, count);
  }
  // What counts up over the life of the process is in the common registry.
  return Registry.merge([registry, register]).metrics();
}
