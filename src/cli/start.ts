import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { start } from '../main.ts';
import type { Output } from './omk.ts';

/** Serves until SIGTERM or SIGINT. Refuses to start on missing or malformed settings, naming all of them at once. */
export async function startCommand(_args: string[], _output: Output): Promise<number> {
  const read = readConfig(process.env);
  if (read.kind === 'faults') {
    const list = read.faults.map((fault) => `- ${fault}`).join('\n');
    throw new UserError(`omk cannot start with these settings:\n${list}`, 'Set them in the environment; .env.example has every one.');
  }
  const log = pino({ level: read.config.LOG_LEVEL }, pino.destination(2));
  const running = await start(read.config, {
    log,
    clock: { now: () => new Date() },
    tell: (progress) => log.info(progress, progress.text),
  });
  log.info({ url: running.url, sandbox: running.sandbox }, 'ready');
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await running.stop();
  return 0;
}
