import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Launched } from '../process.ts';

/**
 * The same program with a `kill` that ends a sandbox from within: first the process that all others inside depend on, so
 * that bubblewrap collects it, and only then bubblewrap, should it still be there after `graceMs`. The other way round
 * the first process is left to the system's init, which in a container is often nobody.
 */
export function withKill(launched: Launched): Launched {
  let ended = false;
  void launched.exited.then(() => (ended = true));
  return {
    ...launched,
    kill: async (graceMs = 2_000) => {
      if (!ended && killChildren(launched.pid)) await Promise.race([launched.exited, setTimeout(graceMs)]);
      return ended ? launched.exited : launched.kill(0);
    },
  };
}

/** False if there is none yet, or no telling. */
function killChildren(pid: number | undefined): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    for (const child of children) process.kill(child, 'SIGKILL');
    return children.length > 0;
  } catch {
    return false;
  }
}
