import { assertNever } from '../errors.ts';
import { deleteBranch } from '../git/push.ts';
import { readFailedChecks } from '../github/checks.ts';
import { readFacts } from '../github/facts.ts';
import type { GitHub } from '../github/client.ts';
import { mergePull, type Merged } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Reason, Sha } from '../goal/goal.ts';
import { branchName, mergeMessage } from '../goal/naming.ts';
import { settle, type Memory, type SettleVerdict } from '../goal/settle.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import { policyOf, termsOf } from '../goal/terms.ts';
import { cleanSlice } from './clean.ts';
import { rebase } from './deliver.ts';
import { mirrorOf, type Tools } from './tools.ts';

const SECOND = 1_000;

/** Reads the facts of the pull request, lets the settle rule judge them, and merges exactly the head it judged. */
export async function merge(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { pull } = slice;
  if (!pull) throw new Error(`Slice ${slice.id} is merged without a pull request`);
  const github = await tools.connect(goal.repository);
  const now = tools.clock.now();
  const facts = await readFacts(github, pull.number);
  const sameHead = facts.head === pull.head;
  const memory: Memory = {
    headSeenAt: (sameHead ? slice.headSeenAt : undefined) ?? now,
    greenSince: sameHead ? slice.greenSince : undefined,
    pushed: slice.pushed,
    frozen: (await tools.store.getFreeze(goal.repository.id))?.reason,
  };
  const verdict = settle(facts, memory, policyOf(goal), now);
  return act({ goal, slice, pull, github, memory, tools }, verdict);
}

type Scene = { goal: Goal; slice: Slice; pull: SlicePull; github: GitHub; memory: Memory; tools: Tools };

async function act(scene: Scene, verdict: SettleVerdict): Promise<GoalEvent[]> {
  const { goal, slice, pull, github, tools } = scene;
  switch (verdict.kind) {
    case 'done':
      return finish(scene, verdict.sha);
    case 'gone':
      return blocked(slice, { text: `#${pull.number} was closed without a merge.`, next: `/omk retry ${slice.id}` });
    case 'wait':
      return [waiting(scene, verdict.reason, verdict.recheckAt, verdict.greenSince)];
    case 'block': {
      if (verdict.who !== 'agent') return [held(slice, { text: verdict.reason, next: `/omk merge ${slice.id}` })];
      const failed = await readFailedChecks(github, verdict.failed ?? []);
      return [{ kind: 'sent-back', slice: slice.id, feedback: failed.map((text) => ({ from: 'checks', text })) }];
    }
    case 'update':
      return rebase(goal, slice, tools);
    case 'ready': {
      const hold = holdOf(goal, slice, pull);
      if (hold) return [held(slice, hold)];
      const merged = await mergePull(github, {
        number: pull.number,
        sha: pull.head,
        method: verdict.method,
        ...mergeMessage(goal, slice),
      });
      return afterMerge(scene, merged);
    }
    default:
      return assertNever(verdict);
  }
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

async function afterMerge(scene: Scene, merged: Merged): Promise<GoalEvent[]> {
  if (merged.kind === 'merged') return finish(scene, merged.sha);
  const { slice, tools } = scene;
  const later = (reason: string, ms: number) => [
    waiting(scene, reason, new Date(tools.clock.now().getTime() + ms), undefined),
  ];
  if (merged.kind === 'unknown') return later('the merge was sent and its outcome is not known yet', 10 * SECOND);
  switch (merged.reason) {
    case 'head-moved':
    case 'base-modified':
      return later(merged.message, 4 * SECOND);
    case 'checks-expected':
    case 'review':
    case 'unknown':
      return later(`GitHub refused the merge: ${merged.message}`, 30 * SECOND);
    case 'config':
      return [held(slice, { text: `GitHub refused the merge: ${merged.message}`, next: `/omk merge ${slice.id}` })];
    default:
      return assertNever(merged.reason);
  }
}

/** The merge is confirmed: the branch goes if nobody moved it, and so do the slice's worktrees. */
async function finish({ goal, slice, pull, tools }: Scene, sha: Sha): Promise<GoalEvent[]> {
  const token = await tools.gitToken(goal.repository);
  await deleteBranch(await mirrorOf(goal, tools), { branch: branchName(goal, slice.id), expected: pull.head }, token);
  await cleanSlice(goal, slice.id, tools);
  return [{ kind: 'merged', slice: slice.id, sha }];
}

function waiting({ slice, memory }: Scene, reason: string, until: Date, greenSince: Date | undefined): GoalEvent {
  const since = slice.wait?.reason === reason ? slice.wait.since : memory.headSeenAt;
  return { kind: 'waiting', slice: slice.id, wait: { reason, since, until }, headSeenAt: memory.headSeenAt, greenSince };
}

function held(slice: Slice, reason: Reason): GoalEvent {
  return { kind: 'held', slice: slice.id, reason };
}

function blocked(slice: Slice, reason: Reason): GoalEvent[] {
  return [{ kind: 'slice-blocked', slice: slice.id, reason }];
}
