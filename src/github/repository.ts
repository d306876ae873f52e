import { z } from 'zod';
import { TransientError, UserError } from '../errors.ts';
import type { Person, Repository, Sha } from '../goal/goal.ts';
import { callGitHub, parseReply, statusOf, type GitHub } from './client.ts';

/** The repository as GitHub has it now. */
export type RepositoryNow = Repository & { defaultBranch: string; archived: boolean };

const repositorySchema = z.object({
  id: z.number(),
  name: z.string(),
  owner: z.object({ login: z.string() }),
  private: z.boolean(),
  default_branch: z.string(),
  archived: z.boolean().default(false),
});

function place({ repository }: GitHub) {
  return { owner: repository.owner, repo: repository.name };
}

/** The repository by its name, if it still is the one with our id. Throws UserError if it is gone or another took its name. */
export async function getRepository(github: GitHub): Promise<RepositoryNow> {
  const { owner, name, id, installationId } = github.repository;
  const { data } = await found(`the repository ${owner}/${name}`, () =>
    callGitHub('read the repository', () => github.octokit.rest.repos.get(place(github))),
  );
  const now = parseReply('read the repository', repositorySchema, data);
  if (now.id !== id) throw new UserError(`${owner}/${name} is another repository now.`, 'Start again on the new one.');
  return {
    installationId,
    id,
    owner: now.owner.login,
    name: now.name,
    private: now.private,
    defaultBranch: now.default_branch,
    archived: now.archived,
  };
}

/** The tip of a branch. Throws UserError if there is no such branch. */
export async function getBranchHead(github: GitHub, branch: string): Promise<Sha> {
  const { data } = await found(`the branch \`${branch}\``, () =>
    callGitHub('read a branch', () => github.octokit.rest.git.getRef({ ...place(github), ref: `heads/${branch}` })),
  );
  return parseReply('read a branch', z.object({ object: z.object({ sha: z.string() }) }), data).object.sha;
}

async function found<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new UserError(`GitHub does not show ${what}.`, 'Look at its name, and at what the App may see.');
  }
}

const PERMISSIONS = ['admin', 'maintain', 'write', 'triage', 'read', 'none'] as const;

/** What somebody may do in a repository. `unknown` is treated as nothing. */
export type RepositoryPermission = (typeof PERMISSIONS)[number] | 'unknown';

const permissionSchema = z.object({
  permission: z.string(),
  role_name: z.string().nullish(),
  user: z.object({ id: z.number() }).nullish(),
});

/**
 * What this person may do here, now. A login may have passed to somebody else: the numeric id decides. Whatever GitHub
 * does not say clearly is `unknown`; throws TransientError only.
 */
export async function getPermission(github: GitHub, person: Person): Promise<RepositoryPermission> {
  try {
    const { data } = await callGitHub('read a permission', () =>
      github.octokit.rest.repos.getCollaboratorPermissionLevel({ ...place(github), username: person.login }),
    );
    const { permission, role_name, user } = parseReply('read a permission', permissionSchema, data);
    if (user?.id !== person.id) return 'unknown';
    // A role of the organisation's own has a name of its own; `permission` says what it amounts to.
    const known = (name: string | null | undefined) => PERMISSIONS.find((one) => one === name);
    return known(role_name) ?? known(permission) ?? 'unknown';
  } catch (error) {
    if (error instanceof TransientError) throw error;
    return 'unknown';
  }
}

/** The text of a file on the default branch; undefined if there is none. */
export async function readDefaultFile(github: GitHub, path: string): Promise<string | undefined> {
  return readFile(github, { ...place(github), path });
}

/** The organisation's `.github/omk.yml`, from its public `.github` repository; undefined if there is none. */
export async function readOrgConfig(github: GitHub): Promise<string | undefined> {
  return readFile(github, { owner: github.repository.owner, repo: '.github', path: '.github/omk.yml' });
}

/** GitHub gives a file of up to 1 MB like this. */
const fileSchema = z.object({ type: z.literal('file'), encoding: z.literal('base64'), content: z.string() });

async function readFile(
  github: GitHub,
  file: { owner: string; repo: string; path: string },
): Promise<string | undefined> {
  try {
    const { data } = await callGitHub('read a file', () => github.octokit.rest.repos.getContent(file));
    const { content } = parseReply('read a file', fileSchema, data);
    return Buffer.from(content, 'base64').toString('utf8');
  } catch (error) {
    if ([403, 404].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}
