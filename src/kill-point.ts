import { writeSync } from 'node:fs';

/** The points, separated by commas, at which this process shall die. Only tests set them. */
const deadly = new Set(process.env['OMK_KILL_AT']?.split(','));

/** Ends the process as a crash would when a test named this point, and says so; does nothing otherwise. */
export function killPoint(name: string): void {
  if (!deadly.has(name)) return;
  writeSync(2, `killed at ${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Does something that a crash must not double, between the points `before:<name>` and `after:<name>`. */
export async function around<T>(name: string, work: () => Promise<T>): Promise<T> {
  killPoint(`before:${name}`);
  const result = await work();
  killPoint(`after:${name}`);
  return result;
}
