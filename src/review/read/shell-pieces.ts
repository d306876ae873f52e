import { isScalar } from 'yaml';
import { instructionsOf } from './docker.ts';
import type { SourceFile } from './reading.ts';
import { treesOf, under, within } from './yaml-tree.ts';

/** A piece of shell and the line of the file at which it begins. */
export type Piece = { text: string; first: number };

/** The pieces of shell that a file holds: the whole of a script, each RUN of a Dockerfile, each step of a pipeline or playbook. */
export function piecesOf(source: SourceFile): Piece[] {
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
      // What an action is given as a script it reads itself.
      if (owner?.key === 'script' && owner.parent?.key === 'with') return [];
      if (/^(?:python|node|pwsh|powershell|cmd|perl|ruby|deno)\b/.test(under(owner?.parent, 'shell')?.text ?? ''))
        return [];
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
