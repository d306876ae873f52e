import type { Block } from '../read/blocks.ts';
import { functionAround } from '../read/flow.ts';
import type { LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { linesLike, sourcesOf, type Hit, type Rule } from '../rules.ts';

/** What a language opens by a call, and how one sees that it is closed or handed on. `NAME` stands for the name. */
type Resource = { opens: RegExp; closed: string };

const HANDED = String.raw`\breturn\b[^\n]*(?<![\w.])NAME(?![\w.(])|\byield\b[^\n]*\bNAME\b|(?:self|this)?\.\w+ ?= ?NAME\b|[(,{]\s*[&*]?NAME\s*[,)}]|:\s*NAME\b|\bNAME,?\s*$|<- ?NAME\b|= ?&?NAME\s*$`;

const RESOURCES: Partial<Record<LanguageName, readonly Resource[]>> = {
  python: [
    {
      opens:
        /^\s*(\w+) = (?:open|io\.open|codecs\.open|gzip\.open|socket\.socket|tempfile\.(?:TemporaryFile|NamedTemporaryFile)|sqlite3\.connect|zipfile\.ZipFile|tarfile\.open)\(/,
      closed: String.raw`(?<![\w.])NAME\.close\(|\bwith (?:\w+\.)?(?:closing\()?NAME\b|\bfinally\b`,
    },
  ],
  go: [
    {
      opens:
        /^\s*(\w+), (?:err|\w*Err) :?= (?:http\.(?:Get|Post|PostForm|Head)|\w*[cC]lient\.(?:Do|Get|Post|Head)|http\.DefaultClient\.\w+)\(/,
      closed: String.raw`(?<![\w.])NAME\.Body\.Close\b|\w*[cC]lose\w*\(\s*NAME`,
    },
    {
      opens:
        /^\s*(\w+), (?:err|\w*Err) :?= (?:os\.(?:Open|Create|OpenFile)|net\.(?:Dial\w*|Listen\w*)|zip\.OpenReader|gzip\.NewReader)\(/,
      closed: String.raw`(?<![\w.])NAME\.(?:Close|close)\b|\w*[cC]lose\w*\(\s*NAME`,
    },
    {
      opens: /^\s*(\w+), (?:err|\w*Err) :?= \w*(?:db|DB|tx|conn|stmt)\.Query(?:Context)?\(/,
      closed: String.raw`(?<![\w.])NAME\.Close\b`,
    },
  ],
};

const OPENERS = Object.fromEntries(
  Object.entries(RESOURCES).map(([name, all]) => [
    name,
    all.map((resource) => ({ ...resource, lines: linesLike(resource.opens) })),
  ]),
);

/** A file, an answer or a connection that stays open. */
const unclosed: Rule = {
  id: 'code/unclosed-resource',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Close it whatever happens: with, or defer.',
  languages: Object.keys(RESOURCES) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, Object.keys(RESOURCES) as LanguageName[]))
      for (const { opens, closed, lines } of OPENERS[source.language.name] ?? [])
        for (const line of lines(source)) {
          const name = opens.exec(line.code)?.[1];
          if (name === undefined || name === '_' || source.isTestLine(line.number)) continue;
          const rest = restOf(line, source);
          if (rest === undefined || new RegExp(`${closed}|${HANDED}`.replaceAll('NAME', name), 'm').test(rest))
            continue;
          yield {
            file: source.path,
            line: line.number,
            message: `\`${name}\` is opened and never closed`,
          } satisfies Hit;
        }
  },
};

/** What follows a line in its function. */
function restOf(line: SourceLine, source: SourceFile): string | undefined {
  const fn = functionAround({ line: line.number, source });
  return (
    fn &&
    source.lines
      .slice(line.number, fn.end)
      .map(({ code }) => code)
      .join('\n')
  );
}

const LOCKS = /^\s*((?:\w+\.)*\w+)\.(R?Lock|lock|acquire)\(\)\s*;?\s*$/;
const locks = linesLike(LOCKS);

/** The line after a lock was taken, and before anything gives it back, on which the function is left. */
function leavesHolding(line: SourceLine, fn: Block, source: SourceFile): number | undefined {
  for (let at = line.number + 1; at < fn.end; at += 1) {
    const code = source.lineAt(at)?.code ?? '';
    if (/\bdefer\b|\b(?:R?[uU]nlock|release)\(|\btry\b|\bfinally\b|\bwith\b|\bfunc\(/.test(code)) return undefined;
    if (/^\s*(?:return|throw|raise)\b/.test(code) && at < fn.end - 1) return at;
  }
  return undefined;
}

/** The lines after it do something that may fail, and no `finally` gives the lock back. */
function isGivenBackInPassing(
  lock: string,
  line: SourceLine,
  { fn, source }: { fn: Block; source: SourceFile },
): boolean {
  const rest = source.lines.slice(line.number, fn.end).map(({ code }) => code);
  const gives = new RegExp(`^\\s*${lock.replaceAll('.', '\\.')}\\.(?:unlock|release)\\(\\)`);
  const back = rest.findIndex((code) => gives.test(code));
  return (
    back > 0 &&
    !rest.some((code) => /\b(?:finally|try|with)\b/.test(code)) &&
    rest.slice(0, back).some((code) => /\w\(/.test(code))
  );
}

/** A lock that is taken and, in the same function, given back nowhere. */
const heldLock: Rule = {
  id: 'code/held-lock',
  ignoresMoves: true,
  severity: 'medium',
  remedy: 'Give it back whatever happens: defer, finally, with.',
  languages: ['go', 'java', 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['go', 'java', 'python']))
      for (const line of locks(source)) {
        const [, lock = '', how = ''] = LOCKS.exec(line.code) ?? [];
        const fn = functionAround({ line: line.number, source });
        if (!fn || lock === '' || /\b(?:lock|acquire|begin|enter|start)\w*\s*\(/i.test(fn.header.replace(/\(.*$/, '(')))
          continue;
        const body = source.lines
          .slice(fn.open, fn.end)
          .map(({ code }) => code)
          .join('\n');
        const early = leavesHolding(line, fn, source);
        if (early !== undefined) {
          yield {
            file: source.path,
            line: line.number,
            message: `\`${lock}\` is still held when line ${early} leaves`,
          } satisfies Hit;
          continue;
        }
        if (source.language.name !== 'go' && isGivenBackInPassing(lock, line, { fn, source })) {
          yield {
            file: source.path,
            line: line.number,
            message: `\`${lock}\` stays held if anything fails before it is given back`,
          } satisfies Hit;
          continue;
        }
        if (new RegExp(`\\b(?:R?[uU]nlock|release)\\(|${how === 'acquire' ? 'with\\b' : '\\bCond\\b'}`).test(body))
          continue;
        yield {
          file: source.path,
          line: line.number,
          message: `\`${lock}\` is taken and never given back`,
        } satisfies Hit;
      }
  },
};

/** What is taken and not given back. */
export const resourceRules: readonly Rule[] = [unclosed, heldLock];
