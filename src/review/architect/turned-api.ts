import type { Hunk, HunkLine } from '../read/diff.ts';
import type { LanguageName } from '../read/language.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { isAnnounced, isReachable } from './api.ts';

/** What one line declares for others: its name, and what its users rely on, each under the word for it. */
type Offer = { name: string; facts: Readonly<Record<string, string>> };

const JAVA_MEMBER =
  /^\s{0,4}(?:(public|protected|private)\s+)?((?:(?:static|final|abstract|synchronized|default|volatile|transient)\s+)*)(?:<[^>]*>\s+)?([\w<>[\], .?]+?)\s+(\w+)\s*(?:\(([^()]*)\)\s*(?:throws ([\w., ]+?))?\s*[{;]|[=;])/;
const JAVA_CLASS = /^(?:public )((?:final |abstract |static |sealed )*)(?:class|interface|record|enum) (\w+)/;
const GO_FUNC = /^func (?:\(\s*\w*\s*(\*?)[A-Z]\w*(?:\[[^\]]*\])?\) )?([A-Z]\w*)(?:\[[^\]]*\])?\((.*?)\)\s*([^{]*)\{/;
const GO_FIELD = /^\t([A-Z]\w*)\s+([\w.*[\]{}]+)\s*(?:`(.*)`)?\s*$/;

/** Without the names of parameters: callers do not see them. */
function typesIn(inside: string, language: 'java' | 'go'): string {
  const parts = inside
    .replace(/<[^<>]*>/g, '')
    .split(',')
    .map((part) => part.trim());
  const bare =
    language === 'java'
      ? parts.map((part) => part.replace(/@\w+(?:\([^()]*\))?\s+|\bfinal\s+/g, '').replace(/\s+\w+$/, ''))
      : parts.map((part) => (/\s/.test(part) ? part.replace(/^\w+\s+/, '') : ''));
  return bare.join();
}

const OFFERS: Partial<Record<LanguageName, (text: string) => Offer | undefined>> = {
  java: (text) => {
    const [, head, type] = JAVA_CLASS.exec(text) ?? [];
    if (type !== undefined) return { name: type, facts: { extension: /final|sealed/.test(head ?? '') ? 'no' : 'yes' } };
    const [, open = '', words = '', given, name, inside, thrown = ''] = JAVA_MEMBER.exec(text) ?? [];
    if (name === undefined || given === undefined || /^(?:return|new|throw)\b/.test(given)) return undefined;
    return {
      name: inside === undefined ? name : `${name}/${inside.split(',').length}`,
      facts: {
        reach: open,
        type: given,
        place: /\bstatic\b/.test(words) ? 'yes' : 'no',
        ...(inside === undefined ? {} : { overriding: /\bfinal\b/.test(words) ? 'no' : 'yes' }),
        parameters: typesIn(inside ?? '', 'java'),
        exceptions: thrown,
      },
    };
  },
  go: (text) => {
    const [, pointer = '', name, inside = '', results = ''] = GO_FUNC.exec(text) ?? [];
    if (name !== undefined)
      return {
        name: `${name}/${inside.split(',').length}`,
        facts: { receiver: pointer, parameters: typesIn(inside, 'go'), results: results.trim() },
      };
    const [, field, type = '', tag = ''] = GO_FIELD.exec(text) ?? [];
    return field === undefined
      ? undefined
      : {
          name: field,
          facts: { type: type, 'written name': /\b(?:json|yaml|xml):"([^",]*)/.exec(tag)?.[1] ?? '' },
        };
  },
};

/** The same name is still there, and its users find another thing. */
const turned: Rule = {
  id: 'architect/changed-api',
  severity: 'low',
  remedy: 'Let the old use go on working, or say in the change log that it does not.',
  languages: Object.keys(OFFERS) as LanguageName[],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of reading.files) {
      const offer = OFFERS[source.language.name];
      if (!offer || !isOpen(source, reading)) continue;
      for (const hunk of source.change.hunks) {
        const before = offersOf(hunk, 'removed', offer).filter(
          ([, { facts }]) => !['', 'private'].includes(facts['reach'] ?? 'public'),
        );
        for (const [line, now] of before.length === 0 ? [] : offersOf(hunk, 'added', offer)) {
          const [old, another] = before.flatMap(([, one]) => (one.name === now.name ? [one] : []));
          if (another) continue;
          const fact = old && Object.keys(old.facts).find((key) => old.facts[key] !== now.facts[key]);
          if (old && fact !== undefined)
            yield {
              file: source.path,
              line: line.newLine,
              message: `Others may rely on \`${shorten(now.name.replace(/\/\d+$/, ''))}\`, and its ${fact} changed`,
              text: line.text,
            } satisfies Hit;
        }
      }
    }
  },
};

function isOpen(source: SourceFile, reading: Reading): boolean {
  if (source.role !== 'product' || source.change.status !== 'modified') return false;
  if (/^package main\b/m.test(source.text)) return false;
  return isReachable(source.path, reading) !== 'no';
}

function offersOf(hunk: Hunk, kind: HunkLine['kind'], offer: (text: string) => Offer | undefined): [HunkLine, Offer][] {
  return hunk.lines.flatMap((line): [HunkLine, Offer][] => {
    const one = line.kind === kind ? offer(line.text) : undefined;
    return one ? [[line, one]] : [];
  });
}

/** The oldest of what a package can be used with, by the manifest that says so. */
const FLOORS: readonly (readonly [files: RegExp, floor: RegExp])[] = [
  [/(^|\/)Cargo\.toml$/, /^\s*rust-version\s*=\s*"([\d.]+)"/],
  [/(^|\/)go\.mod$/, /^go\s+([\d.]+)/],
  [
    /(^|\/)pom\.xml$/,
    /<(?:maven\.compiler\.(?:release|target|source)|java\.version|release|target)>\s*(?:1\.)?([\d.]+)\s*</,
  ],
  [
    /\.gradle(?:\.kts)?$/,
    /\b(?:sourceCompatibility|targetCompatibility|JavaLanguageVersion\.of)\b\D*(?:VERSION_)?(?:1[._])?([\d.]+)/,
  ],
  [/(^|\/)package\.json$/, /^\s*"node"\s*:\s*"[^\d"]*([\d.]+)/],
  [
    /(^|\/)(?:pyproject\.toml|setup\.(?:py|cfg))$/,
    /^\s*(?:requires-python|python_requires|python)\s*=\s*["']?[^\d"']*([\d.]+)/,
  ],
];

/** Whoever has what sufficed before cannot use the package any more. */
const raisedFloor: Rule = {
  id: 'architect/changed-api',
  severity: 'low',
  remedy: 'Say in the change log what is needed now, and why.',
  languages: 'all',
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const { path, change } of reading.files)
      for (const [, floor] of FLOORS.filter(([files]) => files.test(path)))
        for (const hunk of change.hunks) {
          const versionOf = ({ text }: HunkLine) => floor.exec(text)?.[1];
          const old = hunk.lines.find((line) => line.kind === 'removed' && versionOf(line) !== undefined);
          const now = hunk.lines.find((line) => line.kind === 'added' && versionOf(line) !== undefined);
          if (old && now && isHigher(versionOf(now) ?? '', versionOf(old) ?? ''))
            yield {
              file: path,
              line: now.newLine,
              message: `What sufficed before does not any more: \`${shorten(old.text)}\` before`,
              text: now.text,
            } satisfies Hit;
        }
  },
};

function isHigher(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let at = 0; at < 2; at += 1) if ((a?.[at] ?? 0) !== (b?.[at] ?? 0)) return (a?.[at] ?? 0) > (b?.[at] ?? 0);
  return false;
}

/** What others use under the same name, and is another thing now. */
export const turnedApi: readonly Rule[] = [turned, raisedFloor];
