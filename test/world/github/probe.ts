import { Probot, ProbotOctokit } from 'probot';
import { createClock, type WorldClock } from '../clock.ts';
import { type FakeGitHub, startFakeGitHub } from '../fake-github.ts';

type Octokit = InstanceType<typeof ProbotOctokit>;

/** The repository of the tests: `alice` writes, `mia` maintains, `rob` reads. */
export const shop = { owner: 'acme', repo: 'shop' };

/** A fake GitHub with one repository, and the clients that the product uses, without retries and waiting. */
export type Probe = {
  clock: WorldClock;
  github: FakeGitHub;
  probot: Probot;
  /** Signed in as the installation. */
  octokit: Octokit;
  /** Asks for a token, narrowed as the body says. */
  mint: (body: { repository_ids?: number[]; permissions?: Record<string, string> }) => Promise<string>;
  withToken: (token: string) => Octokit;
  /** Opens a pull request from `feature` that changes one line, and gives its number. */
  openPull: () => Promise<number>;
};

const quiet = (): void => {};

const Calm = ProbotOctokit.defaults((options: ConstructorParameters<typeof ProbotOctokit>[0]) => ({
  ...options,
  retry: { enabled: false },
  throttle: { ...options?.throttle, enabled: false },
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet, trace: quiet, fatal: quiet },
}));

/** Opens a probe. The caller closes its `github`. */
export async function openProbe(): Promise<Probe> {
  const clock = createClock();
  const github = await startFakeGitHub({ clock });
  await github.createRepository({
    owner: 'acme',
    name: 'shop',
    files: { 'README.md': '# Shop\n', 'src/cart.js': 'export const cart = [];\n' },
    people: { alice: 'write', rob: 'read', mia: 'maintain' },
    checks: [{ app: 'github-actions', name: 'ci / test', conclusion: () => 'success' }],
  });
  const { APP_ID, PRIVATE_KEY } = github.environment;
  const baseUrl = `${github.url}/api/v3`;
  const probot = new Probot({ appId: APP_ID, privateKey: PRIVATE_KEY, baseUrl, Octokit: Calm, logLevel: 'fatal' });
  const installation_id = github.state.installations[0]?.id ?? 0;
  const octokit = await probot.auth(installation_id);
  return {
    clock,
    github,
    probot,
    octokit,
    async mint(body) {
      const asApp = await probot.auth();
      const route = 'POST /app/installations/{installation_id}/access_tokens';
      return (await asApp.request(route, { installation_id, ...body })).data.token;
    },
    withToken: (token) => new Calm({ auth: { token }, baseUrl }),
    async openPull() {
      await github.push('alice', 'feature', { 'src/cart.js': 'export const cart = [1];\n' });
      const fields = { head: 'feature', base: 'main', title: 'Fill the cart', body: 'One item.' };
      return (await octokit.rest.pulls.create({ ...shop, ...fields })).data.number;
    },
  };
}

/** The status and message of a refused call. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; message: string; errors: unknown }> {
  const error = (await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { status: number; response: { data: { message: string; errors?: unknown } } };
  return { status: error.status, message: error.response.data.message, errors: error.response.data.errors };
}
