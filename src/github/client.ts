import { ProbotOctokit } from 'probot';
import { z } from 'zod';
import { TransientError, UserError } from '../errors.ts';
import type { Person, Repository } from '../goal/goal.ts';
import { around } from '../kill-point.ts';

type Octokit = InstanceType<typeof ProbotOctokit>;

/** GitHub as the App sees one repository: every call goes out with a token for this repository alone. */
export type GitHub = {
  octokit: Octokit;
  appId: number;
  repository: Repository;
  /** The login under which the App writes, `<slug>[bot]`. Asked once for each App, and only where GitHub does not say which app wrote. */
  botLogin(): Promise<string>;
  /** The account under which the App writes; its id is not the App's. Asked once for each App. */
  bot(): Promise<Person>;
  /** Throws UserError with the name of every permission that omk needs here and was not granted. */
  assertGranted(): Promise<void>;
};

/** What Probot offers and this folder needs: a client of the App itself, or of one installation. */
export type AppAuth = { auth(installationId?: number): Promise<Octokit> };

export type Permissions = Record<string, 'read' | 'write'>;
/** `lacking`: what was wished for and is not granted, such as `checks: write`. */
export type Token = { token: string; expiresAt: Date; lacking: string[] };

/** All that omk's own calls need. Never `workflows`, never `administration`. */
export const PERMISSIONS: Permissions = {
  actions: 'read',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
};

const CALL_TIMEOUT_MS = 30_000;

/** Spread into every call that changes something: a call whose outcome is unknown is read back, never sent again. */
export const ONCE = { request: { retries: 0 } };

/**
 * The client class for Probot's `Octokit` option. It neither retries nor throttles, since waiting belongs to the queue:
 * plugin-retry would send `PUT …/merge` again on 405, 409 and 5xx (chdsbd/kodiak#397). A call ends after 30 seconds.
 */
export function octokitForQueue(): typeof ProbotOctokit {
  return ProbotOctokit.defaults((options: ConstructorParameters<typeof ProbotOctokit>[0]) => ({
    ...options,
    retry: { enabled: false },
    throttle: { ...options?.throttle, enabled: false },
    request: { ...options?.request, retries: 0, fetch: withTimeout(options?.request?.fetch) },
  }));
}

type Fetch = typeof globalThis.fetch;

function withTimeout(fetch: Fetch | undefined): Fetch {
  return (input, init) => {
    const limit = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    return (fetch ?? globalThis.fetch)(input, { ...init, signal });
  };
}

/** A client for this one repository with the fewest permissions, or those of them that are granted. A refused token is replaced at the next call. */
export async function connectGitHub(app: AppAuth, appId: number, repository: Repository): Promise<GitHub> {
  const owner = await app.auth();
  const hook = async (send: (call: Call) => Promise<unknown>, call: Call) => {
    const { token } = await mintToken(app, repository, PERMISSIONS);
    try {
      return await send({ ...call, headers: { ...call.headers, authorization: `token ${token}` } });
    } catch (error) {
      if (statusOf(error) === 401) forgetToken(app, repository, PERMISSIONS);
      throw error;
    }
  };
  const Client = owner.constructor as typeof ProbotOctokit;
  const { baseUrl } = owner.request.endpoint.DEFAULTS;
  const octokit = new Client({ authStrategy: () => ({ hook }), baseUrl, log: owner.log });
  const botLogin = () => once(app, 'login', () => readBotLogin(owner));
  const bot = () => once(app, 'bot', async () => readBot(octokit, await botLogin()));
  const assertGranted = async () => {
    if ((await mintToken(app, repository, PERMISSIONS)).lacking.length === 0) return;
    forgetToken(app, repository, PERMISSIONS);
    const { lacking } = await mintToken(app, repository, PERMISSIONS);
    if (lacking.length > 0) throw lacks(repository, lacking);
  };
  return { octokit, appId, repository, botLogin, bot, assertGranted };
}

/** What was read of an App and never changes while omk runs. */
const remembered = new WeakMap<AppAuth, Map<string, unknown>>();

async function once<T>(app: AppAuth, what: string, read: () => Promise<T>): Promise<T> {
  const known = remembered.get(app) ?? new Map<string, unknown>();
  remembered.set(app, known);
  if (!known.has(what)) known.set(what, await read());
  return known.get(what) as T;
}

async function readBotLogin(owner: Octokit): Promise<string> {
  const { data } = await callGitHub('read the App', () => owner.rest.apps.getAuthenticated());
  return `${parseReply('read the App', z.object({ slug: z.string() }), data).slug}[bot]`;
}

async function readBot(octokit: Octokit, username: string): Promise<Person> {
  const { data } = await callGitHub('read the bot', () => octokit.rest.users.getByUsername({ username }));
  return parseReply('read the bot', z.object({ id: z.number(), login: z.string() }), data);
}

type Call = { headers: Record<string, unknown> };

/** Tokens by what they are for. A token is used until five minutes before its end; one that lacks something for a moment, since somebody may grant it. */
const tokens = new WeakMap<AppAuth, Map<string, Token>>();
const TOKEN_RESERVE_MS = 300_000;
const LACKING_MS = 10_000;

function tokensOf(app: AppAuth): Map<string, Token> {
  const known = tokens.get(app) ?? new Map<string, Token>();
  tokens.set(app, known);
  return known;
}

function tokenKey({ installationId, id }: Repository, permissions: Permissions): string {
  return JSON.stringify([installationId, id, permissions]);
}

/** GitHub refused the token: the next `mintToken` makes a new one. */
export function forgetToken(app: AppAuth, repository: Repository, permissions: Permissions): void {
  tokensOf(app).delete(tokenKey(repository, permissions));
}

/**
 * A token for this one repository with these permissions and no others, good for minutes to an hour; without those that are not granted.
 * Calling twice may give the same one. Throws UserError if the App may have none of them: it was uninstalled or suspended.
 */
export async function mintToken(app: AppAuth, repository: Repository, permissions: Permissions): Promise<Token> {
  const key = tokenKey(repository, permissions);
  const known = tokensOf(app).get(key);
  if (known && known.expiresAt.getTime() - Date.now() > TOKEN_RESERVE_MS) return known;
  const minted = await around('token', async () => mint(await app.auth(), repository, permissions));
  tokensOf(app).set(key, minted);
  return minted;
}

const tokenSchema = z
  .object({ token: z.string().min(1), expires_at: z.coerce.date() })
  .transform(({ token, expires_at: expiresAt }) => ({ token, expiresAt }));

async function mint(octokit: Octokit, repository: Repository, permissions: Permissions): Promise<Token> {
  try {
    return { ...(await createToken(octokit, repository, permissions)), lacking: [] };
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    const granted = statusOf(error) === 422 ? await readGrants(octokit, repository) : {};
    const wished = Object.entries(permissions);
    const may = wished.filter(([name, level]) => granted[name] === 'write' || granted[name] === level);
    const lacking = wished.filter((wish) => !may.includes(wish)).map(([name, level]) => `${name}: ${level}`);
    if (lacking.length === 0 || Object.keys(granted).length === 0) throw noAccess(repository, statusOf(error));
    if (may.length === 0) throw lacks(repository, lacking);
    const { token } = await createToken(octokit, repository, Object.fromEntries(may));
    return { token, expiresAt: new Date(Date.now() + TOKEN_RESERVE_MS + LACKING_MS), lacking };
  }
}

async function createToken(octokit: Octokit, { installationId, id }: Repository, permissions: Permissions) {
  const wish = { installation_id: installationId, repository_ids: [id], permissions, ...ONCE };
  const { data } = await callGitHub('mint a token', () => octokit.rest.apps.createInstallationAccessToken(wish));
  return parseReply('mint a token', tokenSchema, data);
}

const installationSchema = z.object({ permissions: z.record(z.string(), z.string()) });

/** What the account granted to the App; nothing if the installation is gone. */
async function readGrants(octokit: Octokit, { installationId }: Repository): Promise<Record<string, string>> {
  try {
    const { data } = await callGitHub('read the installation', () =>
      octokit.rest.apps.getInstallation({ installation_id: installationId }),
    );
    return parseReply('read the installation', installationSchema, data).permissions;
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return {};
  }
}

function noAccess({ owner, name }: Repository, status: number | undefined): UserError {
  const hint = `Look at the App's installation: it must be active and have ${owner}/${name}.`;
  return new UserError(`omk has no access to ${owner}/${name} (GitHub says ${status}).`, hint);
}

function lacks({ owner, name }: Repository, lacking: readonly string[]): UserError {
  const list = lacking.map((permission) => `\`${permission}\``).join(', ');
  const text = `omk lacks ${lacking.length === 1 ? 'a permission' : 'permissions'} in ${owner}/${name}: ${list}.`;
  return new UserError(text, whoGrants(owner));
}

/** An installation can be granted what the App itself asks for. */
function whoGrants(owner: string): string {
  return `an owner of ${owner} grants it under Settings, GitHub Apps, once whoever runs this omk has added it to the App; then /omk retry`;
}

/**
 * Makes one call to GitHub. No answer, 5xx, 401 and rate limits become TransientError with the wait GitHub asks for;
 * every other refusal stays as Octokit's error with its `status`, for the caller to judge. `what` completes "GitHub could not …".
 */
export async function callGitHub<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toTransient(what, error) ?? toMissing(what, error) ?? error;
  }
}

/** GitHub's refusal for want of a permission: still one with a status, and with the words for people. */
export class MissingPermission extends UserError {
  readonly status = 403;
  readonly response: unknown;
  /** `accepted`: what would have done, such as ` \`checks: write\``; empty where nobody knows. */
  constructor(what: string, accepted: string, cause: Error & { response?: unknown }) {
    super(`GitHub does not let omk ${what}: its App lacks the permission${accepted}.`, whoGrants('this account'));
    this.cause = cause;
    this.response = cause.response;
  }
}

/** GitHub names what would have done: `checks=write`, with `;` between one way and another. */
function toMissing(what: string, error: unknown): MissingPermission | undefined {
  if (statusOf(error) !== 403 || !/not accessible by integration/i.test((error as Error).message)) return undefined;
  const refusal = error as Refusal;
  const accepted = String(refusal.response?.headers['x-accepted-github-permissions'] ?? '');
  const ways = accepted.split(';').map((way) => `\`${way.trim().replaceAll('=', ': ')}\``);
  return new MissingPermission(what, accepted === '' ? '' : ` ${ways.join(' or ')}`, refusal);
}

/** The HTTP status of a refusal; undefined for anything that is none. Octokit says 500 when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

/** True if GitHub may have done what it was asked although the call failed: no answer, a gateway's, or one that cannot be read. */
export function mayHaveApplied(error: unknown): boolean {
  if (!(error instanceof TransientError)) return false;
  const status = statusOf(error.cause);
  return status === undefined ? isUnreadable(error) : status >= 500 || status === 408;
}

class UnreadableReply extends Error {}

/** True if GitHub's reply came and had not the shape we rely on. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof TransientError && error.cause instanceof UnreadableReply;
}

/** GitHub's reply in the shape we rely on. Throws TransientError for a truncated or foreign one. */
export function parseReply<T>(what: string, schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  const cause = new UnreadableReply(`${path.join('.')}: ${message}`);
  throw new TransientError(`GitHub's answer could not be understood (to ${what})`, RETRY_MS, { cause });
}

/** Every item of a paged list. */
export async function listAll<T>(what: string, pages: AsyncIterable<{ data: T[] }>): Promise<T[]> {
  return callGitHub(what, async () => {
    const items: T[] = [];
    for await (const page of pages) items.push(...page.data);
    return items;
  });
}

const RETRY_MS = 10_000;
const LIMIT_MS = 60_000;

type Refusal = Error & {
  status: number;
  response?: { headers: Record<string, string | number | undefined>; data: unknown };
};

function toTransient(what: string, error: unknown): TransientError | undefined {
  if (error instanceof TransientError) return error;
  const transient = (why: string, ms: number) =>
    new TransientError(`GitHub could not ${what}: ${why}`, ms, { cause: error });
  const status = statusOf(error);
  if (status === undefined) return isTimeout(error) ? transient('no answer in time', RETRY_MS) : undefined;
  const refusal = error as Refusal;
  const limited = limitMs(refusal);
  if (limited !== undefined) return transient('rate limit', limited);
  if (status === 401) return transient('the token was refused', 1_000);
  if (status < 500 && status !== 408) return undefined;
  const answered = refusal.response !== undefined;
  return transient(answered ? `it answered ${status}` : 'no answer', retryAfterMs(refusal) ?? RETRY_MS);
}

function isTimeout(error: unknown): boolean {
  const name = typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined;
  return name === 'AbortError' || name === 'TimeoutError';
}

/** How long a primary or secondary limit lasts; undefined if it is none. GitHub's own clock counts. */
function limitMs(error: Refusal): number | undefined {
  if (error.status !== 403 && error.status !== 429) return undefined;
  const headers = error.response?.headers ?? {};
  const asked = retryAfterMs(error);
  if (asked !== undefined) return asked;
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(headers['x-ratelimit-reset']) * 1_000;
    const now = Date.parse(String(headers['date'])) || Date.now();
    return Number.isFinite(reset) ? Math.max(1_000, reset - now) : LIMIT_MS;
  }
  return error.status === 429 || /rate limit|abuse detection/i.test(error.message) ? LIMIT_MS : undefined;
}

function retryAfterMs({ response }: Refusal): number | undefined {
  const seconds = Number(response?.headers['retry-after'] ?? NaN);
  return Number.isFinite(seconds) ? Math.max(1, seconds) * 1_000 : undefined;
}
