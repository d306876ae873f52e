#!/usr/bin/env node
import { UserError } from '../errors.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { proofCommand, replayCommand } from './replay.ts';
import { reviewCommand } from './review.ts';
import { startCommand } from './start.ts';

/** Where a command writes: `out` is its result, `err` is everything else. Each call is one line or block. */
export type Output = { stdout: (text: string) => void; stderr: (text: string) => void };

type Command = { run(args: string[], output: Output): Promise<number>; usage: string; does: string };

const COMMANDS: Record<string, Command> = {
  start: { run: startCommand, usage: 'start [--role web|worker|all]', does: 'serve the GitHub App until SIGTERM' },
  demo: {
    run: demoCommand,
    usage: 'demo [--repo DIR] [--goal TEXT] [--json] [--keep]',
    does: 'a goal from issue to merge, on this machine only',
  },
  doctor: { run: doctorCommand, usage: 'doctor [--json]', does: 'say whether this machine and the settings will do' },
  review: {
    run: reviewCommand,
    usage: 'review --repo DIR --base REF --head REF [--json]',
    does: 'put a local diff through the review wall',
  },
  replay: { run: replayCommand, usage: 'replay GOAL [--json]', does: 'tell a goal again from its events' },
  proof: { run: proofCommand, usage: 'proof GOAL', does: "print a goal's proof as JSON" },
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

process.exitCode = await main(process.argv.slice(2));
