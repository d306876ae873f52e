import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import { createRedactor } from '../../src/goal/redact.ts';
import { runToEnd } from '../../src/process.ts';
import type { Limits } from '../../src/sandbox/limits.ts';
import { inSandbox, LIMITS, makeStage } from './stage.ts';

const MB = 2 ** 20;
const stage = await makeStage();
afterAll(() => stage.remove());

/** Each takes something without an end. Where omk must end it before its time it says why. */
type Attack = { name: string; sh: string; limits?: Partial<Limits>; says?: RegExp };

const HOLD = 'import sys, time; a = bytearray(int(sys.argv[1]) << 20); time.sleep(600)';
const ATTACKS: readonly Attack[] = [
  { name: 'programs', sh: 'b() { b | b & }; b; sleep 600' },
  { name: 'memory, in one program', sh: `python3 -c '${HOLD}' 4096; exit 7`, limits: { memoryBytes: 512 * MB } },
  {
    name: 'memory, in many programs',
    sh: `for i in 1 2 3 4 5 6 7 8; do python3 -c '${HOLD}' 100 & done; wait`,
    limits: { roomBytes: 400 * MB },
    says: /held more than 400 MB of memory/,
  },
  {
    name: 'bytes on disk, in many files',
    sh: 'i=0; while :; do i=$((i+1)); head -c 4000000 /dev/zero > f$i; done',
    limits: { diskBytes: 50 * MB },
    says: /folders held more than 50 MB/,
  },
  {
    name: 'files on disk, in the home folder',
    sh: 'cd $HOME; i=0; while :; do i=$((i+1)); : > f$i; done',
    limits: { diskFiles: 2_000 },
    says: /folders held more than 2000 files/,
  },
  { name: 'bytes of one file', sh: 'head -c 400000000 /dev/zero > large; exit 7', limits: { fileBytes: 8 * MB } },
  { name: 'the temporary folder', sh: 'cat /dev/zero > /tmp/fill; cat /dev/zero > /dev/shm/fill; exit 7' },
  { name: 'output', sh: 'exec yes "a line that is as long as many a line of a log, and comes again and again"' },
  { name: 'output without line breaks', sh: 'exec tr "\\0" x </dev/zero' },
  { name: 'the processor', sh: 'for i in 1 2 3 4; do while :; do :; done & done; wait' },
  {
    name: 'time, in daemons that hear no signal',
    sh: "trap '' TERM INT HUP; setsid nohup sleep 601 & sleep 600; sleep 600",
  },
];

describe('a program that takes without end', () => {
  inSandbox.each(ATTACKS)('$name: it is ended and leaves nobody behind', async ({ sh, limits, says }) => {
    const name = ATTACKS.findIndex((attack) => attack.sh === sh);
    const [work, home] = [join(stage.dir, `work${name}`), join(stage.dir, `home${name}`)];
    await Promise.all([work, home].map((folder) => mkdir(folder)));
    const mark = `OMK_ATTACK=${process.pid}-${name}`;
    const room = stage.open({ work, home, limits: { ...LIMITS, ...limits } });
    const timeoutMs = says ? 60_000 : 1_500;
    const began = performance.now();
    const ended = await runToEnd(room.launch(['sh', '-c', sh], { OMK_ATTACK: mark.slice('OMK_ATTACK='.length) }), {
      timeoutMs,
      logPath: join(stage.dir, `log${name}`),
      signal: new AbortController().signal,
      clean: createRedactor([]).stream(),
    });
    expect(performance.now() - began).toBeLessThan(timeoutMs + 10_000);
    expect(ended.outputTail).toMatch(says ?? /(?:)/);
    expect(await withEnvironment(mark)).toEqual([]);
    expect((await stat(join(stage.dir, `log${name}`))).size).toBeLessThan(21_000_000);
  });
});

async function withEnvironment(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(mark) ? pid : '';
    }),
  );
  return found.filter(Boolean);
}
