import type { Block } from '../read/blocks.ts';
import { givenTo } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';
import { isTestBlock } from './bodies.ts';

/** The lines of a test. */
function bodyOf(block: Block, source: SourceFile): SourceLine[] {
  return source.lines.slice(block.open, block.end);
}

/** A test leaves before it asserts. */
const leftEarly: Rule = {
  id: 'test/left-early',
  severity: 'medium',
  remedy: 'Let the test run to its assertions.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test', 'product'])) {
      if (!source.language.programs) continue;
      for (const block of source.blocks().all) {
        if (!isTestBlock(block, source)) continue;
        const body = bodyOf(block, source);
        const indent = body.find(({ code }) => code.trim() !== '')?.code.search(/\S/) ?? 0;
        for (const line of body) {
          if (!source.isAdded(line.number) || !/^\s*(?:if\s*\(.*\)\s*)?return;?\s*$|^\s*if .*: return$/.test(line.code))
            continue;
          const bare = /^\s*return/.test(line.code) && line.code.search(/\S/) === indent;
          if (!body.some(({ number, text }) => number > line.number && ASSERTION.test(text))) continue;
          const fresh = source.isAdded(block.start);
          yield {
            file: source.path,
            line: line.number,
            severity: bare || (!fresh && /^\s*if\s*\(/.test(line.code)) ? 'medium' : 'low',
            message: 'The test ends here, before it asserts anything',
          } satisfies Hit;
        }
      }
    }
  },
};

/** Whatever fails inside is caught, so that the test passes; or it asserts only when something was thrown. */
const caught: Rule = {
  id: 'test/caught',
  severity: 'medium',
  remedy: 'Let the assertion fail the test; expect a throw with the framework’s own words.',
  languages: [...SCRIPTS, 'python', 'java', 'kotlin'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'kotlin'], ['test']))
      for (const block of source.blocks().all) {
        if (block.kind !== 'catch' || !source.isAdded(block.start)) continue;
        const test = source
          .blocks()
          .around(block.start)
          .find((other) => isTestBlock(other, source));
        const tried = source
          .blocks()
          .all.find(
            (other) => /^try$/.test(other.header) && (other.end === block.start || other.end === block.start - 1),
          );
        if (!test || !tried) continue;
        const inside = source.language.blocks === 'indent' ? bodyOf(tried, source) : bodyOf(tried, source).slice(0, -1);
        const own = bodyOf(block, source);
        const hides =
          inside.some(({ text }) => ASSERTION.test(text) && !/\bfail\(/.test(text)) &&
          own.every(({ code }) =>
            /^\s*(?:pass|\}|\}\)?;?|\}\s*finally\s*\{|return;?|console\.\w+\(.*|print\(.*|\w*(?:log|LOG)\w*(?:\.\w+)?\(.*|System\.\w+\.print.*|\w+\.printStackTrace\(\);)?\s*$/.test(
              code,
            ),
          );
        const others = bodyOf(test, source).filter(({ number }) => number < tried.start || number > block.end);
        const only =
          own.some(({ text }) => ASSERTION.test(text)) &&
          !inside.some(
            ({ text, code }) => ASSERTION.test(text) || /\bfail\(|\bthrow\b|\braise\b|\bdone\(|\b1 \/ 0\b/.test(code),
          ) &&
          !others.some(({ text }) => ASSERTION.test(text));
        if ((hides && !/^except (?!.*(?:Exception|AssertionError|BaseException)).+/.test(block.header)) || only)
          yield {
            file: source.path,
            line: block.start,
            message: hides
              ? 'A failed assertion is caught here, so the test cannot fail'
              : 'Nothing is asserted when nothing is thrown',
          } satisfies Hit;
      }
  },
};

/** `expect(load()).toBe(3)` where the test itself says that `load` gives 3. */
const ownAnswer: Rule = {
  id: 'test/tautology',
  severity: 'medium',
  remedy: 'Assert what the code under test does with it.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS, ['test']))
      for (const line of source.added) {
        const match =
          /\bexpect\(\s*(?:await )?([\w$]+)\([^()]*\)\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*([^()]+)\s*\)/.exec(
            line.text,
          );
        const given = match?.[1] === undefined ? undefined : givenTo(match[1], { line: line.number, source });
        if (
          given &&
          /\b(?:jest|vi|sinon|mock)\.(?:fn|stub|mock)\b|^\(\) =>/.test(given.text) &&
          given.text.includes(`(${match?.[2]?.trim() ?? ''})`)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `This asserts what the test itself made: \`${shorten(line.text)}\``,
          } satisfies Hit;
      }
  },
};

const LENGTH = String.raw`(?:\blen\([\w.()[\]·"']+\)|[\w)\]]\.(?:length|size|count|len)\b(?:\(\))?|\$\{#[\w@[\]]+\}|\bcount\([\w$>()-]+\))`;
/** No length is below zero, and what is asked in two ways holds in one of them. */
const ALWAYS = new RegExp(
  [
    String.raw`\b(?:assert|expect|should|require|check)\w*\b.*${LENGTH}\s*(?:>=\s*0|>\s*-1)(?![\d.])`,
    String.raw`\b(?:assert|expect)\w*\b.*${LENGTH}\s*\)\s*\.(?:toBeGreaterThanOrEqual\(\s*0\s*\)|toBeGreaterThan\(\s*-1\s*\)|not\.toBeLessThan\(\s*0\s*\)|to\.be\.(?:at\.least|gte)\(\s*0\s*\)|isGreaterThanOrEqualTo\(\s*0\s*\)|isNotNegative\(\)|to be >= 0)`,
    String.raw`\b(?:assertGreaterEqual|GreaterOrEqual)\(.*${LENGTH}\s*,\s*0\s*[,)]`,
    String.raw`\.hasSizeGreaterThanOrEqualTo\(\s*0\s*\)`,
    String.raw`^\s*if ${LENGTH} < 0 \{$`,
    String.raw`\b(?:assert|expect)\w*!?[ (.].*?(?<![\w.])([\w.]+(?:\(\))?)\.is_(?:ok|some)\(\) \|\| \1\.is_(?:err|none)\(\)`,
    String.raw`\b(?:assert|expect)\w*[ (.].*?(?<![\w.])([\w.]+(?:\(\))?) (?:==|===|is) ([\w.]+) (?:\|\||or) \2 (?:!=|!==|is not) \3(?!\w)`,
    String.raw`\b(?:assert|expect)\w*[ (.].*?(?<![\w.])([\w.]+(?:\(\))?) (?:!=|!==|is not) ([\w.]+) (?:\|\||or) \4 (?:==|===|is) \5(?!\w)`,
    String.raw`\bassert [\w.]+ in [([]\s*(?:True, False|False, True)\s*[)\]]`,
    String.raw`\bexpect\(\s*\[\s*(?:true, false|false, true)\s*\]\s*\)\.(?:toContain|to\.include)\(`,
    String.raw`\bisinstance\([\w.]+, object\)`,
  ].join('|'),
);

const lines: Rule[] = [
  lineRule({
    id: 'test/tautology',
    severity: 'high',
    languages: 'all',
    roles: ['test', 'product'],
    pattern:
      /\b(?:assert|expect)\w*\b.*(?:\bor True\b|\|\| true\b|(?<![\w.])([\w.]+) (?:\|\||or) (?:!|not )\1(?![\w.]))|\bassert(?:True|_true|\.ok)?\w*!?\(?\s*([\w.]+)\s*={2,3}\s*\2\s*[,)]|\bif ([\w.]+) != \3 \{$/,
    unless: ({ number }, source) => !source.language.programs || (source.role !== 'test' && !source.isTestLine(number)),
    message: 'This assertion cannot fail: `$&`',
    remedy: 'Assert what the code under test returned or did.',
  }),
  lineRule({
    id: 'test/tautology',
    severity: 'high',
    languages: 'all',
    roles: ['test', 'product'],
    pattern: ALWAYS,
    unless: ({ code, number }, source) =>
      !source.language.programs ||
      (source.role !== 'test' && !source.isTestLine(number)) ||
      (/^\s*(?:if|while|for)\b/.test(code) && source.language.name !== 'go'),
    message: 'This assertion cannot fail: `$&`',
    remedy: 'Assert what the code under test returned or did.',
  }),
  lineRule({
    id: 'test/broad-throw',
    severity: 'low',
    languages: ['python', 'java', 'kotlin'],
    roles: ['test'],
    pattern:
      /\bpytest\.raises\(\s*(?:Base)?Exception\s*\)|\bassertRaises\(\s*(?:Base)?Exception\s*[,)]|\bassertThrows\(\s*(?:Exception|Throwable)\.class\b/,
    message: 'Any error at all passes this test: `$&`',
    remedy: 'Name the error that must come.',
  }),
];

/** Tests that cannot fail, though they assert. */
export const hollowRules: readonly Rule[] = [leftEarly, caught, ownAnswer, ...lines];
