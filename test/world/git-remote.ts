import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One ref that a push moved, as `post-receive` saw it. */
export type ReceivedUpdate = { ref: string; before: string; after: string };

/** A request of git's smart HTTP protocol. `path` is what follows the repository: `/info/refs` and the like. */
export type GitRequest = {
  method: string;
  path: string;
  search: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** What a push may not do. */
export type PushRules = {
  /** Refs that nobody pushes to. */
  protectedRefs: string[];
  /** Text with which every push is refused. */
  rejection: string | undefined;
  /** Whether changes below `.github/workflows` are accepted. */
  workflows: boolean;
};

export type GitAnswer = { status: number; headers: Record<string, string>; body: Buffer; updates: ReceivedUpdate[] };

const hooks = {
  'pre-receive': `#!/bin/sh
[ -z "$FAKE_REJECTION" ] || { printf '%s\\n' "$FAKE_REJECTION" >&2; exit 1; }
`,
  update: `#!/bin/sh
case " $FAKE_PROTECTED " in
  *" $1 "*)
    echo "error: GH006: Protected branch update failed for $1." >&2
    echo "error: Changes must be made through a pull request." >&2
    exit 1 ;;
esac
case "$3" in 0000000*) exit 0 ;; esac
[ "$FAKE_WORKFLOWS" = refuse ] || exit 0
case "$2" in 0000000*) from=HEAD ;; *) from=$2 ;; esac
file=$(git diff --name-only "$from...$3" -- .github/workflows | head -n 1)
[ -z "$file" ] || {
  echo "refusing to allow a GitHub App to create or update workflow \\\`$file\\\` without \\\`workflows\\\` permission" >&2
  exit 1
}
`,
  'post-receive': `#!/bin/sh
cat > "$FAKE_RECEIPT"
`,
};

/** Puts the hooks into a bare repository that let `serveGit` refuse and record pushes. */
export async function installHooks(gitDir: string): Promise<void> {
  for (const [name, script] of Object.entries(hooks))
    await writeFile(join(gitDir, 'hooks', name), script, { mode: 0o755 });
}

/** Lets `git http-backend` answer one request for a bare repository. `updates` says which refs it moved. */
export async function serveGit(gitDir: string, request: GitRequest, rules: PushRules): Promise<GitAnswer> {
  const receipt = join(tmpdir(), `fake-github-push-${randomUUID()}`);
  const header = (name: string): string => String(request.headers[name] ?? '');
  const output = await runBackend(request.body, {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_TRANSLATED: `${gitDir}${request.path}`,
    PATH_INFO: request.path,
    QUERY_STRING: request.search.replace(/^\?/, ''),
    REQUEST_METHOD: request.method,
    REMOTE_USER: 'app',
    REMOTE_ADDR: '127.0.0.1',
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: String(request.body.length),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
    FAKE_RECEIPT: receipt,
    FAKE_PROTECTED: rules.protectedRefs.join(' '),
    FAKE_REJECTION: rules.rejection ?? '',
    FAKE_WORKFLOWS: rules.workflows ? 'accept' : 'refuse',
  });
  const updates = parseReceipt(await readFile(receipt, 'utf8').catch(() => ''));
  await rm(receipt, { force: true });
  return { ...parseCgi(output), updates };
}

function runBackend(input: Buffer, env: Record<string, string>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(chunks)));
    // The backend may answer before it has read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function parseCgi(output: Buffer): Omit<GitAnswer, 'updates'> {
  const end = output.indexOf('\r\n\r\n');
  const lines = output.subarray(0, Math.max(end, 0)).toString().split('\r\n').filter(Boolean);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const { Status: status = end < 0 ? '500' : '200', ...rest } = headers;
  return { status: Number.parseInt(status, 10), headers: rest, body: output.subarray(end + 4) };
}

function parseReceipt(text: string): ReceivedUpdate[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = '', after = '', ref = ''] = line.split(' ');
      return { ref, before, after };
    });
}
