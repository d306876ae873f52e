import { z } from 'zod';
import { TransientError, UserError } from '../errors.ts';
import type { BaseRules, MergeMethod, PullFacts } from '../goal/settle/facts.ts';
import { callGitHub, parseReply, type GitHub } from './client.ts';
import { commitPageQuery, FACTS_QUERY, listPageQuery, type ListName } from './query.ts';
import {
  contextsPageSchema,
  factsSchema,
  listSchemas,
  suitesPageSchema,
  type PullReply,
  type RepositoryReply,
} from './reply.ts';
import { combineRules, countSuiteRuns, readBranchRules } from './rules.ts';

const WHAT = 'read the pull request';

/**
 * The facts of a pull request for one verdict of the settle rule: one GraphQL query, the rules of its base, and more
 * only where a list has more pages, a suite is empty or mergeability is not computed. Changes nothing.
 * Throws UserError if GitHub does not show the pull request, TransientError for an answer with unexpected holes.
 */
export async function readFacts(github: GitHub, number: number): Promise<PullFacts> {
  const { owner, name } = github.repository;
  const variables = { owner, name, number };
  const { data, hidden } = await ask(github, FACTS_QUERY, variables);
  const { repository } = parseReply(WHAT, factsSchema, data);
  const pull = repository?.pullRequest;
  if (!repository || !pull)
    throw new UserError(`GitHub does not show pull request #${number} any more.`, '/omk status');
  const lists = await readLists(github, pull, variables);
  const open = pull.state === 'OPEN';
  const checks = open ? await readChecks(github, pull, variables) : { contexts: [], suites: [] };
  const rules = open ? await readRules(github, pull, hidden) : 'unreadable';
  const merging = await readMergeability(github, pull);
  return { ...describe(pull, repository), ...lists, ...checks, ...merging, rules, appId: github.appId };
}

type Variables = { owner: string; name: string; number: number };
type Answer = { data: unknown; hidden: Set<string> };
type GraphqlFault = Error & {
  errors: { type?: string; message?: string; path?: (string | number)[] }[];
  data?: unknown;
};

/** Fields that GitHub may keep from us while the rest of the answer stands. */
const MAY_BE_HIDDEN = ['app', 'file', 'refUpdateRule', 'labels'];

/** Asks GraphQL. `hidden` names the fields that were refused; any other fault in the answer is a reason to ask again later. */
async function ask(github: GitHub, query: string, variables: Record<string, unknown>): Promise<Answer> {
  try {
    const data: unknown = await callGitHub(WHAT, () => github.octokit.graphql(query, variables));
    return { data, hidden: new Set() };
  } catch (error) {
    if (!isGraphqlFault(error)) throw error;
    const fields = error.errors.map((fault) => hiddenField(fault) ?? '');
    const gone = error.errors.every((fault) => fault.type === 'NOT_FOUND');
    if (gone || fields.every((field) => field !== '')) return { data: error.data, hidden: new Set(fields) };
    const limited = error.errors.some((fault) => fault.type === 'RATE_LIMITED');
    const message = `GitHub could not ${WHAT}: ${error.errors[0]?.type ?? 'its answer is incomplete'}`;
    throw new TransientError(message, limited ? untilReset(error) : 60_000, { cause: error });
  }
}

function isGraphqlFault(error: unknown): error is GraphqlFault {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors) && error.errors.length > 0;
}

function hiddenField({ type, path }: GraphqlFault['errors'][number]): string | undefined {
  const field = path?.findLast((step) => typeof step === 'string');
  return type === 'FORBIDDEN' && MAY_BE_HIDDEN.includes(String(field)) ? String(field) : undefined;
}

function untilReset(error: Error): number {
  const headers = 'headers' in error ? (error.headers as Record<string, string | undefined>) : {};
  const now = Date.parse(headers['date'] ?? '') || Date.now();
  const reset = Number(headers['x-ratelimit-reset'] ?? NaN) * 1_000;
  return Number.isFinite(reset) ? Math.max(1_000, reset - now) : 60_000;
}

/** What needs no further call. */
function describe(pull: PullReply, repository: RepositoryReply) {
  const stack = pull.baseRef?.associatedPullRequests.nodes ?? [];
  const parent = stack.find((other) => other?.headRefName === pull.baseRefName && !other.isCrossRepository);
  return {
    id: pull.id,
    number: pull.number,
    title: pull.title,
    head: pull.headRefOid,
    headBranch: pull.headRefName,
    fork: pull.isCrossRepository,
    base: { branch: pull.baseRefName, sha: pull.baseRef?.target?.oid ?? pull.baseRefOid },
    baseExists: Boolean(pull.baseRef),
    state: ({ OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const)[pull.state],
    mergedSha: pull.mergeCommit?.oid,
    draft: pull.isDraft,
    canBeRebased: pull.canBeRebased,
    stackedOn: parent?.number,
    queue: { enabled: pull.isMergeQueueEnabled, entry: pull.mergeQueueEntry ?? undefined },
    autoMergeSince: pull.autoMergeRequest?.enabledAt,
    checkedSha: pull.headRefOid,
    repository: {
      archived: repository.isArchived,
      methods: methodsOf(repository),
      deletesBranchOnMerge: repository.deleteBranchOnMerge,
      autoMerge: repository.autoMergeAllowed,
    },
  };
}

function methodsOf(repository: RepositoryReply): MergeMethod[] {
  const allowed = {
    squash: repository.squashMergeAllowed,
    merge: repository.mergeCommitAllowed,
    rebase: repository.rebaseMergeAllowed,
  };
  return (['squash', 'merge', 'rebase'] as const).filter((method) => allowed[method]);
}

/** Labels, files, reviews and threads to their last page. */
async function readLists(github: GitHub, pull: PullReply, variables: Variables) {
  const whole = <T>(name: ListName, first: Page<T>) =>
    allPages(first, async (after) => {
      const { data } = await ask(github, listPageQuery(name), { ...variables, after });
      const schema = z.object({ repository: z.object({ pullRequest: z.object({ [name]: listSchemas[name] }) }) });
      return parseReply(WHAT, schema, data).repository.pullRequest[name] as Page<T> | undefined;
    });
  const labels = pull.labels && (await whole('labels', pull.labels));
  const files = await whole('files', pull.files);
  const reviews = await whole('latestOpinionatedReviews', pull.latestOpinionatedReviews);
  const threads = await whole('reviewThreads', pull.reviewThreads);
  const requested = reviews.filter((review) => review.state === 'CHANGES_REQUESTED');
  return {
    labels: labels ? labels.map((label) => label.name) : ('unreadable' as const),
    changesWorkflows: files.some((file) => /^\.github\/workflows\//i.test(file.path)),
    reviews: {
      decision: pull.reviewDecision,
      approvals: reviews.filter((review) => review.state === 'APPROVED').length,
      changesRequestedBy: requested.map((review) => review.author?.login ?? 'ghost'),
    },
    unresolvedThreads: threads.filter((thread) => !thread.isResolved).length,
  };
}

/** Contexts and suites of the head to their last page, with the count of runs where an unfinished suite shows none. */
async function readChecks(github: GitHub, pull: PullReply, variables: Variables) {
  const { number, ...place } = variables;
  const at = { ...place, oid: pull.headRefOid };
  const contextsPage = async (after?: string | null) => {
    const { data } = await ask(github, commitPageQuery('contexts'), { ...at, number, after });
    return parseReply(WHAT, contextsPageSchema, data).repository.object.statusCheckRollup?.contexts;
  };
  const suitesPage = async (after?: string | null) => {
    const { data } = await ask(github, commitPageQuery('suites'), { ...at, after });
    return parseReply(WHAT, suitesPageSchema, data).repository.object.checkSuites;
  };
  const last = pull.commits.nodes?.[0]?.commit;
  // The list of commits ends at 250 and may lag: then the head is asked for by its name.
  const shown = last?.oid === pull.headRefOid ? last : undefined;
  const contexts = await allPages(shown ? shown.statusCheckRollup?.contexts : await contextsPage(), contextsPage);
  const suites = await allPages(shown?.checkSuites ?? (await suitesPage()), suitesPage);
  const seen = new Set(contexts.map((context) => (context.kind === 'run' ? context.suite : undefined)));
  const unclear = suites.some(
    (suite) => suite.status !== 'COMPLETED' && suite.app !== github.appId && !seen.has(suite.id),
  );
  if (!unclear) return { contexts, suites };
  const counts = await countSuiteRuns(github, pull.headRefOid);
  return { contexts, suites: suites.map((suite) => ({ ...suite, runs: counts.get(suite.id) })) };
}

type Page<T> = { nodes: T[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined } };

/** The nodes of `first` and of every page after it. A page that is announced and does not come is a fault. */
async function allPages<T>(
  first: Page<T> | undefined,
  readPage: (after: string | null | undefined) => Promise<Page<T> | undefined>,
): Promise<T[]> {
  const items = [...(first?.nodes ?? [])];
  let cursor = first?.pageInfo;
  while (cursor?.hasNextPage) {
    const page = await readPage(cursor.endCursor);
    if (!page || page.pageInfo.endCursor === cursor.endCursor) {
      throw new TransientError('GitHub left out a page of the pull request', 60_000);
    }
    items.push(...page.nodes);
    cursor = page.pageInfo;
  }
  return items;
}

async function readRules(
  github: GitHub,
  pull: PullReply,
  hidden: ReadonlySet<string>,
): Promise<BaseRules | 'unreadable'> {
  if (hidden.has('refUpdateRule')) return 'unreadable';
  const rules = await readBranchRules(github, pull.baseRefName);
  return rules === 'unreadable' ? rules : combineRules(rules, pull.baseRef?.refUpdateRule ?? undefined);
}

const mergeabilitySchema = z.object({
  mergeable: z.boolean().nullish(),
  mergeable_state: z.string().nullish(),
  head: z.object({ sha: z.string() }),
});

/** GraphQL may leave mergeability unknown for ever; reading the pull request by REST makes GitHub compute it. */
async function readMergeability(github: GitHub, pull: PullReply): Promise<{ mergeable: string; mergeState: string }> {
  const known = { mergeable: pull.mergeable, mergeState: pull.mergeStateStatus };
  if (pull.state !== 'OPEN' || (pull.mergeable !== 'UNKNOWN' && pull.mergeStateStatus !== 'UNKNOWN')) return known;
  const { owner, name } = github.repository;
  const { data } = await callGitHub(WHAT, () =>
    github.octokit.rest.pulls.get({ owner, repo: name, pull_number: pull.number }),
  );
  const fresh = parseReply(WHAT, mergeabilitySchema, data);
  if (fresh.head.sha !== pull.headRefOid || typeof fresh.mergeable !== 'boolean') return known;
  const mergeable = fresh.mergeable ? 'MERGEABLE' : 'CONFLICTING';
  return { mergeable, mergeState: fresh.mergeable_state?.toUpperCase() ?? pull.mergeStateStatus };
}
