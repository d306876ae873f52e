import type { Role } from './file-role.ts';
import type { LanguageName } from './language.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';
import { indexOf, type Index, type Trigger } from './trigger.ts';

/** Longer lines are data or minified code; only secrets are looked for in them. */
export const LONGEST_LINE = 2_000;

/** What all changed files of one language and one role add, so that a rule looks it through at once. */
export type Group = {
  language: LanguageName;
  role: Role;
  /** The added lines of all its files in their order, and beside each the file it stands in. */
  lines: readonly SourceLine[];
  owners: readonly SourceFile[];
  /** Each file once. */
  sources: readonly SourceFile[];
  /** Places of the lines that can match the pattern of this trigger, and few others; without a trigger all that say something in a view, but the longest. */
  placesOf(trigger: Trigger | undefined, view: 'code' | 'text' | 'comment' | 'raw'): readonly number[];
};

/** Puts each file into its group; it asks for its own lines there. */
export function grouped(files: readonly Omit<SourceFile, 'addedWith'>[]): { sources: SourceFile[]; groups: Group[] } {
  const groups = new Map<string, Growing>();
  const sources = files.map((file) => {
    const key = `${file.language.name} ${file.role}`;
    const group = groups.get(key) ?? newGroup(file);
    groups.set(key, group);
    return group.take(file);
  });
  return { sources, groups: [...groups.values()] };
}

function says(line: SourceLine, view: 'code' | 'text' | 'comment' | 'raw'): boolean {
  return line.raw.length <= LONGEST_LINE && (view === 'raw' || /\S/.test(line[view]));
}

const NONE: readonly never[] = [];

type Growing = Group & { take(file: Omit<SourceFile, 'addedWith'>): SourceFile };

function newGroup({ language, role }: Pick<SourceFile, 'language' | 'role'>): Growing {
  const lines: SourceLine[] = [];
  const owners: SourceFile[] = [];
  const sources: SourceFile[] = [];
  let index: Index | undefined;
  const indexed = () => (index ??= indexOf(lines, LONGEST_LINE));
  const telling = new Map<string, number[]>();
  return {
    language: language.name,
    role,
    lines,
    owners,
    sources,
    placesOf(trigger, view) {
      if (trigger) return indexed().candidates(trigger);
      const places = telling.get(view) ?? lines.flatMap((line, place) => (says(line, view) ? [place] : []));
      telling.set(view, places);
      return places;
    },
    take(file) {
      const from = lines.length;
      const to = from + file.added.length;
      const addedWith = (trigger: Trigger) => {
        const places = indexed().candidates(trigger, from, to);
        return places.length === 0 ? NONE : places.flatMap((place) => lines[place] ?? []);
      };
      const source = { ...file, addedWith };
      if (file.added.length > 0) sources.push(source);
      for (const line of file.added) {
        lines.push(line);
        owners.push(source);
      }
      return source;
    },
  };
}
