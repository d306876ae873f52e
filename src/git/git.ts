import { simpleGit, type SimpleGitOptions } from 'simple-git';
import { ToolError, TransientError } from '../errors.ts';
import { launch, type Launched } from '../process.ts';

/** The repository's address without credentials, and the token that opens it. */
type Remote = { url: string; token: string };

/** Where one git process works. Nothing is ever discovered: `gitDir` is the mirror or a worktree's folder inside it. */
export type GitOptions = {
  gitDir: string;
  workTree?: string;
  /** What the process reads on standard input. */
  input?: string;
  /** Author, committer and dates of a commit. */
  identity?: Record<`GIT_${'AUTHOR' | 'COMMITTER'}_${'NAME' | 'EMAIL' | 'DATE'}`, string>;
  /** Given for commands that talk to GitHub, and only to them. */
  remote?: Remote;
  /** Default: 5 minutes, 15 for a remote. */
  timeoutMs?: number;
};

/** How git ended. `exitCode` is undefined if a signal ended it. */
export type GitResult = { exitCode: number | undefined; stdout: string; stderr: string };

const MINUTE_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const UNEXPLAINED_RETRY_MS = 60_000;
const UNEXPLAINED_TRIES = 3;
const NETWORK_RETRY_MS = 30_000;
const TOKEN_RETRY_MS = 1_000;

/** Laid over whatever a configuration file says. Drivers and filters need no entry: a tree can only name them, and none is defined. */
const CONFIG: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.untrackedCache': 'false',
  'core.splitIndex': 'false',
  'core.sparseCheckout': 'false',
  'core.logAllRefUpdates': 'false',
  'credential.helper': '',
  'submodule.recurse': 'false',
  'advice.addEmbeddedRepo': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': '300',
};

const ENVIRONMENT: Record<string, string> = {
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_ALLOW_PROTOCOL: 'http:https',
};

/** What the operator may have set for a company's proxy or certificates. */
const INHERITED = [
  'PATH',
  'TMPDIR',
  'HTTPS_PROXY',
  'https_proxy',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
];

/** simple-git guards against such settings from strangers. Ours are the constants above, and the token's header. */
const UNSAFE = {
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeHooksPath: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeTemplateDir: true,
};

/** Runs git and gives its standard output. Throws ToolError if it exits other than 0, TransientError on network trouble or timeout. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const result = await tryGit(args, options);
  if (result.exitCode !== 0) throw gitFault(args, options, result);
  return result.stdout;
}

/**
 * Runs git with a clean configuration and environment, and gives how it ended, whatever its exit code.
 * Throws TransientError when it ran too long, ToolError when it printed more than 64 MiB.
 */
export async function tryGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  refuseDebugOutput(options.remote);
  const env = environment(options);
  const stop = new AbortController();
  const timeoutMs = options.timeoutMs ?? (options.remote ? 15 : 5) * MINUTE_MS;
  const timer = setTimeout(() => stop.abort('timeout'), timeoutMs);
  let result: GitResult | undefined;
  let outputBytes = 0;
  const plugins: Partial<SimpleGitOptions> = {
    baseDir: options.gitDir,
    abort: stop.signal,
    allowEnvironment: Object.keys(env),
    unsafe: UNSAFE,
    // The default gives up on output 50 ms after the exit and would cut a long one short.
    completion: { onClose: true, onExit: false },
    input: () => options.input,
    // simple-git takes an exit without words on stderr, or by a signal, for success: the exit code is read here instead.
    errors: (error, { exitCode, stdOut, stdErr }) => {
      result = { exitCode: exitCode ?? undefined, stdout: text(stdOut), stderr: text(stdErr) };
      return stop.signal.aborted ? error : undefined;
    },
  };
  const program = simpleGit(plugins).env(env);
  program.outputHandler((_command, stdout) => {
    stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > MAX_OUTPUT_BYTES) stop.abort('output');
    });
    // simple-git waits 50 ms for late words of a silent command: an empty chunk tells it that there are none.
    stdout.once('end', () => stdout.emit('data', Buffer.alloc(0)));
  });
  try {
    const workTree = options.workTree === undefined ? [] : [`--work-tree=${options.workTree}`];
    await program.raw([`--git-dir=${options.gitDir}`, ...workTree, ...args]);
  } catch (error) {
    if (stop.signal.reason === 'timeout') {
      throw new TransientError(`git ${args[0]} was stopped after ${timeoutMs} milliseconds`, NETWORK_RETRY_MS);
    }
    const details = { tool: 'git' as const, args: [...args], exitCode: undefined, stderrTail: '' };
    if (stop.signal.reason === 'output') {
      throw new ToolError(`git ${args[0]} printed more than ${MAX_OUTPUT_BYTES} bytes`, details);
    }
    throw new ToolError(`git ${args[0]} was not started: ${redact(String(error), options.remote)}`, details);
  } finally {
    clearTimeout(timer);
  }
  if (!result) throw new Error('simple-git did not say how git ended');
  return { ...result, stderr: redact(result.stderr, options.remote) };
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

/** Starts a git process that is spoken to while it runs, with the same clean configuration and environment. */
export function startGit(args: readonly string[], { gitDir }: Pick<GitOptions, 'gitDir'>): Launched {
  return launch(['git', `--git-dir=${gitDir}`, ...args], { cwd: gitDir, env: environment({ gitDir }) });
}

/** Under DEBUG simple-git prints the environment of each process, token included. */
function refuseDebugOutput(remote: Remote | undefined): void {
  const shown = process.env['DEBUG'] ?? '';
  if (!remote || !/(^|[\s,])(\*|simple-git)/.test(shown) || /-simple-git\*/.test(shown)) return;
  throw new ToolError('git runs with no token while DEBUG would log it: set DEBUG=…,-simple-git*', {
    tool: 'git',
    args: [],
    exitCode: undefined,
    stderrTail: '',
  });
}

function environment({ identity, remote }: GitOptions): Record<string, string> {
  const config = Object.entries(CONFIG);
  if (remote) config.push([`http.${remote.url}.extraHeader`, `Authorization: Basic ${basic(remote.token)}`]);
  return {
    ...Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    ...ENVIRONMENT,
    ...identity,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(config.map(([key], index) => [`GIT_CONFIG_KEY_${index}`, key])),
    ...Object.fromEntries(config.map(([, value], index) => [`GIT_CONFIG_VALUE_${index}`, value])),
  };
}

function basic(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

function redact(words: string, remote: Remote | undefined): string {
  if (!remote?.token) return words;
  return words.replaceAll(remote.token, '***').replaceAll(basic(remote.token), '***');
}

/** The error for a git that exited other than 0: TransientError for what may pass, else ToolError. */
export function gitFault(args: readonly string[], options: GitOptions, result: GitResult): ToolError | TransientError {
  const words = result.stderr.trim();
  const lastLine = words.split('\n').findLast((line) => /^(fatal|error):/.test(line)) ?? words.split('\n').at(-1) ?? '';
  const end = result.exitCode === undefined ? 'was ended by a signal' : `exited with ${result.exitCode}`;
  const message = `git ${args[0]} ${end}${lastLine === '' ? '' : `: ${lastLine}`}`;
  if (options.remote && isNetworkTrouble(words)) return new TransientError(message, NETWORK_RETRY_MS);
  if (options.remote && isRefusedToken(words)) return new RefusedToken(message, TOKEN_RETRY_MS);
  if (options.remote && isUnexplained(words))
    return new TransientError(message, UNEXPLAINED_RETRY_MS, { tries: UNEXPLAINED_TRIES });
  const stderrTail = Buffer.from(words).subarray(-2048).toString('utf8');
  return new ToolError(message, {
    tool: 'git',
    args: args.map((arg) => redact(arg, options.remote)),
    exitCode: result.exitCode,
    stderrTail,
  });
}

/** GitHub answered 401: the token ended or was revoked. The same step needs another. */
export class RefusedToken extends TransientError {}

function isRefusedToken(words: string): boolean {
  return /Authentication failed for|returned error: 401|HTTP 401|could not read Username/.test(words);
}

/** A 403 without a word from GitHub is a limit of its own, or a leave that is gone: only time tells the two apart. */
function isUnexplained(words: string): boolean {
  return /returned error: 403|HTTP 403/.test(words) && !/^remote: /m.test(words);
}

/** In curl's and git's words. A clear answer of the server such as 403 is no trouble of the network, whatever follows it. */
function isNetworkTrouble(words: string): boolean {
  if (/returned error: 4(?!08|29)\d\d|HTTP 4(?!08|29)\d\d/.test(words)) return false;
  return [
    /returned error: (5\d\d|408|429)|HTTP (5\d\d|408|429)/,
    /could ?n[o']t resolve (host|proxy)|failed to connect|couldn't connect|connection (refused|reset|timed out|was reset)/i,
    /operation (timed out|too slow)|recv failure|send failure|empty reply from server|transfer closed/i,
    /early EOF|unexpected disconnect|the remote end hung up|RPC failed|internal server error/i,
    /SSL_(read|connect|ERROR_SYSCALL)|gnutls_handshake|TLS (packet|connect)|stream .* was not closed cleanly/i,
  ].some((trouble) => trouble.test(words));
}
