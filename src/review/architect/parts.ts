import { lineNear } from '../read/diff.ts';
import { posix } from 'node:path';
import { instructionsOf } from '../read/docker.ts';
import type { HeadFile, Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { SHELL_FUNCTION, shellFunctions } from '../read/shell-functions.ts';
import { kindOf } from '../read/workflows.ts';
import { treesOf, under } from '../read/yaml-tree.ts';

/** A function of a shell, a job of a pipeline, a service or a stage of an image: what a file of that kind is made of. */
type Part = { kind: string; name: string; start: number; end: number; lines: string[] };

/** Parts with fewer telling lines are alike by nature. */
const LEAST: Readonly<Record<string, number>> = { function: 5, job: 9, service: 9, stage: 6 };
const ALIKE = 0.85;

function partsOf(file: HeadFile | SourceFile): Part[] {
  const raw = file.text.split('\n');
  const part = (kind: string, name: string, start: number, end: number): Part[] => {
    const lines = raw
      .slice(start, end)
      .map((line) => line.trim())
      .filter((line) => /\w{2}/.test(line) && !line.startsWith('#'));
    return lines.length < (LEAST[kind] ?? 0) ? [] : [{ kind, name, start, end, lines }];
  };
  switch (kindOfFile(file)) {
    case 'shell':
      return shellFunctions(raw).flatMap(({ name, start, end }) => part('function', name, start, end - 1));
    case 'dockerfile': {
      const all = instructionsOf(file);
      const stages = Map.groupBy(all, ({ stage }) => stage.index);
      return [...stages.values()].flatMap((own) =>
        part('stage', own[0]?.stage.from ?? '', own[0]?.start ?? 0, own.at(-1)?.end ?? 0),
      );
    }
    case 'pipeline': {
      const [root] = treesOf(file);
      const jobs = kindOf(file.path) === 'github' ? under(root, 'jobs') : root;
      return (jobs?.children ?? []).flatMap(({ key, start, end }) => part('job', key, start, end));
    }
    case 'services': {
      const [root] = treesOf(file);
      return (under(root, 'services')?.children ?? []).flatMap(({ key, start, end }) =>
        part('service', key, start, end),
      );
    }
    default:
      return [];
  }
}

type Kind = 'shell' | 'dockerfile' | 'pipeline' | 'services' | undefined;

function kindOfFile({ path, language, text }: Pick<HeadFile, 'path' | 'language' | 'text'>): Kind {
  if (language.name === 'shell' || /^#!.*\b(?:ba|z|da|k)?sh\b/.test(text)) return 'shell';
  if (language.name === 'dockerfile') return 'dockerfile';
  if (kindOf(path) !== undefined) return 'pipeline';
  return /(^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(path) ? 'services' : undefined;
}

/** A part that is new here and stands elsewhere already. */
const copied: Rule = {
  id: 'architect/copy',
  severity: 'medium',
  remedy: 'Keep it in one place: a file that both source, a matrix or a reusable workflow, a shared stage.',
  languages: ['shell', 'dockerfile', 'yaml'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      if (
        source.role === 'test' ||
        source.partial ||
        source.change.status === 'deleted' ||
        kindOfFile(source) === undefined
      )
        continue;
      const fresh = partsOf(source).filter((part) => isAllNew(part, source));
      if (fresh.length === 0) continue;
      const others = [source, ...(await alike(source, reading))];
      for (const part of fresh) {
        const twins = others.flatMap((file) =>
          partsOf(file)
            .filter((other) => !(file === source && isLater(part, other, source)) && isTwin(part, other))
            .map((other) => ({ file, other })),
        );
        const [twin] = twins;
        if (!twin || isVariant(source.path, twin.file.path)) continue;
        hits.push({
          file: source.path,
          line: part.start,
          severity:
            part.kind === 'function'
              ? isOwnWay(twins, source) ||
                (twin.file === source && twin.other.lines.join('\n') !== part.lines.join('\n'))
                ? 'low'
                : 'medium'
              : 'low',
          message: `This ${part.kind} is a copy of \`${shorten(twin.other.name)}\` at ${twin.file.path}:${twin.other.start}`,
          text: part.name,
        });
      }
    }
    return hits;
  },
};

/** Several files have it already: each of them is to stand on its own. */
function isOwnWay(twins: readonly { file: HeadFile | SourceFile }[], source: SourceFile): boolean {
  return new Set(twins.map(({ file }) => file.path).filter((path) => path !== source.path)).size >= 2;
}

function isAllNew({ start, end }: Part, source: SourceFile): boolean {
  let [added, moved, all] = [0, 0, 0];
  for (let line = start; line <= end; line += 1) {
    if (!/\w/.test(source.lineAt(line)?.raw ?? '')) continue;
    all += 1;
    if (source.isAdded(line)) added += 1;
    if (source.isMoved(line)) moved += 1;
  }
  return added === all && moved < all / 2;
}

/** Of two in one file the new one is the copy, and of two new ones the later. */
function isLater(part: Part, other: Part, source: SourceFile): boolean {
  return other.start === part.start || (other.start > part.start && isAllNew(other, source));
}

function isTwin(part: Part, other: Part): boolean {
  if (other.kind !== part.kind) return false;
  if (part.kind === 'function' && part.lines.length >= SHAPED && shapeOf(part) === shapeOf(other)) return true;
  const left = new Map<string, number>();
  for (const line of other.lines) left.set(line, (left.get(line) ?? 0) + 1);
  let shared = 0;
  for (const line of part.lines) {
    const count = left.get(line) ?? 0;
    if (count > 0) shared += 1;
    left.set(line, count - 1);
  }
  return shared >= ALIKE * part.lines.length;
}

/** The same thing for another version or system, as their paths say. */
function isVariant(one: string, other: string): boolean {
  return (
    one !== other && posix.basename(one) === posix.basename(other) && one.split('/').length === other.split('/').length
  );
}

const SHAPED = 7;

/** The lines of a function with its own variables numbered in their order. */
function shapeOf({ lines }: Part): string {
  const own = new Map<string, string>();
  const text = lines.join('\n');
  for (const [, name = ''] of text.matchAll(/(?<![\w$-])([a-z_]\w*)(?:\+)?=/g)) own.set(name, '');
  return text.replace(/\b[a-z_]\w*\b/g, (word) => {
    if (!own.has(word)) return word;
    if (own.get(word) === '') own.set(word, `§${[...own.values()].filter(Boolean).length}`);
    return own.get(word) ?? word;
  });
}

const NEAR = 40;

/** Unchanged files of the same kind, the nearest first, and the others of the change. */
async function alike(source: SourceFile, reading: Reading): Promise<(HeadFile | SourceFile)[]> {
  const kind = kindOfFile(source);
  const changed = new Map(reading.files.map((file) => [file.path, file]));
  const folder = posix.dirname(source.path);
  const paths = [...reading.paths]
    .filter((path) => path !== source.path && mayBe(kind, path))
    .sort((a, b) => Number(posix.dirname(b) === folder) - Number(posix.dirname(a) === folder))
    .slice(0, NEAR);
  const found: (HeadFile | SourceFile)[] = [];
  for (const path of paths) {
    const other = changed.get(path);
    if (other && (other.change.status === 'added' ? other.path > source.path : false)) continue;
    const file = other ?? (await reading.peek(path));
    if (file && kindOfFile(file) === kind) found.push(file);
  }
  return found;
}

function mayBe(kind: Kind, path: string): boolean {
  if (/(^|\/)(?:node_modules|vendor|fixtures?|third_party)\//.test(path)) return false;
  if (kind === 'shell') return /\.(?:sh|bash|zsh|ksh|bats)$|(^|\/)(?:bin|libexec|scripts?|hack)\/[^/.]+$/.test(path);
  if (kind === 'dockerfile') return /(^|\/)(?:Dockerfile|Containerfile)[^/]*$|\.dockerfile$/i.test(path);
  return kind === 'pipeline' ? kindOf(path) !== undefined : /(^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(path);
}

const SEARCHED = 120;

/** A function of a shell is gone, and others still call it; or it was one that a library offers. */
const goneFunction: Rule = {
  id: 'architect/removed-export',
  severity: 'high',
  remedy: 'Keep the function, or change those who call it as well.',
  languages: ['shell'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      if (
        kindOfFile({ ...source, text: source.oldText ?? '' }) !== 'shell' ||
        source.role === 'test' ||
        source.change.status === 'added'
      )
        continue;
      for (const hunk of source.change.hunks)
        for (const line of hunk.lines) {
          const head = line.kind === 'removed' ? SHELL_FUNCTION.exec(line.text) : null;
          const name = head?.[2] ?? head?.[3];
          if (
            name === undefined ||
            declares(name, source.text) ||
            reading.files.some((file) => declares(name, file.text))
          )
            continue;
          const caller = await callerOf(name, source, reading);
          const offered = /(^|\/)(?:lib|libs|include|functions?)\//.test(source.path) && !name.startsWith('_');
          if (caller === undefined && !offered) continue;
          hits.push({
            file: source.path,
            line: source.change.status === 'deleted' ? 0 : lineNear(hunk, line),
            ...(caller === undefined ? { severity: 'low' as const } : {}),
            message:
              caller === undefined
                ? `\`${name}\` can be called by others and is gone`
                : `\`${name}\` is gone and ${caller} still calls it`,
            text: name,
          });
        }
    }
    return hits;
  },
};

function declares(name: string, text: string): boolean {
  return new RegExp(`^\\s*(?:function\\s+${escaped(name)}\\b|${escaped(name)}\\s*\\(\\s*\\))`, 'm').test(text);
}

async function callerOf(name: string, source: SourceFile, reading: Reading): Promise<string | undefined> {
  const call = new RegExp(
    `(?:^|[;&|({!\`]|\\$\\(|\\b(?:then|do|else|if|while|until|run|trap))\\s*["']?${escaped(name)}(?=["']?(?:[\\s;)|&]|$))`,
    'm',
  );
  const calls = (text: string) => !declares(name, text) && call.test(text.replace(/^\s*#.*$/gm, ''));
  let caller = source.change.status !== 'deleted' && calls(source.text) ? source.path : undefined;
  const paths = [...reading.paths].filter((path) => path !== source.path && mayBe('shell', path)).slice(0, SEARCHED);
  for (const path of paths) {
    const file = await reading.peek(path);
    if (file && SHARED.test(path) && declares(name, file.text)) return undefined;
    if (caller === undefined && file && calls(file.text)) caller = path;
  }
  return caller;
}

/** Files that others read in, whose functions may be what is called. */
const SHARED =
  /(^|\/)(?:libs?|include|functions?)\/|(?:^|[./_-])(?:base|lib|common|functions?|helpers?|utils?)(?=[./_-][^/]*$)/;

function escaped(name: string): string {
  return name.replace(/[^\w]/g, '\\$&');
}

/** The arguments of a function of a shell, by the names that it gives them. */
function takenIn(texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts)
    for (const [, name = '', place = ''] of text.matchAll(/\b([a-z_]\w*)=["']?\$\{?([1-9])(?![:\d])/g))
      found.set(name, place);
  return found;
}

/** A function that other files source takes its arguments in another order, or one more. */
const changedFunction: Rule = {
  id: 'architect/changed-api',
  severity: 'medium',
  remedy: 'Let the old call go on working, or change those who call it as well.',
  languages: ['shell'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      if (kindOfFile(source) !== 'shell' || source.role === 'test' || source.change.status !== 'modified') continue;
      const functions = shellFunctions(source.text.split('\n'));
      for (const hunk of source.change.hunks) {
        const side = (kind: string) => hunk.lines.filter((line) => line.kind === kind);
        const before = takenIn(side('removed').map(({ text }) => text));
        for (const { text, newLine } of side('added')) {
          const fn = functions.find(({ start, end }) => start < newLine && newLine <= end);
          if (!fn || source.isAdded(fn.start)) continue;
          const swapped = [...takenIn([text])].some(([name, place]) => before.has(name) && before.get(name) !== place);
          const wanted =
            /\$\{[1-9]:?\?/.test(text) &&
            !side('removed').some((old) => /\$\{?[1-9]/.test(old.text) && /:?\?/.test(old.text));
          if (!swapped && !wanted) continue;
          const caller = await callerOf(fn.name, source, reading);
          if (caller !== undefined)
            hits.push({
              file: source.path,
              line: newLine,
              message: swapped
                ? `\`${fn.name}\` takes its arguments in another order, and ${caller} calls it`
                : `\`${fn.name}\` wants more than it did, and ${caller} calls it`,
            });
        }
      }
    }
    return hits;
  },
};

const SOURCES =
  /^\s*(?:\.|source)\s+["']?(?:\$\(dirname[^)]*\)|\$\{?\w+\}?|\$\{BASH_SOURCE[^}]*\})?\/?([\w./-]+\.(?:sh|bash)|[\w./-]*\/[\w-]+)["']?\s*$/;

/** Where what a script sources stands in the repository. */
function sourcedBy(path: string, line: string, paths: ReadonlySet<string>): string | undefined {
  const bare = line
    .replace(/"?\$\(dirname\s+"?\$(?:0|\{BASH_SOURCE(?:\[0\])?\})"?\)"?/, '.')
    .replace(/\$\{BASH_SOURCE[^}]*%\/\*\}/, '.');
  const name = SOURCES.exec(bare)?.[1];
  if (name === undefined) return undefined;
  const near = posix.normalize(posix.join(posix.dirname(path), name.replace(/^\/+/, '')));
  return (
    [near, posix.normalize(name.replace(/^\/+/, ''))].find((one) => paths.has(one)) ??
    (bare.includes('$') ? undefined : near)
  );
}

/** Scripts that source each other, and a library that sources a program. */
const sourcing: Rule = {
  id: 'architect/import-circle',
  severity: 'medium',
  remedy: 'Move what both need into a file of its own.',
  languages: ['shell'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of reading.files) {
      if (kindOfFile(source) !== 'shell' || source.role === 'test') continue;
      for (const { number, text } of source.added) {
        const target = sourcedBy(source.path, text, reading.paths);
        const other = target === undefined || target === source.path ? undefined : await reading.peek(target);
        if (other?.text.split('\n').some((line) => sourcedBy(other.path, line, reading.paths) === source.path) === true)
          hits.push({ file: source.path, line: number, message: `${other.path} sources this file already` });
      }
    }
    return hits;
  },
};

/** How scripts, pipelines and images hang together. */
export const partRules: readonly Rule[] = [copied, goneFunction, changedFunction, sourcing];
