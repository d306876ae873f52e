import { describe, expect, test } from '@jest/globals';
import { parseWebhook } from '../../src/github/webhook.ts';

const HEAD = 'a'.repeat(40);

function about(event: string, action: string | undefined, payload: object) {
  const repository = { id: 22, name: 'shop', private: true, default_branch: 'trunk', owner: { login: 'acme' } };
  const sender = { id: 1, login: 'ada', type: 'User' };
  return parseWebhook(event, action, { installation: { id: 11 }, repository, sender, ...payload });
}

const run = (conclusion: string | null) => ({ check_run: { head_sha: HEAD, conclusion, app: { id: 15_368 } } });
const suite = (conclusion: string | null) => ({ check_suite: { head_sha: HEAD, conclusion, app: null } });
const pull = { pull_request: { number: 5, head: { sha: HEAD } } };

describe('what a webhook says about a pull request', () => {
  const rows: [string, string | undefined, object, 'urgent' | 'calm' | 'nothing'][] = [
    ['check_run', 'created', run(null), 'nothing'],
    ['check_run', 'rerequested', run(null), 'nothing'],
    ['check_run', 'completed', run('success'), 'calm'],
    ['check_run', 'completed', run('skipped'), 'calm'],
    ['check_run', 'completed', run('neutral'), 'calm'],
    ['check_run', 'completed', run('failure'), 'urgent'],
    ['check_run', 'completed', run('action_required'), 'urgent'],
    ['check_run', 'completed', run('a_word_of_tomorrow'), 'urgent'],
    ['check_run', 'completed', run(null), 'urgent'],
    ['check_suite', 'requested', suite(null), 'nothing'],
    ['check_suite', 'completed', suite('success'), 'calm'],
    ['check_suite', 'completed', suite('timed_out'), 'urgent'],
    ['status', undefined, { sha: HEAD, state: 'pending' }, 'nothing'],
    ['status', undefined, { sha: HEAD, state: 'success' }, 'calm'],
    ['status', undefined, { sha: HEAD, state: 'error' }, 'urgent'],
    ['push', undefined, { ref: 'refs/heads/main' }, 'calm'],
    ['pull_request', 'opened', pull, 'calm'],
    ['pull_request', 'synchronize', pull, 'calm'],
    ['pull_request', 'edited', pull, 'calm'],
    ['pull_request', 'closed', pull, 'urgent'],
    ['pull_request', 'labeled', pull, 'urgent'],
    ['pull_request', 'dequeued', pull, 'urgent'],
    ['pull_request_review', 'submitted', pull, 'urgent'],
    ['pull_request_review_thread', 'resolved', pull, 'urgent'],
    ['merge_group', 'destroyed', { merge_group: { base_ref: 'refs/heads/main' } }, 'urgent'],
    ['branch_protection_rule', 'edited', {}, 'urgent'],
    ['branch_protection_configuration', 'disabled', {}, 'urgent'],
    ['repository_ruleset', 'created', {}, 'urgent'],
    ['repository', 'archived', {}, 'urgent'],
    ['issues', 'assigned', {}, 'nothing'],
  ];

  test.each(rows)('%s.%s %j: %s', (event, action, payload, expected) => {
    const heard = about(event, action, payload);
    expect(heard.kind === 'hint' ? (heard.urgent ? 'urgent' : 'calm') : 'nothing').toBe(expected);
  });

  test('a hint names commits, pull requests and branches, and who reported a check', () => {
    expect(about('check_run', 'completed', run('success'))).toMatchObject({ heads: [HEAD], pulls: [], app: 15_368 });
    expect(about('pull_request', 'closed', pull)).toMatchObject({ heads: [HEAD], pulls: [5], app: undefined });
    const parent = { pull_request: { number: 4, head: { sha: HEAD, ref: 'topic' } } };
    expect(about('pull_request', 'closed', parent)).toMatchObject({ pulls: [4], branches: ['topic'] });
    expect(about('pull_request', 'labeled', parent)).toMatchObject({ branches: [] });
    expect(about('repository_ruleset', 'edited', {})).toMatchObject({ all: true, heads: [], pulls: [] });
    expect(about('push', undefined, { ref: 'refs/heads/a/b' })).toMatchObject({ branches: ['a/b'], heads: [] });
  });

  test('the default branch comes with the repository', () => {
    const issue = { number: 1, title: 'A', body: null, user: { id: 1, login: 'ada' } };
    const heard = about('issue_comment', 'created', { issue, comment: { id: 9, body: '/omk run' } });
    expect(heard).toMatchObject({ kind: 'comment', repository: { defaultBranch: 'trunk' } });
  });
});

describe('the text of an issue', () => {
  const issue = { number: 3, title: 'Words', body: '/omk run', user: { id: 1, login: 'ada', type: 'User' } };

  test.each([
    ['opened', {}, { kind: 'aside', where: 'issue', body: '/omk run', before: '' }],
    ['edited', { body: { from: 'Add words.' } }, { kind: 'aside', where: 'issue', before: 'Add words.' }],
    ['edited', { title: { from: 'Word' } }, { kind: 'other' }],
  ])('%s with changes %j', (action, changes, heard) => {
    expect(about('issues', action, { issue, changes })).toMatchObject(heard);
  });
});

describe('an App that is taken away', () => {
  const installation = { id: 11 };
  const sender = { id: 1, login: 'ada', type: 'User' };

  test.each([
    ['installation', 'deleted', {}, { how: 'uninstalled', repositories: undefined }],
    ['installation', 'suspend', {}, { how: 'suspended', repositories: undefined }],
    ['installation_repositories', 'removed', { repositories_removed: [{ id: 22 }] }, { repositories: [22] }],
  ])('%s.%s', (event, action, more, heard) => {
    const told = { kind: 'installation-gone', installationId: 11, ...heard };
    expect(parseWebhook(event, action, { installation, sender, ...more })).toMatchObject(told);
  });

  test.each(['created', 'unsuspend'])('installation.%s takes nothing away', (action) => {
    expect(parseWebhook('installation', action, { installation, sender })).toEqual({ kind: 'other' });
  });
});
