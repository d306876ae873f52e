import { building, planning, write } from '../../world/scripts.ts';
import { openWorld } from '../../world/world.ts';

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
    const names = Array.from({ length: slices }, (_, index) => `part${index}`);
    world.model.will(
      planning(
        names.map((id, index) => ({
          id,
          title: `Add ${id}`,
          writeScope: [`src/${id}.js`],
          dependsOn: names.slice(Math.max(0, index - 1), index),
        })),
      ),
    );
    for (const name of names) {
      world.model.will(
        building(name, [{ tools: [write(`src/${name}.js`, 'export const x = 1;\n')] }, { say: 'Done.' }]),
      );
    }
    world.github.openIssue('ada', { title: 'Add parts', body: 'Acceptance: each part is there.' });
    world.github.comment('ada', 1, '/omk run');
    const goal = await world.finish();
    if (goal.status !== 'ready') throw new Error(`The goal ended ${goal.status}: ${goal.reason?.text}`);
    const asked = world.github.requests.filter((request) => !BESIDE.test(request.route) && !isSweep(request));
    const byRoute = Map.groupBy(asked, ({ route }) => route);
    return Object.fromEntries([...byRoute].map(([route, list]) => [route, list.length]));
  } finally {
    await world.close();
  }
}
