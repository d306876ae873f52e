import type { Block } from './blocks.ts';
import type { SourceLine } from './lexer.ts';
import type { SourceFile } from './reading.ts';

/** The loop around a line that goes through a collection: `for`, or a callback per element. `while` loops wait, retry and turn pages. */
export function collectionLoop(line: SourceLine, source: SourceFile): Block | undefined {
  for (const block of source.blocks().around(line.number)) {
    if (block.kind === 'callback')
      return /\.(forEach|map|flatMap|filter|each|for_each|peek|mapToObj|flat_map|filter_map)\(/.test(block.header)
        ? block
        : undefined;
    if (block.kind === 'loop') return isCollectionLoop(block) ? block : undefined;
    if (block.kind === 'function') return undefined;
    if (block.kind === 'catch') return undefined;
  }
  return undefined;
}

/** Row by row, line by line: what a query, a file or an iterator yields. */
const YIELDS =
  /\b(?:\w*[rR]ows?|rs|\w*[rR]esults?(?:Set)?|\w*[sS]canner|sc|it|iter(?:ator)?|cur|cursor|stream)\.(?:Next|next|try_next|Scan|hasNext|fetchone)\(|\.readLine\(/;

function isCollectionLoop(block: Block): boolean {
  if (/^(?:for|while)\b/.test(block.header) && YIELDS.test(block.header)) return true;
  return (
    /\b(of|in|range)\b|:(?!:)|\bforeach\b|;\s*\w+\s*<=?\s*[\w.]*(length|len\(|size\(|count)|,\s*\w+\s*=\s*[\w.]+\.(?:length|size)\b[^;]*;/i.test(
      block.header,
    ) && !/^(while|loop|do)\b|attempt|retr(y|ies)|page|chunk|batch/i.test(block.header)
  );
}

const TAKES =
  /\.(?:pop|shift|popleft|pop_front|pop_back|poll|dequeue|get_nowait|remove(?:First|Last)?|next)\(\s*\d*\s*\)|\bwhile let Some\b|\w = \w+\[1:\]/;

/** The `while` around a line that goes through a collection: it takes one after the other, or counts to its length. */
export function emptyingLoop(line: SourceLine, source: SourceFile): Block | undefined {
  const around = source.blocks().around(line.number);
  const loop = around.find(({ kind }) => kind === 'loop' || kind === 'function' || kind === 'callback');
  if (loop?.kind !== 'loop' || !/^(?:while\b|for len\(|for \(;)/.test(loop.header)) return undefined;
  if (/attempt|retr(?:y|ies)|page|cursor|chunk|batch/i.test(loop.header)) return undefined;
  const counts = /<\s*(?:len\([\w.]+\)|[\w.]+\.(?:length|size\(\)|len\(\)))/.test(loop.header);
  const inside = source.lines.slice(loop.start - 1, loop.end);
  return counts || inside.some(({ code }) => TAKES.test(code)) ? loop : undefined;
}

const CALLED =
  /\.(?:map|flatMap|filter|forEach|some|every|find|findIndex|reduce|sort|each|for_each|filter_map|flat_map|any|all|position|mapToObj|anyMatch|allMatch|noneMatch|removeIf|peek)\(\s*(?:async\s*)?(?:\(?([^()=|>]*)\)?\s*(?:=>|->)|function\b[^(]*\(([^()]*)\)|(?:move )?\|([^|]*)\|)/g;
const COMPREHENDED = /\bfor ([\w, ()]+?) in ([^\]})]+)/g;

/** What runs a piece of code once for each element: the names that each turn gives, and the place where it begins. */
export type Turn = { names: string[]; head: string; start: number };

/** The loop, callback or comprehension that runs the code at a column of a line once for each element, innermost first. */
export function turnsAround(line: SourceLine, column: number, source: SourceFile): Turn[] {
  const found: Turn[] = [];
  const note = (names: string | undefined, head: string, start = line.number, place: 'first' | 'last' = 'first') => {
    const turn = { names: names?.match(/[A-Za-z_$][\w$]*/g) ?? [], head, start };
    if (place === 'first') found.unshift(turn);
    else found.push(turn);
  };
  for (const match of line.code.matchAll(CALLED))
    if (match.index < column && match.index + match[0].length <= column && isOpenAt(line.code, match.index, column))
      note(match.slice(1).find(Boolean), line.code.slice(0, match.index) + match[0]);
  if (source.language.name === 'python' && !/^\s*(?:async )?for\b/.test(line.code))
    for (const match of line.code.matchAll(COMPREHENDED)) note(match[1], match[0]);
  const loop = collectionLoop(line, source);
  if (loop) {
    const given = /^(?:async )?for\b\s*\(?(.*?)(?:\b(?:of|in)\b|:= range\b|:(?!=)|=|;)/.exec(loop.header)?.[1];
    const handed = /\(\s*(?:async )?(?:function\b[^(]*)?\(?([^()=|]*)\)?\s*(?:=>|->|$)|\|([^|]*)\|/.exec(
      loop.header.slice(loop.header.lastIndexOf('.')),
    );
    note(given ?? handed?.slice(1).find(Boolean) ?? loop.header, loop.header, loop.start, 'last');
  }
  return found;
}

/** The bracket of the call at an index is still open at a column. */
function isOpenAt(code: string, from: number, column: number): boolean {
  let depth = 0;
  for (let at = code.indexOf('(', from); at < column; at += 1) {
    if (code[at] === '(') depth += 1;
    else if (code[at] === ')' && (depth -= 1) === 0) return false;
  }
  return depth > 0;
}
