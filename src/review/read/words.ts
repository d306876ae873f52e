import { SCRIPTS } from './language.ts';
import type { SourceFile } from './reading.ts';

/** How often each word stands in a file, in code, texts and comments. A `$` belongs to names of scripts alone. */
export function wordsOf(source: SourceFile): ReadonlyMap<string, number> {
  const found = known.get(source) ?? counted(source);
  known.set(source, found);
  return found;
}

const known = new WeakMap<SourceFile, ReadonlyMap<string, number>>();

function counted({ text, language }: SourceFile): Map<string, number> {
  const found = new Map<string, number>();
  const dollar = SCRIPTS.some((name) => name === language.name);
  let from = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const char = at < text.length ? text.charCodeAt(at) : 0;
    const within = (IN_WORD[char] ?? 0) === 1 || (dollar && char === DOLLAR);
    if (within && from === -1) from = at;
    else if (!within && from !== -1) {
      const word = text.slice(from, at);
      found.set(word, (found.get(word) ?? 0) + 1);
      from = -1;
    }
  }
  return found;
}

const DOLLAR = 36;
const IN_WORD = Uint8Array.from({ length: 128 }, (_, char) => (/\w/.test(String.fromCharCode(char)) ? 1 : 0));
