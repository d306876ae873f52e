import { isBalanced } from './flow.ts';
import type { Block } from '../read/blocks.ts';
import { resolveImport, importsOf } from '../read/imports.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { sideOf } from '../read/sides.ts';
import { lineRule, linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

const floatingPromise: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await the call, return it, or mark it as deliberate.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const own = asyncNames(source.lines, source.language.name === 'python');
      const names = new Set([...own, ...(await importedAsync(source, reading))]);
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
          ...(handlesAll(name, source) ? { severity: 'low' as const } : {}),
          message: `\`${name}\` is asynchronous and nobody waits for it`,
        });
      }
    }
    return hits;
  },
};

/** The whole body of the function is tried: nothing that goes wrong in it is lost. */
function handlesAll(name: string, source: SourceFile): boolean {
  const word = name.replace(/^(?:this|self)\./, '').replace(/[#$]/g, '\\$&');
  const { all } = source.blocks();
  const fn = all.find(
    ({ kind, isAsync, start }) =>
      (kind === 'function' || kind === 'callback') &&
      isAsync &&
      new RegExp(`(?<![\\w$])${word}\\b`).test(source.lineAt(start)?.code ?? ''),
  );
  const first = source.lines.find(({ number, code }) => number > (fn?.open ?? Infinity) && code.trim() !== '');
  const tried = all.find(({ header, start }) => header === 'try' && start === first?.number);
  const caught = all.find(
    ({ kind, start }) => kind === 'catch' && (start === tried?.end || start === (tried?.end ?? 0) + 1),
  );
  const last = source.lines.findLast(({ number, code }) => number <= (fn?.end ?? 0) && /[^\s})\];,]/.test(code));
  return caught !== undefined && last !== undefined && last.number <= caught.end;
}

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

/** What a text declares asynchronous, and nothing else of the same name. */
export function asyncNames(lines: readonly SourceLine[], python: boolean): ReadonlySet<string> {
  const found = declaredAsync.get(lines) ?? readAsync(lines, python);
  declaredAsync.set(lines, found);
  return found;
}

/** A file is asked again by each that imports it. */
const declaredAsync = new WeakMap<readonly SourceLine[], ReadonlySet<string>>();

function readAsync(lines: readonly SourceLine[], python: boolean): Set<string> {
  const names = new Set<string>();
  const plain = new Set<string>();
  for (const line of lines) {
    if (!/async|function|def /.test(line.code)) continue;
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

/** Inside an asynchronous function these start work whose end, and whose failure, nobody sees. */
const dropped: Rule[] = [
  lineRule({
    id: 'code/floating-promise',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /^\s*(?:Promise\.(?:all|allSettled|race|any)|fetch|axios(?:\.\w+)?)\((?!.*\)\.(?:then|catch|finally)\()/,
    spans: true,
    unless: (line, source) =>
      !isInAsync(line.number, source) ||
      /\)\s*\.(?:then|catch|finally)\(/.test(line.code) ||
      line.depth > 0 ||
      isContinuation(line.number, source),
    message: 'Nobody waits for `$&…)`, and nobody hears when it fails',
    remedy: 'Await the call, return it, or mark it as deliberate.',
  }),
  lineRule({
    id: 'code/floating-promise',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /^\s*[a-z][\w$.]*\([^;]*\)\s*\.then\(/,
    spans: true,
    unless: (line, source) =>
      !isInAsync(line.number, source) ||
      /\.catch\(|\.then\([^;]*,\s*\w+\s*\)\s*;?\s*$|\.finally\(/.test(line.code) ||
      line.depth > 0 ||
      isContinuation(line.number, source) ||
      /\bawait\b|\breturn\b/.test(line.code.split('.then')[0] ?? ''),
    message: 'Nobody waits for this, and nobody hears when it fails',
    remedy: 'Await the call, return it, or mark it as deliberate.',
  }),
  lineRule({
    id: 'code/floating-promise',
    severity: 'medium',
    languages: ['python'],
    pattern:
      /^\s*(?:asyncio|anyio|trio|curio)\.(?:sleep\w*|wait|wait_for|gather|to_thread|(?:to_thread|from_thread)\.run\w*|run_process|open_connection|open_tcp_stream|connect_tcp|create_subprocess_\w+|lowlevel\.checkpoint)\(/,
    unless: (line, source) => line.depth > 0 || !isInAsync(line.number, source),
    message: '`$&…)` does nothing until somebody waits for it',
    remedy: 'Await the call.',
  }),
  lineRule({
    id: 'code/async-callback',
    severity: 'medium',
    languages: SCRIPTS,
    pattern: /\bnew Promise(?:<[^>]*>)?\(\s*async\b/,
    message: 'What an asynchronous executor throws is lost, and the promise never settles',
    remedy: 'Make the function around it asynchronous and await inside of it.',
  }),
];

/** Whether the function around a line is asynchronous. */
export function isInAsync(number: number, source: SourceFile): boolean {
  const around = source.blocks().around(number);
  // An arm of `match` is no function of its own.
  const isFn = ({ kind, header }: Block) =>
    (kind === 'function' || kind === 'callback') &&
    (source.language.name !== 'rust' || /\bfn\b|\basync\b|\|[^|]*\|/.test(header));
  return around.find(isFn)?.isAsync ?? false;
}

/** The line goes on with what the one before began. */
export function isContinuation(number: number, source: SourceFile): boolean {
  const open = source.language.name === 'python' ? /[=,([]\s*$/ : /(?:[=,(:?&|[]|=>|\b(?:return|await|void|yield))\s*$/;
  return open.test(codeBefore(number, source));
}

/** `if (isAllowed(user))` where `isAllowed` is asynchronous: a promise is always true. */
const promiseAsked: Rule = {
  id: 'code/floating-promise',
  severity: 'high',
  remedy: 'Await the call.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const names = asyncNames(source.lines, source.language.name === 'python');
      for (const line of names.size === 0 ? [] : source.added) {
        const match =
          /\b(?:if|while|elif)\b\s*\(?\s*(?:!|not )?\s*((?:this\.|self\.)?[\w$]+)\([^()]*\)\s*(?:\)|:|&&|\|\||and\b|or\b)/.exec(
            line.code,
          );
        if (match?.[1] !== undefined && names.has(match[1]))
          yield {
            file: source.path,
            line: line.number,
            message: `\`${match[1]}\` is asynchronous: what it gives is always true until somebody waits for it`,
          } satisfies Hit;
      }
    }
  },
};

const MAPS_ASYNC = /^\s*(?:const|let) (\w+) = [\w$.]+\.map\(\s*async\b/;
const mapsAsync = linesLike(MAPS_ASYNC);

/** `const rows = items.map(async …)`: promises, used as if they were rows. */
const unsettled: Rule = {
  id: 'code/async-callback',
  severity: 'medium',
  remedy: 'Await Promise.all over them first.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const line of mapsAsync(source)) {
        const name = MAPS_ASYNC.exec(line.code)?.[1];
        const fn = name === undefined ? undefined : source.blocks().around(line.number)[0];
        if (name === undefined || !fn) continue;
        const uses = source.lines.filter(
          ({ number, code }) =>
            number > line.number && number <= fn.end && new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(code),
        );
        if (
          uses.length > 0 &&
          uses.every(({ code }) =>
            new RegExp(
              `(?<![\\w.])${name}\\.(?:filter|map|forEach|reduce|length|find|some|every|join|sort)\\b|\\[\\.\\.\\.${name}\\]`,
            ).test(code),
          )
        )
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` holds promises, and is used as if they had come`,
          } satisfies Hit;
      }
  },
};

/** What answers with a future wherever it is from. */
const FUTURES =
  /\b(?:tokio::(?:time::(?:sleep|timeout)|fs::\w+)|reqwest::get|futures::future::\w+)\([^;]*;|\.(?:execute|fetch_\w+)\(\s*&\w*[pP]ool\b[^;]*;/;

/** A future of Rust does nothing until it is awaited. */
const idleFuture: Rule = {
  id: 'code/floating-promise',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Await the call, or spawn it.',
  languages: ['rust'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['rust'])) {
      const declared = new Set([...source.text.matchAll(/\basync fn (\w+)/g)].map(([, name = '']) => name));
      const awaited = new Set([...source.text.matchAll(AWAITED)].map(([, name = '']) => name));
      for (const line of source.added) {
        if (!line.code.trimEnd().endsWith(';') || source.isTestLine(line.number)) continue;
        const { code, start } = statementAt(line.number, source);
        const [, free, method] = CALLED.exec(code) ?? [];
        const name = free ?? method ?? '';
        const known = free === undefined ? awaited.has(name) : declared.has(name);
        if (!(known || (FUTURES.test(code) && !/=|\breturn\b/.test(code))) || !isIdle(code, line.number, source))
          continue;
        yield {
          file: source.path,
          line: source.isAdded(start) ? start : line.number,
          // Another type may have a method of that name which does not wait.
          ...(method !== undefined && !FUTURES.test(code) ? { severity: 'low' as const } : {}),
          message: `\`${name}\` is asynchronous and does nothing until it is awaited`,
        } satisfies Hit;
      }
    }
  },
};

/** The last call of a chain whose answer is awaited. */
const AWAITED = /\.(\w+)\((?:[^();]|\((?:[^();]|\([^();]*\))*\))*\)\s*\.await\b/g;
/** A call for its own sake: of a function of the file, or the last of a chain. */
const CALLED =
  /^\s*(?:(?:self\.|Self::)?(\w+)\(.*\);\s*$|["\w&(][^=]*?\.(\w+)\((?:[^();]|\((?:[^();]|\([^();]*\))*\))*\);\s*$)/;

/** Nothing takes the future: no await, no spawn, and the function around could have waited. */
function isIdle(code: string, line: number, source: SourceFile): boolean {
  return !/\.await|\b(?:spawn\w*|block_on|join\w*|select|return|let)\b|!\(|\?;/.test(code) && isInAsync(line, source);
}

/** `return await save(x)` that became `save(x)`: whoever called goes on before it is done, and never hears that it failed. */
const notAwaited: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await it, or return it, as before.',
  languages: [...SCRIPTS, 'python', 'rust', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, notAwaited.languages))
      for (const { lines } of source.change.hunks) {
        const awaited = sideOf(lines, 'removed').flatMap(({ text }) => {
          const call = /^\s*(?:return\s+)?(?:(?:const|let|var) \w+ = )?await\s+(.+\));?\s*$/.exec(text)?.[1];
          const future = /^\s*(.+\))\.await\??;?\s*$/.exec(text)?.[1];
          return [call ?? future ?? ''].filter(Boolean);
        });
        for (const { text, line, start } of awaited.length === 0 ? [] : sideOf(lines, 'added')) {
          const bare = (isTried(line, source) ? text.replace(/^\s*return\s+/, '') : text).trim().replace(/;$/, '');
          if (!awaited.includes(bare) || source.isTestLine(line) || !isInAsync(line, source)) continue;
          if (isContinuation(start, source)) continue;
          yield {
            file: source.path,
            line,
            message: `\`${bare.replace(/\(.*$/, '')}\` was waited for, and is not any more`,
            text,
          } satisfies Hit;
        }
      }
  },
};

/** What fails here is caught by the function itself, if it is waited for. */
function isTried(line: number, source: SourceFile): boolean {
  const around = source.blocks().around(line);
  const fn = around.findIndex(({ kind }) => kind === 'function' || kind === 'callback');
  return around.slice(0, Math.max(0, fn)).some(({ header }) => /^try\b/.test(header));
}

/** Work that is started and not waited for. */
export const promiseRules: readonly Rule[] = [
  floatingPromise,
  asyncCallback,
  ...dropped,
  promiseAsked,
  unsettled,
  idleFuture,
  notAwaited,
];
