import { functionAround } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { turnsAround } from '../read/loops.ts';
import type { SourceFile } from '../read/reading.ts';
import { lineRule, type LineRule, type Rule } from '../rules.ts';

type Cost = Pick<LineRule, 'id' | 'pattern' | 'message' | 'remedy'> & Partial<LineRule> & { each?: true };

const removed = ({ change }: SourceFile): string => change.removed.map(({ text }) => text).join('\n');
const REQUEST =
  /\b(?:fetch|axios|got|request|query|execute|find(?:One|ById|Unique|First|All|Many)?|findByPk|findAndCount|insert\w*|update\w*|save|create|get(?:User|Item|Row|ById)\w*)\(/;

const COSTS: readonly Cost[] = [
  {
    id: 'performance/query-in-loop',
    pattern: /\bawait\b.*\(/,
    unless: (line, source) => {
      const loop = source
        .blocks()
        .around(line.number)
        .find(({ kind }) => kind === 'loop' || kind === 'function');
      return (
        loop?.kind !== 'loop' ||
        !/^while\b.*(?:\.length|\.size)\b/.test(loop.header) ||
        !REQUEST.test(line.code) ||
        /\b(?:shift|pop|next|page|cursor|offset|batch|retry)\b/i.test(loop.header + line.code)
      );
    },
    message: 'One query or request for each element of a loop: `$&`',
    remedy: 'Ask once for all elements.',
  },
  {
    id: 'performance/query-in-loop',
    pattern: /\.reduce\(\s*async\b.*(?:await\s+\w+\(|fetch\()/,
    message: 'One request after the other: `$&`',
    remedy: 'Ask once for all elements, or a few at a time.',
  },
  {
    id: 'performance/copy-in-loop',
    pattern: /\.reduce\(.*Object\.assign\(\s*\{\s*\},\s*\w+/,
    message: 'Everything collected so far is copied for each element',
    remedy: 'Add to one object or Map.',
  },
  {
    id: 'performance/nested-search',
    each: true,
    pattern: /\.(?:unshift\(|splice\(\s*[^,()]+,\s*(?:0|1)\b)/,
    severity: 'low',
    message: 'All that follows is moved for each element: `$&`',
    remedy: 'Push and reverse once, or filter.',
  },
  {
    id: 'performance/pattern-in-loop',
    each: true,
    pattern: /\bnew RegExp\(\s*`/,
    unless: (line, source) =>
      [...line.text.matchAll(/\$\{\s*([\w$]+)/g)].some(([, name = '']) =>
        turnsAround(line, line.code.indexOf('new RegExp'), source).some(({ names }) => names.includes(name)),
      ),
    message: 'The same pattern is compiled again for each element',
    remedy: 'Compile it once before the loop.',
  },
  {
    id: 'performance/object-in-loop',
    each: true,
    pattern: /\bnew (?:Intl\.\w+|TextDecoder|TextEncoder|Ajv)\(/,
    message: 'The same helper is made again for each element: `$&`',
    remedy: 'Make it once before the loop.',
  },
  {
    id: 'performance/nested-search',
    each: true,
    pattern: /\[\.\.\.(\w+)\]\.sort\(|\b(\w+)\.slice\(\)\.sort\(/,
    unless: (line, source) =>
      turnsAround(line, line.code.indexOf('.sort'), source).some(({ names }) =>
        names.includes(/\[\.\.\.(\w+)\]|\b(\w+)\.slice/.exec(line.code)?.[1] ?? ''),
      ),
    message: 'The same list is sorted again for each element: `$&`',
    remedy: 'Sort it once before the loop.',
  },
  {
    id: 'performance/nested-search',
    each: true,
    pattern: /\bObject\.(?:keys|values|entries)\(\s*(\w+)\s*\)\.length/,
    severity: 'low',
    message: 'All names are listed again for each element: `$&`',
    remedy: 'Keep a count, or use a Map.',
  },
  {
    id: 'performance/unbounded-work',
    each: true,
    pattern:
      /\.style\.\w+\s*=.*\.(?:offset|client|scroll)(?:Width|Height|Top|Left)|\.style\.\w+\s*=.*getBoundingClientRect/,
    message: 'The page is laid out anew for each element: `$&`',
    remedy: 'Read all sizes first, then write.',
  },
  {
    id: 'performance/unbounded-work',
    pattern: /^\s*\}\s*\);?\s*$/,
    unless: (line, source) =>
      !source.change.removed.some(
        ({ text }) =>
          /^\s*\}\s*,\s*\[[^\]]*\]\s*\);?\s*$/.test(text) &&
          text.replace(/,\s*\[[^\]]*\]/, '').trim() === line.text.trim(),
      ) || !/\buse(?:Layout)?Effect\(/.test(source.text),
    message: 'This effect runs after every render now',
    remedy: 'Name what it depends on.',
  },
  {
    id: 'performance/unbounded-read',
    pattern: /\blimit\s*:\s*['"](?:[5-9]\d|\d{3,})\s*mb['"]|\blimit\s*:\s*['"]\d+\s*gb['"]|\blimit\s*:\s*Infinity\b/i,
    view: 'text',
    message: 'A request of any size is read into memory: `$&`',
    remedy: 'Bound it to what is needed.',
  },
  {
    id: 'performance/polling',
    pattern: /^\s*while\s*\(\s*!\s*\w+\s*\)|^\s*while\s*\(\s*(?:true|1)\s*\)|^\s*for\s*\(\s*;\s*;\s*\)/,
    unless: (line, source) => {
      const block = source.blocks().all.find(({ start }) => start === line.number);
      const body = block
        ? source.lines
            .slice(block.open, block.end)
            .map(({ code }) => code)
            .join('\n')
        : '';
      return (
        !/\bawait\b.*(?:fetch|get|request|query|stat|access|status)\w*\(/.test(body) ||
        /\b(?:sleep|delay|setTimeout|wait\w*|timeout|break|return|throw|read|next)\b/.test(body)
      );
    },
    message: 'This asks again without a pause: `$&`',
    remedy: 'Wait between the tries, and give up after a while.',
  },
  {
    id: 'performance/unbounded-work',
    pattern: /=\s*\[\.\.\.|=\s*\w+\.(?:filter|map|sort|reduce)\(/,
    unless: (line, source) =>
      !/\buse(?:Memo|Callback)\(/.test(removed(source)) ||
      /\buse(?:Memo|Callback)\(/.test(line.code) ||
      !removed(source).includes(
        line.text
          .trim()
          .replace(/^const \w+ = /, '')
          .replace(/;$/, ''),
      ),
    message: 'This is worked out anew at every render: `$&`',
    remedy: 'Keep it with useMemo.',
  },
  {
    id: 'performance/blocking-call',
    pattern: /(?<![\w$.])([a-z]\w*)\(/,
    where: ({ text }) => text.includes('Sync('),
    unless: (line, source) => {
      const name = /(?<![\w$.])([a-z]\w*)\((?!.*=>)/.exec(line.code.replace(/^.*?\b(?:send|json|end)\(/, ''))?.[1];
      const fn = functionAround({ line: line.number, source });
      if (name === undefined || !fn || !/\b(?:req|request|ctx)\b/.test(fn.header)) return true;
      return !new RegExp(
        `^(?:const|function) ${name}\\b.*(?:readFileSync|execSync|writeFileSync|readdirSync|pbkdf2Sync|scryptSync)\\(`,
        'm',
      ).test(source.text);
    },
    message: 'This stops the whole server while it works: `$&`',
    remedy: 'Use the asynchronous call.',
  },
];

/** What JavaScript does for each element, at every render or for any caller, and need not. */
export const scriptCosts: readonly Rule[] = COSTS.map(({ each, ...cost }) =>
  lineRule({
    severity: 'medium',
    languages: SCRIPTS,
    ...cost,
    unless: (line, source) =>
      (each === true && turnsAround(line, Math.max(0, line.code.search(cost.pattern)), source).length === 0) ||
      (cost.unless?.(line, source) ?? false),
  }),
);
