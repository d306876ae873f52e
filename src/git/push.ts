import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { around } from '../kill-point.ts';
import { gitFault, tryGit, type GitResult } from './git.ts';
import { findRemoteHead, type Mirror } from './mirror.ts';
import { assertSha, branchRef } from './ref.ts';

const PUSH_TIMEOUT_MS = 10 * 60_000;
const MAX_MESSAGE = 2_000;

export type Push = { sha: Sha; branch: string; expected: Sha | undefined };

/** `refused` carries the server's own words, such as those of a protected branch or a missing workflow permission. */
export type Pushed =
  { kind: 'pushed' } | { kind: 'moved'; actual: Sha | undefined } | { kind: 'refused'; message: string };

/**
 * Sets the branch on GitHub to `sha` if it still is at `expected` (undefined: does not exist yet); a branch that is at `sha` already counts as pushed,
 * so calling again after a lost reply is harmless. Throws TransientError on network trouble, ToolError on anything unexplained.
 */
export async function pushCommit(mirror: Mirror, { sha, branch, expected }: Push, token: string): Promise<Pushed> {
  assertSha(sha);
  const { result, fault } = await around('push', () =>
    pushRef(mirror, { source: sha, branch, expected: expected ?? '' }, token),
  );
  if (result.exitCode === 0) return { kind: 'pushed' };
  if (!(fault instanceof ToolError)) throw fault;
  const message = readRefusal(result);
  if (message !== undefined && /error: 403/.test(result.stderr)) return { kind: 'refused', message };
  const actual = await findRemoteHead(mirror, branch, token);
  if (actual === sha) return { kind: 'pushed' };
  if (actual !== expected) return { kind: 'moved', actual };
  if (message === undefined) throw fault;
  return { kind: 'refused', message };
}

/** Deletes the branch on GitHub if it still is at `expected`. Harmless to call twice. Throws TransientError, and ToolError if GitHub refuses. */
export async function deleteBranch(
  mirror: Mirror,
  { branch, expected }: { branch: string; expected: Sha },
  token: string,
): Promise<{ kind: 'deleted' | 'gone' | 'moved' }> {
  const { result, fault } = await around('branch:delete', () =>
    pushRef(mirror, { source: '', branch, expected }, token),
  );
  if (result.exitCode === 0) return { kind: 'deleted' };
  if (!(fault instanceof ToolError)) throw fault;
  const actual = await findRemoteHead(mirror, branch, token);
  if (actual === undefined) return { kind: 'gone' };
  if (actual !== expected) return { kind: 'moved' };
  throw fault;
}

/** An empty `source` deletes; an empty `expected` says that there is no such branch. */
type RefChange = { source: string; branch: string; expected: string };

async function pushRef(mirror: Mirror, { source, branch, expected }: RefChange, token: string) {
  if (expected !== '') assertSha(expected);
  const ref = branchRef(branch);
  const flags = ['--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', '--signed=false'];
  const lease = `--force-with-lease=${ref}:${expected}`;
  const args = ['push', ...flags, lease, '--end-of-options', mirror.url, `${source}:${ref}`];
  const options = { gitDir: mirror.gitDir, remote: { url: mirror.url, token }, timeoutMs: PUSH_TIMEOUT_MS };
  const result = await tryGit(args, options);
  return { result, fault: gitFault(args, options, result) };
}

/** What the server said when it declined: its `remote:` lines and the reason behind the ref; undefined if it said nothing. */
function readRefusal({ stdout, stderr }: GitResult): string | undefined {
  const remote = [...stderr.matchAll(/^remote: ?(.*?)\s*$/gm)]
    .map((match) => match[1] ?? '')
    .filter((line) => line !== '');
  const reason = /^!\t.*\t\[remote rejected\] \((.*)\)$/m.exec(stdout)?.[1];
  const words = [...remote, ...(reason === undefined ? [] : [reason])].join('\n');
  return words === '' ? undefined : words.slice(0, MAX_MESSAGE);
}
