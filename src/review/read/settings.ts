import { isScalar } from 'yaml';
import { lineNear } from './diff.ts';
import { objectsOf, servicesOf, tasksOf } from './manifests.ts';
import type { SourceFile } from './reading.ts';
import { kindOf } from './workflows.ts';
import { treesOf, under, type Entry } from './yaml-tree.ts';

/** Whose settings a YAML file holds. */
export type SettingsKind =
  | 'github'
  | 'gitlab'
  | 'action'
  | 'compose'
  | 'kubernetes'
  | 'ansible'
  | 'openapi'
  | 'values'
  | 'coverage'
  | 'hooks'
  | 'role'
  | 'other';

/**
 * One value that a change sets, changes or takes out: where it is in the file, as its keys with `/` between, and what it was and is.
 * An entry of a list goes by its name, id or text. A map or list has an empty text.
 */
export type SettingChange = {
  path: string;
  before: string | undefined;
  now: string | undefined;
  /** It is a number or a switch, and no text. */
  plain: boolean;
  line: number;
  text?: string;
};

/** Tells what a YAML file is by its path and what stands in it. */
export function settingsKind(source: { path: string; text: string }): SettingsKind {
  const pipeline = kindOf(source.path);
  if (pipeline !== undefined) return pipeline;
  if (/(^|\/)action\.ya?ml$/.test(source.path)) return 'action';
  if (/(^|\/)\.?codecov\.ya?ml$/.test(source.path)) return 'coverage';
  if (/(^|\/)\.pre-commit-hooks\.ya?ml$/.test(source.path)) return 'hooks';
  if (/(^|\/)roles\/[^/]+\/(?:defaults|vars)\//.test(source.path)) return 'role';
  if (objectsOf(source).length > 0) return 'kubernetes';
  if (servicesOf(source).length > 0) return 'compose';
  if (tasksOf(source).length > 0) return 'ansible';
  const [root] = treesOf(source);
  if (under(root, 'openapi') ?? under(root, 'swagger')) return 'openapi';
  return /(^|\/)values[^/]*\.ya?ml$/.test(source.path) ? 'values' : 'other';
}

/** Every value that the change sets, changes or takes out. Read once a file. */
export function settingChanges(source: SourceFile): readonly SettingChange[] {
  const found = known.get(source) ?? compared(source);
  known.set(source, found);
  return found;
}

const known = new WeakMap<SourceFile, readonly SettingChange[]>();

function compared(source: SourceFile): SettingChange[] {
  if (source.partial || source.change.status === 'deleted') return [];
  const before = flat(treesOf({ text: source.oldText ?? '' }));
  const now = flat(treesOf(source));
  const changes: SettingChange[] = [];
  for (const [path, { text, plain, start, end }] of now) {
    const old = before.get(path)?.text;
    const touched = old !== text || before.get(path)?.plain !== plain;
    const line = touched ? newLineOf(start, end, source) : undefined;
    if (line !== undefined) changes.push({ path, before: old, now: text, plain, line });
  }
  for (const [path, { text, key }] of before)
    if (!now.has(path) && now.size > 0) {
      const place = goneAt(/^\d+$/.test(key) ? (path.split('/').at(-1) ?? '') : `${key}:`, source);
      if (place) changes.push({ path, before: text, now: undefined, plain: false, ...place });
    }
  return changes;
}

/** `plain`: it is a number or a switch, and no text. */
type Leaf = { text: string; plain: boolean; key: string; start: number; end: number };

function flat(trees: readonly Entry[]): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  const walk = (entry: Entry, path: string) => {
    for (const child of entry.children) {
      const own = `${path}/${nameOf(child)}`;
      if (!found.has(own))
        found.set(own, {
          text: child.text ?? '',
          plain: isPlain(child),
          key: child.key,
          start: child.start,
          end: child.end,
        });
      walk(child, own);
    }
  };
  for (const [index, tree] of trees.entries()) {
    const name = [under(tree, 'kind')?.text, under(tree, 'metadata', 'name')?.text].filter(Boolean).join('/');
    walk(tree, name === '' ? (index === 0 ? '' : `/${index}`) : `/${name}`);
  }
  return found;
}

const NAMES = ['name', 'id', 'uses', 'hosts', 'key'] as const;

function isPlain({ node }: Entry): boolean {
  return isScalar(node) && typeof node.value !== 'string';
}

/** A key, or what tells an entry of a list from the others. */
function nameOf(entry: Entry): string {
  if (!/^\d+$/.test(entry.key) || typeof entry.path.at(-1) !== 'number') return entry.key;
  const name = NAMES.map((key) => under(entry, key)?.text).find((text) => text !== undefined && text !== '');
  return (name ?? entry.text ?? under(entry, 'run')?.text?.slice(0, 40) ?? entry.key).replaceAll('/', '.');
}

function newLineOf(start: number, end: number, source: SourceFile): number | undefined {
  for (let line = start; line <= end; line += 1) if (source.isAdded(line)) return line;
  return undefined;
}

/** Where a removed key or value stood. */
function goneAt(wanted: string, { change }: SourceFile): { line: number; text: string } | undefined {
  for (const hunk of wanted === '' ? [] : change.hunks) {
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && text.includes(wanted));
    if (gone) return { line: lineNear(hunk, gone), text: gone.text };
  }
  return undefined;
}
