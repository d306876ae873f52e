import { mergeAsync, readAsyncMerge, type AsyncMerge } from '../github/merge-async.ts';
import type { MergeOrder } from '../github/pulls.ts';
import type { GoalEvent } from '../goal/event.ts';
import { waiting, type Scene } from './scene.ts';
import { beginTry, endTry, type Order } from './tries.ts';

const POLL_MS = 10_000;

/** What came of the background merge of a stack: events, or GitHub's refusal in its words. */
type Answer = { kind: 'events'; events: GoalEvent[] } | { kind: 'refused'; message: string };

/**
 * Somebody made the pull request part of a stack, and GitHub merges stacks in the background alone. The settle rule has
 * seen to it that nothing stands below it.
 */
export async function mergeStack(scene: Scene, call: MergeOrder, order: Order): Promise<Answer> {
  const { goal, slice, tries, github, tools } = scene;
  const key = await beginTry(goal, slice, { number: tries.length + 1, order }, tools);
  const said = await mergeAsync(github, call);
  // A lost reply is read back like that of any merge.
  if (said.kind !== 'lost') await endTry(key, outcomeOf(said), tools);
  return answer(scene, said);
}

function outcomeOf(said: Exclude<AsyncMerge, { kind: 'lost' }>) {
  if (said.kind === 'refused') return { kind: 'refused', reason: 'unknown', message: said.message } as const;
  return { kind: 'left', via: 'stack', uuid: said.kind === 'pending' ? said.uuid : undefined } as const;
}

/** What GitHub says of the background merge that was left to it last; undefined if there is none, or it failed and that was told. */
export async function meetStack(scene: Scene): Promise<Answer | undefined> {
  const { tries, facts, github, goal, tools } = scene;
  const last = tries.at(-1);
  if (facts.state !== 'open' || last?.outcome.kind !== 'left' || last.outcome.via !== 'stack') return undefined;
  const { uuid } = last.outcome;
  const said = uuid === undefined ? ({ kind: 'merged' } as const) : await readAsyncMerge(github, facts.number, uuid);
  if (said.kind === 'pending' || said.kind === 'merged') return answer(scene, said);
  const told = { goalId: goal.id, key: `${last.key}/told`, kind: 'stack', detail: {} };
  if ((await tools.store.intendEffect(told)).kind !== 'fresh') return undefined;
  return answer(scene, said.kind === 'lost' ? { kind: 'refused', message: 'it knows no merge of this stack' } : said);
}

function answer(scene: Scene, said: AsyncMerge): Answer {
  if (said.kind === 'refused') return said;
  const until = new Date(scene.tools.clock.now().getTime() + POLL_MS);
  const { greenSince } = scene.memory;
  return {
    kind: 'events',
    events: waiting(scene, 'GitHub merges the stack that it is part of', { until, greenSince }),
  };
}
