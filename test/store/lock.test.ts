import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UserError } from '../../src/errors.ts';
import { lockDirectory } from '../../src/store/lock.ts';

const LOCK = join(import.meta.dirname, '..', '..', 'src', 'store', 'lock.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omk-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process that takes the lock, says so and stays. */
async function holder() {
  const program = `import { lockDirectory } from ${JSON.stringify(LOCK)};
    await lockDirectory(${JSON.stringify(folder)}); console.log('locked'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const kill = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid, kill };
}

async function ownerFile(): Promise<string> {
  const name = (await readdir(folder)).find((entry) => entry.startsWith('lock.'));
  return join(folder, name ?? 'none');
}

async function changeOwner(changes: object): Promise<string> {
  const path = await ownerFile();
  const owner = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...owner, ...changes }));
  return path;
}

describe('the lock on the data directory', () => {
  test('refuses a second process with its pid and the folder, and gives way when the first is killed', async () => {
    const first = await holder();
    const refused = await lockDirectory(folder).catch((error: unknown) => error);
    await first.kill();
    expect(refused).toBeInstanceOf(UserError);
    expect((refused as UserError).message).toBe(`The data directory ${folder} is in use by process ${first.pid}.`);
    expect((refused as UserError).hint).toContain('DATABASE_URL');
    await (await lockDirectory(folder)).release();
  });

  test('refuses a second hold in the same process until the first is released', async () => {
    const lock = await lockDirectory(folder);
    await expect(lockDirectory(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    await lock.release();
    await (await lockDirectory(folder)).release();
  });

  test('does not take a process for the holder that got the pid of a dead one', async () => {
    await lockDirectory(folder);
    await changeOwner({ startTime: '1' });
    await expect(lockDirectory(folder)).resolves.toBeDefined();
  });

  test('lets exactly one of many take over what a dead process left', async () => {
    const dead = await holder();
    await dead.kill();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(folder)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  test('believes a holder in another container that touches the lock', async () => {
    await lockDirectory(folder, { beatMs: 1_000_000 });
    const path = await changeOwner({ space: 'another container' });
    let seconds = 0;
    const beat = setInterval(() => void utimes(path, ++seconds, seconds), 5);
    await expect(lockDirectory(folder, { beatMs: 50 })).rejects.toThrow('in use by process');
    clearInterval(beat);
  });

  test('takes over from a holder in another container that has gone silent', async () => {
    await lockDirectory(folder, { beatMs: 1_000_000 });
    await changeOwner({ space: 'another container' });
    await expect(lockDirectory(folder, { beatMs: 10 })).resolves.toBeDefined();
  });

  test('leaves one lock file behind, however often it was taken', async () => {
    for (let count = 0; count < 5; count++) await (await lockDirectory(folder)).release();
    expect(await readdir(folder)).toEqual(['lock.5']);
  });
});
