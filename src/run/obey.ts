import { createHash, randomBytes } from 'node:crypto';
import { assertNever, TransientError } from '../errors.ts';
import type { GitHub } from '../github/client.ts';
import type { HeardIssue } from '../github/webhook.ts';
import { commandInfo, NO_OPTIONS, type Command, type RunOptions } from '../goal/command.ts';
import type { GoalEvent } from '../goal/event.ts';
import { isEnded, type Goal, type Person, type Repository } from '../goal/goal.ts';
import { goalId } from '../goal/naming.ts';
import { timelineOf } from '../goal/proof.ts';
import * as accounts from '../goal/report/accounts.ts';
import * as refusals from '../goal/report/refusals.ts';
import * as replies from '../goal/report/replies.ts';
import { renderHelp } from '../goal/report/help.ts';
import { describeFreeze } from '../goal/settle/freeze.ts';
import { findNamed, steer, type Order } from '../goal/steer.ts';
import { policyOf } from '../goal/terms.ts';
import { readVisible } from '../goal/visible.ts';
import { decide } from './advance.ts';
import { pageUrl, type Tools } from './tools.ts';

/** Where somebody speaks to omk: the issue or pull request as it stood then, and a key that makes every answer one answer. */
export type Talk = {
  issue: HeardIssue;
  repository: Repository;
  key: string;
  commentId: number | undefined;
  github: GitHub;
  tools: Tools;
  person: Person;
};

/** Does what a person who may has commanded. Gives the answer, or undefined where the status comment says it. */
export async function obey(command: Command, talk: Talk): Promise<string | undefined> {
  const { where } = commandInfo(command.kind);
  if (where !== 'both' && (where === 'pull') !== talk.issue.isPull) return refusals.wrongPlace(command.kind);
  switch (command.kind) {
    case 'run':
      return startGoal(command.options, command, talk);
    case 'plan': {
      const goal = await findGoal(talk);
      return goal && isShown(goal) ? order(command, talk) : startGoal({ ...NO_OPTIONS, plan: true }, command, talk);
    }
    case 'help':
      return renderHelp(talk.issue.isPull ? 'pull' : 'issue');
    case 'freeze':
      return freeze(command.text, talk);
    case 'unfreeze':
      return unfreeze(talk);
    case 'status':
    case 'why':
    case 'proof':
    case 'replay':
      return tell(command.kind, talk);
    default:
      return order(command, talk);
  }
}

/** A plan waits for its approval, or would if the goal were not paused. */
function isShown({ status, plan }: Goal): boolean {
  return status === 'awaiting_approval' || (status === 'paused' && plan?.needsApproval === true && !plan.approvedBy);
}

async function findGoal({ issue, repository, tools }: Talk): Promise<Goal | undefined> {
  return issue.isPull
    ? tools.store.findGoalByPull(repository.id, issue.number)
    : tools.store.findLatestGoal(repository.id, issue.number);
}

/** A goal that stands still on this issue makes way for the new one: two would not know whose pull requests they see. */
async function startGoal(
  options: RunOptions,
  { text, besides = '' }: { text: string | undefined; besides?: string | undefined },
  talk: Talk,
): Promise<string | undefined> {
  const { issue, repository, person, tools } = talk;
  const last = await tools.store.findLatestGoal(repository.id, issue.number);
  if (!issue.isOpen) return last?.before ? refusals.shutIssue() : refusals.closedIssue();
  const ask = text
    ? { title: text.split('\n', 1)[0] ?? text, text }
    : { title: issue.title, text: `${issue.body}\n\n${besides}`.trim() };
  const asked: GoalEvent & { kind: 'asked' } = {
    kind: 'asked',
    id: goalId(tools.clock.now(), randomBytes(4).toString('hex')),
    repository,
    issue: issue.number,
    requester: person,
    commentId: talk.commentId,
    ask: { ...ask, hash: createHash('sha256').update(`${ask.title}\0${ask.text}`).digest('hex') },
    options,
  };
  const made = await tools.store.createGoal(asked, {
    trigger: talk.key,
    decide: (next) => decide(next, tools.clock.now()),
  });
  if (made.kind === 'busy') return refusals.busy(made.goal);
  const replaced = await makeWay(made.goal, person, tools);
  const { hidden } = readVisible(ask.text);
  const words = [hidden > 0 ? replies.hiddenText(hidden) : '', replaced ? replies.replaced(replaced) : ''];
  return words.filter(Boolean).join('\n\n') || undefined;
}

/** Ends what stood still on the issue of a new goal, and gives it. Asked again after a crash it goes on where it was. */
async function makeWay({ id, repository, issue }: Goal, by: Person, tools: Tools): Promise<Goal | undefined> {
  const summaries = await tools.store.listGoals({ repositoryId: repository.id, over: false, limit: 1_000 });
  const older = summaries.filter((one) => one.issue === issue && one.id !== id && isEnded(one.status));
  const standing = older.filter(({ status }) => status !== 'not_ready');
  const reason = { text: `${by.login} started another goal on this issue.`, next: '/omk status' };
  let replaced: Goal | undefined;
  for (const { id: old } of standing) {
    replaced = await tools.store.getGoal(old);
    await append(replaced, [{ kind: 'finished', status: 'cancelled', reason }], tools);
  }
  return replaced;
}

async function tell(kind: 'status' | 'why' | 'proof' | 'replay', talk: Talk): Promise<string> {
  const { store, clock } = talk.tools;
  const goal = await findGoal(talk);
  if (!goal) return refusals.noGoal(talk.issue.isPull ? 'pull' : 'issue');
  switch (kind) {
    case 'status':
      await store.wake(goal.id, 'announce');
      return accounts.status(goal, clock.now(), await store.queuePlace(goal.id));
    case 'why':
      return accounts.why(goal);
    case 'proof':
      return accounts.proof(goal, pageUrl(goal, talk.tools));
    case 'replay': {
      const timeline = timelineOf(await store.listEvents(goal.id));
      return accounts.replay(
        goal,
        timeline.map(({ at, text }) => ({ at: new Date(at), text })),
      );
    }
    default:
      return assertNever(kind);
  }
}

const MOST_LOOKS = 20;

/**
 * Has the goal steered, once for each comment. When the goal moves between the look and the record, or two people command at once,
 * the order is judged again by the goal as it is then.
 */
async function order(command: Order, talk: Talk): Promise<string> {
  const { tools, key, issue, person: by } = talk;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const newest = await findGoal(talk);
    if (!newest) return refusals.noGoal(talk.issue.isPull ? 'pull' : 'issue');
    const goal = command.kind === 'revert' ? await findOwner(command.slice, newest, tools) : newest;
    if (goal.told.includes(key)) return answerOf(goal, key, tools);
    const frozen = command.kind === 'merge' ? await findFreeze(goal, tools) : undefined;
    const { events, answer } = steer(command, goal, { by, pull: issue.isPull ? issue.number : undefined, frozen });
    if (events.length === 0) return answer;
    const told: GoalEvent[] = [...events, { kind: 'told', key, answer }];
    const recorded = await tools.store.record(goal.id, told, {
      expect: { slice: undefined, turn: goal.turn },
      decide: (next) => decide(next, tools.clock.now()),
    });
    if (recorded.kind === 'recorded') return answer;
  }
  throw new TransientError('The goal moves too fast to be steered', 1_000);
}

/** Of the issue's goals the newest that has the named slice: what an earlier one merged can be taken back too. */
async function findOwner(slice: string, newest: Goal, { store }: Tools): Promise<Goal> {
  if (findNamed(newest, slice)) return newest;
  const all = await store.listGoals({ repositoryId: newest.repository.id, limit: 1_000 });
  for (const { id, issue } of all) {
    if (issue !== newest.issue || id === newest.id) continue;
    const earlier = await store.getGoal(id);
    if (findNamed(earlier, slice)) return earlier;
  }
  return newest;
}

async function findFreeze(goal: Goal, { store, clock }: Tools): Promise<string | undefined> {
  const ordered = await store.getFreeze(goal.repository.id);
  return describeFreeze(ordered && { by: ordered.by.login, reason: '' }, policyOf(goal).freeze, clock.now());
}

async function answerOf(goal: Goal, key: string, { store }: Tools): Promise<string> {
  for (const { event } of await store.listEvents(goal.id)) {
    if (event.kind === 'told' && event.key === key) return event.answer;
  }
  throw new Error(`Goal ${goal.id} has forgotten its answer to ${key}`);
}

/** Records what a person decided, whatever the goal does at the moment. */
export async function append(goal: Goal, events: GoalEvent[], tools: Tools): Promise<void> {
  await tools.store.record(goal.id, events, { decide: (next) => decide(next, tools.clock.now()) });
}

async function freeze(reason: string | undefined, { repository, person: by, tools }: Talk): Promise<string> {
  await tools.store.setFreeze(repository.id, { reason: reason ?? '', by, at: tools.clock.now() });
  await lookAgain(repository, tools);
  return replies.frozen(reason ?? '');
}

async function unfreeze(talk: Talk): Promise<string> {
  const { repository, tools } = talk;
  const was = (await tools.store.getFreeze(repository.id)) !== undefined;
  await tools.store.setFreeze(repository.id, undefined);
  await lookAgain(repository, tools);
  const goal = await findGoal(talk);
  return replies.unfrozen({ was, still: goal && (await findFreeze(goal, tools)) });
}

/** What waits for its merge looks at once: it waits no more, or GitHub must not merge it any more. */
async function lookAgain(repository: Repository, tools: Tools): Promise<void> {
  for (const { id } of await tools.store.listGoals({ repositoryId: repository.id, ended: false, limit: 1_000 })) {
    const goal = await tools.store.getGoal(id);
    for (const slice of goal.slices.filter(({ status }) => status === 'merging')) await tools.store.wake(id, slice.id);
  }
}
