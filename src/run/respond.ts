import { createHash } from 'node:crypto';
import { assertNever, UserError } from '../errors.ts';
import { addReaction, putComment } from '../github/issues.ts';
import { getPermission, readDefaultFile, readOrgConfig } from '../github/repository.ts';
import { type Heard, parseWebhook } from '../github/webhook.ts';
import { NO_OPTIONS, type Command } from '../goal/command.ts';
import { parseCommand } from '../goal/parse-command.ts';
import type { GoalEvent } from '../goal/event.ts';
import { FLOOD_LIMIT, FLOOD_WINDOW_MS, judgeFlood } from '../goal/flood.ts';
import { type Goal, isEnded, type Repository } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import { isListedBot, isPerson, mayUse, mayWrite } from '../goal/permission.ts';
import { POLICY_PATH, readPolicy } from '../goal/policy-file.ts';
import * as refusals from '../goal/report/refusals.ts';
import type { Slice } from '../goal/slice.ts';
import { policyOf } from '../goal/terms.ts';
import { marker } from '../goal/text.ts';
import type { Webhook } from '../store/webhook.ts';
import { append, obey, type Talk } from './obey.ts';
import { permissionOf } from './recheck.ts';
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
  if (heard.kind !== 'other') await followRepository(heard.repository, tools);
  switch (heard.kind) {
    case 'comment':
      return hearComment(heard, tools);
    case 'label':
      return hearLabel(heard, webhook.id, tools);
    case 'unlabel':
      return hearUnlabel(heard, tools);
    case 'issue-gone':
      return hearIssueGone(heard, tools);
    case 'review':
      return hearReview(heard, tools);
    case 'hint':
      return hearHint(heard, tools);
    case 'other':
      return;
    default:
      return assertNever(heard);
  }
}

async function hearComment(heard: Heard & { kind: 'comment' }, tools: Tools): Promise<void> {
  const parsed = parseCommand(heard.comment.body);
  const { sender } = heard;
  if (parsed.kind === 'none' || !(isPerson(sender) || isListedBot(sender, tools.config))) return;
  const { issue, comment, repository } = heard;
  const key = `comment:${comment.id}`;
  const flood = await takeIn(
    { repository, issue, key },
    parsed.kind === 'command' ? parsed.command.kind : undefined,
    tools,
  );
  if (flood === 'ignored') return;
  const github = await tools.connect(repository);
  const person = { id: sender.id, login: sender.login, app: sender.app };
  const talk: Talk = { issue, repository, key, commentId: comment.id, github, tools, person };
  if (flood === 'told') return sayFlooded(talk);
  await addReaction(github, { commentId: heard.comment.id, content: 'eyes' });
  if (parsed.kind === 'fault') return say(talk, refusals.faults(parsed));
  const permission = await permissionOf(person, github, tools);
  const { command, more } = parsed;
  if (!mayUse(command.kind, permission))
    return flood === 'heard' ? say(talk, refusals.notPermitted(command.kind, permission)) : undefined;
  const answer = await obeyOrExplain(command, talk);
  if (flood === 'obeyed-silently') return;
  const rest = more > 0 ? [refusals.onlyFirst(command.kind, more)] : [];
  const words = [...(answer === undefined ? [] : [answer]), ...rest];
  if (words.length > 0) await say(talk, words.join('\n\n'));
}

async function hearLabel(heard: Heard & { kind: 'label' }, deliveryId: string, tools: Tools): Promise<void> {
  if (heard.issue.isPull || !isPerson(heard.sender)) return;
  const github = await tools.connect(heard.repository);
  const read = readPolicy((await readDefaultFile(github, POLICY_PATH)) ?? (await readOrgConfig(github)));
  const trigger = read.kind === 'policy' ? read.policy.trigger.label : 'omk';
  if (heard.label !== trigger) return;
  const { issue, repository, sender } = heard;
  const person = { id: sender.id, login: sender.login };
  const talk: Talk = { issue, repository, key: `label:${deliveryId}`, commentId: undefined, github, tools, person };
  const flood = await takeIn(talk, 'run', tools);
  if (flood !== 'heard') return flood === 'told' ? sayFlooded(talk) : undefined;
  const labeller = await getPermission(github, sender);
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

type Said = Pick<Talk, 'repository' | 'issue' | 'key'>;

/** Counts it among what was said on its issue, so that no ping-pong of people's programs goes on for long. */
async function takeIn({ repository, issue, key }: Said, command: Command['kind'] | undefined, { store }: Tools) {
  const place = `${repository.id}#${issue.number}`;
  return judgeFlood(await store.countHeard({ key, place }, FLOOD_WINDOW_MS), command);
}

/** Once an hour at the most. */
function sayFlooded(talk: Talk): Promise<void> {
  const hour = Math.floor(talk.tools.clock.now().getTime() / FLOOD_WINDOW_MS);
  return say({ ...talk, key: `flood:${talk.issue.number}:${hour}` }, refusals.flooded(FLOOD_LIMIT));
}

/** Answers once: the marker is made of what is answered. */
async function say({ issue, key, github }: Talk, body: string): Promise<void> {
  const mark = marker('reply', createHash('sha256').update(key).digest('hex').slice(0, 12));
  await putComment(github, { issue: issue.number, marker: mark, body: `${mark}\n${body}`, knownId: undefined });
}

async function hearIssueGone(heard: Heard & { kind: 'issue-gone' }, tools: Tools): Promise<void> {
  const goal = await tools.store.findActiveGoal(heard.repository.id, heard.issue);
  if (!goal) return;
  const reason = { text: `The issue was ${heard.how} by ${heard.sender.login}.`, next: '/omk run' };
  await append(goal, [{ kind: 'finished', status: 'cancelled', reason }], tools);
}

/** People submit a review, add a remark, and submit again: it is read after a moment, as one. */
const REVIEW_MS = 20_000;

/** A review of a slice's pull request: by whom it may be is looked at when it is read. */
async function hearReview(heard: Heard & { kind: 'review' }, tools: Tools): Promise<void> {
  await hearHint(heard.hint, tools);
  if (!isPerson(heard.sender)) return;
  const goal = await tools.store.findGoalByPull(heard.repository.id, heard.pull);
  const slice = goal?.slices.find(({ pull }) => pull?.number === heard.pull);
  if (!goal || !slice || ['merged', 'cancelled'].includes(slice.status) || ['ready', 'cancelled'].includes(goal.status))
    return;
  const by = { id: heard.sender.id, login: heard.sender.login };
  const again: GoalEvent[] = goal.status === 'blocked_on_human' ? [{ kind: 'resumed', by }] : [];
  const until = new Date(tools.clock.now().getTime() + REVIEW_MS);
  await append(goal, [...again, { kind: 'review-heard', slice: slice.id, review: heard.review, until }], tools);
}

/** The label that started a goal is its leave to go on; whoever takes it away ends the goal. */
async function hearUnlabel(heard: Heard & { kind: 'unlabel' }, tools: Tools): Promise<void> {
  const goal = await tools.store.findActiveGoal(heard.repository.id, heard.issue.number);
  if (!goal || goal.commentId !== undefined || heard.label !== policyOf(goal).trigger.label) return;
  const text = `The label \`${heard.label}\` was removed by ${heard.sender.login}.`;
  await append(goal, [{ kind: 'finished', status: 'cancelled', reason: { text, next: '/omk run' } }], tools);
}

/** A repository that has another name by now is the same one; with another owner it is not any more what was agreed to. */
async function followRepository(now: Repository, tools: Tools): Promise<void> {
  const active = await tools.store.listGoals({ repositoryId: now.id, ended: false, limit: 1_000 });
  for (const { id } of active.filter(({ owner, name }) => owner !== now.owner || name !== now.name)) {
    const goal = await tools.store.getGoal(id);
    const text = `The repository was transferred to ${now.owner}.`;
    const moved = now.owner !== goal.repository.owner;
    await append(
      goal,
      moved
        ? [{ kind: 'finished', status: 'cancelled', reason: { text, next: '/omk run' } }]
        : [{ kind: 'repository-renamed', name: now.name }],
      tools,
    );
  }
}

type Hint = Heard & { kind: 'hint' };

/** A look a moment after the first hint hears what comes with it: jobs and suites report in swarms. */
const GATHER_MS = 3_000;

/** Something about these commits, pull requests or branches changed: the slices concerned read the facts again. */
async function hearHint(heard: Hint, tools: Tools): Promise<void> {
  if (heard.app === tools.config.APP_ID) return;
  const now = tools.clock.now();
  for (const goal of await findConcerned(heard, tools)) {
    for (const slice of goal.slices.filter((candidate) => isConcerned(candidate, goal, heard))) {
      if (slice.reason) await reconsider(goal, slice, heard, tools);
      else if (!isEnded(goal.status) && (heard.urgent || !looksSoon(goal, slice, now)))
        await tools.store.wake(goal.id, slice.id, new Date(now.getTime() + GATHER_MS));
    }
  }
}

/** Before the grace for first checks is over nothing can be ready, and what is green already is looked at again anyway. */
function looksSoon(goal: Goal, { headSeenAt, greenSince, wait }: Slice, now: Date): boolean {
  if (!headSeenAt || !wait) return false;
  const inGrace = now.getTime() < headSeenAt.getTime() + policyOf(goal).checks.first_check_grace;
  return inGrace || (greenSince !== undefined && wait.until.getTime() - now.getTime() <= 60_000);
}

/** What waits for a person is looked at again when people did something to the pull request, or a check of it went well after all. */
async function reconsider(goal: Goal, slice: Slice, heard: Hint, tools: Tools): Promise<void> {
  if (heard.pulls.length > 0 || (heard.heads.length > 0 && !heard.urgent)) await release(goal, slice, heard, tools);
}

async function findConcerned(heard: Hint, { store }: Tools): Promise<Goal[]> {
  const repository = heard.repository.id;
  const byHead = await Promise.all(heard.heads.map((sha) => store.listGoalsByHead(repository, sha)));
  const byPull = await Promise.all(heard.pulls.map((pull) => store.findGoalByPull(repository, pull)));
  const active =
    heard.branches.length > 0 ? await store.listGoals({ repositoryId: repository, ended: false, limit: 1_000 }) : [];
  const byBranch = await Promise.all(active.map(({ id }) => store.findGoal(id)));
  const goals = [...byHead.flat(), ...byPull, ...byBranch].filter((goal) => goal !== undefined);
  return [...new Map(goals.map((goal) => [goal.id, goal])).values()];
}

function isConcerned(slice: Slice, goal: Goal, heard: Hint): boolean {
  if (slice.status !== 'merging' || !slice.pull) return false;
  const { number, head } = slice.pull;
  const branches = [goal.base?.branch, branchName(goal, slice.id)];
  return (
    heard.pulls.includes(number) || heard.heads.includes(head) || heard.branches.some((name) => branches.includes(name))
  );
}

async function release(goal: Goal, slice: Slice, heard: Hint, tools: Tools): Promise<void> {
  const by = { id: heard.sender.id, login: heard.sender.login };
  const again: GoalEvent[] = isEnded(goal.status) ? [{ kind: 'resumed', by }] : [];
  if (isEnded(goal.status) && goal.status !== 'blocked_on_human') return;
  await append(goal, [...again, { kind: 'released', slice: slice.id }], tools);
}
