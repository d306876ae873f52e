import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac, randomUUID } from 'node:crypto';
import { readConfig } from '../../src/config.ts';
import type { World } from '../world/world.ts';
import { lastAnswer, openSmallWorld } from './small.ts';

let world: World;

beforeAll(async () => {
  world = await openSmallWorld();
  // What GitHub itself sends is kept back: these stories send it by hand.
  world.github.deliveries.hold();
});
afterAll(() => world.close());

/** A `/omk help` of `ada` as GitHub would send it, and the issue it was said on. */
let said: { issue: number; body: string };

beforeEach(() => {
  const issue = world.github.openIssue('ada', { title: 'Add a word', body: 'It is in words/two.txt.' });
  world.github.comment('ada', issue, '/omk help');
  const delivery = world.github.deliveries.list.findLast(({ event }) => event === 'issue_comment');
  said = { issue: issue.number, body: JSON.stringify(delivery?.payload) };
});

function sign(body: string, secret = world.config.WEBHOOK_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

async function post(body: string, headers: Record<string, string | undefined> = {}): Promise<number> {
  const all = {
    'content-type': 'application/json',
    'x-github-event': 'issue_comment',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const { status } = await fetch(`http://127.0.0.1:${world.config.PORT}/api/github/webhooks`, {
    method: 'POST',
    body,
    headers: Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  });
  await world.omk.store.idle();
  return status;
}

describe('a webhook', () => {
  test('that is signed is taken with 202, and answered on the issue once, however often it comes', async () => {
    const guid = randomUUID();
    for (let copy = 0; copy < 3; copy += 1) expect(await post(said.body, { 'x-github-delivery': guid })).toBe(202);
    expect(world.ownComments(said.issue)).toHaveLength(1);
    expect(lastAnswer(world, said.issue)).toContain('| `/omk run [options] [goal text]` |');
  });

  test('that comes again under another id does nothing, however long after', async () => {
    const order = (command: string): string => {
      world.github.comment('ada', said.issue, command);
      return JSON.stringify(world.github.deliveries.list.findLast(({ event }) => event === 'issue_comment')?.payload);
    };
    const isFrozen = async () => (await world.omk.store.getFreeze(world.github.repository.id)) !== undefined;
    const [freeze, unfreeze] = [order('/omk freeze'), order('/omk unfreeze')];
    await post(freeze);
    expect(await isFrozen()).toBe(true);
    await post(unfreeze);
    for (const days of [0, 6, 8]) {
      world.clock.advance(days * 86_400_000);
      await world.omk.store.sweepWebhooks(new Date(world.clock.now().getTime() - 7 * 86_400_000));
      await post(freeze);
      expect(await isFrozen()).toBe(false);
    }
  });

  test.each([
    ['signed with another secret', () => ({ 'x-hub-signature-256': sign(said.body, 'development') })],
    ['signed for another body', () => ({ 'x-hub-signature-256': sign(`${said.body} `) })],
    ['not signed', () => ({ 'x-hub-signature-256': undefined })],
    ['signed with SHA-1 alone', () => ({ 'x-hub-signature-256': undefined, 'x-hub-signature': 'sha1=00' })],
    ['signed with half a signature', () => ({ 'x-hub-signature-256': sign(said.body).slice(0, 40) })],
    ['without an id', () => ({ 'x-github-delivery': undefined })],
    ['without an event', () => ({ 'x-github-event': undefined })],
  ])('that is %s is refused, and nothing follows', async (_how, headers) => {
    const status = await post(said.body, headers());
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(world.ownComments(said.issue)).toEqual([]);
  });

  test.each([
    ['no JSON', 'no json'],
    ['JSON that is no object', '[]'],
    ['an object without anything in it', '{}'],
    ['half a payload', '{"action":"created","comment":{"body":"/omk run"}}'],
    ['an installation whose id is a text', '{"action":"created","installation":{"id":"five"}}'],
    ['an action that is none', '{"action":{"toString":1},"installation":{"id":5}}'],
  ])('that is signed but holds %s is answered without a fault of ours', async (_what, body) => {
    expect(await post(body)).toBeLessThan(500);
  });

  test('of an event that omk did not ask for is taken and left alone', async () => {
    expect(await post(said.body, { 'x-github-event': 'star' })).toBeLessThan(300);
    expect(world.ownComments(said.issue)).toEqual([]);
  });
});

test('settings that are missing or malformed are all named at once', () => {
  const read = readConfig({ APP_ID: 'me', PORT: 'http', OMK_SANDBOX: 'perhaps', DATABASE_URL: 'mysql://db' });
  const faults = read.kind === 'faults' ? read.faults.join('\n') : '';
  for (const name of ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET', 'PORT', 'OMK_SANDBOX', 'DATABASE_URL'])
    expect(faults).toContain(name);
});
