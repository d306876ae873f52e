import { resolveImport, importsOf } from '../read/imports.ts';
import { SCRIPTS } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';
import { asyncNames, isContinuation, isInAsync } from './promises.ts';

/** A statement that is one call and nothing else, in an asynchronous function. */
type Alone = { name: string; line: SourceLine };

function aloneCalls(source: SourceFile): Alone[] {
  return source.added.flatMap((line) => {
    const name = line.depth === 0 && line.startsIn === 'code' ? CALL.exec(line.code)?.[1] : undefined;
    if (name === undefined || WORDS.test(name) || source.isTestLine(line.number) || !isInAsync(line.number, source))
      return [];
    const { start, code } = statementAt(line.number, source);
    return start === line.number && endsWithCall(code) && !isContinuation(line.number, source) ? [{ name, line }] : [];
  });
}

const CALL = /^\s*([A-Za-z_$][\w$]*(?:\.[\w$]+)*)\(/;
const WORDS = /^(?:if|for|while|switch|catch|return|super|function|print|console\.\w+|del|assert|with|elif|except)$/;

/** The bracket that opens first closes last. */
function endsWithCall(code: string): boolean {
  let depth = 0;
  for (let at = code.indexOf('('); at < code.length; at += 1) {
    if ('([{'.includes(code[at] ?? '')) depth += 1;
    else if (')]}'.includes(code[at] ?? '') && (depth -= 1) === 0) return /^\s*;?\s*$/.test(code.slice(at + 1));
  }
  return false;
}

const PROMISING = /(?:node:)?\w+\/promises/.source;
const TAKEN = new RegExp(
  `\\{([^{}]*)\\}\\s*(?:from|=\\s*(?:await\\s+import|require)\\()\\s*['"]${PROMISING}['"]|(?:import|const)\\s+(?:\\*\\s+as\\s+)?(\\w+)\\s*(?:from|=\\s*require\\()\\s*['"]${PROMISING}['"]`,
  'g',
);
const COROUTINES =
  /^(?:sleep\w*|wait|wait_for|gather|to_thread|open_connection|create_subprocess_\w+|run_process|open_file|checkpoint)$/;

/** What the platform's own modules offer that must be awaited, under the names that the file gives it. */
function platformNames({ language, text, lines }: SourceFile): (name: string) => boolean {
  if (language.name === 'python') {
    const taken = new Set(
      importsOf(lines, 'python')
        .filter(({ specifier }) => /^(?:asyncio|anyio|trio|curio)$/.test(specifier))
        .flatMap(({ names }) => names.filter((name) => COROUTINES.test(name))),
    );
    return (name) => taken.has(name);
  }
  const free = new Set<string>();
  const owners = new Set(['fs.promises', 'fsPromises', 'fsp']);
  for (const [, list, owner] of text.includes('/promises') ? text.matchAll(TAKEN) : []) {
    if (owner !== undefined) owners.add(owner);
    for (const part of list?.split(',') ?? []) free.add(/([\w$]+)\s*$/.exec(part)?.[1] ?? '');
  }
  return (name) => {
    const [, owner = '', member = name] = /^(.*)\.([^.]+)$/.exec(name) ?? [];
    if (/^(?:constants|createInterface|setInterval|Resolver|watch|Interface)$/.test(member)) return false;
    return owner === '' ? free.has(name) : owners.has(owner) || STORED.test(name);
  };
}

/** What asks a database only once somebody waits. */
const STORED =
  /^(?:(?:this|ctx|self)\.)?(?:prisma|db\.prisma)\.\w+\.(?:create|update|upsert|delete|find)\w*$|^(?:(?:models|db)\.)?[A-Z]\w+\.(?:create|insertMany|bulkCreate|updateOne|updateMany|deleteOne|deleteMany|findOneAnd\w+|findByIdAnd\w+|destroy)$/;

const known: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await the call, return it, or mark it as deliberate.',
  languages: [...SCRIPTS, 'python'],
  async find(reading) {
    const hits: Hit[] = [];
    for (const source of sourcesOf(reading, known.languages, ['product', 'script'])) {
      const alone = aloneCalls(source);
      if (alone.length === 0) continue;
      const isOfPlatform = platformNames(source);
      for (const { name, line } of alone)
        if (isOfPlatform(name))
          hits.push({
            file: source.path,
            line: line.number,
            message: `\`${name}\` is asynchronous and nobody waits for it`,
          });
      hits.push(...awaitedElsewhere(alone, source), ...(await ofOwnClasses(alone, { source, reading })));
    }
    return hits;
  },
};

/** The same call is awaited at another place of the file, and never before stood alone. */
function awaitedElsewhere(alone: readonly Alone[], source: SourceFile): Hit[] {
  return alone.flatMap(({ name, line }) => {
    if (!name.includes('.')) return [];
    const others = source.lines.filter(({ code, number }) => number !== line.number && code.includes(`${name}(`));
    const word = name.replaceAll('$', '\\$').replaceAll('.', '\\.');
    const awaited = others.some(({ code }) => new RegExp(`\\bawait ${word}\\(`).test(code));
    const bare = others.some(({ code, number }) => !source.isAdded(number) && new RegExp(`^\\s*${word}\\(`).test(code));
    if (!awaited || bare) return [];
    const severity = source.language.name === 'python' ? 'medium' : 'low';
    return [
      { file: source.path, line: line.number, severity, message: `\`${name}\` is awaited elsewhere, and not here` },
    ];
  });
}

/** The file says of which class this name is. */
function isTyped(name: string, { text }: SourceFile): boolean {
  const word = name.replaceAll('$', '\\$').replaceAll('.', '\\.');
  return new RegExp(`(?<![\\w$.])${word}\\??\\s*(?::\\s*["']?[A-Z]\\w*|=\\s*(?:new\\s+)?[A-Z]\\w*\\()`).test(text);
}

/** A method of a name that only an asynchronous one has, in this file or in one of the repository that it imports. */
async function ofOwnClasses(
  alone: readonly Alone[],
  { source, reading }: { source: SourceFile; reading: Reading },
): Promise<Hit[]> {
  const called = alone.flatMap(({ name, line }) => {
    const [, owner = '', method = ''] = /^([\w$.]+)\.(\w+)$/.exec(name) ?? [];
    if (method === '' || /^(?:self|this|cls|super)$/.test(owner.split('.')[0] ?? '')) return [];
    const isTelling = /[a-z](?:_|[A-Z])\w/.test(method) || isTyped(owner, source);
    return isTelling ? [{ method, name, line }] : [];
  });
  if (called.length === 0) return [];
  const tree = { paths: reading.paths, goModule: undefined };
  const texts = [source.text];
  for (const { specifier, names } of importsOf(source.lines, source.language.name)) {
    const [target] = names.length === 0 ? [] : resolveImport(specifier, source.path, tree);
    const text = target === undefined ? undefined : (await reading.peek(target))?.text;
    if (text !== undefined) texts.push(text);
  }
  return called.flatMap(({ method, name, line }) => {
    const declared = texts.flatMap((text) => [
      ...text.matchAll(
        new RegExp(`^\\s+(?:(?:public|private|protected|static) )*(async )?(?:def )?${method}\\([^;]*[{:]\\s*$`, 'gm'),
      ),
    ]);
    if (declared.length === 0 || declared.some(([, isAsync]) => isAsync === undefined)) return [];
    const severity = source.language.name === 'python' ? 'medium' : 'low';
    return [
      {
        file: source.path,
        line: line.number,
        severity,
        message: `\`${name}\` is asynchronous and nobody waits for it`,
      },
    ];
  });
}

const RETURNS = /^\s*return\s+([A-Za-z_$][\w$]*(?:\.[\w$]+)*)\(.*\);?\s*$/;
const returns = linesLike(/\breturn\s+\w/);

/** `try { return load(); } catch …` in an asynchronous function: the failure comes when nobody tries any more. */
const untried: Rule = {
  id: 'code/floating-promise',
  severity: 'low',
  remedy: 'Return what is awaited, so that the catch sees what fails.',
  languages: SCRIPTS,
  *find(reading) {
    for (const source of sourcesOf(reading, SCRIPTS))
      for (const line of returns(source)) {
        const name = RETURNS.exec(line.code)?.[1];
        const around = name === undefined ? [] : source.blocks().around(line.number);
        const tried = around.findIndex(({ header }) => /^try\b/.test(header));
        const fn = around.findIndex(({ kind }) => kind === 'function' || kind === 'callback');
        if (name === undefined || tried === -1 || tried > fn || !around[fn]?.isAsync) continue;
        const after = source.lineAt(around[tried]?.end ?? 0)?.code ?? '';
        const isKnown =
          asyncNames(source.lines, false).has(name) ||
          /^(?:fetch|axios\b.*)$/.test(name) ||
          new RegExp(`\\bawait ${name.replaceAll('$', '\\$').replaceAll('.', '\\.')}\\(`).test(source.text);
        if (/\bcatch\b/.test(after) && isKnown)
          yield {
            file: source.path,
            line: line.number,
            message: `What fails in \`${name}\` is not caught here, as nobody waits for it`,
          } satisfies Hit;
      }
  },
};

/** Calls that are known to be asynchronous, from the platform, from a library or from their own file. */
export const awaitedRules: readonly Rule[] = [known, untried];
