import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, shorten, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';
import { isTestBlock } from './bodies.ts';

const inTests = (
  rule: Pick<LineRule, 'id' | 'severity' | 'languages' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule>,
): Rule =>
  lineRule({
    roles: ['test', 'product'],
    view: 'text',
    ...rule,
    unless: (line, source) =>
      !source.language.programs ||
      (source.role !== 'test' && !source.isTestLine(line.number)) ||
      (rule.unless?.(line, source) ?? false),
  });

const REACH = 'Let the assertion be reached, and let it be able to fail.';

const lines: Rule[] = [
  inTests({
    id: 'test/tautology',
    severity: 'high',
    languages: ['java', 'kotlin'],
    pattern: /^\s*assertThat\((?:[^()"]|"[^"]*"|\((?:[^()]|\([^()]*\))*\))*\);\s*$/,
    unless: ({ code }, { text }) =>
      /assertThat\([^()]*(?:\([^()]*\)[^()]*)*,/.test(code) || /\bvoid assertThat\(/.test(text),
    message: 'Nothing is asserted of it: `$&`',
    remedy: 'Say what the value must be.',
  }),
  inTests({
    id: 'test/tautology',
    severity: 'medium',
    languages: 'all',
    pattern:
      /\bassert\w*\b.*\.(?:contains|startsWith|endsWith|starts_with|ends_with|includes)\(\s*(?:""|'')\s*\)|\bexpect\(.*\.(?:toContain|toMatch)\(\s*(?:""|''|\/(?:\.\*)?\/)\s*\)|\bassert\s+(?:""|'') in |\b(?:assert|require)\.Contains\(.*, (?:""|``)\)|\bstrings\.(?:Contains|HasPrefix|HasSuffix)\(.*, ""\)|\bassert_output\s+(?:-p|--partial)\s+(?:""|'')|\bassert_output\s+(?:-e|--regexp)\s+["']\.\*["']|\bmatches\("\.\*"\)/,
    message: 'Every text passes this: `$&`',
    remedy: REACH,
  }),
  inTests({
    id: 'test/tautology',
    severity: 'high',
    languages: ['shell'],
    pattern: /^\s*(?:assert\s+)?\[\[?\s+"?\$\{?status\}?"?\s+(?:-le\s+"?255|-lt\s+"?256|-ge\s+"?0|-ne\s+"?-1)"?\s*\]/,
    message: 'Every exit code passes this: `$&`',
    remedy: REACH,
  }),
  inTests({
    id: 'test/tautology',
    severity: 'medium',
    languages: 'all',
    view: 'code',
    pattern:
      /\bfor\b.*(?:\brange \[\][\w.]+\{\}|\bin \[\]\s*:|\bof \[\]\s*\)|: (?:List|Set)\.of\(\)\s*\))|(?<![\w)\]])\[\]\.(?:forEach|map)\(|@pytest\.mark\.parametrize\([^[]*\[\]\s*\)|\b(?:it|test)\.each\(\s*\[\s*\]\s*\)/,
    message: 'There is nothing to go through here, so nothing is tested: `$&`',
    remedy: REACH,
  }),
  inTests({
    id: 'test/caught',
    severity: 'medium',
    languages: ['go'],
    view: 'code',
    pattern: /\bdefer func\(\) \{\s*(?:_ = )?recover\(\)\s*\}\(\)/,
    message: 'A panic ends the test here, and it passes',
    remedy: REACH,
  }),
  inTests({
    id: 'test/skipped',
    severity: 'low',
    languages: ['java', 'kotlin'],
    view: 'code',
    pattern: /^\s*(?:Assume\.|Assumptions\.)?assume(?:True|False|That|NotNull|NoException)\(/,
    unless: ({ number }, source) => {
      const test = source
        .blocks()
        .around(number)
        .find((block) => isTestBlock(block, source));
      return test === undefined || source.isAdded(test.start);
    },
    message: 'This test ran everywhere before: `$&…)`',
    remedy: 'Let it run, or say in the change why it cannot there.',
  }),
  lineRule({
    id: 'test/disarmed',
    severity: 'medium',
    languages: 'all',
    view: 'raw',
    roles: ['data', 'product', 'script', 'test'],
    pattern:
      /<exclude>[^<]*Tests?(?:\.java|\.class|\*)?[^<]*<\/exclude>|<test>none<\/test>|\bexclude(?:TestsMatching)?\s*\(?\s*['"][^'"]*Tests?\b/,
    message: 'This test does not run any more: `$&`',
    remedy: 'Let it run.',
  }),
];

/** `if let Ok(x) = f() { assert… }`: when it is an error nothing is asserted. */
const onlyIf: Rule = {
  id: 'test/caught',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Unwrap it, so that the test fails when it is not there.',
  languages: ['rust', 'go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['rust', 'go'], ['test', 'product']))
      for (const block of source.blocks().all) {
        if (!source.isAdded(block.start) || !isOptional(block.header, source)) continue;
        const test = source
          .blocks()
          .around(block.start)
          .find((other) => isTestBlock(other, source));
        if (!test || /\belse\b/.test(source.lineAt(block.end)?.code ?? '')) continue;
        const asserting = asserts(source.lines.slice(test.open, test.end));
        if (asserting.length > 0 && asserting.every((line) => line > block.open && line <= block.end))
          yield {
            file: source.path,
            line: block.start,
            message: `Nothing is asserted unless \`${shorten(block.header)}\``,
          } satisfies Hit;
      }
  },
};

function isOptional(header: string, { language }: SourceFile): boolean {
  return language.name === 'rust' ? /^if let (?:Ok|Some|Err)\(/.test(header) : /^if (?:.*; ?)?err == nil$/.test(header);
}

function asserts(body: readonly SourceLine[]): number[] {
  return body.flatMap(({ text, number }) => (ASSERTION.test(text) && !/^\s*#/.test(text) ? [number] : []));
}

/** A goroutine that asserts, and nobody waits for it. */
const leftBehind: Rule = {
  id: 'test/unawaited-assertion',
  severity: 'medium',
  remedy: 'Wait for it: with a WaitGroup, a channel or errgroup.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go'], ['test']))
      for (const block of source.blocks().all) {
        if (!block.header.startsWith('go func(') || !source.isAdded(block.start)) continue;
        const test = source
          .blocks()
          .around(block.start)
          .find((other) => isTestBlock(other, source));
        if (!test || asserts(source.lines.slice(block.open, block.end)).length === 0) continue;
        const rest = source.lines.slice(test.open, test.end).map(({ code }) => code);
        if (!rest.some((code) => /\bWait\(|<-|\bselect\b|\bSleep\(|Eventually|Cleanup\(|\bDone\(/.test(code)))
          yield {
            file: source.path,
            line: block.start,
            message: 'Nobody waits for this goroutine, so the test ends before it can fail',
          } satisfies Hit;
      }
  },
};

/** Assertions that are not reached, or that everything passes. */
export const unreachedRules: readonly Rule[] = [...lines, onlyIf, leftBehind];
