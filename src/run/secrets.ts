import { pino, type Logger } from 'pino';
import type { Config } from '../config.ts';
import type { octokitForQueue } from '../github/client.ts';
import { createRedactor, type Redactor } from '../goal/redact.ts';
import type { Cleaner } from '../process.ts';
import type { Store } from '../store/store.ts';
import type { Progress } from './tools.ts';

type GitHubClass = ReturnType<typeof octokitForQueue>;

/** Every way out of omk, each without secrets: the log, what is written on GitHub, what is recorded and so shown, what is told, the logs of gates. */
export type Sinks = {
  log(log: Logger): Logger;
  octokit(client: GitHubClass): GitHubClass;
  store(store: Store): Store;
  tell(tell: (progress: Progress) => void): (progress: Progress) => void;
  cleaner(): Cleaner;
};

/** The sinks of an omk with these settings. They know the key, the secrets and every token that GitHub gives. */
export function keepSecrets(config: Config): Sinks {
  const { PRIVATE_KEY, WEBHOOK_SECRET, KIMI_API_KEY, DATABASE_URL } = config;
  const password = DATABASE_URL === undefined ? '' : decodeURIComponent(new URL(DATABASE_URL).password);
  const body = PRIVATE_KEY.replaceAll(/-----[A-Z0-9 ]+-----/g, '');
  const redactor = createRedactor([
    body,
    Buffer.from(PRIVATE_KEY).toString('base64'),
    WEBHOOK_SECRET,
    KIMI_API_KEY,
    password,
  ]);
  return {
    log: (log) => cleanLog(log, redactor),
    octokit: (client) => cleanClient(client, redactor),
    store: (store) => ({
      ...store,
      record: (goalId, events, options) => store.record(goalId, redactor.redactAll(events), options),
      createGoal: (asked, options) => store.createGoal(redactor.redactAll(asked), options),
      saveWebhook: (webhook) => store.saveWebhook({ ...webhook, payload: redactWords(webhook.payload, redactor) }),
      intendEffect: (intention) => store.intendEffect({ ...intention, detail: redactor.redactAll(intention.detail) }),
      settleEffect: (key, result) => store.settleEffect(key, redactor.redactAll(result)),
      setFreeze: (repositoryId, freeze) => store.setFreeze(repositoryId, redactor.redactAll(freeze)),
    }),
    tell: (tell) => (progress) => tell(redactor.redactAll(progress)),
    cleaner: () => redactor.stream(),
  };
}

/** Where people's words stand in a webhook. Names, refs and ids stay as they are: what they name must be found by them. */
const WORDS = new Set(['body', 'title', 'message', 'description', 'summary', 'text']);

/** A payload whose words are redacted. */
function redactWords(value: unknown, redactor: Redactor): unknown {
  if (Array.isArray(value)) return value.map((item) => redactWords(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      WORDS.has(key) && typeof item === 'string' ? redactor.redact(item) : redactWords(item, redactor),
    ]),
  );
}

/** A logger of the same level whose finished lines are redacted, so that no serializer can be forgotten. */
function cleanLog(log: Logger, redactor: Redactor): Logger {
  const stream = (log as unknown as Record<symbol, { write(line: string): void }>)[pino.symbols.streamSym];
  return pino({ level: log.level }, { write: (line) => stream?.write(redactor.redact(line)) });
}

/** What a call says to GitHub, by parameter; where it goes and who speaks is not text. */
const NOT_TEXT = new Set(['headers', 'url', 'baseUrl', 'method', 'mediaType', 'request', 'owner', 'repo']);

function cleanClient(client: GitHubClass, redactor: Redactor): GitHubClass {
  return client.plugin(({ hook }) => {
    hook.before('request', (options) => {
      if (options.method === 'GET') return;
      for (const [name, value] of Object.entries(options)) {
        if (!NOT_TEXT.has(name)) Object.assign(options, { [name]: redactor.redactAll(value) });
      }
    });
    hook.after('request', ({ data }) => {
      const token = typeof data === 'object' && data !== null && 'token' in data ? data.token : undefined;
      if (typeof token === 'string') redactor.knowToken(token);
    });
    return {};
  });
}
