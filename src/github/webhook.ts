import { z } from 'zod';
import type { IssueShut } from '../goal/event.ts';
import type { Person, Repository, Sha } from '../goal/goal.ts';

/** Who did it, as the webhook says. What they may do is asked of GitHub. */
type Sender = Person & { type: string };

export type HeardIssue = {
  number: number;
  title: string;
  body: string;
  isPull: boolean;
  /** Neither closed nor locked. */
  isOpen: boolean;
  author: Person;
};

type IssueTurn = IssueShut | 'reopened' | 'unlocked';

/**
 * A webhook in our words. A hint only says that facts about these commits, pull requests or branches may have changed, or about
 * `all` of the repository, as its rules; one that is not `urgent` tells of something that went well or moved. `app` is who reported
 * a check.
 */
export type Heard =
  | {
      kind: 'comment';
      repository: Repository;
      issue: HeardIssue;
      comment: { id: number; body: string; createdAt: Date | undefined };
      /** `app`: that of the bot who wrote it. */
      sender: Sender;
    }
  /** Words where no command is heard: an edit, with what stood there before, or the text of a new issue. */
  | {
      kind: 'aside';
      where: 'edit' | 'issue';
      repository: Repository;
      issue: HeardIssue;
      body: string;
      before: string;
      sender: Sender;
    }
  | {
      kind: 'label';
      repository: Repository;
      issue: HeardIssue;
      label: string;
      sender: Sender;
      /** On a pull request it may change what is held there. */
      hint?: Heard & { kind: 'hint' };
    }
  | { kind: 'unlabel'; repository: Repository; issue: HeardIssue; label: string; sender: Sender }
  /** The App may no longer act in these repositories, or in any of the installation. */
  | {
      kind: 'installation-gone';
      installationId: number;
      repositories: number[] | undefined;
      how: string;
      sender: Sender;
    }
  | { kind: 'issue-gone'; repository: Repository; issue: number; how: string; sender: Sender }
  /** Somebody closed or locked it, or undid that. */
  | { kind: 'issue-turned'; how: IssueTurn; repository: Repository; issue: number; sender: Sender }
  /** Somebody said something on the lines of a pull request, or of it as a whole. */
  | {
      kind: 'review';
      repository: Repository;
      pull: number;
      review: number;
      issue: HeardIssue;
      /** What was said in it, or on the line. */
      said: string;
      sender: Sender;
      hint: Heard & { kind: 'hint' };
    }
  | {
      kind: 'hint';
      repository: Repository;
      heads: Sha[];
      pulls: number[];
      branches: string[];
      all: boolean;
      urgent: boolean;
      app: number | undefined;
      sender: Sender;
    }
  | { kind: 'other' };

/** Who is not said to be a person is none. */
const person = z.object({ id: z.number(), login: z.string(), type: z.string().default('') });
const pull = z.object({
  number: z.number(),
  title: z.string().default(''),
  state: z.string().default('open'),
  locked: z.boolean().nullish(),
  user: person.nullish(),
  head: z.object({ sha: z.string(), ref: z.string().optional() }).optional(),
});
const check = z.object({
  head_sha: z.string(),
  conclusion: z.string().nullish(),
  app: z.object({ id: z.number() }).nullish(),
});

const payload = z.object({
  installation: z.object({ id: z.number() }),
  repository: z.object({
    id: z.number(),
    name: z.string(),
    private: z.boolean(),
    default_branch: z.string().optional(),
    owner: z.object({ login: z.string() }),
  }),
  sender: person,
  issue: z
    .object({
      number: z.number(),
      title: z.string(),
      body: z.string().nullish(),
      pull_request: z.unknown().optional(),
      state: z.string().default('open'),
      locked: z.boolean().nullish(),
      user: person,
    })
    .optional(),
  comment: z
    .object({
      id: z.number(),
      body: z.string().nullish(),
      created_at: z.coerce.date().optional().catch(undefined),
      pull_request_review_id: z.number().nullish(),
      performed_via_github_app: z.object({ id: z.number() }).nullish(),
    })
    .optional(),
  review: z.object({ id: z.number(), state: z.string().default(''), body: z.string().nullish() }).optional(),
  changes: z.object({ body: z.object({ from: z.string().nullish() }).nullish() }).nullish(),
  label: z.object({ name: z.string() }).optional(),
  pull_request: pull.optional(),
  check_run: check.optional(),
  check_suite: check.optional(),
  state: z.string().optional(),
  sha: z.string().optional(),
  ref: z.string().optional(),
  merge_group: z.object({ base_ref: z.string() }).optional(),
});

const installationPayload = z.object({
  installation: z.object({ id: z.number() }),
  sender: person,
  repositories_removed: z.array(z.object({ id: z.number() })).optional(),
});

const INSTALLATION_GONE: Record<string, string> = {
  'installation.deleted': 'uninstalled',
  'installation.suspend': 'suspended',
  'installation_repositories.removed': 'uninstalled here',
};

function parseInstallation(how: string, raw: unknown): Heard {
  const parsed = installationPayload.safeParse(raw);
  if (!parsed.success) return { kind: 'other' };
  const { installation, sender, repositories_removed } = parsed.data;
  const repositories = repositories_removed?.map(({ id }) => id);
  return { kind: 'installation-gone', installationId: installation.id, repositories, how, sender };
}

/** Reads a webhook that was verified. Anything that is not about an installation or one of its repositories is `other`. */
export function parseWebhook(event: string, action: string | undefined, raw: unknown): Heard {
  const gone = INSTALLATION_GONE[`${event}.${action ?? ''}`];
  if (gone !== undefined) return parseInstallation(gone, raw);
  const parsed = payload.safeParse(raw);
  if (!parsed.success) return { kind: 'other' };
  const { data } = parsed;
  const repository: Repository = {
    installationId: data.installation.id,
    id: data.repository.id,
    owner: data.repository.owner.login,
    name: data.repository.name,
    private: data.repository.private,
    defaultBranch: data.repository.default_branch,
  };
  const issue = data.issue && {
    number: data.issue.number,
    title: data.issue.title,
    body: data.issue.body ?? '',
    isPull: data.issue.pull_request !== undefined,
    isOpen: data.issue.state === 'open' && !data.issue.locked,
    author: { id: data.issue.user.id, login: data.issue.user.login },
  };
  const { sender } = data;
  switch (`${event}.${action ?? ''}`) {
    case 'issue_comment.created':
      if (!issue || !data.comment) return { kind: 'other' };
      return {
        kind: 'comment',
        repository,
        issue,
        comment: { id: data.comment.id, body: data.comment.body ?? '', createdAt: data.comment.created_at },
        // A person who writes through an app is a person.
        sender: sender.type === 'Bot' ? { ...sender, app: data.comment.performed_via_github_app?.id } : sender,
      };
    case 'issue_comment.edited':
      if (!issue || !data.comment) return { kind: 'other' };
      return {
        kind: 'aside',
        where: 'edit',
        repository,
        issue,
        body: data.comment.body ?? '',
        before: data.changes?.body?.from ?? '',
        sender,
      };
    case 'issues.opened':
    case 'issues.edited': {
      const isTitleAlone = action === 'edited' && !data.changes?.body;
      if (!issue || isTitleAlone) return { kind: 'other' };
      return {
        kind: 'aside',
        where: 'issue',
        repository,
        issue,
        body: issue.body,
        before: data.changes?.body?.from ?? '',
        sender,
      };
    }
    case 'issues.labeled':
    case 'issues.unlabeled':
      if (!issue || !data.label) return { kind: 'other' };
      return { kind: action === 'labeled' ? 'label' : 'unlabel', repository, issue, label: data.label.name, sender };
    case 'issues.closed':
    case 'issues.locked':
    case 'issues.reopened':
    case 'issues.unlocked':
      return issue
        ? { kind: 'issue-turned', how: action as IssueTurn, repository, issue: issue.number, sender }
        : { kind: 'other' };
    case 'issues.deleted':
    case 'issues.transferred':
      return issue
        ? { kind: 'issue-gone', repository, issue: issue.number, how: action ?? '', sender }
        : { kind: 'other' };
    case 'pull_request_review.submitted':
    case 'pull_request_review_comment.created': {
      const hint = asHint(event, action, repository, data);
      const review = data.review?.id ?? data.comment?.pull_request_review_id;
      // Its comments on lines, if it has any, come as webhooks of their own.
      const isBareApproval = data.review?.state.toLowerCase() === 'approved' && !data.review.body;
      if (hint.kind !== 'hint' || !data.pull_request || !review || isBareApproval) return hint;
      const { number } = data.pull_request;
      const on = pullAsIssue(data.pull_request, sender);
      const said = data.comment?.body ?? data.review?.body ?? '';
      return { kind: 'review', repository, pull: number, review, issue: on, said, sender, hint };
    }
    case 'pull_request.labeled': {
      const hint = asHint(event, action, repository, data);
      if (hint.kind !== 'hint' || !data.pull_request || !data.label) return hint;
      const on = pullAsIssue(data.pull_request, sender);
      return { kind: 'label', repository, issue: on, label: data.label.name, sender, hint };
    }
    default:
      return asHint(event, action, repository, data);
  }
}

function pullAsIssue({ number, title, state, locked, user }: z.output<typeof pull>, sender: Sender): HeardIssue {
  const author = user ?? sender;
  return { number, title, body: '', isPull: true, isOpen: state === 'open' && !locked, author };
}

type Payload = z.output<typeof payload>;

/** Events about the rules and settings under which everything merges. */
const OF_ALL = ['branch_protection_configuration', 'branch_protection_rule', 'repository', 'repository_ruleset'];

function asHint(event: string, action: string | undefined, repository: Repository, data: Payload): Heard {
  const check = data.check_run ?? data.check_suite;
  const heads = [check?.head_sha, event === 'status' ? data.sha : undefined, data.pull_request?.head?.sha];
  const pulls = [data.pull_request?.number];
  const branches = [
    event === 'push' ? data.ref?.replace(/^refs\/heads\//, '') : undefined,
    // Other pull requests may have stood on it.
    event === 'pull_request' && action === 'closed' ? data.pull_request?.head?.ref : undefined,
    event === 'merge_group' ? data.merge_group?.base_ref.replace(/^refs\/heads\//, '') : undefined,
  ];
  const all = OF_ALL.includes(event);
  const hint = { heads: defined(heads), pulls: defined(pulls), branches: defined(branches), all };
  const silent = !all && hint.heads.length + hint.pulls.length + hint.branches.length === 0;
  const news = newsOf(event, action, data);
  if (silent || news === 'none') return { kind: 'other' };
  const app = check?.app?.id;
  return { kind: 'hint', repository, sender: data.sender, ...hint, urgent: news === 'urgent', app };
}

/** What starts hastens no decision, and every decision reads the facts afresh. Whatever is not known to be harmless is urgent. */
function newsOf(event: string, action: string | undefined, data: Payload): 'none' | 'urgent' | 'calm' {
  const isFine = (result: string | null | undefined) => ['success', 'neutral', 'skipped'].includes(result ?? '');
  switch (event) {
    case 'check_run':
    case 'check_suite':
      if (action !== 'completed') return 'none';
      return isFine((data.check_run ?? data.check_suite)?.conclusion) ? 'calm' : 'urgent';
    case 'status':
      if (data.state === 'pending') return 'none';
      return isFine(data.state) ? 'calm' : 'urgent';
    case 'push':
      return 'calm';
    case 'pull_request':
      return ['opened', 'synchronize', 'edited'].includes(action ?? '') ? 'calm' : 'urgent';
    default:
      return 'urgent';
  }
}

function defined<T>(values: (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
