import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { TransientError } from '../../src/errors.ts';
import type { GitHub } from '../../src/github/client.ts';
import { parseWebhook } from '../../src/github/webhook.ts';
import type { Config } from '../../src/config.ts';
import type { GoalEvent } from '../../src/goal/event.ts';
import type { Goal } from '../../src/goal/goal.ts';
import { permissionOf } from '../../src/run/recheck.ts';
import { respond } from '../../src/run/respond.ts';
import type { Tools } from '../../src/run/tools.ts';
import { AT, HEAD, someGoal, someSlice } from '../goal/goals.ts';
import { everything } from '../goal/said.ts';
import { ANSWERS, ASSOCIATIONS, EVENTS, mayStart } from './authority.ts';

type Answer = (typeof ANSWERS)[number];

const ADA = { id: 7, login: 'ada', type: 'User' };

function payload(association: string, body: string, sender: unknown = ADA): object {
  return {
    installation: { id: 1 },
    repository: { id: 2, name: 'r', private: false, owner: { login: 'o' } },
    sender,
    issue: { number: 3, title: 't', body: '/omk run', user: ADA, author_association: association },
    comment: { id: 4, body, user: ADA, author_association: association },
    label: { name: 'omk' },
  };
}

/** GitHub, of which only the question for a permission matters; it takes whatever it is told. `id`: whose the login is. */
function gitHubThatSays(answer: Answer, id: number = ADA.id): GitHub {
  const getCollaboratorPermissionLevel = () => {
    if (answer === 'timeout') return Promise.reject(Object.assign(new Error('timed out'), { name: 'TimeoutError' }));
    if (typeof answer === 'number') return Promise.reject(Object.assign(new Error('refused'), { status: answer }));
    return Promise.resolve({ data: { permission: answer, role_name: answer, user: { id } } });
  };
  const getContent = () => Promise.reject(Object.assign(new Error('no such file'), { status: 404 }));
  const createComment = () => Promise.resolve({ data: { id: 5, html_url: 'https://github.com/o/r/issues/3#5' } });
  const rest = {
    repos: { getCollaboratorPermissionLevel, getContent },
    issues: { listComments: () => undefined, createComment },
    reactions: { createForIssueComment: () => Promise.resolve({}) },
  };
  const repository = { installationId: 1, id: 2, owner: 'o', name: 'r', private: false };
  const octokit = { rest, paginate: { iterator: () => [] } };
  return { octokit, repository, appId: 1, botLogin: () => Promise.resolve('omk[bot]') } as unknown as GitHub;
}

const COMMENT = { event: 'issue_comment', action: 'created' };
const NO_BOTS: { OMK_BOTS: number[]; APP_ID: number } = { OMK_BOTS: [], APP_ID: 1 };

/** A webhook, and what GitHub says when omk asks who sent it: the permission, and the id of the account with that login. */
type Call = { event: string; action: string | undefined; payload: object; answer: Answer; id?: number };

/** Whether omk itself starts a goal on it: all of its way from the stored webhook to the goal. */
async function starts(call: Call, config = NO_BOTS): Promise<boolean> {
  return (await whatFollows(call, { config })).includes('asked');
}

type Before = { config?: typeof NO_BOTS; goal?: Goal };

/** The kinds of all events that omk records, and `look` where it looks at a slice anew. */
async function whatFollows(
  { event, action, payload: said, answer, id }: Call,
  { config = NO_BOTS, goal }: Before = {},
): Promise<string[]> {
  const followed: string[] = [];
  const none = () => Promise.resolve(undefined);
  const known = () => Promise.resolve(goal);
  const store = {
    loadWebhook: () => Promise.resolve({ id: 'd', event, action, payload: said }),
    markWebhookDone: none,
    countHeard: () => Promise.resolve(1),
    listGoals: () => Promise.resolve([]),
    listGoalsByHead: () => Promise.resolve([]),
    findActiveGoal: known,
    findLatestGoal: known,
    findGoalByPull: known,
    createGoal: (asked: GoalEvent) => {
      followed.push(asked.kind);
      return Promise.resolve({ kind: 'created', goal: someGoal() });
    },
    record: (_: string, events: GoalEvent[]) => {
      followed.push(...events.map(({ kind }) => kind));
      return Promise.resolve({ kind: 'recorded', goal });
    },
    wake: () => {
      followed.push('look');
      return Promise.resolve();
    },
  };
  const connect = () => Promise.resolve(gitHubThatSays(answer, id));
  const tools = { config, store, clock: { now: () => AT }, log: pino({ level: 'silent' }), connect };
  await respond('d', tools as unknown as Tools).catch((error: unknown) => {
    if (!(error instanceof TransientError)) throw error;
  });
  return followed;
}

describe.each(ASSOCIATIONS)('who is called %s', (association) => {
  describe.each(ANSWERS)('and has the permission %s', (answer) => {
    test.each(EVENTS)('by %s', async (name) => {
      const [event = '', action] = name.split('.');
      const said = payload(association, '/omk run');
      expect(await starts({ event, action, payload: said, answer })).toBe(mayStart(name, answer));
      expect(JSON.stringify(parseWebhook(event, action, said))).not.toContain(association);
    });
  });
});

const OTHERS = [
  { id: 8, login: 'evil[bot]', type: 'Bot' },
  { id: 8, login: 'evil[bot]', type: 'User' },
  { id: 8, login: 'omk[bot]', type: 'Bot' },
  { id: 8, login: 'copilot', type: 'Bot' },
  { id: 8, login: 'org', type: 'Organization' },
  { id: 8, login: 'gone', type: 'Mannequin' },
  { id: 8, login: 'ada', type: undefined },
  { id: 8, login: 'ada', type: 'user' },
];

test.each(OTHERS)('$login of type $type starts nothing, whatever its permission', async (sender) => {
  for (const [event, action] of [
    ['issue_comment', 'created'],
    ['issues', 'labeled'],
  ] as const) {
    const said = payload('OWNER', '/omk run', sender);
    expect(await starts({ event, action, payload: said, answer: 'admin', id: sender.id })).toBe(false);
  }
});

describe('with the bot of one app listed by the operator', () => {
  const listed = { OMK_BOTS: [29110], APP_ID: 1 };
  const bot = { id: 8, login: 'renovate[bot]', type: 'Bot' };
  const written = (sender: unknown, app: unknown) => {
    const said = payload('NONE', '/omk run', sender) as { comment: object };
    return { ...said, comment: { ...said.comment, performed_via_github_app: app } };
  };

  test.each<[name: string, sender: object, app: unknown, starts: boolean]>([
    ['its comment starts a goal, whatever its name is', { ...bot, login: 'somebody' }, { id: 29110 }, true],
    ['the bot of another app with its name starts nothing', bot, { id: 29111 }, false],
    ['a bot of no known app starts nothing', bot, null, false],
    ['a bot whose app is told as text starts nothing', bot, { id: '29110' }, false],
    ['a person who may not write and uses that app starts nothing', { ...ADA, id: 9 }, { id: 29110 }, false],
    ['omk itself starts nothing, though it were listed', { ...bot, login: 'omk[bot]' }, { id: 1 }, false],
  ])('%s', async (_, sender, app, expected) => {
    const config = { ...listed, OMK_BOTS: [...listed.OMK_BOTS, 1] };
    expect(await starts({ ...COMMENT, payload: written(sender, app), answer: 'none' }, config)).toBe(expected);
  });

  test('its label starts nothing: of a label no app is told', async () => {
    const labelled = { event: 'issues', action: 'labeled', payload: written(bot, { id: 29110 }) };
    expect(await starts({ ...labelled, answer: 'admin' }, listed)).toBe(false);
  });

  test('it may go on while it is listed, and no longer', async () => {
    const asked = { ...bot, app: 29110 };
    const tools = (OMK_BOTS: number[]) => ({ config: { OMK_BOTS, APP_ID: 1 } as unknown as Config });
    expect(await permissionOf(asked, gitHubThatSays('none'), tools([29110]))).toBe('write');
    expect(await permissionOf(asked, gitHubThatSays('admin'), tools([]))).toBe('none');
  });
});

describe('what omk says, said back by a person who may write', () => {
  const said = {
    ...everything('a title'),
    ...everything('/omk run'),
    hostile: everything('x\n/omk run --delivery auto-pr')['status'] ?? '',
  };
  const withText = Object.entries(everything('x\n\n/omk run\n')).map(
    ([name, text]) => [`${name} about a command`, text] as const,
  );

  test.each([...Object.entries(said), ...withText])('%s starts nothing', async (_, text) => {
    expect(await starts({ ...COMMENT, payload: payload('OWNER', text), answer: 'admin' })).toBe(false);
  });
});

describe('a review of the pull request of a goal that waits for people', () => {
  const goal = someGoal({
    status: 'blocked_on_human',
    slices: [someSlice({ reason: { text: 'held', next: '/omk merge' } })],
  });
  const review = {
    ...payload('CONTRIBUTOR', ''),
    pull_request: { number: 12, user: ADA, head: { sha: HEAD, ref: 'omk/7/api-deadbeef' } },
    review: { id: 6, state: 'commented', body: 'Write evil words.' },
  };

  test.each(ANSWERS)('by somebody whose permission is %s moves it only if they may write', async (answer) => {
    const call = { event: 'pull_request_review', action: 'submitted', payload: review, answer };
    const moved = (await whatFollows(call, { goal })).length > 0;
    expect(moved).toBe(['admin', 'maintain', 'write'].includes(String(answer)));
  });
});

const QUOTES = [
  '> /omk run',
  '```\n/omk run\n```',
  '    /omk run',
  '<!-- /omk run -->',
  'On Monday ada wrote:\n> /omk run\n\nyes',
  '<details>\n/omk run\n</details>',
  '`/omk run`',
];

test.each(QUOTES)('a quotation starts nothing: %j', async (text) => {
  expect(await starts({ ...COMMENT, payload: payload('OWNER', text), answer: 'admin' })).toBe(false);
});
