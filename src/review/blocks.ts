import type { Language, LanguageName } from './language.ts';
import type { SourceLine } from './lexer.ts';

type BlockKind = 'loop' | 'callback' | 'function' | 'catch' | 'class' | 'condition' | 'other';

/** A block of code: the header that opens it and the lines it spans (1-based, both inclusive). */
export type Block = {
  kind: BlockKind;
  header: string;
  /** Line on which the header begins. */
  start: number;
  /** Line of the opening brace or colon; the body begins after it. */
  open: number;
  end: number;
  isAsync: boolean;
  parent: Block | undefined;
};

export type Blocks = {
  all: Block[];
  /** The blocks around a line, innermost first. A header's own line lies outside of its block. */
  around(line: number): Block[];
};

/** Reads the blocks of a text by braces or by indentation. Languages without blocks have none. */
export function readBlocks(lines: readonly SourceLine[], language: Language): Blocks {
  const all =
    language.blocks === 'braces' ? byBraces(lines, language) : language.blocks === 'indent' ? byIndent(lines) : [];
  const innermost: (Block | undefined)[] = [];
  for (const block of all) for (let line = block.open + 1; line <= block.end; line += 1) innermost[line] = block;
  return {
    all,
    around(line) {
      const found: Block[] = [];
      for (let block = innermost[line]; block; block = block.parent) found.push(block);
      return found;
    },
  };
}

type Open = { block: Block; depth: number };

/** Languages in which a line may end a statement without a semicolon. */
const LINE_ENDS: readonly LanguageName[] = ['go', 'javascript', 'typescript', 'tsx', 'kotlin', 'swift'];

function byBraces(lines: readonly SourceLine[], language: Language): Block[] {
  const all: Block[] = [];
  const stack: Open[] = [];
  let header = '';
  let headerLine = 0;
  let depth = 0;
  const reset = () => {
    header = '';
    headerLine = 0;
  };
  for (const [index, line] of lines.entries()) {
    for (const part of line.code.split(/([{}();[\]])/)) {
      if (part === '') continue;
      if (part === '{') {
        const start = headerLine === 0 ? line.number : headerLine;
        const block = newBlock(header, { start, open: line.number, parent: stack.at(-1)?.block });
        all.push(block);
        stack.push({ block, depth });
        depth = 0;
        reset();
      } else if (part === '}') {
        const open = stack.pop();
        if (open) open.block.end = line.number;
        depth = open?.depth ?? 0;
        reset();
      } else if (part === ';' && depth === 0) reset();
      else {
        if (part === '(' || part === '[') depth += 1;
        if (part === ')' || part === ']') depth = Math.max(0, depth - 1);
        if (headerLine === 0 && part.trim() !== '') headerLine = line.number;
        if (headerLine !== 0 && header.length < 2_000) header += part;
      }
    }
    if (depth === 0 && LINE_ENDS.includes(language.name) && endsStatement(line, lines[index + 1])) reset();
    else if (headerLine !== 0) header += ' ';
  }
  for (const { block } of stack) block.end = lines.length;
  return all;
}

function endsStatement(line: SourceLine, next: SourceLine | undefined): boolean {
  if (
    line.code.trim() === '' ||
    /([,=+\-*/%&|?:<>({[.]|=>|\b(?:extends|implements|return|async|function))\s*$/.test(line.code)
  )
    return false;
  return !/^\s*([{.?:&|=+)>]|extends\b|implements\b|where\b)/.test(next?.code ?? '');
}

function byIndent(lines: readonly SourceLine[]): Block[] {
  const all: Block[] = [];
  const stack: { block: Block; indent: number }[] = [];
  let header = '';
  let headerLine = 0;
  let lastCode = 0;
  for (const line of lines) {
    if (line.startsIn === 'string' || (line.code.trim() === '' && headerLine === 0)) continue;
    const indent = line.code.search(/\S/);
    if (headerLine === 0 && line.depth === 0) {
      while (indent <= (stack.at(-1)?.indent ?? -1)) {
        const closed = stack.pop();
        if (closed) closed.block.end = lastCode;
      }
      if (BLOCK_START.test(line.code)) headerLine = line.number;
    }
    lastCode = line.number;
    if (headerLine === 0) continue;
    header += `${line.code.trim()} `;
    if (!/:\s*$/.test(line.code)) {
      if (/:\s*\S/.test(line.code) && openBrackets(header) === 0) [header, headerLine] = ['', 0];
      continue;
    }
    if (openBrackets(header) > 0) continue;
    const block = newBlock(header.trim().replace(/:$/, ''), {
      start: headerLine,
      open: line.number,
      parent: stack.at(-1)?.block,
    });
    all.push(block);
    stack.push({ block, indent: lines[headerLine - 1]?.code.search(/\S/) ?? 0 });
    [header, headerLine] = ['', 0];
  }
  for (const { block } of stack) block.end = lastCode;
  return all;
}

const BLOCK_START = /^\s*(async\s+)?(def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b/;

function openBrackets(text: string): number {
  return (text.match(/[([{]/g)?.length ?? 0) - (text.match(/[)\]}]/g)?.length ?? 0);
}

function newBlock(header: string, place: Pick<Block, 'start' | 'open' | 'parent'>): Block {
  const words = header.replace(/\s+/g, ' ').trim();
  return { ...place, kind: kindOf(words), header: words, end: place.open, isAsync: /\basync\b/.test(words) };
}

const CALLBACK =
  /\.(forEach|map|flatMap|filter|reduce|some|every|each|for_each|collect)\(\s*(async\s+)?((\([^()]*\)|[\w$]+)\s*=>|function\b)\s*$|\.(forEach|map|each|for_each)\(\s*\|[^|]*\|\s*$/;
const FUNCTION =
  /=>\s*$|\b(function|func|fn|fun|def)\b|^(?!(?:if|for|while|switch|catch|else|do|try|return|new|throw|with|match|select|synchronized|using|lock|case)\b)[^=]*?[\w$>\])]\s*\([^]*\)\s*(:[^=]*|->[^=]*|throws [\w, .]+|const|override|noexcept|async)?\s*$/;

function kindOf(header: string): BlockKind {
  if (/^(\}?\s*)?(catch|except|rescue)\b/.test(header)) return 'catch';
  if (/^('?\w+:\s*)?(await )?(async )?(for|foreach|while|loop|do)\b/.test(header)) return 'loop';
  if (/^(\}?\s*)?(if|else|elif|switch|match|select|case|unless|when|guard)\b/.test(header)) return 'condition';
  if (CALLBACK.test(header)) return 'callback';
  if (/^[^(=]*\b(class|interface|struct|enum|trait|impl|namespace|module|object|record)\b/.test(header)) return 'class';
  return FUNCTION.test(header) ? 'function' : 'other';
}
