import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { asyncNames } from './promises.ts';

/** A list of promises is asked as if it were one of values. */
const listOfPromises = lineRule({
  id: 'code/async-callback',
  severity: 'medium',
  languages: SCRIPTS,
  pattern:
    /\.map\(\s*async\b.*\)\.(?:filter|find|findIndex|some|every|reduce|sort|toSorted|join|flat|flatMap|includes|map|forEach|length)\b/,
  unless: ({ code }) => /\b(?:all|allSettled|race|any|pMap|mapLimit)\(/.test(code),
  message: 'What comes out of the asynchronous function are promises, and they are used as values',
  remedy: 'Await Promise.all of them first.',
});

/** A handler that nobody waits for: what it throws ends the process. */
const listener = lineRule({
  id: 'code/async-callback',
  severity: 'low',
  languages: SCRIPTS,
  pattern:
    /\.(?:on|once|addListener|addEventListener)\([^,()]+,\s*async\b|\bset(?:Timeout|Interval|Immediate)\(\s*async\b/,
  unless: ({ number, code }, source) => {
    const [block] = source.blocks().all.filter(({ start }) => start === number);
    const body = source.lines.slice(number, block?.end ?? number);
    return /\bcatch\b/.test(code) || body.some((line) => /\bcatch\b|\btry\b/.test(line.code));
  },
  message: 'Nobody waits for this handler: what fails in it is caught by nobody',
  remedy: 'Catch what may fail in it.',
});

const GIVEN = /^\s*(?:const|let|var)\s+([\w$]+)\s*=\s*((?:this\.)?#?[\w$]+)\(.*\);?\s*$/;

/** `const config = readConfig(); config.port`: the answer is still to come. */
const notYet: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await the call.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS)) {
      const names = asyncNames(source.lines, false);
      for (const line of names.size === 0 ? [] : source.added) {
        const [, name = '', called = ''] = GIVEN.exec(line.code) ?? [];
        const fn = name !== '' && names.has(called) ? functionAround({ line: line.number, source }) : undefined;
        if (!fn) continue;
        const word = name.replaceAll('$', '\\$');
        const rest = source.lines.slice(line.number, fn.end);
        const waits = new RegExp(
          String.raw`\b(?:await|return|all\w*|race|any)\b.*(?<![\w$.])${word}(?![\w$])|(?<![\w$.])${word}\.(?:then|catch|finally)\b|[[,]\s*${word}\s*[\],]`,
        );
        const reads = new RegExp(
          String.raw`(?<![\w$.])${word}(?:\.(?!then\b|catch\b|finally\b)[\w$]|\[)|\.\.\.${word}(?![\w$])`,
        );
        if (rest.some(({ code }) => reads.test(code)) && !rest.some(({ code }) => waits.test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is read from before it is there: \`${called}\` is asynchronous`,
          } satisfies Hit;
      }
    }
  },
};

/** Promises that are taken for what they promise. */
export const pendingRules: readonly Rule[] = [listOfPromises, listener, notYet];
