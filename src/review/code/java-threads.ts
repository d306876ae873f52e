import { lineRule, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** Somebody asked this thread to stop, and it does not hear of it. */
const deafThread: Rule = {
  id: 'code/swallowed-error',
  ignoresMoves: true,
  severity: 'low',
  remedy: 'Interrupt the thread again, or pass the exception on.',
  languages: ['java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java']))
      for (const block of source.blocks().all) {
        if (block.kind !== 'catch' || !/\bInterruptedException\b/.test(block.header) || !source.isAdded(block.start))
          continue;
        const body = source.lines.slice(block.open, block.end).map(({ code }) => code);
        if (!body.some((code) => /\binterrupt\(\)|\bthrow\b|\breturn\b|\bbreak\b/.test(code)))
          yield {
            file: source.path,
            line: block.start,
            message: `The thread was asked to stop, and goes on: \`${shorten(block.header)}\``,
          } satisfies Hit;
      }
  },
};

/** Checked twice and locked in between, and still another thread may see it half made. */
const halfMade: Rule = {
  id: 'code/shared-state',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Declare the field volatile, or hold it in a class of its own.',
  languages: ['java'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['java']))
      for (const line of source.added) {
        const name = /^\s*if \(\s*(\w+) == null\s*\)/.exec(line.code)?.[1];
        const [locked, outer] = name === undefined ? [] : source.blocks().around(line.number);
        if (name === undefined || !locked?.header.startsWith('synchronized')) continue;
        const field = new RegExp(
          `^(?![^;=]*\\bvolatile\\b)\\s*(?:(?:private|protected|public|static|transient) )+[\\w<>, ]+ ${name}\\s*[;=]`,
          'm',
        );
        if (new RegExp(`^if \\(\\s*${name} == null`).test(outer?.header ?? '') && field.test(source.text))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is not volatile, so another thread may see it half made`,
          } satisfies Hit;
      }
  },
};

const dropped: Rule = lineRule({
  id: 'code/floating-promise',
  severity: 'low',
  languages: ['java', 'kotlin'],
  pattern: /^\s*(?:\w+\.)*(?:submit|supplyAsync|runAsync|sendAsync|invokeAll|schedule)\(.*\);\s*$/,
  unless: ({ code, depth }) =>
    depth > 0 || !/\bCompletableFuture\.|\b\w*(?:[eE]xecutor|[pP]ool|[cC]lient)\w*\.(?:submit|sendAsync)\(/.test(code),
  message: 'Nobody hears when this fails: `$&`',
  remedy: 'Keep the future and ask it, or use execute with a handler.',
});

/** What threads of Java do not hear, or see too early. */
export const javaThreads: readonly Rule[] = [deafThread, halfMade, dropped];
