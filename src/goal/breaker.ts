import type { GateResult } from './gate.ts';

/** What a machine says when it is at its end, and not the code. */
const INFRASTRUCTURE =
  /\b(?:ENOSPC|ENOMEM|EMFILE|ENFILE|EROFS|EAI_AGAIN)\b|no space left on device|cannot allocate memory|out of memory|too many open files|read-only file system|temporary failure in name resolution/i;

/** Whether the gate failed for reasons of its own: it could not start, ran out of time, or the machine gave up. */
export function isOwnFault({ status, signal, outputTail }: GateResult): boolean {
  if (status === 'could-not-start' || status === 'timed-out') return true;
  return status === 'failed' && (signal === 'SIGKILL' || INFRASTRUCTURE.test(outputTail));
}

const SECOND = 1_000;
const MOST = 5;
const PAUSE_MS = 900 * SECOND;

/** What to do after so many faults of gates in a row: try again soon, after a pause, or have a person look. */
export type Breaker = { kind: 'again'; ms: number } | { kind: 'pause'; ms: number } | { kind: 'ask' };

/** The breaker after `faults` faults in a row, the first is 1. It opens at five, lets one more try through, and then asks. */
export function breakerAfter(faults: number): Breaker {
  if (faults < MOST) return { kind: 'again', ms: 30 * SECOND * faults };
  return faults === MOST ? { kind: 'pause', ms: PAUSE_MS } : { kind: 'ask' };
}
