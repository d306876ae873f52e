import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** The same case of a switch, the same key of an object, the same name in one scope: the first or the last is dead. */
const repeated: Rule = {
  id: 'code/repeated-name',
  severity: 'medium',
  remedy: 'Keep one of the two, or give the other the name that was meant.',
  languages: [...SCRIPTS, 'python', 'java', 'c'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'c'], ['product', 'script'])) {
      if (source.partial) continue;
      const scopes = new Map<string, number>();
      for (const line of source.lines) {
        if (line.startsIn !== 'code') continue;
        const entry = entryOf(line, source);
        if (!entry) continue;
        const before = scopes.get(entry.key);
        scopes.set(entry.key, line.number);
        if (before === undefined || !(source.isAdded(line.number) || source.isAdded(before))) continue;
        yield {
          file: source.path,
          line: source.isAdded(line.number) ? line.number : before,
          message: `${entry.what} stands twice, the other at line ${source.isAdded(line.number) ? before : line.number}`,
        } satisfies Hit;
      }
    }
  },
};

type Entry = { key: string; what: string };

function entryOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const { name } = source.language;
  const label = name === 'python' ? undefined : /^\s*case ((?:["'][^"']*["']|-?\d+|[A-Z][\w.]*)):/.exec(line.text)?.[1];
  const block = label === undefined ? undefined : source.blocks().around(line.number)[0];
  if (label !== undefined && block && /^switch\b/.test(block.header))
    return { key: `case ${block.open} ${label}`, what: `The case \`${shorten(label)}\`` };
  if (name === 'python') return definitionOf(line, source) ?? keyOf(line, source);
  if (name === 'java' || name === 'c') return undefined;
  return keyOf(line, source);
}

/** A function or class of Python at the left edge or in a class, unless a decorator or a condition makes it another. */
function definitionOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const name = /^\s*(?:async )?(?:def|class) (\w+)/.exec(line.code)?.[1];
  if (name === undefined || name === '_' || /^\s*@/.test(source.lineAt(line.number - 1)?.code ?? '')) return undefined;
  const [block] = source.blocks().around(line.number);
  if (block && block.kind !== 'class') return undefined;
  if (!block && /^\s/.test(line.raw)) return undefined;
  return { key: `def ${block?.open ?? 0} ${name}`, what: `\`${name}\`` };
}

/** A key of a literal that is written over lines. */
function keyOf(line: SourceLine, source: SourceFile): Entry | undefined {
  const python = source.language.name === 'python';
  if (!line.code.includes(':') || !(python || line.text.trimEnd().endsWith(','))) return undefined;
  const key = (
    python ? /^\s*(["'][^"']+["'])\s*:/ : /^\s*(?:(["'][^"']+["'])|([A-Za-z_$][\w$]*))\s*:\s*[^:].*,\s*$/
  ).exec(line.text);
  const word = key?.[1] ?? key?.[2];
  if (word === undefined || line.code[line.text.indexOf(word) + 1] === undefined) return undefined;
  const opening = openingOf(line, source);
  if (opening === undefined) return undefined;
  return {
    key: `key ${opening} ${line.text.search(/\S/)} ${word.replace(/["']/g, '')}`,
    what: `The key \`${shorten(word)}\``,
  };
}

/** The line that opens the literal: the next one above with less indentation, which must end in a brace. */
function openingOf(line: SourceLine, source: SourceFile): number | undefined {
  const indent = line.raw.search(/\S/);
  for (let at = line.number - 1; at > Math.max(0, line.number - 400); at -= 1) {
    const above = source.lineAt(at);
    if (!above || above.code.trim() === '' || above.startsIn !== 'code') continue;
    const other = above.code.search(/\S/);
    if (other >= indent) {
      if (other === indent && /^\s*(?:case\b|default\b|[)\]}])/.test(above.code) && !/[,]\s*$/.test(above.code))
        return undefined;
      continue;
    }
    return /(?:=|\(|:|return|=>|,|\[)\s*\{\s*$/.test(above.code) || /^\s*\{\s*$/.test(above.code) ? at : undefined;
  }
  return undefined;
}

/** Of two commands of a stage only the last counts. */
const lastCommand: Rule = {
  id: 'code/repeated-name',
  severity: 'medium',
  remedy: 'Keep one of the two.',
  languages: ['dockerfile'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'dockerfile' || source.partial) continue;
      const last = new Map<string, number>();
      for (const line of source.lines) {
        const word = /^\s*(FROM|CMD|ENTRYPOINT|HEALTHCHECK)\s/i.exec(line.code)?.[1]?.toUpperCase();
        if (word === 'FROM') last.clear();
        else if (word !== undefined) {
          const before = last.get(word);
          if (before !== undefined && source.isAdded(line.number))
            yield {
              file: source.path,
              line: line.number,
              message: `${word} stands twice; the one at line ${before} never counts`,
            } satisfies Hit;
          last.set(word, line.number);
        }
      }
    }
  },
};

/** Names that stand twice where only one counts. */
export const repeatedRules: readonly Rule[] = [repeated, lastCommand];
