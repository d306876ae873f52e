import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProbe, type Probe } from './probe.ts';

let github: Probe['github'];
let openPull: Probe['openPull'];
let probot: Probe['probot'];

beforeEach(async () => {
  ({ github, openPull, probot } = await openProbe());
});

afterEach(async () => {
  await github.close();
  expect(github.drift).toEqual([]);
});

type Hook = {
  event: string;
  guid: string;
  action: string;
  body: Record<string, never> & { sender?: { login: string } };
  signed: boolean;
};

async function receiveHooks(): Promise<{ hooks: Hook[]; close(): void; answerWith(status: number): void }> {
  const hooks: Hook[] = [];
  let status = 202;
  const server = createServer((request, response) => {
    void buffer(request).then((raw) => {
      const body = JSON.parse(raw.toString()) as Hook['body'] & { action: string };
      const expected = `sha256=${createHmac('sha256', 'shh').update(raw).digest('hex')}`;
      const guid = String(request.headers['x-github-delivery']);
      const signed = request.headers['x-hub-signature-256'] === expected;
      hooks.push({ event: String(request.headers['x-github-event']), guid, action: body.action, body, signed });
      response.writeHead(status).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  github.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'shh');
  return { hooks, close: () => void server.close(), answerWith: (next) => (status = next) };
}

test('webhooks are signed and tell the story in order', async () => {
  const app = await receiveHooks();
  const issue = github.openIssue('alice', { title: 'Cart is empty' });
  github.label('alice', issue, 'omk');
  const comment = github.comment('alice', issue, '/omk run');
  github.editComment('alice', comment, '/omk status');
  const pull = github.pull(await openPull());
  await github.runChecks(pull);
  await github.review('alice', pull, { state: 'COMMENTED', comments: [{ path: 'src/cart.js', line: 1, body: 'Hm.' }] });
  await github.setStatus('alice', pull.head.sha, { context: 'ci/legacy', state: 'success' });
  await github.mergePull('mia', pull);
  github.closeIssue('alice', issue);
  await github.deliveries.settled();
  app.close();
  expect(app.hooks.every(({ signed }) => signed)).toBe(true);
  expect(app.hooks.map(({ event, action }) => (action === undefined ? event : `${event}.${action}`))).toEqual([
    'issues.opened',
    'issues.labeled',
    'issue_comment.created',
    'issue_comment.edited',
    'push',
    'check_suite.requested',
    'pull_request.opened',
    'check_run.created',
    'check_run.completed',
    'check_suite.completed',
    'pull_request_review.submitted',
    'pull_request_review_comment.created',
    'status',
    'push',
    'check_suite.requested',
    'pull_request.closed',
    'issues.closed',
  ]);
  expect(app.hooks[0]?.body).toMatchObject({
    sender: { login: 'alice' },
    repository: { full_name: 'acme/shop' },
    organization: { login: 'acme' },
    installation: { id: github.state.installations[0]?.id },
  });
});

test('webhooks can be lost, doubled, held and shuffled, and lost ones asked for again', async () => {
  const app = await receiveHooks();
  const issue = github.openIssue('alice', { title: 'Cart is empty' });
  github.deliveries.copies = ({ event }) => (event === 'issue_comment' ? 0 : 2);
  github.comment('alice', issue, 'lost');
  github.deliveries.hold();
  github.label('alice', issue, 'one');
  github.label('alice', issue, 'two');
  await github.deliveries.settled();
  expect(app.hooks.map(({ action }) => action)).toEqual(['opened']);
  github.deliveries.release((held) => held.toReversed());
  await github.deliveries.settled();
  const labels = app.hooks.slice(1).map(({ body }) => (body as unknown as { label: { name: string } }).label.name);
  expect(labels).toEqual(['two', 'two', 'one', 'one']);

  const asApp = await probot.auth();
  const { data: deliveries } = await asApp.rest.apps.listWebhookDeliveries({ per_page: 100 });
  const lost = deliveries.find(({ event }) => event === 'issue_comment');
  expect(lost).toMatchObject({ action: 'created', status_code: 504, redelivery: false });
  await asApp.rest.apps.redeliverWebhookDelivery({ delivery_id: lost?.id ?? 0 });
  await github.deliveries.settled();
  app.close();
  expect(app.hooks.at(-1)).toMatchObject({ event: 'issue_comment', guid: lost?.guid });
  const { data: again } = await asApp.rest.apps.getWebhookDelivery({
    delivery_id: github.deliveries.list.at(-1)?.id ?? 0,
  });
  expect(again).toMatchObject({ redelivery: true, status_code: 202, status: 'OK', response: { payload: 'thanks' } });
});
