import { execa } from 'execa';
import { describe, expect, test } from '@jest/globals';
import { endWithoutSecrets } from '../src/cli/start.ts';
import { createRedactor } from '../src/goal/redact.ts';
import { launch, runToEnd } from '../src/process.ts';

const ROOT = `${import.meta.dirname}/..`;

describe('a program that is run to its end', () => {
  test.each(['/nowhere/at/all', '/dev/full', `/tmp/${'x'.repeat(300)}`])(
    'ends as it does though its log cannot be written to %s',
    async (logPath) => {
      const launched = launch(['sh', '-c', 'seq 100000; exit 3'], {
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '' },
      });
      const signal = new AbortController().signal;
      const clean = createRedactor([]).stream();
      const run = await runToEnd(launched, { timeoutMs: 20_000, logPath, signal, clean });
      expect(run).toMatchObject({ exitCode: 3, outputTail: expect.stringContaining('100000') });
    },
  );
});

describe('omk itself', () => {
  const inside = (code: string) =>
    execa(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], {
      cwd: ROOT,
      reject: false,
    });

  test('leaves no memory on disk, nor do the programs that it starts', async () => {
    const { stdout } = await inside(`
      import { leaveNoCore } from './src/process.ts';
      import { execa } from 'execa';
      leaveNoCore();
      console.log((await execa('sh', ['-c', 'ulimit -S -c; ulimit -H -c'])).stdout);
    `);
    expect(stdout).toBe('0\n0');
  });

  test('ends by a fault of its own without a secret, whatever the fault holds', async () => {
    const { stderr, stdout, exitCode } = await inside(`
      import { ${endWithoutSecrets.name} } from './src/cli/start.ts';
      import { keepSecrets } from './src/run/secrets.ts';
      import { pino } from 'pino';
      const config = { PRIVATE_KEY: '-----BEGIN KEY-----\\nCANARY-one-of-them\\n-----END KEY-----', WEBHOOK_SECRET: 'CANARY-two-of-them', KIMI_API_KEY: 'CANARY-three-of-them' };
      endWithoutSecrets(keepSecrets(config).log(pino({}, pino.destination(2))));
      const headers = { authorization: 'token ghs_' + 'CANARY4567'.repeat(5), cookie: config.WEBHOOK_SECRET };
      const error = Object.assign(new Error('it failed with ' + config.KIMI_API_KEY), { request: { headers }, key: config.PRIVATE_KEY });
      void Promise.reject(error);
      setTimeout(() => {}, 10_000);
    `);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('a fault of its own');
    expect(stderr + stdout).not.toContain('CANARY');
  });
});
