import { posix } from 'node:path';
import { roleOf } from '../read/file-role.ts';
import { functionAround } from '../read/flow.ts';
import type { Reading, SourceFile } from '../read/reading.ts';
import { shellFunctions } from '../read/shell-functions.ts';

const SEARCHED_FILES = 100;

/** Some test speaks of the file, or of the function that holds a line. */
export async function isNamedInTests(line: number, source: SourceFile, reading: Reading): Promise<boolean> {
  const names = [posix.basename(source.path), ...functionAt(line, source)].filter((name) => name.length >= 6);
  const kinds = source.language.name === 'shell' ? ['.bats', '.sh', '.bash'] : [posix.extname(source.path)];
  const tests = [...reading.paths].filter((path) => kinds.includes(posix.extname(path)) && roleOf(path) === 'test');
  for (const path of tests.slice(0, SEARCHED_FILES)) {
    const text = (await reading.peek(path))?.text ?? '';
    if (names.some((name) => text.includes(name))) return true;
  }
  return false;
}

function functionAt(line: number, source: SourceFile): string[] {
  if (source.language.name === 'shell') {
    const all = shellFunctions(source.lines.map(({ raw }) => raw));
    return all.filter(({ start, end }) => start <= line && line <= end).map(({ name }) => name);
  }
  const header = functionAround({ line, source })?.header ?? '';
  return [/([A-Za-z_$][\w$]*)\s*(?:<[^()]*>)?\(/.exec(header)?.[1] ?? []].flat();
}
