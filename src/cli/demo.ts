import { parseArgs } from 'node:util';
import { UserError } from '../errors.ts';
import type { Output } from './omk.ts';

/**
 * Runs one goal from issue to merge on this machine: the real app, git, gates and Kimi, a double of GitHub and, without
 * KIMI_API_KEY, a scripted model. Exit 0 if the goal became ready. The double comes with the sources, not with the image.
 */
export async function demoCommand(args: string[], output: Output): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      repo: { type: 'string' },
      goal: { type: 'string' },
      json: { type: 'boolean' },
      keep: { type: 'boolean' },
    },
  });
  const { runDemo } = await import('../../test/world/demo.ts').catch(() => {
    throw new UserError(
      'The demo needs the folder test/world, which is not here.',
      'Run it from a clone: npm ci && npm run demo',
    );
  });
  return runDemo(
    { repo: values.repo, goal: values.goal, json: values.json ?? false, keep: values.keep ?? false },
    output,
  );
}
