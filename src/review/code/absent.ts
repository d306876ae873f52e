import { functionAround, givenTo } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** What answers with nothing when there is none, by how its language writes it. */
const MAYBE: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      /^(?:await )?(?:\/.+\/[a-z]*\.exec\(|[\w$.]*\.(?:find|exec|querySelector|getElementById|closest|findOne|findUnique|findFirst|findById)\(|.*[\w)\]'"·`]\.match\(|[\w$.]*(?:[hH]eaders|searchParams|[cC]ookies|[fF]ormData)\.get\(|(?:window\.)?(?:local|session)Storage\.getItem\(|[\w$.]+\.getAttribute\(|[\w$.]*\breq\.header\(['"`]|[\w$.]*(?:[mM]ap|[cC]ache|[iI]ndex|[rR]egistry|[sS]tore|By\w+)\.get\()(?!.*(?:\?\?|\|\||!;?$|\) as |\bthrow\b))/,
    ]),
  ),
  python:
    /^(?:re\.(?:match|search|fullmatch)\(|(?:\w*(?:_re|RE|regex|pattern|PATTERN)|_?[A-Z][A-Z0-9_]+)\.(?:match|search|fullmatch)\(|os\.environ\.get\([^,]*\)$|shutil\.which\(|(?!\w*(?:requests?|session|client|http\w*|curl|api|app|queue|q|driver|browser|page|conn\w*)\.)\w*\.get\((?:["'][^"']*["']|[\w.]+)\)$|[\w.]*\.(?:GET|POST|args|form|headers|cookies|environ|query_params|META)\.get\((?:["'][^"']*["']|[\w.]+)\)$|(?!.*(?:group_?by|resample|\bpl\.)).+\.first\(\)$|.+\.(?:(?:scalar_)?one_or_none|fetchone)\(\)$|next\(.*,\s*None\)$|inspect\.getmodule\()(?!.*\bor\b)/,
  java: /^(?:\w*(?:[mM]ap|[cC]ache|[iI]ndex|[rR]egistry|By\w+)\.get\([^()]*\)|System\.getenv\([^()]*\)|System\.getProperty\([^(),]*\)|\w+\.getParameter\([^()]*\))$/,
};

/** A name that may hold nothing is read from before anything asks whether it does. */
const unasked: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Say what happens when there is none.',
  languages: Object.keys(MAYBE) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, unasked.languages, ['product', 'script'])) {
      const maybe = MAYBE[source.language.name];
      const doubtful = doubtfulNames(source);
      if (doubtful.size === 0) continue;
      const reads = new RegExp(
        String.raw`(?<![\w$.?])(${[...doubtful].join('|').replaceAll('$', '\\$')})(?:\.(?=[A-Za-z_$])|\[(?=[\d'"]))`,
      );
      const eachRead = new RegExp(reads, 'g');
      for (const line of source.added) {
        if (!maybe || line.startsIn !== 'code' || source.isTestLine(line.number) || !reads.test(line.code)) continue;
        for (const [, name = ''] of line.code.matchAll(eachRead)) {
          const given = givenTo(name, { line: line.number, source });
          if (!given || given.line < (functionAround({ line: line.number, source })?.open ?? 1)) continue;
          const mayLack = maybe.test(given.text.trim()) || isOfMap(given.code, source);
          if (!mayLack || isAsked(name, { from: given.line, line, source })) continue;
          yield {
            file: source.path,
            line: line.number,
            ...(source.role === 'script' || /\bfetchone\(/.test(given.code) ? { severity: 'low' as const } : {}),
            message: `\`${name}\` may be nothing, by line ${given.line}, and is read without asking`,
          } satisfies Hit;
          break;
        }
      }
    }
  },
};

/** Every name that a statement with a search gives something: only these may hold nothing. */
function doubtfulNames(source: SourceFile): Set<string> {
  const names = new Set<string>();
  for (const { code, number } of source.lines)
    if (code.includes('(') && SEARCH.test(code)) {
      const statement = statementAt(number, source).code;
      for (const [name] of statement.slice(0, Math.max(0, statement.lastIndexOf('='))).matchAll(/[a-z_$][\w$]*/g))
        names.add(name);
    }
  return names;
}

/** The calls that MAYBE knows. */
const SEARCH =
  /\b(?:find|exec|querySelector|getElementById|closest|find(?:One|Unique|First|ById)|match|search|fullmatch|get\w*|header|which|first|next|fetchone|(?:scalar_)?one_or_none|getmodule)\(/;

/** Between the two lines, or on the second, something asks for the name. */
export function isAsked(
  name: string,
  { from, line, source }: { from: number; line: SourceLine; source: SourceFile },
): boolean {
  const word = new RegExp(String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}(?![\w$])`);
  for (let at = from; at <= line.number; at += 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (!word.test(code)) continue;
    if (at > from && ASKS.test(code)) return true;
    if (at === from && /\bif\b|\bwhile\b|:=.*;|&&|\?/.test(code.replace(/\bfor \w+ in .*$/, ''))) return true;
    if (
      at > from &&
      at < line.number &&
      new RegExp(String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}(?:\.|\[)`).test(code)
    )
      return true;
  }
  return false;
}

const ASKS =
  /\b(?:if|elif|unless|while|assert\w*|not|and|or|is|in|expect|require\w*|invariant|ensure|isinstance|Objects\.\w+|Optional\.\w+)\b|\?|&&|\|\||!==?|===?|!\w|\b(?:throw|raise)\b/;

const OPTIONAL = /[(,]\s*(?:(?:private|public|readonly) )*([A-Za-z_$][\w$]*)\?\s*:/g;

/** A parameter that callers may leave out is read from without a question. */
const optional: Rule = {
  id: 'code/missing-default',
  severity: 'medium',
  remedy: 'Say what happens when there is none.',
  languages: ['typescript', 'tsx'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['typescript', 'tsx']))
      for (const block of source.blocks().all) {
        if (block.kind !== 'function') continue;
        for (const [, name = ''] of block.header.matchAll(OPTIONAL)) {
          const first = firstUse(name, block.open + 1, { to: block.end, source });
          if (!first || !source.isAdded(first.number) || ASKS.test(first.code)) continue;
          if (new RegExp(String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}\.[A-Za-z_$]`).test(first.code))
            yield {
              file: source.path,
              line: first.number,
              message: `\`${name}\` may be left out by the caller, and is read without asking`,
            } satisfies Hit;
        }
      }
  },
};

function firstUse(
  name: string,
  from: number,
  { to, source }: { to: number; source: SourceFile },
): SourceLine | undefined {
  const word = new RegExp(String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}(?![\w$?])`);
  for (let at = from; at <= to; at += 1) {
    const line = source.lineAt(at);
    if (line && word.test(line.code)) return line;
  }
  return undefined;
}

/** What Java answers with null, and a read from it. */
const NULLABLE = new RegExp(
  [
    String.raw`(?<![\w.])\w*(?:[mM]ap|[cC]ache|prices|[iI]ndex|By\w+)\.get\([^()]*\)`,
    String.raw`\b\w*(?:req|[rR]equest|exchange|[mM]essage)(?:\(\))?\.get(?:Parameter|Header|QueryString|PathInfo|Attribute|ContentType|Cookies|ParameterValues|RemoteUser|UserPrincipal|HeaderField)\([^()]*\)`,
    String.raw`\bSystem\.(?:getenv|getProperty)\([^(),]*\)`,
    String.raw`\b\w*[rR]eader\.readLine\(\)`,
    String.raw`\bgetResource(?:AsStream)?\([^()]*\)`,
  ]
    .map((call) => String.raw`${call}(?:\.\w+\(|\[)`)
    .join('|'),
);
const STRAIGHT: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      /\bdocument\.(?:querySelector|getElementById)\([^()]*\)\.(?=\w)|\.(?:closest|getAttribute)\([^()]*\)\.(?=\w)|(?:[hH]eaders|searchParams|[cC]ookies|[fF]ormData)\.get\([^()]*\)\.(?=\w)|Storage\.getItem\([^()]*\)\.(?=\w)/,
    ]),
  ),
  python:
    /(?<!\bpl\.\w+\([^()]*\)|group_?by\([^()]*\))\.(?:first|one_or_none|scalar_one_or_none)\(\)\.(?=[a-z])|\bnext\(.*,\s*None\)\.(?=[a-z])/,
  java: NULLABLE,
};

/** The same call is compared with nothing on the line or above it in the function. */
function isHeldAgainstNothing(line: SourceLine, read: string, source: SourceFile): boolean {
  const call = read.replace(/(?:\.\w*\(?|\[)$/, '');
  const from = functionAround({ line: line.number, source })?.open ?? 1;
  return source.lines
    .slice(Math.max(from - 1, line.number - 12), line.number)
    .some(
      ({ code }) =>
        code.includes(call) &&
        /[!=]= ?null\b|\b(?:hasText|isBlank|isEmpty|isNotBlank|isNotEmpty|requireNonNull|ofNullable)\b/.test(code),
    );
}

/** Read straight from a search: `map.get(id).amount`, `document.querySelector('#a').focus()`. */
const straight: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Say what happens when there is none.',
  languages: [...SCRIPTS, 'python', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, straight.languages))
      for (const line of source.added) {
        if (!line.code.includes(').')) continue;
        const typed = STRAIGHT[source.language.name]?.exec(line.code) ?? mapRead(line, source);
        if (!typed || line.startsIn !== 'code' || source.isTestLine(line.number)) continue;
        const near = [1, 2, 3, 4].map((back) => source.lineAt(line.number - back)?.code ?? '').join('\n');
        if (isHeldAgainstNothing(line, typed[0], source)) continue;
        if (/\.(?:has|containsKey|computeIfAbsent|putIfAbsent|set|put)\(|keySet\(\)|\.keys\(\)/.test(near + line.code))
          continue;
        yield {
          file: source.path,
          line: line.number,
          message: `There may be none: \`${shorten(line.text.slice(typed.index, typed.index + typed[0].length))}\``,
        } satisfies Hit;
      }
  },
};

/** A whole expression is `name.get(…)`, and the file says that the name is a Map. */
function isOfMap(code: string, source: SourceFile): boolean {
  if (!SCRIPTS.some((name) => name === source.language.name)) return false;
  const name = /^\s*(?:this\.#?)?([a-z]\w*)\.get\([^()]*\);?\s*$/.exec(code)?.[1];
  return (
    name !== undefined &&
    new RegExp(String.raw`\b${name}\s*(?::\s*(?:Readonly)?Map<|(?::[^=\n]+)?=\s*new Map\b)`).test(source.text)
  );
}

/** `name.get(…).x` where the file says that the name is a Map. */
function mapRead(line: SourceLine, source: SourceFile): RegExpExecArray | undefined {
  const match = /(?<![\w$.])(?:this\.)?([a-z#]\w*)\.get\([^()]*\)\.(?=\w)/.exec(line.code);
  const name = match?.[1];
  if (!match || name === undefined) return undefined;
  return new RegExp(
    String.raw`\b${name.replace('#', '')}\s*(?::\s*(?:Readonly)?Map<|=\s*new Map\b)|\bMap<[^()]*>\s+${name}\b`,
  ).test(source.text)
    ? match
    : undefined;
}

/** Values that may be nothing, followed through the names of a function. */
export const absentRules: readonly Rule[] = [unasked, optional, straight];
