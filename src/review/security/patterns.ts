import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const NESTED = /\((?:[^()\\]|\\.)*[\w\])](?:[+*]|\{\d+,\})\??(?:\\s\??|\s\?|\\w\??)?\)(?:[+*]|\{\d+,\})/;
const patterns = linesLike(/\)\+|\)\*|\)\{/);

/** A pattern in which a repeated part repeats itself: some texts take it for ever. */
const explosive: Rule = {
  id: 'security/slow-pattern',
  severity: 'medium',
  remedy: 'Let each character be matched in one way only.',
  languages: [...SCRIPTS, 'python', 'java', 'kotlin', 'ruby', 'php'],
  *find(reading) {
    for (const source of sourcesOf(reading, explosive.languages))
      for (const line of patterns(source)) {
        const literal =
          /\/((?:[^/\\\n]|\\.)+)\/[dgimsuvy]*(?=[\s.,;)\]]|$)/.exec(line.raw)?.[1] ??
          /(?:compile|RegExp|match|matches|search|fullmatch|findall|sub)\(\s*r?["'`](.*?)["'`]\s*[,)]/.exec(
            line.raw,
          )?.[1];
        if (
          literal !== undefined &&
          NESTED.test(literal) &&
          /\$$|\$\)|\\[bzZ]$|[@.\\\w]$/.test(literal) &&
          line.comment.trim() === '' &&
          !source.isTestLine(line.number)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `Some texts take this pattern for ever: \`${shorten(literal)}\``,
          } satisfies Hit;
      }
  },
};

/** A recursive merge that takes every name, `__proto__` among them. */
const pollution: Rule = {
  id: 'security/prototype-pollution',
  severity: 'medium',
  remedy: 'Leave out `__proto__`, `constructor` and `prototype`, or use Object.hasOwn with a Map.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const block of source.blocks().all) {
        const key =
          block.kind === 'loop' ? /^for \(\s*(?:const|let|var) (\w+) (?:in|of)\b/.exec(block.header)?.[1] : undefined;
        const fn = key === undefined ? undefined : functionAround({ line: block.start, source });
        const name = /(?:function\*? |const |^)([\w$]+)\s*(?:=|\()/.exec(fn?.header ?? '')?.[1];
        if (key === undefined || !fn || name === undefined) continue;
        const body = source.lines.slice(fn.open, fn.end);
        const text = body.map(({ code }) => code).join('\n');
        const own = new RegExp(`\\b${name}\\(\\s*[\\w$]+\\[${key}\\]`);
        const line = body.find(({ code, number }) => source.isAdded(number) && own.test(code));
        if (
          line &&
          new RegExp(`\\w\\[${key}\\] = `).test(text) &&
          !/__proto__|hasOwn|Object\.create\(null\)|prototype|isSafe|allowed/i.test(
            text + body.map((one) => one.text).join(''),
          )
        )
          yield {
            file: source.path,
            line: line.number,
            message: 'A name such as `__proto__` changes all objects of the program',
          } satisfies Hit;
      }
  },
};

/** Patterns and merges that somebody's words turn against the program. */
export const patternRules: readonly Rule[] = [explosive, pollution];
