import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const ROUNDS = 100;

/**
 * Kills every process whose environment holds `marker` (`NAME=value`) until there is none: what a tool started in a session of its own outlives Kimi,
 * unless a sandbox takes it along. Linux only; elsewhere it finds nothing. Gives up after about a second.
 */
export async function reap(marker: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const pids = await findMarked(marker);
    if (pids.length === 0) return;
    pids.forEach(kill);
    await delay(10);
  }
}

async function findMarked(marker: string): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.map(Number).filter((pid) => pid > 0);
  const marked = await Promise.all(pids.map((pid) => isMarked(pid, marker)));
  return pids.filter((_, index) => marked[index]);
}

/** False for what has just ended and for what belongs to somebody else. */
async function isMarked(pid: number, marker: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(marker);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
