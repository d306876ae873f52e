import { SCRIPTS } from '../read/language.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const CHANGES = /(?<![\w.])([\w.]+)\.(?:remove|pop|splice|add|insert|append|push)\(|^\s*del (\w+)\[/;
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
            new RegExp(`\\b(?:if|while|elif)\\b.*\\b${index}\\b|\\b(?:try|break)\\b|\\bif\\b`).test(code),
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

/** Loops that change what they go through, or go past its end. */
export const loopRules: readonly Rule[] = [shrinking, onePast];
