import type { GitHub } from '../github/client.ts';
import type { HeardIssue, Heard } from '../github/webhook.ts';
import type { Repository } from '../goal/goal.ts';
import { FLOOD_WINDOW_MS } from '../goal/flood.ts';
import { commandLines, ordersInReview } from '../goal/heard.ts';
import { findNearMiss } from '../goal/near-miss.ts';
import { isPerson, type Sender } from '../goal/permission.ts';
import * as refusals from '../goal/report/refusals.ts';
import { isFirst, say } from './say.ts';
import type { Tools } from './tools.ts';

/** Where words were said to omk that it does not act on, by whom, and in which webhook delivery. */
type Aside = { repository: Repository; issue: HeardIssue; sender: Sender; delivery: string };

/** A command in an edit or in the text of an issue starts nothing, and who wrote it is told so. */
export async function hearAside(heard: Heard & { kind: 'aside' }, delivery: string, tools: Tools): Promise<void> {
  const before = spokenLines(heard.before);
  if (spokenLines(heard.body).every((line) => before.includes(line))) return;
  await explain({ ...heard, delivery }, heard.where, tools);
}

/** The commands in a text, and what was meant as one. */
function spokenLines(body: string): string[] {
  return commandLines(body, (line) => findNearMiss(line) !== undefined);
}

/** A command in a review is not heard either. */
export async function hearOrderInReview(
  heard: Heard & { kind: 'review' },
  delivery: string,
  tools: Tools,
): Promise<void> {
  if (ordersInReview(heard.said)) await explain({ ...heard, delivery }, 'review', tools);
}

/** A program gave a command: it is told once on each issue whom omk obeys. omk itself is not. */
export async function hearProgram(aside: Aside, tools: Tools): Promise<void> {
  const { login, id } = aside.sender;
  const github = await tools.connect(aside.repository);
  if (await isOmk(aside.sender, github, tools)) return;
  if (!(await isFirst({ ...aside, windowMs: FLOOD_WINDOW_MS }, `program ${id}`, tools))) return;
  await say({ ...aside, key: `program:${id}`, github, tools }, refusals.programs(login));
}

/** GitHub names the App that made a comment, and of all else only its account. */
export async function isOmk({ app, login }: Sender, github: GitHub, tools: Tools): Promise<boolean> {
  return app === tools.config.APP_ID || login === (await github.botLogin());
}

async function explain(aside: Aside, where: 'edit' | 'issue' | 'review', tools: Tools): Promise<void> {
  if (!isPerson(aside.sender)) return hearProgram(aside, tools);
  await tellOnce(aside, where, refusals.notHeard(where), tools);
}

/** Each person is told it once on each issue or pull request. */
export async function tellOnce(aside: Aside, what: string, text: string, tools: Tools): Promise<void> {
  const about = `${what} by ${aside.sender.id}`;
  if (!(await isFirst({ ...aside, windowMs: FLOOD_WINDOW_MS }, about, tools))) return;
  const github = await tools.connect(aside.repository);
  await say({ ...aside, key: about, github, tools }, text);
}
