import { git, isAncestor, listCommits, resolveCommit, tryGit, type Signature } from './git.ts';
import type { MergeMethod } from './issue-state.ts';

/** A merge that git refused: these files are in conflict. */
export type Conflict = { kind: 'conflict'; files: string[] };
export type Merged = { kind: 'merged'; sha: string };

export type MergeRequest = {
  gitDir: string;
  base: string;
  head: string;
  method: MergeMethod;
  message: string;
  author: Signature;
};

/** Whether `head` merges into `base` without a conflict, by a real merge. */
export async function mergesCleanly(gitDir: string, base: string, head: string): Promise<boolean> {
  return 'tree' in (await mergeTrees(gitDir, base, head));
}

/** Makes the commit that merging would put on the base. No ref moves. */
export async function mergeCommit(request: MergeRequest): Promise<Merged | Conflict> {
  const { gitDir, base, head, method, message, author } = request;
  if (method === 'rebase') return rebaseOnto(gitDir, base, head, author);
  const merged = await mergeTrees(gitDir, base, head);
  if (!('tree' in merged)) return { kind: 'conflict', files: merged.files };
  const parents = method === 'merge' ? [base, head] : [base];
  return { kind: 'merged', sha: await commitTree(gitDir, { tree: merged.tree, parents, message, author }) };
}

/** Puts the commits of `head` that `base` lacks on top of it, one by one, as "rebase and merge" does. */
export async function rebaseOnto(
  gitDir: string,
  base: string,
  head: string,
  committer: Signature,
): Promise<Merged | Conflict> {
  const commits = (await listCommits(gitDir, `${base}..${head}`))
    .filter(({ parents }) => parents.length < 2)
    .toReversed();
  let onto = base;
  for (const { sha, parents, author, message } of commits) {
    // A commit with the tree of `onto` and the parent of `sha` makes a three-way merge pick exactly what `sha` changed.
    const stand = await commitTree(gitDir, { tree: `${onto}^{tree}`, parents, message: 'stand-in', author: committer });
    const merged = await mergeTrees(gitDir, stand, sha);
    if (!('tree' in merged)) return { kind: 'conflict', files: merged.files };
    const signature = { name: author.name, email: author.email, date: new Date(author.date) };
    onto = await commitTree(gitDir, { tree: merged.tree, parents: [onto], message, author: signature });
  }
  return { kind: 'merged', sha: onto };
}

async function mergeTrees(
  gitDir: string,
  ours: string,
  theirs: string,
): Promise<{ tree: string } | { files: string[] }> {
  if (await isAncestor(gitDir, theirs, ours)) return { tree: `${ours}^{tree}` };
  const { exitCode, stdout, stderr } = await tryGit(gitDir, [
    'merge-tree',
    '--write-tree',
    '--name-only',
    '--no-messages',
    ours,
    theirs,
  ]);
  const [tree = '', ...files] = stdout.split('\n').filter(Boolean);
  if (exitCode === 0) return { tree };
  if (exitCode === 1) return { files };
  throw new Error(`git merge-tree: ${stderr}`);
}

type NewCommit = { tree: string; parents: string[]; message: string; author: Signature };

async function commitTree(gitDir: string, { tree, parents, message, author }: NewCommit): Promise<string> {
  const date = `${Math.floor(author.date.getTime() / 1000)} +0000`;
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  const treeSha = await git(gitDir, ['rev-parse', tree]);
  const parentArgs = parents.flatMap((parent) => ['-p', parent]);
  return git(gitDir, ['commit-tree', treeSha, ...parentArgs], { input: message, env });
}

/** The commit where two lines of history part, or undefined when they have none in common. */
export async function mergeBase(gitDir: string, one: string, other: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryGit(gitDir, ['merge-base', one, other]);
  return exitCode === 0 ? resolveCommit(gitDir, stdout) : undefined;
}
