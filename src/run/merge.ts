import { assertNever } from '../errors.ts';
import { readFailedChecks } from '../github/checks.ts';
import { readFacts } from '../github/facts.ts';
import { markReady } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import { isEnded, type Goal } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import { recall } from '../goal/settle/attempt.ts';
import { settle, type PullFacts, type SettleVerdict } from '../goal/settle.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import { policyOf } from '../goal/terms.ts';
import { adopt } from './adopt.ts';
import { afterMerge } from './after-merge.ts';
import { baseOf } from './build.ts';
import { rebase } from './deliver.ts';
import { takeBack } from './disarm.ts';
import { assertUnderway } from './recheck.ts';
import { handOver, meetBackground, meetLostReply } from './hand-over.ts';
import { habitsOf } from './habits.ts';
import { blockOf, findHold, findOwner, otherBase, ownFailures, reopen, restlessBase, type Block } from './hold.ts';
import { findAhead, leaveLane, takeLane, type Lane } from './lane.ts';
import { runAgain } from './rerun.ts';
import { held, waiting, type Scene } from './scene.ts';
import type { Tools } from './tools.ts';
import { listTries } from './tries.ts';

const SECOND = 1_000;

/** Reads the facts of the pull request, lets the settle rule judge them, and merges exactly the head it judged. */
export async function merge(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { pull } = slice;
  if (!pull) throw new Error(`Slice ${slice.id} is merged without a pull request`);
  if (isBackingOff(slice, tools.clock.now())) return [];
  // Only what was green before can be ready now, and then nothing else may merge into the base since the facts were read.
  if (!slice.greenSince) return look(goal, slice, { pull, lane: undefined }, tools);
  const lane = await takeLane(goal, slice, branchOf(goal, slice), tools);
  if (!lane) return awaitLane(slice, tools);
  let events: GoalEvent[] = [];
  try {
    events = await look(goal, slice, { pull, lane }, tools);
    return events;
  } finally {
    await leaveLane(lane, { merged: events.some(({ kind }) => kind === 'merged') }, tools);
  }
}

/** After a refusal no webhook hastens the next try; it may be the trace of the refused one. */
function isBackingOff({ wait }: Slice, now: Date): boolean {
  return wait?.refused !== undefined && wait.refused.reason !== 'review' && wait.until > now;
}

function branchOf(goal: Goal, slice: Slice): string {
  return (slice.base ?? baseOf(goal)).branch;
}

function awaitLane(slice: Slice, tools: Tools): GoalEvent[] {
  const now = tools.clock.now();
  const { headSeenAt = now, greenSince, greenOn } = slice;
  const until = new Date(now.getTime() + 5 * SECOND);
  const scene = { slice, memory: { headSeenAt, greenSince, greenOn }, tools };
  return waiting(scene, 'another pull request is being merged into the same base first', { until, greenSince });
}

type Place = { pull: SlicePull; lane: Lane | undefined };

async function look(goal: Goal, slice: Slice, place: Place, tools: Tools): Promise<GoalEvent[]> {
  const scene = await readScene(goal, slice, place, tools);
  const adopted = isMoved(scene) ? await adopt(goal, slice, undefined, tools) : undefined;
  return (
    adopted ??
    (await meetLostReply(scene)) ??
    (await meetBackground(scene)) ??
    (await onOtherBase(scene)) ??
    act(scene, judge(scene))
  );
}

/**
 * What keeps its merge for a person is looked at again: nothing comes of it while it does, and no one is told. While the issue is
 * closed nothing but a merge that came about counts.
 */
export async function reconsider(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  if (!slice.pull) return [];
  const scene = await readScene(goal, slice, { pull: slice.pull, lane: undefined }, tools);
  const verdict = judge(scene);
  if (goal.before) return verdict.kind === 'done' ? afterMerge(scene, verdict.sha) : [];
  const hold = isMoved(scene) ? undefined : (otherBase(scene) ?? (await findHold(scene, verdict)));
  if (hold && hold.text === slice.reason?.text) return [];
  const again: GoalEvent[] = isEnded(goal.status) ? [{ kind: 'resumed' }] : [];
  return [...again, { kind: 'released', slice: slice.id }];
}

async function readScene(goal: Goal, slice: Slice, { pull, lane }: Place, tools: Tools): Promise<Scene> {
  const github = await tools.connect(goal.repository);
  const { issue, requester: person } = goal;
  const wanted = { number: pull.number, issue, person, branch: branchName(goal, slice.id) };
  const { facts, ...around } = await readFacts(github, wanted, { toMerge: lane !== undefined });
  const now = tools.clock.now();
  const { headSeenAt, greenSince, greenOn, pushed } = slice;
  const freeze = await tools.store.getFreeze(goal.repository.id);
  const frozen = freeze && { by: freeze.by.login, reason: freeze.reason };
  const habits = await habitsOf(goal, slice, tools);
  const memory = {
    ...recall({ head: pull.head, headSeenAt, greenSince, greenOn }, facts.head, now),
    pushed,
    frozen,
    habits,
  };
  const tries = await listTries(goal, slice, tools);
  return { goal, slice, pull, github, facts, ...around, memory, tries, lane, tools };
}

/** Somebody else pushed to the branch. */
function isMoved({ facts, slice: { pushed } }: Scene): boolean {
  return facts.state === 'open' && !facts.fork && pushed !== undefined && facts.head !== pushed;
}

function judge({ goal, pull, facts, memory, tools }: Scene): SettleVerdict {
  return settle(pull.draft ? withoutDraft(facts) : facts, memory, policyOf(goal), tools.clock.now());
}

/** A draft of omk's own making is judged like any other; whose merge it is comes last. GitHub says `DRAFT` in place of the state behind it. */
function withoutDraft(facts: PullFacts): PullFacts {
  return { ...facts, draft: false, mergeState: facts.mergeState === 'DRAFT' ? 'CLEAN' : facts.mergeState };
}

async function onOtherBase(scene: Scene): Promise<GoalEvent[] | undefined> {
  const hold = otherBase(scene);
  return hold && [...(await takeBack(scene)), ...held(scene.slice, hold)];
}

async function act(scene: Scene, verdict: SettleVerdict): Promise<GoalEvent[]> {
  const { goal, slice, pull } = scene;
  switch (verdict.kind) {
    case 'done':
      return afterMerge(scene, verdict.sha);
    case 'gone': {
      const reason = { text: `#${pull.number} was closed without a merge.`, next: reopen(pull.number, slice) };
      return [{ kind: 'slice-blocked', slice: slice.id, reason }];
    }
    case 'wait':
      return slice.entrusted ? watch(scene, verdict) : waitFor(scene, verdict);
    case 'block':
      return [
        ...(await takeBack(scene)),
        ...((await runAgain(scene, verdict.failed ?? [])) ?? (await blocked(scene, verdict))),
      ];
    case 'update':
      return update(scene, verdict.reason);
    case 'ready': {
      const hold = await findOwner(scene);
      if (hold) return [...(await takeBack(scene)), ...held(slice, hold)];
      await assertUnderway(goal, scene.tools);
      return scene.facts.draft ? endDraft(scene) : handOver(scene, verdict);
    }
    default:
      return assertNever(verdict);
  }
}

type Wait = SettleVerdict & { kind: 'wait' };

function waitFor(scene: Scene, { reason, recheckAt: until, askedAt, greenSince, greenOn }: Wait): GoalEvent[] {
  return waiting(scene, reason, { until, askedAt, greenSince, greenOn });
}

/** GitHub merges by itself now: whatever holds the merge takes it back, and what could not be read does not. */
async function watch(scene: Scene, verdict: Wait): Promise<GoalEvent[]> {
  const { slice, facts } = scene;
  const isRead = facts.rules !== 'unreadable' && facts.labels !== 'unreadable' && facts.checkedSha === facts.head;
  if (!isRead) return waitFor(scene, verdict);
  const hold = await findOwner(scene);
  if (verdict.greenSince && !hold) return waitFor(scene, verdict);
  return [...(await takeBack(scene)), ...(hold ? held(slice, hold) : waitFor(scene, verdict))];
}

/** The agent repairs what its change broke; the rest is a person's. */
async function blocked(scene: Scene, verdict: Block): Promise<GoalEvent[]> {
  const { github, slice } = scene;
  const own = await ownFailures(scene, verdict);
  if (own.length === 0) return held(slice, blockOf(scene, verdict));
  const texts = await readFailedChecks(github, own);
  return [{ kind: 'sent-back', slice: slice.id, feedback: texts.map((text) => ({ from: 'checks', text })) }];
}

async function endDraft(scene: Scene): Promise<GoalEvent[]> {
  const { github, facts, tools } = scene;
  await markReady(github, { nodeId: facts.id });
  const until = new Date(tools.clock.now().getTime() + 5 * SECOND);
  return waiting(scene, 'it was a draft until now', { until });
}

/** An update costs gates and wall, so it waits for its turn, and a base that never stands still ends it. */
async function update(scene: Scene, reason: string): Promise<GoalEvent[]> {
  const { goal, slice, tools } = scene;
  const ahead = await findAhead(goal, slice, branchOf(goal, slice), tools);
  if (ahead !== undefined) {
    const until = new Date(tools.clock.now().getTime() + 60 * SECOND);
    return waiting(scene, `${reason}; #${ahead} goes first`, { until });
  }
  const hold = restlessBase(scene, reason);
  if (hold) return held(slice, hold);
  return [...(await takeBack(scene)), ...(await rebase(goal, slice, tools))];
}
