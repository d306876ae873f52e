import { argumentsOf, functionsAround, givenTo } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { statementAt } from '../read/statements.ts';

/** `'Hello ${name}'` in plain quotes, `"Hello {name}"` without its f: the name is shown and not its value. */
const plainQuotes: Rule = {
  id: 'code/plain-quotes',
  severity: 'medium',
  remedy: 'Use a template: backticks, or an f before the quote.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python']))
      for (const line of source.added) {
        const names = source.language.name === 'python' ? pythonNames(line) : scriptNames(line);
        if (!names || line.startsIn !== 'code' || !names.every((name) => isInScope(name, line, source))) continue;
        if (
          /\.format\b|\bformat_map\b|\bTemplate\b|\btemplate\b|\btr?\(|\b_\(|gettext|replace\(/i.test(
            statementAt(line.number, source).code,
          )
        )
          continue;
        if (source.language.name === 'python' && source.text.includes('.format(')) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `The text shows \`${names[0]}\` by its name and not its value: \`${shorten(line.text)}\``,
        } satisfies Hit;
      }
  },
};

function scriptNames({ text, code }: SourceLine): string[] | undefined {
  if (!text.includes('${')) return undefined;
  for (const match of text.matchAll(/(["'])((?:(?!\1)[^\\])*\$\{[A-Za-z_$][\w$.]*\}(?:(?!\1)[^\\])*)\1/g))
    if (code[match.index] === match[1] && code[match.index + 1] === '·')
      return [...(match[2] ?? '').matchAll(/\$\{([A-Za-z_$][\w$]*)/g)].map(([, name = '']) => name);
  return undefined;
}

function pythonNames({ text, code }: SourceLine): string[] | undefined {
  if (!text.includes('{')) return undefined;
  for (const match of text.matchAll(/(?<![\w"'])(["'])((?:(?!\1)[^\\])*\{[a-z_]\w*\}(?:(?!\1)[^\\])*)\1(?!["'])/g)) {
    const before = text.slice(0, match.index);
    if (
      code[match.index] === match[1] &&
      /\b(?:return|print|raise \w+|log\w*\.\w+|message|msg|text|error|url|path)\b\s*(?:=|\(|\s)\s*\(?$/.test(before)
    )
      return [...(match[2] ?? '').matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  }
  return undefined;
}

function isInScope(name: string, line: SourceLine, source: SourceFile): boolean {
  const word = new RegExp(String.raw`[(,\s*]${name.replaceAll('$', '\\$')}\s*[,:=)?]`);
  const place = { line: line.number, source };
  const own = source.blocks().around(line.number).length === 0 ? line.code.slice(0, line.code.search(/["']/)) : '';
  return (
    word.test(own) ||
    functionsAround(place).some(({ header }) => word.test(`${header} `)) ||
    givenTo(name, place) !== undefined
  );
}

const PERCENT = /%(?:%|[-+# 0]*\d*(?:\.\d+)?[a-zA-Z])/g;

/** `logger.info("%s has %d", user)`: one value is missing. */
const logArguments: Rule = {
  id: 'code/format-arguments',
  severity: 'medium',
  remedy: 'Give one value for each place in the text.',
  languages: ['python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python']))
      for (const line of source.added) {
        const call = /\b(?:\w*log(?:ger|ging)?)\.(?:debug|info|warning|error|critical|exception)\(/i.exec(line.code);
        if (!call) continue;
        const statement = statementAt(line.number, source);
        const all = argumentsOf(statement, statement.code.indexOf(call[0]) + call[0].length - 1);
        const format = /^\s*(["'])((?:(?!\1).)*)\1\s*$/.exec(all[0]?.text ?? '')?.[2];
        const given = all.slice(1).filter(({ code }) => !/^\s*\w+\s*=(?!=)/.test(code));
        if (format === undefined || /%\(/.test(format) || given.some(({ code }) => /^\s*\*/.test(code))) continue;
        const wanted = (format.match(PERCENT) ?? []).filter((place) => place !== '%%').length;
        if (wanted !== given.length && (given.length > 0 || wanted > 0) && all.length > 1)
          yield {
            file: source.path,
            line: line.number,
            message: `The text has ${wanted} places and gets ${given.length} values: \`${shorten(format)}\``,
          } satisfies Hit;
      }
  },
};

/** Texts that do not show what they were meant to. */
export const textRules: readonly Rule[] = [plainQuotes, logArguments];
