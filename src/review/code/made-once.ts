import { givenTo } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const NOW = String.raw`(?:(?:datetime\.)?(?:datetime|date)\.(?:now|utcnow|today)|timezone\.now|time\.(?:time|monotonic)|uuid\.uuid\d|uuid4|random\.\w+|secrets\.\w+)\(`;

const DEFAULT = {
  id: 'code/mutable-default',
  severity: 'medium',
  languages: ['python'],
} as const;

const once: Rule[] = [
  lineRule({
    ...DEFAULT,
    pattern: new RegExp(String.raw`^\s*(?:async )?def \w+\(.*\b\w+(?:\s*:\s*[^=,]+)?\s*=\s*${NOW}`),
    message: 'The default is worked out once, when the program starts, and is the same for all calls: `$&`',
    remedy: 'Use None as the default and make the value inside.',
  }),
  lineRule({
    ...DEFAULT,
    pattern: new RegExp(String.raw`\b(?:default|server_default|onupdate|initial)\s*=\s*${NOW}[^()]*\)\s*[,)]`),
    unless: ({ code }) => !/\b\w*(?:Field|Column|mapped_column|field|Attribute)\(/.test(code),
    message: 'The default is worked out once, when the program starts: `$&`',
    remedy: 'Hand over the function itself.',
  }),
];

const SAME = { id: 'code/shared-state', severity: 'medium' } as const;

const repeated: Rule[] = [
  lineRule({
    ...SAME,
    languages: ['python'],
    pattern: /(?:=|\breturn|\()\s*\[\s*(?:\[[^\]]*\]|\{[^}]*\}|dict\(\)|list\(\)|set\(\))\s*\]\s*\*\s*[\w(]/,
    message: 'All places hold the same one: `$&`',
    remedy: 'Make one for each, such as `[[] for _ in range(n)]`.',
  }),
  lineRule({
    ...SAME,
    languages: SCRIPTS,
    pattern: /\bArray\([^()]*\)\.fill\(\s*(?:\[[^\]]*\]|\{[^}]*\}|new \w+\([^()]*\))\s*\)/,
    message: 'All places hold the same one: `$&`',
    remedy: 'Make one for each, such as `Array.from({ length }, () => [])`.',
  }),
];

const SHARED = /^ {4}(\w+)(?:\s*:\s*[^=]+)?\s*=\s*(?:\[\]|\{\}|set\(\)|list\(\)|dict\(\))\s*$/;
const shared = linesLike(SHARED);

/** A list of the class that each of its objects adds to. */
const ofTheClass: Rule = {
  ...DEFAULT,
  remedy: 'Make it in __init__, or with field(default_factory=…).',
  *find(reading) {
    for (const source of sourcesOf(reading, ['python']))
      for (const line of shared(source)) {
        const name = SHARED.exec(line.code)?.[1];
        const [block] = source.blocks().around(line.number);
        if (name === undefined || block?.kind !== 'class') continue;
        const body = source.lines
          .slice(block.open, block.end)
          .map(({ code }) => code)
          .join('\n');
        const isModel = /^\s*@(?:\w+\.)?(?:dataclass|define|attrs|s)\b/.test(
          source.lineAt(block.start - 1)?.code ?? '',
        );
        const own = new RegExp(`\\bself\\.${name}(?:\\s*:[^=\\n]+)?\\s*=(?!=)`).test(body);
        const grows = new RegExp(
          `\\bself\\.${name}(?:\\.(?:append|add|extend|update|insert|setdefault|pop|remove)\\(|\\[[^\\]]*\\]\\s*=(?!=))`,
        );
        if (isModel || (!own && grows.test(body)))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is one for all objects of the class`,
          } satisfies Hit;
      }
  },
};

const LAMBDA = /\blambda(?:\s+[^:=]*)?:\s*(.*)/;
const lambdas = linesLike(LAMBDA);
const KEPT =
  /\.(?:append|add|connect|bind|register|insert|subscribe)\(\s*(?:[^()]*,\s*)?lambda\b|\bcommand\s*=\s*lambda\b|\]\s*=\s*lambda\b|Timer\(.*lambda\b/;

/** Functions that are kept from a loop all see its last value. */
const lastValue: Rule = {
  id: 'code/lost-this',
  severity: 'medium',
  remedy: 'Hand the value over as a default: lambda x=x: …',
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python']))
      for (const line of lambdas(source)) {
        const said = LAMBDA.exec(line.code)?.[1] ?? '';
        const name = loopName(line.number, line.code, source);
        const reads = name === undefined ? undefined : new RegExp(`(?<![\\w.])${name}(?!\\w|\\s*=(?!=))`);
        if (name === undefined || !reads?.test(said.replace(/\bfor\b.*$/, ''))) continue;
        if (new RegExp(`\\blambda[^:]*\\b${name}\\b`).test(line.code)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `When it is called, \`${name}\` has the last value of the loop`,
        } satisfies Hit;
      }
  },
};

/** The name that a comprehension of functions, or a loop that keeps them, gives each turn. */
function loopName(line: number, code: string, source: SourceFile): string | undefined {
  const comprehended = /[[{(]\s*(?:[\w.]+\s*:\s*)?lambda\b[^\]}]*\bfor (\w+) in\b/.exec(code)?.[1];
  if (comprehended !== undefined) return comprehended;
  const loop = source
    .blocks()
    .around(line)
    .find(({ kind }) => kind === 'loop' || kind === 'function');
  const name = loop?.kind === 'loop' && KEPT.test(code) ? /^for (\w+) in\b/.exec(loop.header)?.[1] : undefined;
  return name !== undefined && givenTo(name, { line, source }) === undefined ? name : undefined;
}

/** What Python works out once and is believed to be worked out each time. */
export const madeOnceRules: readonly Rule[] = [...repeated, ...once, ofTheClass, lastValue];
