import { TransientError, UserError } from '../errors.ts';
import { callGitHub, MissingPermission, statusOf, type GitHub } from './client.ts';

/** GitHub does not take the question: an older server without a field, or one without GraphQL. Most facts can be had by REST as well. */
export class NotUnderstood extends UserError {
  override name = 'NotUnderstood';
  constructor(message: string, { cause, hint = '/omk retry' }: ErrorOptions & { hint?: string } = {}) {
    super(message, hint);
    this.cause = cause;
  }
}

/** What came back. `hidden` names the fields that GitHub keeps from us. */
export type Answer = { data: unknown; hidden: Set<string> };

type Fault = { type?: string; message?: string; path?: (string | number)[] };
type GraphqlFault = Error & { errors: Fault[]; data?: object | null };

/** Fields that GitHub may keep from us while the rest of the answer stands. */
const MAY_BE_HIDDEN = ['app', 'file', 'refUpdateRule', 'rules', 'labels', 'removals'];
/** Fields that only spare a call: whatever is wrong with them, the call is made. */
const MAY_FAIL = ['collaborators'];
const RETRY_MS = 60_000;

/**
 * Asks GraphQL. Only faults that are known to leave the rest of the answer whole are let pass. Throws NotUnderstood where
 * asking again would not help, TransientError for the rest.
 */
export async function ask(github: GitHub, { what, query, variables }: Order): Promise<Answer> {
  try {
    const data: unknown = await callGitHub(what, () => github.octokit.graphql(query, variables));
    return { data, hidden: new Set() };
  } catch (error) {
    if (isGraphqlFault(error)) return judge(what, error);
    const status = statusOf(error instanceof TransientError ? error.cause : error) ?? 0;
    if ([400, 403, 404, 405, 410, 415, 422, 501].includes(status) && !isLimit(error)) {
      throw new NotUnderstood(`GraphQL answered ${status}`, { cause: error });
    }
    throw error;
  }
}

type Order = { what: string; query: string; variables: Record<string, unknown> };

/** Sends what must be answered whole. A refusal for want of a permission becomes MissingPermission; any other stays Octokit's error. */
export async function send(github: GitHub, { what, query, variables }: Order): Promise<unknown> {
  try {
    return await callGitHub(what, () => github.octokit.graphql(query, variables));
  } catch (error) {
    throw isGraphqlFault(error) ? (toMissing(what, error) ?? error) : error;
  }
}

const TO_MERGE = '`contents: write` and `pull_requests: write`';

/**
 * What the App must be granted for a field; GitHub names it for REST alone. To resolve a thread or to end a draft it wants
 * `contents: write` too (github/gh-aw#35726, cli/cli#8910).
 */
const NEEDED: Record<string, string> = {
  enablePullRequestAutoMerge: TO_MERGE,
  disablePullRequestAutoMerge: TO_MERGE,
  enqueuePullRequest: TO_MERGE,
  dequeuePullRequest: TO_MERGE,
  markPullRequestReadyForReview: TO_MERGE,
  resolveReviewThread: TO_MERGE,
  checkSuites: '`checks: read`',
  contexts: '`checks: read` and `statuses: read`',
  issue: '`issues: read`',
  pullRequest: '`pull_requests: read`',
  reviewThreads: '`pull_requests: read`',
};

/** The answer says where it was refused, or has the field and nothing in it. */
function toMissing(what: string, error: GraphqlFault): MissingPermission | undefined {
  const refused = error.errors.find(
    ({ type, message }) => type === 'FORBIDDEN' && /not accessible by integration/i.test(message ?? ''),
  );
  if (!refused) return undefined;
  const fields = [...Object.keys(error.data ?? {}), ...(refused.path ?? []).map(String)];
  const needed = fields.map((field) => NEEDED[field]).findLast((permission) => permission !== undefined);
  return new MissingPermission(what, needed === undefined ? '' : ` ${needed}`, error);
}

/** A rate limit comes as 403 too, and `callGitHub` has made a TransientError of it. */
function isLimit(error: unknown): boolean {
  return error instanceof TransientError && statusOf(error.cause) !== 501;
}

function isGraphqlFault(error: unknown): error is GraphqlFault {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0;
}

function judge(what: string, error: GraphqlFault): Answer {
  const { errors } = error;
  const fields = errors.map(passableField);
  if (fields.every((field) => field !== undefined)) return { data: error.data, hidden: new Set(fields) };
  const limited = errors.some((fault) => fault.type === 'RATE_LIMITED');
  const says = errors[0]?.type ?? errors[0]?.message ?? 'its answer is incomplete';
  if (limited || errors.some(isPassing)) {
    throw new TransientError(`GitHub could not ${what}: ${says}`, limited ? untilReset(error) : RETRY_MS, {
      cause: error,
    });
  }
  const { message = `GraphQL says: ${says}`, hint } = toMissing(what, error) ?? {};
  throw new NotUnderstood(message, { cause: error, ...(hint !== undefined && { hint }) });
}

/** The field that is missing from an answer which is whole otherwise; undefined if the fault is another. */
function passableField({ type, path }: Fault): string | undefined {
  const spared = path?.find((step) => MAY_FAIL.includes(String(step)));
  if (spared !== undefined) return String(spared);
  const field = path?.findLast((step) => typeof step === 'string') ?? '';
  if (type === 'NOT_FOUND') return field;
  return type === 'FORBIDDEN' && MAY_BE_HIDDEN.includes(field) ? field : undefined;
}

/** GitHub's own trouble, which is over after a while. */
function isPassing({ type, message = '' }: Fault): boolean {
  return (
    ['INTERNAL', 'SERVICE_UNAVAILABLE', 'TIMEOUT'].includes(type ?? '') ||
    /something went wrong|timed? ?out|try again|couldn't respond/i.test(message)
  );
}

function untilReset(error: Error): number {
  const headers = 'headers' in error ? (error.headers as Record<string, string | undefined>) : {};
  const now = Date.parse(headers['date'] ?? '') || Date.now();
  const reset = Number(headers['x-ratelimit-reset'] ?? NaN) * 1_000;
  return Number.isFinite(reset) ? Math.max(1_000, reset - now) : RETRY_MS;
}
