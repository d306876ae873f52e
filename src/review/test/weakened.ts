import type { Reading } from '../read/reading.ts';
import { sideOf, type SideStatement } from '../read/sides.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { ASSERTION, testChanges } from './assertions.ts';

const WEAK =
  /\.(?:toBeTruthy|toBeDefined|toBeFalsy|toThrow\w*|toHaveBeenCalled|toHaveReturned)\(\)|\.not\.toThrow\(\)|expect\.anything\(\)|expect\.(?:objectContaining|arrayContaining|stringContaining)\(|\btypeof\b|\bassertTrue\(|\bassertIsNotNone\(|\bassertNotNull\(|\.isNotNull\(\)|\.toBe(?:GreaterThan|LessThan)(?:OrEqual)?\(|\.toEqual\(expect\.any\(|\bassertThat\([^()]*\)\.isNotEmpty\(\)|\bassert!\(.* (?:[<>]=?|!=) |\bassert [^=]*? (?:[<>]=?|!=|in) |\bassert_ne!\(|\.not\.to(?:Be|Equal|StrictEqual)\(|\bassertNotEquals?\(|\bassert\.NotEqual\(|\bassert\.notStrictEqual\(|\bt\.Logf?\(|^\s*if .* == (?:0|nil|""|false) \{$|\bassert\.ok\(|\b(?:assert|require)\.(?:NotNil|NotEmpty|NoError|Error|True|Contains)\(|\bassert!\([^=]*\.is_(?:some|ok|err)\(\)|\bassert \w[\w.]*(?:\(.*\))?(?: is not None)?\s*$|^\s*if .*\s(?:<=?|>=?) -?\d+ \{$|\.(?:toHaveLength|toHaveProperty|toContain\w*|toMatch|toBeInstanceOf|toHaveSize|isInstanceOf|hasSize\w*|isInstanceOf\w*)\(|\.(?:lengthOf|property|include|match|instanceOf|string)\(|\bisinstance\(|\bassertIsInstance\(|\bassertIn\(|\bassertFalse\(.*\.isEmpty\(\)|\bassertInstanceOf\(|\bassert\.(?:match|IsType|Len|Greater|Contains|NotZero)\(|\bassert!\(.*\.(?:contains|starts_with|ends_with|is_empty|is_some|is_ok)\(|\bassert!\(matches!|\bassert(?:_eq!|Equals?|\.\w*[eE]qual)?!?[ (].*\blen(?:gth)?\b|\bassert .*\.(?:startswith|endswith)\(|^\s*if !?strings\.\w+\(|^\s*\[\[? -[nz] |^\s*test -[nz] |\bassert\(.*\.(?:includes|startsWith|some)\(|\bnotNullValue\(\)|\bnot\(\s*(?:empty|nullValue)\w*\(|\.is(?:NotEmpty|NotBlank|Present|NotZero)\(\)|\bassert_(?:output|line)\s+(?:-p|--partial|-e|--regexp)\b|\bassert_(?:output|line)\s*$|\batLeastOnce\(|\bverify\(.*\bany\w*\(|\bassert_called\(\)|\bassertRaises\(|\bassertRegex\(/;
const STRONG =
  /\.(?:toBe|toEqual|toStrictEqual|toMatchObject|toThrow|toHaveBeenCalledWith)\((?!\))|\bassert(?:Equals?|Same|Raises|AlmostEqual)\(|\.isEqualTo\(|\b(?:assert|require)\.(?:strictEqual|equal|deepEqual|deepStrictEqual|Equal|Same|ErrorIs|EqualError|ErrorContains|Len|ElementsMatch|JSONEq)\(|\bassert_eq!\(|\bassert .*==|^\s*if .* != \S+ \{$|\bt\.(?:Error|Fatal)f?\(|^\s*(?:\[\[?|test) .* (?:==?|=~|-eq) |\bassert(?:(?:List|Dict|Set|Tuple|Count|Sequence)Equal|(?:Array|Iterable)Equals|LinesMatch|RaisesRegex)\(|\.(?:containsExactly\w*|containsOnly\w*|hasSameElementsAs|isSameAs|hasMessage|hasValue|containsEntry)\(|\b(?:equalTo|is)\((?!not\b|any|instance|greater|less)[^()\s]|\bassertThat\(.*, contains(?:InAnyOrder)?\(|\bverify\(\w+(?:, times\(\d+\))?\)\.\w+\([^()]*[\w")]\)|\b(?:assert|require)\.(?:EqualValues|Exactly|YAMLEq|WithinDuration)\(|\btimes\(\d+\)|\.toHaveBeen(?:CalledTimes|NthCalledWith|LastCalledWith)\(|\bassert_(?:output|line)\s+(?!-)\S|\bassert_called_(?:once_)?with\(/;

/** Says something about the value, though not what it is: its length, a part of it, where it lies. */
const PARTIAL =
  /\.(?:toHaveLength|toHaveProperty|toContain\w*|toMatch\w*|toHaveSize|hasSize|hasLength|contains|startsWith|endsWith|matches|hasFieldOrProperty\w*)\((?!\))|\b(?:assert|require)\.(?:Len|Contains|Regexp|Greater\w*|Less\w*|InDelta|IsType|ErrorAs|ErrorContains)\(|\bassert(?:In|Regex|InstanceOf|IsInstance|Greater\w*|Less\w*|Contains)\(|\bassert(?:_eq)?!?[ (].*\blen(?:gth)?\b.*(?:==|,)|\bassert!\(\s*matches!|\bassert!\(.*\.(?:contains|starts_with|ends_with)\(|\bassert [^=]*\bin \w|\bassert_(?:output|line)\s+(?:-p|--partial|-e|--regexp)\b|\bhas(?:Size|Item|Entry|Key)\(|\bcontainsString\(/;
/** Holds as long as there is anything at all. */
const PRESENCE =
  /\.(?:toBeTruthy|toBeDefined)\(\)|\.not\.toBe(?:Null|Undefined)\(\)|\.is(?:NotNull|NotEmpty|NotBlank|Present)\(\)|\bnotNullValue\(\)|\bnot\(\s*(?:empty|nullValue)\w*\(|\bassert(?:NotNull|IsNotNone)\(|\bassert(?:True|_true)\(\s*[\w.]+(?:\([^()]*\))?\s*\)|\b(?:assert|require)\.(?:NotNil|NotEmpty|NotZero)\(|\bassert!\([^=<>]*\.is_(?:some|ok|err)\(\)\s*[,)]|\bassert \w[\w.]*(?:\([^=<>]*\))?(?: is not None)?\s*$|\bassert(?:\.ok)?\(\s*[\w$.]+(?:\([^()]*\))?\s*\)|^\s*if \S+ == (?:nil|"") \{$|^\s*(?:\[\[?|test) -n |\bassert_(?:output|line)\s*$/;

/** How much an assertion says: 3 what the value is, 2 something about it, 1 that there is one, 0 nothing. */
function weightOf(text: string): number {
  if (PRESENCE.test(text)) return 1;
  if (/\.not\.toHaveBeenCalled\(\)/.test(text)) return 3;
  if (WEAK.test(text)) return STRONG.test(text) && !/expect\.any|\blen(?:gth)?\b/.test(text) ? 2.5 : 2;
  return STRONG.test(text) ? 3 : PARTIAL.test(text) ? 2 : 0;
}

const assertionWeakened: Rule = {
  id: 'test/assertion-weakened',
  severity: 'medium',
  remedy: 'Keep asserting the value.',
  languages: 'all',
  *find(reading) {
    for (const { source, hunks } of testChanges(reading))
      for (const { lines } of hunks) {
        const [before, after] = [sideOf(lines, 'removed'), sideOf(lines, 'added')];
        const isGrown = countStrong(after) > countStrong(before) && after.length > before.length;
        for (const { text, line } of after) {
          if (source.role !== 'test' && !source.isTestLine(line)) continue;
          const old = before.find((one) => saysLess(text, one.text) || isCutOff(text, one.text));
          const isKept = (other: SideStatement) =>
            other.text === old?.text || (old !== undefined && saysAsMuch(other.text, old.text));
          if (old && !after.some(isKept))
            yield {
              file: source.path,
              line,
              ...(isGrown || isChosen(text, reading) ? { severity: 'low' as const } : {}),
              message: `The assertion is weaker than \`${shorten(old.text)}\` was`,
              text,
            } satisfies Hit;
        }
      }
  },
};

/** How many of them say what the value is: a test that was written anew and says more of it is no weaker one. */
function countStrong(statements: readonly SideStatement[]): number {
  return statements.filter(({ text }) => weightOf(text) === 3).length;
}

/** Of the same things, what the value is or something about it was asserted, and now less is. */
function saysLess(now: string, old: string): boolean {
  const [weight, before] = [weightOf(now), weightOf(old)];
  const less = (before === 3 && weight <= 2) || (before >= 2 && weight === 1);
  if (weight === 0 || !less || (before < 3 && !PARTIAL.test(old))) return false;
  return areAlike(old, now) && !isOfTruth(old) && !isComplaint(old, now);
}

/** Where the program changes as well, a sentence that must come is what somebody wants of it. */
function isChosen(now: string, reading: Reading): boolean {
  return (
    weightOf(now) >= 2 &&
    /(["'`])(?=[^\n]*\w \w)(?:(?!\1).){12,}\1/.test(now) &&
    reading.files.some(({ role, change }) => !['test', 'docs'].includes(role) && change.added.length > 0)
  );
}

function saysAsMuch(now: string, old: string): boolean {
  const weight = weightOf(old);
  return weight > 0 && weightOf(now) >= weight && areAlike(old, now);
}

const MATCHERS =
  /^(?:\.(?:success|failure|code|stdout|stderr|expect\w*|is[A-Z]\w*|has[A-Z]\w*|contains\w*|does[A-Z]\w*|to[A-Z]\w*|and[A-Z]\w*|assert\w*)\((?:[^()]|\([^()]*\))*\))+$/;

/** The same chain without what it asserted at its end: `.assert().success()` and now `.assert()`. */
function isCutOff(now: string, old: string): boolean {
  const [kept, whole] = [now, old].map((text) => text.trim().replace(/;$/, ''));
  if (kept === undefined || whole === undefined || !whole.startsWith(kept) || !ASSERTION.test(old)) return false;
  return kept.endsWith(')') && MATCHERS.test(whole.slice(kept.length).trim());
}

/** An assertion that stood for itself is made only under a condition. */
const conditional: Rule = {
  id: 'test/assertion-weakened',
  severity: 'medium',
  remedy: 'Assert it whatever happens.',
  languages: 'all',
  *find(reading) {
    for (const source of reading.files)
      for (const hunk of source.role === 'test' && source.language.programs ? source.change.hunks : []) {
        const gone = hunk.lines.filter(({ kind, text }) => kind === 'removed' && ASSERTION.test(text));
        for (const { kind, text, newLine } of hunk.lines) {
          const guarded = kind === 'added' ? /^\s*if\b.*?[):{]\s*(\S.*)$/.exec(text)?.[1] : undefined;
          const before = gone.find((old) => guarded?.startsWith(old.text.trim().replace(/;$/, '')));
          if (before)
            yield {
              file: source.path,
              line: newLine,
              message: `This was asserted whatever happened: \`${shorten(before.text)}\``,
              text,
            } satisfies Hit;
        }
      }
  },
};

/** Assertions that stood for themselves are made only under a condition that is new, on the line above. */
const underCondition: Rule = {
  id: 'test/assertion-weakened',
  severity: 'low',
  remedy: 'Assert it whatever happens.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['test']))
      for (const { lines } of source.language.programs ? source.change.hunks : []) {
        const gone = new Set(
          lines.flatMap(({ kind, text }) => (kind === 'removed' && ASSERTION.test(text) ? [text.trim()] : [])),
        );
        for (const [at, line] of gone.size === 0 ? [] : lines.entries()) {
          const next = lines.slice(at + 1).find(({ kind }) => kind !== 'removed');
          if (line.kind !== 'added' || !/^\s*if\b.*(?:[{:]|then)\s*$/.test(line.text) || next?.kind !== 'added')
            continue;
          if (gone.has(next.text.trim()))
            yield {
              file: source.path,
              line: line.newLine,
              message: `This was asserted whatever happened: \`${shorten(next.text)}\``,
              text: line.text,
            } satisfies Hit;
        }
      }
  },
};

/** What was expected is `true` or `false`: an assertion of that name says the same. */
function isOfTruth(text: string): boolean {
  return /[(,]\s*(?:true|false|True|False)\s*[,)]|(?:==|===|\bis)\s*(?:true|false|True|False)\b/.test(text);
}

/** In Go the condition around `t.Errorf` was the assertion, and is judged by its own line. */
function isComplaint(old: string, now: string): boolean {
  return /^\s*t\.(?:Error|Fatal)f?\(/.test(old) && /\b(?:assert|require)\.[A-Z]/.test(now);
}

/** Both speak of the same things: what the weaker one names, the stronger one named. */
function areAlike(strong: string, weak: string): boolean {
  const [before, after] = [namesIn(strong), namesIn(weak)];
  return after.length > 0 && after.every((name) => before.includes(name));
}

/** The names of what is asserted, without the words of the frameworks and the texts. */
function namesIn(text: string): string[] {
  const bare = text
    .replace(/\s(?:\/\/|#).*$/, '')
    .replace(/\b(?:isinstance|assertIsInstance)\((.*), [\w.]+\)/, '$1')
    .replace(/"\$\{?(\w+)\}?"/g, ' $1 ')
    .replace(/\s--?[a-z]+\s/g, ' ')
    .replace(/(["'`])(?:(?!\1)[^\\]|\\.)*\1/g, '')
    .replace(/\bassert_(?:output|line)\b/g, ' output ')
    .replace(/\bassert_?\w*!?|\bassertInstanceOf\(\s*\w+\.class|\binstanceof \w+|\.toBeInstanceOf\(\w+/gi, '');
  return (bare.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((name) => !FRAMEWORK.test(name));
}

const FRAMEWORK =
  /^(?:expect|await|not|to(?:[A-Z]\w*)?|be|any|anything|Object|String|Number|Array|t|T|Fatal|Fatalf|Error|Errorf|Log|Logf|if|is|None|null|nil|True|False|true|false|self|self_|is[A-Z]\w*|is_some|is_ok|equal\w*|deep\w*|strict\w*|ok|Equal|NotNil|NotNull|NotEmpty|NoError|ErrorIs|True|Contains|EqualError|ErrorContains|Len|ElementsMatch|JSONEq|Same|in|require|assert|result_of|len|length|size|contains|includes?|starts_?[wW]ith|ends_?[wW]ith|isinstance|isEmpty|is_empty|matches|Match|IsType|Greater|HasPrefix|HasSuffix|strings|instanceof|InstanceOf|typeof|hasSize\w*|hasLength|is_err|notNullValue|nullValue|not|empty|equalTo|anything|any[A-Z]?\w*|atLeastOnce|verify|times|EqualValues|NotZero|run|lengthOf|property|include|match|isArray)$/;

/** Assertions that say less than before. */
export const weakenedTests: readonly Rule[] = [assertionWeakened, conditional, underCondition];
