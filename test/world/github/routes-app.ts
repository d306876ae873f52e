import { type Answer, notFound, Refusal } from './answer.ts';
import { grants, mintToken } from './credentials.ts';
import { fullRepositoryShape, repositoryShape } from './repository-shapes.ts';
import { type Call, paged, type Route } from './router.ts';
import { api, appShape, installationShape, stamp, userShape } from './shapes.ts';
import {
  type Grants,
  type Installation,
  type Json,
  type Repository,
  findRepository,
  installationFor,
} from './state.ts';
import type { Delivery } from './webhooks.ts';

/** The app itself: who it is, where it is installed, its tokens and its webhook deliveries. */
export const appRoutes: Route[] = [
  { method: 'GET', template: '/app', as: 'app', handle: getApp },
  { method: 'GET', template: '/app/installations', as: 'app', handle: listInstallations },
  { method: 'GET', template: '/app/installations/{installation_id}', as: 'app', handle: getInstallation },
  { method: 'POST', template: '/app/installations/{installation_id}/access_tokens', as: 'app', handle: createToken },
  { method: 'GET', template: '/repos/{owner}/{repo}/installation', as: 'app', handle: getRepositoryInstallation },
  { method: 'DELETE', template: '/installation/token', as: 'installation', handle: revokeToken },
  { method: 'GET', template: '/installation/repositories', as: 'installation', handle: listRepositories },
  { method: 'GET', template: '/users/{username}', as: 'installation', handle: getUser },
  { method: 'GET', template: '/rate_limit', as: 'installation', handle: getRateLimit },
  { method: 'GET', template: '/app/hook/deliveries', as: 'app', handle: listDeliveries },
  { method: 'GET', template: '/app/hook/deliveries/{delivery_id}', as: 'app', handle: getDelivery },
  { method: 'POST', template: '/app/hook/deliveries/{delivery_id}/attempts', as: 'app', handle: redeliver },
];

function getApp({ state, app }: Call): Answer {
  return { status: 200, body: { ...appShape(state, app), installations_count: state.installations.length } };
}

/** What everybody may see of an account. */
function getUser({ state, params }: Call): Answer {
  const account = state.accounts.get((params['username'] ?? '').toLowerCase());
  if (!account) throw notFound();
  const profile = ['name', 'company', 'blog', 'location', 'email', 'hireable', 'bio'].map((key) => [key, null]);
  const counts = ['public_repos', 'public_gists', 'followers', 'following'].map((key) => [key, 0]);
  const times = { created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
  const body = { ...userShape(state, account), ...Object.fromEntries([...profile, ...counts]), ...times };
  return { status: 200, body };
}

function listInstallations(call: Call): Answer {
  const mine = call.state.installations.filter((one) => one.app === call.app);
  return paged(
    call,
    mine.map((one) => installationShape(call.state, one)),
  );
}

function findInstallation({ state, app, params }: Call): Installation {
  const found = state.installations.find((one) => one.app === app && one.id === Number(params['installation_id']));
  if (!found) throw notFound();
  return found;
}

function getInstallation(call: Call): Answer {
  return { status: 200, body: installationShape(call.state, findInstallation(call)) };
}

function getRepositoryInstallation({ state, app, params }: Call): Answer {
  const repository = findRepository(state, params['owner'] ?? '', params['repo'] ?? '');
  const installation = repository && installationFor(state, app, repository);
  if (!installation) throw notFound();
  return { status: 200, body: installationShape(state, installation) };
}

function createToken(call: Call): Answer {
  const installation = findInstallation(call);
  if (installation.suspended) throw new Refusal(403, 'This installation has been suspended');
  const permissions = call.body['permissions'] as Grants | undefined;
  for (const [name, level] of Object.entries(permissions ?? {})) {
    if (name === 'metadata' && level === 'read') continue;
    if (!grants(installation.permissions, `${name}:${level}`)) {
      throw new Refusal(422, 'The permissions requested are not granted to this installation.');
    }
  }
  const repositories = askedRepositories(call, installation);
  const token = mintToken(call.state, installation, { repositories, permissions, lifeMs: call.tokenLifeMs });
  const body: Json = {
    token: token.value,
    expires_at: stamp(token.expiresAt),
    permissions: token.permissions,
    repository_selection: token.narrowed ? 'selected' : 'all',
    ...(token.narrowed && { repositories: token.repositories.map((one) => repositoryShape(call.state, one)) }),
  };
  return { status: 201, body };
}

function askedRepositories({ body }: Call, installation: Installation): Repository[] | undefined {
  const ids = body['repository_ids'] as number[] | undefined;
  const names = body['repositories'] as string[] | undefined;
  if (!ids && !names) return undefined;
  const asked = [
    ...(ids ?? []).map((id) => installation.repositories.find((one) => one.id === id)),
    ...(names ?? []).map((name) => installation.repositories.find((one) => one.name === name)),
  ].filter((one) => one !== undefined);
  if (asked.length === (ids ?? []).length + (names ?? []).length) return asked;
  throw new Refusal(
    422,
    'There is at least one repository that does not exist or is not accessible to the parent installation.',
  );
}

function revokeToken({ caller }: Call): Answer {
  if (caller.kind === 'installation') caller.token.revoked = true;
  return { status: 204 };
}

function listRepositories(call: Call): Answer {
  const repositories = call.caller.kind === 'installation' ? call.caller.token.repositories : [];
  return paged(call, repositories, (page) => ({
    total_count: repositories.length,
    repository_selection: 'selected',
    repositories: (page as Repository[]).map((one) => fullRepositoryShape(call.state, one)),
  }));
}

function getRateLimit({ state }: Call): Answer {
  const reset = Math.floor(state.clock.now().getTime() / 1000) + 3600;
  const limit = (most: number): Json => ({ limit: most, used: 0, remaining: most, reset });
  return {
    status: 200,
    body: { resources: { core: limit(5000), search: limit(30), graphql: limit(5000) }, rate: limit(5000) },
  };
}

function deliveryShape(delivery: Delivery): Json {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: stamp(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: delivery.durationMs / 1000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action ?? null,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

/** Newest first, paged by a cursor: the id of the last one shown. */
function listDeliveries({ deliveries, query, url }: Call): Answer {
  const perPage = Math.min(Number(query.get('per_page') ?? 30), 100);
  const cursor = query.get('cursor');
  const wanted = query.get('status');
  const before = cursor === null ? Infinity : Number(cursor.replace(/^v1_/, ''));
  const list = deliveries.list
    .filter((one) => one.id < before && (wanted === null || (wanted === 'success') === (one.status === 'OK')))
    .toReversed();
  const page = list.slice(0, perPage);
  const next = new URL(url);
  next.searchParams.set('cursor', `v1_${page.at(-1)?.id ?? 0}`);
  const headers: Record<string, string> = list.length > perPage ? { link: `<${next.href}>; rel="next"` } : {};
  return { status: 200, body: page.map(deliveryShape), headers };
}

function getDelivery({ deliveries, params, state, app }: Call): Answer {
  const delivery = deliveries.list.find((one) => one.id === Number(params['delivery_id']));
  if (!delivery) throw notFound();
  const body = {
    ...deliveryShape(delivery),
    url: api(state, `/app/${app.id}`),
    request: { headers: delivery.headers, payload: delivery.payload },
    response: { headers: {}, payload: delivery.answer },
  };
  return { status: 200, body };
}

function redeliver({ deliveries, params }: Call): Answer {
  if (!deliveries.redeliver(Number(params['delivery_id']))) throw notFound();
  return { status: 202, body: {} };
}
