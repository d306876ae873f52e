/**
 * The tables of a TOML text by header, such as `tool.ruff`, each with its lines; what stands before the first header is under ``.
 * Enough to see what is configured; it is no parser of values.
 */
export function readTables(text: string): Map<string, string> {
  const tables = new Map<string, string>();
  let header = '';
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*\[{1,2}\s*([^[\]]+?)\s*\]{1,2}\s*(#.*)?$/.exec(line);
    if (match) header = (match[1] ?? '').replaceAll(/["'\s]/g, '');
    tables.set(header, `${tables.get(header) ?? ''}${match ? '' : `${line}\n`}`);
  }
  return tables;
}

/** Whether there is this table or one inside it. */
export function hasTable(tables: ReadonlyMap<string, string>, name: string): boolean {
  return [...tables.keys()].some((header) => header === name || header.startsWith(`${name}.`));
}

/** The strings of `key = ["a", "b"]` in the lines of a table. */
export function readStrings(table: string, key: string): string[] {
  const array = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(table)?.[1] ?? '';
  return [...array.replaceAll(/#.*$/gm, '').matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? '');
}
