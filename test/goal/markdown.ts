/** A small reader of GFM tables: the cells of each row, split where GitHub splits them. */
export function readTables(markdown: string): string[][][] {
  const tables: string[][][] = [];
  const lines = markdown.split('\n');
  for (let at = 1; at < lines.length; at += 1) {
    const isRule = /^\|(?: *:?-+:? *\|)+$/.test(lines[at] ?? '');
    if (!isRule) continue;
    const rows = [cellsOf(lines[at - 1] ?? '')];
    for (at += 1; lines[at]?.startsWith('|'); at += 1) rows.push(cellsOf(lines[at] ?? ''));
    tables.push(rows);
  }
  return tables;
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split(/(?<=(?:^|[^\\])(?:\\\\)*)\|/)
    .map((cell) => cell.trim());
}

/** The prose of one line of Markdown, code spans cut out and replaced by a space, as CommonMark pairs backticks. */
export function proseOf(line: string): string {
  let prose = '';
  for (let at = 0; at < line.length;) {
    const run = /^`+/.exec(line.slice(at))?.[0];
    if (line[at] === '\\') {
      prose += line.slice(at, at + 2);
      at += 2;
    } else if (run === undefined) {
      prose += line[at];
      at += 1;
    } else {
      const rest = line.slice(at + run.length);
      const close = new RegExp(`(?<!\`)${run}(?!\`)`).exec(rest);
      prose += close ? ' ' : run;
      at += run.length + (close ? close.index + run.length : 0);
    }
  }
  return prose;
}

/** What a reader sees of one line that `encodeInline` made: code as its content, escapes and entities resolved. */
export function readLine(line: string): string {
  const entities: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&#96;': '`',
    '&#124;': '|',
    '&#36;': '$',
  };
  return line.replaceAll(/\\([!-/:-@[-`{-~])|(&(?:amp|lt|gt|#96|#124|#36);)|`([^`]*)`/g, (_, escaped, entity, code) => {
    return escaped ?? (entity === undefined ? code : entities[entity]);
  });
}
