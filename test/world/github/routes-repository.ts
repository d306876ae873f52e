import { type Answer, forbidden, notFound, Refusal } from './answer.ts';
import { branchTip, git, listCommits } from './git.ts';
import { commitShape, fullRepositoryShape } from './repository-shapes.ts';
import { paged, type RepositoryCall, type Route } from './router.ts';
import { isProtected, requirementsOf, rulesFor } from './rules.ts';
import { repositoryApi, repositoryPage, userShape } from './shapes.ts';
import { type Json, type Role, fullName, roleOf } from './state.ts';

/** The repository, its branches with their rules, and the people in it. */
export const repositoryRoutes: Route[] = [
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}',
    as: 'repository',
    needs: ['metadata:read'],
    handle: getRepository,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/branches',
    as: 'repository',
    needs: ['contents:read'],
    handle: listBranches,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/branches/{branch}',
    as: 'repository',
    needs: ['contents:read'],
    handle: getBranch,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/branches/{branch}/protection',
    as: 'repository',
    needs: ['administration:read'],
    handle: getProtection,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/rules/branches/{branch}',
    as: 'repository',
    needs: ['metadata:read'],
    handle: listRules,
  },
  {
    method: 'GET',
    template: '/repos/{owner}/{repo}/collaborators/{username}/permission',
    as: 'repository',
    needs: ['metadata:read'],
    handle: getPermission,
  },
];

function getRepository({ state, repository }: RepositoryCall): Answer {
  return { status: 200, body: fullRepositoryShape(state, repository) };
}

async function listBranches(call: RepositoryCall): Promise<Answer> {
  const { state, repository } = call;
  const listed = await git(repository.gitDir, [
    'for-each-ref',
    '--format=%(refname:lstrip=2) %(objectname)',
    'refs/heads',
  ]);
  const branches = listed
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name = '', sha = ''] = line.split(' ');
      const commit = { sha, url: repositoryApi(state, repository, `/commits/${sha}`) };
      return { name, commit, protected: isProtected(repository, name) };
    });
  const wanted = call.query.get('protected');
  return paged(
    call,
    branches.filter((one) => wanted === null || one.protected === (wanted === 'true')),
  );
}

async function getBranch({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const name = params['branch'] ?? '';
  const tip = await branchTip(repository.gitDir, name);
  const [commit] = tip === undefined ? [] : await listCommits(repository.gitDir, tip, 1);
  if (!commit) throw new Refusal(404, 'Branch not found');
  const self = repositoryApi(state, repository, `/branches/${name}`);
  const required = requirementsOf(repository, name);
  const classic = repository.protections.get(name);
  const body: Json = {
    name,
    commit: commitShape(state, repository, commit),
    _links: { self, html: repositoryPage(state, repository, `/tree/${name}`) },
    protected: isProtected(repository, name),
    protection: {
      enabled: classic !== undefined,
      required_status_checks: {
        enforcement_level: classic && required.checks.length > 0 ? 'non_admins' : 'off',
        contexts: (classic?.requiredChecks ?? []).map((check) => check.context),
        checks: (classic?.requiredChecks ?? []).map((check) => ({
          context: check.context,
          app_id: check.appId ?? null,
        })),
      },
    },
    protection_url: `${self}/protection`,
  };
  return { status: 200, body };
}

async function getProtection({ state, repository, params }: RepositoryCall): Promise<Answer> {
  const name = params['branch'] ?? '';
  if ((await branchTip(repository.gitDir, name)) === undefined) throw new Refusal(404, 'Branch not found');
  const classic = repository.protections.get(name);
  if (!classic) throw new Refusal(404, 'Branch not protected');
  const url = repositoryApi(state, repository, `/branches/${name}/protection`);
  const checksUrl = `${url}/required_status_checks`;
  const body: Json = {
    url,
    required_status_checks: {
      url: checksUrl,
      strict: classic.strict,
      contexts: classic.requiredChecks.map((check) => check.context),
      contexts_url: `${checksUrl}/contexts`,
      checks: classic.requiredChecks.map((check) => ({ context: check.context, app_id: check.appId ?? null })),
    },
    required_pull_request_reviews: {
      url: `${url}/required_pull_request_reviews`,
      dismiss_stale_reviews: false,
      require_code_owner_reviews: false,
      required_approving_review_count: classic.requiredReviews,
    },
    required_linear_history: { enabled: classic.linearHistory },
    required_conversation_resolution: { enabled: classic.requireConversationResolution },
    lock_branch: { enabled: classic.lockBranch },
  };
  return { status: 200, body };
}

/** The rules in force, rulesets only: classic protection is not among them. */
function listRules(call: RepositoryCall): Answer {
  const { repository, params } = call;
  const rules = rulesFor(repository, params['branch'] ?? '').map(({ rule, ruleset }) => ({
    ...rule,
    ruleset_source_type: 'Repository',
    ruleset_source: fullName(repository),
    ruleset_id: ruleset.id,
  }));
  return paged(call, rules);
}

const legacyNames: Record<Role, string> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};

function getPermission({ state, repository, params, token }: RepositoryCall): Answer {
  const account = state.accounts.get((params['username'] ?? '').toLowerCase());
  if (!account) throw notFound();
  if (account.type !== 'User') throw new Refusal(404, `${account.login} is not a user`);
  if (!token.repositories.includes(repository)) throw forbidden();
  const role = roleOf(repository, account);
  const atLeast = (...roles: Role[]): boolean => roles.includes(role);
  const permissions = {
    admin: role === 'admin',
    maintain: atLeast('admin', 'maintain'),
    push: atLeast('admin', 'maintain', 'write'),
    triage: atLeast('admin', 'maintain', 'write', 'triage'),
    pull: role !== 'none',
  };
  const user = { ...userShape(state, account), permissions, role_name: role };
  return { status: 200, body: { permission: legacyNames[role], role_name: role, user } };
}
