import type { Command } from './command.ts';

/**
 * So many commands on one issue in `FLOOD_WINDOW_MS` are heard. Beyond that only those who may write are, each so often, so that no
 * stranger can shut them out; of all others nothing but what stops something is obeyed, without an answer.
 */
export const FLOOD_LIMIT = 30;
export const FLOOD_WINDOW_MS = 3_600_000;

/** How a command is taken that is the `here`th of its issue within the window, and the `own`th of its author there. */
export function judgeFlood(
  { here, own }: { here: number; own: number },
  command: Command['kind'] | undefined,
): 'heard' | 'heard-from-writers' | 'obeyed-silently' | 'too-much' {
  if (here <= FLOOD_LIMIT) return 'heard';
  if (own <= FLOOD_LIMIT) return 'heard-from-writers';
  return command === 'cancel' || command === 'pause' ? 'obeyed-silently' : 'too-much';
}
