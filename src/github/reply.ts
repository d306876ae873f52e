import { z } from 'zod';
import type { CheckContext, CheckSuite } from '../goal/settle/facts.ts';
import { leaveSchema } from './leave.ts';

const date = z.coerce.date();
const maybeDate = z.coerce
  .date()
  .nullish()
  .transform((value) => value ?? undefined);
const maybe = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

/** A page of a connection. A hole in it is a fault: what is not shown might be red. */
function connection<T extends z.ZodType>(node: T) {
  return z.object({
    nodes: z.array(node),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
  });
}

const app = z.object({ databaseId: z.number().nullish(), slug: z.string().nullish() }).nullish();
const workflowRun = z
  .object({
    event: z.string().nullish(),
    workflow: z.object({ name: z.string() }).nullish(),
    file: z.object({ path: z.string() }).nullish(),
  })
  .nullish();

const checkRun = z
  .object({
    kind: z.literal('CheckRun'),
    databaseId: z.number().nullish(),
    name: z.string(),
    status: z.string(),
    conclusion: maybe,
    startedAt: maybeDate,
    completedAt: maybeDate,
    detailsUrl: maybe,
    isRequired: z.boolean().nullish(),
    checkSuite: z.object({ databaseId: z.number().nullish(), app, workflowRun }).nullish(),
  })
  .transform(({ databaseId, detailsUrl, checkSuite, isRequired, ...run }): CheckContext => ({
    ...run,
    kind: 'run',
    id: databaseId ?? 0,
    app: checkSuite?.app?.databaseId ?? undefined,
    appSlug: checkSuite?.app?.slug ?? undefined,
    suite: checkSuite?.databaseId ?? undefined,
    workflow: checkSuite?.workflowRun?.workflow?.name,
    workflowPath: checkSuite?.workflowRun?.file?.path,
    event: checkSuite?.workflowRun?.event ?? undefined,
    isRequired: isRequired ?? false,
    url: detailsUrl,
  }));

const statusContext = z
  .object({
    kind: z.literal('StatusContext'),
    context: z.string(),
    state: z.string(),
    createdAt: date,
    targetUrl: maybe,
    isRequired: z.boolean().nullish(),
    creator: z.object({ kind: z.string(), login: z.string() }).nullish(),
  })
  .transform(({ context, state, createdAt, targetUrl, isRequired, creator }): CheckContext => ({
    kind: 'status',
    name: context,
    // GraphQL writes a bot's login without `[bot]`: it is the app's slug.
    appSlug: creator?.kind === 'Bot' ? creator.login.replace(/\[bot\]$/, '') : undefined,
    state,
    createdAt,
    isRequired: isRequired ?? false,
    url: targetUrl,
  }));

const checkSuite = z
  .object({
    databaseId: z.number().nullish(),
    status: z.string(),
    conclusion: maybe,
    createdAt: date,
    app,
    workflowRun,
    checkRuns: z.object({ totalCount: z.number() }).nullish(),
  })
  .transform(({ databaseId, app, workflowRun, checkRuns, ...suite }): CheckSuite => ({
    ...suite,
    id: databaseId ?? 0,
    app: app?.databaseId ?? undefined,
    appSlug: app?.slug ?? undefined,
    workflow: workflowRun?.workflow?.name,
    event: workflowRun?.event ?? undefined,
    runs: checkRuns?.totalCount,
  }));

const withContexts = z.object({
  statusCheckRollup: z.object({ contexts: connection(z.union([checkRun, statusContext])) }).nullish(),
});
const withSuites = z.object({ checkSuites: connection(checkSuite) });
const commit = z.object({ oid: z.string(), ...withContexts.shape, ...withSuites.shape });

/** The answers to the queries for one page of a commit's contexts or suites. */
export const contextsPageSchema = z.object({ repository: z.object({ object: withContexts }) });
export const suitesPageSchema = z.object({ repository: z.object({ object: withSuites }) });

/** The lists of a pull request. Labels that are null could not be read. */
export const listSchemas = {
  labels: connection(z.object({ name: z.string() })).nullish(),
  files: connection(z.object({ path: z.string() })),
  latestOpinionatedReviews: connection(
    z.object({ state: z.string(), author: z.object({ login: z.string() }).nullish() }),
  ),
  reviewThreads: connection(z.object({ isResolved: z.boolean() })),
};

const refUpdateRule = z
  .object({
    requiredStatusCheckContexts: z.array(z.string().nullable()).nullish(),
    requiredApprovingReviewCount: z.number().nullish(),
    requiresCodeOwnerReviews: z.boolean(),
    requiresConversationResolution: z.boolean(),
    requiresLinearHistory: z.boolean(),
    requiresSignatures: z.boolean(),
  })
  .nullish();

/** Classic protection as somebody without administration sees it. */
export type ClassicRule = NonNullable<z.output<typeof refUpdateRule>>;

const rule = z.object({
  type: z.string(),
  parameters: z
    .object({
      requiredStatusChecks: z.array(z.object({ context: z.string(), integrationId: z.number().nullish() })).optional(),
      strictRequiredStatusChecksPolicy: z.boolean().optional(),
      workflows: z.array(z.object({ path: z.string() })).optional(),
      requiredApprovingReviewCount: z.number().optional(),
      requireCodeOwnerReview: z.boolean().optional(),
      requiredReviewThreadResolution: z.boolean().optional(),
      allowedMergeMethods: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/** A rule of a ruleset in GraphQL's words. */
export type RuleReply = z.output<typeof rule>;

const pullRequest = z.object({
  ...listSchemas,
  id: z.string(),
  number: z.number(),
  title: z.string(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  isCrossRepository: z.boolean(),
  headRefOid: z.string(),
  headRefName: z.string(),
  baseRefName: z.string(),
  baseRefOid: z.string(),
  mergeable: z.string(),
  mergeStateStatus: z.string(),
  canBeRebased: z.boolean(),
  reviewDecision: maybe,
  isMergeQueueEnabled: z.boolean(),
  mergeCommit: z.object({ oid: z.string() }).nullish(),
  mergedBy: z.object({ login: z.string() }).nullish(),
  mergeQueueEntry: z.object({ state: z.string(), enqueuedAt: date }).nullish(),
  autoMergeRequest: z.object({ enabledAt: maybeDate }).nullish(),
  removals: z.object({ nodes: z.array(z.object({ createdAt: date, reason: maybe }).nullable()).nullish() }).nullish(),
  baseRef: z
    .object({
      target: z.object({ oid: z.string() }).nullish(),
      associatedPullRequests: z.object({
        nodes: z
          .array(z.object({ number: z.number(), headRefName: z.string(), isCrossRepository: z.boolean() }).nullable())
          .nullish(),
      }),
      refUpdateRule,
      rules: connection(rule).nullish(),
    })
    .nullish(),
  commits: z.object({ nodes: z.array(z.object({ commit }).nullable()).nullish() }),
});

/** The answer to the query for facts. Null: GitHub does not show the repository or the pull request. */
export const factsSchema = z.object({
  repository: z
    .object({
      ...leaveSchema.shape,
      children: z.object({ totalCount: z.number() }).nullish(),
      twins: z.object({ totalCount: z.number() }).nullish(),
      isArchived: z.boolean(),
      mergeCommitAllowed: z.boolean(),
      squashMergeAllowed: z.boolean(),
      rebaseMergeAllowed: z.boolean(),
      deleteBranchOnMerge: z.boolean(),
      autoMergeAllowed: z.boolean(),
      pullRequest: pullRequest.nullish(),
    })
    .nullish(),
});

export type RepositoryReply = NonNullable<z.output<typeof factsSchema>['repository']>;
export type PullReply = NonNullable<RepositoryReply['pullRequest']>;
