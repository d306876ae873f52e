import { SCRIPTS } from './language.ts';
import type { SourceFile } from './reading.ts';

/** How often each word stands in a file, in code, texts and comments. A `$` belongs to names of scripts alone. */
export function wordsOf(source: SourceFile): ReadonlyMap<string, number> {
  return readOnce(source).counts;
}

/** Where the words that stand once in a file stand. */
export function lonelyWords(source: SourceFile): [word: string, at: number][] {
  const { counts, firsts } = readOnce(source);
  return [...firsts].filter(([word]) => counts.get(word) === 1);
}

type Words = { counts: ReadonlyMap<string, number>; firsts: ReadonlyMap<string, number> };

function readOnce(source: SourceFile): Words {
  const found = known.get(source) ?? counted(source);
  known.set(source, found);
  return found;
}

const known = new WeakMap<SourceFile, Words>();

function counted({ text, language }: SourceFile): Words {
  const counts = new Map<string, number>();
  const firsts = new Map<string, number>();
  const dollar = SCRIPTS.some((name) => name === language.name);
  let from = -1;
  for (let at = 0; at <= text.length; at += 1) {
    const char = at < text.length ? text.charCodeAt(at) : 0;
    const within = (IN_WORD[char] ?? 0) === 1 || (dollar && char === DOLLAR);
    if (within && from === -1) from = at;
    else if (!within && from !== -1) {
      const word = text.slice(from, at);
      const before = counts.get(word);
      if (before === undefined) firsts.set(word, from);
      counts.set(word, (before ?? 0) + 1);
      from = -1;
    }
  }
  return { counts, firsts };
}

const DOLLAR = 36;
const IN_WORD = Uint8Array.from({ length: 128 }, (_, char) => (/\w/.test(String.fromCharCode(char)) ? 1 : 0));
