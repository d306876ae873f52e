import { createHash } from 'node:crypto';
import { type Answer, Refusal } from './answer.ts';
import { type Caller, readCaller } from './credentials.ts';
import { restSchema } from './openapi.ts';
import { type Call, compileRoutes, type Found, runRoute } from './router.ts';
import { appRoutes } from './routes-app.ts';
import { checkDetailRoutes } from './routes-check-details.ts';
import { checkRoutes } from './routes-checks.ts';
import { gitRoutes } from './routes-git.ts';
import { issueRoutes } from './routes-issues.ts';
import { pullRoutes } from './routes-pulls.ts';
import { repositoryRoutes } from './routes-repository.ts';
import { reviewRoutes } from './routes-reviews.ts';
import type { RawRequest } from './serve-git.ts';
import type { Exchange, Site } from './site.ts';
import type { Json } from './state.ts';

const findRoute = compileRoutes([
  ...appRoutes,
  ...repositoryRoutes,
  ...gitRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...reviewRoutes,
  ...checkRoutes,
  ...checkDetailRoutes,
]);

function pathOf({ url }: RawRequest): string {
  return url.pathname.replace(/^\/api\/v3/, '');
}

/** The request's route as GitHub documents it, like `GET /repos/{owner}/{repo}`. */
export function nameRestRoute(request: RawRequest): string {
  return `${request.method} ${findRoute(request.method, pathOf(request))?.route.template ?? '?'}`;
}

/** Answers a REST request. What GitHub does not document, or this fake does not model, is refused and remembered. */
export async function answerRest(site: Site, request: RawRequest, exchange: Exchange): Promise<Answer> {
  const path = pathOf(request);
  const found = findRoute(request.method, path);
  if (!found) {
    site.refused.push(`${request.method} ${path}: no such route in the fake`);
    return { status: 501, body: { message: 'The fake GitHub does not model this route' } };
  }
  const body = (exchange.body ?? {}) as Json;
  try {
    const caller = readCaller(site.state, site.app, header(request, 'authorization'));
    exchange.caller = caller.kind;
    checkRequest(site, found, request, body);
    const answer = await runRoute(found, callFor(site, { found, request, body, caller }));
    checkAnswer(site, found, answer);
    return withTag(request, withPermissions(found, answer));
  } catch (error) {
    if (error instanceof Refusal) return withPermissions(found, error.answer);
    throw error;
  }
}

type Parts = { found: Found; request: RawRequest; body: Json; caller: Caller };

function callFor(site: Site, { found, request, body, caller }: Parts): Call {
  const { state, app, deliveries, tokenLifeMs } = site;
  return {
    state,
    app,
    deliveries,
    tokenLifeMs,
    caller,
    params: found.params,
    query: request.url.searchParams,
    body,
    url: request.url,
  };
}

function checkRequest(site: Site, { route, params }: Found, request: RawRequest, body: Json): void {
  if (!site.validates) return;
  const faults = restSchema().checkRequest(route.method, route.template, {
    params,
    query: request.url.searchParams,
    body,
  });
  if (faults.length === 0) return;
  site.refused.push(`${route.method} ${request.url.pathname}: ${faults.join('; ')}`);
  throw new Refusal(422, `Invalid request.\n\n${faults.join('\n')}`);
}

function checkAnswer(site: Site, { route }: Found, { status, body }: Answer): void {
  if (!site.validates) return;
  const sent: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
  const faults = restSchema().checkAnswer(route.method, route.template, status, sent);
  site.drift.push(...faults.map((fault) => `${route.method} ${route.template} ${status}: ${fault}`));
}

function withPermissions({ route }: Found, answer: Answer): Answer {
  if (route.as !== 'repository') return answer;
  const accepted = route.needs.map((need) => need.replace(':', '=')).join('; ');
  return { ...answer, headers: { 'x-accepted-github-permissions': accepted, ...answer.headers } };
}

/** Gives reads an ETag, which on GitHub depends on the token too, and 304 to who has the same already. */
function withTag(request: RawRequest, answer: Answer): Answer {
  if (request.method !== 'GET' || answer.status !== 200) return answer;
  const etag = `W/"${tagOf(`${header(request, 'authorization') ?? ''}${JSON.stringify(answer.body)}`)}"`;
  const headers = { ...answer.headers, etag };
  return header(request, 'if-none-match') === etag ? { status: 304, headers } : { ...answer, headers };
}

function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function header(request: RawRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
