import { lineNear } from '../read/diff.ts';
import { lineRule, shorten, type Hit, type Rule } from '../rules.ts';
import { ASSERTION, speaksOfGone } from './assertions.ts';
import { TESTS } from './disarmed.ts';

/** What a test of a shell says that no program can make false, or that turns tests off. */
const HOLLOW: readonly (readonly [id: Rule['id'], pattern: RegExp, message: string])[] = [
  [
    'test/tautology',
    /^\s*(?:\[\[?|test)\s+(?:"?(\$\{?\w+\}?)"?\s+(?:=|==|-eq|-ge|-le)\s+"?\1"?|(-?\d+|"\w*")\s+(?:=|==|-eq)\s+\2|"?\$\{?status\}?"?\s+-ge\s+"?0"?)\s*(?:\]\]?)?\s*$|^\s*(?:assert_equal|assertEquals|assertSame)\s+(\S+)\s+\3\s*$|^\s*(?:assert|assertTrue)\s+(?:true|0)\s*$/,
    'This holds whatever the program does',
  ],
  ['test/focused', /^\s*#\s*bats\s+(?:file_|test_)?tags=.*\bbats:focus\b/, 'Only this test runs now'],
  ['test/skipped', /^\s*(?:startSkipping|skip_test|skipTest|bats_skip)\b/, 'A test is turned off'],
];

const hollow: Rule[] = HOLLOW.map(([id, pattern, message]) =>
  lineRule({
    id,
    severity: id === 'test/skipped' ? 'medium' : 'high',
    languages: ['shell'],
    roles: ['test'],
    view: id === 'test/focused' ? 'raw' : 'text',
    pattern,
    unless: (line, source) => /^\s*(?:if|elif)\b|then\s*$/.test(source.lineAt(line.number - 1)?.code ?? ''),
    message: `${message}: \`$&\``,
    remedy: 'Assert what the program did, and let all tests run.',
  }),
);

/** A script that is a test by itself does not end with a failure any more where it did. */
const forgiving: Rule = {
  id: 'test/assertion-removed',
  severity: 'medium',
  remedy: 'Let the script fail where the answer is wrong.',
  languages: ['shell'],
  *find(reading) {
    for (const source of reading.files) {
      if (source.language.name !== 'shell' || source.role !== 'test' || source.change.status !== 'modified') continue;
      for (const hunk of source.change.hunks) {
        const gone = hunk.lines.filter(({ kind, text }) => kind === 'removed' && FAILS.test(text));
        const now = hunk.lines.filter(
          ({ kind, text }) => kind === 'added' && (FAILS.test(text) || ASSERTION.test(text)),
        );
        const [first] = gone;
        if (first && now.length === 0 && hunk.lines.filter(({ kind }) => kind === 'removed').length <= gone.length + 2)
          yield {
            file: source.path,
            line: lineNear(hunk, first),
            ...(speaksOfGone(first.text, reading) ? { severity: 'low' as const } : {}),
            message: `This failed the test, and does not any more: \`${shorten(first.text)}\``,
            text: first.text,
          } satisfies Hit;
      }
    }
  },
};

const FAILS =
  /^\s*(?:exit [1-9]|return [1-9]|fail\b)|\|\|\s*(?:\{.*\b(?:exit|return) [1-9]|exit [1-9]|return [1-9]|fail\b|die\b)|^\s*(?:assert\w+|refute\w*)\s/;

/** A script that runs tests: it loops over them, or is called so. */
const RUNNER = /(^|\/)(?:run[-_]?)?(?:tests?|check|ci)(?:[-_]\w+)?(?:\.(?:sh|bash))?$/;
const RUNS =
  /\b(?:bash|sh|bats|source|\.)\s+["']?\$\{?(?:t|test|file|f|script)\w*\}?|["']?\$\{?(?:t|test)\w*\}?["']?\s*(?:\|\||;|$)/;

/** A run of tests that ends well whatever they say, ends before them, or leaves them out. */
const disarmed: Rule = {
  id: 'test/disarmed',
  severity: 'high',
  remedy: 'Let a failed test fail the run.',
  languages: ['shell'],
  *find(reading) {
    for (const source of reading.files) {
      const { language, path, text, oldText } = source;
      if (language.name !== 'shell' || oldText === undefined) continue;
      const runs = (line: string) => TESTS.test(line) || (RUNNER.test(path) && RUNS.test(line));
      if (!runs(text) && !source.lines.some((line) => runs(line.text)) && !RUNNER.test(path)) continue;
      for (const { number, text: line, code } of source.added) {
        const before = source.lines.slice(0, number - 1).some((other) => runs(other.code));
        const after = source.lines.slice(number).some((other) => runs(other.code));
        const top = code.search(/\S/) === 0;
        const how =
          (/\|\|\s*(?:true|:)(?:\s|;|$)/.test(line) && runs(line.replace(/\|\|.*/, '')) && 'they may fail') ||
          (top &&
            /^exit 0\s*$/.test(code) &&
            before &&
            !/\$\?/.test(text) &&
            'the script ends well whatever they say') ||
          (top && /^(?:exit 0|return(?: 0)?)\s*$/.test(code) && after && 'the script ends before them') ||
          (/^\s*(?:export\s+)?(?:SKIP_?\w*TESTS?|NO_?TESTS?|SKIP_?CI|TESTS?_SKIP\w*)=["']?(?:1|true|yes|on)\b/i.test(
            line,
          ) &&
            'they are skipped');
        if (how !== false)
          yield { file: path, line: number, message: `Tests do not count here any more: ${how}` } satisfies Hit;
      }
    }
  },
};

/** What tests of shells and the scripts that run them let pass. */
export const shellTestRules: readonly Rule[] = [...hollow, forgiving, disarmed];
