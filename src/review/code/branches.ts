import type { SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const BRANCHES =
  /^\s*(?:\}\s*)?(?:else\s+if|elif|if|case|when)\s*\(?\s*(?:let\s+)?([\w$.]+(?:\(\))?)\s*(<=?|>=?)\s*(-?\d[\d_]*(?:\.\d+)?)\s*\)?\s*(?:\{|:|then)\s*$/;
const branches = linesLike(BRANCHES);

type Bound = { what: string; sign: string; number: number };

function boundOf(code: string): Bound | undefined {
  const [, what, sign, number] = BRANCHES.exec(code) ?? [];
  if (what === undefined || sign === undefined || number === undefined) return undefined;
  return { what, sign, number: Number(number.replaceAll('_', '')) };
}

/** What fits the second fits the first: `x > 100`, then `x > 1000`. */
function takes(first: Bound | undefined, second: Bound): boolean {
  if (first?.what !== second.what || first.sign[0] !== second.sign[0]) return false;
  const further = first.sign.startsWith('>') ? second.number - first.number : first.number - second.number;
  return further > 0 || (further === 0 && (first.sign.length === 2 || second.sign.length === 1));
}

/** The branch before it at the same depth, with what it asks. */
function branchBefore(line: number, source: SourceFile): { line: number; code: string } | undefined {
  const indent = indentOf(line, source);
  for (let at = line - 1; at > Math.max(0, line - 40); at -= 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (code.trim() === '' || indentOf(at, source) > indent) continue;
    return indentOf(at, source) === indent && !/^\s*[})]+\s*$/.test(code) ? { line: at, code } : undefined;
  }
  return undefined;
}

function indentOf(line: number, source: SourceFile): number {
  return source.lineAt(line)?.raw.search(/\S/) ?? 0;
}

/** A branch of a chain that an earlier one has taken already. */
const takenBefore: Rule = {
  id: 'code/dead-branch',
  severity: 'medium',
  remedy: 'Ask for the narrower case first.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const line of source.language.programs ? branches(source) : []) {
        const own = CHAINED.test(line.code) ? boundOf(line.code) : undefined;
        const taken = own && chainAbove(line.number, source).find(({ code }) => takes(boundOf(code), own));
        if (taken)
          yield {
            file: source.path,
            line: line.number,
            message: `Line ${taken.line} has taken every case of this: \`${shorten(line.code)}\``,
          } satisfies Hit;
      }
  },
};

const CHAINED = /^\s*(?:\}\s*)?(?:else\s+if|elif)\b/;

/** The branches of a chain before a line, the nearest first. */
function chainAbove(line: number, source: SourceFile): { line: number; code: string }[] {
  const found: { line: number; code: string }[] = [];
  for (let at = branchBefore(line, source); at; at = CHAINED.test(at.code) ? branchBefore(at.line, source) : undefined)
    found.push(at);
  return found;
}

/** Branches that are never taken. */
export const branchRules: readonly Rule[] = [takenBefore];
