import { isBalanced } from './code-flow.ts';
import { resolveImport, importsOf } from './imports.ts';
import { SCRIPTS } from './language.ts';
import type { SourceLine } from './lexer.ts';
import type { Reading, SourceFile } from './reading.ts';
import { lineRule, sourcesOf, type Hit, type Rule } from './rules.ts';

const floatingPromise: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await the call, return it, or mark it as deliberate.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const names = asyncNames(source.lines, source.language.name === 'python');
      for (const name of await importedAsync(source, reading)) names.add(name);
      if (names.size === 0) continue;
      for (const line of source.added) {
        const call = /^\s*((?:this\.|self\.)?#?[\w$]+)\((.*)\);?\s*$/.exec(line.code);
        const name = call?.[1];
        if (name === undefined || line.depth > 0 || !names.has(name) || !isBalanced(call?.[2] ?? '')) continue;
        const around = source.blocks().around(line.number);
        const fn = around.find((block) => block.kind === 'function' || block.kind === 'callback');
        const open = source.language.name === 'python' ? /[=,(]\s*$/ : /[=,(?:&|]\s*$/;
        if (!fn?.isAsync || open.test(codeBefore(line.number, source))) continue;
        if (/^\s*\./.test(source.lineAt(line.number + 1)?.code ?? '')) continue;
        hits.push({
          file: source.path,
          line: line.number,
          message: `\`${name}\` is asynchronous and nobody waits for it`,
        });
      }
    }
    return hits;
  },
};

/** What the file imports from its own repository and is declared `async` there. Asked only where an added line may call it. */
async function importedAsync(source: SourceFile, reading: Reading): Promise<string[]> {
  const bare = new Set(source.added.flatMap((line) => /^\s*([A-Za-z_$][\w$]*)\(/.exec(line.code)?.[1] ?? []));
  if (bare.size === 0) return [];
  const tree = { paths: reading.paths, goModule: undefined };
  const found: string[] = [];
  for (const { names, specifier } of importsOf(source.lines, source.language.name)) {
    const wanted = names.filter((name) => bare.has(name));
    const target = wanted.length === 0 ? undefined : resolveImport(specifier, source.path, tree)[0];
    const file = target === undefined ? undefined : await reading.peek(target);
    if (!file) continue;
    const declared = asyncNames(file.lines(), file.language.name === 'python');
    found.push(...wanted.filter((name) => declared.has(name)));
  }
  return found;
}

function asyncNames(lines: readonly SourceLine[], python: boolean): Set<string> {
  const names = new Set<string>();
  const plain = new Set<string>();
  for (const line of lines) {
    const free = /^\s*(?:export\s+)?(?:default\s+)?async\s+(?:function\*?|def)\s+([\w$]+)/.exec(line.code);
    const arrow = /^\s*(?:export\s+)?const\s+([\w$]+)\s*=\s*async\b/.exec(line.code);
    const method = /^\s+(?:(?:private|public|protected|static|override)\s+)*async\s+(#?[\w$]+)\s*[(<]/.exec(line.code);
    const sync = /^\s*(?:export\s+)?(?:function|def)\s+([\w$]+)/.exec(line.code);
    if (sync?.[1] !== undefined) plain.add(sync[1]);
    if (free?.[1] !== undefined && !/function\*/.test(line.code)) {
      names.add(python && /^\s/.test(line.raw) ? `self.${free[1]}` : free[1]);
    }
    if (arrow?.[1] !== undefined) names.add(arrow[1]);
    if (method?.[1] !== undefined) names.add(`this.${method[1]}`);
  }
  for (const name of plain) names.delete(name);
  return names;
}

function codeBefore(line: number, source: SourceFile): string {
  for (let number = line - 1; number > 0; number -= 1) {
    const code = source.lineAt(number)?.code.trimEnd() ?? '';
    if (code !== '') return code;
  }
  return '';
}

/** A callback per element that returns a promise nobody sees: `forEach` drops it, and to `filter` every promise is true. */
const asyncCallback = lineRule({
  id: 'code/async-callback',
  severity: 'medium',
  languages: SCRIPTS,
  pattern: /\.(forEach|filter|some|every|find|findIndex|sort)\(\s*async\b/,
  unless: (line) =>
    /\b(?:page|\$|browser|pMap|Promise|stream|lo?dash|_)\b[^;]*\.(?:filter|some|every|find)\(/.test(line.code),
  message: '`$1` does not wait for an asynchronous callback',
  remedy: 'Use for…of with await, or Promise.all over map.',
});

/** Work that is started and not waited for. */
export const promiseRules: readonly Rule[] = [floatingPromise, asyncCallback];
