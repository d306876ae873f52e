#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';

/** Where a command writes: `out` is its result, `err` is everything else. Each call is one line or block. */
export type Output = { stdout: (text: string) => void; stderr: (text: string) => void };

type Command = { run(args: string[], output: Output): Promise<number>; usage: string; does: string };

/** Each loads only what it needs, once it is called. */
const COMMANDS: Record<string, Command> = {
  start: {
    run: async (...call) => (await import('./start.ts')).startCommand(...call),
    usage: 'start [--role web|worker|all]',
    does: 'serve the GitHub App until SIGTERM',
  },
  demo: {
    run: async (...call) => (await import('./demo.ts')).demoCommand(...call),
    usage: 'demo [--repo DIR] [--goal TEXT] [--json] [--keep]',
    does: 'a goal from issue to merge, on this machine only',
  },
  doctor: {
    run: async (...call) => (await import('./doctor.ts')).doctorCommand(...call),
    usage: 'doctor [--json]',
    does: 'say whether this machine and the settings will do',
  },
  review: {
    run: async (...call) => (await import('./review.ts')).reviewCommand(...call),
    usage: 'review --repo DIR --base REF --head REF [--json]',
    does: 'put a local diff through the review wall',
  },
  replay: {
    run: async (...call) => (await import('./replay.ts')).replayCommand(...call),
    usage: 'replay GOAL [--json]',
    does: 'tell a goal again from its events',
  },
  proof: {
    run: async (...call) => (await import('./replay.ts')).proofCommand(...call),
    usage: 'proof GOAL',
    does: "print a goal's proof as JSON",
  },
};

function usage(): string {
  const width = Math.max(...Object.values(COMMANDS).map((command) => command.usage.length));
  const lines = Object.values(COMMANDS).map((command) => `  omk ${command.usage.padEnd(width)}  ${command.does}\n`);
  return `usage:\n${lines.join('')}`;
}

async function main([name, ...args]: string[]): Promise<number> {
  const output: Output = {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  };
  const command = name === undefined ? undefined : COMMANDS[name];
  if (!command) {
    const asked = name === undefined || ['help', '--help', '-h'].includes(name);
    (asked ? output.stdout : output.stderr)(asked ? usage() : `There is no command "${name}".\n${usage()}`);
    return asked ? 0 : 2;
  }
  try {
    return await command.run(args, output);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    output.stderr(`${error.message}\n${error.hint}\n`);
    return 2;
  }
}

/** Where what Node made of the sources is kept for the next start; without a folder that can be written it starts as before. */
function keepCompiled(): void {
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? join(caches, 'omk'));
}

keepCompiled();
process.exitCode = await main(process.argv.slice(2));
