import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import nock from 'nock';
import { connectGitHub, octokitForQueue, type AppAuth, type GitHub } from '../../src/github/client.ts';
import type { Repository } from '../../src/goal/goal.ts';

const API = 'https://api.github.com';
export const OMK = 777;
export const REPOSITORY: Repository = { installationId: 11, id: 22, owner: 'acme', name: 'shop', private: true };
export const PLACE = '/repos/acme/shop';

// Test files of one process share the network, which nock takes over when it is loaded: give it back.
nock.restore();

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An App that has a token already. */
export function app(): AppAuth {
  const Octokit = octokitForQueue();
  const octokit = new Octokit({ log: silent });
  octokit.hook.wrap('request', async (send, call) => {
    if (!call.url.endsWith('/access_tokens')) return send(call);
    const data = { token: 'ghs_canary', expires_at: '2099-01-01T00:00:00Z' };
    return { data, status: 201, url: call.url, headers: {} };
  });
  return { auth: () => Promise.resolve(octokit) };
}

export function connect(): Promise<GitHub> {
  return connectGitHub(app(), OMK, REPOSITORY);
}

/** For a test file with answers of its own: no call goes anywhere else, and every answer that was set up is used. */
export function answersOnly(): void {
  beforeAll(() => {
    nock.activate();
    nock.disableNetConnect();
  });
  afterEach(() => {
    const unused = nock.pendingMocks();
    nock.cleanAll();
    expect(unused).toEqual([]);
  });
  afterAll(() => nock.restore());
}

/** GitHub, answering only what the test says. */
export function api(): nock.Scope {
  return nock(API);
}

/** A pull request as REST shows it. */
export function restPull(change: Record<string, unknown> = {}) {
  return {
    number: 5,
    node_id: 'PR_5',
    html_url: 'https://github.com/acme/shop/pull/5',
    state: 'open',
    draft: false,
    title: 'A title',
    body: 'A body',
    head: { sha: 'a'.repeat(40), ref: 'omk/1/api-12345678', repo: { id: 22 } },
    base: { ref: 'main' },
    merged_at: null,
    merge_commit_sha: 'f'.repeat(40),
    ...change,
  };
}
