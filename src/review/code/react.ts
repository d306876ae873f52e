import { SCRIPTS } from '../read/language.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const asyncEffect = lineRule({
  id: 'code/async-callback',
  severity: 'medium',
  languages: SCRIPTS,
  pattern: /\buse(?:Layout|Insertion)?(?:Effect|Memo)\(\s*async\b/,
  message: 'React takes the promise for what tidies up: `$&`',
  remedy: 'Call an asynchronous function inside of it.',
});

const STATE = /\bconst \[\s*([a-z]\w*)\s*,\s*(set[A-Z]\w*)\s*\]\s*=\s*(?:React\.)?useState\b/g;
const states = linesLike(/\.(?:push|pop|shift|unshift|splice|sort|reverse|fill|set|add|delete|clear)\(|\w\s*=(?!=)/);

/** State of React that is changed where it lies: nothing is drawn anew. */
const changedState: Rule = {
  id: 'code/wrong-call',
  severity: 'medium',
  remedy: 'Hand a changed copy to the setter.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      if (!source.text.includes('useState')) continue;
      const names = [...source.text.matchAll(STATE)].map(([, name = '']) => name);
      if (names.length === 0) continue;
      const changes = new RegExp(
        `(?<![\\w$.])(${names.join('|')})(?:\\.(?:push|pop|shift|unshift|splice|sort|reverse|fill)\\(|(?:\\.\\w+|\\[[^\\]]+\\])+\\s*(?:[+-]?=(?!=)|\\+\\+))`,
      );
      for (const line of states(source)) {
        const name = changes.exec(line.code)?.[1];
        if (name !== undefined)
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is state: what changes it in place is not drawn`,
          } satisfies Hit;
      }
    }
  },
};

/** What React does not do although it looks so. */
export const reactRules: readonly Rule[] = [asyncEffect, changedState];
