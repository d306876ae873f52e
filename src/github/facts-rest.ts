import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { BaseRules, MergeMethod, PullFacts } from '../goal/settle/facts.ts';
import { readChecksByRest } from './checks-rest.ts';
import { callGitHub, listAll, parseReply, statusOf, type GitHub } from './client.ts';
import type { Look, Wanted } from './facts.ts';
import { combineRules, readBranchRules, type Rule } from './rules.ts';

const WHAT = 'read the pull request';

const repositorySchema = z.object({
  id: z.number(),
  archived: z.boolean().default(false),
  allow_squash_merge: z.boolean().optional(),
  allow_merge_commit: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
  allow_auto_merge: z.boolean().default(false),
  delete_branch_on_merge: z.boolean().default(false),
});

const pullSchema = z.object({
  node_id: z.string(),
  number: z.number(),
  title: z.string(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean().default(false),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  merged_by: z.object({ login: z.string() }).nullish(),
  mergeable: z.boolean().nullish(),
  mergeable_state: z.string().nullish(),
  rebaseable: z.boolean().nullish(),
  updated_at: z.coerce.date(),
  auto_merge: z.object({}).nullish(),
  labels: z.array(z.object({ name: z.string() })),
  head: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }).nullish() }),
  base: z.object({ sha: z.string(), ref: z.string() }),
});
type RestPull = z.output<typeof pullSchema>;

function place({ repository }: GitHub) {
  return { owner: repository.owner, repo: repository.name, per_page: 100 };
}

/**
 * The facts of a pull request from REST alone, for a GitHub that does not take the query: about ten requests. What REST does
 * not tell, such as conversations, stays with GitHub's own `blocked`. Changes nothing. Throws as `readFacts` does.
 */
export async function readFactsByRest(github: GitHub, { number }: Wanted): Promise<Look> {
  const pull = await readPull(github, number);
  const repository = await readRepository(github);
  const open = pull.state === 'open';
  const rules = open ? await readRules(github, pull.base.ref) : undefined;
  const facts: PullFacts = {
    ...describe(pull, repository),
    ...(open ? await readChecksByRest(github, pull.head.sha) : { contexts: [], suites: [] }),
    reviews: open ? await readReviews(github, number) : { decision: undefined, approvals: 0, changesRequestedBy: [] },
    changesWorkflows: open && (await changesWorkflows(github, number)),
    stackedOn: open ? await findParent(github, pull) : undefined,
    base: { branch: pull.base.ref, sha: rules?.tip ?? pull.base.sha },
    baseExists: rules === undefined || rules.tip !== undefined,
    rules: rules?.rules ?? 'unreadable',
    queue: { enabled: rules?.queued ?? false, entry: undefined, removed: undefined },
    appId: github.appId,
  };
  // The rest is asked when it is needed.
  return { facts, leave: { permission: undefined, issue: undefined }, hasChildren: true, hasTwins: true };
}

async function readPull(github: GitHub, number: number): Promise<RestPull> {
  const { per_page: _, ...where } = place(github);
  const { data } = await found(
    () => callGitHub(WHAT, () => github.octokit.rest.pulls.get({ ...where, pull_number: number })),
    `GitHub does not show pull request #${number} any more.`,
  );
  return parseReply(WHAT, pullSchema, data);
}

async function readRepository(github: GitHub) {
  const { per_page: _, ...where } = place(github);
  const { data } = await found(
    () => callGitHub('read the repository', () => github.octokit.rest.repos.get(where)),
    'GitHub does not show the repository any more.',
  );
  return parseReply('read the repository', repositorySchema, data);
}

async function found<T>(read: () => Promise<T>, otherwise: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new UserError(otherwise, '/omk status');
  }
}

function describe(pull: RestPull, repository: z.output<typeof repositorySchema>) {
  const merged = typeof pull.merged_at === 'string';
  const known = pull.state === 'open' && typeof pull.mergeable === 'boolean';
  return {
    id: pull.node_id,
    number: pull.number,
    title: pull.title,
    head: pull.head.sha,
    headBranch: pull.head.ref,
    fork: pull.head.repo?.id !== repository.id,
    state: merged ? ('merged' as const) : pull.state,
    mergedSha: merged ? (pull.merge_commit_sha ?? undefined) : undefined,
    mergedBy: pull.merged_by?.login,
    draft: pull.draft,
    mergeable: known ? (pull.mergeable ? 'MERGEABLE' : 'CONFLICTING') : 'UNKNOWN',
    mergeState: known ? (pull.mergeable_state ?? 'unknown').toUpperCase() : 'UNKNOWN',
    canBeRebased: pull.rebaseable === true,
    unresolvedThreads: 0,
    labels: pull.labels.map(({ name }) => name),
    autoMergeSince: pull.auto_merge ? pull.updated_at : undefined,
    checkedSha: pull.head.sha,
    repository: {
      archived: repository.archived,
      methods: methodsOf(repository),
      deletesBranchOnMerge: repository.delete_branch_on_merge,
      autoMerge: repository.allow_auto_merge,
    },
  };
}

/** GitHub shows the settings to those who may push. Where it does not, it judges the method itself. */
function methodsOf(repository: z.output<typeof repositorySchema>): MergeMethod[] {
  const { allow_squash_merge: squash, allow_merge_commit: merge, allow_rebase_merge: rebase } = repository;
  const allowed = { squash, merge, rebase };
  return (['squash', 'merge', 'rebase'] as const).filter((method) => allowed[method] !== false);
}

const reviewSchema = z.object({
  state: z.string(),
  user: z.object({ id: z.number(), login: z.string() }).nullish(),
});

/** The last vote of each reviewer; a comment changes no vote. */
async function readReviews(github: GitHub, number: number): Promise<PullFacts['reviews']> {
  const { octokit } = github;
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listReviews, { ...place(github), pull_number: number });
  const reviews = parseReply(WHAT, z.array(reviewSchema), await listAll(WHAT, pages));
  const votes = reviews.filter(({ state }) => ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(state));
  const last = [...new Map(votes.map((vote) => [vote.user?.id, vote])).values()];
  return {
    decision: undefined,
    approvals: last.filter(({ state }) => state === 'APPROVED').length,
    changesRequestedBy: last
      .filter(({ state }) => state === 'CHANGES_REQUESTED')
      .map(({ user }) => user?.login ?? 'ghost'),
  };
}

async function changesWorkflows(github: GitHub, number: number): Promise<boolean> {
  const { octokit } = github;
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listFiles, { ...place(github), pull_number: number });
  const files = parseReply(WHAT, z.array(z.object({ filename: z.string() })), await listAll(WHAT, pages));
  return files.some(({ filename }) => /^\.github\/workflows\//i.test(filename));
}

/** The open pull request whose head is this one's base. */
async function findParent(github: GitHub, { base }: RestPull): Promise<number | undefined> {
  const { octokit, repository } = github;
  const list = { ...place(github), head: `${repository.owner}:${base.ref}`, state: 'open' as const };
  const { data } = await callGitHub(WHAT, () => octokit.rest.pulls.list(list));
  const pulls = parseReply(WHAT, z.array(pullSchema.pick({ number: true, head: true })), data);
  // GitHub ignores a filter that it cannot read.
  return pulls.find(({ head }) => head.ref === base.ref && head.repo?.id === repository.id)?.number;
}

const branchSchema = z.object({
  commit: z.object({ sha: z.string() }),
  protected: z.boolean().default(false),
  protection: z
    .object({
      required_status_checks: z
        .object({
          enforcement_level: z.string().nullish(),
          contexts: z.array(z.string()).default([]),
          checks: z.array(z.object({ context: z.string(), app_id: z.number().nullish() })).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

type Base = { tip: string | undefined; rules: BaseRules | 'unreadable'; queued: boolean };

/** Rulesets, and what GitHub tells of classic protection to those who do not administrate. A protected branch that shows neither is unreadable. */
async function readRules(github: GitHub, branch: string): Promise<Base> {
  const { per_page: _, ...where } = place(github);
  const read = await callGitHub('read the base', () => github.octokit.rest.repos.getBranch({ ...where, branch })).catch(
    (error: unknown) => {
      if (statusOf(error) !== 404) throw error;
      return undefined;
    },
  );
  if (!read) return { tip: undefined, rules: 'unreadable', queued: false };
  const { commit, protection, protected: isProtected } = parseReply('read the base', branchSchema, read.data);
  const rules = await readBranchRules(github, branch);
  const checks = protection?.required_status_checks;
  const silent = isProtected && !checks && rules.length === 0;
  if (rules === 'unreadable' || silent) return { tip: commit.sha, rules: 'unreadable', queued: false };
  const classic = checks && checks.enforcement_level !== 'off' ? [classicRule(checks)] : [];
  const combined = combineRules([...rules, ...classic], undefined);
  return {
    tip: commit.sha,
    // Classic protection does not tell whether it is strict.
    rules: { ...combined, strict: combined.strict || (classic.length > 0 ? 'unknown' : false) },
    queued: rules.some(({ type }) => type === 'merge_queue'),
  };
}

function classicRule(
  checks: NonNullable<NonNullable<z.output<typeof branchSchema>['protection']>['required_status_checks']>,
): Rule {
  const entries = checks.checks ?? checks.contexts.map((context) => ({ context, app_id: undefined }));
  return {
    type: 'required_status_checks',
    parameters: {
      required_status_checks: entries.map(({ context, app_id }) => ({ context, integration_id: app_id })),
    },
  };
}
