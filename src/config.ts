import { createPrivateKey } from 'node:crypto';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';

const url = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const to = most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : '';
  const error = `must be a whole number from ${least}${to}`;
  const fits = (value: number) => Number.isInteger(value) && value >= least && value <= most;
  return z.coerce.number({ error }).refine(fits, { error });
};
const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, { error: `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` });
/** A setting that is present but empty is absent: `KIMI_MODEL=` in a .env file means the default. */
const unset = (value: unknown) => (value === '' ? undefined : value);

/** Setting, default, bounds and doc of every environment variable; README and `.env.example` are checked against it. */
export const settings = {
  APP_ID: whole(1).describe("The App's id, on its settings page."),
  PRIVATE_KEY: z
    .string()
    .transform(
      (key, ctx) =>
        readPrivateKey(key) ?? fault(ctx, 'must be the whole PEM text of the private key, or that text in base64'),
    )
    .describe("The App's private key: PEM text (line breaks may be written \\n) or the same in base64."),
  WEBHOOK_SECRET: z
    .string()
    .min(8, 'must be at least 8 characters')
    .refine((secret) => secret !== 'development', 'must not be "development", which everybody knows')
    .describe('The secret GitHub signs webhooks with. At least 8 characters.'),
  GHE_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.[\]:-]+$/, 'must be a host name with an optional port')
    .optional()
    .describe('Host of a GitHub Enterprise Server. REST, GraphQL and git all follow it.'),
  GHE_PROTOCOL: oneOf(['https', 'http']).default('https').describe('Protocol of that server.'),
  HOST: z.string().default('localhost').describe('Address to listen on. In a container: 0.0.0.0.'),
  PORT: whole(1, 65_535).default(3000).describe('Port to listen on.'),
  DATABASE_URL: postgresUrl().optional().describe('PostgreSQL to use. Absent: an embedded PGlite under OMK_DATA_DIR.'),
  OMK_DATA_DIR: z
    .string()
    .default('./data')
    .transform((dir) => (isAbsolute(dir) ? dir : resolve(dir)))
    .describe('Folder for the embedded database, repository mirrors, worktrees and logs.'),
  OMK_PUBLIC_URL: url
    .optional()
    .describe("Where people reach omk's pages. Absent: GitHub texts carry no links to them."),
  OMK_SANDBOX: oneOf(['require', 'auto', 'off'])
    .default('require')
    .describe(
      'require: refuse to start without bubblewrap. auto: use what is there. off: no sandbox, at your own risk.',
    ),
  OMK_BOTS: z
    .string()
    .regex(/^\d+(\s*,\s*\d+)*$/, 'must be ids of GitHub Apps, separated by commas')
    .optional()
    .transform((ids) => (ids ?? '').split(',').flatMap((id) => (id === '' ? [] : [Number(id)])))
    .describe('Ids of other GitHub Apps whose comments command like those of a person who may write. Absent: none.'),
  OMK_WORKERS: whole(1, 64).default(4).describe('Jobs run at the same time by this process.'),
  OMK_PER_REPOSITORY: whole(1, 64)
    .default(4)
    .describe('Agents and gate runs of one repository at the same time, over all processes.'),
  KIMI_API_KEY: z.string().default('').describe('Key for the model. It never reaches the agent. Absent: sent empty.'),
  KIMI_BASE_URL: url.default('https://api.moonshot.ai/v1').describe('OpenAI-compatible endpoint of the model.'),
  KIMI_MODEL: z.string().min(1).default('kimi-k2.5').describe('Model name to ask for.'),
  KIMI_BIN: z.string().optional().describe("Another Kimi CLI's main file. Absent: the one installed with omk."),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('How much to log, as JSON lines on standard error.'),
};

const schema = z.object(settings);
export type Config = z.output<typeof schema>;

/** The settings, or every fault in them at once, each naming its variable. Unknown variables are not ours to judge. */
export function readConfig(
  env: NodeJS.ProcessEnv,
): { kind: 'config'; config: Config } | { kind: 'faults'; faults: string[] } {
  const given = Object.fromEntries(Object.keys(settings).map((name) => [name, unset(env[name])]));
  const parsed = schema.safeParse(given);
  if (parsed.success) return { kind: 'config', config: parsed.data };
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return given[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
  });
  return { kind: 'faults', faults };
}

/** Where GitHub is: REST, GraphQL and git move together. */
export function gitHubUrls(config: Pick<Config, 'GHE_HOST' | 'GHE_PROTOCOL'>): { api: string; git: string } {
  if (!config.GHE_HOST) return { api: 'https://api.github.com', git: 'https://github.com' };
  const root = `${config.GHE_PROTOCOL}://${config.GHE_HOST}`;
  return { api: `${root}/api/v3`, git: root };
}

/** The host of the addresses by which that GitHub knows who made a commit, without telling their own. */
export function noreplyHost({ GHE_HOST: host = 'github.com' }: Pick<Config, 'GHE_HOST'>): string {
  return `users.noreply.${host.replace(/:\d+$/, '')}`;
}

/** GitHub's keys are for RSA. One that was cut short or lost its line breaks would only be noticed at the first request. */
function readPrivateKey(text: string): string | undefined {
  const candidates = [text.replaceAll('\\n', '\n'), Buffer.from(text, 'base64').toString('utf8')];
  return candidates.find(isRsaKey);
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

function postgresUrl() {
  return z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });
}

function fault(ctx: z.RefinementCtx, message: string): never {
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
}
