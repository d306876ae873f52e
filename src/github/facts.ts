import { z } from 'zod';
import { TransientError } from '../errors.ts';
import type { BaseRules, MergeMethod, PullFacts } from '../goal/settle/facts.ts';
import { callGitHub, isUnreadable, parseReply, type GitHub } from './client.ts';
import { readFactsByRest } from './facts-rest.ts';
import { ask, NotUnderstood } from './graphql.ts';
import { toLeave, type Cause, type Leave } from './leave.ts';
import { commitPageQuery, FACTS_QUERY, listPageQuery, type ListName } from './query.ts';
import {
  contextsPageSchema,
  factsSchema,
  listSchemas,
  suitesPageSchema,
  type PullReply,
  type RepositoryReply,
} from './reply.ts';
import { combineRules, readBranchRules, toRule } from './rules.ts';

const WHAT = 'read the pull request';

/** Which pull request, who asked on which issue, and the branch of the pull request, on which others may stand. */
export type Wanted = Cause & { number: number; branch: string };

/**
 * All that one look shows. `hasChildren`: open pull requests have the branch as their base, or may have; `hasTwins`: others than
 * this one have it as their head, or may have.
 */
export type Look = { facts: PullFacts; leave: Leave; hasChildren: boolean; hasTwins: boolean };

/**
 * The facts of a pull request for one verdict of the settle rule, by one GraphQL query, and more only where a list has more
 * pages or mergeability is not computed; `toMerge` reads the rules of the base by REST too, which is what GitHub documents
 * for an App. A GitHub that does not take the query is read by REST. Changes nothing.
 * Throws UserError if GitHub does not show the pull request, TransientError for an answer with unexpected holes.
 */
export async function readFacts(github: GitHub, wanted: Wanted, { toMerge }: { toMerge: boolean }): Promise<Look> {
  try {
    return await readByGraphql(github, wanted, toMerge);
  } catch (error) {
    if (!(error instanceof NotUnderstood) && !isUnreadable(error)) throw error;
    github.octokit.log.warn(`${(error as Error).message}: reading pull request #${wanted.number} by REST`);
    return readFactsByRest(github, wanted);
  }
}

async function readByGraphql(github: GitHub, wanted: Wanted, toMerge: boolean): Promise<Look> {
  const { owner, name, id } = github.repository;
  const { number, branch, issue, person } = wanted;
  const variables = { owner, name, number };
  const { data, hidden } = await ask(github, {
    what: WHAT,
    query: FACTS_QUERY,
    variables: { ...variables, issue, login: person.login, branch },
  });
  const { repository } = parseReply(WHAT, factsSchema, data);
  const pull = repository?.pullRequest;
  // REST says whether it is gone.
  if (!repository || !pull) throw new NotUnderstood(`GraphQL does not show #${number}`);
  const lists = await readLists(github, pull, variables);
  const open = pull.state === 'OPEN';
  const checks = open ? await readChecks(github, pull, variables) : { contexts: [], suites: [] };
  const rules = open ? await readRules(github, pull, { hidden, toMerge }) : 'unreadable';
  const merging = await readMergeability(github, pull);
  return {
    facts: { ...describe(pull, repository), ...lists, ...checks, ...merging, rules, appId: github.appId },
    leave: toLeave(repository, id, wanted),
    hasChildren: repository.children?.totalCount !== 0,
    hasTwins: repository.twins?.totalCount !== (open ? 1 : 0),
  };
}

type Variables = { owner: string; name: string; number: number };

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
    mergedBy: pull.mergedBy?.login,
    draft: pull.isDraft,
    canBeRebased: pull.canBeRebased,
    stackedOn: parent?.number,
    queue: { enabled: pull.isMergeQueueEnabled, entry: pull.mergeQueueEntry ?? undefined, removed: lastRemoval(pull) },
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

function lastRemoval({ removals }: PullReply): PullFacts['queue']['removed'] {
  const last = removals?.nodes?.at(-1);
  return last ? { at: last.createdAt, reason: last.reason } : undefined;
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
      const { data } = await ask(github, {
        what: WHAT,
        query: listPageQuery(name),
        variables: { ...variables, after },
      });
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

/** Contexts and suites of the head to their last page. */
async function readChecks(github: GitHub, pull: PullReply, variables: Variables) {
  const { number, ...place } = variables;
  const at = { ...place, oid: pull.headRefOid };
  const contextsPage = async (after?: string | null) => {
    const variables = { ...at, number, after };
    const { data } = await ask(github, { what: WHAT, query: commitPageQuery('contexts'), variables });
    return parseReply(WHAT, contextsPageSchema, data).repository.object.statusCheckRollup?.contexts;
  };
  const suitesPage = async (after?: string | null) => {
    const { data } = await ask(github, { what: WHAT, query: commitPageQuery('suites'), variables: { ...at, after } });
    return parseReply(WHAT, suitesPageSchema, data).repository.object.checkSuites;
  };
  const last = pull.commits.nodes?.[0]?.commit;
  // The list of commits ends at 250 and may lag: then the head is asked for by its name.
  const shown = last?.oid === pull.headRefOid ? last : undefined;
  const contexts = await allPages(shown ? shown.statusCheckRollup?.contexts : await contextsPage(), contextsPage);
  const suites = await allPages(shown?.checkSuites ?? (await suitesPage()), suitesPage);
  return { contexts, suites };
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
  { baseRef, baseRefName }: PullReply,
  { hidden, toMerge }: { hidden: ReadonlySet<string>; toMerge: boolean },
): Promise<BaseRules | 'unreadable'> {
  if (hidden.has('refUpdateRule')) return 'unreadable';
  const shown = baseRef?.rules;
  const enough = shown && !shown.pageInfo.hasNextPage && !toMerge;
  const byRest = enough ? [] : await readBranchRules(github, baseRefName);
  if (byRest === 'unreadable') return 'unreadable';
  return combineRules([...(shown?.nodes ?? []).map(toRule), ...byRest], baseRef?.refUpdateRule ?? undefined);
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
