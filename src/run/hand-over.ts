import { noreplyHost } from '../config.ts';
import { assertNever } from '../errors.ts';
import { createCheckRun } from '../github/checks.ts';
import { mergePull } from '../github/pulls.ts';
import { armAutoMerge, disarmAutoMerge, enqueuePull } from '../github/queue.ts';
import type { GoalEvent } from '../goal/event.ts';
import { mergeMessage } from '../goal/naming.ts';
import {
  afterLostReply,
  afterRefusal,
  afterRemoval,
  countRefusal,
  type RefusalReason,
} from '../goal/settle/attempt.ts';
import { observe } from '../goal/settle/habits.ts';
import type { SettleVerdict } from '../goal/settle.ts';
import { afterMerge } from './after-merge.ts';
import { isInTime } from './lane.ts';
import { held, waiting, type Scene } from './scene.ts';
import { meetStack, mergeStack } from './stack.ts';
import { beginTry, endTry, revokeTries, type Order } from './tries.ts';

type Ready = SettleVerdict & { kind: 'ready' };

const SECOND = 1_000;

/** Has GitHub merge exactly the head that was judged: now, or by its merge queue where the base has one. */
export async function handOver(scene: Scene, ready: Ready): Promise<GoalEvent[]> {
  const { slice, lane, memory, tools } = scene;
  if (ready.via !== 'merge' && !slice.entrusted) return entrust(scene);
  if (!isInTime(lane, tools.clock.now())) {
    return waiting(scene, 'the look before the merge took too long', {
      until: soon(scene, 1),
      greenSince: memory.greenSince,
    });
  }
  await publish(scene, ready.publish);
  switch (ready.via) {
    case 'merge':
      return mergeNow(scene, ready);
    case 'queue':
    case 'auto-merge':
      return leaveToGitHub(scene, ready, ready.via);
    default:
      return assertNever(ready.via);
  }
}

/** Written down before GitHub is told: what holds the slice from then on takes it back, also after a crash in between. */
function entrust(scene: Scene): GoalEvent[] {
  const { slice, pull, memory } = scene;
  const now = waiting(scene, `GitHub is told to merge #${pull.number}`, {
    until: soon(scene, 0),
    greenSince: memory.greenSince,
  });
  return [{ kind: 'entrusted', slice: slice.id }, ...now];
}

function soon({ tools }: Scene, seconds: number): Date {
  return new Date(tools.clock.now().getTime() + seconds * SECOND);
}

/** Required checks of omk's own: gates and wall passed, else the slice would not be here. */
async function publish({ github, goal, slice, pull }: Scene, names: string[]): Promise<void> {
  for (const name of names) {
    await createCheckRun(github, {
      name,
      head: pull.head,
      key: `${goal.id}/${slice.id}`,
      conclusion: 'success',
      title: 'Gates and review wall passed',
      summary: `Slice \`${slice.id}\` of ${goal.id}: every gate and the review wall passed for this commit.`,
      annotations: [],
    });
  }
}

function orderOf({ slice, pull, facts, memory }: Scene, { method, contexts }: Ready): Order {
  const seen = observe(facts, memory.headSeenAt, slice.changedFiles);
  return { pull: pull.number, head: pull.head, base: facts.base.sha, method, contexts, seen };
}

async function mergeNow(scene: Scene, ready: Ready): Promise<GoalEvent[]> {
  const { goal, slice, pull, github, tools, tries, memory } = scene;
  const key = await beginTry(goal, slice, { number: tries.length, order: orderOf(scene, ready) }, tools);
  const words = mergeMessage(goal, slice, noreplyHost(tools.config));
  const order = { number: pull.number, sha: pull.head, method: ready.method, ...words };
  const merged = await mergePull(github, order).catch(async (error: unknown) => {
    // What may have been done comes back as `unknown`; this was not done.
    await endTry(key, { kind: 'not-sent' }, tools);
    throw error;
  });
  switch (merged.kind) {
    case 'merged':
      await endTry(key, merged, tools);
      return afterMerge(scene, merged.sha);
    case 'unknown':
      return waiting(scene, LOST, { until: soon(scene, 10), greenSince: memory.greenSince });
    case 'refused':
      await endTry(key, { kind: 'refused', reason: merged.reason, message: merged.message }, tools);
      return merged.reason === 'stacked'
        ? told(scene, await mergeStack(scene, order, orderOf(scene, ready)))
        : refused(scene, merged.reason, merged.message);
    default:
      return assertNever(merged);
  }
}

const LOST = "GitHub's reply to the merge was lost; reading back what came of it";

/** What GitHub says of a merge that it does in the background; undefined if there is nothing to hear. */
export async function meetBackground(scene: Scene): Promise<GoalEvent[] | undefined> {
  const answer = await meetStack(scene);
  return answer && told(scene, answer);
}

function told(scene: Scene, answer: NonNullable<Awaited<ReturnType<typeof meetStack>>>): GoalEvent[] {
  return answer.kind === 'events' ? answer.events : refused(scene, 'unknown', answer.message);
}

/** What to do first about a merge whose reply was lost while the pull request is open; undefined if there is none. */
export async function meetLostReply(scene: Scene): Promise<GoalEvent[] | undefined> {
  const { tries, facts, memory, slice, pull, tools } = scene;
  const open = tries.find(({ outcome }) => outcome.kind === 'open');
  if (!open || facts.state !== 'open') return undefined;
  const lost = tries.filter(({ outcome }) => outcome.kind === 'lost').length;
  const baseMoved = facts.base.sha !== open.order.base;
  const next = afterLostReply({ sentAt: open.sentAt, baseMoved, lost }, tools.clock.now());
  if (next === 'retry') {
    await endTry(open.key, { kind: 'lost' }, tools);
    open.outcome = { kind: 'lost' };
    return undefined;
  }
  if (next !== 'held') return waiting(scene, LOST, { until: next.until, greenSince: memory.greenSince });
  const why = baseMoved
    ? `its base moved meanwhile though #${pull.number} is open. Look whether the base holds it`
    : 'a second one did not merge it either';
  return held(slice, {
    text: `GitHub's reply to the merge was lost, and ${why}.`,
    next: `write /omk rebase on #${pull.number}`,
  });
}

/** GitHub said no: the same head again later, or a person. */
function refused(scene: Scene, reason: RefusalReason, message: string): GoalEvent[] {
  const { slice, memory } = scene;
  const count = countRefusal(slice.wait?.refused, reason);
  const next = afterRefusal(count);
  const text = `GitHub refused the merge: ${message}`;
  if (next.kind === 'held') return held(slice, { text, next: `/omk merge ${slice.id}` });
  const greenSince = next.green ? memory.greenSince : undefined;
  return waiting(scene, text, { until: soon(scene, next.ms / SECOND), greenSince, refused: count });
}

/** What the queue put out and is not queued again by itself. Told once: who moves the slice on after that wants it in the queue. */
async function putOut({ goal, slice, pull, facts, tries, tools }: Scene): Promise<GoalEvent[] | undefined> {
  const left = tries.filter(({ outcome }) => outcome.kind === 'left');
  const last = left.at(-1);
  if (!last) return undefined;
  const { removed } = facts.queue;
  // GitHub's times are whole seconds.
  const sentAt = Math.floor(last.sentAt.getTime() / SECOND) * SECOND;
  const reason = removed && removed.at.getTime() >= sentAt ? removed.reason : undefined;
  if (afterRemoval(reason, left.length) === 'again') return undefined;
  const told = { goalId: goal.id, key: `${last.key}/out`, kind: 'queue-out', detail: { reason } };
  if ((await tools.store.intendEffect(told)).kind !== 'fresh') return undefined;
  const why = reason ? `: ${reason}` : `, ${left.length} times by now. The timeline of #${pull.number} names why`;
  const text = `GitHub's merge queue put #${pull.number} out${why}.`;
  return [{ kind: 'taken-back', slice: slice.id }, ...held(slice, { text, next: `/omk merge ${slice.id}` })];
}

/** GitHub's auto-merge is on for long and does nothing: it is switched off and on once (ClickHouse#98574), then a person must look. */
async function meetStalled({ slice, pull, facts, github, tries, tools }: Scene): Promise<GoalEvent[] | undefined> {
  if (!facts.autoMergeSince) return undefined;
  await disarmAutoMerge(github, facts.id);
  if (tries.filter(({ outcome }) => outcome.kind === 'left').length < 2) return undefined;
  await revokeTries(tries, tools);
  const text = `GitHub was told twice to merge #${pull.number} and does not. Its merge box names why.`;
  return [{ kind: 'taken-back', slice: slice.id }, ...held(slice, { text, next: `/omk merge ${slice.id}` })];
}

/** The base has a merge queue: GitHub merges. What the queue puts out is queued once more where that can help, then a person must look. */
async function leaveToGitHub(scene: Scene, ready: Ready, wish: 'queue' | 'auto-merge'): Promise<GoalEvent[]> {
  const { goal, slice, pull, facts, github, tools, tries, memory } = scene;
  const out = (await meetStalled(scene)) ?? (await putOut(scene));
  if (out) return out;
  const order = { id: facts.id, head: pull.head };
  const armed = wish === 'auto-merge' ? await armAutoMerge(github, order) : undefined;
  // Nothing is left to wait for: GitHub arms only what it cannot merge yet.
  const queued =
    armed && !(armed.kind === 'refused' && armed.reason === 'clean') ? undefined : await enqueuePull(github, order);
  const left = queued ?? armed;
  if (left?.kind === 'refused')
    return [{ kind: 'taken-back', slice: slice.id }, ...refused(scene, 'unknown', left.message)];
  const via = queued ? 'queue' : 'auto-merge';
  const key = await beginTry(goal, slice, { number: tries.length, order: orderOf(scene, ready) }, tools);
  await endTry(key, { kind: 'left', via }, tools);
  const told = via === 'queue' ? `#${pull.number} is in GitHub's merge queue` : 'GitHub was told to merge it';
  return waiting(scene, told, { until: soon(scene, 300), greenSince: memory.greenSince });
}
