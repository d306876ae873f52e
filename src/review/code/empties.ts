import { functionAround } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const LANGUAGES: readonly LanguageName[] = [...SCRIPTS, 'python', 'go', 'java', 'kotlin', 'rust'];

/** Divided by how many there are. */
const DIVIDES =
  /\/\s*(?:\w+\()?(?:len\(\s*([\w.]+)\s*\)|([a-z_]\w*(?:\.\w+)?)\.(?:length|size\(\)|len\(\)|Count)\b)(?!\s*[*+-])/;
/** Cut where a sign is found, which says -1 when it is not there. */
const CUTS =
  /\.substring\(\s*0\s*,\s*(\w+)\.(?:last)?[iI]ndexOf\([^()]*\)\s*\)|\.(?:slice|substr)\(\s*0\s*,\s*(\w+)\.(?:last)?[iI]ndexOf\([^()]*\)\s*\)|\[:\s*strings\.(?:Last)?Index\w*\(\s*(\w+)\s*,[^()]*\)\s*\]|\[:\s*(\w+)\.r?find\([^()]*\)\s*\]/;

type Kind = {
  pattern: RegExp;
  lines: ReturnType<typeof linesLike>;
  message: string;
  languages: readonly LanguageName[];
};
const KINDS: readonly Kind[] = [
  {
    pattern: DIVIDES,
    lines: linesLike(DIVIDES),
    message: 'may be empty, and then this divides by nothing',
    languages: ['python', 'go', 'java', 'kotlin', 'rust'],
  },
  {
    pattern: CUTS,
    lines: linesLike(CUTS),
    message: 'need not hold what is searched for, and then this cuts at the wrong place',
    languages: [...SCRIPTS, 'python', 'go', 'java', 'kotlin'],
  },
];

/** It works as long as there is something. */
const empty: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Say what happens when there is none.',
  languages: LANGUAGES,
  *find(reading) {
    for (const { pattern, lines, message, languages } of KINDS)
      for (const source of sourcesOf(reading, languages))
        for (const line of lines(source)) {
          const name = pattern.exec(line.code)?.slice(1).find(Boolean);
          if (name === undefined || source.isTestLine(line.number) || isAsked(name, line, source)) continue;
          yield { file: source.path, line: line.number, message: `\`${shorten(name)}\` ${message}` } satisfies Hit;
        }
  },
};

/** The function asks about it above, or gives it what it holds. */
function isAsked(name: string, { number, code }: SourceLine, source: SourceFile): boolean {
  const fn = functionAround({ line: number, source });
  const word = new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}\\b`);
  const asks = /\b(?:if|unless|while|for|assert\w*|require\w*|match|switch|when)\b|\?|&&|\|\||\bmax\(/;
  // A list that is gone through on the way to its length may still be empty.
  if (asks.test(code.replaceAll(/\bfor [\w, ]+ in\b/g, ''))) return true;
  return source.lines
    .slice(fn?.open ?? Math.max(0, number - 20), number - 1)
    .some((line) => word.test(line.code) && (asks.test(line.code) || /(?<![=!<>])=(?!=)\s*[[{]\s*\S/.test(line.code)));
}

const ternary = lineRule({
  id: 'code/null-access',
  severity: 'high',
  languages: [...SCRIPTS, 'java', 'csharp'],
  pattern:
    /(?<![\w.])([\w.]+) ===? (?:null|undefined) \? \1\.\w|(?<![\w.])([\w.]+) !==? (?:null|undefined) \? [^:?]+ : \2\.\w/,
  message: 'A value is read where it is known to be missing: `$&`',
  remedy: 'Turn the check around.',
});

const reduced = lineRule({
  id: 'code/missing-default',
  severity: 'low',
  languages: SCRIPTS,
  pattern: /\.reduce\(\s*\(\s*\w+(?:: \w+)?\s*,\s*\w+(?:: \w+)?\s*\)\s*=>\s*[^,{}()]*\)(?!\w)/,
  message: 'An empty list makes this throw: `$&`',
  remedy: 'Pass the value to begin with.',
});

/** What breaks when there is nothing. */
export const emptyRules: readonly Rule[] = [empty, ternary, reduced];
