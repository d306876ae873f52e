import type { Block } from './blocks.ts';
import { SCRIPTS, type LanguageName } from './language.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';
import { shorten, sourcesOf, type Hit, type Rule } from './rules.ts';

const swallowedError: Rule = {
  id: 'code/swallowed-error',
  severity: 'medium',
  remedy: 'Handle the error, pass it on, or say in a comment why it may be ignored.',
  languages: 'all',
  *find(reading) {
    for (const source of sourcesOf(reading, 'all', ['product', 'script'])) {
      for (const block of source.blocks().all) {
        const empty = block.kind === 'catch' || isGoErrorCheck(block, source);
        if (!empty || !touches(block, source) || hasComment(block, source) || !isEmpty(block, source)) continue;
        const narrow =
          source.language.name === 'python' && !/^except(\s*\(?\s*(Base)?Exception\b.*)?$/.test(block.header);
        yield {
          file: source.path,
          line: block.start,
          message: `The error is swallowed: \`${shorten(block.header)}\` does nothing`,
          ...(narrow || source.role === 'script' || NAMED_SO.test(block.header) || isProbe(block, source)
            ? { severity: 'low' as const }
            : {}),
        } satisfies Hit;
      }
      for (const line of source.added)
        if (SWALLOWED_INLINE.test(line.code) && line.comment === '')
          yield {
            file: source.path,
            line: line.number,
            message: 'The rejection is swallowed by an empty handler',
          } satisfies Hit;
    }
  },
};

/** The name of the error says that it is left aside on purpose. */
const NAMED_SO = /\(\s*(?:final\s+)?(?:[\w.|\s]+\s)?(?:_\w*|ignored?|expected|unused)\s*(?::[^)]*)?\)$/;

/** `try { … } catch {}` of a few lines asks whether something works; the failure is the answer. */
function isProbe(block: Block, source: SourceFile): boolean {
  if (block.header !== 'catch') return false;
  const tried = source.blocks().all.find((other) => other.header.startsWith('try') && other.end === block.start);
  return tried !== undefined && tried.end - tried.open <= 4;
}

const SWALLOWED_INLINE =
  /\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)|\.catch\(\s*function\s*\(\w*\)\s*\{\s*\}\s*\)/;

function isGoErrorCheck(block: Block, source: SourceFile): boolean {
  return source.language.name === 'go' && /^if (.*; ?)?err != nil$/.test(block.header);
}

function touches(block: Block, source: SourceFile): boolean {
  for (let line = block.start; line <= block.end; line += 1) if (source.isAdded(line)) return true;
  return false;
}

function hasComment(block: Block, source: SourceFile): boolean {
  for (let line = block.start; line <= block.end; line += 1) if (source.lineAt(line)?.comment.trim()) return true;
  return source.language.blocks === 'indent' && Boolean(source.lineAt(block.end + 1)?.comment.trim());
}

function isEmpty(block: Block, source: SourceFile): boolean {
  const body = linesOf(block, source)
    .map((line) => line.code.trim())
    .join(' ')
    .trim();
  if (source.language.blocks === 'indent') return /^(pass|\.\.\.|continue)?$/.test(body);
  const last = body.lastIndexOf('}');
  const first = block.open === block.end ? sameLineBody(block, source) : body.slice(0, last === -1 ? undefined : last);
  return /^[\s;]*$/.test(first) || /^\s*\}?\s*$/.test(first);
}

function sameLineBody(block: Block, source: SourceFile): string {
  const code = source.lineAt(block.open)?.code ?? '';
  const at = code.search(/\bcatch\b|\brescue\b|err != nil/);
  return /\{([^{}]*)\}/.exec(at === -1 ? code : code.slice(at))?.[1] ?? 'unknown';
}

/** The lines inside a block, without the line of its opening brace. */
function linesOf(block: Block, source: SourceFile): SourceLine[] {
  const lines: SourceLine[] = [];
  for (let number = block.open + 1; number <= block.end; number += 1) {
    const line = source.lineAt(number);
    if (line) lines.push(line);
  }
  return lines;
}

const LEAVES: Partial<Record<LanguageName, RegExp>> = {
  ...Object.fromEntries(SCRIPTS.map((name) => [name, /^(return\b.*;|throw\b.*;|break;|continue;)$/])),
  java: /^(return\b.*;|throw\b.*;|break;|continue;)$/,
  csharp: /^(return\b.*;|throw\b.*;|continue;)$/,
  php: /^(return\b.*;|throw\b.*;|continue;)$/,
  rust: /^(return\b.*;|break;|continue;|(panic|unreachable|todo|unimplemented)!\(.*\);)$/,
  go: /^(return\b.*[^,{(&|+\-*/.]|return|break|continue|panic\(.*\))$/,
  python: /^(return\b.*[^,([{\\]|return|raise\b.*[^,([{\\]|raise|break|continue|sys\.exit\(.*\))$/,
};
const MAY_FOLLOW =
  /^([})\]]|case\b|default\b|else\b|elif\b|except\b|finally\b|catch\b|function\b|async function\b|export\b|class\b|interface\b|type\b|[\w$]+:\s*$|#|yield\b|fn\b|use\b|impl\b|static\b|const fn\b|struct\b|enum\b|while\s*\(.*\);|[.?:+*/|&,<>=-])/;

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
        if (line.code.trim() === '') continue;
        if (before && follows(before, line, source) && !isGuarded(guard)) {
          const jump = shorten(before.raw);
          yield {
            file: source.path,
            line: line.number,
            message: `This never runs: it follows \`${jump}\``,
          } satisfies Hit;
        }
        const code = line.code.trim();
        const jumps = leaves.test(code) && line.depth === 0 && line.startsIn === 'code' && isBalanced(code);
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
    /(\)|\belse|=>)$/.test(code) || code.startsWith('#[') || /^(if|else|for|while|case|default)\b.*[^{};]$/.test(code)
  );
}

function isBalanced(code: string): boolean {
  const count = (mark: string) => code.split(mark).length;
  return count('(') === count(')') && count('[') === count(']') && count('{') === count('}');
}

const floatingPromise: Rule = {
  id: 'code/floating-promise',
  severity: 'medium',
  remedy: 'Await the call, return it, or mark it as deliberate.',
  languages: [...SCRIPTS, 'python'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'python'])) {
      const names = asyncNames(source);
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
        yield {
          file: source.path,
          line: line.number,
          message: `\`${name}\` is asynchronous and nobody waits for it`,
        } satisfies Hit;
      }
    }
  },
};

function asyncNames(source: SourceFile): Set<string> {
  const names = new Set<string>();
  const plain = new Set<string>();
  for (const line of source.lines) {
    const free = /^\s*(?:export\s+)?(?:default\s+)?async\s+(?:function\*?|def)\s+([\w$]+)/.exec(line.code);
    const arrow = /^\s*(?:export\s+)?const\s+([\w$]+)\s*=\s*async\b/.exec(line.code);
    const method = /^\s+(?:(?:private|public|protected|static|override)\s+)*async\s+(#?[\w$]+)\s*[(<]/.exec(line.code);
    const sync = /^\s*(?:export\s+)?(?:function|def)\s+([\w$]+)/.exec(line.code);
    if (sync?.[1] !== undefined) plain.add(sync[1]);
    if (free?.[1] !== undefined && !/function\*/.test(line.code)) {
      names.add(source.language.name === 'python' && /^\s/.test(line.raw) ? `self.${free[1]}` : free[1]);
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

const staleDoc: Rule = {
  id: 'code/stale-doc',
  severity: 'low',
  remedy: 'Let the comment name the parameters that there are.',
  languages: [...SCRIPTS, 'java'],
  *find(reading) {
    for (const source of sourcesOf(reading, [...SCRIPTS, 'java'])) {
      for (const block of source.blocks().all) {
        if (block.kind !== 'function' || !source.isAdded(block.start) || /\.\.\.|\{|\[/.test(block.header)) continue;
        const declared = /\(([^()]*)\)/.exec(block.header)?.[1];
        if (declared === undefined || declared.trim() === '') continue;
        for (let number = block.start - 1; number > 0 && source.lineAt(number)?.code.trim() === ''; number -= 1) {
          const comment = source.lineAt(number)?.comment ?? '';
          const name = /@param\s+(?:\{[^}]*\}\s+)?\[?([A-Za-z_$][\w$]*)(?![\w$.])/.exec(comment)?.[1];
          if (name !== undefined && !new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(declared))
            yield {
              file: source.path,
              line: number,
              message: `The comment speaks of the parameter \`${name}\`, which is not there`,
              severity: source.oldText === undefined ? 'low' : 'medium',
            } satisfies Hit;
          if (source.lineAt(number)?.startsIn === 'code') break;
        }
      }
    }
  },
};

/** Rules that look at more than one line: blocks, what follows a jump, chains of conditions. */
export const flowRules: readonly Rule[] = [swallowedError, unreachable, floatingPromise, repeatedCondition, staleDoc];
