import { functionAround } from '../read/flow.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from '../rules.ts';

const FIELD = /^\s*(\w+)\.\w+(?:\.\w+)*\s*(?:[-+*/|&]?=(?!=)|\+\+|--)/;

/** A change to a copy that nobody sees: of a receiver by value, or of the element of a loop. */
const lostChange: Rule = {
  id: 'code/idle-statement',
  severity: 'medium',
  remedy: 'Take a pointer, or write to the place in the list.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go']))
      for (const line of source.added) {
        const name = FIELD.exec(line.code)?.[1];
        const why =
          name === undefined ? undefined : (copiedReceiver(name, line, source) ?? copiedElement(name, line, source));
        if (why !== undefined) yield { file: source.path, line: line.number, message: why } satisfies Hit;
      }
  },
};

function copiedReceiver(name: string, line: SourceLine, source: SourceFile): string | undefined {
  const fn = functionAround({ line: line.number, source });
  const own = new RegExp(String.raw`^func \(${name} [A-Z]?\w+(?:\[[^\]]*\])?\) \w+\(`);
  if (!fn || !own.test(fn.header)) return undefined;
  const rest = source.lines.slice(line.number, fn.end);
  const isUsed = rest.some(({ code }) => new RegExp(String.raw`(?<![\w.])&?${name}\b`).test(code));
  return isUsed ? undefined : `\`${name}\` is a copy: nobody sees what is changed in it`;
}

function copiedElement(name: string, line: SourceLine, source: SourceFile): string | undefined {
  const around = source.blocks().around(line.number);
  const loop = around.find(({ header }) => new RegExp(String.raw`^for \w+, ${name} := range \w+$`).test(header));
  const list = /range (\w+)$/.exec(loop?.header ?? '')?.[1];
  const fn = functionAround({ line: line.number, source });
  if (!loop || list === undefined || !fn) return undefined;
  const isOfValues = new RegExp(
    String.raw`\b${list} (?:\.\.\.|\[\]|map\[\w+\])[A-Z]\w*\b|\b${list} (?::=|=) (?:\[\]|map\[\w+\])[A-Z]\w*\{`,
  );
  const scope = source.lines
    .slice(fn.start - 1, line.number)
    .map(({ code }) => code)
    .join('\n');
  if (!isOfValues.test(scope)) return undefined;
  const rest = source.lines.slice(line.number, loop.end);
  const isUsed = rest.some(({ code }) => new RegExp(String.raw`(?<![\w.])&?${name}\b`).test(code));
  return isUsed ? undefined : `\`${name}\` is a copy of the element: the list does not change`;
}

/** A name of the result that an inner block declares anew: what it is given there is lost. */
const shadowed: Rule = {
  id: 'code/lost-cause',
  severity: 'low',
  remedy: 'Give it with = and not with :=.',
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go']))
      for (const line of source.added) {
        if (!/^\s*(?:\w+|_), err := /.test(line.code)) continue;
        const fn = functionAround({ line: line.number, source });
        const [inner] = source.blocks().around(line.number);
        if (!fn || !inner || inner.start === fn.start || !/\)\s*\([^()]*\berr error\)\s*$/.test(fn.header)) continue;
        const body = source.lines.slice(line.number, inner.end);
        if (!body.some(({ code }) => /\breturn\b/.test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: '`err` is declared anew here: the result does not get it',
          } satisfies Hit;
      }
  },
};

const lines: Rule[] = [
  lineRule({
    id: 'code/identity-comparison',
    severity: 'medium',
    languages: ['go'],
    pattern: /\b\w*[eE]rr\s*[!=]=\s*((?:\w+\.)?Err[A-Z]\w*)\b/,
    severityAt: ({ code }, { text }) => {
      const name = /[!=]=\s*(?:\w+\.)?(Err[A-Z]\w*)/.exec(code)?.[1] ?? '';
      return new RegExp(String.raw`Errorf\([^\n]*%w[^\n]*\b${name}\b`).test(text) ? undefined : 'low';
    },
    message: 'A wrapped error is not the same: `$&`',
    remedy: 'Use errors.Is.',
  }),
  lineRule({
    id: 'code/wrong-call',
    severity: 'low',
    languages: ['go'],
    pattern:
      /(?<!\* ?)\btime\.Duration\(\w*(?:[sS]ec\w*|[mM]in(?:ute)?s?|[hH]ours?|[mM]s|[mM]illis\w*|[dD]ays?)\)(?!\s*\*)/,
    message: 'These are nanoseconds: `$&`',
    remedy: 'Multiply it by its unit, such as time.Second.',
  }),
];

/** Values of Go that are copies or shadows, and comparisons and units that are not what they look like. */
export const goValueRules: readonly Rule[] = [lostChange, shadowed, ...lines];
