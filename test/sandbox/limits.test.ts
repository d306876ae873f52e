import { describe, expect, test } from '@jest/globals';
import { GATE_LIMITS, limitsArgv } from '../../src/sandbox/limits.ts';

const limits = {
  processes: 100,
  openFiles: 200,
  fileBytes: 300,
  memoryBytes: 400,
  tmpBytes: 500,
  roomBytes: 550,
  diskBytes: 600,
  diskFiles: 700,
};
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
