import { SCRIPTS, type LanguageName } from '../read/language.ts';
import type { SourceLine } from '../read/lexer.ts';
import type { SourceFile } from '../read/reading.ts';
import { statementAt } from '../read/statements.ts';
import { linesLike, shorten, sourcesOf, type Hit, type Rule } from '../rules.ts';

const LEAVES: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(
    SCRIPTS.map((name) => [
      name,
      /^(return\b.*[^,{(&|+\-*/?:=.<>]|return|throw\b.*[^,{(&|+\-*/?:=.<>]|break;?|continue;?)$/,
    ]),
  ),
  java: /^(return\b.*;|throw\b.*;|break;|continue;)$/,
  csharp: /^(return\b.*;|throw\b.*;|continue;)$/,
  php: /^(return\b.*;|throw\b.*;|continue;)$/,
  rust: /^(return\b.*;|break;|continue;|(panic|unreachable|todo|unimplemented)!\(.*\);)$/,
  go: /^(return\b.*[^,{(&|+\-*/.]|return|break|continue|panic\(.*\))$/,
  python: /^(return\b.*[^,([{\\]|return|raise\b.*[^,([{\\]|raise|break|continue|sys\.exit\(.*\))$/,
};
const MAY_FOLLOW =
  /^([})\]]|case\b|default\b|else\b|elif\b|except\b|finally\b|catch\b|function\b|async function\b|export\b|class\b|interface\b|type\b|[\w$]+:\s*$|#|yield\b|fn\b|use\b|impl\b|static\b|const fn\b|struct\b|enum\b|while\s*\(.*\);|(?:as|satisfies|in|instanceof|if|unless)\b|[`.?:+*/|&,<>=-])/;

const unreachable: Rule = {
  id: 'code/unreachable',
  severity: 'medium',
  remedy: 'Remove the code that cannot run, or move it before the jump.',
  languages: Object.keys(LEAVES) as LanguageName[],
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script', 'test'])) {
      const leaves = LEAVES[source.language.name];
      if (!leaves) continue;
      let before: SourceLine | undefined;
      let guard = '';
      for (const line of source.lines) {
        const code = line.code.trim();
        if (code === '') continue;
        if (before && follows(before, line, source) && (source.language.blocks === 'indent' || !isGuarded(guard))) {
          const jump = shorten(before.raw);
          yield {
            file: source.path,
            line: line.number,
            message: `This never runs: it follows \`${jump}\``,
          } satisfies Hit;
        }
        const jumps = line.depth === 0 && leaves.test(code) && line.startsIn === 'code' && isBalanced(code);
        if (!jumps) guard = code;
        before = jumps ? line : undefined;
      }
    }
  },
};

function follows(jump: SourceLine, line: SourceLine, source: SourceFile): boolean {
  const indent = (other: SourceLine) => other.code.search(/\S/);
  const near = source.isAdded(line.number) || source.isAdded(jump.number);
  return (
    near &&
    line.startsIn === 'code' &&
    line.number > jump.number &&
    line.number - jump.number < 20 &&
    indent(line) === indent(jump) &&
    !MAY_FOLLOW.test(line.code.trim())
  );
}

/** The line before the jump is a condition without braces: then the jump is not for all. Also a cfg attribute. */
function isGuarded(code: string): boolean {
  return (
    /(\belse|=>)$/.test(code) ||
    (code.endsWith(')') && (!isBalanced(code) || /^[}&|]|^(?:else )?(?:if|for|while|with)\b/.test(code))) ||
    code.startsWith('#[') ||
    /^(if|else|for|while|case|default)\b.*[^{};]$/.test(code)
  );
}

/** Whether the brackets of a piece of code close what they open. */
export function isBalanced(code: string): boolean {
  const count = (mark: string) => code.split(mark).length;
  return count('(') === count(')') && count('[') === count(']') && count('{') === count('}');
}

const repeatedCondition: Rule = {
  id: 'code/repeated-condition',
  severity: 'medium',
  remedy: 'Write the condition that was meant; the second branch never runs.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all')) {
      if (!source.language.programs) continue;
      const chains = new Map<number, string[]>();
      for (const line of source.lines) {
        if (!line.code.includes('if')) continue;
        const text = line.text.trim();
        const match = /^((?:\}\s*)?else\s+if|elif|if)\b(.*)[{:]$/.exec(text);
        if (!match) continue;
        const condition = (match[2] ?? '').replace(/\s+/g, '');
        const indent = line.raw.search(/\S/);
        const chain = match[1] === 'if' ? [] : (chains.get(indent) ?? []);
        if (match[1] !== 'if' && chain.includes(condition) && source.isAdded(line.number))
          yield {
            file: source.path,
            line: line.number,
            message: `The condition \`${shorten((match[2] ?? '').trim())}\` was asked already`,
          } satisfies Hit;
        chains.set(indent, [...chain, condition]);
      }
    }
  },
};

/** A `return` in `finally` throws away both the answer and the error. */
const finalReturn: Rule = {
  id: 'code/final-return',
  severity: 'medium',
  remedy: 'Return before, and let finally only tidy up.',
  languages: [...SCRIPTS, 'python', 'java', 'csharp', 'kotlin'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python', 'java', 'csharp', 'kotlin']))
      for (const line of source.text.includes('finally') ? source.added : []) {
        if (!/^\s*return\b/.test(line.code)) continue;
        const around = source.blocks().around(line.number);
        const inside = around.findIndex(({ header }) => /^(?:\}?\s*)?finally$/.test(header));
        const fn = around.findIndex(({ kind }) => kind === 'function' || kind === 'callback');
        if (inside !== -1 && (fn === -1 || inside < fn))
          yield {
            file: source.path,
            line: line.number,
            message: 'A return in `finally` hides every error and every other answer',
          } satisfies Hit;
      }
  },
};

/** A case that does something and runs on into the next. */
const fallsThrough: Rule = {
  id: 'code/falls-through',
  severity: 'medium',
  remedy: 'End the case with break or return, or say in a comment that it falls through.',
  languages: [...SCRIPTS, 'java', 'c', 'php'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'java', 'c', 'php']))
      for (const line of source.text.includes('switch') ? source.lines : []) {
        if (!/^\s*(?:case\b.*|default\s*):\s*(?:\{\s*)?$/.test(line.code) || line.startsIn !== 'code') continue;
        const [before, said] = bodyBefore(line, source);
        if (!before || !(source.isAdded(line.number) || source.isAdded(before.number)) || said) continue;
        if (
          /^\s*(?:case\b|default\b|switch\b)|[{}:,]\s*$|^\s*(?:break|return|throw|continue|goto|yield|exit|process\.exit|System\.exit)\b/.test(
            before.code,
          )
        )
          continue;
        if (before.code.search(/\S/) <= line.code.search(/\S/) || isPartOfJump(before, source)) continue;
        yield {
          file: source.path,
          line: source.isAdded(line.number) ? line.number : before.number,
          message: `The case above runs on into \`${shorten(line.code)}\``,
        } satisfies Hit;
      }
  },
};

function bodyBefore(line: SourceLine, source: SourceFile): [SourceLine | undefined, boolean] {
  let said = false;
  for (let at = line.number - 1; at > Math.max(0, line.number - 6); at -= 1) {
    const above = source.lineAt(at);
    if (!above) return [undefined, said];
    said ||= /fall/i.test(above.comment);
    if (above.code.trim() !== '') return [above, said];
  }
  return [undefined, said];
}

/** `return foo(\n  a,\n);` ends on a line that does not say so. */
function isPartOfJump(before: SourceLine, source: SourceFile): boolean {
  return /^\s*(?:return|throw|break|continue|yield)\b/.test(statementAt(before.number, source).code);
}

const GUARD =
  /^\s*if\s*\(?(.+?)\)?\s*(?:\{\s*)?(?:return|throw|raise|continue|break)\b|^\s*if (.+):\s*(?:return|raise|continue|break)\b/;

const guards = linesLike(GUARD);

/** Two guards in a row that ask the same: the second never leaves. */
const repeatedGuard: Rule = {
  id: 'code/repeated-condition',
  severity: 'medium',
  remedy: 'Write the condition that was meant; the second branch never runs.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all'))
      for (const line of source.language.programs ? guards(source) : []) {
        const match = GUARD.exec(line.text);
        const before = match ? GUARD.exec(codeAbove(line.number, source)) : null;
        const [asked, other] = [match, before].map((one) => (one?.[1] ?? one?.[2])?.replace(/\s+/g, ''));
        if (asked !== undefined && asked === other && !/\(\)|\+\+|--/.test(asked))
          yield {
            file: source.path,
            line: line.number,
            message: `The condition \`${shorten(match?.[1] ?? match?.[2] ?? '')}\` was asked already`,
          } satisfies Hit;
      }
  },
};

function codeAbove(number: number, source: SourceFile): string {
  for (let at = number - 1; at > Math.max(0, number - 4); at -= 1) {
    const line = source.lineAt(at);
    if (line && line.code.trim() !== '') return line.text;
  }
  return '';
}

/** A handler below one that takes everything. */
const lateHandler: Rule = {
  id: 'code/unreachable',
  severity: 'medium',
  remedy: 'Put the narrower handler first.',
  languages: ['python', 'java', 'csharp'],
  *find(reading) {
    for (const source of sourcesOf(reading, ['python', 'java', 'csharp'])) {
      const handlers = source.blocks().all.filter(({ kind }) => kind === 'catch');
      for (const [at, block] of handlers.entries()) {
        const before = handlers[at - 1];
        if (
          !before ||
          before.parent !== block.parent ||
          block.start - before.end > 1 ||
          !(source.isAdded(block.start) || source.isAdded(before.start))
        )
          continue;
        const broad = /^except(?:\s+(?:Base)?Exception\b.*)?$|\bcatch \(\s*(?:final )?(?:Exception|Throwable)\b/.test(
          before.header,
        );
        if (
          broad &&
          !/^except\s*$/.test(block.header) &&
          /^except|catch \(/.test(block.header) &&
          // Others may derive from what stands above `Exception`.
          (!block.header.startsWith('except') ||
            /^except\s*\(?[\w.]*(?:Error|Exception|Warning)\b/.test(block.header)) &&
          !/BaseException|Throwable|KeyboardInterrupt|SystemExit|GeneratorExit|Cancell?ed|Outcome/.test(block.header)
        )
          yield {
            file: source.path,
            line: block.start,
            message: `This never runs: \`${shorten(before.header)}\` takes everything`,
          } satisfies Hit;
      }
    }
  },
};

/** What is known to be missing is read in the very branch that knows it. */
const knownMissing: Rule = {
  id: 'code/null-access',
  severity: 'high',
  remedy: 'Turn the check around.',
  languages: [...SCRIPTS, 'java', 'kotlin', 'csharp', 'go', 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'java', 'kotlin', 'csharp', 'go', 'python']))
      for (const block of source.blocks().all) {
        const name =
          /^if \(?\s*(?:([A-Za-z_$][\w$]*) (?:===?|is) (?:null|undefined|None|nil)|(?:!|not )([A-Za-z_$][\w$]*))\s*\)?$/
            .exec(block.header)
            ?.slice(1)
            .find(Boolean);
        if (block.kind !== 'condition' || name === undefined) continue;
        const word = name.replaceAll('$', '\\$');
        const first = source.lines
          .slice(block.open, block.end)
          .find(({ code }) => new RegExp(`(?<![\\w$.])${word}(?![\\w$])`).test(code));
        if (!first || !(source.isAdded(first.number) || source.isAdded(block.start)) || source.isTestLine(first.number))
          continue;
        const sure = /null|undefined|None|nil/.test(block.header);
        const python = source.language.name === 'python';
        if (
          new RegExp(
            `(?<![\\w$.])${word}(?:\\.${sure || !python ? '' : `(?!${FILLS.source})`}[A-Za-z_]\\w*|\\[\\d)`,
          ).test(first.code) &&
          !new RegExp(`(?<![\\w$.])${word}\\s*(?::=|=(?!=))|typeof ${word}|${word}\\s*\\?`).test(first.code)
        )
          yield {
            file: source.path,
            line: first.number,
            severity: sure || SCRIPTS.some((other) => other === source.language.name) ? 'high' : 'medium',
            message: `\`${name}\` is read where it is known to be missing`,
          } satisfies Hit;
      }
  },
};

/** An empty list may well be filled, and an empty text asked. */
const FILLS =
  /(?:append|add|push|extend|update|insert|set\w*|clear|start|open|connect|load|init\w*|format|join|resolve|reject)\b/;

/** Rules that look at more than one line: blocks, what follows a jump, chains of conditions. */
export const flowRules: readonly Rule[] = [
  unreachable,
  repeatedCondition,
  repeatedGuard,
  lateHandler,
  knownMissing,
  finalReturn,
  fallsThrough,
];
