/**
 * Gives a program in a room without network its one way out: listens on a free port of 127.0.0.1, passes every connection
 * on to a unix socket, and runs the program with `%PORT%` in its environment replaced by that port. It lives with the
 * program and ends as it does: with its exit code, or 128 and the signal's number.
 *
 *     node bridge.ts <socket> -- <command…>
 *
 * Runs inside the sandbox, so it imports nothing but Node.
 */
import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { constants } from 'node:os';
import { pipeline } from 'node:stream';

const [socketPath = '', separator, file, ...args] = process.argv.slice(2);
if (separator !== '--' || file === undefined) fail(2, 'usage: node bridge.ts <socket> -- <command…>');

const server = createServer({ allowHalfOpen: true }, (client) => {
  pipeline(client, connect({ path: socketPath, allowHalfOpen: true }), client, () => {});
});
server.on('error', (error) => fail(2, `cannot listen on 127.0.0.1: ${error.message}`));
server.listen(0, '127.0.0.1', () => run(file, (server.address() as AddressInfo).port));

function run(program: string, port: number): void {
  const env = Object.entries(process.env).map(([name, value]) => [name, value?.replaceAll('%PORT%', String(port))]);
  // Before the program can say that it runs, so that no signal finds us without a handler.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const child = spawn(program, args, { stdio: 'inherit', env: Object.fromEntries(env) as NodeJS.ProcessEnv });
  child.on('error', (error) => fail(127, `cannot run ${program}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}

function fail(exitCode: number, message: string): never {
  console.error(`bridge: ${message}`);
  process.exit(exitCode);
}
