import type { LanguageName } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { wordsOf } from '../read/words.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

const LEAST = 5;
/** Where no compiler says so, or says so late. */
const LANGUAGES: readonly LanguageName[] = ['javascript', 'typescript', 'python', 'shell'];

/** A name that stands once in a file, declared nowhere, one letter away from one that is. */
const misspelt: Rule = {
  id: 'code/misspelt-name',
  severity: 'medium',
  remedy: 'Write the name as it is declared.',
  languages: LANGUAGES,
  *find(reading) {
    for (const source of sourcesOf(reading, LANGUAGES, ['product', 'script', 'test'])) {
      if (source.partial) continue;
      const lonely = [...lonelyIn(source)];
      const shell = source.language.name === 'shell';
      let declared: Set<string> | undefined;
      for (const line of lonely.length === 0 ? [] : source.added) {
        const text = shell ? line.text : line.code;
        if (line.startsIn === 'comment' || !lonely.some((name) => text.includes(name))) continue;
        declared ??= declaredIn(source);
        for (const [, name = ''] of text.matchAll(shell ? READS_SHELL : READS)) {
          if (!lonely.includes(name) || declared.has(name)) continue;
          const meant = [...declared].find((other) => isSlip(name, other));
          if (meant !== undefined)
            yield {
              file: source.path,
              line: line.number,
              message: `\`${name}\` stands nowhere else; \`${meant}\` does`,
            } satisfies Hit;
        }
      }
    }
  },
};

/** A name that is read: no property, key, keyword argument, label, or declaration. */
const READS =
  /(?<![\w$.'"#@])([a-z_$][\w$]*)(?![\w$]*\s*(?::(?!:)|=(?!=)|=>))(?<!\b(?:const|let|var|function|class|def|import|from|as|type|interface|enum|new|async) [\w$]*)/g;
const READS_SHELL = /\$\{?([A-Za-z_]\w*)/g;

/** Names that the file gives a value or takes as a parameter. */
function declaredIn(source: SourceFile): Set<string> {
  const found = new Set<string>();
  const note = (name: string | undefined) => {
    if (name !== undefined && name.length >= LEAST) found.add(name);
  };
  if (source.language.name === 'shell') {
    for (const { code } of source.lines)
      for (const [, name] of code.matchAll(
        /(?:^|[\s;])(?:local |export |readonly )*([A-Za-z_]\w*)=|\bfor (\w+) in\b|\bread (?:-\w+ )*(\w+)/g,
      ))
        note(name);
    return found;
  }
  for (const { code } of source.lines) {
    for (const [, name] of code.matchAll(
      /(?:\b(?:const|let|var|function|class|def|for)\s+|^\s*)([A-Za-z_$][\w$]*)(?=\s*(?:[=(:]|\bin\b|\bof\b))/g,
    ))
      note(name);
    const header =
      /\b(?:def|function)\b[^(]*\((.*)$|^\s*(?:async\s+)?[\w$]+\s*\(([^()]*)\)\s*(?::[^{]*)?\{\s*$|\(([^()]*)\)\s*(?::[^=]*)?=>/.exec(
        code,
      );
    for (const [name] of (header?.slice(1).find((part) => part !== undefined) ?? '').matchAll(/[A-Za-z_$][\w$]*/g))
      note(name);
  }
  return found;
}

/** Words that stand once, and like another of the file but for a letter: few files have any. */
function lonelyIn(source: SourceFile): Set<string> {
  const found = new Set<string>();
  // One letter is other: then either the first two are the same, or the first and the last.
  const alike = new Map<number, string[]>();
  const compared = (word: string, count: number, key: number) => {
    const others = alike.get(key);
    if (!others) {
      alike.set(key, [word]);
      return;
    }
    for (const other of others)
      if ((count === 1 || counts.get(other) === 1) && isSlip(word, other)) {
        if (count === 1) found.add(word);
        if (counts.get(other) === 1 && isSlip(other, word)) found.add(other);
      }
    others.push(word);
  };
  const counts = wordsOf(source);
  for (const [word, count] of counts) {
    if (word.length < LEAST) continue;
    const first = word.charCodeAt(0) << 8;
    compared(word, count, first | word.charCodeAt(1));
    compared(word, count, (first | word.charCodeAt(word.length - 1)) + SECOND_KEYS);
  }
  return found;
}

const SECOND_KEYS = 1 << 16;

/** One letter missing, doubled, other or swapped; a plural, a number or another case is another name. */
function isSlip(name: string, other: string): boolean {
  if (Math.abs(name.length - other.length) > 1 || name.toLowerCase() === other.toLowerCase() || other.length < LEAST)
    return false;
  let from = 0;
  while (from < name.length && name[from] === other[from]) from += 1;
  let [end, otherEnd] = [name.length, other.length];
  while (end > from && otherEnd > from && name[end - 1] === other[otherEnd - 1])
    [end, otherEnd] = [end - 1, otherEnd - 1];
  const [left, right] = [name.slice(from, end), other.slice(from, otherEnd)];
  if (/\d|_/.test(left + right) || from === Math.min(name.length, other.length)) return false;
  if (left.length === 2 && right.length === 2) return left[0] === right[1] && left[1] === right[0];
  if (left.length === 1 && right.length === 1) return from > 0 && end < name.length && /[a-z]/.test(left + right);
  return left.length + right.length === 1 && from > 0;
}

/** Names that mean another. */
export const misspeltRules: readonly Rule[] = [misspelt];
