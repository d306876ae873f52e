import { posix } from 'node:path';
import { lineNear, type Hunk } from '../read/diff.ts';
import type { LanguageName } from '../read/language.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { isAnnounced, isReachable } from './api.ts';

/** A function that callers know: its name, what it takes, and how many of that they must give. */
type Signature = { name: string; parameters: readonly string[]; needed: number; results: string };

const HEADS: Partial<Record<LanguageName, RegExp>> = {
  typescript: /^\s*export (?:default )?(?:async )?function\*? ([\w$]+)(?:<[^(]*>)?\((.*)\)\s*(?::\s*([^{]*))?\{?\s*$/,
  javascript: /^\s*export (?:default )?(?:async )?function\*? ([\w$]+)\((.*)\)()\s*\{?\s*$/,
  python: /^(?: {4})?(?:async )?def ([a-z]\w*)\((.*)\)\s*(?:->\s*([^:]*))?:\s*$/,
  go: /^func (?:\(\s*\w*\s*\*?[A-Z]\w*(?:\[[^\]]*\])?\) )?([A-Z]\w*)(?:\[[^\]]*\])?\((.*?)\)\s*([^{]*)\{\s*$/,
  rust: /^\s*pub (?:async |const |unsafe )*fn (\w+)(?:<[^(]*>)?\((.*)\)\s*(?:->\s*([^{]*))?\{?\s*$/,
  java: /^\s{0,4}public (?:static |final |abstract |synchronized |default |<[^>]*> )*([\w<>[\], .?]+ \w+)\((.*)\)()[^;{]*[;{]\s*$/,
};

function signatureOf(text: string, language: LanguageName): Signature | undefined {
  const [, head, inside = '', results = ''] = HEADS[language === 'tsx' ? 'typescript' : language]?.exec(text) ?? [];
  const name = head?.split(' ').at(-1);
  if (name === undefined || name.startsWith('_')) return undefined;
  const parameters = splitList(inside).filter((one) => !/^(?:self|cls|&?(?:mut )?self|\*|\/)$/.test(one));
  const optional = (one: string) => /=|^\*|^\.{3}|\.\.\.|^[\w$]+\?/.test(one);
  return {
    name,
    parameters: parameters.map((one) =>
      language === 'go' || language === 'java' ? one : (/^[*&.]*(?:mut )?([\w$]+)/.exec(one)?.[1] ?? one),
    ),
    needed: parameters.filter((one) => !optional(one)).length,
    results: results.trim(),
  };
}

/** The parts of a list between its own commas. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let [depth, part] = [0, ''];
  for (const char of text) {
    if ('([{<'.includes(char)) depth += 1;
    else if (')]}>'.includes(char)) depth -= 1;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  return [...parts, part.trim()].filter((one) => one !== '');
}

/** What calls that were right before are told now; undefined if they still are right. */
function broken(old: Signature, now: Signature, language: LanguageName): string | undefined {
  if (now.needed > old.needed) return 'wants more than it did';
  if (now.parameters.length < old.parameters.length) return 'takes less than it did';
  if (
    language === 'go' &&
    old.parameters.join() !== now.parameters.join() &&
    old.parameters.length !== now.parameters.length
  )
    return 'takes something else than it did';
  const renamed = language === 'python' && old.parameters.some((one) => !now.parameters.includes(one));
  if (renamed) return 'calls its parameters by other names';
  return ['go', 'rust'].includes(language) &&
    splitList(old.results.replace(/^\(|\)$/g, '')).length !== splitList(now.results.replace(/^\(|\)$/g, '')).length
    ? 'gives something else than it did'
    : undefined;
}

/** A function that users of the package call changes so that their calls are wrong. */
const changedSignature: Rule = {
  id: 'architect/changed-api',
  severity: 'medium',
  remedy: 'Let the old call go on working, or say in the change log that it does not.',
  languages: Object.keys(HEADS) as LanguageName[],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of sourcesOf(reading, 'all')) {
      if (source.change.removed.length === 0) continue;
      const reach = isReachable(source.path, reading);
      if (
        reach === 'no' ||
        !HEADS[source.language.name === 'tsx' ? 'typescript' : source.language.name] ||
        isProgram(source)
      )
        continue;
      for (const hunk of source.change.hunks)
        for (const { old, now, line } of pairsOf(hunk, source)) {
          const how = broken(old, now, source.language.name);
          if (how === undefined || isKept(old, source)) continue;
          yield {
            file: source.path,
            line,
            ...(reach === 'perhaps' || isFollowed(old.name, source, reading) ? { severity: 'low' as const } : {}),
            message: `\`${old.name}\` can be called from outside and ${how}`,
          } satisfies Hit;
        }
    }
  },
};

/** Others that call it change as well: it is known and used inside of the repository. */
function isFollowed(name: string, source: SourceFile, { files }: Reading): boolean {
  const call = new RegExp(`\\b${name.replaceAll('$', '\\$')}\\(`);
  return files.some((other) => other !== source && other.change.added.some(({ text }) => call.test(text)));
}

function isProgram({ text, path }: SourceFile): boolean {
  return /^package main\b/m.test(text) || /(^|\/)(?:main|cli|__main__)\.\w+$/.test(path);
}

type Pair = { old: Signature; now: Signature; line: number };

function pairsOf(hunk: Hunk, source: SourceFile): Pair[] {
  const { name } = source.language;
  const olds = hunk.lines.flatMap((line) => (line.kind === 'removed' ? (signatureOf(line.text, name) ?? []) : []));
  return hunk.lines.flatMap((line) => {
    const now = line.kind === 'added' && !source.isTestLine(line.newLine) ? signatureOf(line.text, name) : undefined;
    const old = now && olds.find((other) => other.name === now.name);
    return now && old ? [{ old, now, line: line.newLine }] : [];
  });
}

/** Another form of the same name still takes the old call. */
function isKept(old: Signature, source: SourceFile): boolean {
  return (
    source.lines.filter(({ text }) => {
      const other = signatureOf(text, source.language.name);
      return other?.name === old.name && other.needed <= old.needed && other.parameters.length >= old.parameters.length;
    }).length > 0
  );
}

/** What stands in a type that others use or write themselves. */
type Member = {
  languages: readonly LanguageName[];
  within: RegExp;
  member: RegExp;
  kind: 'gone' | 'new';
  message: string;
  unless?: RegExp;
};

const MEMBERS: readonly Member[] = [
  {
    languages: ['go'],
    within: /^type [A-Z]\w* struct/,
    member: /^\t([A-Z]\w*)\s+\S/,
    kind: 'gone',
    message: 'a field that others may set or read',
  },
  {
    languages: ['go'],
    within: /^type [A-Z]\w* interface/,
    member: /^\t([A-Z]\w*)\(/,
    kind: 'new',
    message: 'whoever implements this has to write it',
  },
  {
    languages: ['go'],
    within: /^type [A-Z]\w* interface/,
    member: /^\t([A-Z]\w*)\(/,
    kind: 'gone',
    message: 'a method that others may call',
  },
  {
    languages: ['rust'],
    within: /^pub enum\b/,
    member: /^\s+([A-Z]\w*)\s*(?:[,({=]|$)/,
    kind: 'gone',
    message: 'a variant that others may name',
  },
  {
    languages: ['rust'],
    within: /^pub struct\b/,
    member: /^\s+pub (\w+)\s*:/,
    kind: 'gone',
    message: 'a field that others may set or read',
  },
  {
    languages: ['rust'],
    within: /^pub trait\b/,
    member: /^\s+(?:async )?fn (\w+)\b.*;\s*$/,
    kind: 'new',
    message: 'whoever implements this has to write it',
  },
  {
    languages: ['java', 'kotlin'],
    within: /^public interface\b/,
    member: /^\s+(?!default\b|static\b|private\b)[\w<>[\], .?]+ (\w+)\([^{]*\);\s*$/,
    kind: 'new',
    message: 'whoever implements this has to write it',
  },
  {
    languages: ['typescript', 'tsx'],
    within: /^export (?:interface|type)\b/,
    member: /^\s+(?:readonly )?([\w$]+)\??\s*[:(]/,
    kind: 'gone',
    message: 'a property that others may set or read',
  },
  {
    languages: ['java'],
    within: /^public enum\b/,
    member: /^\s+([A-Z][A-Z0-9_]*)\s*[,;(]/,
    kind: 'gone',
    message: 'a constant that others may name',
  },
  {
    languages: ['java'],
    within: /^public (?:\w+ )*(?:class|interface)\b/,
    member:
      /^\s{0,4}(?:public|protected) (?:static |final |transient |volatile )*(?!class|interface|enum|record)[\w<>[\], .?]+ (\w+)\s*[=;]/,
    kind: 'gone',
    message: 'a field that others may read',
  },
  {
    languages: ['java'],
    within: /^public (?:\w+ )*abstract (?:\w+ )*class\b|^public abstract class\b/,
    member: /^\s{0,4}(?:(?:public|protected) )?abstract [\w<>[\], .?]+ (\w+)\(/,
    kind: 'new',
    message: 'whoever extends this has to write it',
  },
];

/** The shape of a type that others use changes under them. */
const changedMember: Rule = {
  id: 'architect/changed-api',
  severity: 'low',
  remedy: 'Keep it, or say in the change log that it changes.',
  languages: ['go', 'rust', 'java', 'kotlin', 'typescript', 'tsx'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of sourcesOf(reading, 'all')) {
      if (source.change.status !== 'modified' || isReachable(source.path, reading) === 'no' || isProgram(source))
        continue;
      for (const shape of MEMBERS.filter(({ languages }) => languages.includes(source.language.name)))
        for (const hunk of source.change.hunks) {
          const found = hunk.lines.find((line, at) => isStruck(shape, { hunk, at, source }));
          if (!found) continue;
          const name = shape.member.exec(found.text)?.[1] ?? '';
          yield {
            file: source.path,
            line: found.kind === 'added' ? found.newLine : lineNear(hunk, found),
            message: `\`${shorten(name)}\` ${shape.kind === 'gone' ? 'is gone' : 'is new'}: ${shape.message}`,
            text: found.text,
          } satisfies Hit;
        }
    }
  },
};

function isStruck(
  { kind, member, within }: Member,
  { hunk, at, source }: { hunk: Hunk; at: number; source: SourceFile },
): boolean {
  const line = hunk.lines[at];
  const name = line?.kind === (kind === 'gone' ? 'removed' : 'added') ? member.exec(line.text)?.[1] : undefined;
  if (!line || name === undefined) return false;
  const others = hunk.lines.filter((other) => other !== line && other.kind === (kind === 'gone' ? 'added' : 'removed'));
  if (others.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text))) return false;
  const place = line.kind === 'added' ? line.newLine : lineNear(hunk, line);
  const block = source.blocks().around(place)[0];
  return block !== undefined && within.test(block.header) && !source.isAdded(block.start);
}

const HIDDEN: Partial<Record<LanguageName, readonly [shown: RegExp, hidden: RegExp]>> = {
  java: [
    /^\s{0,4}public (?:static |final |abstract |synchronized )*(?:[\w<>[\], .?]+ )?(\w+)\(/,
    /^\s{0,4}(?=\S)(?!public\b|return\b|new\b)(?:protected |private |static |final |synchronized )*(?:[\w<>[\], .?]+ )?(\w+)\(/,
  ],
  rust: [
    /^pub (?:async |const |unsafe )*(?:fn|struct|enum|trait|type|const|static|mod) (\w+)/,
    /^(?:pub\((?:crate|super)\) )?(?:async |const |unsafe )*(?:fn|struct|enum|trait|type|const|static|mod) (\w+)/,
  ],
  typescript: [
    /^export (?:async )?(?:abstract )?(?:function|class|const|interface|type|enum) ([\w$]+)/,
    /^(?:async )?(?:abstract )?(?:function|class|const|interface|type|enum) ([\w$]+)/,
  ],
};

/** What was offered to all is kept back. */
const hidden: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it open, or say in the change log that it is not any more.',
  removes: true,
  languages: Object.keys(HIDDEN) as LanguageName[],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of sourcesOf(reading, 'all')) {
      const [shown, closed] = HIDDEN[source.language.name] ?? [];
      const reach = isReachable(source.path, reading);
      if (!shown || !closed || reach === 'no') continue;
      for (const hunk of source.change.hunks) {
        const were = hunk.lines.flatMap(({ kind, text }) => (kind === 'removed' ? (shown.exec(text)?.[1] ?? []) : []));
        for (const { kind, text, newLine } of hunk.lines) {
          const name = kind === 'added' ? closed.exec(text)?.[1] : undefined;
          if (
            name === undefined ||
            !were.includes(name) ||
            new RegExp(`\\bexport\\b[^;]*\\b${name}\\b`).test(source.text)
          )
            continue;
          yield {
            file: source.path,
            line: newLine,
            ...(reach === 'perhaps' ? { severity: 'low' as const } : {}),
            message: `\`${name}\` could be used from outside and cannot any more`,
          } satisfies Hit;
        }
      }
    }
  },
};

const LISTS: readonly (readonly [files: RegExp, entry: RegExp, within: RegExp])[] = [
  [
    /(^|\/)index\.[cm]?[jt]s$/,
    /^\s{2,4}([A-Za-z_$][\w$]*),?\s*$/,
    /^\s*(?:module\.)?exports = \{\s*$|^\s*export (?:type )?\{\s*$/,
  ],
  [/(^|\/)lib\.rs$/, /^pub use [\w:]*?(\w+);\s*$/, /^/],
];

/** A name is taken off the list of what a package offers. */
const unlisted: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it on the list, or say in the change log that it goes.',
  removes: true,
  languages: ['javascript', 'typescript', 'rust'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of sourcesOf(reading, 'all'))
      for (const [, entry, within] of LISTS.filter(([pattern]) => pattern.test(source.path)))
        for (const hunk of source.change.hunks) {
          const opened = within.source === '^' || source.lines.some(({ raw }) => within.test(raw));
          const gone = opened
            ? hunk.lines.find(
                ({ kind, text }) =>
                  kind === 'removed' &&
                  entry.test(text) &&
                  !new RegExp(
                    `^.*\\b(?:use|export|exports|[ \\t]{2,}).*\\b${entry.exec(text)?.[1] ?? ''}\\b`,
                    'm',
                  ).test(source.text),
              )
            : undefined;
          if (gone)
            yield {
              file: source.path,
              line: lineNear(hunk, gone),
              message: `\`${posix.basename(source.path)}\` does not offer \`${entry.exec(gone.text)?.[1] ?? ''}\` any more`,
              text: gone.text,
            } satisfies Hit;
        }
  },
};

/** What others rely on and is another now. */
export const contractRules: readonly Rule[] = [changedSignature, changedMember, hidden, unlisted];
