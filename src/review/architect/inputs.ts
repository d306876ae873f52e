import { lineNear } from '../read/diff.ts';
import { instructionsOf } from '../read/docker.ts';
import type { SourceFile } from '../read/reading.ts';
import { treesOf, under, type Entry } from '../read/yaml-tree.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';
import { isAnnounced } from './api.ts';

/** What a file that is no program offers to those who use it, by name. */
function offersOf(path: string, text: string): Map<string, string> {
  const names = new Map<string, string>();
  const note = (what: string, entries: readonly Entry[] | undefined) => {
    for (const { key } of entries ?? []) names.set(`${what} ${key}`, key);
  };
  if (/(^|\/)(?:Dockerfile|Containerfile)[^/]*$|\.dockerfile$/i.test(path)) {
    for (const { name, words } of instructionsOf({ text }))
      if (name === 'ARG' || name === 'EXPOSE')
        for (const word of words.split(/\s+/))
          names.set(`${name} ${word.split('=')[0] ?? ''}`, word.split('=')[0] ?? '');
    return names;
  }
  const [root] = treesOf({ text });
  if (/(^|\/)action\.ya?ml$/.test(path)) {
    note('input', under(root, 'inputs')?.children);
    note('output', under(root, 'outputs')?.children);
  } else if (/(^|\/)\.github\/workflows\//.test(path)) {
    const call = under(root, 'on', 'workflow_call') ?? under(root, 'true', 'workflow_call');
    for (const kind of ['inputs', 'outputs', 'secrets']) note(kind.slice(0, -1), under(call, kind)?.children);
    note('input', under(under(root, 'on') ?? under(root, 'true'), 'workflow_dispatch', 'inputs')?.children);
  } else if (under(root, 'openapi') ?? under(root, 'swagger'))
    for (const place of under(root, 'paths')?.children ?? []) {
      names.set(`path ${place.key}`, place.key);
      for (const { key } of place.children) names.set(`${key} ${place.key}`, place.key);
    }
  else if (/(^|\/)values[^/]*\.ya?ml$/.test(path)) note('value', root?.children);
  return names;
}

/** An input of an action, a path of an interface, an argument of an image: others name it, and it is gone. */
const removedInput: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it, or say in the change log that it goes.',
  languages: ['yaml', 'dockerfile'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of reading.files) {
      if (
        !['yaml', 'dockerfile'].includes(source.language.name) ||
        source.change.status !== 'modified' ||
        source.partial
      )
        continue;
      const now = offersOf(source.path, source.text);
      const gone = [...offersOf(source.path, source.oldText ?? '')].find(([key]) => !now.has(key));
      if (gone)
        yield {
          file: source.path,
          ...placeOf(gone[1], source),
          ...(source.language.name === 'dockerfile' ? { severity: 'low' as const } : {}),
          message: `\`${shorten(gone[0])}\` is gone, and others may name it`,
        } satisfies Hit;
    }
  },
};

function placeOf(name: string, { change }: SourceFile): { line: number; text: string } {
  for (const hunk of change.hunks) {
    const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && text.includes(name));
    if (gone) return { line: lineNear(hunk, gone), text: gone.text };
  }
  return { line: 0, text: name };
}

const OPTION = /^\s*(?:-\w\s*\|\s*)?(--[a-z][\w-]*)(?:\s*\|\s*-\w)?(?:=\*)?\s*\)/;

/** An option of a script is not understood any more. */
const removedOption: Rule = {
  id: 'architect/removed-api',
  severity: 'low',
  remedy: 'Keep understanding it, or say in the change log that it goes.',
  languages: ['shell'],
  *find(reading) {
    if (isAnnounced(reading)) return;
    for (const source of reading.files) {
      if (source.language.name !== 'shell' || source.role === 'test' || source.change.status !== 'modified') continue;
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.find(
          ({ kind, text }) =>
            kind === 'removed' && OPTION.test(text) && !source.text.includes(OPTION.exec(text)?.[1] ?? ''),
        );
        if (gone)
          yield {
            file: source.path,
            line: lineNear(hunk, gone),
            message: `The option \`${OPTION.exec(gone.text)?.[1] ?? ''}\` is not understood any more`,
            text: gone.text,
          } satisfies Hit;
      }
    }
  },
};

/** What files that are no programs offer. */
export const inputRules: readonly Rule[] = [removedInput, removedOption];
