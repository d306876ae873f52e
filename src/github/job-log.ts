import { callGitHub, type GitHub } from './client.ts';

const TAIL_BYTES = 64 * 1_024;
const TAIL_CHARS = 6_000;
/** A log longer than this is not read to its end. */
const MOST_BYTES = 50_000_000;
const READ_TIMEOUT_MS = 60_000;

/**
 * The last 6,000 characters of an Actions job's log, without colours and time stamps; undefined if it is no text.
 * Throws Octokit's error with `status` 403, 404 or 410 if the log may not be read or is gone.
 */
export async function readJobLog(github: GitHub, job: number): Promise<string | undefined> {
  const { owner, name } = github.repository;
  const { headers, data } = await callGitHub('read a job log', () =>
    github.octokit.request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', {
      owner,
      repo: name,
      job_id: job,
      // The log is on another host, which must not see our token.
      request: { redirect: 'manual', parseSuccessResponseBody: false },
    }),
  );
  const location = headers.location;
  if (location !== undefined) return readLocation(location);
  return data instanceof ReadableStream ? readTail(data) : undefined;
}

async function readLocation(location: string): Promise<string | undefined> {
  if (!/^https?:\/\//.test(location)) return undefined;
  return callGitHub('read a job log', async () => {
    const response = await fetch(location, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
    const type = response.headers.get('content-type') ?? 'text/plain';
    if (response.ok && response.body && /^text\/|octet-stream/.test(type)) return readTail(response.body);
    await response.body?.cancel();
    return undefined;
  });
}

async function readTail(body: ReadableStream<Uint8Array>): Promise<string> {
  let tail = Buffer.alloc(0);
  let total = 0;
  for await (const chunk of body) {
    total += chunk.length;
    tail = Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    if (total > MOST_BYTES) break;
  }
  return plain(tail.toString('utf8')).slice(-TAIL_CHARS);
}

function plain(text: string): string {
  return text
    .replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '')
    .replaceAll(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z ?/gm, '')
    .replaceAll('\r', '')
    .trimEnd();
}
