import { z } from 'zod';
import type { BaseRules, MergeMethod, RequiredCheck } from '../goal/settle/facts.ts';
import { listAll, parseReply, statusOf, type GitHub } from './client.ts';
import type { ClassicRule, RuleReply } from './reply.ts';

const METHODS = ['squash', 'merge', 'rebase'] as const;

const ruleSchema = z.object({
  type: z.string(),
  parameters: z
    .object({
      required_status_checks: z
        .array(z.object({ context: z.string(), integration_id: z.number().nullish() }))
        .optional(),
      strict_required_status_checks_policy: z.boolean().optional(),
      workflows: z.array(z.object({ path: z.string() })).optional(),
      required_approving_review_count: z.number().optional(),
      require_code_owner_review: z.boolean().optional(),
      required_review_thread_resolution: z.boolean().optional(),
      allowed_merge_methods: z.array(z.enum(METHODS)).optional(),
    })
    .nullish(),
});
/** A rule of a ruleset, in the words of REST. */
export type Rule = z.output<typeof ruleSchema>;

/** Rules that a merge obeys, or that do not concern it. Any other is GitHub's to judge. */
const UNDERSTOOD = [
  'required_status_checks',
  'workflows',
  'pull_request',
  'required_linear_history',
  'required_signatures',
  'merge_queue',
  'lock_branch',
  'creation',
  'deletion',
  'non_fast_forward',
];

/**
 * The active ruleset rules of a branch, the organisation's included. `unreadable` if GitHub does not let us see them;
 * a plan without rulesets has none.
 */
export async function readBranchRules(github: GitHub, branch: string): Promise<Rule[] | 'unreadable'> {
  const { octokit, repository } = github;
  const place = { owner: repository.owner, repo: repository.name, branch, per_page: 100 };
  try {
    const rules = await listAll('read the rules', octokit.paginate.iterator(octokit.rest.repos.getBranchRules, place));
    return parseReply('read the rules', z.array(ruleSchema), rules);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return statusOf(error) === 403 && /upgrade to github/i.test((error as Error).message) ? [] : 'unreadable';
  }
}

/** GraphQL's rule in the words of REST. */
export function toRule({ type, parameters }: RuleReply): Rule {
  const methods = parameters?.allowedMergeMethods?.map((method) => method.toLowerCase());
  return {
    type: type.toLowerCase(),
    parameters: parameters && {
      required_status_checks: parameters.requiredStatusChecks?.map(({ context, integrationId }) => ({
        context,
        integration_id: integrationId,
      })),
      strict_required_status_checks_policy: parameters.strictRequiredStatusChecksPolicy,
      workflows: parameters.workflows,
      required_approving_review_count: parameters.requiredApprovingReviewCount,
      require_code_owner_review: parameters.requireCodeOwnerReview,
      required_review_thread_resolution: parameters.requiredReviewThreadResolution,
      allowed_merge_methods: methods && METHODS.filter((method) => methods.includes(method)),
    },
  };
}

/** Rulesets and classic protection as one set of demands. */
export function combineRules(rules: readonly Rule[], classic: ClassicRule | undefined): BaseRules {
  const parameters = rules.flatMap((rule) => rule.parameters ?? []);
  const has = (type: string) => rules.some((rule) => rule.type === type);
  const strict = parameters.some((rule) => rule.strict_required_status_checks_policy);
  const names = (classic?.requiredStatusCheckContexts ?? []).filter((name) => name !== null);
  const approvals = parameters.map((rule) => rule.required_approving_review_count ?? 0);
  return {
    required: withoutTwins([
      ...parameters.flatMap(requiredBy),
      ...names.map((name): RequiredCheck => ({ kind: 'check', name, app: undefined })),
    ]),
    // Classic protection does not tell whether it is strict.
    strict: strict || (names.length > 0 ? 'unknown' : false),
    approvals: Math.max(0, classic?.requiredApprovingReviewCount ?? 0, ...approvals),
    codeOwners:
      (classic?.requiresCodeOwnerReviews ?? false) || parameters.some((rule) => rule.require_code_owner_review),
    resolvedThreads:
      (classic?.requiresConversationResolution ?? false) ||
      parameters.some((rule) => rule.required_review_thread_resolution),
    linearHistory: (classic?.requiresLinearHistory ?? false) || has('required_linear_history'),
    signatures: (classic?.requiresSignatures ?? false) || has('required_signatures'),
    locked: has('lock_branch'),
    methods: commonMethods(
      parameters.flatMap((rule) => (rule.allowed_merge_methods ? [rule.allowed_merge_methods] : [])),
    ),
    others: [...new Set(rules.map((rule) => rule.type))].filter((type) => !UNDERSTOOD.includes(type)),
  };
}

/** The same rules may have been read twice. */
function withoutTwins(checks: readonly RequiredCheck[]): RequiredCheck[] {
  return [...new Map(checks.map((check) => [JSON.stringify(check), check])).values()];
}

function requiredBy(parameters: NonNullable<Rule['parameters']>): RequiredCheck[] {
  const checks = (parameters.required_status_checks ?? []).map(({ context, integration_id: app }): RequiredCheck => {
    return { kind: 'check', name: context, app: app && app > 0 ? app : undefined };
  });
  return [...checks, ...(parameters.workflows ?? []).map(({ path }): RequiredCheck => ({ kind: 'workflow', path }))];
}

function commonMethods(lists: readonly MergeMethod[][]): MergeMethod[] | undefined {
  const [first, ...rest] = lists;
  return first?.filter((method) => rest.every((list) => list.includes(method)));
}
