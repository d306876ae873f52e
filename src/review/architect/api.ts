import { posix } from 'node:path';
import { lineNear, type ChangedFile } from '../read/diff.ts';
import { roleOf } from '../read/file-role.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import type { Hit, Rule } from '../rules.ts';

/** How a language writes what users of a package can reach, and where it can be reached from. */
type Surface = {
  files: RegExp;
  names: (text: string) => string[];
  reaches: (path: string, reading: Reading) => boolean;
  /** What stands in a list of exports counts as well, line by line. */
  lists?: true;
  /** Nobody can say who uses it; it is told and does not block. */
  perhaps?: true;
};

const named = (pattern: RegExp) => (text: string) => {
  const match = pattern.exec(text);
  return match?.slice(1).filter((name): name is string => name !== undefined) ?? [];
};
const listed = (text: string) =>
  (/^\s*export\s+(?:type\s+)?\{([^}]*)\}/.exec(text)?.[1] ?? '')
    .split(',')
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)
          .at(-1) ?? '',
    )
    .filter((name) => name !== '');
const INTERNAL =
  /(^|\/)(internals?|_?private|exp|experimental|unstable|impl|testing|testdata|examples?|cmd|scripts?|tools?|bench\w*)\//;

const SURFACES: readonly Surface[] = [
  {
    files: /\.go$/,
    names: named(
      /^func (?:\(\s*\w*\s*\*?[A-Z]\w*(?:\[[^\]]*\])?\) )?([A-Z]\w*)[[(]|^type ([A-Z]\w*) |^(?:var|const) ([A-Z]\w*)\b|^\t([A-Z]\w*)(?: +[\w.*[\]]+)? += /,
    ),
    reaches: (path) => !INTERNAL.test(path),
  },
  {
    files: /\.rs$/,
    names: named(/^pub (?:async |const |unsafe )*(?:fn|struct|enum|trait|type|const|static|mod|macro) (\w+)/),
    reaches: (path) => /(^|\/)src\/lib\.rs$/.test(path),
  },
  {
    // Whether the module is open to others the root of the crate says.
    files: /\.rs$/,
    names: named(/^(?: {4})?pub (?:async |const |unsafe )*(?:fn|struct|enum|trait|type|const|static|mod|macro) (\w+)/),
    reaches: (path, { paths }) =>
      !path.endsWith('lib.rs') && paths.has(posix.join(path.replace(/(^|\/)src\/.*$/, '$1src'), 'lib.rs')),
    perhaps: true,
  },
  {
    files: /\.java$/,
    names: named(
      /^\s{0,4}public (?:static |final |abstract |synchronized |default |<[^>]*> )*(?:(?:class|interface|enum|record) (\w+)|[\w<>[\], .?]+ (\w+)\()/,
    ),
    reaches: (path) => /(^|\/)src\/main\/java\//.test(path) && !INTERNAL.test(path),
  },
  {
    files: /(^|\/)__init__\.py$/,
    names: (text) => [...named(/^(?:async )?(?:def|class) ([A-Za-z]\w*)/)(text), ...imported(text)],
    reaches: (path) => !INTERNAL.test(path),
  },
  {
    files: /\.[cm]?[jt]sx?$/,
    names: (text) => [
      ...named(
        /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type|enum) ([A-Za-z_$][\w$]*)/,
      )(text),
      ...named(/^(?:module\.)?exports\.([A-Za-z_$][\w$]*) =/)(text),
      ...listed(text),
    ],
    reaches: (path) => /(^|\/)(?:index|main|mod|api|public-api)\.[cm]?[jt]sx?$/.test(path) && !INTERNAL.test(path),
  },
  {
    files: /\.[cm]?[jt]sx?$/,
    names: named(
      /^(?:\t| {2}| {4})(?:public |static |async |override |get |set |\*)*(?!(?:if|for|while|switch|catch|return|function|constructor|super|await|throw|new|private|protected)\b)([a-z]\w*)(?:<[^>]*>)?\([^;]*\{\s*$/,
    ),
    reaches: (path) => /(^|\/)(?:index|main|mod|api)\.[cm]?[jt]sx?$/.test(path) && !INTERNAL.test(path),
    perhaps: true,
  },
  {
    // What a package lets others import, its manifest and its build say.
    files: /\.[cm]?[jt]sx?$/,
    names: named(
      /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|enum) ([A-Za-z_$][\w$]*)/,
    ),
    reaches: (path, { paths }) =>
      paths.has('package.json') && /^(?:src|lib|packages\/[^/]+)\//.test(path) && !INTERNAL.test(path),
    perhaps: true,
  },
  {
    // A module that hands on what others hold is made to be imported.
    files: /\.[cm]?[jt]sx?$/,
    names: named(/^[A-Z]\w*\.([A-Za-z]\w*) = (?:[A-Za-z]\w*|require\(.*\));?$/),
    reaches: (path) => !INTERNAL.test(path),
    lists: true,
    perhaps: true,
  },
  {
    files: /\.[cm]?js$/,
    names: named(/^(?:exports|[A-Z]\w*)\.prototype\.([a-z]\w*) = |^(?:module\.)?exports\.([a-z]\w*) = /),
    reaches: (path) => !INTERNAL.test(path),
    perhaps: true,
  },
  {
    files: /(^|\/)(?!__init__)\w+\.py$/,
    names: named(/^(?: {4})?(?:async )?(?:def|class) ([A-Za-z]\w*)/),
    reaches: (path, { paths }) =>
      paths.has(posix.join(posix.dirname(path), '__init__.py')) ||
      (paths.has('pyproject.toml') && !INTERNAL.test(path)),
    perhaps: true,
  },
  {
    files: /\.java$/,
    names: named(
      /^\s{0,4}public (?:static |final |abstract |synchronized |<[^>]*> )*(?:(?:class|interface|enum|record) (\w+)|[\w<>[\], .?]+ (\w+)\()/,
    ),
    reaches: (path) => /(^|\/)src\/main\/java\//.test(path) && INTERNAL.test(path),
    perhaps: true,
  },
  {
    files: /\.(?:sh|bash)$|(^|\/)(?:libexec|plugins)\/[\w-]+$/,
    names: named(/^(?:function )?([a-z][\w-]+)\s*\(\)/),
    reaches: (path) => /(^|\/)lib(?:exec)?\//.test(path),
    perhaps: true,
  },
];

/** `from x import A, B as C` and the entries of `__all__`. */
function imported(text: string): string[] {
  const list = /^from \.?[\w.]* import \(?([^)#]*)/.exec(text)?.[1];
  if (list !== undefined)
    return list
      .split(',')
      .map(
        (part) =>
          part
            .trim()
            .split(/\s+as\s+/)
            .at(-1) ?? '',
      )
      .filter((name) => /^[A-Za-z]\w*$/.test(name));
  return /^__all__\b/.test(text) ? [...text.matchAll(/["'](\w+)["']/g)].map((match) => match[1] ?? '') : [];
}

/** Whether users of the package can reach what a file offers. */
export function isReachable(path: string, reading: Reading): 'yes' | 'perhaps' | 'no' {
  const reaching = SURFACES.filter(({ files, reaches }) => files.test(path) && reaches(path, reading));
  if (reaching.length === 0) return 'no';
  return reaching.every(({ perhaps }) => perhaps) ? 'perhaps' : 'yes';
}

/** A program that people call by name. */
const COMMAND = /^(?:bin|libexec|commands)\/[\w-]+(?:\.(?:sh|bash|py|js))?$/;

/** What callers outside of the repository could use and cannot any more. */
const removedApi: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it, deprecated if need be, or say in the change log that it goes.',
  removes: true,
  languages: ['go', 'rust', 'java', 'python', 'typescript', 'tsx', 'javascript'],
  *find(reading) {
    if (reading.change.files.every(({ removed }) => removed.length === 0) || isAnnounced(reading)) return;
    const kept = keptNames(reading);
    for (const source of reading.files) {
      if (roleOf(source.change.oldPath) !== 'product' || source.change.status === 'added') continue;
      if (/^package main\b/m.test(source.text)) continue;
      const surfaces = SURFACES.filter(
        ({ files, reaches }) => files.test(source.change.oldPath) && reaches(source.change.oldPath, reading),
      );
      const gone = surfaces.flatMap((surface) =>
        goneFrom(source, surface)
          .filter(({ name }) => !kept.has(name))
          .map((one) => ({ ...one, perhaps: surface.perhaps ?? false })),
      );
      if (source.change.status === 'deleted' && COMMAND.test(source.change.oldPath)) {
        yield {
          file: source.path,
          line: 0,
          severity: 'low',
          message: `The command \`${posix.basename(source.change.oldPath)}\` is gone`,
          text: source.path,
        } satisfies Hit;
        continue;
      }
      for (const one of unlisted(source))
        if (!gone.some(({ name }) => name === one.name)) gone.push({ ...one, perhaps: false });
      const [first] = gone.toSorted((a, b) => Number(a.perhaps) - Number(b.perhaps));
      if (!first) continue;
      const names = [...new Set(gone.map(({ name }) => `\`${name}\``))].slice(0, 5).join(', ');
      yield {
        file: source.path,
        line: source.change.status === 'deleted' ? 0 : first.line,
        ...(first.perhaps ? { severity: 'low' as const } : {}),
        message: `${names} can be used from outside and ${gone.length === 1 ? 'is' : 'are'} gone`,
        text: names,
      } satisfies Hit;
    }
  },
};

const LISTED = /^__all__\s*(?::[^=\n]+)?\+?=\s*[[(]([^\])]*)[\])]/gm;

/** What Python's `__all__` named before the change and does not any more. */
function unlisted({ path, text, oldText, change }: SourceFile): Gone[] {
  if (!path.endsWith('.py') || oldText?.includes('__all__') !== true || !text.includes('__all__')) return [];
  const listedIn = (whole: string) =>
    new Set([...whole.matchAll(LISTED)].flatMap(([, list = '']) => list.match(/(?<=["'])\w+(?=["'])/g) ?? []));
  const now = listedIn(text);
  if (now.size === 0) return [];
  return [...listedIn(oldText)].flatMap((name) => {
    if (now.has(name)) return [];
    const hunk = change.hunks.find(({ lines }) =>
      lines.some(({ kind, text: said }) => kind === 'removed' && said.includes(name)),
    );
    const line = hunk?.lines.find(({ kind, text: said }) => kind === 'removed' && said.includes(name));
    return hunk && line ? [{ name, line: lineNear(hunk, line) }] : [];
  });
}

/** The names in the lists of `export { … }`, over as many lines as they take. */
function handedOnBy(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^(?:export\s+(?:type\s+)?|module\.exports\s*=\s*)(\{[^{}]*\})/gm)].flatMap(([, list = '']) =>
      listed(`export ${list.replace(/\s+/g, ' ')}`).map((name) => name.replace(/\s*:.*$/, '')),
    ),
  );
}

type Gone = { name: string; line: number };

function goneFrom({ change, lines, oldText }: SourceFile, surface: Surface): Gone[] {
  const text = lines.map(({ code }) => code).join('\n');
  const handedOn = surface.lists === true ? handedOnBy(oldText ?? '') : undefined;
  const names = (line: string) => [
    ...surface.names(line),
    ...listed(`export { ${line.trim().replace(/,\s*$/, '')} }`).filter((name) => handedOn?.has(name)),
  ];
  // What only lost its word for being reachable is there, for nobody else.
  const hidden = new Set(
    change.added.filter(({ text: line }) => bare(line) === line.trim()).map((line) => bare(line.text)),
  );
  return change.hunks.flatMap((hunk) =>
    hunk.lines.flatMap((line) =>
      line.kind !== 'removed'
        ? []
        : names(line.text)
            .filter(
              (name) =>
                (hidden.has(bare(line.text)) && !isListed(name, text)) ||
                !new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text),
            )
            .map((name) => ({ name, line: lineNear(hunk, line) })),
    ),
  );
}

function isListed(name: string, text: string): boolean {
  return new RegExp(
    `\\bexport\\s*(?:type\\s*)?\\{[^}]*(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])|\\bexports\\b.*${name.replaceAll('$', '\\$')}`,
  ).test(text);
}

/** A line without the words that make what it declares reachable. */
function bare(line: string): string {
  return line.trim().replace(/^(?:pub(?:\([^)]*\))?|public|protected|export(?: default)?)\s+/, '');
}

/** Every name that an added line declares or hands on: what moved is not gone. */
function keptNames(reading: Reading): Set<string> {
  const kept = new Set<string>();
  const note = ({ added }: ChangedFile) => {
    for (const { text } of added)
      for (const surface of SURFACES) for (const name of surface.names(text)) kept.add(name);
  };
  reading.change.files.forEach(note);
  return kept;
}

/** The change says so itself: in its change log, its version or a note of deprecation that goes with the name. Or a person asked for what breaks. */
export function isAnnounced(reading: Reading): boolean {
  if (/^\w+(?:\([^)\n]*\))?!:|^\w+\([^)\n]*\bbreaking\b|^BREAKING[ -]CHANGE\b/m.test(reading.asked)) return true;
  return reading.change.files.some(
    ({ path, added, removed }) =>
      (MANIFESTS.test(path) && majorOf(removed) >= 0 && majorOf(added) > majorOf(removed)) ||
      (/(^|\/)(CHANGES|CHANGELOG|HISTORY|NEWS|RELEASES?|MIGRATION|UPGRADING)[^/]*$|(^|\/)\.changeset\/|(^|\/)changelog\.d\//i.test(
        path,
      ) &&
        added.length > 0) ||
      removed.some(({ text }) => /deprecat/i.test(text)),
  );
}

const MANIFESTS = /(^|\/)(?:Chart\.yaml|package\.json|Cargo\.toml|pyproject\.toml|galaxy\.yml|gradle\.properties)$/;

/** The first number of the package's own version on these lines; -1 if none names it. */
function majorOf(lines: readonly { text: string }[]): number {
  const version = /^(?: {2}|\t)?"?version"?\s*[:=]\s*["']?v?(\d+)\./;
  return Math.max(-1, ...lines.map(({ text }) => Number(version.exec(text)?.[1] ?? -1)));
}

/** What a package offers to others. */
export const apiRules: readonly Rule[] = [removedApi];
