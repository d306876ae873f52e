import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoalEvent } from '../../../src/goal/event.ts';
import { goOn } from '../../../src/goal/prompt.ts';
import type { Store } from '../../../src/store/store.ts';
import type { ProcessWorld } from '../../world/process.ts';
import type { ModelRequest } from '../../world/scripted-model.ts';
import type { Played } from './stage.ts';

/** How often these happen is a matter of time. */
const VOLATILE: readonly GoalEvent['kind'][] = [
  'spent',
  'tools-asked',
  'waiting',
  'gates-faulted',
  'repository-renamed',
  'review-heard',
];

/** Everything that a story left behind on GitHub and in the record, in which two plays of it must not differ. */
export type Ending = Record<string, unknown>;

/** The endings of the stories, when omk stands still. */
export function readEndings(world: ProcessWorld, played: readonly Played[]): Promise<Ending[]> {
  return world.look((store) => Promise.all(played.map((one) => readEnding(one, store))));
}

async function readEnding({ world: { github }, issue, tag, fault }: Played, store: Store): Promise<Ending> {
  const goal = await store.findLatestGoal(github.repository.id, issue);
  const events = goal ? await store.listEvents(goal.id) : [];
  const own = github.pulls().filter(({ head }) => head.ref.startsWith(`omk/${issue}/`));
  const plain = (text: string) => text.replaceAll(tag, 'TAG');
  const pulls = await Promise.all(
    own.map(async (pull) => ({
      title: plain(pull.title),
      state: pull.merged ? 'merged' : pull.state,
      merges: github.requests.filter(
        ({ method, path, status }) =>
          method === 'PUT' && path.endsWith(`/pulls/${pull.number}/merge`) && status === 200,
      ).length,
      branch: (await github.tip(pull.head.ref)) === undefined ? 'gone' : 'there',
      comments: marksOf(pull.comments),
      threads: pull.threads.map(({ comments, resolvedBy }) => [comments.length, resolvedBy !== undefined]),
      checks: doubledChecks(github, pull.head.sha),
    })),
  );
  const names = ['', '-a', '-b', '-c', '-more'].flatMap((end) => [`${tag}${end}.txt`, `${tag}${end}.js`]);
  const files = await Promise.all(
    names.map(async (name) => [plain(name), await github.file('main', `words/${name}`)] as const),
  );
  const { comments } = github.issue(issue);
  return {
    fault,
    status: goal?.status,
    reason: goal?.status === 'ready' ? undefined : goal?.reason,
    slices: goal?.slices.map(({ id, status }) => `${plain(id)} ${status}`),
    pulls,
    comments: marksOf(comments),
    reactions: comments.filter(({ app }) => !app).map(({ reactions }) => reactions.length),
    files: files.filter(([, text]) => text !== undefined).map(([name, text]) => `${name}: ${plain(text ?? '')}`),
    events: events
      .map(({ event }) => event.kind)
      .filter((kind) => !VOLATILE.includes(kind))
      .toSorted(),
  };
}

/** The kinds of omk's comments, and how many share one marker. */
function marksOf(comments: { body: string; app?: unknown }[]): string[] {
  const marks = comments.filter(({ app }) => app).map(({ body }) => /<!-- (omk:\w+)[^>]*-->/.exec(body));
  const doubled = marks.length - new Set(marks.map((mark) => mark?.[0])).size;
  return [...marks.map((mark) => mark?.[1] ?? 'none'), ...(doubled > 0 ? [`${doubled} doubled`] : [])].toSorted();
}

/** Own checks on a head that say the same thing twice. */
function doubledChecks(github: ProcessWorld['github'], sha: string): number {
  const suites = github.repository.suites.filter(({ headSha, app }) => headSha === sha && app === github.app);
  const keys = suites.flatMap(({ runs }) => runs.map(({ externalId }) => externalId));
  return keys.length - new Set(keys).size;
}

/** What differs between how a story ended and how it ends when nobody is in its way. */
export function compareEndings(found: Ending, wanted: Ending): string[] {
  return Object.keys(wanted).flatMap((name) => {
    const [is, should] = [JSON.stringify(found[name]), JSON.stringify(wanted[name])];
    return is === should ? [] : [`${name}: ${is} instead of ${should}`];
  });
}

/** How often the model began a task of this goal anew: one that was cut off and goes on is the same one. */
export function countTurns({ world: { model }, tag }: Played): number {
  const begun = ({ turn, prompt, script }: ModelRequest) =>
    turn === 0 && script !== undefined && prompt.includes(tag) && !prompt.includes(goOn(''));
  return model.requests.filter(begun).length;
}

/** What is left of goals that are over: worktrees, locks, processes. */
export async function listLeftovers(world: ProcessWorld): Promise<string[]> {
  const names = async (folder: string) => readdir(join(world.dataDir, folder), { recursive: true }).catch(() => []);
  const worktrees = await names('worktrees');
  const locks = (await names('mirrors')).filter((name) => name.endsWith('.lock') || /worktrees\/./.test(name));
  const orphans = await world.orphans();
  return [
    ...worktrees.slice(0, 5).map((name) => `the worktree ${name}`),
    ...locks.map((name) => `${name} in the mirror`),
    ...orphans.map((pid) => `process ${pid}`),
  ];
}
