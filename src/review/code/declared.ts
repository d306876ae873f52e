import { functionAround, givenTo } from '../read/flow.ts';
import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { sourcesOf, type Hit, type Rule } from '../rules.ts';
import { isAsked } from './absent.ts';

/** How the head of a function says that it may answer with nothing. */
const SAYS: Partial<Record<LanguageName, RegExp>> = {
  python: /->\s*["']?(?:Optional\[|typing\.Optional\[|.*\|\s*None\b|None\s*\|)/,
  typescript: /\)\s*:\s*(?:[\w.<>[\]]+\s*\|\s*)+(?:undefined|null)\s*(?:=>)?$/,
  tsx: /\)\s*:\s*(?:[\w.<>[\]]+\s*\|\s*)+(?:undefined|null)\s*(?:=>)?$/,
};

/** How its body shows it. */
const SHOWS: Partial<Record<LanguageName, RegExp>> = {
  java: /^\s*return null;|^\s*return (?:this\.)?(\w+)\.get\([^()]*\);/,
  python: /^\s*return [\w.]+\.get\([^(),]*\)$/,
  ...Object.fromEntries(
    SCRIPTS.map((name) => [name, /^\s*(?:if\s*\(.*\)\s*)?return (?:null|undefined);?$|^\s*return [\w$.]+\.find\(/]),
  ),
};

const NAME =
  /(?:\bdef|\bfunction\*?)\s+(\w+)|^\s*(?:(?:public|protected|private|static|final|async|override|[A-Z][\w<>,? ]*)\s+)*([a-z]\w*)\s*\(/;

/** The functions of a file that may answer with nothing, all of that name. */
function optionals(source: SourceFile): string[] {
  const may = new Set<string>();
  const always = new Set<string>();
  const [says, shows] = [SAYS[source.language.name], SHOWS[source.language.name]];
  for (const block of source.blocks().all) {
    const found = block.kind === 'function' ? NAME.exec(block.header) : null;
    const name = found?.[1] ?? found?.[2];
    if (name === undefined) continue;
    const body = shows && !/->/.test(block.header) ? source.lines.slice(block.open, block.end) : [];
    const isOptional =
      says?.test(block.header.trim()) === true ||
      body.some(({ code }) => {
        const shown = shows?.exec(code);
        return shown?.[1] === undefined ? Boolean(shown) : isMap(shown[1], source);
      });
    (isOptional ? may : always).add(name);
  }
  return [...may].filter((name) => !always.has(name));
}

function isMap(name: string, { text }: SourceFile): boolean {
  return new RegExp(String.raw`\b\w*Map<[^;=()]*>\s+${name}\b`).test(text);
}

/** The answer of a function of this very file is read from, though it may be nothing. */
const ownAnswer: Rule = {
  id: 'code/missing-result',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Say what happens when there is none.',
  languages: [...SCRIPTS, 'python', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ownAnswer.languages, ['product', 'script'])) {
      const names = source.added.length === 0 ? [] : optionals(source);
      if (names.length === 0) continue;
      const call = String.raw`(?:self\.|cls\.|this\.)?(?:${names.join('|')})\((?:[^()]|\([^()]*\))*\)`;
      const [straight, given] = [
        new RegExp(String.raw`(?<![\w$.])${call}(?:\.(?=[A-Za-z_])|\[)`),
        new RegExp(String.raw`^(?:await )?${call}$`),
      ];
      const isGiven = new RegExp(String.raw`=\s*(?:await )?${call}`);
      const keeps = source.lines.some(({ code }) => isGiven.test(code));
      // Where types are checked, or tell nothing, it is a hint.
      const severity = source.language.name === 'python' && source.text.includes('->') ? 'medium' : 'low';
      for (const line of source.added) {
        if (line.startsIn !== 'code' || source.isTestLine(line.number)) continue;
        const held = keeps ? readUnasked(line, { source, given }) : undefined;
        const name = straight.test(line.code) ? 'It' : held;
        if (name === undefined || /\b(?:assert|isinstance)\b/.test(line.code)) continue;
        const message = `${name} may be nothing, as its function says, and is read without asking`;
        yield { file: source.path, line: line.number, severity, message } satisfies Hit;
      }
    }
  },
};

const READ = /(?<![\w$.?])([a-z_]\w*)(?:\.(?=[A-Za-z_])|\[)/g;

/** A name that was given such an answer and is read before anything asks for it. */
function readUnasked(line: SourceLine, { source, given }: { source: SourceFile; given: RegExp }): string | undefined {
  for (const [, name = ''] of line.code.matchAll(READ)) {
    if (/^(?:self|this|cls|super)$/.test(name)) continue;
    const value = givenTo(name, { line: line.number, source });
    if (!value || !given.test(value.code.trim())) continue;
    if (value.line < (functionAround({ line: line.number, source })?.open ?? 1)) continue;
    if (!isAsked(name, { from: value.line, line, source })) return `\`${name}\``;
  }
  return undefined;
}

/** What the functions of a file say of their answers, held against how the file uses them. */
export const declaredRules: readonly Rule[] = [ownAnswer];
