import type { GitHub } from '../github/client.ts';
import { getPermission } from '../github/repository.ts';
import { findReview, type SubmittedReview } from '../github/reviews.ts';
import { joinBatches, renderPoints, type Batch } from '../goal/batch.ts';
import type { GoalEvent } from '../goal/event.ts';
import { readReview } from '../goal/heard.ts';
import { isEnded, type Goal } from '../goal/goal.ts';
import { isPerson, mayWrite } from '../goal/permission.ts';
import type { Slice } from '../goal/slice.ts';
import { readVisible } from '../goal/visible.ts';
import type { Tools } from './tools.ts';

/** Reads the reviews that were heard of and makes one round of work of what people who may write said in them. */
export async function gather(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { heard, pull, id } = slice;
  if (!heard || !pull) return [];
  const github = await tools.connect(goal.repository);
  const reviews: SubmittedReview[] = [];
  // By their ids as they were submitted: their webhooks may overtake one another.
  for (const review of heard.reviews.toSorted((one, other) => one - other)) {
    const found = await findReview(github, pull.number, review);
    if (found && (await maySteer(found, github))) reviews.push(found);
  }
  const said = reviews.map(toBatch).filter(({ words, threads }) => words.length + threads.length > 0);
  const batch = said.reduce<Batch | undefined>(joinBatches, undefined);
  const points = batch ? renderPoints(batch, slice.batch?.threads.length ?? 0) : [];
  const feedback = points.map((text) => ({ from: 'person', text }) as const);
  const [by] = reviews.flatMap((review) => review.by ?? []);
  const again: GoalEvent[] = batch && isEnded(goal.status) ? [{ kind: 'resumed', by }] : [];
  return [...again, { kind: 'review-gathered', slice: id, reviews: heard.reviews, batch, feedback }];
}

async function maySteer({ by }: SubmittedReview, github: GitHub): Promise<boolean> {
  return isPerson(by) && mayWrite(await getPermission(github, by));
}

function toBatch({ by, body, comments, head }: SubmittedReview): Batch {
  const login = by?.login ?? '';
  const words = readReview(readVisible(body).text);
  const threads = comments
    .map(({ root, path, line, body: text }) => ({
      root,
      path,
      line,
      by: login,
      text: readReview(readVisible(text).text),
    }))
    .filter(({ text }) => text !== '');
  return { by: [login], words: words === '' ? [] : [words], threads, from: head, said: {} };
}
