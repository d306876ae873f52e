import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A load of webhooks, and what came of it. `stolen`: the share of this machine's processors that other machines had meanwhile. */
export type Load = { port: number; secret: string; perSecond: number; seconds: number };
export type Taken = { accepted: string[]; p99Ms: number; stolen: number };

// A process of its own, so that what else the bar does, such as answering as GitHub, is not counted as omk's time.
process.on('message', (load: Load) => void fire(load).then((taken) => process.send?.(taken)));

/** Sends at a steady rate, whether answers come or not. */
async function fire({ port, secret, perSecond, seconds }: Load): Promise<Taken> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/other', filler: 'x'.repeat(20_000) }));
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const accepted: string[] = [];
  const times: number[] = [];
  const shots: Promise<void>[] = [];
  const shoot = async () => {
    const id = randomUUID();
    const since = performance.now();
    const status = await post({
      port,
      agent,
      body,
      headers: { 'x-github-delivery': id, 'x-hub-signature-256': signature },
    });
    times.push(performance.now() - since);
    if (status === 200 || status === 202) accepted.push(id);
  };
  const before = await readProcessors();
  const began = performance.now();
  for (let shot = 0; shot < perSecond * seconds; shot++) {
    const dueMs = began + (shot * 1_000) / perSecond - performance.now();
    if (dueMs > 1) await delay(dueMs);
    shots.push(shoot());
  }
  await Promise.all(shots);
  agent.destroy();
  times.sort((a, b) => a - b);
  const after = await readProcessors();
  const stolen = (after.stolen - before.stolen) / Math.max(1, after.all - before.all);
  return { accepted, p99Ms: times[Math.floor(times.length * 0.99)] ?? 0, stolen };
}

/** In ticks since the machine's start: https://man7.org/linux/man-pages/man5/proc_stat.5.html */
async function readProcessors(): Promise<{ all: number; stolen: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, value) => sum + value, 0), stolen: ticks[7] ?? 0 };
}

type Post = { port: number; agent: Agent; body: Buffer; headers: Record<string, string> };

/** The status of the answer; 0 if there was none. */
function post({ port, agent, body, headers }: Post): Promise<number> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: '/api/github/webhooks',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'x-github-event': 'push',
        ...headers,
      },
    };
    const call = request(options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    call.on('error', () => resolve(0));
    call.end(body);
  });
}
