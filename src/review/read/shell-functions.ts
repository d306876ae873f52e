/** The line on which a function begins: its indent, and its name in one of two places. */
export const SHELL_FUNCTION = /^(\s*)(?:function\s+([\w:.-]+)\s*(?:\(\s*\))?|([\w:.-]+)\s*\(\s*\))\s*\{?\s*(?:#.*)?$/;

type ShellFunction = { name: string; start: number; end: number };

/** Functions of a shell by their first line and the brace at the same depth that closes them. */
export function shellFunctions(lines: readonly string[]): ShellFunction[] {
  return lines.flatMap((line, at) => {
    const head = SHELL_FUNCTION.exec(line);
    if (!head) return [];
    const end = lines.findIndex((other, index) => index > at && new RegExp(`^${head[1] ?? ''}[})]`).test(other));
    return end === -1 ? [] : [{ name: head[2] ?? head[3] ?? '', start: at + 1, end: end + 1 }];
  });
}
