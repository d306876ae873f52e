import { totalmem } from 'node:os';

/** What one room may use. `memoryBytes`, `fileBytes` and `openFiles` hold for each process or file, the rest for the room as a whole. */
export type Limits = {
  processes: number;
  openFiles: number;
  fileBytes: number;
  memoryBytes: number;
  tmpBytes: number;
  /** What all its processes hold in memory together, what they share counted for each. */
  roomBytes: number;
  /** What the folders that it may write hold on disk, and how many files, folders included. */
  diskBytes: number;
  diskFiles: number;
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
  roomBytes: Math.round(0.75 * totalmem()),
  diskBytes: 16 * 2 ** 30,
  diskFiles: 2_000_000,
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
