import type { SgNode } from '@ast-grep/napi';
import { treeOf } from './grammar.ts';
import type { Reading, SourceFile } from './reading.ts';
import { piecesOf } from './shell-pieces.ts';
import { bareOf, baseOf, filled, innerAt, split, unwrapped, type Given, type Word } from './shell-words.ts';

/** The loop that a command is in. `list`: what it goes through, as written; empty for `while`, whose `head` is its condition. */
export type Loop = { kind: 'for' | 'while'; line: number; head: string; list: string; body: string; input: string };

/** A command of a shell, wherever it is written: in a script, a RUN of a Dockerfile, a step of a pipeline. */
export type Command = {
  source: SourceFile;
  line: number;
  end: number;
  name: string;
  args: string[];
  /** The arguments without quotes, with what variables and lists of the file hold in their place. */
  words: readonly Word[];
  /** What runs if it is a function of the file. */
  runs: readonly Command[];
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

/** The commands of a file, in their order; none if it holds no shell, or no grammar is there. */
function commandsOf(source: SourceFile): Promise<readonly Command[]> {
  const found = known.get(source) ?? read(source);
  known.set(source, found);
  return found;
}

const known = new WeakMap<SourceFile, Promise<readonly Command[]>>();

/** All commands of the changed files that are neither tests, documents nor generated. */
export async function commandsIn(reading: Reading): Promise<Command[]> {
  const found: Command[] = [];
  for (const source of reading.files)
    if (['product', 'script', 'data'].includes(source.role) && source.change.status !== 'deleted' && touched(source))
      found.push(...(await commandsOf(source)));
  return found;
}

function touched({ change }: SourceFile): boolean {
  return change.added.length + change.removed.length > 0;
}

/** What a command says after its name, as one text. */
export function spoken({ words }: Command): string {
  return words.map(({ text }) => text).join(' ');
}

/** Those that the change adds or changes. */
export async function addedCommands(reading: Reading): Promise<Command[]> {
  return (await commandsIn(reading)).filter(isAdded);
}

/** Some line of it is new. */
function isAdded({ source, line, end }: Command): boolean {
  for (let at = line; at <= end; at += 1) if (source.isAdded(at)) return true;
  return false;
}

async function read(source: SourceFile): Promise<Command[]> {
  if (source.partial) return [];
  const [found, given]: [Command[], Given] = [[], new Map()];
  for (const { text, first } of piecesOf(source)) {
    const root = await treeOf(text, 'shell');
    if (root) walk(root, { found, given, source, first, ...START });
  }
  const functions = Map.groupBy(found, ({ fn }) => fn);
  for (const command of found) {
    command.words = command.words.flatMap((word) => filled(word, given));
    const [first, ...more] = command.name.startsWith('$')
      ? filled({ text: command.name, line: command.line }, given)
      : [];
    if (first) Object.assign(command, { name: baseOf(first.text), words: [...more, ...command.words] });
    if (command.fn !== command.name) command.runs = functions.get(command.name) ?? [];
  }
  return found;
}

type Around = Pick<Command, 'loop' | 'fn' | 'use' | 'fallback' | 'quiet' | 'fed'>;
type Walk = Around & { found: Command[]; given: Given; source: SourceFile; first: number };

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
    case 'variable_assignment':
      note(node, at);
      return each();
    case 'command':
    case 'test_command':
    case 'declaration_command':
    case 'unset_command':
      at.found.push(...commandsAt(node, at));
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

/** Remembers what a variable is given: the words of a text, or the entries of a list. */
function note(node: SgNode, { given, first }: Walk): void {
  const name = /^\w+/.exec(node.text())?.[0] ?? '';
  const value = node.children().at(-1);
  if (!value || name === '') return;
  const words = (value.kind() === 'array' ? value.children().filter((child) => child.isNamed()) : [value]).flatMap(
    (part) =>
      bareOf(part.text())
        .split(/\s+/)
        .filter(Boolean)
        .map((text) => ({ text: bareOf(text), line: first + part.range().start.line })),
  );
  given.set(name, [...(given.get(name) ?? []), ...words]);
}

/** The command of a node, and the one that it runs for each of its lines or files. */
function commandsAt(node: SgNode, at: Walk): Command[] {
  const command = commandOf(node, at);
  const inner = innerOf(command);
  return inner ? [command, inner] : [command];
}

function commandOf(node: SgNode, at: Walk): Command {
  const { source, first: start, loop, fn, use, fallback, quiet, fed } = at;
  const range = node.range();
  const named = node.children().filter((child) => child.isNamed());
  const given = named.filter((child) => !['command_name', 'variable_assignment'].includes(String(child.kind())));
  const first = node.kind() === 'test_command' ? '[' : (node.field('name')?.text() ?? node.children()[0]?.text() ?? '');
  const [name, args] = unwrapped(bareOf(first.replace(/^\\/, '')), given);
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
    name: baseOf(name),
    args: args.map((arg) => arg.text()),
    words: args.map((arg) => ({ text: bareOf(arg.text()), line: start + arg.range().start.line })),
    runs: [],
    text: node.text(),
  };
}

/** What `xargs -n1`, `parallel` and `find -exec … \;` run, as the body of a loop; `alias` as what the new name runs. */
function innerOf(command: Command): Command | undefined {
  const { name, args, words, text, line } = command;
  const from = innerAt(name, args);
  const first = words[from];
  if (from === -1 || !first) return undefined;
  const aliased = name === 'alias' ? (/=(.*)$/.exec(bareOf(first.text))?.[1] ?? '') : undefined;
  const parts = aliased === undefined ? words.slice(from) : split(aliased, first.line);
  const [program, ...rest] = parts;
  if (!program) return undefined;
  const loop: Loop = { kind: 'while', line, head: 'while read', list: '', body: text, input: '' };
  return {
    ...command,
    name: baseOf(program.text),
    args: aliased === undefined ? args.slice(from + 1) : rest.map((word) => word.text),
    words: rest,
    ...(aliased === undefined ? { loop: command.loop ?? loop } : { use: 'captured' }),
  };
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
