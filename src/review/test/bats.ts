import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

type BatsTest = { name: string; start: number; body: readonly SourceLine[] };

/** The tests of a bats file: from `@test "name" {` to the brace at the same depth. */
function testsOf(source: SourceFile): BatsTest[] {
  return source.lines.flatMap((line, at) => {
    const head = /^(\s*)@test\s+(.+?)\s*\{\s*$/.exec(line.raw);
    if (!head) return [];
    const end = source.lines.findIndex((other, index) => index > at && other.raw.startsWith(`${head[1] ?? ''}}`));
    return end === -1 ? [] : [{ name: head[2] ?? '', start: line.number, body: source.lines.slice(at + 1, end) }];
  });
}

/** What a test of bats asserts with: tests, the assert libraries, programs whose exit code is the answer. */
const ASSERTS =
  /^\s*(?:!|\[|\[\[|test\s|\(\()|\b(?:assert\w*|refute\w*|fail|flunk|expect\w*|check\w*|verify\w*|should\w*)\b|\b(?:grep|diff|cmp)\b|^\s*run\s+(?:!|-\d)|&&|\|\|/;

/** A new test that looks at nothing: `run` alone passes whatever the program says. */
const asserting: Rule = {
  id: 'test/no-assertion',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Look at status and output.',
  languages: ['shell'],
  *find(reading) {
    for (const source of reading.files) {
      if (!source.path.endsWith('.bats') || source.partial || /(^|\/)fixtures?\//.test(source.path)) continue;
      for (const { name, start, body } of testsOf(source)) {
        const code = body.filter((line) => line.code.trim() !== '');
        const runs = code.some((line) => /^\s*(?:bats_)?run\b/.test(line.code));
        if (!source.isAdded(start) || !runs || code.some((line) => ASSERTS.test(line.text))) continue;
        yield {
          file: source.path,
          line: start,
          message: `The test ${shorten(name)} asserts nothing`,
          text: name,
        } satisfies Hit;
      }
    }
  },
};

/** Tests of shells. */
export const batsRules: readonly Rule[] = [asserting];
