import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineNear } from '../read/diff.ts';
import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION } from './assertions.ts';

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
  /^\s*(?:!|\[|\[\[|test\s|\(\()|\b(?:assert\w*|refute\w*|fail|flunk|expect\w*|check\w*|verify\w*|should\w*)\b|\b(?:grep|diff|cmp)\b|^\s*run\s+(?:!|-\d)|&&/;

/** A new test that looks at nothing: `run` alone passes whatever the program says, and so does what may fail. */
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
        const idle = code.every(({ code: text }) => IDLE.test(text)) || isRunForNothing(code);
        if (!source.isAdded(start) || !idle || code.some((line) => ASSERTS.test(line.text.replace(MAY_FAIL, ''))))
          continue;
        const isEmpty = code.every(({ code: text }) => /^\s*(?::|true|return(?: 0)?)\s*$/.test(text));
        yield {
          file: source.path,
          line: start,
          ...(code.every(({ code: text }) => /^\s*(?:echo|printf)\b/.test(text)) && !isEmpty
            ? { severity: 'low' as const }
            : {}),
          message: `The test ${shorten(name)} ${isEmpty ? 'is empty' : 'asserts nothing'}`,
          text: name,
        } satisfies Hit;
      }
    }
  },
};

/** It ends with `run`, and nothing follows that looks at what that left behind. */
function isRunForNothing(code: readonly SourceLine[]): boolean {
  const last = code.findLastIndex(({ code: text }) => /^\s*(?:bats_)?run\s/.test(text));
  return last !== -1 && code.slice(last + 1).every(({ code: text }) => IDLE.test(text));
}

/** Lines of a test that pass whatever the program does. */
const IDLE =
  /^\s*(?:(?:bats_)?run\b.*|:|true|return(?: 0)?|(?:echo|printf|mkdir|touch|cd|pushd|popd|cp|mv|rm|ln|chmod|export|unset|local|cat >|git init|git config|create_\w+|make_\w+|set[-_]?up\w*)\b.*|(?:\w+=\S*\s*)+(?:run\b.*)?|(?:local |export )\w+=.*|.*\|\|\s*(?:true|:)\s*)$/;
const MAY_FAIL = /^.*\|\|\s*(?:true|:)\s*$/;

const FORGIVEN =
  /^\s*(?:!\s*)?(?:\[\[?\s.*|test\s.*|(?:e|f)?grep\s.*|diff\s.*|cmp\s.*|assert\w*\s.*)\|\|\s*(?:true|:|return 0|exit 0|echo\b.*)\s*$/;

/** `[ … ] || true`: the assertion may fail, and the test passes. */
const forgiven = lineRule({
  id: 'test/tautology',
  severity: 'high',
  languages: ['shell'],
  roles: ['test'],
  view: 'text',
  pattern: FORGIVEN,
  unless: (line) => /^\s*(?:\[|test\b).*\$(?:CI|DEBUG|VERBOSE|DOCKER)\b/.test(line.text),
  message: 'This assertion cannot fail: `$&`',
  remedy: 'Let it fail the test.',
});

/** The script ends before it looks at anything. */
const leftEarly: Rule = {
  id: 'test/left-early',
  severity: 'medium',
  remedy: 'Let the test run to its assertions.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['test']))
      for (const line of source.added) {
        if (!/^(?:exit|return)(?:\s+0)?\s*$/.test(line.raw) || line.startsIn !== 'code') continue;
        const after = source.lines.filter(({ number, code }) => number > line.number && code.trim() !== '');
        if (after.some(({ text }) => ASSERTION.test(text)))
          yield {
            file: source.path,
            line: line.number,
            message: 'The test ends here, before it looks at anything',
          } satisfies Hit;
      }
  },
};

const STOPS = /^\s*set\s+-\w*e|\bset -o errexit/;

/** Each failed command failed the script, and does not any more. */
const careless: Rule = {
  id: 'test/disarmed',
  severity: 'medium',
  remedy: 'Keep `set -e`.',
  languages: ['shell'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['shell'], ['test']))
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.find(({ kind, text }) => kind === 'removed' && STOPS.test(text));
        if (gone && !source.lines.some(({ code }) => STOPS.test(code)))
          yield {
            file: source.path,
            line: lineNear(hunk, gone),
            message: 'A failed command failed this test, and does not any more',
            text: gone.text,
          } satisfies Hit;
      }
  },
};

/** Tests of shells. */
export const batsRules: readonly Rule[] = [asserting, forgiven, leftEarly, careless];
