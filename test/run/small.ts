import type { CheckPlan } from '../world/fake-github.ts';
import { freshDataDir } from '../store/template.ts';
import { openWorld, type World, type WorldOptions } from '../world/world.ts';

/** A repository small enough for stories: one gate that looks at one file, no reviewer, checks that are quick. */
export const POLICY = `review: { reviewer: off }
checks: { first_check_grace: 1s, quiet: 1s }
gates:
  - { name: words, run: "! grep -rn wrong words", kind: test }
`;

export const FILES = { '.github/omk.yml': POLICY, 'words/one.txt': 'one\n', 'README.md': '# Words\n' };

export const CI: CheckPlan = { app: 'github-actions', name: 'ci / words', conclusion: () => 'success' };

/** A world around the small repository. */
export async function openSmallWorld(
  options: Partial<WorldOptions> & { files?: Record<string, string> } = {},
): Promise<World> {
  const { files, ...rest } = options;
  const repository = { name: 'words', files: { ...FILES, ...files }, checks: [CI] };
  return openWorld({ repository, dataDir: await freshDataDir(), ...rest });
}

/** Opens an issue and asks for it; gives the issue's number. */
export function ask(world: World, title: string, command = '/omk run'): number {
  const issue = world.github.openIssue('ada', { title, body: 'Acceptance: the file is there and the gate passes.' });
  world.github.comment('ada', issue, command);
  return issue.number;
}

/** What omk said last on the issue beside its status comment. */
export function lastAnswer(world: World, issue: number): string {
  return (
    world
      .ownComments(issue)
      .filter((body) => !body.includes('<!-- omk:status:'))
      .at(-1) ?? ''
  );
}

/** The status comment of the issue. There is never more than one for each goal. */
export function statusOf(world: World, issue: number): string {
  return (
    world
      .ownComments(issue)
      .filter((body) => body.includes('<!-- omk:status:'))
      .at(-1) ?? ''
  );
}

/** GitHub had no request it would not take, and no answer that differs from its documents. */
export function oddities(world: World): string[] {
  return [...world.github.refused, ...world.github.drift, ...world.model.unscripted];
}
