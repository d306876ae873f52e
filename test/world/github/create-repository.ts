import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { installHooks } from '../git-remote.ts';
import type { CheckPlan } from './check-state.ts';
import { commitFiles, type Files, git, initRepository, isRepository, readFolder } from './git.ts';
import { signatureOf } from './merge-pull.ts';
import { ensureAccount, nodeId, type Repository, type Role, type State } from './state.ts';

export type NewRepository = {
  owner: string;
  name: string;
  /** The first commit's files, or the folder they come from: a git repository there keeps its history. */
  files?: Files;
  fromPath?: string;
  private?: boolean;
  defaultBranch?: string;
  /** Roles by login; the persons are created. */
  people?: Record<string, Role>;
  checks?: CheckPlan[];
  /** Whether the app under test is installed on it. It is, unless told. */
  installed?: boolean;
};

/** Makes a bare repository below `folder` and its first commit. An owner not known yet becomes an organization. */
export async function createRepository(state: State, folder: string, fields: NewRepository): Promise<Repository> {
  const owner = ensureAccount(state, fields.owner, 'Organization');
  const id = state.nextId();
  const repository: Repository = {
    id,
    nodeId: nodeId('R', id),
    owner,
    name: fields.name,
    formerNames: [],
    description: `The repository ${fields.name}.`,
    private: fields.private ?? false,
    archived: false,
    defaultBranch: fields.defaultBranch ?? 'main',
    gitDir: join(folder, owner.login, `${fields.name}.git`),
    createdAt: state.clock.now(),
    pushedAt: state.clock.now(),
    roles: new Map(),
    mergeMethods: { merge: true, squash: true, rebase: true },
    autoMergeAllowed: true,
    deleteBranchOnMerge: false,
    labels: [],
    issues: [],
    gone: new Set(),
    protections: new Map(),
    rulesets: [],
    checks: fields.checks ?? [],
    suites: [],
    statuses: [],
    queues: new Map(),
    pushRejection: undefined,
    rerequestable: false,
  };
  for (const [login, role] of Object.entries(fields.people ?? {}))
    repository.roles.set(ensureAccount(state, login).login.toLowerCase(), role);
  await fill(state, repository, fields);
  state.repositories.push(repository);
  state.nodes.set(repository.nodeId, { typename: 'Repository', entity: repository });
  return repository;
}

async function fill(state: State, repository: Repository, { files, fromPath }: NewRepository): Promise<void> {
  const { gitDir, defaultBranch } = repository;
  await mkdir(gitDir, { recursive: true });
  await initRepository(gitDir, defaultBranch);
  await installHooks(gitDir);
  if (fromPath !== undefined && (await isRepository(fromPath))) {
    await execa('git', ['push', '--quiet', gitDir, `HEAD:refs/heads/${defaultBranch}`], {
      cwd: fromPath,
      env: { FAKE_RECEIPT: '/dev/null' },
    });
    return;
  }
  const content =
    fromPath === undefined ? (files ?? { 'README.md': `# ${repository.name}\n` }) : await readFolder(fromPath);
  const author = signatureOf(state, repository.owner);
  await commitFiles(gitDir, {
    branch: defaultBranch,
    parent: undefined,
    files: content,
    message: 'First commit',
    author,
  });
  await git(gitDir, ['symbolic-ref', 'HEAD', `refs/heads/${defaultBranch}`]);
}
