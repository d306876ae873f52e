import { ToolError } from '../errors.ts';
import type { Sha } from '../goal/goal.ts';
import { git, startGit } from './git.ts';
import type { Mirror } from './mirror.ts';
import { assertSha } from './ref.ts';

/** The files of a commit. */
export type Tree = {
  paths: string[];
  /** The text of a regular file; undefined if there is none at this path, or if it is over 16 MB. A symbolic link is not followed. Throws ToolError. */
  read(path: string): Promise<string | undefined>;
};

const MAX_FILE_BYTES = 16_000_000;

/** What `use` makes of the files of two commits. One git process reads them all, however many it asks for. Throws ToolError. */
export async function withTrees<T>(
  { gitDir }: Pick<Mirror, 'gitDir'>,
  { base, head }: { base: Sha; head: Sha },
  use: (trees: { before: Tree; after: Tree }) => Promise<T>,
): Promise<T> {
  const [old, now] = [await listBlobs(gitDir, base), await listBlobs(gitDir, head)];
  const blobs = openBlobs(gitDir);
  try {
    return await use({ before: treeOf(old, blobs), after: treeOf(now, blobs) });
  } finally {
    await blobs.close();
  }
}

/** The object of each path; undefined for what is no regular file. */
async function listBlobs(gitDir: string, sha: Sha): Promise<Map<string, Sha | undefined>> {
  assertSha(sha);
  const records = await git(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', sha], { gitDir });
  return new Map(
    records.split('\0').flatMap((record) => {
      const [, mode = '', object = '', path] = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/s.exec(record) ?? [];
      return path === undefined ? [] : [[path, mode.startsWith('100') ? object : undefined] as const];
    }),
  );
}

function treeOf(objects: ReadonlyMap<string, Sha | undefined>, blobs: Blobs): Tree {
  return {
    paths: [...objects.keys()],
    async read(path) {
      const object = objects.get(path);
      return object === undefined ? undefined : await blobs.read(object);
    },
  };
}

type Blobs = { read(object: Sha): Promise<string | undefined>; close(): Promise<unknown> };

/** It is asked and answers in turn: a line with the size, then the bytes and a line's end. */
function openBlobs(gitDir: string): Blobs {
  const args = ['cat-file', '--batch'];
  const cat = startGit(args, { gitDir });
  const { stdin, stdout, exited } = cat;
  const chunks: AsyncIterator<Buffer> = stdout[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<Buffer> => {
    const { value, done } = await chunks.next();
    if (!done) return value;
    const { exitCode, failure = `ended with ${exitCode}` } = await exited;
    const details = { tool: 'git' as const, args, exitCode: exitCode ?? undefined, stderrTail: '' };
    throw new ToolError(`git cat-file ${failure}`, details);
  };
  const line = async (): Promise<string> => {
    while (!rest.includes('\n')) rest = Buffer.concat([rest, await more()]);
    const end = rest.indexOf('\n');
    const text = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 1);
    return text;
  };
  const bytes = async (count: number, isKept: boolean): Promise<Buffer> => {
    const parts: Buffer[] = [];
    let left = count;
    for (; left > rest.length; rest = await more()) {
      if (isKept) parts.push(rest);
      left -= rest.length;
    }
    parts.push(rest.subarray(0, left));
    rest = rest.subarray(left);
    return Buffer.concat(parts);
  };
  const answer = async (): Promise<string | undefined> => {
    const size = / blob (\d+)$/.exec(await line())?.[1];
    if (size === undefined) return undefined;
    const fits = Number(size) <= MAX_FILE_BYTES;
    const body = await bytes(Number(size) + 1, fits);
    return fits ? body.toString('utf8', 0, Number(size)) : undefined;
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read(object) {
      // What is asked for in one turn of the event loop goes there at once.
      if (!stdin.writableCorked) {
        stdin.cork();
        setImmediate(() => stdin.uncork());
      }
      stdin.write(`${object}\n`);
      const answered = turn.then(answer);
      turn = answered.catch(() => undefined);
      return answered;
    },
    close() {
      stdin.end();
      return cat.kill();
    },
  };
}
