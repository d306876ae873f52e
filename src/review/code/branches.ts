import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

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

const slips: Rule[] = [
  lineRule({
    id: 'code/constant-condition',
    severity: 'medium',
    languages: ['python'],
    view: 'text',
    pattern: /\b(?:if|elif|while)\b.*[\w)\]"']\s+or\s+(?:(["'])[^"']+\1|[1-9]\d*|True)\s*(?::|\bor\b|\band\b)/,
    message: 'What stands alone behind `or` is always true',
    remedy: 'Compare it with what was meant.',
  }),
  lineRule({
    id: 'code/constant-condition',
    severity: 'medium',
    languages: SCRIPTS,
    view: 'text',
    pattern: /\bif\s*\((?:[^()]|\([^()]*\))*\|\|\s*(?:(["'])[^"']+\1|[1-9]\d*|true)\s*\)/,
    message: 'What stands alone behind `||` is always true',
    remedy: 'Compare it with what was meant.',
  }),
  lineRule({
    id: 'code/assignment-in-condition',
    severity: 'medium',
    languages: [...SCRIPTS, 'java', 'c', 'php'],
    pattern: /\b(?:if|while)\s*\(\(\s*[\w$.]+\s*=\s*(?:-?\d+|true|false|null|undefined|["'`]·*["'`])\s*\)\s*\)/,
    message: 'A value is given here, and not asked for: `$&`',
    remedy: 'Compare with ===, or == where the language has only that.',
  }),
  lineRule({
    id: 'code/shared-state',
    severity: 'medium',
    languages: ['python'],
    pattern: /(?:=|\breturn|\()\s*\[\s*(?:\[[^\]]*\]|\{[^}]*\}|dict\(\)|list\(\)|set\(\))\s*\]\s*\*\s*[\w(]/,
    message: 'All places hold the same one: `$&`',
    remedy: 'Make one for each, such as `[[] for _ in range(n)]`.',
  }),
  lineRule({
    id: 'code/shared-state',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /\bArray\([^()]*\)\.fill\(\s*(?:\[[^\]]*\]|\{[^}]*\}|new \w+\([^()]*\))\s*\)/,
    message: 'All places hold the same one: `$&`',
    remedy: 'Make one for each, such as `Array.from({ length }, () => [])`.',
  }),
  lineRule({
    id: 'code/missing-default',
    severity: 'low',
    languages: SCRIPTS,
    pattern: /\.reduce\(\s*\(\s*\w+(?:: \w+)?\s*,\s*\w+(?:: \w+)?\s*\)\s*=>\s*[^,{}()]*\)(?!\w)/,
    message: 'An empty list makes this throw: `$&`',
    remedy: 'Pass the value to begin with.',
  }),
];

const AVERAGE =
  /(?:\b(?:sum|fsum)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\b(?:total|sum|acc)\w*)\s*\/\s*(?:len\(([\w.]+)\)|([\w.]+)\.(?:length|size\(\)|len\(\)))(?![\w.])/;
const averages = linesLike(AVERAGE);

/** An average of a list that nothing asks whether it is empty. */
const ofNone: Rule = {
  id: 'code/missing-default',
  severity: 'low',
  remedy: 'Say what the average of an empty list is.',
  languages: [...SCRIPTS, 'python', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ofNone.languages))
      for (const line of averages(source)) {
        const [, counted, measured] = AVERAGE.exec(line.code) ?? [];
        const name = (counted ?? measured)?.split('.').at(-1);
        const fn = functionAround({ line: line.number, source });
        if (name === undefined || !fn) continue;
        const asked = source.lines
          .slice(fn.open, line.number)
          .some(({ code }) =>
            new RegExp(String.raw`\b(?:if|unless|assert|while|or|and)\b.*\b${name}\b|\?|&&|\|\|`).test(code),
          );
        if (!asked)
          yield {
            file: source.path,
            line: line.number,
            message: `Nothing is divided by nothing when \`${name}\` is empty`,
          } satisfies Hit;
      }
  },
};

/** Branches that are never taken, conditions that say nothing, and places that hold the same thing. */
export const branchRules: readonly Rule[] = [takenBefore, ofNone, ...slips];
