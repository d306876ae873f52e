import { functionAround, givenTo } from '../read/flow.ts';
import { SCRIPTS } from '../read/language.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const CHANGES = /(?<![\w.])([\w.]+)\.(?:remove|pop|splice|add|insert|append|push)\(|^\s*del ([\w.]+)\[/;
const changing = linesLike(CHANGES);

/** Taking elements out of the list that the loop goes through skips others, or throws. */
const shrinking: Rule = {
  id: 'code/changed-while-read',
  severity: 'medium',
  remedy: 'Go through a copy, or make a new list of what stays.',
  languages: ['python', 'java', ...SCRIPTS],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'java', ...SCRIPTS]))
      for (const line of changing(source)) {
        const [, called, deleted] = CHANGES.exec(line.code) ?? [];
        const name = called ?? deleted;
        if (name === undefined || source.isTestLine(line.number)) continue;
        const loop = source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'loop' || kind === 'function');
        const over = /(?:\b(?:in|of)|:)\s+([\w.]+)(?:\.(?:items|keys|values|keySet|entrySet)\(\))?\s*\)?\s*$/.exec(
          loop?.header ?? '',
        )?.[1];
        const next = source.lineAt(line.number + 1)?.code ?? '';
        if (
          loop?.kind === 'loop' &&
          over === name &&
          !/^\s*(?:break|return)\b/.test(next) &&
          !/\b(?:break|return)\b/.test(line.code)
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${shorten(name)}\` changes while the loop goes through it`,
          } satisfies Hit;
      }
  },
};

const END = String.raw`(len\([\w.]+\)|[\w.]+\.(?:length(?:\(\))?|size\(\)|len\(\)|Length|Count)|\w+)`;
/** A counter that takes the end in: it stops there, or begins there and counts down. */
const TAKES_END_IN = new RegExp(
  [
    String.raw`\bfor\s*\(?\s*(?:(?:let|var|int|size_t|auto)\s+)?(\w+)\s*:?=\s*[01]\s*[;,].*?\b\1\s*(?:<=\s*${END}|<\s*${END}\s*\+\s*1)\s*;`,
    String.raw`\bfor\s*\(?\s*(?:(?:let|var|int|size_t|auto)\s+)?(\w+)\s*:?=\s*${END}\s*;\s*\4\s*(?:>=?|!=)\s*-?[01]\s*;`,
    String.raw`\bfor (\w+) in (?:range\(\s*${END}\s*\+\s*1\s*\)|range\(\s*${END}\s*,\s*-?[01]\s*,\s*-1\s*\)|\(?[01]\.\.=\s*${END})`,
  ].join('|'),
);
const LENGTH = /^(?:len\([\w.]+\)|[\w.]+\.(?:length(?:\(\))?|size\(\)|len\(\)|Length|Count))$/;

/** `i <= last` where `last` is the length, and a count down from it: one turn reads what is not there. */
const pastLength: Rule = {
  id: 'code/out-of-bounds',
  severity: 'medium',
  remedy: 'The last index is the length minus one; better go through the elements.',
  languages: [...SCRIPTS, 'python', 'go', 'rust', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, pastLength.languages))
      for (const line of counting(source)) {
        const [index, end] = (TAKES_END_IN.exec(line.code)?.slice(1) ?? []).filter((part) => part !== undefined);
        if (index === undefined || end === undefined || source.isTestLine(line.number)) continue;
        const given = LENGTH.test(end) ? end : givenTo(end, { line: line.number, source })?.code.trim();
        const own = new RegExp(`,\\s*${end.replace(/\W/g, '\\$&')}\\s*=\\s*([\\w.()]+)\\s*;`).exec(line.code)?.[1];
        if (!LENGTH.test(own ?? given ?? '')) continue;
        const list = (own ?? given ?? '').replace(/^len\(|\)$|\.(?:length\(?|size\(|len\(|Length|Count)\)?$/g, '');
        const reads = new RegExp(
          `(?<![\\w.])${list.replaceAll('.', '\\.')}(?:\\[${index}\\]|\\.(?:get|charAt|at)\\(${index}\\))`,
        );
        if (source.lines.slice(line.number - 1, line.number + 8).some(({ code }) => reads.test(code)))
          yield {
            file: source.path,
            line: line.number,
            message: `One turn of the loop reads \`${shorten(list)}\` one past its end`,
          } satisfies Hit;
      }
  },
};
const counting = linesLike(/\bfor\b/);

/** `items[i + 1]` in a loop that goes to the end. */
const onePast: Rule = {
  id: 'code/out-of-bounds',
  severity: 'medium',
  remedy: 'Let the loop end one earlier.',
  languages: ['python', 'go', 'rust', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'go', 'rust', 'java']))
      for (const block of source.blocks().all) {
        const head =
          /\bfor (\w+) in (?:range\(len\((\w+)\)\)|0\.\.(\w+)\.len\(\))\s*$|\bfor (\w+) := range (\w+)$|\bfor \(?(?:int )?(\w+) :?= 0; \6 < (?:len\((\w+)\)|(\w+)\.(?:length|size\(\)));/.exec(
            block.header,
          );
        const [index, list] = (head?.slice(1) ?? []).filter((part) => part !== undefined);
        if (block.kind !== 'loop' || index === undefined || list === undefined) continue;
        const body = source.lines.slice(block.open, block.end);
        const past = body.find(({ code }) =>
          new RegExp(`(?<![\\w.])${list}\\[${index} ?\\+ ?1\\]|(?<![\\w.])${list}\\.get\\(${index} ?\\+ ?1\\)`).test(
            code,
          ),
        );
        const asked = body.some(
          ({ code, number }) =>
            past &&
            number <= past.number &&
            (number < past.number
              ? /\b(?:if|while|elif|try|break|match|switch)\b/
              : new RegExp(`\\b${index}\\b.*(?:<|==|!=).*(?:len|length|size)|&&|\\band\\b`)
            ).test(code),
        );
        if (!past || asked || !(source.isAdded(past.number) || source.isAdded(block.start))) continue;
        yield {
          file: source.path,
          line: source.isAdded(block.start) ? block.start : past.number,
          message: `The last turn of the loop reads \`${list}[${index} + 1]\`, which is not there`,
        } satisfies Hit;
      }
  },
};

const REMOVES = /(?<![\w.])([\w.]+)\.(?:splice|remove|removeAt|RemoveAt|pop)\(\s*(\w+)\b|^\s*del ([\w.]+)\[(\w+)\]/;
const removing = linesLike(REMOVES);

/** `for (i = 0; i < list.length; i++) list.splice(i, 1)`: the element after the removed one is passed over. */
const skipping: Rule = {
  id: 'code/changed-while-read',
  severity: 'medium',
  remedy: 'Go from the end to the beginning, or make a new list of what stays.',
  languages: [...SCRIPTS, 'python', 'java', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'csharp']))
      for (const line of removing(source)) {
        const [list, index] =
          REMOVES.exec(line.code)
            ?.slice(1)
            .filter((part) => part !== undefined) ?? [];
        const loop = source
          .blocks()
          .around(line.number)
          .find(({ kind }) => kind === 'loop' || kind === 'function');
        const head =
          /\bfor (\w+) in range\(\s*len\(([\w.]+)\)\s*\)|\bfor \(?\s*(?:let|var|int)?\s*(\w+) = 0; \3 < ([\w.]+?)\.(?:length|size\(\)|Count);.*\+\+/.exec(
            loop?.header ?? '',
          );
        const [counter, through] = head?.slice(1).filter((part) => part !== undefined) ?? [];
        if (index === undefined || counter !== index || through !== list || source.isTestLine(line.number)) continue;
        const near = [0, 1, 2]
          .filter((step) => line.number + step < (loop?.end ?? 0))
          .map((step) => source.lineAt(line.number + step)?.code ?? '')
          .join(' ');
        if (new RegExp(`\\b${index}--|--${index}\\b|\\b${index} -= 1|\\b(?:break|return)\\b`).test(near)) continue;
        yield {
          file: source.path,
          line: line.number,
          message: `What follows the removed element of \`${shorten(list ?? '')}\` is passed over`,
        } satisfies Hit;
      }
  },
};

/** `for (const value in list)`: these are the places of an array, not what it holds. */
const placesOnly: Rule = {
  id: 'code/wrong-call',
  severity: 'medium',
  remedy: 'Use for…of.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const block of source.blocks().all) {
        const list = /^for \(\s*(?:const|let|var) [\w$]+ in ([A-Za-z_$][\w$]*)\s*\)$/.exec(block.header)?.[1];
        if (list === undefined || !source.isAdded(block.start)) continue;
        const given = givenTo(list, { line: block.start, source })?.code ?? '';
        const typed = new RegExp(
          `[(,]\\s*${list.replaceAll('$', '\\$')}\\??\\s*:\\s*(?:readonly )?(?:[\\w<>.]+\\[\\]|Array<)`,
        ).test(functionAround({ line: block.start, source })?.header ?? '');
        if (/^\s*\[|\.(?:split|map|filter|slice|concat|values)\([^]*\)\s*$|^Array\b/.test(given) || typed)
          yield {
            file: source.path,
            line: block.start,
            message: `This goes through the places of \`${list}\`, not through what it holds`,
          } satisfies Hit;
      }
  },
};

/** A loop whose first turn always leaves it. */
const onlyOnce: Rule = {
  id: 'code/single-turn',
  severity: 'medium',
  remedy: 'Leave after the loop, or only when something is found.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const block of source.language.programs ? source.blocks().all : []) {
        if (block.kind !== 'loop' || block.end - block.open < 2 || /^(?:while|do|loop)\b/.test(block.header)) continue;
        const body = source.lines
          .slice(block.open, source.language.blocks === 'indent' ? block.end : block.end - 1)
          .filter(({ code }) => code.trim() !== '');
        if (!body.some(({ number }) => source.isAdded(number)) || source.isTestLine(block.start)) continue;
        const indent = body[0]?.code.search(/\S/) ?? 0;
        const top = body
          .filter(({ code }) => code.search(/\S/) === indent)
          .map(({ code, number }) => ({ code: code.trim(), number }));
        if (
          body.some(({ code }) => /\bcontinue\b|\byield\b/.test(code)) ||
          /^(?:case|default)\b/.test(top[0]?.code ?? '')
        )
          continue;
        const branches =
          /^if\b/.test(top[0]?.code ?? '') && top.slice(1).some(({ code }) => /^\}? ?else\b(?! ?if)/.test(code));
        const last = body.at(-1);
        const inner = body.filter(({ code }) => code.search(/\S/) > indent && !/^\s*[})]/.test(code));
        const leaves =
          branches &&
          top.every(({ code }) => /^(?:if\b|elif\b|\}? ?else\b|\}$)/.test(code)) &&
          inner.length === top.filter(({ code }) => /\bif\b|\bif\b|\belse\b|\belif\b/.test(code)).length &&
          inner.every(({ code }) => /^\s*(?:return|break|raise|throw)\b/.test(code));
        if (last && leaves)
          yield {
            file: source.path,
            line: last.number,
            message: `The first turn always leaves this loop: \`${shorten(block.header)}\``,
          } satisfies Hit;
      }
  },
};

const FIRST = /(?<![\w$.])([a-z_$][\w$]*)(?:\[(?:-1|\d+|(?:len\(\1\)|\1\.(?:length|len\(\)))\s*-\s*1)\]|\.get\(0\))/;
const firsts = linesLike(/\[-?\d+\]|1\]|\.get\(0\)/);

/** The first or last of a list that was handed over, and nobody asked whether there is one. */
const unasked: Rule = {
  id: 'code/out-of-bounds',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Say what happens when it is empty.',
  languages: [...SCRIPTS, 'python', 'go', 'rust', 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, unasked.languages))
      for (const line of firsts(source)) {
        const name = /\[|\.get\(/.test(line.code) ? FIRST.exec(line.code)?.[1] : undefined;
        const fn = name === undefined ? undefined : functionAround({ line: line.number, source });
        if (name === undefined || !fn || source.isTestLine(line.number)) continue;
        const word = name.replaceAll('$', '\\$');
        if (!new RegExp(`[(,&\\s]${word}\\s*(?:[?:,)]|\\s&?\\[|\\[)`).test(fn.header.slice(fn.header.indexOf('('))))
          continue;
        const before = source.lines.slice(fn.open, line.number).map(({ code }) => code);
        const asks = new RegExp(
          `\\b(?:if|while|for|assert|elif|match|switch|when|try|not|len|require\\w*|check\\w*|ensure\\w*|unless)\\b.*\\b${word}\\b|\\b${word}\\b.*(?:&&|\\?|\\|\\||\\band\\b|\\bor\\b|\\.length|\\.len\\(|\\.size|is_?[eE]mpty)`,
        );
        if (!before.some((code, at) => asks.test(at === before.length - 1 ? code.replace(FIRST, name) : code)))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` may hold less, and then this reads what is not there`,
          } satisfies Hit;
      }
  },
};

/** Loops that change what they go through, go past its end, or do not go through it. */
export const loopRules: readonly Rule[] = [pastLength, shrinking, onePast, unasked, skipping, placesOnly, onlyOnce];
