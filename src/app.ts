import type { EmitterWebhookEventName } from '@octokit/webhooks';
import type { Probot } from 'probot';
import type { Store } from './store/store.ts';

/** The events omk hears; `app.yml` asks GitHub for exactly these, and a test compares the two. */
export const EVENTS = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'pull_request_review_thread',
  'push',
  'repository',
  'status',
] as const satisfies readonly EmitterWebhookEventName[];

/** Events for which GitHub wants further permissions, `administration` or `merge_queues`. An App that was given them is heard on them too. */
const FURTHER_EVENTS = [
  'branch_protection_configuration',
  'branch_protection_rule',
  'merge_group',
  'repository_ruleset',
] as const satisfies readonly EmitterWebhookEventName[];

/** GitHub tells every App of these, unasked. */
const OWN_EVENTS = ['installation', 'installation_repositories'] as const satisfies readonly EmitterWebhookEventName[];

/** All that is stored. */
export const HEARD: readonly string[] = [...EVENTS, ...FURTHER_EVENTS, ...OWN_EVENTS];

/**
 * Intake: Probot has verified the signature; the delivery is stored once with its job, and the answer goes out.
 * Nothing is decided here.
 */
export function app(probot: Probot, { store, now }: { store: Pick<Store, 'saveWebhook'>; now: () => Date }): void {
  probot.onAny(async ({ id, name, payload }) => {
    if (!HEARD.includes(name)) return;
    const action = 'action' in payload && typeof payload.action === 'string' ? payload.action : undefined;
    await store.saveWebhook({ id, event: name, action, payload, receivedAt: now() });
  });
}
