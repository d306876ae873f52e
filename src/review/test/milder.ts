import { SCRIPTS } from '../read/language.ts';
import { lineRule, shorten, type Hit, type Rule } from '../rules.ts';
import { testChanges } from './assertions.ts';

const WEAKENED = {
  id: 'test/assertion-weakened',
  severity: 'medium',
  remedy: 'Keep asserting the value.',
} as const;

/** How exactly something was asserted, and how loosely it is now. */
const LOOSENED: readonly (readonly [exact: RegExp, loose: RegExp])[] = [
  [
    /\bassert .*==(?!.*\b(?:approx|isclose)\()/,
    /\bassert .*(?:\b(?:approx|isclose)\([^()]*,\s*(?:abs|rel|abs_tol|rel_tol)\s*=|==\s*ANY\b|\bin str\(|\bin repr\()/,
  ],
  [/\bassert .*\.status_code == |\bassert .*==\s*["'\d]/, /\bassert .*\bin [([{]/],
  [/\.(?:toEqual|toStrictEqual)\(/, /\.toMatchObject\(/],
  [/\.(?:toBe|toEqual|toStrictEqual)\(\s*-?\d/, /\.toBeCloseTo\([^,()]+,\s*[01]\s*\)/],
  [/\braises\([^)]*\bmatch\s*=/, /\braises\((?![^)]*\bmatch\s*=)/],
  [/\bassertRaisesRegex\(/, /\bassertRaises\(/],
  [
    /\bassert_(?:called_once_with|called_with|has_calls|awaited_once_with)\(\s*[^)\s]/,
    /\bassert_(?:called|called_once|awaited|awaited_once)\(\s*\)/,
  ],
  [/\.toHaveBeenCalledWith\(|\.toHaveBeenCalledTimes\(/, /(?<!\.not)\.toHaveBeenCalled\(\s*\)/],
  [/\.calledWith\(|\.calledOnceWith\w*\(|\.calledOnce\b/, /\.called\b/],
  [/\bdeepStrictEqual\(|\bdeepEqual\(/, /\bpartialDeepStrictEqual\(|\bassert\.match\(/],
  [/^\s*if .*!errors\.(?:Is|As)\(/, /^\s*if .*\b\w+ == nil\b/],
  [/\.(?:unwrap\(\)|expect\(.*\))\s*;$/, /^\s*let _ = .+;$/],
  [/^\s*\[\[? .* -eq [1-9]\d* /, /^\s*\[\[? .* -(?:ne|gt|ge) /],
  [/\bverify\(\w+(?:, times\([^)]*\))?\)/, /\bverify\(\w+, (?:atLeast\(0\)|atMost\w*\()/],
  [
    /^\s*\.isInstanceOf\((?!(?:Exception|RuntimeException|Throwable|Error)\.class)/,
    /^\s*\.isInstanceOf\((?:Exception|RuntimeException|Throwable|Error)\.class/,
  ],
  [
    /\b(?:expect|assertThat)\(.+\)\.(?:to(?:Be|Equal|StrictEqual)|isEqualTo)\(/,
    /\b(?:expect|assertThat)\(.+\)\.(?:toBeTypeOf|is(?:Positive|Negative|GreaterThan|LessThan|Between|CloseTo|InstanceOf|NotEqualTo|NotZero)\w*|toBeInstanceOf)\(/,
  ],
];

/** What was held against one value is held against many. */
const looser: Rule = {
  ...WEAKENED,
  languages: 'all',
  *find(reading) {
    for (const { source, hunks } of testChanges(reading))
      for (const { lines } of source.language.programs ? hunks : []) {
        const removed = lines.filter(({ kind }) => kind === 'removed');
        for (const line of removed.length === 0 ? [] : lines) {
          if (line.kind !== 'added') continue;
          const before = LOOSENED.flatMap(([exact, loose]) =>
            loose.test(line.text)
              ? removed.filter(({ text }) => exact.test(text) && !loose.test(text) && shares(text, line.text))
              : [],
          )[0];
          if (before)
            yield {
              file: source.path,
              line: line.newLine,
              message: `The assertion is weaker than \`${shorten(before.text)}\` was`,
              text: line.text,
            } satisfies Hit;
        }
      }
  },
};

/** Both speak of the same: half of the words of the old one, those of asserting aside. */
function shares(old: string, now: string): boolean {
  const [words, own] = [old, now].map(
    (text) => new Set((text.match(/[A-Za-z_]\w{2,}/g) ?? []).filter((word) => !OF_ASSERTING.test(word))),
  );
  const shared = [...(words ?? [])].filter((word) => own?.has(word)).length;
  return shared > 0 && shared >= (words?.size ?? 0) / 2;
}

const OF_ASSERTING = /^(?:assert\w*|expect|to[A-Z]\w*|raises|pytest|self|approx|abs|rel|str)$/;

/** The values a test runs with, written in one line. */
const VALUES =
  /^(\s*(?:@(?:pytest\.mark\.parametrize|ValueSource|CsvSource|EnumSource|MethodSource)\b.*?[[{(]|#\[case\(|\b(?:it|test|describe)(?:\.\w+)*\.each\(\[))(.*?)([\])}]+.*)$/;

/** A test that runs with fewer values than it did. */
const fewer: Rule = {
  id: 'test/cases-removed',
  severity: 'medium',
  remedy: 'Keep the cases, or show why one of them means nothing any more.',
  removes: true,
  languages: 'all',
  *find(reading) {
    for (const { source, hunks } of testChanges(reading))
      for (const { lines } of hunks)
        for (const line of lines) {
          const now = line.kind === 'added' ? VALUES.exec(line.text) : null;
          const old = now && lines.find(({ kind, text }) => kind === 'removed' && VALUES.exec(text)?.[1] === now[1]);
          const [values, before] = [now?.[2], old && VALUES.exec(old.text)?.[2]].map((text) =>
            text?.split(',').map((one) => one.trim()),
          );
          const gone = before?.filter((value) => !values?.includes(value));
          if (values && gone && gone.length > 0 && values.every((value) => before?.includes(value)))
            yield {
              file: source.path,
              line: line.newLine,
              message: `The test runs no more with ${gone.map((value) => `\`${shorten(value)}\``).join(', ')}`,
              text: line.text,
            } satisfies Hit;
        }
  },
};

const TAUTOLOGY = {
  id: 'test/tautology',
  severity: 'high',
  roles: ['test'],
  remedy: 'Assert what the code under test returned or did.',
} as const;

const idle: Rule[] = [
  lineRule({
    ...TAUTOLOGY,
    languages: ['python'],
    pattern: /\bself\.assertTrue\((?:[^(),]|\([^()]*\))+,\s*(?:-?\d+(?:\.\d+)?|True|False|None|[[{].*)\s*\)\s*$/,
    message: 'The second value is a message, nothing is compared: `$&`',
  }),
  lineRule({
    ...TAUTOLOGY,
    languages: ['python'],
    pattern:
      /^\s*[\w.]+\.(?:called_once|called_with|called_once_with|has_calls|not_called|assert_called_once_whith|asert_\w+|assret_\w+|awaited_with|awaited_once_with)\(.*\)\s*$|^\s*[\w.]+\.assert_(?:called|called_once|called_with|called_once_with|not_called|any_call|has_calls|awaited\w*)\s*$/,
    message: 'This asserts nothing: `$&`',
    remedy: 'Call the method that asserts, such as assert_called_once_with.',
  }),
  lineRule({
    ...TAUTOLOGY,
    languages: ['python'],
    view: 'text',
    pattern: /^\s*assert\s+(?:not\s+)?[\w.]+\.(?:called_(?:once_)?with|called_once|has_calls|any_call|not_called)\(/,
    message: 'A mock answers this with another mock, which is true: `$&`',
    remedy: 'Call assert_called_once_with and its like.',
  }),
  lineRule({
    ...TAUTOLOGY,
    languages: ['python'],
    view: 'text',
    pattern: /^\s*assert\s*\(.+,\s*f?(["']).*\1\s*\)\s*$/,
    message: 'A tuple is always true: `$&`',
    remedy: 'Leave the brackets out.',
  }),
  lineRule({
    ...TAUTOLOGY,
    languages: SCRIPTS,
    pattern: /\bexpect\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)(?:\.(?:not|resolves|rejects))?\.to[A-Z]\w*\s*;?\s*$/,
    unless: (line, source) => /^\s*[.(`]/.test(source.lineAt(line.number + 1)?.code ?? ''),
    message: 'The matcher is named and not called: `$&`',
    remedy: 'Call it.',
  }),
];

const SETTINGS_OF_RUNS =
  /(^|\/)(?:jest|vitest|vite|playwright|cypress|wdio)\.config\.\w+$|(^|\/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|package\.json|\.mocharc\.\w+)$/;
const AGAIN =
  /(?:^\s*|[{,]\s*)["']?(?:retry|retries)["']?\s*:\s*[1-9]|--reruns[= ][1-9]|--retry[= ][1-9]|--retries[= ][1-9]|\bretryTimes\(\s*[1-9]/;
const LEFT_OUT = /^\s*addopts\b.*(?:--ignore(?:-glob)?[= ]|--deselect|-k\s+\\?["']?not\b|-m\s+\\?["']?not\b)/;

/** Settings of runners that try a failed test again, or leave some out. */
const forgiving: Rule = {
  id: 'test/disarmed',
  severity: 'low',
  remedy: 'Mend the test that fails at times.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files) {
      const isSetting = SETTINGS_OF_RUNS.test(source.path);
      if (!isSetting && source.role !== 'test') continue;
      for (const { lines } of source.change.hunks)
        for (const { kind, text, newLine } of lines) {
          if (kind !== 'added') continue;
          const why =
            (isSetting || /\bretryTimes\(/.test(text)) && AGAIN.test(text)
              ? 'A test that fails is tried again'
              : isSetting && LEFT_OUT.test(text)
                ? 'Some tests are left out'
                : undefined;
          const pattern = why === 'Some tests are left out' ? LEFT_OUT : AGAIN;
          if (why === undefined || lines.some((line) => line.kind === 'removed' && pattern.test(line.text))) continue;
          yield { file: source.path, line: newLine, message: `${why}: \`${shorten(text)}\``, text } satisfies Hit;
        }
    }
  },
};

/** Tests that ask for less than they did, or for nothing. */
export const milderRules: readonly Rule[] = [looser, fewer, ...idle, forgiving];
