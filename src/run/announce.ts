import { createHash } from 'node:crypto';
import { TransientError } from '../errors.ts';
import { putComment } from '../github/issues.ts';
import { shortId } from '../goal/naming.ts';
import { renderStatus } from '../goal/report/status-comment.ts';
import { renderSandbox } from '../sandbox/sandbox.ts';
import { marker } from '../goal/text.ts';
import { pageUrl, type Tools } from './tools.ts';

const LEAST_MS_BETWEEN_EDITS = 10_000;

type Posted = { commentId: number; hash: string; at: string };

/** Brings the goal's one status comment up to date: only when its text changed, and not oftener than every 10 seconds. */
export async function announce(goalId: string, tools: Tools): Promise<void> {
  const { store } = tools;
  const goal = await store.getGoal(goalId);
  const now = tools.clock.now();
  const body = renderStatus(goal, {
    now,
    queuePlace: await store.queuePlace(goalId),
    pageUrl: pageUrl(goal, tools),
    sandbox: renderSandbox(tools.sandbox),
  });
  const key = `status:${goalId}`;
  const hash = createHash('sha256').update(body).digest('hex');
  const posted = (await store.findEffect(key))?.result as Posted | undefined;
  if (posted?.hash === hash) return;
  const next = posted ? new Date(new Date(posted.at).getTime() + LEAST_MS_BETWEEN_EDITS) : now;
  if (next > now)
    throw new TransientError('The status comment was edited a moment ago', next.getTime() - now.getTime());
  const github = await tools.connect(goal.repository);
  const { kind } = await store.intendEffect({ goalId, key, kind: 'comment', detail: { issue: goal.issue } });
  const comment = await putComment(github, {
    issue: goal.issue,
    marker: marker('status', shortId(goal)),
    body,
    knownId: posted?.commentId,
    isNew: kind === 'fresh',
  });
  await store.settleEffect(key, { commentId: comment.id, hash, at: now.toISOString() } satisfies Posted);
}
