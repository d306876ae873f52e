import { posix } from 'node:path';
import type { Block } from '../read/blocks.ts';
import { SCRIPTS } from '../read/language.ts';
import { MASK } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { TEST_START } from './assertions.ts';

const emptied: Rule = {
  id: 'test/empty',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Give the test a body that can fail, or remove it.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test', 'product'])) {
      if (!source.language.programs) continue;
      for (const block of source.blocks().all) {
        if (!isTestBlock(block, source) || !isEmptyBody(block, source) || isSample(block, source)) continue;
        const old = source.oldText?.replace(/\s+/g, ' ').includes(block.header.replace(/\s+/g, ' ')) ?? false;
        const fresh = [block.open, block.start, block.end].find((line) => source.isAdded(line));
        const touched = old ? emptiedAt(block, source) : (fresh ?? emptiedAt(block, source));
        if (touched !== undefined)
          yield {
            file: source.path,
            line: touched,
            message: `The test \`${shorten(block.header)}\` is empty`,
            text: block.header,
          } satisfies Hit;
      }
    }
  },
};

/** A class inside of a test's class is what that test runs, unless it only groups tests. */
function isSample({ start }: Block, source: SourceFile): boolean {
  const classes = source
    .blocks()
    .around(start)
    .filter(({ kind }) => kind === 'class');
  const [inner] = classes;
  if (classes.length < 2 || !inner || !['java', 'kotlin'].includes(source.language.name)) return false;
  return ![1, 2, 3].some((back) => /@Nested\b/.test(source.lineAt(inner.start - back)?.code ?? ''));
}

/** What tests read or run is as odd as they need it. */
const FIXTURES = /(^|\/)(?:__)?(?:fixtures?|testdata)(?:__)?\/|\.fixture\.\w+$/;

/** Whether a block is the body of one test. */
export function isTestBlock(block: Block, source: SourceFile): boolean {
  const header = source.lineAt(block.start)?.text ?? '';
  const above = source.lineAt(block.start - 1)?.text ?? '';
  if ((source.role !== 'test' && !source.isTestLine(block.start)) || FIXTURES.test(source.path)) return false;
  if (source.language.name === 'rust')
    return [above, header].some((line) => /^\s*#\[(?:\w+::)?test\b/.test(line)) && /\bfn\b/.test(block.header);
  if (['java', 'kotlin', 'csharp'].includes(source.language.name))
    return (
      [above, header].some((line) => /^\s*(?:@(?:Test|ParameterizedTest)\b|\[(?:Fact|Test|TestMethod)\b)/.test(line)) &&
      /\(/.test(block.header)
    );
  if (!TEST_START.test(header) || /^\s*\w+\.(?:before|after)(?:Each|All)?\b/.test(header)) return false;
  if (source.language.name === 'go' && !source.path.endsWith('_test.go')) return false;
  return (
    /\bdef\b|\bfunc\b|^(?:async )?function\b/.test(block.header) ||
    /^[\w.]+\(\s*(['"`])·*\1,\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)/.test(block.header)
  );
}

function isEmptyBody(block: Block, source: SourceFile): boolean {
  if (block.open === block.end && source.language.blocks === 'braces')
    return /\{\s*\}\)?;?\s*$/.test(source.lineAt(block.open)?.code ?? '');
  const rest: string[] = [];
  for (let number = block.open + 1; number <= block.end; number += 1)
    rest.push(source.lineAt(number)?.code.trim() ?? '');
  const body = rest
    .join('')
    .replace(/\}\)?;?$/, '')
    .replaceAll(MASK, '')
    .replace(/^(?:""""""|''''''|"""|''')+/, '');
  return /^(?:pass|\.\.\.|return|return;)?$/.test(body);
}

/** The line of an emptied test: right after its opening line something was taken away. */
function emptiedAt(block: Block, source: SourceFile): number | undefined {
  const taken = source.change.hunks.some(({ lines }) => {
    const at = lines.findIndex((line) => line.newLine === block.open);
    return at !== -1 && lines[at + 1]?.kind === 'removed' && !/^\s*(?:\/\/|#|\/?\*)/.test(lines[at + 1]?.text ?? '');
  });
  return taken ? block.open : undefined;
}

const testless: Rule = {
  id: 'test/no-assertion',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Assert something about the outcome.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'rust', 'go'], ['test', 'product'])) {
      if (/\.test-d\./.test(source.path)) continue;
      const added = source
        .blocks()
        .all.filter(
          (block) => source.isAdded(block.start) && isTestBlock(block, source) && !isEmptyBody(block, source),
        );
      const asking = new Set(added.filter((block) => asksAnything(bodyOf(block, source), source)));
      for (const block of added) {
        const body = bodyOf(block, source);
        if (asking.has(block) || body.length > 60 || callsHelper(body.slice(1), source) || isExpected(block, source))
          continue;
        yield {
          file: source.path,
          line: block.start,
          message: `The test \`${posix.basename(source.path)}\` asserts nothing here`,
          text: block.header,
          // Among tests that assert it is there to see that the code runs at all.
          ...(source.language.name === 'rust' || asking.size > 0 ? { severity: 'low' } : {}),
        } satisfies Hit;
      }
    }
  },
};

function bodyOf(block: Block, source: SourceFile): string[] {
  const numbers = Array.from({ length: block.end - block.open + 1 }, (_, at) => block.open + at);
  return numbers.map((number) => source.lineAt(number)?.text ?? '');
}

const ASKS =
  /assert|expect|should|verify|raises|throw|check|fail|must|ensure|match|snapshot|unwrap|\bt\.[A-Z]|\bt\.\w+\(|\(t[,)]|done\(|is[A-Z]|\bok\b|equal/i;
/** In Go only these can fail a test. */
const GO_ASKS =
  /\bt\.(?:Error|Fatal|Fail|Skip|Run)\w*\(|[(,]\s*t\s*[,)]|\b(?:assert|require)\.\w+\(|\.(?:Equal|NoError|Error|Nil|NotNil|True|False|Contains|Len|Assert|Check|Require|Empty|NotEmpty|Panics|Eventually)\w*\(|\bpanic\(|\b\w*(?:[aA]ssert|[eE]xpect|[cC]heck|[mM]ust|[rR]equire|[vV]erify|[eE]nsure)\w*\(|\bOutput:|\bgomega\b|\bExpect\(/;

function asksAnything(body: readonly string[], { language }: SourceFile): boolean {
  if (language.name !== 'go') return ASKS.test(body.join('\n'));
  return GO_ASKS.test(body.slice(1).join('\n'));
}

/** The annotation says what must be thrown, or the name that the test only runs the code. */
function isExpected(block: Block, source: SourceFile): boolean {
  const above = [1, 2, 3].map((back) => source.lineAt(block.start - back)?.text ?? '').join(' ');
  return (
    /\bexpected\w*\s*=|expectedExceptions|#\[should_panic/.test(above) ||
    /coverage|smoke|leak|does_?not_?(?:throw|raise|fail|crash|panic)|no_?(?:throw|crash|error)|compiles|import/i.test(
      block.header,
    )
  );
}

/** The test hands its work to a function of the same file, which may assert for it. */
function callsHelper(body: readonly string[], source: SourceFile): boolean {
  return body.some((text) =>
    [...text.matchAll(/(?<![.\w$])(?:self\.|this\.)?([A-Za-z_$][\w$]*)\(/g)].some(([, name = '']) =>
      new RegExp(
        `(?:\\b(?:def|function|func|fn|void|private|static|public|protected)\\b[^\\n=(]*\\b|\\b(?:const|let)\\s+)${name.replaceAll('$', '\\$')}\\s*[(=]`,
      ).test(source.text),
    ),
  );
}

/** Tests that hold nothing. */
export const bodyRules: readonly Rule[] = [emptied, testless];
