import { assertNever } from '../errors.ts';
import { readRedChecks } from '../github/checks.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import type { FailedCheck, SettleVerdict } from '../goal/settle.ts';
import type { Slice, SlicePull } from '../goal/slice.ts';
import { termsOf } from '../goal/terms.ts';
import { baseOf } from './build.ts';
import { stillMay } from './recheck.ts';
import type { Scene } from './scene.ts';

/* Why a merge is a person's to move on. */

/** So many rounds of gates and wall a slice gets by updates; a base that moves on faster needs a person. */
const MOST_ROUNDS = 10;

export type Block = SettleVerdict & { kind: 'block' };

/** Why, by this verdict, the merge is a person's to move on; undefined if omk or GitHub goes on by itself. */
export async function findHold(scene: Scene, verdict: SettleVerdict): Promise<Reason | undefined> {
  const { goal, slice, pull } = scene;
  switch (verdict.kind) {
    case 'ready':
      return findOwner(scene);
    case 'wait':
      // Whose merge it is does not change with what is still waited for.
      return holdOf(goal, slice, pull);
    case 'block':
      return (await ownFailures(scene, verdict)).length > 0 ? undefined : blockOf(scene, verdict);
    case 'update':
      return restlessBase(scene, verdict.reason);
    case 'done':
    case 'gone':
      return undefined;
    default:
      return assertNever(verdict);
  }
}

/** Gates and wall speak of one base. */
export function otherBase({ goal, slice, facts }: Scene): Reason | undefined {
  const { branch } = facts.base;
  const own = (slice.base ?? baseOf(goal)).branch;
  if (facts.state !== 'open' || branch === own) return undefined;
  const text = `Somebody gave #${facts.number} the base \`${branch}\`; it was proven on \`${own}\`.`;
  return { text, next: `merge #${facts.number}, or give it back its base` };
}

/** Why it is not omk's to merge: by the policy, or since the one who asked may not any more. */
export async function findOwner({ goal, slice, pull, leave, tools }: Scene): Promise<Reason | undefined> {
  return holdOf(goal, slice, pull) ?? (await stillMay(goal, tools, leave));
}

/** The failed checks that the agent is to repair: never what is red on the base too. */
export async function ownFailures({ github, goal, slice }: Scene, { who, failed = [] }: Block): Promise<FailedCheck[]> {
  if (who !== 'agent') return [];
  const red = await readRedChecks(github, (slice.base ?? baseOf(goal)).sha);
  return failed.filter((check) => !red.has(check.name));
}

/** What a person is told of a block that is not the agent's. */
export function blockOf({ slice, pull }: Scene, { who, reason }: Block): Reason {
  if (who !== 'agent') return { text: reason, next: `/omk merge ${slice.id}` };
  const text = `${reason} They fail on the base too, so they are not this slice's to repair.`;
  return { text, next: `write /omk rebase on #${pull.number}` };
}

export function restlessBase({ slice, pull }: Scene, reason: string): Reason | undefined {
  if (slice.attempts.rounds < MOST_ROUNDS) return undefined;
  const text = `The base moved on ${MOST_ROUNDS} times before this slice could merge: ${reason}.`;
  return { text, next: `write /omk rebase on #${pull.number}` };
}

/** What moves on a slice whose pull request was closed. omk opens none that a person closed. */
export function reopen(pull: number, { id }: Pick<Slice, 'id'>): string {
  return `open #${pull} again and write \`/omk retry ${id}\`, or give it up with \`/omk revert ${id}\``;
}

/** Whose merge it is when it is not omk's. */
function holdOf(goal: Goal, slice: Slice, pull: SlicePull): Reason | undefined {
  const { merge: policy, delivery } = termsOf(goal);
  if (policy === 'gated' && delivery === 'auto-pr') return undefined;
  const { mergeAsked: asked } = slice;
  const isAsked = asked !== undefined && asked.head === slice.head;
  if (isAsked && policy !== 'disabled') return undefined;
  const why = policy === 'gated' ? `delivery is \`${delivery}\`` : `merge policy is \`${policy}\``;
  const before = asked && !isAsked ? ` What ${asked.by.login} asked to merge was an earlier commit.` : '';
  const next = policy === 'disabled' ? `merge #${pull.number}` : `/omk merge ${slice.id}`;
  return { text: `#${pull.number} is ready and waits for a person, since ${why}.${before}`, next };
}
