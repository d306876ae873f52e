import { execa } from 'execa';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Files of a commit: text or bytes by path; null removes the file. */
export type Files = Record<string, string | Uint8Array | null>;

export type Signature = { name: string; email: string; date: Date };

/** Git's own words about what failed. */
class GitFault extends Error {
  override name = 'GitFault';
}

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'GitHub',
  GIT_AUTHOR_EMAIL: 'noreply@github.com',
  GIT_COMMITTER_NAME: 'GitHub',
  GIT_COMMITTER_EMAIL: 'noreply@github.com',
};

type GitOptions = { input?: string | Uint8Array; env?: Record<string, string> };

type Ran = { exitCode: number; stdout: string; stderr: string };

/** What is asked of commits by their full ids alone is true for ever. A process costs much, so it is asked once. */
const known = new Map<string, Ran>();
const LASTING = /^(log|diff|merge-base|merge-tree|rev-parse)$/;
const NAMED_IN_FULL = /^([0-9a-f]{40}(\^\{\w+\})?|[0-9a-f]{40}\.\.[0-9a-f]{40}|-.*)$/;

function isLasting([verb = '', ...rest]: readonly string[]): boolean {
  const paths = rest.indexOf('--');
  return LASTING.test(verb) && rest.slice(0, paths < 0 ? undefined : paths).every((arg) => NAMED_IN_FULL.test(arg));
}

/** Runs git in a bare repository and gives its exit code and standard output, the last line break removed. */
export async function tryGit(gitDir: string, args: readonly string[], options: GitOptions = {}): Promise<Ran> {
  if (!isLasting(args)) return run(gitDir, args, options);
  const key = [gitDir, ...args].join('\0');
  const ran = known.get(key) ?? (await run(gitDir, args, options));
  // An object that is not there may still come.
  if (ran.stderr === '' && (ran.exitCode === 0 || args[0] !== 'rev-parse')) known.set(key, ran);
  return ran;
}

async function run(gitDir: string, args: readonly string[], options: GitOptions): Promise<Ran> {
  const result = await execa('git', ['--git-dir', gitDir, ...args], {
    env: { ...environment, ...options.env },
    extendEnv: false,
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Runs git in a bare repository. Throws GitFault unless it exits 0. */
export async function git(gitDir: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await tryGit(gitDir, args, options);
  if (exitCode !== 0) throw new GitFault(`git ${args.join(' ')}: ${stderr || `exit ${exitCode}`}`);
  return stdout;
}

/** Makes an empty bare repository. */
export async function initRepository(gitDir: string, defaultBranch: string): Promise<void> {
  await mkdir(gitDir, { recursive: true });
  await git(gitDir, ['init', '--bare', '--quiet', `--initial-branch=${defaultBranch}`, gitDir]);
  await git(gitDir, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
  await git(gitDir, ['config', 'http.receivepack', 'true']);
  await git(gitDir, ['config', 'gc.auto', '0']);
  await writeFile(join(gitDir, 'description'), 'A repository of the fake GitHub.\n');
}

/** All files below a folder, `.git` and `node_modules` left out. */
export async function readFolder(root: string): Promise<Files> {
  const files: Files = {};
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (!entry.isFile() || /(^|\/)(\.git|node_modules)(\/|$)/.test(path)) continue;
    files[path] = await readFile(join(root, path));
  }
  return files;
}

/** Whether the folder is a git repository of its own. */
export async function isRepository(folder: string): Promise<boolean> {
  return (await stat(join(folder, '.git')).catch(() => undefined)) !== undefined;
}

/** Commits the files onto `branch`, whose parent is `parent` (undefined: a first commit), and moves the branch. */
export async function commitFiles(
  gitDir: string,
  commit: { branch: string; parent: string | undefined; files: Files; message: string; author: Signature },
): Promise<string> {
  const { name, email, date } = commit.author;
  const when = `${name} <${email}> ${Math.floor(date.getTime() / 1000)} +0000`;
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${commit.branch}\nauthor ${when}\ncommitter ${when}\n`,
    ...data(commit.message),
    commit.parent === undefined ? '' : `from ${commit.parent}\n`,
  ];
  for (const [path, content] of Object.entries(commit.files)) {
    if (content === null) parts.push(`D ${path}\n`);
    else parts.push(`M ${modeOf(content)} inline ${path}\n`, ...data(content));
  }
  const stream = Buffer.concat(parts.map((part) => Buffer.from(part)));
  await git(gitDir, ['fast-import', '--quiet', '--force', '--date-format=raw'], { input: stream });
  return git(gitDir, ['rev-parse', `refs/heads/${commit.branch}`]);
}

function data(content: string | Uint8Array): (string | Uint8Array)[] {
  return [`data ${Buffer.byteLength(content)}\n`, content, '\n'];
}

/** A file that begins with a shebang is executable. */
function modeOf(content: string | Uint8Array): '100755' | '100644' {
  return Buffer.from(content).subarray(0, 2).toString() === '#!' ? '100755' : '100644';
}

/** The full id of what the name means, or undefined. Branch names are tried as they are. */
export async function resolveCommit(gitDir: string, name: string): Promise<string | undefined> {
  const { exitCode, stdout } = await tryGit(gitDir, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${name}^{commit}`,
  ]);
  return exitCode === 0 ? stdout : undefined;
}

/** The tip of a branch, or undefined. Read from its file where it has one, since this is asked all the time. */
export async function branchTip(gitDir: string, branch: string): Promise<string | undefined> {
  const text = await readFile(join(gitDir, 'refs', 'heads', branch), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}(?=\n$)/.exec(text)?.[0] ?? resolveCommit(gitDir, `refs/heads/${branch}`);
}

export async function isAncestor(gitDir: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await tryGit(gitDir, ['merge-base', '--is-ancestor', ancestor, descendant])).exitCode === 0;
}

/** Moves a ref from a known value; false if it was somewhere else. An `after` of undefined deletes it. */
export async function moveRef(
  gitDir: string,
  ref: string,
  after: string | undefined,
  before?: string,
): Promise<boolean> {
  const args = after === undefined ? ['update-ref', '-d', ref] : ['update-ref', ref, after];
  return (await tryGit(gitDir, before === undefined ? args : [...args, before])).exitCode === 0;
}

export type GitCommit = {
  sha: string;
  tree: string;
  parents: string[];
  author: { name: string; email: string; date: string };
  committer: { name: string; email: string; date: string };
  message: string;
};

const commitFormat = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00') + '%x01';

/** The commits of a range, newest first. */
export async function listCommits(gitDir: string, range: string, limit = 250): Promise<GitCommit[]> {
  const text = await git(gitDir, ['log', `--format=${commitFormat}`, `--max-count=${limit}`, range]);
  return text
    .split('\u0001')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map(parseCommit);
}

function parseCommit(text: string): GitCommit {
  const [sha = '', tree = '', parents = '', an = '', ae = '', ad = '', cn = '', ce = '', cd = '', message = ''] =
    text.split('\0');
  return {
    sha,
    tree,
    parents: parents === '' ? [] : parents.split(' '),
    author: { name: an, email: ae, date: new Date(ad).toISOString().replace('.000', '') },
    committer: { name: cn, email: ce, date: new Date(cd).toISOString().replace('.000', '') },
    message: message.trimEnd(),
  };
}

export type ChangedFile = {
  path: string;
  previousPath: string | undefined;
  status: 'added' | 'removed' | 'modified' | 'renamed';
  blobSha: string;
  additions: number;
  deletions: number;
  patch: string | undefined;
};

const statusNames: Record<string, ChangedFile['status']> = { A: 'added', D: 'removed', R: 'renamed', C: 'added' };

/** What changed between two commits, file by file, with the patch of each as GitHub cuts it. */
export async function listChanges(gitDir: string, from: string, to: string): Promise<ChangedFile[]> {
  const raw = await git(gitDir, ['diff', '--raw', '--numstat', '-M', '-z', '--abbrev=40', from, to]);
  const tokens = raw.split('\0');
  const files = new Map<string, ChangedFile>();
  while (tokens[0]?.startsWith(':')) {
    const [, , before = '', after = '', code = 'M'] = (tokens.shift() ?? '').split(' ');
    const first = tokens.shift() ?? '';
    const moved = /^[RC]/.test(code) ? tokens.shift() : undefined;
    files.set(moved ?? first, {
      path: moved ?? first,
      previousPath: moved === undefined ? undefined : first,
      status: statusNames[code.charAt(0)] ?? 'modified',
      blobSha: /^0+$/.test(after) ? before : after,
      additions: 0,
      deletions: 0,
      patch: undefined,
    });
  }
  await addCounts(gitDir, { tokens, files, from, to });
  return [...files.values()];
}

type Counting = { tokens: string[]; files: Map<string, ChangedFile>; from: string; to: string };

async function addCounts(gitDir: string, { tokens, files, from, to }: Counting): Promise<void> {
  while (tokens.length > 0 && tokens[0] !== '') {
    const [added = '0', removed = '0', name = ''] = (tokens.shift() ?? '').split('\t');
    if (name === '') tokens.shift();
    const file = files.get(name === '' ? (tokens.shift() ?? '') : name);
    if (!file || added === '-') continue;
    file.additions = Number(added);
    file.deletions = Number(removed);
    const paths = file.previousPath === undefined ? [file.path] : [file.previousPath, file.path];
    const patch = await git(gitDir, ['diff', '-M', from, to, '--', ...paths]);
    const hunks = patch.indexOf('\n@@ ');
    if (hunks >= 0) file.patch = patch.slice(hunks + 1);
  }
}

/** The type, id and content of a path at a commit, or undefined. A folder has its entries instead of content. */
export async function readPath(gitDir: string, commit: string, path: string) {
  const listed =
    path === '' ? undefined : await git(gitDir, ['ls-tree', '-z', '-l', commit, '--', path.replace(/\/$/, '')]);
  if (listed === '') return undefined;
  const entry = listed === undefined ? undefined : parseEntry(listed.split('\0')[0] ?? '');
  if (entry?.type === 'blob') {
    const content = await execa('git', ['--git-dir', gitDir, 'cat-file', 'blob', entry.sha], {
      encoding: 'buffer',
      stripFinalNewline: false,
    });
    return { kind: 'file' as const, sha: entry.sha, content: Buffer.from(content.stdout) };
  }
  const tree = await git(gitDir, ['ls-tree', '-z', '-l', path === '' ? commit : `${commit}:${path}`]);
  return { kind: 'folder' as const, entries: tree.split('\0').filter(Boolean).map(parseEntry) };
}

function parseEntry(line: string) {
  const [facts = '', path = ''] = line.split('\t');
  const [mode = '', type = '', sha = '', size = '-'] = facts.split(/\s+/);
  return { mode, type, sha, size: size === '-' ? 0 : Number(size), path };
}
