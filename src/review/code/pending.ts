import { SCRIPTS } from '../read/language.ts';
import { lineRule, type Rule } from '../rules.ts';

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

/** Promises that are taken for what they promise. */
export const pendingRules: readonly Rule[] = [listOfPromises, listener];
