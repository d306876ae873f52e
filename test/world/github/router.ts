import { assertNever } from '../../../src/errors.ts';
import { type Answer, forbidden, notFound, Refusal } from './answer.ts';
import { type Caller, grants } from './credentials.ts';
import type { Deliveries } from './webhooks.ts';
import { type Actor, type App, type Json, type Repository, type State, type Token, findRepository } from './state.ts';

/** A request that reached its route. */
export type Call = {
  state: State;
  app: App;
  deliveries: Deliveries;
  /** How long new installation tokens live. */
  tokenLifeMs: number;
  caller: Caller;
  params: Record<string, string>;
  query: URLSearchParams;
  /** Validated against GitHub's schema before the handler sees it. */
  body: Json;
  url: URL;
};

/** A request about a repository that the token covers. */
export type RepositoryCall = Call & { repository: Repository; token: Token; actor: Actor };

type Handler<C> = (call: C) => Answer | Promise<Answer>;

/** `needs`: one of these permissions suffices. `template` is the path in GitHub's OpenAPI document. */
export type Route = { method: string; template: string } & (
  | { as: 'app' | 'installation'; handle: Handler<Call> }
  | { as: 'repository'; needs: string[]; handle: Handler<RepositoryCall> }
);

export type Found = { route: Route; params: Record<string, string> };

/** Parameters that may hold a slash. */
const greedy = new Set(['path', 'ref', 'branch', 'basehead']);

type Compiled = { route: Route; pattern: RegExp; names: string[] };

/** A function that finds the route of a request. Where two fit, the one with more segments wins. */
export function compileRoutes(routes: Route[]): (method: string, path: string) => Found | undefined {
  const compiled: Compiled[] = routes.map((route) => {
    const names = [...route.template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const source = route.template.replaceAll(/\{(\w+)\}/g, (_, name: string) => patternOf(name));
    return { route, names, pattern: new RegExp(`^${source}$`) };
  });
  const segments = ({ route }: Compiled): number => route.template.split('/').length;
  const sorted = compiled.toSorted((one, other) => segments(other) - segments(one));
  return (method, path) => {
    const found = sorted.find(({ route, pattern }) => route.method === method && pattern.test(path));
    const values = found?.pattern.exec(path)?.slice(1) ?? [];
    if (!found) return undefined;
    return {
      route: found.route,
      params: Object.fromEntries(found.names.map((name, at) => [name, decodeURIComponent(values[at] ?? '')])),
    };
  };
}

function patternOf(name: string): string {
  if (/_(id|number)$/.test(name)) return String.raw`(\d+)`;
  return greedy.has(name) ? '(.+)' : '([^/]+)';
}

/** Checks that the caller may, and runs the handler. */
export async function runRoute({ route, params }: Found, call: Call): Promise<Answer> {
  const { caller } = call;
  switch (route.as) {
    case 'app':
      if (caller.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded');
      return route.handle(call);
    case 'installation':
      needToken(caller);
      return route.handle(call);
    case 'repository': {
      const token = needToken(caller);
      const repository = findRepository(call.state, params['owner'] ?? '', params['repo'] ?? '');
      if (!repository) throw notFound();
      // The files of a public repository are everybody's to read.
      const isOpen = !repository.private && route.method === 'GET' && route.needs.includes('contents:read');
      if (!isOpen && !token.repositories.includes(repository)) throw notFound();
      if (!route.needs.some((need) => grants(token.permissions, need))) throw forbidden();
      if (repository.archived && route.method !== 'GET')
        throw new Refusal(403, 'Repository was archived so is read-only.');
      return route.handle({ ...call, repository, token, actor: actorOf(token) });
    }
    default:
      return assertNever(route);
  }
}

function needToken(caller: Caller): Token {
  if (caller.kind === 'installation') return caller.token;
  throw new Refusal(401, caller.kind === 'app' ? 'Bad credentials' : 'Requires authentication');
}

/** An app acts as its bot. */
export function actorOf(token: Token): Actor {
  return { account: token.installation.app.bot, app: token.installation.app };
}

const perPageLimit = 100;

/** The page of a list that the query asks for, with the `Link` header. */
export function paged(
  call: Call,
  list: readonly unknown[],
  wrap: (page: unknown[]) => unknown = (page) => page,
): Answer {
  const perPage = Math.min(Number(call.query.get('per_page') ?? 30), perPageLimit);
  const page = Number(call.query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(list.length / perPage));
  const link = (to: number, rel: string): string => {
    const url = new URL(call.url);
    url.searchParams.set('page', String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  const body = wrap(list.slice((page - 1) * perPage, page * perPage));
  return { status: 200, body, headers: links.length > 0 ? { link: links.join(', ') } : {} };
}

/** A field of the body that is text, or undefined. */
export function text(body: Json, key: string): string | undefined {
  const value = body[key];
  return typeof value === 'string' ? value : undefined;
}
