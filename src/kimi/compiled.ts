import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Room } from '../process.ts';

/** It takes two seconds, and the first turn waits for it. */
const LIMIT_MS = 20_000;

/** The program of the Kimi CLI that omk brings along. */
export function ownKimi(): string {
  return join(dirname(manifestPath()), 'dist', 'main.mjs');
}

/** What compiled code must fit: this Kimi in this Node. Good as the name of a folder. */
export function compiledFor(): string {
  const { version } = createRequire(import.meta.url)(manifestPath()) as { version: string };
  return `kimi-${version}-node-${process.versions.node}`;
}

/**
 * Has our own Kimi say its version, so that Node leaves its compiled code in `folder`, a path as the room sees it: starts that find it
 * there are faster. `kimi acp` would compile more, but its end depends on its standard input. Tells whether it worked; never throws for
 * what Kimi does.
 */
export async function compileKimi(room: Room, folder: string): Promise<boolean> {
  const program = room.launch([process.execPath, ownKimi(), '--version'], {
    KIMI_CODE_HOME: room.home,
    KIMI_DISABLE_TELEMETRY: '1',
    KIMI_CODE_NO_AUTO_UPDATE: '1',
    NODE_COMPILE_CACHE: folder,
  });
  const timer = setTimeout(() => void program.kill(), LIMIT_MS);
  program.stdout.resume();
  program.stderr.resume();
  program.stdin.end();
  const { exitCode } = await program.exited;
  clearTimeout(timer);
  return exitCode === 0;
}

function manifestPath(): string {
  return createRequire(import.meta.url).resolve('@moonshot-ai/kimi-code/package.json');
}
