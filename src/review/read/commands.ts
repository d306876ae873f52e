import type { SgNode } from '@ast-grep/napi';
import { isScalar } from 'yaml';
import { instructionsOf } from './docker.ts';
import { treeOf } from './grammar.ts';
import type { Reading, SourceFile } from './reading.ts';
import { treesOf, within } from './yaml-tree.ts';

/** The loop that a command is in. `list`: what it goes through, as written; empty for `while`, whose `head` is its condition. */
export type Loop = { kind: 'for' | 'while'; line: number; head: string; list: string; body: string; input: string };

/** A command of a shell, wherever it is written: in a script, a RUN of a Dockerfile, a step of a pipeline. */
export type Command = {
  source: SourceFile;
  line: number;
  end: number;
  name: string;
  args: string[];
  /** The command as written, without redirections. */
  text: string;
  loop: Loop | undefined;
  /** The function it stands in. */
  fn: string | undefined;
  /** Whether its exit code decides something, or its output is a value. */
  use: 'plain' | 'condition' | 'captured';
  /** What stands right of `||`. */
  fallback: string | undefined;
  /** Its errors are thrown away. */
  quiet: boolean;
  /** The names of the commands whose output it reads, the nearest last. */
  fed: readonly string[];
};

/** The commands of a changed file, in their order; none if it holds no shell, or no grammar is there. */
function commandsOf(source: SourceFile): Promise<readonly Command[]> {
  const found = known.get(source) ?? read(source);
  known.set(source, found);
  return found;
}

const known = new WeakMap<SourceFile, Promise<readonly Command[]>>();

/** Commands that the change adds or changes, of all files that are neither tests, documents nor generated. */
export async function addedCommands(reading: Reading): Promise<Command[]> {
  const found: Command[] = [];
  for (const source of reading.files) {
    if (!['product', 'script', 'data'].includes(source.role) || source.change.status === 'deleted') continue;
    if (source.added.length > 0) found.push(...(await commandsOf(source)).filter(isAdded));
  }
  return found;
}

/** Some line of it is new. */
function isAdded({ source, line, end }: Command): boolean {
  for (let at = line; at <= end; at += 1) if (source.isAdded(at)) return true;
  return false;
}

/** A piece of shell and the line of the file at which it begins. */
type Piece = { text: string; first: number };

async function read(source: SourceFile): Promise<Command[]> {
  if (source.partial) return [];
  const found: Command[] = [];
  for (const { text, first } of piecesOf(source)) {
    const root = await treeOf(text, 'shell');
    if (root) walk(root, { found, source, first, ...START });
  }
  return found;
}

function piecesOf(source: SourceFile): Piece[] {
  switch (source.language.name) {
    case 'shell':
      return [{ text: source.text.replace(/^(\s*)@test .*\{\s*$/gm, '$1bats_test() {'), first: 1 }];
    case 'dockerfile':
      return instructionsOf(source).flatMap((instruction) =>
        instruction.name === 'RUN' && !instruction.words.startsWith('[') ? [runPiece(instruction, source)] : [],
      );
    case 'yaml':
      return stepPieces(source);
    default:
      return [];
  }
}

function runPiece({ start, end }: { start: number; end: number }, source: SourceFile): Piece {
  const lines = source.lines.slice(start - 1, end).map(({ raw }) => raw);
  const [head = '', ...rest] = lines;
  const body = rest.map((line) => (/^\s*#|^\s*$/.test(line) ? '\\' : line));
  const first = head.replace(/^\s*RUN\s+(?:--[\w-]+(?:=\S+)?\s+)*/i, '');
  if (/^<<-?\s*["']?\w+["']?\s*$/.test(first)) return { text: body.slice(0, -1).join('\n'), first: start + 1 };
  return { text: [first, ...body].join('\n'), first: start };
}

/** Keys of pipelines, compose files and playbooks under which a shell reads the text. */
const SHELL_KEYS = /^(?:run|script|before_script|after_script|shell|ansible\.builtin\.shell)$/;

function stepPieces(source: SourceFile): Piece[] {
  return treesOf(source)
    .flatMap((tree) => [...within(tree)])
    .flatMap((entry) => {
      const owner = /^\d+$/.test(entry.key) ? entry.parent : entry;
      if (entry.text === undefined || !SHELL_KEYS.test(owner?.key ?? '') || !isScalar(entry.node)) return [];
      const block = entry.node.type === 'BLOCK_LITERAL' || entry.node.type === 'BLOCK_FOLDED';
      const raw = block
        ? source.lines
            .slice(entry.start, entry.end)
            .map((line) => line.raw)
            .join('\n')
        : entry.text;
      return [{ text: raw.replace(/\$\{\{.*?\}\}/g, '${expression}'), first: block ? entry.start + 1 : entry.start }];
    });
}

type Around = Pick<Command, 'loop' | 'fn' | 'use' | 'fallback' | 'quiet' | 'fed'>;
type Walk = Around & { found: Command[]; source: SourceFile; first: number };

const START: Around = { loop: undefined, fn: undefined, use: 'plain', fallback: undefined, quiet: false, fed: [] };

function walk(node: SgNode, at: Walk): void {
  const children = node.children();
  const each = (around: Partial<Around> = {}) => {
    for (const child of children) walk(child, { ...at, ...around });
  };
  switch (node.kind()) {
    case 'comment':
    case 'heredoc_body':
      return;
    case 'command':
    case 'test_command':
    case 'declaration_command':
    case 'unset_command':
      at.found.push(commandOf(node, at));
      return each({ ...START, loop: at.loop, fn: at.fn, use: 'captured' });
    case 'list':
      return walkList(children, at);
    case 'negated_command':
      return each({ use: 'condition' });
    case 'command_substitution':
    case 'process_substitution':
      return each({ ...START, loop: at.loop, fn: at.fn, use: 'captured' });
    case 'function_definition':
      return each({ ...START, fn: node.field('name')?.text() ?? '' });
    case 'pipeline':
      return walkPipeline(children, at);
    case 'redirected_statement':
      return each({ quiet: at.quiet || /(?:2|&)>>?\s*\/dev\/null|>\s*\/dev\/null 2>&1/.test(redirections(node)) });
    case 'if_statement':
    case 'elif_clause':
      return walkBranches(children, at, 'then');
    case 'for_statement':
    case 'c_style_for_statement':
    case 'while_statement':
      return walkLoop(node, at);
    default:
      return each();
  }
}

function commandOf(node: SgNode, { source, first: start, loop, fn, use, fallback, quiet, fed }: Walk): Command {
  const range = node.range();
  const named = node.children().filter((child) => child.isNamed());
  const given = named.filter((child) => !['command_name', 'variable_assignment'].includes(String(child.kind())));
  const first = node.kind() === 'test_command' ? '[' : (node.field('name')?.text() ?? node.children()[0]?.text() ?? '');
  const [name, args] = unwrapped(first.replace(/^\\/, ''), given);
  return {
    source,
    loop,
    fn,
    use,
    fallback,
    quiet,
    fed,
    line: start + range.start.line,
    end: start + range.end.line,
    name: name.replace(/^.*\//, ''),
    args: args.map((arg) => arg.text()),
    text: node.text(),
  };
}

/** `command grep a` and `builtin cd b` run what follows. */
function unwrapped(name: string, args: SgNode[]): [string, SgNode[]] {
  const [next, ...rest] = args;
  return /^(?:command|builtin|nohup|time)$/.test(name) && next && !next.text().startsWith('-')
    ? [next.text(), rest]
    : [name, args];
}

function walkList(children: readonly SgNode[], at: Walk): void {
  const mark = children.findIndex((child) => child.kind() === '||' || child.kind() === '&&');
  const right = children
    .slice(mark + 1)
    .map((child) => child.text())
    .join(' ');
  const isOr = children[mark]?.kind() === '||';
  for (const child of children.slice(0, mark))
    walk(child, isOr ? { ...at, fallback: right } : { ...at, use: at.use === 'plain' ? 'condition' : at.use });
  for (const child of children.slice(mark + 1)) walk(child, at);
}

function walkPipeline(children: readonly SgNode[], at: Walk): void {
  const fed: string[] = [...at.fed];
  for (const child of children) {
    walk(child, { ...at, fed: [...fed] });
    if (child.isNamed()) fed.push(/^\s*(?:sudo\s+)?([\w./-]+)/.exec(child.text())?.[1] ?? '');
  }
}

/** What stands before the word decides; the rest runs. */
function walkBranches(children: readonly SgNode[], at: Walk, word: string): void {
  let decides = true;
  for (const child of children) {
    if (child.kind() === word) decides = false;
    walk(child, decides ? { ...at, use: 'condition' } : { ...at, use: 'plain' });
  }
}

function walkLoop(node: SgNode, at: Walk): void {
  const body = node.children().find((child) => child.kind() === 'do_group');
  const head = node.text().slice(0, node.text().indexOf(body?.text() ?? '\0'));
  const isFor = node.kind() !== 'while_statement';
  const parent = node.parent();
  const loop: Loop = {
    kind: isFor ? 'for' : 'while',
    line: at.first + node.range().start.line,
    head: head.replace(/[;\s]+$/, ''),
    list: isFor ? (/\bin\b\s*([^]*?)[;\s]*$/.exec(head)?.[1] ?? '') : '',
    body: body?.text() ?? '',
    input: parent?.kind() === 'redirected_statement' ? redirections(parent) : '',
  };
  for (const child of node.children())
    walk(
      child,
      child.kind() === 'do_group' ? { ...at, loop, use: 'plain' } : { ...at, use: isFor ? at.use : 'condition' },
    );
}

function redirections(node: SgNode): string {
  return node
    .children()
    .filter((child) => /redirect/.test(String(child.kind())))
    .map((child) => child.text())
    .join(' ');
}
