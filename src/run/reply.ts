import { createHash } from 'node:crypto';
import { readPatch } from '../git/commit.ts';
import { putComment } from '../github/issues.ts';
import type { GitHub } from '../github/client.ts';
import { listThreads, replyInThread, resolveThread, type ReviewThread } from '../github/reviews.ts';
import { isCovered, judgeThread, type Batch } from '../goal/batch.ts';
import type { GoalEvent } from '../goal/event.ts';
import type { Goal, Reason } from '../goal/goal.ts';
import { findStop } from '../goal/needs.ts';
import { reviewAnswered, reviewStopped, threadAnswer, threadStopped } from '../goal/report/review-answers.ts';
import { standing, type Slice } from '../goal/slice.ts';
import { marker } from '../goal/text.ts';
import { parsePatch, type Change } from '../review/read/diff.ts';
import { unlessRefused } from './say.ts';
import { mirrorOf, type Tools } from './tools.ts';

/** Says in each thread of the reviews what became of it, and all of it in one comment. Threads that the diff covers are resolved. Harmless twice. */
export async function reply(goal: Goal, slice: Slice, tools: Tools): Promise<GoalEvent[]> {
  const { batch, pull } = slice;
  if (!batch || !pull) return [];
  const stop = findStop(goal, slice);
  if (stop) return leaveOpen(goal, { ...slice, ...standing(slice, goal) }, { batch, pull: pull.number, stop }, tools);
  const github = await tools.connect(goal.repository);
  const change = await changeSince(goal, { from: batch.from, head: pull.head }, tools);
  const outcomes = batch.threads.map((thread, index) => judgeThread(batch.said[index], covers(change, thread)));
  const mark = markOf(pull.head, batch);
  const threads = batch.threads.length > 0 ? await listThreads(github, pull.number) : [];
  for (const [index, { root }] of batch.threads.entries()) {
    const thread = threads.find((candidate) => candidate.root === root);
    const outcome = outcomes[index];
    if (!thread || !outcome) continue;
    const answer = { mark, words: threadAnswer(outcome, pull.head) };
    await answerThread(github, { pull: pull.number, thread, answer }, tools);
    if (outcome.kind === 'fixed' && !thread.isResolved) await unlessRefused(tools, () => resolveThread(github, thread));
  }
  const body = `${mark}\n${reviewAnswered(slice, batch.by, outcomes)}`;
  const comment = { issue: pull.number, marker: mark, body, knownId: undefined };
  await unlessRefused(tools, () => putComment(github, comment));
  return [{ kind: 'review-answered', slice: slice.id }];
}

/** Nothing goes on until a person says how: each thread that does not say so yet says it, and all of it one comment. */
async function leaveOpen(
  goal: Goal,
  slice: Slice,
  { batch, pull, stop }: { batch: Batch; pull: number; stop: Reason },
  tools: Tools,
): Promise<GoalEvent[]> {
  const github = await tools.connect(goal.repository);
  const threads = batch.threads.length > 0 ? await listThreads(github, pull) : [];
  for (const told of batch.threads) {
    const thread = threads.find(({ root }) => root === told.root);
    const answer = { mark: markOf('open', told), words: threadStopped(slice, stop) };
    if (thread) await answerThread(github, { pull, thread, answer }, tools);
  }
  const mark = markOf('open', batch);
  const body = `${mark}\n${reviewStopped(slice, stop, batch.by)}`;
  const comment = { issue: pull, marker: mark, body, knownId: undefined };
  await unlessRefused(tools, () => putComment(github, comment));
  return [{ kind: 'review-answered', slice: slice.id, open: true }];
}

/** The same for the same words of people at the same head. */
function markOf(head: string, words: unknown): string {
  const key = createHash('sha256').update(`${head} ${JSON.stringify(words)}`);
  return marker('review', key.digest('hex').slice(0, 12));
}

type Answer = { mark: string; words: string };

async function answerThread(
  github: GitHub,
  { pull, thread, answer: { mark, words } }: { pull: number; thread: ReviewThread; answer: Answer },
  tools: Tools,
): Promise<void> {
  if (thread.bodies.some((body) => body.includes(mark))) return;
  const reply = { root: thread.root, body: `${mark}\n${words}` };
  await unlessRefused(tools, () => replyInThread(github, pull, reply));
}

/** What changed between the head that was reviewed and the one that is delivered now. */
async function changeSince(
  goal: Goal,
  { from, head }: { from: string | undefined; head: string },
  tools: Tools,
): Promise<Change | undefined> {
  if (from === undefined || from === head) return undefined;
  return parsePatch(await readPatch(await mirrorOf(goal, tools), from, head));
}

function covers(change: Change | undefined, thread: Batch['threads'][number]): boolean {
  const file = change?.files.find(({ path, oldPath }) => path === thread.path || oldPath === thread.path);
  if (!file) return false;
  // An added line stands where the old line before it was.
  const lines = file.hunks.flatMap(({ oldStart, lines: all }) => {
    let at = oldStart;
    return all.flatMap(({ kind, oldLine }) => {
      if (oldLine > 0) at = oldLine;
      return kind === 'context' ? [] : [at];
    });
  });
  return isCovered(thread, lines);
}
