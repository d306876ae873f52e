import type { Command } from './command.ts';

/** So many commands on one issue in `FLOOD_WINDOW_MS` are obeyed; then only those that stop something, without an answer. */
export const FLOOD_LIMIT = 30;
export const FLOOD_WINDOW_MS = 3_600_000;

/** How one more command is taken that is the `count`th of its issue within the window. */
export function judgeFlood(
  count: number,
  command: Command['kind'] | undefined,
): 'heard' | 'told' | 'obeyed-silently' | 'ignored' {
  if (count <= FLOOD_LIMIT) return 'heard';
  if (command === 'cancel' || command === 'pause') return 'obeyed-silently';
  return count === FLOOD_LIMIT + 1 ? 'told' : 'ignored';
}
