import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const SHELVES = /\b(String|Integer|Long|Double|BigDecimal)\s+/;

/** Two texts or boxed numbers of Java held against each other by identity. */
const identity: Rule = {
  id: 'code/string-identity',
  severity: 'medium',
  remedy: 'Use equals.',
  languages: ['java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java']))
      for (const line of source.added) {
        const match = /(?<![\w.)\]])([a-z]\w*) [!=]= ([a-z]\w*)(?![\w.([])/.exec(line.code);
        if (!match || source.isTestLine(line.number)) continue;
        const kinds = [match[1], match[2]].map(
          (name) => new RegExp(`${SHELVES.source}${name}\\b`).exec(scopeOf(line, source))?.[1],
        );
        if (kinds[0] !== undefined && kinds[0] === kinds[1])
          yield {
            file: source.path,
            line: line.number,
            message: `Two values of \`${kinds[0]}\` are compared by identity: \`${match[0]}\``,
          } satisfies Hit;
      }
  },
};

const SIDE = String.raw`[\w.]*(?:\([^()]*\)\.\w*)*`;
const identityOf = (made: string, severity: 'medium' | 'low'): Rule =>
  lineRule({
    id: 'code/string-identity',
    severity,
    languages: ['java'],
    pattern: new RegExp(
      String.raw`(?<![\w.])${SIDE}\.(?:${made})\s*[!=]=\s*(?!null\b)(?:[\w.]+\.\w+\([^()]*\)|[a-z]\w*)(?![\w.(])`,
    ),
    message: 'Texts are compared by identity: `$&`',
    remedy: 'Use equals.',
  });

/** What gives a text by its name, held against another by identity. */
const readTexts: readonly Rule[] = [
  identityOf(
    String.raw`(?:toString|trim|strip|toLowerCase|toUpperCase|name)\(\)|(?:substring|replace)\([^()]*\)`,
    'medium',
  ),
  identityOf(
    String.raw`get(?:\w*Name|Id|Title|Key|Text|Label|E?[mM]ail|Path|Url|Value|Message|Description)\(\)`,
    'low',
  ),
];

function scopeOf(line: SourceLine, source: SourceFile): string {
  const fn = source
    .blocks()
    .around(line.number)
    .find(({ kind }) => kind === 'function');
  return fn
    ? `${fn.header}\n${source.lines
        .slice(fn.open, line.number)
        .map(({ code }) => code)
        .join('\n')}`
    : '';
}

const SORTS = /(?:\[\.\.\.)?(?<![\w.])(\w+)\]?\.(?:sort|toSorted)\(\s*\)/;
const sorts = linesLike(SORTS);

/** Numbers sorted as if they were texts: 10 comes before 9. */
const sortedAsText: Rule = {
  id: 'code/sorted-as-text',
  severity: 'medium',
  remedy: 'Pass (a, b) => a - b.',
  languages: ['typescript', 'tsx'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['typescript', 'tsx']))
      for (const line of sorts(source)) {
        const name = SORTS.exec(line.code)?.[1];
        if (name === undefined) continue;
        const scope = `${scopeOf(line, source)}\n${line.code}`;
        if (
          new RegExp(
            `\\b${name}\\s*\\??:\\s*(?:readonly )?(?:number\\[\\]|(?:Readonly)?Array<number>)|\\b${name}\\s*=\\s*[^;]*\\.map\\(\\s*(?:Number|parseFloat)\\s*\\)`,
          ).test(scope)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` holds numbers, which sort as texts without a comparison`,
          } satisfies Hit;
      }
  },
};

/** Values that are compared or ordered by something else than their worth. */
export const comparisonRules: readonly Rule[] = [...readTexts, identity, sortedAsText];
