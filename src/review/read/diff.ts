/** One line of a hunk. `newLine` is 0 for a removed line, `oldLine` is 0 for an added one. */
export type HunkLine = { kind: 'added' | 'removed' | 'context'; text: string; oldLine: number; newLine: number };

/** Lines that stand together in the patch; numbers are 1-based. */
export type Hunk = { oldStart: number; newStart: number; lines: HunkLine[] };

type FileStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'copied';

/** One file of the patch. `path` is the new path, or the old one if the file was deleted. */
export type ChangedFile = {
  path: string;
  oldPath: string;
  status: FileStatus;
  binary: boolean;
  /** The file mode at the head in octal, such as `100644`, `120000` (symbolic link) or `160000` (submodule). */
  mode: string;
  hunks: Hunk[];
  added: { number: number; text: string }[];
  removed: { number: number; text: string }[];
};

/** A whole patch, read once. */
export type Change = { files: ChangedFile[]; addedLines: number; removedLines: number };

/**
 * Reads what `git diff -U3 base head` printed. Hunks are read by their counts, so that no content can pass for a header.
 * Throws on a patch that breaks off inside a hunk: a change that cannot be read whole must not be judged.
 */
export function parsePatch(patch: string): Change {
  const cursor = { lines: patch.split('\n'), at: 0 };
  const files: ChangedFile[] = [];
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at] ?? '';
    if (line.startsWith('diff --git ')) files.push(readFile(cursor));
    else cursor.at += 1;
  }
  return {
    files,
    addedLines: files.reduce((sum, file) => sum + file.added.length, 0),
    removedLines: files.reduce((sum, file) => sum + file.removed.length, 0),
  };
}

type Cursor = { lines: string[]; at: number };

function readFile(cursor: Cursor): ChangedFile {
  const [oldName, newName] = splitHeader((cursor.lines[cursor.at] ?? '').slice('diff --git '.length));
  const file: ChangedFile = {
    path: newName,
    oldPath: oldName,
    status: 'modified',
    binary: false,
    mode: '',
    hunks: [],
    added: [],
    removed: [],
  };
  cursor.at += 1;
  while (cursor.at < cursor.lines.length) {
    const line = cursor.lines[cursor.at] ?? '';
    if (line.startsWith('diff --git ')) break;
    if (line.startsWith('@@ ')) readHunk(cursor, file);
    else {
      readHeader(line, file);
      cursor.at += 1;
    }
  }
  if (file.status === 'deleted') file.path = file.oldPath;
  return file;
}

function readHeader(line: string, file: ChangedFile): void {
  const [, word, value = ''] =
    /^(new file mode|deleted file mode|new mode|index|rename from|rename to|copy from|copy to|---|\+\+\+|Binary files|GIT binary patch)(?: (.*))?$/.exec(
      line,
    ) ?? [];
  if (word === undefined) return;
  if (word === 'new file mode') Object.assign(file, { status: 'added', mode: value });
  else if (word === 'deleted file mode') Object.assign(file, { status: 'deleted', mode: value });
  else if (word === 'new mode') file.mode = value;
  else if (word === 'index') file.mode = / (\d{6})$/.exec(value)?.[1] ?? file.mode;
  else if (word === 'rename from') Object.assign(file, { status: 'renamed', oldPath: unquote(value) });
  else if (word === 'copy from') Object.assign(file, { status: 'copied', oldPath: unquote(value) });
  else if (word === 'rename to' || word === 'copy to') file.path = unquote(value);
  else if (word === '---' && !value.startsWith('/dev/null')) file.oldPath = withoutPrefix(value);
  else if (word === '+++' && !value.startsWith('/dev/null')) file.path = withoutPrefix(value);
  else if (word === 'Binary files' || word === 'GIT binary patch') file.binary = true;
}

function readHunk(cursor: Cursor, file: ChangedFile): void {
  const header = cursor.lines[cursor.at] ?? '';
  const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(header);
  if (!match) throw new Error(`the patch of ${file.path} has a hunk header that is none: ${header.slice(0, 80)}`);
  const hunk: Hunk = { oldStart: Number(match[1]), newStart: Number(match[3]), lines: [] };
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  const oldEnd = oldLine + Number(match[2] ?? 1);
  const newEnd = newLine + Number(match[4] ?? 1);
  cursor.at += 1;
  while (oldLine < oldEnd || newLine < newEnd) {
    const line = cursor.lines[cursor.at];
    if (line === undefined) throw new Error(`the patch breaks off inside ${file.path}`);
    cursor.at += 1;
    const text = line.slice(1).replace(/\r$/, '');
    if (line.startsWith('+')) {
      hunk.lines.push({ kind: 'added', text, oldLine: 0, newLine });
      file.added.push({ number: newLine++, text });
    } else if (line.startsWith('-')) {
      hunk.lines.push({ kind: 'removed', text, oldLine, newLine: 0 });
      file.removed.push({ number: oldLine++, text });
    } else if (line.startsWith(' ') || line === '') {
      hunk.lines.push({ kind: 'context', text, oldLine: oldLine++, newLine: newLine++ });
    } else if (!line.startsWith('\\'))
      throw new Error(`the patch of ${file.path} has a line that is none: ${line.slice(0, 80)}`);
  }
  file.hunks.push(hunk);
}

/** `a/x b/x` of a header line; only needed when no later line names the file, and then both names are the same. */
function splitHeader(text: string): [string, string] {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(text);
  if (quoted) return [withoutPrefix(quoted[1] ?? ''), withoutPrefix(quoted[2] ?? '')];
  const middle = (text.length - 1) / 2;
  return [withoutPrefix(text.slice(0, middle)), withoutPrefix(text.slice(middle + 1))];
}

function withoutPrefix(name: string): string {
  return unquote(name.replace(/\t$/, '')).replace(/^[ab]\//, '');
}

/** Git quotes a path with unusual bytes as a C string whose octal escapes are bytes of UTF-8. */
function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  const escapes: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
  const bytes: number[] = [];
  for (const [, octal, letter, plain] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gsu)) {
    if (octal !== undefined) bytes.push(parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(escapes[letter] ?? letter.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ''));
  }
  return Buffer.from(bytes).toString('utf8');
}

/** The new line nearest to a removed one of the hunk; 0 without either. */
export function lineNear(hunk: Hunk | undefined, line: { oldLine: number } | undefined): number {
  if (!hunk || !line) return 0;
  const at = hunk.lines.findIndex((other) => other.oldLine === line.oldLine && other.kind === 'removed');
  return (
    [...hunk.lines.slice(at), ...hunk.lines.slice(0, at).toReversed()].find((other) => other.newLine > 0)?.newLine ?? 0
  );
}
