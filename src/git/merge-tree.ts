import type { Sha } from '../goal/goal.ts';
import { git, gitFault, tryGit } from './git.ts';
import { listChangedFiles, type Signature, writeCommit } from './commit.ts';
import { findMergeBase, type Mirror } from './mirror.ts';
import { assertSha } from './ref.ts';

export type MergeCheck = { kind: 'clean'; tree: Sha } | { kind: 'conflict'; files: string[] };

/**
 * Whether `head` merges into `base`, tried in memory without a worktree. Git follows renames: where that would carry a change of `head`
 * to a file that it does not name, it is a conflict, since nobody has judged it there. Throws ToolError, also when they share no history.
 */
export async function mergeCheck(mirror: Mirror, base: Sha, head: Sha): Promise<MergeCheck> {
  assertSha(base);
  assertSha(head);
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', base, head];
  const options = { gitDir: mirror.gitDir };
  const result = await tryGit(args, options);
  const [tree = '', ...files] = result.stdout.split('\0').filter((field) => field !== '');
  if (result.exitCode === 0) return withoutStrays(mirror, { base, head, tree: tree.trim() });
  // Exit 1 is a conflict, and nothing else may be taken for "clean" or "conflict".
  if (result.exitCode === 1 && tree !== '') return { kind: 'conflict', files: [...new Set(files)] };
  throw gitFault(args, options, result);
}

async function withoutStrays(
  mirror: Mirror,
  { base, head, tree }: { base: Sha; head: Sha; tree: Sha },
): Promise<MergeCheck> {
  const from = await findMergeBase(mirror, base, head);
  const judged = from === undefined ? [] : await listChangedFiles(mirror, from, head);
  const named = new Set(judged.map(({ path }) => path));
  const strays = (await listChangedFiles(mirror, base, tree)).flatMap(({ path }) => (named.has(path) ? [] : [path]));
  return strays.length === 0 ? { kind: 'clean', tree } : { kind: 'conflict', files: strays };
}

export type Rebased = { kind: 'clean'; sha: Sha; tree: Sha } | { kind: 'conflict'; files: string[] };

/**
 * What `commit` did to `from`, done to `onto`, in memory; message, author and dates are kept, so calling twice gives the same commit.
 * `onto` need not descend from `from`: the base branch may have been rewritten. The tree equals that of `onto` when all was there already. Throws ToolError.
 */
export async function rebaseCommit(
  mirror: Mirror,
  { commit, from, onto }: { commit: Sha; from: Sha; onto: Sha },
): Promise<Rebased> {
  for (const sha of [commit, from, onto]) assertSha(sha);
  const merge = await mergeOver(mirror, from, { ours: onto, theirs: commit });
  if (merge.kind === 'conflict') return merge;
  const { message, author, committer } = await readCommit(mirror, commit);
  const sha = await writeCommit(mirror, { tree: merge.tree, parents: [onto], message, author, committer });
  return { kind: 'clean', sha, tree: merge.tree };
}

/** `head` with `base` merged into it, in memory. Throws ToolError. */
export async function mergeInto(
  mirror: Mirror,
  { head, base, ...words }: { head: Sha; base: Sha; message: string; author: Signature },
): Promise<Rebased> {
  const merge = await mergeCheck(mirror, base, head);
  if (merge.kind === 'conflict') return merge;
  const sha = await writeCommit(mirror, { tree: merge.tree, parents: [head, base], ...words });
  return { kind: 'clean', sha, tree: merge.tree };
}

/**
 * What `commit` did to its first parent, undone on `onto`, in memory. The tree equals that of `onto` when nothing of it was left. Throws ToolError.
 */
export async function revertCommit(
  mirror: Mirror,
  { commit, onto, ...words }: { commit: Sha; onto: Sha; message: string; author: Signature },
): Promise<Rebased> {
  for (const sha of [commit, onto]) assertSha(sha);
  const merge = await mergeOver(mirror, commit, { ours: onto, theirs: `${commit}^1` });
  if (merge.kind === 'conflict') return merge;
  const sha = await writeCommit(mirror, { tree: merge.tree, parents: [onto], ...words });
  return { kind: 'clean', sha, tree: merge.tree };
}

/** `merge-tree` learnt to be told the merge base in git 2.40. Two commits with that base as their only parent say the same to any git. */
async function mergeOver(mirror: Mirror, base: Sha, { ours, theirs }: { ours: Sha; theirs: Sha }): Promise<MergeCheck> {
  const root = await writeStandIn(mirror, base, []);
  const sides = await Promise.all([ours, theirs].map((side) => writeStandIn(mirror, side, [root])));
  return await mergeCheck(mirror, sides[0] ?? '', sides[1] ?? '');
}

const NOBODY: Signature = { name: 'omk', email: 'omk@localhost', date: '@0 +0000' };

async function writeStandIn(mirror: Mirror, sha: Sha, parents: Sha[]): Promise<Sha> {
  return await writeCommit(mirror, { tree: `${sha}^{tree}`, parents, message: 'merge base', author: NOBODY });
}

async function readCommit(mirror: Mirror, sha: Sha) {
  const text = await git(['cat-file', 'commit', sha], { gitDir: mirror.gitDir });
  const end = text.indexOf('\n\n');
  const headers = text.slice(0, end);
  return {
    message: text.slice(end + 2),
    author: parseSignature(headers, 'author'),
    committer: parseSignature(headers, 'committer'),
  };
}

function parseSignature(headers: string, role: 'author' | 'committer'): Signature {
  const match = new RegExp(`^${role} (.*) <(.*)> (\\d+ [+-]\\d{4})$`, 'm').exec(headers);
  if (!match) throw new Error(`A commit without a readable ${role}`);
  const [, name = '', email = '', date = ''] = match;
  return { name, email, date: `@${date}` };
}
