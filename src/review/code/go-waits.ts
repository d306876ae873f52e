import { functionAround, givenTo } from '../read/flow.ts';
import type { SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';

const go = (
  rule: Pick<Rule, 'id' | 'severity' | 'remedy'>,
  find: (source: SourceFile) => Iterable<Omit<Hit, 'file'>>,
): Rule => ({
  ...rule,
  ignoresMoves: true,
  languages: ['go'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go'], ['product', 'script']))
      for (const hit of find(source)) yield { file: source.path, ...hit };
  },
});

/** A value is sent where nobody can be there to take it: the channel has no room and was made just above. */
const lonelySend = go(
  { id: 'code/held-lock', severity: 'medium', remedy: 'Give the channel room for it, or send from a goroutine.' },
  function* (source) {
    for (const line of source.added) {
      const name = /^\s*(\w+) <- /.exec(line.code)?.[1];
      const place = { line: line.number, source };
      const fn = functionAround(place);
      const given = name === undefined ? undefined : givenTo(name, place);
      if (!fn || !given || given.line <= fn.open || !/^make\(chan [^,]*\)$/.test(given.code.trim())) continue;
      const around = source.blocks().around(line.number)[0];
      const between = source.lines.slice(given.line, line.number - 1).map(({ code }) => code);
      if (
        around !== fn ||
        between.some((code) => /^\s*go\b|\bgo func\b/.test(code) || new RegExp(`\\b${name}\\b`).test(code))
      )
        continue;
      yield { line: line.number, message: `Nobody can take what is sent to \`${name}\`: this waits for ever` };
    }
  },
);

/** `ctx, _ := context.WithTimeout(…)`: what it holds is not given back before its time. */
const lostCancel = go(
  { id: 'code/unclosed-resource', severity: 'medium', remedy: 'Keep cancel and defer it.' },
  function* (source) {
    for (const line of source.added)
      if (/\b\w+, _ :?= context\.With(?:Timeout|Cancel|Deadline)\w*\(/.test(line.code))
        yield { line: line.number, message: 'Nobody can cancel this context, so its timer stays' };
  },
);

/** `Add` counts a goroutine that never says `Done`. */
const neverDone = go(
  { id: 'code/held-lock', severity: 'medium', remedy: 'Defer Done at the top of the goroutine.' },
  function* (source) {
    for (const block of source.blocks().all) {
      if (!block.header.startsWith('go func(') || !source.isAdded(block.start)) continue;
      const above = [1, 2, 3].map((back) => source.lineAt(block.start - back)?.code ?? '');
      const group = above.flatMap((code) => /^\s*(\w+(?:\.\w+)*)\.Add\(1\)/.exec(code)?.[1] ?? [])[0];
      const body = source.lines.slice(block.open - 1, block.end).map(({ code }) => code);
      if (group !== undefined && !body.some((code) => /\bDone\(\)/.test(code) || code.includes(group)))
        yield { line: block.start, message: `This never says Done, so \`${group}.Wait\` waits for ever` };
    }
  },
);

/** The caller may cancel, and this does not hear of it. */
const deafContext = go(
  { id: 'code/wrong-call', severity: 'low', remedy: 'Hand the context of the caller on.' },
  function* (source) {
    for (const line of source.added) {
      if (!/\bcontext\.(?:Background|TODO)\(\)/.test(line.code) || line.comment !== '') continue;
      const header = functionAround({ line: line.number, source })?.header ?? '';
      const handed = /\b(\w+) context\.Context\b/.exec(header)?.[1];
      const said = source.lineAt(line.number - 1)?.comment ?? '';
      if (handed !== undefined && handed !== '_' && said === '' && !/\bif\b/.test(line.code))
        yield { line: line.number, message: `\`${handed}\` is there, and this starts from an empty context` };
    }
  },
);

const FLAT =
  /\b(?:fmt|errors|xerrors)\.Errorf\(\s*(["`])(?:(?!%w|\1).)*%[vs](?:(?!%w|\1).)*\1,(?:.*,)?\s*\w*[eE]rr(?:\.Error\(\))?\s*\)/;

/** `%v` writes the error down, and nobody can ask what it was. */
const flatCause = go({ id: 'code/lost-cause', severity: 'low', remedy: 'Use %w.' }, function* (source) {
  for (const line of source.added)
    if (FLAT.test(line.text))
      yield { line: line.number, message: 'The error that was the cause cannot be asked for any more' };
});

/** Waits in Go that do not end, and causes that get lost. */
export const goWaits: readonly Rule[] = [lonelySend, lostCancel, neverDone, deafContext, flatCause];
