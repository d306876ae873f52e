import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import { parse } from 'yaml';
import { ToolError, UserError } from '../errors.ts';
import { git, tryGit } from '../git/git.ts';
import { withTrees } from '../git/tree.ts';
import type { Sha } from '../goal/goal.ts';
import { defaultPolicy, policySchema, type Policy } from '../goal/policy.ts';
import { wallVerdict, type Finding, type Wall } from '../goal/wall.ts';
import { COVERAGE_FILES } from '../review/read/coverage.ts';
import { reviewChange } from '../review/review.ts';

type Io = { stdout: (text: string) => void; stderr: (text: string) => void };

const USAGE = 'omk review --repo DIR --base REF --head REF [--json]';

/** `omk review`: the wall's deterministic part on a local diff. Exit 0 passed, 1 blocked, 2 could not run (the reason goes to stderr). */
export async function reviewCommand(argv: string[], io: Io): Promise<number> {
  try {
    const options = readOptions(argv);
    const gitDir = await findGitDir(options.repo);
    const [base, head] = [
      await resolveRef(gitDir, options.base, '--base'),
      await resolveRef(gitDir, options.head, '--head'),
    ];
    const coverage = await findCoverage(resolve(options.repo), { gitDir, head });
    const from = await partedAt(gitDir, { base, head });
    const wall = await withTrees({ gitDir }, { base: from, head }, async (trees) =>
      reviewChange({
        ...(await readLocal(gitDir, { from, head })),
        readNew: (path) => trees.after.read(path),
        readOld: (path) => trees.before.read(path),
        paths: trees.after.paths,
        policy: await readPolicy(gitDir, base, io),
        gates: [],
        coverage,
      }),
    );
    const verdict = wallVerdict(wall).kind;
    io.stdout(options.json ? `${JSON.stringify(toJson(wall, verdict))}\n` : toText(wall, verdict));
    return verdict === 'passed' ? 0 : 1;
  } catch (error) {
    if (error instanceof UserError) io.stderr(`${error.message}\n${error.hint}\n`);
    else if (error instanceof ToolError)
      io.stderr(`The change could not be read: ${error.message}\nTry: git -C DIR diff --stat BASE HEAD\n`);
    else throw error;
    return 2;
  }
}

type Options = { repo: string; base: string; head: string; json: boolean };

function readOptions(argv: string[]): Options {
  const string = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: argv,
      options: { repo: string, base: string, head: string, json: { type: 'boolean', default: false } },
    });
    const missing = (['repo', 'base', 'head'] as const).filter((name) => !values[name]);
    if (missing.length > 0)
      throw new UserError(`Missing: ${missing.map((name) => `--${name}`).join(', ')}.`, `Usage: ${USAGE}`);
    return { repo: values.repo ?? '', base: values.base ?? '', head: values.head ?? '', json: values.json };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`The options cannot be read: ${(error as Error).message}`, `Usage: ${USAGE}`);
  }
}

/** The git directory of the repository that holds a folder; `.git` may be a folder, or a file that names one. */
async function findGitDir(repo: string): Promise<string> {
  const start = resolve(repo);
  for (let dir = start; ; dir = dirname(dir)) {
    const dotGit = join(dir, '.git');
    if (await isFolder(dotGit)) return dotGit;
    const named = /^gitdir: (.+)$/m.exec(await readFile(dotGit, 'utf8').catch(() => ''))?.[1];
    if (named !== undefined) return resolve(dir, named.trim());
    if ((await isFolder(join(dir, 'objects'))) && (await isFolder(join(dir, 'refs')))) return dir;
    if (dir === dirname(dir))
      throw new UserError(
        `--repo: ${start} is no git repository and lies in none.`,
        'Give a folder with a .git in it, such as --repo .',
      );
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function resolveRef(gitDir: string, ref: string, option: string): Promise<Sha> {
  const result = await tryGit(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`], { gitDir });
  const sha = result.stdout.trim();
  if (result.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(sha)) return sha;
  throw new UserError(
    `${option}: ${JSON.stringify(ref)} names no commit of ${gitDir}.`,
    'Give a branch, a tag or a commit, such as HEAD~1. To see them: git branch --all; git log --oneline',
  );
}

/** Where the two commits parted: the change since then is what a pull request shows. */
async function partedAt(gitDir: string, { base, head }: { base: Sha; head: Sha }): Promise<Sha> {
  const parted = await tryGit(['merge-base', base, head], { gitDir });
  return parted.exitCode === 0 ? (parted.stdout.trim().split('\n')[0] ?? base) : base;
}

async function readLocal(gitDir: string, { from, head }: { from: Sha; head: Sha }) {
  const plain = ['--no-ext-diff', '--no-textconv', '--no-color', '--full-index', '-M'];
  const shape = ['-U3', '--src-prefix=a/', '--dst-prefix=b/'];
  const patch = await git(['diff-tree', '-r', '-p', ...plain, ...shape, from, head], { gitDir });
  return { base: from, head, patch, asked: await readMessages(gitDir, { from, head }) };
}

/** What the authors of the change say of it, of its last commits. */
function readMessages(gitDir: string, { from, head }: { from: Sha; head: Sha }): Promise<string> {
  return git(['log', '--max-count=100', '--format=%s%n%b', `${from}..${head}`], { gitDir });
}

/** Reports of coverage that lie in the folder, if the head is what is checked out there; other reports are about other lines. */
async function findCoverage(folder: string, { gitDir, head }: { gitDir: string; head: Sha }): Promise<string[]> {
  const checkedOut = await tryGit(['rev-parse', 'HEAD'], { gitDir });
  if (checkedOut.stdout.trim() !== head) return [];
  const read = (path: string) => readFile(join(folder, path), 'utf8').catch(() => undefined);
  return (await Promise.all(COVERAGE_FILES.map(read))).filter((text) => text !== undefined);
}

async function readBlob(gitDir: string, commit: Sha, path: string): Promise<string | undefined> {
  const result = await tryGit(['cat-file', 'blob', `${commit}:${path}`], { gitDir });
  return result.exitCode === 0 ? result.stdout : undefined;
}

/** The settings at the base; if they cannot be read the defaults hold, and stderr says so. */
async function readPolicy(gitDir: string, base: Sha, io: Io): Promise<Policy['review']> {
  const text = await readBlob(gitDir, base, '.github/omk.yml');
  if (text === undefined) return defaultPolicy().review;
  try {
    const settings = policySchema.safeParse(parse(text) ?? {});
    if (settings.success) return settings.data.review;
    for (const { path, message } of settings.error.issues)
      io.stderr(`.github/omk.yml: ${path.join('.')}: ${message}\n`);
  } catch (error) {
    io.stderr(`.github/omk.yml: ${(error as Error).message}\n`);
  }
  io.stderr('.github/omk.yml at the base cannot be read; the defaults hold.\n');
  return defaultPolicy().review;
}

function toJson(wall: Wall, verdict: 'passed' | 'blocked'): unknown {
  return { verdict, antiSlopConfidence: wall.antiSlopConfidence, head: wall.head, passes: wall.passes };
}

function toText(wall: Wall, verdict: 'passed' | 'blocked'): string {
  const rows = wall.passes.map(({ pass, status, severity, feedback }) => [pass, status, severity, visible(feedback)]);
  const groups = wall.passes
    .filter((pass) => pass.findings.length > 0)
    .map(({ pass, findings }) => `\n${pass}\n${findings.map(toLine).join('')}`);
  const confidence = wall.antiSlopConfidence.toFixed(2);
  return `${markdownTable([['Pass', 'Status', 'Severity', 'Feedback'], ...rows])}\n${groups.join('')}\n${verdict}, anti-slop confidence ${confidence}\n`;
}

function toLine({ file, line, severity, rule, message, remedy, id }: Finding): string {
  const place = file === '' ? 'the change' : line > 0 ? `${file}:${line}` : file;
  return `  ${place}  ${severity}  ${rule}  ${id}\n    ${visible(message)}. ${remedy}\n`;
}

/** Text of the repository must not drive the terminal. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
