import type { Block } from './blocks.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';

/** The loop around a line that goes through a collection: `for`, or a callback per element. `while` loops wait, retry and turn pages. */
export function collectionLoop(line: SourceLine, source: SourceFile): Block | undefined {
  for (const block of source.blocks().around(line.number)) {
    if (block.kind === 'callback')
      return /\.(forEach|map|flatMap|each|for_each)\(/.test(block.header) ? block : undefined;
    if (block.kind === 'loop') return isCollectionLoop(block) ? block : undefined;
    if (block.kind === 'function') return undefined;
    if (block.kind === 'catch') return undefined;
  }
  return undefined;
}

function isCollectionLoop(block: Block): boolean {
  return (
    /\b(of|in|range)\b|:(?!:)|\bforeach\b|;\s*\w+\s*<=?\s*[\w.]*(length|len\(|size\(|count)/i.test(block.header) &&
    !/^(while|loop|do)\b|attempt|retr(y|ies)|page|chunk|batch/i.test(block.header)
  );
}
