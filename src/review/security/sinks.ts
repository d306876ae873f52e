import { aliasesOf } from '../read/aliases.ts';
import { argumentsOf, type Argument, type Place, type Value } from '../read/flow.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type LineRule, type Rule } from '../rules.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { statementAt, type Statement } from '../read/statements.ts';

type Common = Pick<Rule, 'id' | 'severity' | 'remedy'>;
type Sink = Pick<LineRule, 'languages' | 'pattern' | 'message'> & Partial<LineRule>;

/** One rule id in many languages: each sink is a pattern of a statement of its language. Product code and scripts are judged unless a sink says otherwise. */
export function sinkRules(common: Common, sinks: readonly Sink[]): Rule[] {
  return sinks.map((sink) => lineRule({ ...common, roles: ['product', 'script'], spans: true, ...sink }));
}

type CallSink = Pick<Rule, 'languages'> & {
  /** Matches the call up to its opening bracket. */
  call: RegExp;
  /** Which arguments are judged, from `from` and at most `many`: by default each; `whole` judges the list as one. */
  from?: number;
  many?: number;
  whole?: true;
  /** Whether the argument is dangerous there. */
  is: (value: Value, place: Place) => boolean;
  message: string;
  severity?: Rule['severity'];
  unless?: (statement: Statement, place: Place) => boolean;
};

/** Sinks that are judged by where the values of their arguments come from. */
export function callRules(common: Common, sinks: readonly CallSink[]): Rule[] {
  return sinks.map((sink) => callRule({ ...common, severity: sink.severity ?? common.severity }, sink));
}

function callRule(common: Common, sink: CallSink): Rule {
  const likely = linesLike(sink.call);
  return {
    ...common,
    languages: sink.languages,
    *find(reading) {
      for (const source of sourcesOf(reading, sink.languages, ['product', 'script']))
        for (const { line, call } of callsIn(source, sink, likely)) {
          const struck = strikeAt({ line: line.number, source }, { ...sink, call });
          if (struck === undefined) continue;
          const number = source.isAdded(struck) ? struck : line.number;
          yield { file: source.path, line: number, message: sink.message } satisfies Hit;
        }
    },
  };
}

type Call = { line: SourceLine; call: RegExp };

/** The added lines that hold the call, under its own name or under one that the file gave it. */
function callsIn(
  source: SourceFile,
  { call }: CallSink,
  likely: (source: SourceFile) => readonly SourceLine[],
): Call[] {
  const plain = likely(source).filter((line) => !source.isTestLine(line.number) && call.test(line.code));
  const named = [...aliasesOf(source)].filter(([, name]) => call.test(`${name}(`));
  const others = named.flatMap(([alias]) => {
    const other = new RegExp(`(?<![\\w$.])${alias.replaceAll('$', '\\$')}\\(`);
    return source.added.filter(({ code }) => other.test(code)).map((line) => ({ line, call: other }));
  });
  return [...plain.map((line) => ({ line, call })), ...others];
}

/** The line of the first dangerous argument of a call that opens on this line. */
function strikeAt(place: Place, sink: CallSink): number | undefined {
  const statement = statementAt(place.line, place.source);
  if (sink.unless?.(statement, place)) return undefined;
  for (const match of statement.code.matchAll(new RegExp(sink.call, 'g'))) {
    const open = match.index + match[0].length - 1;
    if (statement.lineAt(open) !== place.line) continue;
    const all = argumentsOf(statement, open);
    const values = sink.whole
      ? [wholeOf(statement, all)]
      : all.slice(sink.from ?? 0, (sink.from ?? 0) + (sink.many ?? 9));
    const bad = values.find((value) => sink.is(value, place));
    if (bad) return statement.lineAt(bad.from + Math.max(0, bad.code.search(/\S/)));
  }
  return undefined;
}

function wholeOf({ code, text }: Statement, parts: readonly Argument[]): Argument {
  const from = parts[0]?.from ?? 0;
  const last = parts.at(-1);
  const to = last ? last.from + last.code.length : from;
  return { from, code: code.slice(from, to), text: text.slice(from, to) };
}
