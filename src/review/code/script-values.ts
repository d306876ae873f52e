import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from '../rules.ts';

const UNSET = /^\s*let\s+([\w$]+)(?:\s*:\s*[\w<>[\]| ]+)?;?\s*$/;

/** `let total; … total += n`: nothing and a number are no number. */
const unset: Rule = {
  id: 'code/missing-default',
  severity: 'medium',
  remedy: 'Give it the value to begin with.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const line of source.added) {
        const name = UNSET.exec(line.code)?.[1]?.replaceAll('$', '\\$');
        const fn = name === undefined ? undefined : functionAround({ line: line.number, source });
        if (name === undefined || !fn) continue;
        const uses = source.lines
          .slice(line.number, fn.end)
          .filter(({ code }) => new RegExp(String.raw`(?<![\w$.])${name}(?![\w$])`).test(code));
        const grows = new RegExp(String.raw`(?<![\w$.])${name}\s*(?:[+*/-]=|\+\+|--)`);
        const given = uses.some(({ code }) =>
          new RegExp(String.raw`(?<![\w$.])${name}\s*(?:\?\?|\|\|)?=(?!=)|[[{,]\s*${name}\s*[\]},].*=`).test(code),
        );
        const [first] = uses.filter(({ code }) => grows.test(code));
        if (first && !given)
          yield {
            file: source.path,
            line: first.number,
            message: `\`${name}\` has no value yet when this is added to it`,
          } satisfies Hit;
      }
  },
};

const CUT = /(?<![\w$])([\w$.]+)\.splice\(\s*\1\.(?:indexOf|findIndex|lastIndexOf)\(/;

/** What is not in the list is at -1, and that is the last one. */
const cutLast = lineRule({
  id: 'code/out-of-bounds',
  severity: 'low',
  languages: SCRIPTS,
  pattern: CUT,
  unless: ({ number, code }, source) => {
    const list = CUT.exec(code)?.[1] ?? '';
    const above = source.lines
      .slice(Math.max(0, number - 5), number)
      .map((line) => line.code)
      .join('\n');
    return above.includes(`${list}.includes(`) || /\bindexOf\(.*(?:[<>]|!==?)/.test(above);
  },
  message: 'Without a place in the list this takes out the last one',
  remedy: 'Ask whether it is in the list.',
});

const OPTIONAL = /\b([a-z]\w*)\?\s*:/g;

/** What the types of a file say may be missing. */
function optionalFields({ text }: SourceFile): string[] {
  return [...new Set([...text.matchAll(OPTIONAL)].map(([, name = '']) => name))];
}

/** Another type of the file says that it must be there. */
function isRequired(name: string, { text }: SourceFile): boolean {
  return new RegExp(String.raw`^\s*(?:readonly\s+)?${name}\s*:\s*\w`, 'm').test(text);
}

/** `user.tags.length` where the type says `tags?`. */
const optionalRead: Rule = {
  id: 'code/missing-default',
  severity: 'low',
  remedy: 'Say what happens when there is none.',
  languages: ['typescript', 'tsx'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['typescript', 'tsx'])) {
      const names = source.text.includes('?:') ? optionalFields(source) : [];
      if (names.length === 0) continue;
      const read = new RegExp(String.raw`(?<=[\w\])])\.(${names.join('|')})!?(?:\.(?=[A-Za-z_])|\[)`);
      for (const line of source.added) {
        const name = line.startsIn === 'code' ? read.exec(line.code)?.[1] : undefined;
        if (name === undefined || source.isTestLine(line.number) || isRequired(name, source)) continue;
        const fn = functionAround({ line: line.number, source });
        const above = source.lines.slice(fn ? fn.open - 1 : line.number - 1, line.number);
        const asked = new RegExp(
          String.raw`\b(?:if|while|assert\w*|switch|typeof|in)\b.*\b${name}\b|\b${name}\s*(?:&&|\|\||\?|[!=]==?)|\b${name}\s*=(?![=>])`,
        );
        if (!above.some(({ code }) => asked.test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` may be missing, as its type says, and is read without asking`,
          } satisfies Hit;
      }
    }
  },
};

/** `this` before `super()` in the constructor of a class that extends another. */
const thisTooEarly: Rule = {
  id: 'code/lost-this',
  severity: 'high',
  remedy: 'Call super() first.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const block of source.blocks().all) {
        if (!/^constructor\b/.test(block.header.trim()) || !/\bextends\b/.test(block.parent?.header ?? '')) continue;
        const body = source.lines.slice(block.open, block.end);
        const calls = body.find(({ code }) => /\bsuper\(/.test(code));
        const early = body.find(({ code, number }) => /^\s*this\./.test(code) && calls && number < calls.number);
        if (early && source.isAdded(early.number))
          yield { file: source.path, line: early.number, message: '`this` is not there before super()' } satisfies Hit;
      }
  },
};

/** Values of scripts that are not there yet, or need not be there. */
export const scriptValueRules: readonly Rule[] = [unset, cutLast, optionalRead, thisTooEarly];
