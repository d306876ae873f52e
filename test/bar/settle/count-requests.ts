import { building, planning, write } from '../../world/scripts.ts';
import { openWorld, type World } from '../../world/world.ts';

const POLICY = 'review:\n  reviewer: off\ngates:\n  - name: syntax\n    run: node --check src/start.js\n';

/** No request of the goal's: git, edits of the status comment and its label, and the look for lost webhooks. */
const BESIDE = /^git |\/app\/hook\/|issues\/comments\/\{comment_id\}$|\/labels(\/|$)/;

/** The sweep asks for up to 25 pull requests of all goals at once. */
function isSweep({ body }: { body: unknown }): boolean {
  return /\bp\d+: pullRequest\(/.test(JSON.stringify(body ?? ''));
}

/** What omk asked of GitHub's API for a goal of `slices` slices on which everything is green, by route: edits of the status comment and its label left out. */
export async function countRequests(slices: number): Promise<Record<string, number>> {
  const files = { '.github/omk.yml': POLICY, 'src/start.js': 'export const start = 1;\n' };
  const checks = [{ app: 'github-actions', name: 'ci / test', conclusion: () => 'success' as const }];
  const world = await openWorld({ repository: { files, checks } });
  try {
    // Who omk is, is asked once in its life.
    await play(world, ['first']);
    const before = world.github.requests.length;
    await play(
      world,
      Array.from({ length: slices }, (_, index) => `part${index}`),
    );
    const asked = world.github.requests
      .slice(before)
      .filter((request) => !BESIDE.test(request.route) && !isSweep(request));
    const byRoute = Map.groupBy(asked, ({ route }) => route);
    return Object.fromEntries([...byRoute].map(([route, list]) => [route, list.length]));
  } finally {
    await world.close();
  }
}

/** Brings a goal with these slices, each after the one before it, to its end. */
async function play(world: World, slices: string[]): Promise<void> {
  const plan = slices.map((id, index) => ({
    id,
    title: `Add ${id}`,
    writeScope: [`src/${id}.js`],
    dependsOn: slices.slice(Math.max(0, index - 1), index),
  }));
  world.model.will({ ...planning(plan), times: 1 });
  for (const id of slices) {
    const turns = [{ tools: [write(`src/${id}.js`, 'export const x = 1;\n')] }, { say: 'Done.' }];
    world.model.will(building(id, turns));
  }
  const { number } = world.github.openIssue('ada', { title: 'Add parts', body: 'Acceptance: each part is there.' });
  world.github.comment('ada', number, '/omk run');
  const goal = await world.finish(number);
  if (goal.status !== 'ready') throw new Error(`The goal ended ${goal.status}: ${goal.reason?.text}`);
}
