import { findDeception } from './deceptive.ts';
import type { Policy } from './policy.ts';
import { isInScope, isProtected } from './scope.ts';
import type { PlannedSlice } from './slice.ts';
import { clip, stripInvisible } from './text.ts';

/** A changed file as git tells it: modes are six octal digits, `000000` on the side that lacks the file; `bytes` is the new size. */
type AuditedFile = {
  path: string;
  status: 'added' | 'modified' | 'deleted';
  oldMode: string;
  mode: string;
  bytes: number;
};

/** What is known of a commit before anybody is shown it. */
export type CommitToAudit = {
  files: readonly AuditedFile[];
  /** The lines added to a file, undefined if git takes it for binary. */
  added: (path: string) => readonly string[] | undefined;
  /** Length of the whole patch in characters. */
  patchChars: number;
  slice: Pick<PlannedSlice, 'writeScope'>;
  policy: Pick<Policy, 'protected_paths' | 'limits'>;
  /** Every path of the commit's tree. */
  allPaths: readonly string[];
};

/** A rule that the commit breaks, at which file (undefined: the commit as a whole), and what to do about it. */
export type AuditFault = { rule: AuditRule; path: string | undefined; todo: string };

type AuditRule =
  'protected' | 'scope' | 'name' | 'collision' | 'symlink' | 'submodule' | 'mode' | 'lockfile' | 'size' | 'deception';

/**
 * Judges a commit of the agent's before it goes anywhere: where it writes, what kinds of files, names, modes, sizes and
 * what its lines hide. None means that it may go on to the gates. Fails closed: a mode or a name not known to be good is a fault.
 */
export function auditCommit(commit: CommitToAudit): AuditFault[] {
  const collides = collisionTest(commit.allPaths);
  const faults = commit.files.flatMap((file) => [
    ...judgePlace(file, commit),
    ...judgeName(file, collides),
    ...judgeKind(file, commit),
    ...judgeLines(file, commit),
  ]);
  return [...faults, ...judgeLocks(commit), ...judgeSize(commit)];
}

function judgePlace({ path }: AuditedFile, { slice, policy }: CommitToAudit): AuditFault[] {
  if (isProtected(path, policy.protected_paths)) {
    return [
      {
        rule: 'protected',
        path,
        todo: 'is protected: no agent may change, move or delete it. Leave it as the base has it.',
      },
    ];
  }
  if (isInScope(path, slice.writeScope)) return [];
  const scope = slice.writeScope.map((glob) => `\`${glob}\``).join(', ');
  return [{ rule: 'scope', path, todo: `is outside the write scope (${scope}). Undo this change.` }];
}

function judgeName({ path, status }: AuditedFile, collides: (path: string) => string | undefined): AuditFault[] {
  if (status === 'deleted') return [];
  const why = oddName(path);
  if (why) return [{ rule: 'name', path, todo: `has a name with ${why}. Choose a plain one.` }];
  const other = status === 'added' ? collides(path) : undefined;
  const todo = `is the same as \`${other}\` where upper and lower case are one. Choose another name.`;
  return other === undefined ? [] : [{ rule: 'collision', path, todo }];
}

/** What makes a name dangerous to a shell, a file system or a reader; undefined for a plain one. */
function oddName(path: string): string | undefined {
  if (/[\p{Cc}\ufffd]/u.test(path)) return 'control characters or bytes that are not UTF-8';
  if (stripInvisible(path).dropped > 0) return 'invisible characters';
  if (/[\\:"*?<>|]/.test(path)) return 'characters that not every file system has';
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || /[. ]$/.test(segment)))
    return 'a dot or a space at the end of a part';
  if (segments.some((segment) => segment.startsWith('-')))
    return 'a hyphen at the start, which programs read as an option';
  return findDeception(path);
}

/** Another path of the tree that is the same, or has a folder that is the same, once case and composition are folded. */
function collisionTest(allPaths: readonly string[]): (path: string) => string | undefined {
  const spellings = new Map<string, Set<string>>();
  for (const prefix of allPaths.flatMap(prefixesOf)) {
    const folded = fold(prefix);
    spellings.set(folded, (spellings.get(folded) ?? new Set()).add(prefix));
  }
  return (path) => {
    for (const prefix of prefixesOf(path)) {
      const other = [...(spellings.get(fold(prefix)) ?? [])].find((spelling) => spelling !== prefix);
      if (other !== undefined) return other;
    }
    return undefined;
  };
}

function prefixesOf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

function fold(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase();
}

const PLAIN = '100644';
const EXECUTABLE = '100755';
const SYMLINK = '120000';
const GITLINK = '160000';

function judgeKind({ path, status, oldMode, mode }: AuditedFile, { slice, added }: CommitToAudit): AuditFault[] {
  if (mode === GITLINK || oldMode === GITLINK) {
    return [{ rule: 'submodule', path, todo: 'is a submodule. Submodules are neither added, moved nor removed.' }];
  }
  if (status === 'deleted' || mode === PLAIN) return [];
  if (mode === SYMLINK) return [{ rule: 'symlink', path, todo: 'is a symbolic link. Make it a file.' }];
  if (mode !== EXECUTABLE) return [{ rule: 'mode', path, todo: `has the mode ${mode}. Make it a plain file.` }];
  const isScript = status === 'added' && added(path)?.[0]?.startsWith('#!') === true;
  const isAsked = oldMode === PLAIN && slice.writeScope.includes(path);
  if (oldMode === EXECUTABLE || isScript || isAsked) return [];
  return [{ rule: 'mode', path, todo: 'became executable and is no script that begins with `#!`. Take the bit away.' }];
}

function judgeLines({ path, status }: AuditedFile, { added }: CommitToAudit): AuditFault[] {
  const lines = status === 'deleted' ? [] : (added(path) ?? []);
  for (const [index, line] of lines.entries()) {
    const what = findDeception(line, index === 0);
    if (what)
      return [{ rule: 'deception', path, todo: `gained ${what}. Write it as an escape, or in letters of one script.` }];
  }
  return [];
}

/** Lock files by the manifests they follow. */
const LOCKS: readonly (readonly [lock: RegExp, manifests: RegExp])[] = [
  [
    /^(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?)$/i,
    /^(?:package\.json|pnpm-workspace\.yaml)$/i,
  ],
  [/^(?:poetry\.lock|pdm\.lock|uv\.lock|pylock\.toml)$/i, /^pyproject\.toml$/i],
  [/^pipfile\.lock$/i, /^pipfile$/i],
  [/^cargo\.lock$/i, /^cargo\.toml$/i],
  [/^go\.(?:work\.)?sum$/i, /^go\.(?:mod|work)$/i],
  [/^gemfile\.lock$/i, /^(?:gemfile|.*\.gemspec)$/i],
  [/^composer\.lock$/i, /^composer\.json$/i],
  [/^mix\.lock$/i, /^mix\.exs$/i],
  [/^pubspec\.lock$/i, /^pubspec\.yaml$/i],
  [/^packages\.lock\.json$/i, /\.(?:cs|fs|vb)proj$|^directory\.packages\.props$/i],
  [/^(?:gradle\.lockfile|buildscript-gradle\.lockfile)$/i, /^(?:build|settings)\.gradle(?:\.kts)?$|\.versions\.toml$/i],
];

/** A lock file alone can bring in another package than the manifest speaks of, in lines nobody reads. */
function judgeLocks({ files, slice }: CommitToAudit): AuditFault[] {
  const names = files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  return files.flatMap(({ path }, index): AuditFault[] => {
    const manifests = LOCKS.find(([lock]) => lock.test(names[index] ?? ''))?.[1];
    if (!manifests || slice.writeScope.includes(path) || names.some((name) => manifests.test(name))) return [];
    return [
      {
        rule: 'lockfile',
        path,
        todo: 'is a lock file that changed without its manifest. Leave it as the base has it.',
      },
    ];
  });
}

function judgeSize({ files, added, patchChars, policy: { limits } }: CommitToAudit): AuditFault[] {
  const faults: AuditFault[] = files
    .filter(({ path, status, bytes }) => bytes > limits.patch && (status === 'added' || added(path) === undefined))
    .map(({ path, bytes }) => ({
      rule: 'size',
      path,
      todo: `has ${bytes} bytes; at most ${limits.patch} may be added.`,
    }));
  if (files.length > limits.files) {
    faults.push({ rule: 'size', path: undefined, todo: `${files.length} files changed; at most ${limits.files} may.` });
  }
  if (patchChars > limits.patch) {
    faults.push({
      rule: 'size',
      path: undefined,
      todo: `The patch has ${patchChars} characters; at most ${limits.patch} may be.`,
    });
  }
  return faults;
}

const MOST_LINES = 20;

/** The faults as the agent and people read them: one line a file, each with its name and what to do. */
export function renderFaults(faults: readonly AuditFault[], commit: string): string {
  const lines = faults.map(({ path, todo }) => (path === undefined ? `- ${todo}` : `- \`${showPath(path)}\` ${todo}`));
  const more = lines.length - MOST_LINES;
  const rest = more > 0 ? [`- and ${more} more like these`] : [];
  return [
    `The commit ${commit} was not taken. It is kept in omk's mirror.`,
    ...lines.slice(0, MOST_LINES),
    ...rest,
  ].join('\n');
}

/** A name is somebody else's text: what cannot be seen in it is shown as an escape. */
function showPath(path: string): string {
  const shown = path.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/gu, (char) => {
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return clip(shown.replaceAll('`', "'"), 300);
}
