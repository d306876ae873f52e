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
  const innermost = innermostOf(all, lines.length);
  return {
    all,
    around(line) {
      const found: Block[] = [];
      for (let block = innermost[line]; block; block = block.parent) found.push(block);
      return found;
    },
  };
}

/** The innermost block of each line, in one walk: blocks come in the order in which they open. */
function innermostOf(all: readonly Block[], last: number): (Block | undefined)[] {
  const innermost: (Block | undefined)[] = [undefined, undefined];
  let block: Block | undefined;
  for (let line = 2, next = 0; line <= last; line += 1) {
    while (block && block.end < line) block = block.parent;
    for (let opened = all[next]; opened && opened.open < line; opened = all[(next += 1)])
      if (opened.end >= line) block = opened;
    innermost.push(block);
  }
  return innermost;
}

/** Languages in which a line may end a statement without a semicolon. */
const LINE_ENDS: readonly LanguageName[] = ['go', 'javascript', 'typescript', 'tsx', 'kotlin', 'swift'];

type Spot = { index: number; column: number };

/** What is open while braces are read: the blocks, and the statement that may turn out to be a header. */
type Braces = {
  lines: readonly SourceLine[];
  all: Block[];
  stack: { block: Block; depth: number }[];
  /** Where the statement begins; undefined between statements. */
  from: Spot | undefined;
  /** Round and square brackets open in it. */
  depth: number;
  bareHeads: boolean;
};

function byBraces(lines: readonly SourceLine[], language: Language): Block[] {
  const state: Braces = { lines, all: [], stack: [], from: undefined, depth: 0, bareHeads: language.name === 'go' };
  const endsWithLine = LINE_ENDS.includes(language.name);
  let index = 0;
  for (const line of lines) {
    readLine(line.code, index, state);
    index += 1;
    if (endsWithLine && state.from && state.depth === 0 && endsStatement(line, lines[index])) state.from = undefined;
  }
  for (const { block } of state.stack) block.end = lines.length;
  return state.all;
}

function readLine(code: string, index: number, state: Braces): void {
  let between = state.from === undefined;
  for (let column = 0; column < code.length; column += 1) {
    const kind = KINDS[code.charCodeAt(column)] ?? WORD;
    if (kind === BLANK || (kind === WORD && (!between || code[column] === ','))) continue;
    const ends = kind === SIGN && readSign(code[column] ?? '', { index, column }, state) === 'between';
    if (between && !ends) state.from = { index, column };
    between = ends;
  }
}

const [WORD, BLANK, SIGN] = [0, 1, 2];
const KINDS = Uint8Array.from({ length: 128 }, (_, char) => {
  const text = String.fromCharCode(char);
  return '{}()[];'.includes(text) ? SIGN : /\s/.test(text) ? BLANK : WORD;
});

/** Opens or closes a block or a bracket; `between` if a statement ends with this sign. */
function readSign(sign: string, at: Spot, state: Braces): 'within' | 'between' {
  switch (sign) {
    case '{':
      openBlock(at, state);
      return 'between';
    case '}': {
      const open = state.stack.pop();
      if (open) open.block.end = at.index + 1;
      state.depth = open?.depth ?? 0;
      state.from = undefined;
      return 'between';
    }
    case ';':
      if (state.depth > 0 || isBareHead(state)) return 'within';
      state.from = undefined;
      return 'between';
    case '(':
    case '[':
      state.depth += 1;
      return 'within';
    case ')':
    case ']':
      state.depth = Math.max(0, state.depth - 1);
      return 'within';
    default:
      return 'within';
  }
}

/** The head of a block of Go holds semicolons and no brackets: `for i := 0; i < n; i++ {`. */
function isBareHead({ from, lines, bareHeads }: Braces): boolean {
  return (
    bareHeads &&
    from !== undefined &&
    /^(?:for|if|else if|switch)\b/.test(lines[from.index]?.code.slice(from.column) ?? '')
  );
}

function openBlock(at: Spot, state: Braces): void {
  const { from, lines, stack } = state;
  const block = newBlock(from ? textBetween(from, at, lines) : '', {
    start: (from ?? at).index + 1,
    open: at.index + 1,
    parent: stack.at(-1)?.block,
  });
  state.all.push(block);
  stack.push({ block, depth: state.depth });
  state.depth = 0;
  state.from = undefined;
}

const HEADER_CHARS = 2_000;

function textBetween(from: Spot, to: Spot, lines: readonly SourceLine[]): string {
  let text = '';
  for (let index = from.index; index <= to.index && text.length < HEADER_CHARS; index += 1) {
    const code = lines[index]?.code ?? '';
    text += `${code.slice(index === from.index ? from.column : 0, index === to.index ? to.column : undefined)} `;
  }
  return text;
}

/** Signs after which, and before which, a statement goes on. */
const [AFTER, BEFORE] = [new Set(',=+-*/%&|?:<>({[.'), new Set('{.?:&|=+)>]')];

function endsStatement({ code }: SourceLine, next: SourceLine | undefined): boolean {
  const last = lastSign(code);
  if (last === '' || AFTER.has(last)) return false;
  if ('snc'.includes(last) && /\b(?:extends|implements|return|async|function)\s*$/.test(code)) return false;
  const following = next?.code ?? '';
  const first = firstSign(following);
  return (
    !BEFORE.has(first) &&
    !(first !== '' && 'eiw'.includes(first) && /^\s*(?:extends|implements|where)\b/.test(following))
  );
}

function lastSign(code: string): string {
  return code.trimEnd().at(-1) ?? '';
}

function firstSign(code: string): string {
  return code.trimStart()[0] ?? '';
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
  const words = (/[^\S ]|  /.test(header) ? header.replace(/\s+/g, ' ') : header).trim();
  return { ...place, kind: kindOf(words), header: words, end: place.open, isAsync: /\basync\b/.test(words) };
}

const CALLBACK =
  /\.(forEach|map|flatMap|filter|reduce|some|every|each|for_each|collect)\(\s*(async\s+)?((\([^()]*\)|[\w$]+)\s*=>\s*\(?|function\b(?:[\w$ ]*\([^()]*\))?)\s*$|\.(forEach|map|each|for_each|filter|flat_map|filter_map)\(\s*(?:move )?\|[^|]*\|\s*$|\.(?:forEach|map|flatMap|filter|peek|mapToObj)\(\s*\(?[\w, ]+\)?\s*->\s*$/;
const FUNCTION =
  /=>\s*$|\b(function|func|fn|fun|def)\b|^(?!(?:if|for|while|switch|catch|else|do|try|return|new|throw|with|match|select|synchronized|using|lock|case)\b)[^=]*?[\w$>\])]\s*\([^]*\)\s*(:[^=]*|->[^=]*|throws [\w, .]+|const|override|noexcept|async)?\s*$/;

function kindOf(header: string): BlockKind {
  if (header === '') return 'other';
  if (/^(\}?\s*)?(catch|except|rescue)\b/.test(header)) return 'catch';
  if (/^('?\w+:\s*)?(await )?(async )?(for|foreach|while|loop|do)\b/.test(header)) return 'loop';
  if (/^(\}?\s*)?(if|else|elif|switch|match|select|case|unless|when|guard)\b/.test(header)) return 'condition';
  if (CALLBACK.test(header)) return 'callback';
  if (/^[^(=]*\b(class|interface|struct|enum|trait|impl|namespace|module|object|record)\b/.test(header)) return 'class';
  return FUNCTION.test(header) ? 'function' : 'other';
}
