import { createHash } from 'node:crypto';
import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';

const BRANCH = /^[\p{L}\p{M}\p{Nd}_][\p{L}\p{M}\p{Nd}._/+#@=,%-]*$/u;
const MAX_BRANCH_BYTES = 240;

/**
 * Whether omk works with a branch of this name: an allow-list inside what `git check-ref-format` takes.
 * No name can be read as an option, a pattern, another ref or a compatibility look-alike.
 */
function isBranchName(name: string): boolean {
  if (!BRANCH.test(name) || name !== name.normalize('NFKC')) return false;
  if (Buffer.byteLength(name) > MAX_BRANCH_BYTES || name === 'HEAD' || name.startsWith('refs/')) return false;
  return name.split('/').every((part) => part !== '' && !/^\.|\.\.|\.$|\.lock$/.test(part));
}

/** The full ref of a branch. Throws ToolError for a name that omk does not work with. */
export function branchRef(branch: string): string {
  if (!isBranchName(branch)) throw refused(`${JSON.stringify(branch)} is no branch name that omk works with`);
  return `refs/heads/${branch}`;
}

/** Where the mirror keeps its copy of a remote branch: flat, so that `a` and `a/b` never stand in each other's way. */
export function baseRef(branch: string): string {
  const ref = branchRef(branch);
  const flat = encodeURIComponent(branch).replaceAll('.', '%2E');
  return `refs/omk/base/${flat.length <= 200 ? flat : createHash('sha256').update(ref).digest('hex')}`;
}

/** Throws ToolError unless `sha` is a full object name in lower-case hex. */
export function assertSha(sha: Sha): void {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha)) throw refused(`${JSON.stringify(sha)} is no full object name`);
}

/** Throws ToolError unless `name` is 1 to 100 of a-z, 0-9 and inner dashes: it becomes a folder. */
export function assertWorktreeName(name: string): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$/.test(name)) throw refused(`${JSON.stringify(name)} is no worktree name`);
}

function refused(message: string): ToolError {
  return new ToolError(message, { tool: 'git', args: [], exitCode: undefined, stderrTail: '' });
}
