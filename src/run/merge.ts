import { assertNever } from '../errors.ts';
import { readFailedChecks, readRedChecks } from '../github/checks.ts';
import { readFacts } from '../github/facts.ts';
import { markReady } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import { branchName } from '../goal/naming.ts';
import { recall } from '../goal/settle/attempt.ts';
import { settle, type PullFacts, type SettleVerdict } from '../goal/settle.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import { policyOf, termsOf } from '../goal/terms.ts';
import { adopt } from './adopt.ts';
import { afterMerge } from './after-merge.ts';
import { baseOf } from './build.ts';
import { rebase } from './deliver.ts';
import { takeBack } from './disarm.ts';
import { assertUnderway, stillMay } from './recheck.ts';
import { handOver, meetBackground, meetLostReply } from './hand-over.ts';
import { habitsOf } from './habits.ts';
import { findAhead, leaveLane, takeLane, type Lane } from './lane.ts';
import { runAgain } from './rerun.ts';
import { held, waiting, type Scene } from './scene.ts';
import type { Tools } from './tools.ts';
import { listTries } from './tries.ts';

const SECOND = 1_000;
/** So many rounds of gates and wall a slice gets by updates; a base that moves on faster needs a person. */
const MOST_ROUNDS = 10;

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

async function look(goal: Goal, slice: Slice, { pull, lane }: Place, tools: Tools): Promise<GoalEvent[]> {
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
  const strange = facts.state === 'open' && !facts.fork && pushed !== undefined && facts.head !== pushed;
  const adopted = strange ? await adopt(goal, slice, undefined, tools) : undefined;
  if (adopted) return adopted;
  const tries = await listTries(goal, slice, tools);
  const scene: Scene = { goal, slice, pull, github, facts, ...around, memory, tries, lane, tools };
  const judged = pull.draft ? withoutDraft(facts) : facts;
  return (
    (await meetLostReply(scene)) ??
    (await meetBackground(scene)) ??
    (await otherBase(scene)) ??
    act(scene, settle(judged, memory, policyOf(goal), now))
  );
}

/** A draft of omk's own making is judged like any other; whose merge it is comes last. GitHub says `DRAFT` in place of the state behind it. */
function withoutDraft(facts: PullFacts): PullFacts {
  return { ...facts, draft: false, mergeState: facts.mergeState === 'DRAFT' ? 'CLEAN' : facts.mergeState };
}

/** Gates and wall speak of one base. */
async function otherBase(scene: Scene): Promise<GoalEvent[] | undefined> {
  const { goal, slice, facts } = scene;
  const { branch } = facts.base;
  const own = branchOf(goal, slice);
  if (facts.state !== 'open' || branch === own) return undefined;
  const text = `Somebody gave #${facts.number} the base \`${branch}\`; it was proven on \`${own}\`.`;
  return [
    ...(await takeBack(scene)),
    ...held(slice, { text, next: `merge #${facts.number}, or give it back its base` }),
  ];
}

async function act(scene: Scene, verdict: SettleVerdict): Promise<GoalEvent[]> {
  const { goal, slice, pull } = scene;
  switch (verdict.kind) {
    case 'done':
      return afterMerge(scene, verdict.sha);
    case 'gone': {
      const reason = { text: `#${pull.number} was closed without a merge.`, next: `/omk retry ${slice.id}` };
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
      const hold = await findHold(scene);
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
  const hold = await findHold(scene);
  if (verdict.greenSince && !hold) return waitFor(scene, verdict);
  return [...(await takeBack(scene)), ...(hold ? held(slice, hold) : waitFor(scene, verdict))];
}

/** Why it is not omk's to merge: by the policy, or since the one who asked may not any more. */
async function findHold({ goal, slice, pull, leave, tools }: Scene): Promise<Reason | undefined> {
  return holdOf(goal, slice, pull) ?? (await stillMay(goal, tools, leave));
}

function blocked(scene: Scene, verdict: SettleVerdict & { kind: 'block' }): Promise<GoalEvent[]> | GoalEvent[] {
  const { slice } = scene;
  if (verdict.who === 'agent') return sendBack(scene, verdict);
  return held(slice, { text: verdict.reason, next: `/omk merge ${slice.id}` });
}

async function endDraft(scene: Scene): Promise<GoalEvent[]> {
  const { github, facts, tools } = scene;
  await markReady(github, { nodeId: facts.id });
  const until = new Date(tools.clock.now().getTime() + 5 * SECOND);
  return waiting(scene, 'it was a draft until now', { until });
}

/** The agent repairs what its change broke: never what is red on the base too. */
async function sendBack(
  { github, slice, goal, pull }: Scene,
  verdict: SettleVerdict & { kind: 'block' },
): Promise<GoalEvent[]> {
  const failed = verdict.failed ?? [];
  const red = await readRedChecks(github, (slice.base ?? baseOf(goal)).sha);
  const own = failed.filter((check) => !red.has(check.name));
  if (own.length === 0) {
    const text = `${verdict.reason} They fail on the base too, so they are not this slice's to repair.`;
    return held(slice, { text, next: `write /omk rebase on #${pull.number}` });
  }
  const texts = await readFailedChecks(github, own);
  return [{ kind: 'sent-back', slice: slice.id, feedback: texts.map((text) => ({ from: 'checks', text })) }];
}

/** An update costs gates and wall, so it waits for its turn, and a base that never stands still ends it. */
async function update(scene: Scene, reason: string): Promise<GoalEvent[]> {
  const { goal, slice, pull, tools } = scene;
  const ahead = await findAhead(goal, slice, branchOf(goal, slice), tools);
  if (ahead !== undefined) {
    const until = new Date(tools.clock.now().getTime() + 60 * SECOND);
    return waiting(scene, `${reason}; #${ahead} goes first`, { until });
  }
  if (slice.attempts.rounds >= MOST_ROUNDS) {
    const text = `The base moved on ${MOST_ROUNDS} times before this slice could merge: ${reason}.`;
    return held(slice, { text, next: `write /omk rebase on #${pull.number}` });
  }
  return [...(await takeBack(scene)), ...(await rebase(goal, slice, tools))];
}

/** Whose merge it is when it is not omk's. */
function holdOf(goal: Goal, slice: Slice, pull: SlicePull): Reason | undefined {
  const { merge: policy, delivery } = termsOf(goal);
  if (policy === 'gated' && delivery === 'auto-pr') return undefined;
  if (policy === 'manual' && slice.mergeAskedBy) return undefined;
  const why = policy === 'gated' ? `delivery is \`${delivery}\`` : `merge policy is \`${policy}\``;
  const next = policy === 'manual' ? '/omk merge' : `merge #${pull.number}`;
  return { text: `#${pull.number} is ready and waits for a person, since ${why}.`, next };
}
