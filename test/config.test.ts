import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { EVENTS } from '../src/app.ts';
import { gitHubUrls, noreplyHost, readConfig, settings } from '../src/config.ts';

const pem = (type: 'rsa' | 'ec') => {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const KEY = pem('rsa');
const good = { APP_ID: '12', PRIVATE_KEY: KEY, WEBHOOK_SECRET: 'a long secret' };

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  const read = readConfig(env);
  return read.kind === 'faults' ? read.faults : [];
}

describe('settings', () => {
  test('three are needed, and all missing ones are named at once', () => {
    expect(faultsOf({})).toEqual(['APP_ID is missing', 'PRIVATE_KEY is missing', 'WEBHOOK_SECRET is missing']);
    expect(faultsOf(good)).toEqual([]);
  });

  const bad: [name: string, value: string, says: RegExp][] = [
    ['APP_ID', 'omk', /^APP_ID must be a whole number from 1$/],
    ['APP_ID', '-1', /^APP_ID must be a whole number/],
    ['APP_ID', '1.5', /^APP_ID must be a whole number/],
    ['PRIVATE_KEY', 'not a key', /PEM/],
    ['PRIVATE_KEY', KEY.slice(0, 400), /PEM/],
    ['PRIVATE_KEY', KEY.replace(/\n.{30}/, '\n'), /PEM/],
    ['PRIVATE_KEY', pem('ec'), /PEM/],
    ['WEBHOOK_SECRET', 'short', /at least 8/],
    ['WEBHOOK_SECRET', 'development', /everybody knows/],
    ['GHE_HOST', 'https://github.example', /host name/],
    ['GHE_PROTOCOL', 'ftp', /^GHE_PROTOCOL must be https or http$/],
    ['PORT', '0', /^PORT must be a whole number from 1 to 65535$/],
    ['PORT', '70000', /^PORT /],
    ['DATABASE_URL', 'mysql://x', /postgres/],
    ['OMK_PUBLIC_URL', 'omk.example', /^OMK_PUBLIC_URL must be an http:\/\/ or https:\/\/ URL$/],
    ['OMK_SANDBOX', 'yes', /^OMK_SANDBOX must be require, auto or off$/],
    ['OMK_BOTS', 'dependabot[bot]', /ids of GitHub Apps/],
    ['OMK_BOTS', '12,', /ids of GitHub Apps/],
    ['OMK_WORKERS', '0', /^OMK_WORKERS /],
    ['KIMI_BASE_URL', 'moonshot', /^KIMI_BASE_URL /],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL /],
  ];
  test.each(bad)('%s=%s is refused', (name, value, says) => {
    const faults = faultsOf({ ...good, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(says);
  });

  test('bots are listed by the ids of their apps, and there are none unless told', () => {
    const listed = (OMK_BOTS?: string) => {
      const read = readConfig({ ...good, ...(OMK_BOTS === undefined ? {} : { OMK_BOTS }) });
      return read.kind === 'config' ? read.config.OMK_BOTS : undefined;
    };
    expect([listed(), listed(''), listed('29110'), listed('29110, 7')]).toEqual([[], [], [29110], [29110, 7]]);
  });

  test('a fault never repeats a secret', () => {
    expect(faultsOf({ ...good, WEBHOOK_SECRET: 'hunter2', PRIVATE_KEY: 'hunter2' }).join()).not.toContain('hunter2');
  });

  test.each([
    ['with line breaks', KEY],
    ['with written line breaks', KEY.replaceAll('\n', '\\n')],
    ['in base64', Buffer.from(KEY).toString('base64')],
  ])('the private key may stand %s', (_, key) => {
    const read = readConfig({ ...good, PRIVATE_KEY: key });
    expect(read.kind === 'config' && read.config.PRIVATE_KEY).toBe(KEY);
  });

  test('REST and git follow GHE_HOST together', () => {
    expect(gitHubUrls({ GHE_HOST: 'ghe.test:8443', GHE_PROTOCOL: 'http' })).toEqual({
      api: 'http://ghe.test:8443/api/v3',
      git: 'http://ghe.test:8443',
    });
    expect(gitHubUrls({ GHE_HOST: undefined, GHE_PROTOCOL: 'https' }).git).toBe('https://github.com');
    expect(noreplyHost({ GHE_HOST: 'ghe.test:8443' })).toBe('users.noreply.ghe.test');
    expect(noreplyHost({ GHE_HOST: undefined })).toBe('users.noreply.github.com');
  });

  test('.env.example and the README name every setting with its words', async () => {
    const example = await readFile('.env.example', 'utf8');
    const readme = await readFile('README.md', 'utf8');
    for (const [name, setting] of Object.entries(settings)) {
      expect(example).toContain(`# ${setting.description}\n`);
      expect(example).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
      expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
    }
  });
});

describe('app.yml', () => {
  test('asks for exactly the events that are heard, and never for workflows or administration', async () => {
    const manifest = parse(await readFile('app.yml', 'utf8')) as {
      default_events: string[];
      default_permissions: Record<string, string>;
    };
    expect(manifest.default_events).toEqual([...EVENTS]);
    expect(Object.keys(manifest.default_permissions)).not.toContain('workflows');
    expect(Object.keys(manifest.default_permissions)).not.toContain('administration');
  });
});
