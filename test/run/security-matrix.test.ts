import { describe, expect, test } from '@jest/globals';
import { TransientError } from '../../src/errors.ts';
import type { GitHub } from '../../src/github/client.ts';
import { parseWebhook, type Heard } from '../../src/github/webhook.ts';
import { parseCommand } from '../../src/goal/parse-command.ts';
import { isListedBot, isPerson, mayUse, mayWrite } from '../../src/goal/permission.ts';
import type { Config } from '../../src/config.ts';
import { permissionOf } from '../../src/run/recheck.ts';
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

/** GitHub, of which only the question for a permission is asked. */
function gitHubThatSays(answer: Answer): GitHub {
  const getCollaboratorPermissionLevel = () => {
    if (answer === 'timeout') return Promise.reject(Object.assign(new Error('timed out'), { name: 'TimeoutError' }));
    if (typeof answer === 'number') return Promise.reject(Object.assign(new Error('refused'), { status: answer }));
    return Promise.resolve({ data: { permission: answer, role_name: answer, user: { id: ADA.id } } });
  };
  const repository = { installationId: 1, id: 2, owner: 'o', name: 'r', private: false };
  return { octokit: { rest: { repos: { getCollaboratorPermissionLevel } } }, repository } as unknown as GitHub;
}

const NO_BOTS = { OMK_BOTS: [], APP_ID: 1 };

/** The way of `respond`, up to where a goal would start. */
async function starts(heard: Heard, answer: Answer, config: { OMK_BOTS: number[]; APP_ID: number } = NO_BOTS) {
  if (heard.kind !== 'comment' && heard.kind !== 'label') return false;
  const { sender } = heard;
  if (!isPerson(sender) && !(heard.kind === 'comment' && isListedBot(sender, config))) return false;
  const { id, login, app } = sender;
  const tools = { config: config as Config };
  const permission = await permissionOf({ id, login, app }, gitHubThatSays(answer), tools).catch((error: unknown) => {
    if (error instanceof TransientError) return 'unknown' as const;
    throw error;
  });
  if (heard.kind === 'label') return mayWrite(permission);
  const parsed = parseCommand(heard.comment.body);
  return parsed.kind === 'command' && parsed.command.kind === 'run' && mayUse('run', permission);
}

describe.each(ASSOCIATIONS)('who is called %s', (association) => {
  describe.each(ANSWERS)('and has the permission %s', (answer) => {
    test.each(EVENTS)('by %s', async (name) => {
      const [event = '', action] = name.split('.');
      const heard = parseWebhook(event, action, payload(association, '/omk run'));
      expect(await starts(heard, answer)).toBe(mayStart(name, answer));
      expect(JSON.stringify(heard)).not.toContain(association);
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
    expect(await starts(parseWebhook(event, action, payload('OWNER', '/omk run', sender)), 'admin')).toBe(false);
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
    const heard = parseWebhook('issue_comment', 'created', written(sender, app));
    const config = { ...listed, OMK_BOTS: [...listed.OMK_BOTS, 1] };
    expect(await starts(heard, 'none', config)).toBe(expected);
  });

  test('its label starts nothing: of a label no app is told', async () => {
    expect(await starts(parseWebhook('issues', 'labeled', written(bot, { id: 29110 })), 'admin', listed)).toBe(false);
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
    const heard = parseWebhook('issue_comment', 'created', payload('OWNER', text));
    expect(await starts(heard, 'admin')).toBe(false);
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
  expect(await starts(parseWebhook('issue_comment', 'created', payload('OWNER', text)), 'admin')).toBe(false);
});
