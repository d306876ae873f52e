import { expect, test } from '@jest/globals';
import { findRegistries } from '../../src/sandbox/registries.ts';

const base = { PATH: process.env.PATH, HOME: process.env.HOME };

test('the public registries are always there, on their port alone and wherever the host finds them', async () => {
  const { hosts } = await findRegistries(base);
  expect(hosts).toEqual(
    expect.arrayContaining(['registry.npmjs.org:443', 'pypi.org:443', 'index.crates.io:443', 'proxy.golang.org:443']),
  );
});

test('a registry of the operator is added with its port, and package managers are told of it', async () => {
  const { hosts, env } = await findRegistries({
    ...base,
    npm_config_registry: 'http://127.0.0.1:4873/',
    PIP_INDEX_URL: 'https://pip.corp.example/simple',
    CARGO_REGISTRIES_CORP_INDEX: 'sparse+https://cargo.corp.example:8443/index/',
    GOPROXY: 'https://go.corp.example,direct',
  });
  expect(hosts).toEqual(
    expect.arrayContaining([
      '127.0.0.1:4873',
      'pip.corp.example:443',
      'cargo.corp.example:8443',
      'go.corp.example:443',
    ]),
  );
  expect(env).toMatchObject({
    npm_config_registry: 'http://127.0.0.1:4873/',
    GOPROXY: 'https://go.corp.example,direct',
  });
});

test('credentials in an address stay outside', async () => {
  const { env, hosts } = await findRegistries({
    ...base,
    npm_config_registry: 'https://ci:s3cret@npm.corp.example/',
    PIP_INDEX_URL: 'https://__token__:s3cret@pip.corp.example/simple',
    NPM_TOKEN: 's3cret',
  });
  expect(JSON.stringify({ env, hosts })).not.toContain('s3cret');
  expect(env.npm_config_registry).toBe('https://npm.corp.example/');
});

test('a local package index is a folder to show', async () => {
  const { folders } = await findRegistries({
    ...base,
    PIP_FIND_LINKS: '/var/lib',
    PIP_EXTRA_INDEX_URL: 'file:///var/log/simple',
  });
  expect(folders).toContain('/var/lib');
  expect(folders).not.toContain('/var/log');
});
