import { createHash, randomBytes } from 'node:crypto';
import { assertNever } from '../errors.ts';
import type { GitHub } from '../github/client.ts';
import type { HeardIssue } from '../github/webhook.ts';
import { commandInfo, NO_OPTIONS, type Command, type RunOptions } from '../goal/command.ts';
import type { GoalEvent } from '../goal/event.ts';
import { isEnded, type Goal, type Person, type Repository } from '../goal/goal.ts';
import { goalId } from '../goal/naming.ts';
import { timelineOf } from '../goal/proof.ts';
import * as replies from '../goal/report/replies.ts';
import { renderHelp } from '../goal/report/help.ts';
import type { Slice } from '../goal/slice.ts';
import { readVisible } from '../goal/visible.ts';
import { decide, recordAround } from './advance.ts';
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
  if (where !== 'both' && (where === 'pull') !== talk.issue.isPull) return replies.wrongPlace(command.kind);
  switch (command.kind) {
    case 'run':
      return startGoal(command.options, command.text, talk);
    case 'plan':
      return planAgain(command.text, talk);
    case 'help':
      return renderHelp(talk.issue.isPull ? 'pull' : 'issue');
    case 'freeze':
      return freeze(command.text, talk);
    case 'unfreeze':
      return unfreeze(talk);
    default: {
      const goal = await findGoal(talk);
      return goal ? onGoal(command, goal, talk) : replies.noGoal();
    }
  }
}

type GoalCommand = Exclude<Command, { kind: 'run' | 'plan' | 'help' | 'freeze' | 'unfreeze' }>;

async function findGoal({ issue, repository, tools }: Talk): Promise<Goal | undefined> {
  return issue.isPull
    ? tools.store.findGoalByPull(repository.id, issue.number)
    : tools.store.findLatestGoal(repository.id, issue.number);
}

async function startGoal(options: RunOptions, text: string | undefined, talk: Talk): Promise<string | undefined> {
  const { issue, repository, person, tools } = talk;
  const ask = text ? { title: text.split('\n', 1)[0] ?? text, text } : { title: issue.title, text: issue.body };
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
  const made = await recordAround([asked], () =>
    tools.store.createGoal(asked, { trigger: talk.key, decide: (next) => decide(next, tools.clock.now()) }),
  );
  if (made.kind === 'busy') return replies.busy(made.goal);
  const { hidden } = readVisible(ask.text);
  return hidden > 0 ? replies.hiddenText(hidden) : undefined;
}

/** A plan that is shown is planned again with the text; without one a goal starts that stops at its plan. */
async function planAgain(text: string | undefined, talk: Talk): Promise<string | undefined> {
  const goal = await findGoal(talk);
  if (goal?.status !== 'awaiting_approval' || !text) return startGoal({ ...NO_OPTIONS, plan: true }, text, talk);
  await append(goal, [{ kind: 'answered', by: talk.person, text: readVisible(text).text }], talk.tools);
  return undefined;
}

async function onGoal(command: GoalCommand, goal: Goal, talk: Talk): Promise<string | undefined> {
  const { person: by, tools } = talk;
  const ended = isEnded(goal.status);
  const finalEnd = ['ready', 'not_ready', 'cancelled'].includes(goal.status);
  const notWaiting = () => replies.notWaiting(command.kind, goal);
  const tell = async (events: GoalEvent[], answer: string) => {
    await append(goal, events, tools);
    return answer;
  };
  switch (command.kind) {
    case 'status':
      await tools.store.wake(goal.id, 'announce');
      return replies.status(goal, tools.clock.now(), await tools.store.queuePlace(goal.id));
    case 'why':
      return replies.why(goal);
    case 'proof':
      return replies.proof(goal, pageUrl(goal, tools));
    case 'replay': {
      const timeline = timelineOf(await tools.store.listEvents(goal.id));
      return replies.replay(
        goal,
        timeline.map(({ at, text }) => ({ at: new Date(at), text })),
      );
    }
    case 'cancel': {
      if (finalEnd) return replies.alreadyEnded(goal);
      const reason = { text: `Cancelled by ${by.login}.`, next: '/omk run' };
      return tell([{ kind: 'finished', status: 'cancelled', reason }], replies.cancelled(goal));
    }
    case 'pause':
      return ended || goal.status === 'paused' ? notWaiting() : tell([{ kind: 'paused', by }], replies.paused());
    case 'resume':
      return goal.status === 'paused' ? tell([{ kind: 'resumed', by }], replies.resumed()) : notWaiting();
    case 'approve':
      return approve(command.hash, goal, talk);
    case 'reject': {
      if (goal.status !== 'awaiting_approval') return notWaiting();
      const reason = { text: `${by.login} refused the plan: ${command.text}`, next: '/omk run <goal text>' };
      return tell([{ kind: 'finished', status: 'not_ready', reason }], replies.planRejected());
    }
    case 'answer':
      if (goal.status !== 'blocked_on_human' || goal.slices.length > 0) return notWaiting();
      return tell([{ kind: 'answered', by, text: readVisible(command.text).text }], replies.answered());
    case 'retry':
      return finalEnd && goal.status !== 'not_ready' ? replies.alreadyEnded(goal) : retry(command.slice, goal, talk);
    case 'budget': {
      if (finalEnd) return replies.alreadyEnded(goal);
      const { usd = 0, tokens = 0, timeMs = 0 } = command;
      const again: GoalEvent[] = goal.status === 'needs_more_budget' ? [{ kind: 'resumed', by }] : [];
      const words = [usd && `${usd} USD`, tokens && `${tokens} tokens`, timeMs && `${timeMs / 60_000} min`].filter(
        Boolean,
      );
      return tell(
        [{ kind: 'budget-extended', by, usd, tokens, timeMs }, ...again],
        replies.budgetExtended(words.join(' and ')),
      );
    }
    case 'accept':
      return acceptFinding(command, goal, talk);
    case 'merge':
    case 'fix':
    case 'rebase':
      return onSlice(command, goal, talk);
    case 'revert':
      return replies.notYet(command.kind);
    default:
      return assertNever(command);
  }
}

/** Records what a person decided, whatever the goal does at the moment. */
export async function append(goal: Goal, events: GoalEvent[], tools: Tools): Promise<void> {
  await recordAround(events, () =>
    tools.store.record(goal.id, events, { decide: (next) => decide(next, tools.clock.now()) }),
  );
}

/** What brings an ended goal that can go on back to life. */
function revive(goal: Goal, by: Person): GoalEvent[] {
  return isEnded(goal.status) ? [{ kind: 'resumed', by }] : [];
}

async function approve(hash: string | undefined, goal: Goal, { person, tools }: Talk): Promise<string> {
  if (goal.status !== 'awaiting_approval' || !goal.plan) return replies.notWaiting('approve', goal);
  const shown = goal.plan.hash;
  if (hash !== undefined && hash !== shown) return replies.planChanged({ given: hash, shown });
  await append(goal, [{ kind: 'approved', by: person, hash: shown }], tools);
  return replies.planApproved(shown);
}

async function retry(id: string | undefined, goal: Goal, { person: by, tools }: Talk): Promise<string> {
  if (id !== undefined && !goal.slices.some((slice) => slice.id === id)) return unknownSlice(id, goal);
  const stuck = goal.slices.filter((slice) => (id === undefined || slice.id === id) && slice.status === 'blocked');
  if (stuck.length === 0 && (id !== undefined || !isEnded(goal.status))) return replies.notWaiting('retry', goal);
  const again = stuck.map((slice): GoalEvent => ({ kind: 'retried', slice: slice.id, by }));
  await append(goal, [...revive(goal, by), ...again], tools);
  return replies.retried(id);
}

function unknownSlice(id: string, goal: Goal): string {
  return replies.unknownSlice(
    id,
    goal.slices.map((slice) => slice.id),
  );
}

async function acceptFinding(
  command: Command & { kind: 'accept' },
  goal: Goal,
  { person: by, tools }: Talk,
): Promise<string> {
  const { finding, text: reason } = command;
  const slice = goal.slices.find(({ wall }) =>
    wall?.passes.some(({ findings }) => findings.some(({ id }) => id === finding)),
  );
  if (!slice) return replies.unknownFinding(finding);
  await append(goal, [...revive(goal, by), { kind: 'finding-accepted', slice: slice.id, by, finding, reason }], tools);
  return replies.findingAccepted(finding, reason);
}

type SliceCommand = Command & { kind: 'merge' | 'fix' | 'rebase' };

async function onSlice(command: SliceCommand, goal: Goal, talk: Talk): Promise<string> {
  const { person: by, tools, issue } = talk;
  const named = 'slice' in command ? command.slice : undefined;
  const slice = named === undefined ? sliceHere(goal, issue) : goal.slices.find(({ id }) => id === named);
  if (!slice) return named === undefined ? replies.notWaiting(command.kind, goal) : unknownSlice(named, goal);
  if (['merged', 'cancelled', 'planned'].includes(slice.status) || ['ready', 'cancelled'].includes(goal.status)) {
    return replies.notWaiting(command.kind, goal);
  }
  const { event, answer } = sliceDeed(command, slice, by, issue);
  await append(goal, [...revive(goal, by), event], tools);
  return answer;
}

/** The slice of this pull request; on the issue the one that waits for a person. */
function sliceHere(goal: Goal, issue: HeardIssue): Slice | undefined {
  if (issue.isPull) return goal.slices.find(({ pull }) => pull?.number === issue.number);
  return goal.slices.find(({ status, reason }) => status === 'merging' && reason);
}

function sliceDeed(command: SliceCommand, { id, reserved }: Slice, by: Person, issue: HeardIssue) {
  switch (command.kind) {
    case 'merge':
      return { event: { kind: 'merge-asked', slice: id, by } as const, answer: replies.mergeTaken(id) };
    case 'rebase':
      return { event: { kind: 'rebase-asked', slice: id, by } as const, answer: replies.rebaseTaken(id) };
    case 'fix': {
      const text = readVisible(command.text ?? `Look again at what is said on pull request ${issue.number}.`).text;
      return { event: { kind: 'fix-asked', slice: id, by, text } as const, answer: replies.fixTaken(id, reserved) };
    }
    default:
      return assertNever(command);
  }
}

async function freeze(reason: string | undefined, { repository, person: by, tools }: Talk): Promise<string> {
  await tools.store.setFreeze(repository.id, { reason: reason ?? '', by, at: tools.clock.now() });
  return replies.frozen(reason ?? '');
}

async function unfreeze({ repository, tools }: Talk): Promise<string> {
  await tools.store.setFreeze(repository.id, undefined);
  for (const { id } of await tools.store.listGoals({ repositoryId: repository.id, ended: false, limit: 1_000 })) {
    const goal = await tools.store.getGoal(id);
    for (const slice of goal.slices.filter(({ status }) => status === 'merging')) await tools.store.wake(id, slice.id);
  }
  return replies.unfrozen();
}
