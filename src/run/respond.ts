import { assertNever, UserError } from '../errors.ts';
import { addReaction } from '../github/issues.ts';
import { getPermission, getRepository, readDefaultFile, readOrgConfig } from '../github/repository.ts';
import { type Heard, parseWebhook } from '../github/webhook.ts';
import { NO_OPTIONS, type Command } from '../goal/command.ts';
import { parseCommand } from '../goal/parse-command.ts';
import { isOver, type Goal, type Repository } from '../goal/goal.ts';
import { isListedBot, isPerson, mayUse, mayWrite } from '../goal/permission.ts';
import { POLICY_PATH, readPolicy } from '../goal/policy-file.ts';
import { readReview } from '../goal/heard.ts';
import * as refusals from '../goal/report/refusals.ts';
import { standing } from '../goal/slice.ts';
import { policyOf } from '../goal/terms.ts';
import type { Webhook } from '../store/webhook.ts';
import { hearAside, hearOrderInReview, hearProgram, isOmk, tellOnce } from './aside.ts';
import { GATHER_MS, hearHint } from './hint.ts';
import { append, obey, type Talk } from './obey.ts';
import { findIssue, permissionOf } from './recheck.ts';
import { isFirst, REMEMBERED_MS, say, sayFlooded, takeIn, unlessRefused } from './say.ts';
import type { Tools } from './tools.ts';

/** Does what one stored webhook delivery asks for. Doing it twice is harmless: goals, answers and reactions have keys of their own. */
export async function respond(deliveryId: string, tools: Tools): Promise<void> {
  const webhook = await tools.store.loadWebhook(deliveryId);
  if (!webhook) return;
  await hear(webhook, tools);
  await tools.store.markWebhookDone(deliveryId);
}

async function hear(webhook: Webhook, tools: Tools): Promise<void> {
  const heard = parseWebhook(webhook.event, webhook.action, webhook.payload);
  if ('repository' in heard) await followRepository(heard.repository, tools);
  switch (heard.kind) {
    case 'comment':
      return hearComment(heard, webhook.id, tools);
    case 'aside':
      return hearAside(heard, webhook.id, tools);
    case 'label':
      return hearLabel(heard, webhook.id, tools);
    case 'unlabel':
      return hearUnlabel(heard, tools);
    case 'installation-gone':
      return hearInstallationGone(heard, tools);
    case 'issue-gone':
      return hearIssueGone(heard, tools);
    case 'issue-turned':
      return hearIssueTurned(heard, tools);
    case 'review':
      return hearReview(heard, webhook.id, tools);
    case 'hint':
      return hearHint(heard, tools);
    case 'other':
      return;
    default:
      return assertNever(heard);
  }
}

async function hearComment(heard: Heard & { kind: 'comment' }, delivery: string, tools: Tools): Promise<void> {
  const { sender } = heard;
  const parsed = parseCommand(heard.comment.body, await mentionOf(heard, tools));
  if (parsed.kind === 'none') return;
  if (!isPerson(sender) && !isListedBot(sender, tools.config)) return hearProgram({ ...heard, delivery }, tools);
  const { issue, comment, repository } = heard;
  if (!(await isNews(heard, delivery, tools))) return;
  const github = await tools.connect(repository);
  const person = { id: sender.id, login: sender.login, app: sender.app };
  const key = `comment:${comment.id}`;
  const talk: Talk = { issue, repository, key, commentId: comment.id, github, tools, person };
  const flood = await takeIn(talk, parsed.kind === 'command' ? parsed.command.kind : undefined, tools);
  if (flood === 'too-much') return sayFlooded(talk, delivery);
  const askPermission = () => permissionOf(person, github, tools);
  if (flood === 'heard-from-writers' && !mayWrite(await askPermission())) return sayFlooded(talk, delivery);
  await unlessRefused(tools, () => addReaction(github, { commentId: comment.id, content: 'eyes' }));
  if (parsed.kind === 'fault') return say(talk, refusals.faults(parsed));
  const permission = await askPermission();
  const { command, more } = parsed;
  if (!mayUse(command.kind, permission))
    return flood === 'heard' ? say(talk, refusals.notPermitted(command.kind, permission)) : undefined;
  const answer = await obeyOrExplain(command, talk);
  if (flood === 'obeyed-silently') return;
  const rest = more > 0 ? [refusals.onlyFirst(command.kind, more)] : [];
  const words = [...(answer === undefined ? [] : [answer]), ...rest];
  if (words.length > 0) await say(talk, words.join('\n\n'));
}

/** By what people mention omk, asked only where somebody is mentioned. */
async function mentionOf({ comment, repository }: Heard & { kind: 'comment' }, tools: Tools) {
  if (!comment.body.includes('@')) return undefined;
  return (await (await tools.connect(repository)).botLogin()).replace(/\[bot\]$/, '');
}

/** A webhook that was signed once stays signed: whoever sends it again gives it another id, so the comment itself must be new. */
function isNews({ issue, comment, repository }: Heard & { kind: 'comment' }, delivery: string, tools: Tools) {
  const isOld = (comment.createdAt?.getTime() ?? Infinity) < tools.clock.now().getTime() - REMEMBERED_MS;
  const said = { issue, repository, delivery, windowMs: REMEMBERED_MS };
  return !isOld && isFirst(said, `comment ${comment.id}`, tools);
}

async function hearLabel(heard: Heard & { kind: 'label' }, delivery: string, tools: Tools): Promise<void> {
  if (heard.hint) await hearHint(heard.hint, tools);
  const github = await tools.connect(heard.repository);
  if (!isPerson(heard.sender) && (await isOmk(heard.sender, github, tools))) return;
  const read = readPolicy((await readDefaultFile(github, POLICY_PATH)) ?? (await readOrgConfig(github)));
  const trigger = read.kind === 'policy' ? read.policy.trigger.label : 'omk';
  if (heard.label !== trigger) return;
  if (!isPerson(heard.sender)) return hearProgram({ ...heard, delivery }, tools);
  const { issue, repository, sender } = heard;
  const person = { id: sender.id, login: sender.login };
  const talk: Talk = { issue, repository, key: `label:${delivery}`, commentId: undefined, github, tools, person };
  const flood = await takeIn(talk, 'run', tools);
  if (flood === 'too-much') return sayFlooded(talk, delivery);
  if (issue.isPull) return say(talk, refusals.labelOnPull());
  const labeller = await getPermission(github, sender);
  if (flood === 'heard-from-writers' && !mayWrite(labeller)) return sayFlooded(talk, delivery);
  if (!mayWrite(labeller)) return say(talk, refusals.notPermitted('run', labeller));
  if (!mayWrite(await getPermission(github, issue.author))) return say(talk, refusals.confirmLabel(issue.author.login));
  const answer = await obeyOrExplain({ kind: 'run', options: NO_OPTIONS, text: undefined }, talk);
  if (answer !== undefined) await say(talk, answer);
}

/** What cannot be done is answered like everything else. */
async function obeyOrExplain(command: Command, talk: Talk): Promise<string | undefined> {
  try {
    return await obey(command, talk);
  } catch (error) {
    if (error instanceof UserError) return refusals.failed({ text: error.message, next: error.hint });
    throw error;
  }
}

/** Nothing can be done there any more, so nothing is spent any more. What was begun goes on after a `/omk retry` from where the App is again. */
async function hearInstallationGone(heard: Heard & { kind: 'installation-gone' }, tools: Tools): Promise<void> {
  const { installationId, repositories, how, sender } = heard;
  for (const { id } of await tools.store.listGoals({ installationId, ended: false, limit: 1_000 })) {
    const goal = await tools.store.getGoal(id);
    if (repositories && !repositories.includes(goal.repository.id)) continue;
    const undo = how === 'suspended' ? 'unsuspend' : 'install';
    const reason = { text: `omk was ${how} by ${sender.login}.`, next: `${undo} the App there again, then /omk retry` };
    await append(goal, [{ kind: 'finished', status: 'blocked_on_external', reason }], tools);
  }
}

async function hearIssueGone({ repository, issue, how, sender }: Heard & { kind: 'issue-gone' }, tools: Tools) {
  const goal = await findOpenGoal(repository, issue, tools);
  const reason = { text: `The issue was ${how} by ${sender.login}.`, next: '/omk run' };
  if (goal) await append(goal, [{ kind: 'finished', status: 'cancelled', reason }], tools);
}

/** The goal of the issue that something can still move on. */
async function findOpenGoal(repository: Repository, issue: number, { store }: Tools): Promise<Goal | undefined> {
  const goal = await store.findLatestGoal(repository.id, issue);
  return goal && !isOver(goal) ? goal : undefined;
}

/** Closing and locking hold the goal, and what undoes them lets it go on. Webhooks may overtake one another, so what GitHub says now counts. */
async function hearIssueTurned({ repository, issue, how, sender }: Heard & { kind: 'issue-turned' }, tools: Tools) {
  const goal = await findOpenGoal(repository, issue, tools);
  const isShut = how === 'closed' || how === 'locked';
  if (!goal || isShut === (goal.before !== undefined)) return;
  const now = await findIssue(await tools.connect(repository), goal);
  if (!now || isShut === (now.state === 'open' && !now.locked)) return;
  const by = { id: sender.id, login: sender.login };
  await append(goal, [isShut ? { kind: 'issue-shut', how, by } : { kind: 'issue-opened', by }], tools);
  const at = new Date(tools.clock.now().getTime() + GATHER_MS);
  for (const { id, status } of goal.slices) if (status === 'merging') await tools.store.wake(goal.id, id, at);
}

/** As long as the goal is one of these, no review is read. */
const STANDING: readonly Goal['status'][] = [
  'paused',
  'not_ready',
  'blocked_on_external',
  'needs_more_budget',
  'failed_infra',
];

/** People submit a review, add a remark, and submit again: it is read after a moment, as one. */
const REVIEW_MS = 20_000;

/**
 * A review of a slice's pull request. One by somebody who may not write, or of work that is over, moves nothing, and is answered once to each;
 * by whom its words may be is looked at again when they are read.
 */
async function hearReview(heard: Heard & { kind: 'review' }, delivery: string, tools: Tools): Promise<void> {
  await hearOrderInReview(heard, delivery, tools);
  const { sender, repository } = heard;
  if (!isPerson(sender)) return hearHint(heard.hint, tools);
  const goal = await tools.store.findGoalByPull(repository.id, heard.pull);
  const slice = goal?.slices.find(({ pull }) => pull?.number === heard.pull);
  if (!goal || !slice || slice.heard?.reviews.includes(heard.review)) return;
  const at = standing(slice, goal);
  const remark = readReview(heard.said) === '' ? undefined : { ...heard, delivery };
  if (['merged', 'cancelled'].includes(at.status))
    return remark && tellOnce(remark, 'late review', refusals.reviewTooLate({ ...slice, ...at }), tools);
  if (!mayWrite(await getPermission(await tools.connect(repository), sender)))
    return remark && tellOnce(remark, 'review of a reader', refusals.reviewOfReader(sender.login), tools);
  await hearHint(heard.hint, tools);
  const until = new Date(tools.clock.now().getTime() + REVIEW_MS);
  await append(goal, [{ kind: 'review-heard', slice: slice.id, review: heard.review, until }], tools);
  if (remark && STANDING.includes(goal.status))
    await tellOnce(remark, `review while ${goal.status}`, refusals.reviewWaits(goal), tools);
}

/** The label that started a goal is its leave to go on; whoever takes it away ends the goal. */
async function hearUnlabel(heard: Heard & { kind: 'unlabel' }, tools: Tools): Promise<void> {
  const goal = await findOpenGoal(heard.repository, heard.issue.number, tools);
  if (!goal || goal.commentId !== undefined || heard.label !== policyOf(goal).trigger.label) return;
  const text = `The label \`${heard.label}\` was removed by ${heard.sender.login}.`;
  await append(goal, [{ kind: 'finished', status: 'cancelled', reason: { text, next: '/omk run' } }], tools);
}

/**
 * A repository that has another name by now, or where the App was installed anew, is the same one; with another owner it is not any
 * more what was agreed to. A webhook may be older than the goal, so what it says is looked up.
 */
async function followRepository(told: Repository, tools: Tools): Promise<void> {
  const active = await tools.store.listGoals({ repositoryId: told.id, over: false, limit: 1_000 });
  const elsewhere = active.filter(
    ({ owner, name, installationId }) =>
      owner !== told.owner || name !== told.name || installationId !== told.installationId,
  );
  const now = elsewhere.length > 0 ? await findNow(told, tools) : undefined;
  if (!now) return;
  for (const { id } of active) await follow(await tools.store.getGoal(id), now, tools);
}

/** Where the repository is now; undefined if it is not found by what a webhook called it. */
async function findNow(told: Repository, tools: Tools): Promise<Repository | undefined> {
  try {
    return await getRepository(await tools.connect(told));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function follow(goal: Goal, now: Repository, tools: Tools): Promise<void> {
  const text = `The repository was transferred to ${now.owner}.`;
  if (now.owner !== goal.repository.owner)
    return append(goal, [{ kind: 'finished', status: 'cancelled', reason: { text, next: '/omk run' } }], tools);
  const { name, installationId } = now;
  const isAnew = installationId !== goal.repository.installationId;
  if (name !== goal.repository.name || isAnew)
    await append(goal, [{ kind: 'repository-renamed', name, ...(isAnew ? { installationId } : {}) }], tools);
}
