import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { pino, type Logger } from 'pino';
import { readConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { start, type Role } from '../main.ts';
import { leaveNoCore } from '../process.ts';
import { keepSecrets } from '../run/secrets.ts';
import type { Output } from './omk.ts';

const ROLES: readonly string[] = ['web', 'worker', 'all'] satisfies Role[];

/** Serves in the role of `--role` until SIGTERM or SIGINT. Refuses to start on missing or malformed settings, naming all of them at once. */
export async function startCommand(args: string[], _output: Output): Promise<number> {
  const role = readRole(args);
  const read = readConfig(process.env);
  if (read.kind === 'faults') {
    const list = read.faults.map((fault) => `- ${fault}`).join('\n');
    throw new UserError(
      `omk cannot start with these settings:\n${list}`,
      'Set them in the environment; .env.example has every one.',
    );
  }
  const log = pino({ level: read.config.LOG_LEVEL }, pino.destination(2));
  leaveNoCore();
  endWithoutSecrets(keepSecrets(read.config).log(log));
  const running = await start(read.config, {
    log,
    clock: { now: () => new Date() },
    tell: (progress) => log.info(progress, progress.text),
    role,
  });
  log.info({ url: running.url, sandbox: running.sandbox }, 'ready');
  flushCompileCache();
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await running.stop();
  return 0;
}

/** What nobody catches is told like everything else: Node itself would print the error as it is, with the headers of a request. */
export function endWithoutSecrets(log: Logger): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'omk ends by a fault of its own');
    process.exit(1);
  });
}

function readRole(args: string[]): Role {
  const { values } = parseArgs({ args, options: { role: { type: 'string', default: 'all' } }, strict: false });
  const { role } = values;
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    throw new UserError(`There is no role ${JSON.stringify(role)}.`, 'Use --role web, --role worker or --role all.');
  }
  return role as Role;
}
