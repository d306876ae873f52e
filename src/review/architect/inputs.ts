import { posix } from 'node:path';
import { lineNear } from '../read/diff.ts';
import { instructionsOf } from '../read/docker.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
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
      if (/^(?:ARG|EXPOSE|ENV|VOLUME|WORKDIR|ENTRYPOINT)$/.test(name))
        for (const word of name === 'ENTRYPOINT'
          ? ['']
          : name === 'ENV' && !words.includes('=')
            ? [words.split(/\s+/)[0] ?? '']
            : words
                .replace(/["[\],]/g, ' ')
                .trim()
                .split(/\s+/))
          names.set(`${name} ${word.split('=')[0] ?? ''}`.trim(), word.split('=')[0] || name);
    for (const { stage } of instructionsOf({ text }))
      if (stage.alias !== undefined) names.set(`stage ${stage.alias}`, stage.alias);
    return names;
  }
  if (isScript(path, text)) return scriptOffers(text);
  const [root] = treesOf({ text });
  if (/(^|\/)action\.ya?ml$/.test(path)) {
    note('input', under(root, 'inputs')?.children);
    note('output', under(root, 'outputs')?.children);
  } else if (/(^|\/)\.github\/workflows\//.test(path)) {
    const call = under(root, 'on', 'workflow_call') ?? under(root, 'true', 'workflow_call');
    for (const kind of ['inputs', 'outputs', 'secrets']) note(kind.slice(0, -1), under(call, kind)?.children);
    // People fill these in, and see what is asked.
    note('answer', under(under(root, 'on') ?? under(root, 'true'), 'workflow_dispatch', 'inputs')?.children);
  } else if (under(root, 'openapi') ?? under(root, 'swagger'))
    for (const place of under(root, 'paths')?.children ?? []) {
      names.set(`path ${place.key}`, place.key);
      for (const { key } of place.children) names.set(`${key} ${place.key}`, place.key);
    }
  else if (/(^|\/)values[^/]*\.ya?ml$/.test(path)) note('value', root?.children);
  return names;
}

function isScript(path: string, text: string): boolean {
  return /\.(?:sh|bash|zsh|ksh)$/.test(path) || /^#!.*\b(?:ba|z|da|k)?sh\b/.test(text);
}

/** What callers of a script may say: options, commands, and variables that stand for a setting. */
function scriptOffers(text: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (/^\s*#/.test(line)) continue;
    for (const part of (/^\s*\(?((?:[\w"'*?=-]+\s*\|\s*)*[\w"'*?=-]+)\s*\)/.exec(line)?.[1] ?? '').split('|')) {
      const word = part.trim().replace(/["']|=?\*$/g, '');
      if (/^--?[a-z][\w-]*$|^[a-z][a-z-]{2,}$/i.test(word))
        names.set(word.startsWith('-') ? `option ${word}` : `command ${word}`, word);
    }
    for (const letter of /\bgetopts\s+["']:?([\w:]+)/.exec(line)?.[1]?.replaceAll(':', '') ?? '')
      names.set(`option -${letter}`, `-${letter}`);
    for (const [, name = ''] of line.matchAll(/\$\{([A-Z][A-Z0-9]*_[A-Z0-9_]+):?[-=?]/g))
      names.set(`setting ${name}`, name);
  }
  return names;
}

/** An input of an action, a path of an interface, an argument of an image: others name it, and it is gone. */
const removedInput: Rule = {
  id: 'architect/removed-api',
  severity: 'medium',
  remedy: 'Keep it, or say in the change log that it goes.',
  removes: true,
  languages: ['yaml', 'dockerfile', 'shell'],
  async find(reading) {
    const hits: Hit[] = [];
    if (isAnnounced(reading)) return hits;
    for (const source of reading.files) {
      if (
        !['yaml', 'dockerfile', 'shell'].includes(source.language.name) ||
        source.role === 'test' ||
        source.change.status !== 'modified' ||
        source.partial
      )
        continue;
      const now = offersOf(source.path, source.text);
      const gone = [...offersOf(source.path, source.oldText ?? '')].filter(([key]) => !now.has(key));
      const [first] =
        source.language.name === 'shell' ? gone.filter(([, name]) => !namesWord(name, source.text)) : gone;
      if (!first) continue;
      const sure = source.language.name === 'yaml' || (await isTold(first, source, reading));
      hits.push({
        file: source.path,
        ...placeOf(first[1], source),
        ...(sure && !first[0].startsWith('answer ') ? {} : { severity: 'low' }),
        message: `\`${shorten(first[0])}\` is gone, and others may name it`,
      });
    }
    return hits;
  },
};

function namesWord(name: string, text: string): boolean {
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text);
}

const TOLD = 30;

/** A document, a script or a pipeline still names it. */
async function isTold([key, name]: [string, string], source: SourceFile, reading: Reading): Promise<boolean> {
  const own = posix.basename(source.path);
  const paths = [...reading.paths].filter(
    (path) =>
      path !== source.path &&
      /(^|\/)(?:README|USAGE|Makefile)[^/]*$|\.(?:md|rst|1|sh|bash|ya?ml)$|(^|\/)(?:bin|scripts?)\/[^/.]+$/i.test(
        path,
      ) &&
      !/CHANGE|HISTORY|NEWS/i.test(path),
  );
  for (const path of paths.slice(0, TOLD)) {
    const text = (await reading.peek(path))?.text ?? '';
    if (
      key.startsWith('stage ')
        ? new RegExp(`target["']?[:= ]+["']?${name}\\b`).test(text)
        : namesWord(name, text) && (/^-|_/.test(name) || text.includes(own))
    )
      return true;
  }
  return false;
}

function placeOf(name: string, { change }: SourceFile): { line: number; text: string } {
  for (const hunk of change.hunks) {
    const gone = hunk.lines.find(
      ({ kind, text }) => kind === 'removed' && text.includes(name.replace(/^-(?=\w$)/, '')),
    );
    if (gone) return { line: lineNear(hunk, gone), text: gone.text };
  }
  return { line: 0, text: name };
}

/** What files that are no programs offer. */
export const inputRules: readonly Rule[] = [removedInput];
