import { execa } from 'execa';

/** What one room may use. `memoryBytes` and `fileBytes` hold for each process or file, the rest for the room as a whole. */
export type Limits = {
  processes: number;
  openFiles: number;
  fileBytes: number;
  memoryBytes: number;
  tmpBytes: number;
  /** Processor seconds of each process; absent: only the caller's own timeout ends it. */
  cpuSeconds?: number;
};

/** Enough for the test suite of a large project on a small machine. */
export const GATE_LIMITS: Limits = {
  processes: 1_024,
  openFiles: 16_384,
  fileBytes: 4 * 2 ** 30,
  memoryBytes: 8 * 2 ** 30,
  tmpBytes: 2 * 2 ** 30,
};

/** The agent runs the same tests as the gates. */
export const AGENT_LIMITS: Limits = { ...GATE_LIMITS };

/** Installing packages takes no more than testing them. */
export const SETUP_LIMITS: Limits = { ...GATE_LIMITS };

/**
 * The words to put before a command so that it runs within `limits`, after omk in the queue for the processor and before
 * it when the kernel is out of memory. To be used inside the room: there the processes of one room are counted alone.
 * `hard` is the text of `/proc/self/limits`: what is already lower there stays, since nobody but root may raise it.
 */
export function limitsArgv(limits: Limits, hard: string): string[] {
  const within = (option: string, wanted: number, name: string): string =>
    `--${option}=${Math.min(wanted, hardLimit(hard, name))}`;
  return [
    ...'nice -n 10 choom -n 1000 -- prlimit'.split(' '),
    within('nproc', limits.processes, 'processes'),
    within('nofile', limits.openFiles, 'open files'),
    within('fsize', limits.fileBytes, 'file size'),
    within('data', limits.memoryBytes, 'data size'),
    '--core=0',
    ...(limits.cpuSeconds === undefined ? [] : [within('cpu', limits.cpuSeconds, 'cpu time')]),
    '--',
  ];
}

function hardLimit(text: string, name: string): number {
  const value = new RegExp(`^Max ${name} +\\S+ +(\\d+)`, 'm').exec(text)?.[1];
  return value === undefined ? Infinity : Number(value);
}

export type DiskBudget = { dir: string; maxBytes: number; onExceeded: (bytes: number) => void; everyMs?: number };

/**
 * Measures `dir` now and then every `everyMs` (default 2,000), and calls `onExceeded` once when it holds more than
 * `maxBytes` on disk. Returns the function that stops it. A folder that cannot be measured counts as empty.
 */
export function watchDisk({ dir, maxBytes, onExceeded, everyMs = 2_000 }: DiskBudget): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    const bytes = await diskBytes(dir);
    if (stopped) return;
    if (bytes > maxBytes) onExceeded(bytes);
    else timer = setTimeout(() => void look(), everyMs).unref();
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** `du` prints a sum even when a file vanishes under it and it exits with 1. */
async function diskBytes(dir: string): Promise<number> {
  const { stdout } = await execa('du', ['-s', '-k', '--', dir], { reject: false, stderr: 'ignore' });
  return (Number.parseInt(stdout ?? '', 10) || 0) * 1_024;
}
