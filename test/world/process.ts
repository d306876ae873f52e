import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { openStore, type Store } from '../../src/store/store.ts';
import { freshDataDir } from '../store/template.ts';
import { COMPILED } from './compiled.ts';
import { type FakeGitHub, type NewRepository, startFakeGitHub } from './fake-github.ts';
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts';

const SECRET = 'the secret of the world';
const KEY = 'sk-the-real-key-of-the-world';
const POLL_MS = 100;

/** A world whose omk is a process of its own (`omk start`), which may be killed and started again on what it left. */
export type ProcessWorld = {
  github: FakeGitHub;
  model: ScriptedModel;
  dataDir: string;
  /** Where omk is to answer, and its whole environment but `PORT`: for processes beside it. */
  url: string;
  surroundings: Record<string, string>;
  /** Starts omk; resolves when it is ready, or when it is dead already. `killAt` is its `OMK_KILL_AT`. */
  start(killAt?: string): Promise<'ready' | 'dead'>;
  isAlive(): boolean;
  /** Sends a signal and waits for the end; gives how long that took in milliseconds. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>;
  /** What omk's page says of the issue's newest goal; undefined while it is not known. */
  status(issue: number): Promise<string | undefined>;
  /** The ids of processes, other than omk itself, that work under the data directory. */
  orphans(): Promise<number[]>;
  /** What a stopped omk left in its database. */
  look<T>(read: (store: Store) => Promise<T>): Promise<T>;
  /** What omk logged. */
  log(): string;
  close(): Promise<void>;
};

/** For a process that lives for seconds: it does not earn back what it costs to optimise its database. */
export const SHORT_LIVED = ['--liftoff-only'];

/** Opens a world with one repository and no omk in it yet. The person who asks is `ada`. The caller closes it. */
export async function openProcessWorld(
  repository: Omit<NewRepository, 'owner' | 'name'>,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<ProcessWorld> {
  const github = await startFakeGitHub({ tokenLifeMs: 86_400_000 });
  const model = await startScriptedModel({ key: KEY });
  const dataDir = await freshDataDir();
  await github.createRepository({ owner: 'acme', name: 'words', people: { ada: 'write' }, ...repository });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  github.deliverTo(`${url}/api/github/webhooks`, SECRET);
  const logged: string[] = [];
  const surroundings = {
    ...github.environment,
    WEBHOOK_SECRET: SECRET,
    OMK_DATA_DIR: dataDir,
    KIMI_BASE_URL: model.url,
    KIMI_API_KEY: KEY,
    ...env,
  };
  let omk: OmkProcess | undefined;
  const isAlive = () => omk?.isAlive() ?? false;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => (await omk?.end(signal)) ?? 0;
  return {
    github,
    model,
    dataDir,
    url,
    surroundings,
    isAlive,
    end,
    async start(killAt) {
      omk = launchOmk({
        env: { ...surroundings, ...(killAt === undefined ? {} : { OMK_KILL_AT: killAt }) },
        port,
        flags,
        onLog: (text) => logged.push(text),
      });
      return omk.ready();
    },
    async status(issue) {
      const page = await fetch(`${url}/goals`).then(
        (answer) => answer.text(),
        () => '',
      );
      return new RegExp(`#${issue}</td>\\s*<td><code>(\\w+)</code>`).exec(page)?.[1];
    },
    orphans: () => findProcesses(dataDir, isAlive() ? omk?.pid : undefined),
    async look(read) {
      const log = pino({ level: 'silent' });
      const store = await openStore({
        databaseUrl: env['DATABASE_URL'],
        dataDir,
        clock: { now: () => new Date() },
        log,
      });
      try {
        return await read(store);
      } finally {
        await store.close();
      }
    },
    log: () => logged.join(''),
    async close() {
      await end('SIGKILL');
      await model.close();
      await github.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** One `omk start`. */
export type OmkProcess = {
  pid: number | undefined;
  isAlive(): boolean;
  /** Null while it runs, and when a signal ended it. */
  exitCode(): number | null;
  /** Resolves when it serves, or when it is dead. */
  ready(): Promise<'ready' | 'dead'>;
  /** Sends a signal and waits for the end; gives how long that took in milliseconds. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>;
};

type Launch = {
  env: Record<string, string>;
  port: number;
  role?: 'web' | 'worker' | 'all';
  /** More flags of node. */
  flags?: readonly string[];
  onLog: (text: string) => void;
};

/** Starts `omk start` as a process of its own. The caller ends it. */
export function launchOmk({ env, port, role = 'all', flags = [], onLog }: Launch): OmkProcess {
  const child = spawn(process.execPath, [...flags, 'src/cli/omk.ts', 'start', '--role', role], {
    cwd: join(import.meta.dirname, '..', '..'),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: COMPILED,
      HOST: '127.0.0.1',
      OMK_SANDBOX: 'auto',
      LOG_LEVEL: 'warn',
      ...env,
      PORT: String(port),
    },
  });
  child.stderr.on('data', (chunk: Buffer) => onLog(chunk.toString()));
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid,
    isAlive,
    exitCode: () => child.exitCode,
    async ready() {
      while (isAlive()) {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
        if (answer?.ok) return 'ready';
        await delay(POLL_MS);
      }
      return 'dead';
    },
    async end(signal) {
      const startedAt = performance.now();
      if (isAlive()) {
        const exited = once(child, 'exit');
        child.kill(signal);
        await exited;
      }
      return performance.now() - startedAt;
    },
  };
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

/** The ids of processes, other than our own, whose command line or environment names the folder. */
export async function findProcesses(folder: string, except?: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== except && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => '');
      const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
      return `${command}\0${environment}`.includes(folder);
    }),
  );
  return pids.filter((_, index) => found[index]);
}
