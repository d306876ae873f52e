import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { GATE_LIMITS, limitsArgv, watchDisk } from '../../src/sandbox/limits.ts';

const limits = { processes: 100, openFiles: 200, fileBytes: 300, memoryBytes: 400, tmpBytes: 500 };
const hard = [
  'Limit                     Soft Limit           Hard Limit           Units',
  'Max processes             50                   60                   processes',
  'Max open files            1024                 unlimited            files',
  'Max file size             unlimited            299                  bytes',
].join('\n');

describe('limits', () => {
  test('are words before a command', () => {
    expect(limitsArgv({ ...limits, cpuSeconds: 9 }, '').join(' ')).toBe(
      'nice -n 10 choom -n 1000 -- prlimit --nproc=100 --nofile=200 --fsize=300 --data=400 --core=0 --cpu=9 --',
    );
  });

  test('never ask for more than the host itself has, which would fail', () => {
    const words = limitsArgv(limits, hard).join(' ');
    expect(words).toContain('--nproc=60 --nofile=200 --fsize=299 --data=400');
  });

  test('of a gate leave room for a large test suite', () => {
    expect(GATE_LIMITS.processes).toBeGreaterThanOrEqual(512);
    expect(GATE_LIMITS.memoryBytes).toBeGreaterThanOrEqual(4 * 2 ** 30);
  });
});

describe('the disk watcher', () => {
  test('calls once when the folder grows beyond its budget', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'omk-disk-'));
    const calls: number[] = [];
    const exceeded = new Promise<number>((resolve) => {
      const onExceeded = (bytes: number): void => {
        calls.push(bytes);
        resolve(bytes);
      };
      watchDisk({ dir, maxBytes: 2 ** 20, onExceeded, everyMs: 5 });
    });
    await writeFile(join(dir, 'large'), Buffer.alloc(2 ** 21, 1));
    expect(await exceeded).toBeGreaterThanOrEqual(2 ** 21);
    expect(calls).toHaveLength(1);
    await rm(dir, { recursive: true });
  });

  test('is silent once stopped', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'omk-disk-'));
    const calls: number[] = [];
    const stop = watchDisk({ dir, maxBytes: 0, onExceeded: (bytes) => calls.push(bytes), everyMs: 1 });
    stop();
    await new Promise<void>((resolve) => {
      watchDisk({ dir, maxBytes: 0, onExceeded: () => resolve(), everyMs: 1 });
    });
    expect(calls).toEqual([]);
    await rm(dir, { recursive: true });
  });
});
