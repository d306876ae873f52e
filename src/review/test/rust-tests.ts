import { lineNear, type Hunk } from '../read/diff.ts';
import { shorten, type Hit, type Rule } from '../rules.ts';

const TEST = /^\s*#\[(?:\w+::)?test\b/;
const named = (lines: Hunk['lines'], kind: 'added' | 'removed') =>
  lines.flatMap((line, at) => {
    const next = lines.slice(at + 1, at + 4).find((other) => other.kind === kind && /\bfn \w+/.test(other.text));
    return line.kind === kind && TEST.test(line.text)
      ? [{ line, name: /\bfn (\w+)/.exec(next?.text ?? '')?.[1] ?? '' }]
      : [];
  });

/** Tests that stand beside the code go, and the code stays. */
const gone: Rule = {
  id: 'test/deleted',
  severity: 'medium',
  remedy: 'Keep the test, or remove what it proved as well.',
  languages: ['rust'],
  *find(reading) {
    for (const source of reading.files) {
      const { language, change, role } = source;
      if (language.name !== 'rust' || role === 'test' || change.status !== 'modified') continue;
      const code = change.removed.filter(({ text }) => /^\s*(?:pub )?(?:async )?fn \w+/.test(text)).length;
      const tests = change.hunks.flatMap(({ lines }) => named(lines, 'removed'));
      const added = change.hunks.flatMap(({ lines }) => named(lines, 'added'));
      const [first] = tests;
      if (
        !first ||
        added.length > 0 ||
        code > tests.length ||
        first.name === '' ||
        source.text.includes(`fn ${first.name}`)
      )
        continue;
      const hunk = change.hunks.find(({ lines }) => lines.includes(first.line));
      yield {
        file: source.path,
        line: lineNear(hunk, first.line),
        severity: reading.change.files.length > 1 ? 'low' : 'medium',
        message: `A test is deleted and what it proved is still there: \`${shorten(first.name)}\``,
        text: first.name,
      } satisfies Hit;
    }
  },
};

/** A new test beside the code that asserts nothing. */
const idle: Rule = {
  id: 'test/no-assertion',
  severity: 'low',
  remedy: 'Assert something about the outcome.',
  languages: ['rust'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'rust' || source.role === 'test') continue;
      for (const block of source.blocks().all) {
        const isTest = TEST.test(source.lineAt(block.start - 1)?.code ?? '') && source.isTestLine(block.start);
        if (!isTest || block.kind !== 'function' || !source.isAdded(block.start)) continue;
        const body = source.lines.slice(block.open, block.end).map(({ code }) => code);
        if (!/assert|panic|unwrap|expect|\?;|check|verify|insta|snapshot|\w+!\(/.test(body.join('\n')))
          yield {
            file: source.path,
            line: block.start,
            message: 'This test asserts nothing',
            text: block.header,
          } satisfies Hit;
      }
    }
  },
};

/** Tests of Rust that stand beside the code. */
export const rustTestRules: readonly Rule[] = [gone, idle];
