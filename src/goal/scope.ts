import picomatch from 'picomatch';
import type { PlannedSlice } from './slice.ts';
import { stripInvisible } from './text.ts';

/**
 * The globs of a scope know `*`, `?`, `**` and `{a,b}`; all else is literal, so that `app/[id]/page.tsx` names the file.
 * An entry without wildcard stands for the file or the folder with all it holds.
 */
const WILDCARD = /[*?{]/;

/** Whether the path lies in the scope. Paths are from the root of the repository, with `/`. */
export function isInScope(path: string, scope: readonly string[]): boolean {
  return scopeTest(scope)(path);
}

type PathTest = (path: string) => boolean;

/** `inDoubt`: what holds of an entry that stands for more globs than anybody needs. */
function scopeTest(scope: readonly string[], inDoubt = false): PathTest {
  const tests = scope.map((entry) => entryTest(entry, inDoubt));
  return (path) => tests.some((test) => test(path));
}

/** By steps that grow with the lengths alone: of a regular expression a plan could make one that never ends. */
function entryTest(entry: string, inDoubt: boolean): PathTest {
  if (!WILDCARD.test(entry)) return (path) => path === entry || path.startsWith(`${entry}/`);
  const globs = choices(entry)?.map((glob) => glob.split('/'));
  if (!globs) return () => inDoubt;
  return (path) => {
    const parts = path.replaceAll('*', '\u0001').replaceAll('?', '\u0002').split('/');
    return path === entry || globs.some((glob) => canMeet(glob, parts, '**', segmentsMeet));
  };
}

const CHOICE = /\{([^{}]*,[^{}]*)\}/;
const MOST_CHOICES = 1_000;

/** The globs that one with `{a,b}` stands for; undefined if they are too many. */
function choices(entry: string): string[] | undefined {
  const found: string[] = [];
  const queue = [entry];
  for (let glob = queue.pop(); glob !== undefined; glob = queue.pop()) {
    const choice = CHOICE.exec(glob);
    if (!choice) found.push(glob);
    const [before, after] = choice ? [glob.slice(0, choice.index), glob.slice(choice.index + choice[0].length)] : [];
    for (const part of choice?.[1]?.split(',') ?? []) queue.push(`${before}${part}${after}`);
    if (found.length + queue.length > MOST_CHOICES) return undefined;
  }
  return found;
}

/** Paths that stand for all that may lie in the scope; undefined if that may be anywhere. */
export function reachOf(scope: readonly string[]): string[] | undefined {
  const roots = scope.map((entry) => {
    const parts = entry.split('/');
    const wild = parts.findIndex((part) => WILDCARD.test(part));
    return wild < 0 ? entry : parts.slice(0, wild).join('/');
  });
  // An entry may be a file or a folder.
  return roots.includes('') ? undefined : roots.flatMap((root) => [root, `${root}/any`]);
}

/** Whether some path could lie in both entries. True in doubt; upper and lower case are the same. */
export function globsOverlap(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  if (!WILDCARD.test(one + other)) return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
  const right = expand(other);
  return expand(one).some((left) =>
    right.some((glob) => canMeet(left.split('/'), glob.split('/'), '**', segmentsMeet)),
  );
}

function segmentsMeet(a: string, b: string): boolean {
  return canMeet(a.split(''), b.split(''), '*', (x, y) => x === y || x === '?' || y === '?');
}

/** Whether two patterns have a sequence in common; `star` stands for any number of units. */
function canMeet(
  a: readonly string[],
  b: readonly string[],
  star: string,
  meets: (x: string, y: string) => boolean,
): boolean {
  let below: boolean[] = [];
  for (let i = a.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = b.length; j >= 0; j -= 1) {
      const [x, y] = [a[i], b[j]];
      const skipX = x !== undefined && below[j] === true;
      const skipY = y !== undefined && row[j + 1] === true;
      if (x === star || y === star) row[j] = skipX || skipY;
      else if (x === undefined || y === undefined) row[j] = x === y;
      else row[j] = meets(x, y) && below[j + 1] === true;
    }
    below = row;
  }
  return below[0] === true;
}

const MOST_ALTERNATIVES = 64;

/** Named like a file, so that a glob for what lies below it does not meet it. */
const SOURCE_FILE =
  /[^/]\.(?:[cm]?[jt]sx?|json|mdx?|py|rs|go|java|kts?|rb|php|[ch](?:c|pp)?|cs|s?css|html?|vue|svelte|sh|ya?ml|toml|txt|sql|xml|lock|swift)$/;

/** The alternatives of `{a,b}`, and a folder's content for an entry without wildcard. What is too much becomes `**`. */
function expand(entry: string): string[] {
  const expanded: string[] = [];
  const queue = WILDCARD.test(entry) || SOURCE_FILE.test(entry) ? [entry] : [entry, `${entry}/**`];
  for (let glob = queue.pop(); glob !== undefined; glob = queue.pop()) {
    const brace = /\{([^{}]*)\}/.exec(glob);
    if (!brace) {
      expanded.push(glob);
      continue;
    }
    const before = glob.slice(0, brace.index);
    const parts = brace[1]?.split(',') ?? [];
    if (parts.length < 2 || expanded.length + queue.length > MOST_ALTERNATIVES) {
      expanded.push(`${before.slice(0, before.lastIndexOf('/') + 1)}**`);
    } else {
      queue.push(...parts.map((part) => before + part + glob.slice(brace.index + brace[0].length)));
    }
  }
  return expanded;
}

/** Files that steer agents: what they are told, which skills and helpers they have. Honoured as the base has them. */
const INSTRUCTION_PATHS: readonly string[] = [
  '.github/copilot-instructions.md',
  '.github/instructions/**',
  '**/{AGENTS,AGENTS.override,CLAUDE,CLAUDE.local,GEMINI,KIMI}.md',
  '**/.{kimi,agents,claude,codex,cursor,gemini,windsurf}*',
  '**/.{kimi,agents,claude,codex,cursor,gemini,windsurf}*/**',
  '**/{.mcp.json,.aider*,.clinerules*}',
  '**/.clinerules*/**',
];

/**
 * Paths that no agent may change: what runs with the repository's secrets, what decides who must review, what steers agents and
 * omk itself, and what git, editors and package managers run or obey unasked.
 */
export const PROTECTED_PATHS: readonly string[] = [
  '.github/workflows/**',
  '.github/actions/**',
  '.github/omk.{yml,yaml}',
  '.github/dependabot.{yml,yaml}',
  '**/CODEOWNERS',
  '**/action.{yml,yaml}',
  '.circleci/**',
  '.buildkite/**',
  '.woodpecker/**',
  '.gitlab-ci.{yml,yaml}',
  '.travis.yml',
  '.drone.yml',
  'azure-pipelines.{yml,yaml}',
  'bitbucket-pipelines.yml',
  '{appveyor,.appveyor}.yml',
  '**/Jenkinsfile',
  ...INSTRUCTION_PATHS,
  '**/.git',
  '**/.git/**',
  '**/{.gitmodules,.gitattributes,.gitconfig}',
  '**/{.githooks,.husky}/**',
  '**/{lefthook,.lefthook}*',
  '**/.pre-commit-config.{yml,yaml}',
  '**/{.vscode,.idea,.devcontainer}/**',
  '**/{.devcontainer.json,.envrc}',
  '**/{.npmrc,.yarnrc,.yarnrc.yml,.pypirc}',
];

const isSteering = picomatch([...INSTRUCTION_PATHS], { dot: true, nocase: true });

/** Whether agents take instructions from this path. */
export function isInstruction(path: string): boolean {
  return isSteering(path);
}

function protectedTest(extra: readonly string[]): PathTest {
  const own = scopeTest(
    extra.map((entry) => entry.toLowerCase()),
    true,
  );
  return (path) => spellings(path).some((text) => isBuiltIn(text) || own(text.toLowerCase()));
}

const isBuiltIn = picomatch([...PROTECTED_PATHS], { dot: true, nocase: true });

/** The path as it stands, and as file systems may read it that drop or fold characters: invisible ones, wide forms, dots and spaces at an end. */
function spellings(path: string): string[] {
  const folded = stripInvisible(path).text.normalize('NFKC').replaceAll('\\', '/');
  const parts = folded.split('/').map((part) => part.replace(/::?\$?\w*$/, '').replace(/[. ]+$/, '') || part);
  return [...new Set([path, folded, parts.join('/').replaceAll(/(^|\/)git~\d+(?=\/|$)/gi, '$1.git')])];
}

/** Whether no agent may change this path, in whatever case or disguise it is written. `extra` are the repository's own globs. */
export function isProtected(path: string, extra: readonly string[]): boolean {
  return protectedTest(extra)(path);
}

/** Whether a plan names protected paths in a write scope. A wide glob such as `src/**` that merely could hold one names none. */
export function touchesProtected(
  slices: readonly Pick<PlannedSlice, 'writeScope'>[],
  extra: readonly string[],
): boolean {
  const isOurs = protectedTest(extra);
  const folders = [...PROTECTED_PATHS, ...extra].map((entry) => `${fixedPart(entry).toLowerCase()}/`);
  return slices.some(({ writeScope }) =>
    writeScope.some((entry) => {
      const fixed = fixedPart(entry);
      if (isOurs(entry) || fixed === '') return isOurs(entry);
      return isOurs(`${fixed}/x`) || folders.some((folder) => folder.startsWith(`${fixed.toLowerCase()}/`));
    }),
  );
}

/** The folders before the first wildcard, or the whole entry. */
function fixedPart(entry: string): string {
  const at = entry.search(WILDCARD);
  return at < 0 ? entry : entry.slice(0, Math.max(0, entry.lastIndexOf('/', at)));
}
