import { functionAround, givenTo } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** What takes a text apart into as many pieces as it happens to have, or finds none; the first piece of most is always there. */
const APART: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, /\.split\([^()]*\)$|\.match\([^()]*\)$/])),
  python: /\.r?split\([^()]*\)$|\bre\.findall\([^()]*\)$/,
  go: /\b(?:strings|bytes)\.(?:Split(?:N|After|AfterN)?|Fields)\([^()]*(?:\([^()]*\)[^()]*)*\)$|\.FindStringSubmatch\([^()]*\)$/,
  java: /\.split\([^()]*\)$/,
  kotlin: /\.split\([^()]*\)$/,
  rust: /\.split\w*\([^()]*\)\.collect(?:::<[^()]*>)?\(\)$/,
};
/** What the caller of a program or a request says, however much that is. */
const HANDED: Partial<Record<LanguageName, RegExp>> = {
  go: /\bos\.Args$|\bflag\.Args\(\)$|\.Header\[[^\]]+\]$/,
  python: /\bsys\.argv$/,
  java: /\.getCookies\(\)$/,
};

const INDEX = /^(.*?[\w)\]])\[(\d+)\]/;
const indexed = linesLike(/[\w)\]]\[\d+\]/);

/** A piece after the first is read and nobody asked how many there are. */
const unaskedPiece: Rule = {
  id: 'code/out-of-bounds',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Say what happens when there are fewer.',
  languages: Object.keys(APART) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, unaskedPiece.languages))
      for (const line of indexed(source)) {
        if (source.isTestLine(line.number)) continue;
        const told = pieceRead(line, source);
        if (told !== undefined && !isAsked(line, told, source))
          yield {
            file: source.path,
            line: line.number,
            message: `There may be fewer pieces: \`${shorten(told)}\``,
          } satisfies Hit;
      }
  },
};

/** What is indexed on this line beyond its first piece: the call itself, or the name that holds its pieces. */
function pieceRead(line: SourceLine, source: SourceFile): string | undefined {
  let rest = line.code;
  for (let match = INDEX.exec(rest); match; match = INDEX.exec(rest)) {
    const [whole, before = '', index = ''] = match;
    const name = /(?<![\w.$])[a-z_]\w*$/.exec(before)?.[0];
    const place = { line: line.number, source };
    const given = name === undefined ? undefined : givenTo(name, place);
    const from = given && given.line >= (functionAround(place)?.open ?? 1) ? given.code.trim() : before;
    const first = Number(index) === 0;
    const isApart = APART[source.language.name]?.test(from) === true && !first;
    const isHanded = HANDED[source.language.name]?.test(from) === true && !(first && /rgs$|argv$/.test(from));
    if (isApart || isHanded) return `${name ?? from.slice(-40)}[${index}]`;
    rest = rest.slice(whole.length);
  }
  return undefined;
}

const ASKS =
  /\b(?:if|elif|while|for|switch|case|match|assert\w*|require\w*|try|when|unless)\b|\?(?!\.)|&&|\|\||\blen\(|\.length\b|\.len\(|\.size\b/;
const NEAR = 8;

/** A condition stands on the line or a few lines above, in the same function: it may be about this. */
function isAsked(line: SourceLine, told: string, source: SourceFile): boolean {
  const from = Math.max(functionAround({ line: line.number, source })?.open ?? 0, line.number - NEAR);
  const name = /^\w+(?=\[)/.exec(told)?.[0];
  for (let at = from + 1; at <= line.number; at += 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (
      ASKS.test(code) &&
      (name === undefined ||
        at === line.number ||
        code.includes(name) ||
        /contains|includes|Prefix|\bin\b|err\b/i.test(code))
    )
      return true;
  }
  return source
    .blocks()
    .around(line.number)
    .some(
      ({ header, kind }) => header === 'try' || (kind === 'condition' && name !== undefined && header.includes(name)),
    );
}

/** Pieces of texts that are read as if they were always there. */
export const pieceRules: readonly Rule[] = [unaskedPiece];
