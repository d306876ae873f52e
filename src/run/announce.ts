import { createHash } from 'node:crypto';
import { TransientError } from '../errors.ts';
import type { GitHub } from '../github/client.ts';
import { addLabels, ensureLabel, getIssue, putComment, removeLabel } from '../github/issues.ts';
import type { Goal } from '../goal/goal.ts';
import { shortId } from '../goal/naming.ts';
import { stateLabel, STATE_LABELS } from '../goal/report/labels.ts';
import { renderStatus } from '../goal/report/status-comment.ts';
import { renderSandbox } from '../sandbox/sandbox.ts';
import { marker } from '../goal/text.ts';
import { pageUrl, type Tools } from './tools.ts';

const LEAST_MS_BETWEEN_EDITS = 10_000;

type Posted = { commentId: number; hash: string; at: string };

/** Brings what the issue shows of a goal up to date: its label and its one status comment. Harmless to call twice. */
export async function announce(goalId: string, tools: Tools): Promise<void> {
  const goal = await tools.store.getGoal(goalId);
  const isShown = (await tools.store.findLatestGoal(goal.repository.id, goal.issue))?.id === goalId;
  if (isShown) await mirrorState(goal, tools);
  await postStatus(goal, tools);
}

/** Puts the label of the state on the issue when the state asks for another one. A label that cannot be set stops nothing. */
async function mirrorState(goal: Goal, tools: Tools): Promise<void> {
  const key = `label:${goal.id}`;
  // A closed issue asks nothing of anybody.
  const label = goal.before ? undefined : stateLabel(goal.status);
  const wanted = label?.name ?? '';
  if ((await tools.store.findEffect(key))?.result === wanted) return;
  await tools.store.intendEffect({ goalId: goal.id, key, kind: 'label', detail: {} });
  try {
    const github = await tools.connect(goal.repository);
    if (label) await makeLabel(github, label, goal, tools);
    const labels = label
      ? await addLabels(github, goal.issue, [label.name])
      : (await getIssue(github, goal.issue)).labels;
    for (const name of labels.filter((one) => one !== wanted && STATE_LABELS.some((other) => other.name === one)))
      await removeLabel(github, goal.issue, name);
  } catch (err) {
    if (err instanceof TransientError) throw err;
    tools.log.warn({ err, goal: goal.id, label: wanted }, 'the label of the state could not be set');
  }
  await tools.store.renewEffect(key, wanted);
}

/** Once for each repository. One that a person takes away there comes back without its colour. */
async function makeLabel(
  github: GitHub,
  label: (typeof STATE_LABELS)[number],
  { id: goalId, repository }: Goal,
  { store }: Tools,
): Promise<void> {
  const key = `label-made:${repository.id}:${label.name}`;
  const { kind } = await store.intendEffect({ goalId, key, kind: 'label', detail: {} });
  if (kind === 'settled') return;
  await ensureLabel(github, label);
  await store.settleEffect(key, true);
}

/** Edits the status comment only when its text changed, and not oftener than every 10 seconds. */
async function postStatus(goal: Goal, tools: Tools): Promise<void> {
  const { store } = tools;
  const now = tools.clock.now();
  const body = renderStatus(goal, {
    now,
    ahead: await store.queuePlace(goal.id),
    pageUrl: pageUrl(goal, tools),
    sandbox: renderSandbox(tools.sandbox),
  });
  const key = `status:${goal.id}`;
  const hash = createHash('sha256').update(body).digest('hex');
  const posted = (await store.findEffect(key))?.result as Posted | undefined;
  if (posted?.hash === hash) return;
  const next = posted ? new Date(new Date(posted.at).getTime() + LEAST_MS_BETWEEN_EDITS) : now;
  if (next > now)
    throw new TransientError('The status comment was edited a moment ago', next.getTime() - now.getTime());
  const github = await tools.connect(goal.repository);
  const { kind } = await store.intendEffect({ goalId: goal.id, key, kind: 'comment', detail: { issue: goal.issue } });
  const comment = await putComment(github, {
    issue: goal.issue,
    marker: marker('status', shortId(goal)),
    body,
    knownId: posted?.commentId,
    isNew: kind === 'fresh',
  });
  await store.renewEffect(key, { commentId: comment.id, hash, at: now.toISOString() } satisfies Posted);
}
