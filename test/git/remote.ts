import { execFile, spawn } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { AddressInfo } from 'node:net';

export const TOKEN = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';

/** What a test answers instead of git, such as a status 502; `undefined` lets git answer. */
type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'reset' | undefined;

/** A server of bare repositories over smart HTTP that lets in only who has the token. */
export type GitRemote = {
  folder: string;
  url: string;
  requests: { method: string; path: string; authorization: string | undefined }[];
  answer: (request: IncomingMessage) => Answer | Promise<Answer>;
  close(): Promise<void>;
};

/** Plain git, as a person would run it, with a home folder of its own. */
export async function plainGit(cwd: string, ...args: string[]): Promise<string> {
  const identity = {
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@x',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@x',
  };
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(tmpdir(), 'omk-no-home'), LC_ALL: 'C', ...identity };
  const { stdout } = await promisify(execFile)('git', args, { cwd, env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** A commit on top of whatever `folder` has; `null` removes a file. Gives its sha. */
export async function commitFiles(folder: string, files: Record<string, string | null>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (content === null) await rm(file, { recursive: true });
    else await writeFile(file, content);
  }
  await plainGit(folder, 'add', '-A');
  await plainGit(folder, 'commit', '-q', '--allow-empty', '-m', 'a change');
  return await plainGit(folder, 'rev-parse', 'HEAD');
}

/** Starts the server on loopback with one repository, `o/r.git`, whose branch `main` holds one commit. */
export async function startRemote(): Promise<GitRemote> {
  const folder = await mkdtemp(join(tmpdir(), 'omk-remote-'));
  const bare = join(folder, 'o/r.git');
  await mkdir(bare, { recursive: true });
  await plainGit(bare, 'init', '-q', '--bare', '-b', 'main');
  await plainGit(bare, 'config', 'http.receivepack', 'true');
  const seed = join(folder, 'seed');
  await plainGit(folder, 'clone', '-q', bare, seed);
  await commitFiles(seed, {
    'README.md': '# r\n',
    'src/a.ts': 'export const a = 1;\n',
    '.gitignore': 'ignored/\n*.log\n',
  });
  await plainGit(seed, 'push', '-q', 'origin', 'HEAD:main');
  const remote: GitRemote = { folder, url: '', requests: [], answer: () => undefined, close: async () => {} };
  const server = createServer((request, response) => void serve(remote, request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  remote.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/o/r.git`;
  remote.close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true, force: true });
  };
  return remote;
}

async function serve(remote: GitRemote, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  remote.requests.push({ method, path: url, authorization: headers.authorization });
  const answer = await remote.answer(request);
  if (answer === 'reset') {
    request.socket.destroy();
    return;
  }
  if (answer) {
    response.writeHead(answer.status, answer.headers).end(answer.body);
    return;
  }
  const password = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  if (password !== `x-access-token:${TOKEN}`) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
    return;
  }
  runBackend(remote, request, response);
}

function runBackend(remote: GitRemote, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: remote.folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'app',
      REMOTE_ADDR: '127.0.0.1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const lines = head.subarray(0, end).toString().split('\r\n');
    const headers = lines.map((line) => line.split(': ') as [string, string]);
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
  });
  child.stdout.on('end', () => response.end());
}
