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

/** Tables and lines of a manifest that name a project, where it lives and what is in it, and never what it depends on. */
const NO_DEPENDENCY =
  /^(workspace|project\.(urls|scripts|gui-scripts|entry-points)|tool\.(setuptools|ruff|mypy|pytest|coverage|black|isort|pyright|hatch\.build)|badges)\b/;
const ABOUT =
  /^\s*(name|description|keywords|categories|authors|maintainers|license|readme|classifiers|homepage|repository|documentation)\s*=.*$/gm;

/** The lines of the tables that may say what a package depends on. */
export function dependencyText(tables: ReadonlyMap<string, string>): string {
  const kept = [...tables].filter(([header]) => !NO_DEPENDENCY.test(header));
  const lines = kept.map(([header, text]) => `[${header}]\n${text}`).join('\n');
  return lines.replaceAll(/https?:\/\/\S+/g, '').replaceAll(ABOUT, '');
}

/** The strings of `key = ["a", "b"]` in the lines of a table. */
export function readStrings(table: string, key: string): string[] {
  const array = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(table)?.[1] ?? '';
  return [...array.replaceAll(/#.*$/gm, '').matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? '');
}
