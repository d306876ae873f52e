import { createHash } from 'node:crypto';
import { putComment } from '../github/issues.ts';
import { isRefusal } from '../github/refusal.ts';
import type { HeardIssue } from '../github/webhook.ts';
import type { Command } from '../goal/command.ts';
import { FLOOD_LIMIT, FLOOD_WINDOW_MS, judgeFlood } from '../goal/flood.ts';
import * as refusals from '../goal/report/refusals.ts';
import { marker } from '../goal/text.ts';
import type { Talk } from './obey.ts';
import type { Tools } from './tools.ts';

type Said = Pick<Talk, 'repository' | 'issue' | 'key'>;

/** Counts it among what was said on its issue and by its author there, so that no ping-pong of people's programs goes on for long. */
export async function takeIn(
  { repository, issue, key, person }: Said & Pick<Talk, 'person'>,
  command: Command['kind'] | undefined,
  { store }: Tools,
) {
  const place = `${repository.id}#${issue.number}`;
  const here = await store.countHeard({ key, place }, FLOOD_WINDOW_MS);
  const own = await store.countHeard({ key: `own:${key}`, place: `${place} by ${person.id}` }, FLOOD_WINDOW_MS);
  return judgeFlood({ here, own }, command);
}

/** So long omk remembers what it heard. What is older is no news: GitHub delivers nothing again after three days. */
export const REMEMBERED_MS = 7 * 86_400_000;

/** Whether this delivery is the first about its subject on the issue within `windowMs`: what comes again is heard once. */
export async function isFirst(
  { repository, issue, delivery, windowMs }: Omit<Said, 'key'> & { delivery: string; windowMs: number },
  about: string,
  { store }: Tools,
): Promise<boolean> {
  const said = { key: `first:${delivery} ${about}`, place: `${repository.id}#${issue.number} ${about}` };
  return (await store.countHeard(said, windowMs)) === 1;
}

/** Answers once: the marker is made of what is answered. Where nobody may write any more, nothing is said. */
export async function say(
  { issue, key, github, tools }: Pick<Talk, 'key' | 'github' | 'tools'> & { issue: Pick<HeardIssue, 'number'> },
  body: string,
): Promise<void> {
  const mark = marker('reply', createHash('sha256').update(key).digest('hex').slice(0, 12));
  const comment = { issue: issue.number, marker: mark, body: `${mark}\n${body}`, knownId: undefined };
  await unlessRefused(tools, () => putComment(github, comment));
}

/** A conversation that is locked, or gone, is no reason not to do what was asked. */
export async function unlessRefused({ log }: Tools, say: () => Promise<unknown>): Promise<void> {
  try {
    await say();
  } catch (err) {
    const saysNo = isRefusal(err) || (err instanceof Error && 'errors' in err);
    if (!saysNo) throw err;
    log.warn({ err }, 'GitHub does not take an answer here');
  }
}

/** Says that too much was said, once an hour at the most. */
export async function sayFlooded(talk: Talk, delivery: string): Promise<void> {
  if (!(await isFirst({ ...talk, delivery, windowMs: FLOOD_WINDOW_MS }, 'flooded', talk.tools))) return;
  const hour = Math.floor(talk.tools.clock.now().getTime() / FLOOD_WINDOW_MS);
  await say({ ...talk, key: `flood:${talk.issue.number}:${hour}` }, refusals.flooded(FLOOD_LIMIT));
}
