import { mkdir } from 'node:fs/promises';
import type { Logger } from 'pino';
import { Probot } from 'probot';
import { app, HEARD } from './app.ts';
import { gitHubUrls, type Config } from './config.ts';
import { UserError } from './errors.ts';
import { connectGitHub, forgetToken, mintToken, octokitForQueue } from './github/client.ts';
import { startReconciling } from './run/reconcile.ts';
import { keepSecrets } from './run/secrets.ts';
import { startWorker } from './run/worker.ts';
import { sweep } from './run/sweep.ts';
import { folders, type Progress, type Tools } from './run/tools.ts';
import { probeSandbox, type SandboxLevel } from './sandbox/probe.ts';
import { openStore, type Store } from './store/store.ts';
import { intake } from './web/intake.ts';
import { routes } from './web/routes.ts';
import { type Handler, serve } from './web/server.ts';

/** `web` serves and stores webhooks; `worker` does the jobs and answers health only; `all` is both. */
export type Role = 'web' | 'worker' | 'all';

export type Surroundings = { log: Logger; clock: { now(): Date }; tell: (progress: Progress) => void; role?: Role };

/** omk at work: reachable at `url`. `stop` takes no more work, ends what runs and closes everything within 20 seconds; calling it twice is harmless. */
export type Running = { url: string; store: Store; sandbox: SandboxLevel; stop(): Promise<void> };

const STOP_MS = 15_000;

/** Wires everything and serves. Throws UserError when a setting or the machine does not allow it. */
export async function start(config: Config, { role = 'all', ...given }: Surroundings): Promise<Running> {
  const { clock } = given;
  const sinks = keepSecrets(config);
  const [log, tell] = [sinks.log(given.log), sinks.tell(given.tell)];
  if (role !== 'all' && config.DATABASE_URL === undefined) throw noSharedDatabase(role);
  const sandbox: SandboxLevel =
    role === 'web' ? { kind: 'none', why: 'nothing runs in the role web' } : await chooseSandbox(config);
  await mkdir(config.OMK_DATA_DIR, { recursive: true, mode: 0o755 });
  await Promise.all(Object.values(folders(config)).map((dir) => mkdir(dir, { recursive: true, mode: 0o755 })));
  const store = sinks.store(
    await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.OMK_DATA_DIR, clock, log }),
  );
  const probot = new Probot({
    appId: config.APP_ID,
    privateKey: config.PRIVATE_KEY,
    secret: config.WEBHOOK_SECRET,
    baseUrl: gitHubUrls(config).api,
    Octokit: sinks.octokit(octokitForQueue()),
    log,
  });
  await probot.load((loaded) => app(loaded, { store, now: () => clock.now() }));
  const tools = makeTools(probot, { config, store, clock, log, sandbox, tell, cleaner: () => sinks.cleaner() });
  const state = { ready: false };
  if (role !== 'web') await sweep(tools);
  if (role !== 'web') await startWorker(tools);
  const pages = routes({ store, isReady: () => state.ready, onlyHealth: role === 'worker', hosts: knownHosts(config) });
  const handlers = role === 'worker' ? [pages] : [intakeOf(probot), pages];
  const site = await serve(config, { handlers, log });
  const stopReconciling = role === 'web' ? undefined : startReconciling({ tools, app: probot, events: HEARD });
  state.ready = true;
  const stop = async () => {
    state.ready = false;
    await Promise.all([site.stop(), stopReconciling?.()]);
    await store.stopWorking({ timeoutMs: STOP_MS });
    await store.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    url: site.url,
    store,
    sandbox,
    stop: () => (stopping ??= stop()),
  };
}

function intakeOf(probot: Probot): Handler {
  return intake({
    verify: (body, signature) => probot.webhooks.verify(body, signature),
    receive: ({ id, name, payload }) => probot.receive({ id, name, payload } as Parameters<Probot['receive']>[0]),
  });
}

/** The names under which omk is asked for when only this machine can reach it; undefined when others can. */
function knownHosts({ HOST, OMK_PUBLIC_URL }: Config): string[] | undefined {
  const loopback = ['localhost', '127.0.0.1', '[::1]'];
  const own = URL.parse(`http://${HOST.includes(':') ? `[${HOST}]` : HOST}`)?.hostname ?? HOST;
  if (!loopback.includes(own)) return undefined;
  const shown = OMK_PUBLIC_URL === undefined ? [] : [new URL(OMK_PUBLIC_URL).hostname];
  return [...loopback, ...shown];
}

function noSharedDatabase(role: Role): UserError {
  return new UserError(
    `The role ${role} needs a database that other processes share.`,
    'Set DATABASE_URL, or start with --role all.',
  );
}

type Parts = Omit<Tools, 'connect' | 'gitToken' | 'refusedGitToken' | 'signal'>;

/** All that git needs: to read and to push. */
const GIT_PERMISSIONS = { contents: 'write' } as const;

function makeTools(probot: Probot, parts: Parts): Omit<Tools, 'signal'> {
  return {
    ...parts,
    connect: (repository) => connectGitHub(probot, parts.config.APP_ID, repository),
    gitToken: async (repository) => (await mintToken(probot, repository, GIT_PERMISSIONS)).token,
    refusedGitToken: (repository) => forgetToken(probot, repository, GIT_PERMISSIONS),
  };
}

async function chooseSandbox(config: Config): Promise<SandboxLevel> {
  if (config.OMK_SANDBOX === 'off') return { kind: 'none', why: 'OMK_SANDBOX=off' };
  const level = await probeSandbox();
  if (level.kind === 'bwrap' || config.OMK_SANDBOX === 'auto') return level;
  const why = level.kind === 'none' ? level.why : `missing: ${level.missing.join(', ')}`;
  throw new UserError(
    `The sandbox does not work here (${why}).`,
    'Install bubblewrap (apt-get install bubblewrap), look at `npx omk doctor`, or set OMK_SANDBOX=auto or off.',
  );
}
