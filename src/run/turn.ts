import type { Goal } from '../goal/goal.ts';
import type { KimiOutcome } from '../kimi/kimi.ts';
import type { Tools } from './tools.ts';

type Completed = KimiOutcome & { kind: 'completed' };

/** Which turn of Kimi it is: the same one as long as nothing came of it. `turn` is the slice's turn, or the goal's course. */
export type TurnName = { role: string; slice: string; turn: number; round: number };

/** What omk knows of a turn: its session once it is opened, its answer once it is given. A crash in between resumes the session. */
export type Turn = { session: string | undefined; answer: Completed | undefined };

function keyOf(goal: Goal, { role, slice, turn, round }: TurnName): string {
  return `kimi:${goal.id}/${slice}/${role}/${turn}/${round}`;
}

/** What is recorded of the turn. */
export async function findTurn(goal: Goal, name: TurnName, tools: Tools): Promise<Turn> {
  const effect = await tools.store.findEffect(keyOf(goal, name));
  return {
    session: (effect?.detail as { session: string } | undefined)?.session,
    answer: effect?.status === 'settled' ? (effect.result as Completed) : undefined,
  };
}

/** Records the session before it is asked anything. */
export async function beginTurn(goal: Goal, name: TurnName, session: string, tools: Tools): Promise<void> {
  const key = keyOf(goal, name);
  await tools.store.intendEffect({ goalId: goal.id, key, kind: 'kimi', detail: { session } });
}

/** Records the answer: it is not asked for again. */
export async function endTurn(goal: Goal, name: TurnName, answer: Completed, tools: Tools): Promise<void> {
  await tools.store.settleEffect(keyOf(goal, name), answer);
}
