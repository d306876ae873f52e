import { expect, test } from '@jest/globals';
import { ProbotOctokit } from 'probot';
import { mergeAsync } from '../../src/github/merge-async.ts';
import * as checks from '../../src/github/checks.ts';
import type { AppAuth, GitHub } from '../../src/github/client.ts';
import { redeliver } from '../../src/github/deliveries.ts';
import * as issues from '../../src/github/issues.ts';
import * as pulls from '../../src/github/pulls.ts';
import * as queue from '../../src/github/queue.ts';
import { OMK, REPOSITORY, restPull } from './sample.ts';

type Sent = { method: string; url: string; retries: unknown };

/** A client as careless as Probot's own, which notes what is sent and answers with what every caller can read. */
function careless(sent: Sent[]): { github: GitHub; app: AppAuth } {
  const octokit = new ProbotOctokit({ retry: { enabled: false }, throttle: { enabled: false } });
  octokit.hook.wrap('request', (_send, call) => {
    sent.push({ method: call.method, url: call.url, retries: (call.request as { retries?: unknown }).retries });
    const nothing = call.method === 'GET' || call.url.endsWith('/{issue_number}/labels');
    const data = nothing ? [] : { ...restPull(), id: 1, body: 'x', sha: 'c1', merged: true, data: {} };
    return { data, status: 200, url: call.url, headers: {} };
  });
  return {
    github: {
      octokit,
      appId: OMK,
      repository: REPOSITORY,
      botLogin: () => Promise.resolve('omk[bot]'),
      assertGranted: () => Promise.resolve(),
      bot: () => Promise.resolve({ id: 77, login: 'omk[bot]' }),
    },
    app: { auth: () => Promise.resolve(octokit) },
  };
}

const NEW = { base: 'main', head: 'b', title: 't', body: 'b', draft: false };
const CHECK = {
  name: 'n',
  head: 'a',
  key: 'k',
  conclusion: 'success' as const,
  title: 't',
  summary: 's',
  annotations: [],
};
const PULL = { id: 'PR', head: 'a' };

const CHANGES: [string, (github: GitHub, app: AppAuth) => Promise<unknown>][] = [
  ['addReaction', (github) => issues.addReaction(github, { commentId: 1, content: 'eyes' })],
  ['addReaction to an issue', (github) => issues.addReaction(github, { issue: 1, content: 'eyes' })],
  ['putComment', (github) => issues.putComment(github, { issue: 1, marker: 'm', body: 'm', knownId: undefined })],
  ['putComment, known', (github) => issues.putComment(github, { issue: 1, marker: 'm', body: 'm', knownId: 2 })],
  ['addLabels', (github) => issues.addLabels(github, 1, ['x'])],
  ['removeLabel', (github) => issues.removeLabel(github, 1, 'x')],
  ['ensureLabel', (github) => issues.ensureLabel(github, { name: 'x', color: 'ededed', description: '' })],
  ['openPull', (github) => pulls.openPull(github, NEW)],
  ['updatePull', (github) => pulls.updatePull(github, { number: 1, title: 't', body: 'b' })],
  ['closePull', (github) => pulls.closePull(github, 1)],
  ['retargetPull', (github) => pulls.retargetPull(github, 1, 'main')],
  ['markReady', (github) => pulls.markReady(github, { nodeId: 'PR' })],
  [
    'mergePull',
    (github) => pulls.mergePull(github, { number: 1, sha: 'a', method: 'squash', title: 't', message: 'm' }),
  ],
  ['enqueuePull', (github) => queue.enqueuePull(github, PULL)],
  ['armAutoMerge', (github) => queue.armAutoMerge(github, PULL)],
  ['disarmAutoMerge', (github) => queue.disarmAutoMerge(github, 'PR')],
  ['updateBranch', (github) => queue.updateBranch(github, 1, 'a')],
  ['createCheckRun', (github) => checks.createCheckRun(github, CHECK, { isNew: true })],
  ['mergeAsync', (github) => mergeAsync(github, { number: 1, sha: 'a', method: 'squash', title: 't', message: 'm' })],
  ['rerequestCheck', (github) => checks.rerequestCheck(github, 1)],
  ['redeliver', (_github, app) => redeliver(app, '1')],
];

test.each(CHANGES)(
  '%s sends what changes something once, even through a client that retries',
  async (_name, change) => {
    const sent: Sent[] = [];
    const { github, app } = careless(sent);
    await change(github, app);
    const changing = sent.filter((call) => call.method !== 'GET');
    expect(changing.map((call) => call.retries)).toEqual([0]);
  },
);
