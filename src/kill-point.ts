/** `<name>[:<nth>]`: where this process shall die, the first time or the n-th. Only tests set it. */
const [, wanted, nth = '1'] = /^(.+?)(?::(\d+))?$/.exec(process.env['OMK_KILL_AT'] ?? '') ?? [];
let left = Number(nth);

/** Ends the process as a crash would when a test named this point; does nothing otherwise. */
export function killPoint(name: string): void {
  if (name !== wanted) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

/** Does something that a crash must not double, between the points `before:<name>` and `after:<name>`. */
export async function around<T>(name: string, work: () => Promise<T>): Promise<T> {
  killPoint(`before:${name}`);
  const result = await work();
  killPoint(`after:${name}`);
  return result;
}
